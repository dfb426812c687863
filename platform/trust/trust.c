/* The path validator. See trust.h. */
#include "trust.h"

#include <string.h>

#define COMPARISONS_MAX 100000u /* of names with constraints */
#define STEPS_MAX 400u /* candidates that are looked into */

typedef struct memory {
	const uint8_t *child, *issuer;
	bool right;
} memory;

typedef struct search {
	const trust_question *question;
	trust_answer *answer;
	certificate path[TRUST_DEPTH_MAX];
	memory known[TRUST_SIGNATURES_MAX];
	unsigned comparisons, steps;
	unsigned fault_depth;
	bool spent;
} search;

/* The fault that lies farthest from the leaf is told: that path came closest. The first of equals stays. */
static void tell(search *of, const char *code, der at_fault, unsigned depth)
{
	if (of->answer->code && depth <= of->fault_depth)
		return;
	of->answer->code = code;
	of->answer->at_fault = at_fault;
	of->fault_depth = depth;
}

static bool is_signed(search *of, const certificate *child, const certificate *issuer)
{
	trust_answer *answer = of->answer;

	for (unsigned i = 0; i < answer->signatures; i++) {
		if (of->known[i].child == child->whole.at && of->known[i].issuer == issuer->whole.at)
			return of->known[i].right;
	}
	if (answer->signatures == TRUST_SIGNATURES_MAX) {
		of->spent = true;
		return false;
	}
	bool right = of->question->check(of->question->context, child, issuer);
	of->known[answer->signatures++] = (memory){child->whole.at, issuer->whole.at, right};
	return right;
}

static const char *dates_fault(const certificate *of, int64_t now)
{
	if (now < of->not_before)
		return "CERT_NOT_YET_VALID";
	return now > of->not_after ? "CERT_HAS_EXPIRED" : NULL;
}

static const char *weakness(const certificate *of, bool is_leaf, bool is_root)
{
	if (!of->weak || (is_root && strcmp(of->weak, "CA_MD_TOO_WEAK") == 0))
		return NULL; /* a root's own signature proves nothing, so nobody asks for it */
	if (strcmp(of->weak, "KEY_TOO_SMALL") == 0)
		return is_leaf ? "EE_KEY_TOO_SMALL" : "CA_KEY_TOO_SMALL";
	return strcmp(of->weak, "KEY_TOO_LARGE") == 0 ? "ERR_TLS_CERT_KEY_TOO_LARGE" : of->weak;
}

/* Rules for every certificate below the root (CA/B BR 7.1.2). */
static const char *common_fault(const certificate *of, bool is_leaf, bool is_root)
{
	const char *code = weakness(of, is_leaf, is_root);

	if (code)
		return code;
	if (of->unknown_critical)
		return "UNHANDLED_CRITICAL_EXTENSION";
	if (!is_root && of->serial_is_zero)
		return "ERR_TLS_CERT_MALFORMED";
	if (!is_root && of->authority_key.length == 0)
		return "ERR_TLS_CERT_PROFILE"; /* RFC 5280 4.2.1.1 */
	if (of->has_names && (!names_are_sound(of) || of->names_critical != (of->subject.length == 2)))
		return "ERR_TLS_CERT_PROFILE"; /* RFC 5280 4.2.1.6: critical when, and only when, it stands alone */
	return NULL;
}

static const char *leaf_fault(const certificate *leaf, bool for_client)
{
	const char *code = common_fault(leaf, true, false);

	if (code)
		return code;
	if (leaf->has_constraints)
		return "ERR_TLS_CERT_PROFILE"; /* RFC 5280 4.2.1.10: in a CA only */
	if (leaf->is_ca || leaf->key_usage & CERTIFICATE_KEY_CERT_SIGN)
		return "INVALID_PURPOSE"; /* CA/B BR 7.1.2.7.8 */
	if (leaf->has_key_usage && !(leaf->key_usage & CERTIFICATE_DIGITAL_SIGNATURE))
		return "INVALID_PURPOSE";
	if (!(for_client ? leaf->for_clients : leaf->for_servers) || leaf->for_any || leaf->purposes_critical)
		return "INVALID_PURPOSE"; /* CA/B BR 7.1.2.7.10 */
	return NULL;
}

static const char *root_fault(const certificate *root)
{
	if (root->has_purposes)
		return "ERR_TLS_CERT_PROFILE"; /* CA/B BR 7.1.2.1.2 */
	if (root->has_authority && (root->authority_key.length == 0 || root->has_authority_issuer))
		return "ERR_TLS_CERT_PROFILE"; /* CA/B BR 7.1.2.1.3 */
	if (!root->self_issued)
		return root->has_authority ? NULL : "ERR_TLS_CERT_PROFILE";
	return root->has_authority && !der_same(root->authority_key, root->subject_key) ? "ERR_TLS_CERT_PROFILE" : NULL;
}

static const char *authority_fault(search *of, const certificate *authority, unsigned depth, bool is_root)
{
	int below = 0; /* intermediates that count for path length (RFC 5280 4.2.1.9) */
	const char *code = common_fault(authority, false, is_root);

	if (code)
		return code;
	if (!authority->is_ca || !authority->basic_critical)
		return "INVALID_CA";
	if (authority->has_key_usage && !(authority->key_usage & CERTIFICATE_KEY_CERT_SIGN))
		return "INVALID_CA";
	if (authority->subject.length == 2 || !authority->has_subject_key)
		return "ERR_TLS_CERT_PROFILE";
	if (authority->has_purposes && !authority->for_any && !(of->question->for_client ? authority->for_clients : authority->for_servers))
		return "INVALID_PURPOSE";
	code = is_root ? root_fault(authority) : NULL;
	if (code)
		return code;
	if (authority->has_constraints && authority->permitted.length == 0 && authority->excluded.length == 0)
		return "ERR_TLS_CERT_MALFORMED";
	for (unsigned i = 1; i < depth; i++)
		below += !of->path[i].self_issued;
	if (authority->path_length >= 0 && below > authority->path_length)
		return "PATH_LENGTH_EXCEEDED";
	if (of->question->intermediates_max >= 0 && below + (!is_root && !authority->self_issued) > of->question->intermediates_max)
		return "CERT_CHAIN_TOO_LONG";
	return dates_fault(authority, of->question->now);
}

/* Holds everything below to an authority's name constraints; `at_fault` is the depth of who breaks them. */
static const char *constraints_fault(search *of, const certificate *authority, unsigned depth, unsigned *at_fault)
{
	const char *code = NULL;

	if (!authority->has_constraints)
		return NULL;
	for (unsigned i = 0; i < depth && !code; i++) {
		if (i > 0 && of->path[i].self_issued)
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

static bool extend(search *of, unsigned depth);

/* True when a trusted path goes through this candidate at `depth`. */
static bool try_candidate(search *of, der whole, unsigned depth, bool is_root)
{
	certificate *child = &of->path[depth - 1], *candidate = &of->path[depth];
	const char *code;
	unsigned named = 0;

	if (of->steps == 0) {
		of->spent = true;
		return false;
	}
	code = certificate_read(whole, candidate);
	if (code || !certificate_same_name(candidate->subject, child->issuer))
		return false;
	of->steps--;
	for (unsigned i = 0; i < depth; i++) {
		if (der_same(of->path[i].key_info, candidate->key_info) && certificate_same_name(of->path[i].subject, candidate->subject))
			return false; /* a circle (RFC 4158 5.2) */
	}
	code = authority_fault(of, candidate, depth, is_root);
	if (code) {
		tell(of, code, whole, depth);
		return false;
	}
	code = constraints_fault(of, candidate, depth, &named);
	if (code) {
		tell(of, code, of->path[named].whole, depth);
		return false;
	}
	if (!keys_agree(child, candidate) || !is_signed(of, child, candidate))
		return false; /* of the same name, but not the issuer */
	return is_root || extend(of, depth + 1);
}

static const char *issuer_missing(const certificate *top, unsigned depth)
{
	if (top->self_issued)
		return depth == 0 ? "DEPTH_ZERO_SELF_SIGNED_CERT" : "SELF_SIGNED_CERT_IN_CHAIN";
	return depth == 0 ? "UNABLE_TO_VERIFY_LEAF_SIGNATURE" : "UNABLE_TO_GET_ISSUER_CERT_LOCALLY";
}

/* Finds an issuer for the top of the path, number depth - 1: among the roots first. */
static bool extend(search *of, unsigned depth)
{
	const trust_question *question = of->question;
	der root;

	if (depth == TRUST_DEPTH_MAX) {
		tell(of, "CERT_CHAIN_TOO_LONG", of->path[depth - 1].whole, depth);
		return false;
	}
	for (unsigned i = 0; question->root(question->context, i, &root) && !of->spent; i++) {
		if (try_candidate(of, root, depth, true))
			return true;
	}
	for (unsigned i = 1; i < question->sent_count && !of->spent; i++) {
		if (try_candidate(of, question->sent[i], depth, false))
			return true;
	}
	tell(of, issuer_missing(&of->path[depth - 1], depth - 1), of->path[depth - 1].whole, depth - 1);
	return false;
}

void trust_judge(const trust_question *question, trust_answer *answer)
{
	search of = {.question = question, .answer = answer, .comparisons = COMPARISONS_MAX, .steps = STEPS_MAX};
	const certificate *leaf = &of.path[0];
	const char *code;

	*answer = (trust_answer){.code = "ERR_TLS_CERT_MALFORMED"};
	if (question->sent_count == 0 || question->sent_count > TRUST_SENT_MAX)
		return;
	answer->at_fault = question->sent[0];
	code = certificate_read(question->sent[0], &of.path[0]);
	if (code)
		return;
	answer->code = weakness(leaf, true, false);
	if (answer->code)
		return;
	if (!extend(&of, 1)) {
		if (of.spent || !answer->code)
			*answer = (trust_answer){"ERR_TLS_CERT_TOO_COMPLEX", question->sent[0], answer->signatures};
		return;
	}
	code = leaf_fault(leaf, question->for_client);
	if (!code)
		code = dates_fault(leaf, question->now);
	if (!code && !question->for_client && !names_match(leaf, &question->host))
		code = "ERR_TLS_CERT_ALTNAME_INVALID";
	answer->code = code;
	answer->at_fault = question->sent[0];
}
