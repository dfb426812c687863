/* The path validator. See trust.h. */
#include "rules.h"

#include <string.h>

#define COMPARISONS_MAX 100000u /* of names with constraints */
#define STEPS_MAX 400u /* candidates that are looked into */

/* The fault that lies farthest from the leaf is told: that path came closest. The first of equals stays. */
static bool tell(trust_room *of, trust_code code, unsigned at_fault, unsigned rank)
{
	if (of->answer->code == TRUST_OK || rank > of->fault_rank) {
		of->answer->code = code;
		of->answer->at_fault = of->path[at_fault].whole;
		of->answer->under = at_fault > 0 ? of->path[at_fault - 1].whole : (der){0};
		of->answer->not_before = of->path[at_fault].not_before;
		of->answer->not_after = of->path[at_fault].not_after;
		of->fault_rank = rank;
	}
	return false;
}

static bool is_signed(trust_room *of, const certificate *child, const certificate *issuer)
{
	trust_answer *answer = of->answer;
	unsigned i;

	for (i = 0; i < answer->signatures; i++) {
		if (of->known[i].child == child->whole.at && der_same(&of->known[i].key, &issuer->key_info))
			return of->known[i].right;
	}
	if (i == TRUST_SIGNATURES_MAX) {
		of->spent = true;
		return false;
	}
	answer->signatures++;
	of->known[i].child = child->whole.at;
	of->known[i].key = issuer->key_info;
	return of->known[i].right = of->question->check(of->question->context, child, issuer);
}

/* Holds everything below to an authority's name constraints; `at_fault` is the depth of who breaks them. */
static trust_code constraints_fault(trust_room *of, unsigned depth, unsigned *at_fault)
{
	const certificate *authority = &of->path[depth];
	trust_code code = TRUST_OK;

	for (unsigned i = 0; authority->says & CERTIFICATE_HAS_CONSTRAINTS && i < depth && code == TRUST_OK; i++) {
		if (i > 0 && of->path[i].says & CERTIFICATE_SELF_ISSUED)
			continue; /* RFC 5280 6.1.3 (b): not held to them, unless it is the leaf */
		code = names_allowed(&of->path[i], authority, &of->comparisons);
		*at_fault = i;
	}
	return code;
}

static int counting_below(const trust_room *of, unsigned depth)
{
	int below = 0;

	for (unsigned i = 1; i < depth; i++)
		below += !(of->path[i].says & CERTIFICATE_SELF_ISSUED);
	return below;
}

static bool keys_agree(const certificate *child, const certificate *issuer)
{
	if (child->scheme == CERTIFICATE_ECDSA)
		return issuer->key == CERTIFICATE_KEY_P256 || issuer->key == CERTIFICATE_KEY_P384;
	return child->scheme != CERTIFICATE_SCHEME_OTHER && issuer->key == CERTIFICATE_KEY_RSA;
}

static bool extend(trust_room *of, unsigned depth);

/* True when a trusted path goes through this candidate at `depth`; `root` is NULL for one that was sent. */
static bool try_candidate(trust_room *of, unsigned depth, unsigned place, const der *whole, const trust_anchor *root)
{
	certificate *child = &of->path[depth - 1], *candidate = &of->path[depth];
	unsigned at_fault = depth;
	bool is_whole = !root || !root->store;
	trust_code code;

	if (is_whole && !certificate_bears(whole, &child->issuer))
		return false;
	if (of->steps == 0) {
		of->spent = true;
		return false;
	}
	of->steps--;
	if (!(is_whole ? certificate_read(whole, candidate) : root_store_read(root->store, whole->at, &child->issuer, candidate)))
		return false;
	for (unsigned i = 0; i < depth; i++) {
		if (der_same(&of->path[i].key_info, &candidate->key_info)
			&& certificate_name_begins(&of->path[i].subject, &candidate->subject, true))
			return false; /* a circle (RFC 4158 5.2) */
	}
	code = rules_authority_fault(of->question, candidate, counting_below(of, depth), root);
	if (code == TRUST_OK)
		code = constraints_fault(of, depth, &at_fault);
	if (code != TRUST_OK)
		return tell(of, code, at_fault, depth);
	if (!keys_agree(child, candidate) || !is_signed(of, child, candidate))
		return false; /* of the same name, but not the issuer */
	of->answer->place[depth] = (uint16_t)place;
	of->answer->depth = depth + 1;
	if (!root)
		return extend(of, depth + 1);
	code = rules_path_fault(of->question, of->path, depth, root->is_own, &at_fault);
	return code == TRUST_OK || tell(of, code, at_fault, depth);
}

/* Finds an issuer for the top of the path, number depth - 1: among the roots first. */
static bool extend(trust_room *of, unsigned depth)
{
	const trust_question *question = of->question;
	const certificate *top = &of->path[depth - 1];
	bool is_self_issued = top->says & CERTIFICATE_SELF_ISSUED;
	trust_anchor root;

	if (depth == TRUST_DEPTH_MAX)
		return tell(of, TRUST_TOO_LONG, depth - 1, depth);
	for (unsigned i = 0; question->root(question->context, &top->issuer, i, &root) && !of->spent; i++) {
		if (try_candidate(of, depth, i, &root.certificate, &root))
			return true;
	}
	for (unsigned i = 1; i < question->sent_count && !of->spent; i++) {
		if (try_candidate(of, depth, i, &question->sent[i], NULL))
			return true;
	}
	return tell(of, depth > 1 ? is_self_issued ? TRUST_ROOT_UNKNOWN : TRUST_ISSUER_UNKNOWN
		: is_self_issued ? TRUST_LEAF_SELF_SIGNED : TRUST_LEAF_ISSUER_UNKNOWN, depth - 1, depth - 1);
}

void trust_judge(const trust_question *question, trust_room *of, trust_answer *answer)
{
	const certificate *leaf = &of->path[0];

	memset(of, 0, sizeof *of);
	memset(answer, 0, sizeof *answer);
	of->question = question;
	of->answer = answer;
	of->comparisons = COMPARISONS_MAX;
	of->steps = STEPS_MAX;
	answer->code = TRUST_MALFORMED;
	if (question->sent_count == 0)
		return;
	answer->at_fault = question->sent[0];
	if (question->sent_count > TRUST_SENT_MAX) {
		answer->code = TRUST_TOO_COMPLEX;
		return;
	}
	if (!certificate_read(&question->sent[0], &of->path[0]))
		return;
	answer->code = rules_weakness(leaf, true, false);
	if (answer->code != TRUST_OK)
		return;
	if (extend(of, 1))
		answer->code = rules_leaf_fault(question, leaf);
	else if (of->spent)
		answer->code = TRUST_TOO_COMPLEX;
	else
		return;
	answer->at_fault = question->sent[0];
}
