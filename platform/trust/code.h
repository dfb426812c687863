/*
 * The verdicts of platform/trust. Their names are Node's and OpenSSL's where
 * those have one.
 */
#ifndef CODE_H
#define CODE_H

typedef enum trust_code {
	TRUST_OK,
	TRUST_MALFORMED, /* not what RFC 5280 4 describes */
	TRUST_TOO_COMPLEX, /* more certificates, names or constraints than are looked at */
	TRUST_PROFILE, /* well formed, and not allowed */
	TRUST_KEY_TOO_LARGE,
	TRUST_LEAF_KEY_TOO_SMALL,
	TRUST_AUTHORITY_KEY_TOO_SMALL,
	TRUST_HASH_TOO_WEAK,
	TRUST_CRITICAL_EXTENSION,
	TRUST_INVALID_AUTHORITY,
	TRUST_INVALID_PURPOSE,
	TRUST_PATH_LENGTH,
	TRUST_TOO_LONG,
	TRUST_NOT_YET_VALID,
	TRUST_EXPIRED,
	TRUST_DISTRUSTED, /* its root is trusted for what began earlier */
	TRUST_NOT_PERMITTED,
	TRUST_EXCLUDED,
	TRUST_LEAF_SELF_SIGNED,
	TRUST_ROOT_UNKNOWN,
	TRUST_LEAF_ISSUER_UNKNOWN,
	TRUST_ISSUER_UNKNOWN,
	TRUST_WRONG_NAME,
	TRUST_NOT_PINNED, /* for who asks for more than trust: none of the path's keys is one that was named */
	TRUST_CODES /* how many there are */
} trust_code;

/** The name of a refusal; NULL for TRUST_OK. */
const char *trust_code_name(trust_code code);

#endif
