/* The path validator. See trust.h. */
#include "trust.h"

#include <string.h>

#define COMPARISONS_MAX 100000u /* of names with constraints */
#define STEPS_MAX 400u /* candidates that are looked into */

/* The fault that lies farthest from the leaf is told: that path came closest. The first of equals stays. */
static bool tell(trust_room *of, trust_code code, unsigned at_fault, unsigned rank)
{
	if (of->answer->code == TRUST_OK || rank > of->fault_rank) {
		of->answer->code = code;
		of->answer->at_fault = of->path[at_fault].whole;
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

static trust_code dates_fault(const certificate *of, int64_t now)
{
	return now < of->not_before ? TRUST_NOT_YET_VALID : now > of->not_after ? TRUST_EXPIRED : TRUST_OK;
}

static trust_code weakness(const certificate *of, bool is_leaf, bool is_root)
{
	switch (of->weakness) {
	case CERTIFICATE_WEAK_HASH: /* a root's own signature proves nothing, so nobody asks for it */
		return is_root ? TRUST_OK : TRUST_HASH_TOO_WEAK;
	case CERTIFICATE_WEAK_KEY:
		return is_leaf ? TRUST_LEAF_KEY_TOO_SMALL : TRUST_AUTHORITY_KEY_TOO_SMALL;
	case CERTIFICATE_KEY_TOO_LARGE:
		return TRUST_KEY_TOO_LARGE;
	}
	return TRUST_OK;
}

/* Rules for every certificate. */
static trust_code common_fault(const certificate *of, bool is_leaf, bool is_root)
{
	trust_code code = weakness(of, is_leaf, is_root);

	if (code != TRUST_OK)
		return code;
	if (of->says & CERTIFICATE_UNKNOWN_CRITICAL)
		return TRUST_CRITICAL_EXTENSION;
	if (!is_root && of->says & CERTIFICATE_SERIAL_IS_ZERO)
		return TRUST_MALFORMED;
	if (!is_root && of->authority_key.length == 0)
		return TRUST_PROFILE; /* RFC 5280 4.2.1.1 */
	if (of->names.at && certificate_is_nameless(of) && !(of->says & CERTIFICATE_NAMES_CRITICAL))
		return TRUST_PROFILE; /* RFC 5280 4.2.1.6: critical when it stands alone */
	return names_fault(of);
}

static bool has_purpose(const trust_question *question, const certificate *of)
{
	uint32_t wanted = CERTIFICATE_FOR_ANY | (question->for_client ? CERTIFICATE_FOR_CLIENTS : CERTIFICATE_FOR_SERVERS);

	return !(of->says & CERTIFICATE_HAS_PURPOSES) || of->says & wanted;
}

static trust_code leaf_fault(const trust_question *question, const certificate *leaf)
{
	trust_code code = common_fault(leaf, true, false);

	if (code != TRUST_OK)
		return code;
	if (!(leaf->says & CERTIFICATE_IS_CA)) {
		if (leaf->says & CERTIFICATE_HAS_CONSTRAINTS)
			return TRUST_PROFILE; /* RFC 5280 4.2.1.10 */
		if (leaf->key_usage & CERTIFICATE_KEY_CERT_SIGN)
			return TRUST_INVALID_PURPOSE; /* RFC 5280 4.2.1.3 */
	}
	if ((leaf->says & CERTIFICATE_HAS_KEY_USAGE && !(leaf->key_usage & CERTIFICATE_DIGITAL_SIGNATURE)) || !has_purpose(question, leaf))
		return TRUST_INVALID_PURPOSE; /* RFC 8446 4.4.2.2 */
	code = dates_fault(leaf, question->now);
	if (code == TRUST_OK && !question->for_client && !names_match(leaf, &question->host))
		return TRUST_WRONG_NAME;
	return code;
}

/* What an own authority is held to beyond the rules for all. */
static trust_code own_fault(const trust_room *of, unsigned depth, unsigned *at_fault)
{
	const certificate *root = &of->path[depth];

	for (*at_fault = 1; *at_fault <= depth; ++*at_fault) {
		uint32_t says = of->path[*at_fault].says;
		if (says & CERTIFICATE_HAS_CONSTRAINTS && !(says & CERTIFICATE_CONSTRAINTS_CRITICAL))
			return TRUST_PROFILE; /* RFC 5280 4.2.1.10 */
	}
	*at_fault = depth;
	return root->says & (CERTIFICATE_SELF_ISSUED | CERTIFICATE_HAS_AUTHORITY) ? TRUST_OK : TRUST_PROFILE; /* RFC 5280 4.2.1.1 */
}

/* What an authority of the web is held to beyond the rules for all. */
static trust_code web_fault(const trust_room *of, unsigned depth, unsigned *at_fault)
{
	const certificate *leaf = &of->path[0], *root = &of->path[depth];

	*at_fault = 0;
	if (leaf->says & (CERTIFICATE_IS_CA | CERTIFICATE_FOR_ANY | CERTIFICATE_PURPOSES_CRITICAL) || !(leaf->says & CERTIFICATE_HAS_PURPOSES))
		return TRUST_INVALID_PURPOSE; /* CA/B BR 7.1.2.7.8, 7.1.2.7.10 */
	if (!of->question->for_client && !names_common_is_listed(leaf))
		return TRUST_PROFILE;
	for (; *at_fault <= depth; ++*at_fault) {
		if (of->path[*at_fault].says & CERTIFICATE_NAMES_CRITICAL && !certificate_is_nameless(&of->path[*at_fault]))
			return TRUST_PROFILE; /* CA/B BR 7.1.2.7.12 */
	}
	*at_fault = depth;
	if (root->says & (CERTIFICATE_HAS_PURPOSES | CERTIFICATE_HAS_AUTHORITY_ISSUER))
		return TRUST_PROFILE; /* CA/B BR 7.1.2.1.2, 7.1.2.1.3 */
	if (root->says & CERTIFICATE_HAS_AUTHORITY
		&& (root->authority_key.length == 0 || (root->says & CERTIFICATE_SELF_ISSUED && !der_same(&root->authority_key, &root->subject_key))))
		return TRUST_PROFILE; /* CA/B BR 7.1.2.1.3 */
	return TRUST_OK;
}

static trust_code authority_fault(const trust_room *of, const certificate *authority, unsigned depth, bool is_root)
{
	const trust_question *question = of->question;
	int below = 0; /* intermediates that count for path length (RFC 5280 4.2.1.9) */
	trust_code code = common_fault(authority, false, is_root);

	if (code != TRUST_OK)
		return code;
	if (~authority->says & (CERTIFICATE_IS_CA | CERTIFICATE_BASIC_CRITICAL)
		|| (authority->says & CERTIFICATE_HAS_KEY_USAGE && !(authority->key_usage & CERTIFICATE_KEY_CERT_SIGN)))
		return TRUST_INVALID_AUTHORITY;
	if (certificate_is_nameless(authority) || authority->subject_key.length == 0)
		return TRUST_PROFILE; /* RFC 5280 4.1.2.6, 4.2.1.2 */
	if (!is_root && !has_purpose(question, authority))
		return TRUST_INVALID_PURPOSE;
	if (!names_constraints_are_sound(authority))
		return TRUST_MALFORMED;
	for (unsigned i = 1; i < depth; i++)
		below += !(of->path[i].says & CERTIFICATE_SELF_ISSUED);
	if (authority->path_length >= 0 && below > authority->path_length)
		return TRUST_PATH_LENGTH;
	if (question->intermediates_max >= 0 && below + (!is_root && !(authority->says & CERTIFICATE_SELF_ISSUED)) > question->intermediates_max)
		return TRUST_TOO_LONG;
	return dates_fault(authority, question->now);
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
	trust_code code;

	if (!certificate_bears(whole, &child->issuer))
		return false;
	if (of->steps == 0) {
		of->spent = true;
		return false;
	}
	of->steps--;
	if (!certificate_read(whole, candidate))
		return false;
	for (unsigned i = 0; i < depth; i++) {
		if (der_same(&of->path[i].key_info, &candidate->key_info)
			&& certificate_name_begins(&of->path[i].subject, &candidate->subject, true))
			return false; /* a circle (RFC 4158 5.2) */
	}
	code = authority_fault(of, candidate, depth, root);
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
	code = root->is_own ? own_fault(of, depth, &at_fault) : web_fault(of, depth, &at_fault);
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
	answer->code = weakness(leaf, true, false);
	if (answer->code != TRUST_OK)
		return;
	if (extend(of, 1))
		answer->code = leaf_fault(question, leaf);
	else if (of->spent)
		answer->code = TRUST_TOO_COMPLEX;
	else
		return;
	answer->at_fault = question->sent[0];
}
