/*
 * One X.509 certificate (RFC 5280 4.1, 4.2), read in place: where its parts
 * stand, and what its extensions say. Used by platform/trust only.
 */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include "der.h"

/* keyUsage (RFC 5280 4.2.1.3), the first byte of its bits. */
#define CERTIFICATE_DIGITAL_SIGNATURE 0x80
#define CERTIFICATE_KEY_CERT_SIGN 0x04

/** What signs or is signed with: a kind of key. */
typedef enum certificate_key { CERTIFICATE_KEY_OTHER, CERTIFICATE_KEY_RSA, CERTIFICATE_KEY_P256, CERTIFICATE_KEY_P384 } certificate_key;

/** How a certificate is signed; the hash is SHA-256, SHA-384 or SHA-512. */
typedef enum certificate_scheme { CERTIFICATE_SCHEME_OTHER, CERTIFICATE_RSA_PKCS1, CERTIFICATE_RSA_PSS, CERTIFICATE_ECDSA } certificate_scheme;

typedef struct certificate {
	der whole, signed_part, signature, issuer, subject, key_info;
	der names; /* the content of subjectAltName */
	der permitted, excluded; /* the content of nameConstraints' two lists */
	der subject_key, authority_key;
	int64_t not_before, not_after; /* seconds since 1970 */
	const char *weak; /* the code of a key or hash that is too weak, or NULL */
	uint16_t hash_bits;
	int16_t path_length; /* -1: any */
	uint8_t key, scheme, key_usage;
	bool version_3, is_ca, has_basic, basic_critical, has_key_usage, has_purposes, purposes_critical, for_servers, for_clients, for_any;
	bool has_names, names_critical, has_constraints, has_authority_issuer, has_subject_key, has_authority;
	bool unknown_critical, self_issued, serial_is_zero;
} certificate;

/** Reads a certificate; NULL, or the code of why it cannot be judged. */
const char *certificate_read(der whole, certificate *to);

/** Compares two names as RFC 5280 7.1 asks: letter case and runs of blanks do not matter. */
bool certificate_same_name(der a, der b);

/** True when the name `under` begins with all parts of `prefix` (RFC 5280 4.2.1.10). */
bool certificate_name_begins(der under, der prefix);

#endif
