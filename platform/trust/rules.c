/* What a certificate of a path must be. See rules.h. */
#include "rules.h"

static trust_code dates_fault(const certificate *of, int64_t now)
{
	return now < of->not_before ? TRUST_NOT_YET_VALID : now > of->not_after ? TRUST_EXPIRED : TRUST_OK;
}

trust_code rules_weakness(const certificate *of, bool is_leaf, bool is_root)
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
	trust_code code = rules_weakness(of, is_leaf, is_root);

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

trust_code rules_leaf_fault(const trust_question *question, const certificate *leaf)
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

trust_code rules_authority_fault(const trust_question *question, const certificate *authority, int below, bool is_root)
{
	trust_code code = common_fault(authority, false, is_root);

	if (code != TRUST_OK)
		return code;
	if (~authority->says & (CERTIFICATE_IS_CA | CERTIFICATE_BASIC_CRITICAL)
		|| (authority->says & CERTIFICATE_HAS_KEY_USAGE && !(authority->key_usage & CERTIFICATE_KEY_CERT_SIGN)))
		return TRUST_INVALID_AUTHORITY;
	if (!(authority->says & CERTIFICATE_IS_ANCHOR) && (certificate_is_nameless(authority) || authority->subject_key.length == 0))
		return TRUST_PROFILE; /* RFC 5280 4.1.2.6, 4.2.1.2 */
	if (!has_purpose(question, authority))
		return TRUST_INVALID_PURPOSE;
	if (!names_constraints_are_sound(authority))
		return TRUST_MALFORMED;
	if (authority->path_length >= 0 && below > authority->path_length)
		return TRUST_PATH_LENGTH;
	if (question->intermediates_max >= 0 && below + (!is_root && !(authority->says & CERTIFICATE_SELF_ISSUED)) > question->intermediates_max)
		return TRUST_TOO_LONG;
	return dates_fault(authority, question->now);
}

/* What an own authority is held to beyond the rules for all. */
static trust_code own_fault(const certificate *path, unsigned depth, unsigned *at_fault)
{
	const certificate *root = &path[depth];

	for (*at_fault = 1; *at_fault <= depth; ++*at_fault) {
		uint32_t says = path[*at_fault].says;
		if (says & CERTIFICATE_HAS_CONSTRAINTS && !(says & CERTIFICATE_CONSTRAINTS_CRITICAL))
			return TRUST_PROFILE; /* RFC 5280 4.2.1.10 */
	}
	*at_fault = depth;
	return root->says & (CERTIFICATE_SELF_ISSUED | CERTIFICATE_HAS_AUTHORITY) ? TRUST_OK : TRUST_PROFILE; /* RFC 5280 4.2.1.1 */
}

/* What an authority of the web is held to beyond the rules for all. */
static trust_code web_fault(const trust_question *question, const certificate *path, unsigned depth, unsigned *at_fault)
{
	const certificate *leaf = &path[0], *root = &path[depth];

	*at_fault = 0;
	if (leaf->says & (CERTIFICATE_IS_CA | CERTIFICATE_FOR_ANY | CERTIFICATE_PURPOSES_CRITICAL) || !(leaf->says & CERTIFICATE_HAS_PURPOSES))
		return TRUST_INVALID_PURPOSE; /* CA/B BR 7.1.2.7.8, 7.1.2.7.10 */
	if (!question->for_client && !names_common_is_listed(leaf))
		return TRUST_PROFILE;
	if (root->distrust_after != 0 && leaf->not_before > root->distrust_after)
		return TRUST_DISTRUSTED;
	for (; *at_fault <= depth; ++*at_fault) {
		if (path[*at_fault].says & CERTIFICATE_NAMES_CRITICAL && !certificate_is_nameless(&path[*at_fault]))
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

trust_code rules_path_fault(const trust_question *question, const certificate *path, unsigned depth, bool is_own, unsigned *at_fault)
{
	return is_own ? own_fault(path, depth, at_fault) : web_fault(question, path, depth, at_fault);
}
