/*
 * One X.509 certificate (RFC 5280 4.1, 4.2), read in place: where its parts
 * stand, and what its extensions say. Used by platform/trust only, but for what
 * a check of a signature needs.
 */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include "der.h"

/* keyUsage (RFC 5280 4.2.1.3), the first byte of its bits. */
#define CERTIFICATE_DIGITAL_SIGNATURE 0x80
#define CERTIFICATE_KEY_CERT_SIGN 0x04

/* What a certificate says: bits of `says`. */
#define CERTIFICATE_IS_CA 0x1u
#define CERTIFICATE_BASIC_CRITICAL 0x2u
#define CERTIFICATE_HAS_KEY_USAGE 0x4u
#define CERTIFICATE_HAS_PURPOSES 0x8u
#define CERTIFICATE_PURPOSES_CRITICAL 0x10u
#define CERTIFICATE_FOR_SERVERS 0x20u
#define CERTIFICATE_FOR_CLIENTS 0x40u
#define CERTIFICATE_FOR_ANY 0x80u
#define CERTIFICATE_NAMES_CRITICAL 0x100u
#define CERTIFICATE_HAS_CONSTRAINTS 0x200u
#define CERTIFICATE_CONSTRAINTS_CRITICAL 0x400u
#define CERTIFICATE_HAS_AUTHORITY 0x800u
#define CERTIFICATE_HAS_AUTHORITY_ISSUER 0x1000u
#define CERTIFICATE_UNKNOWN_CRITICAL 0x2000u
#define CERTIFICATE_SELF_ISSUED 0x4000u
#define CERTIFICATE_SERIAL_IS_ZERO 0x8000u
#define CERTIFICATE_IS_ANCHOR 0x10000u /* of a root store: a name and a key, without a certificate */

/** What signs or is signed with: a kind of key. */
typedef enum certificate_key { CERTIFICATE_KEY_OTHER, CERTIFICATE_KEY_RSA, CERTIFICATE_KEY_P256, CERTIFICATE_KEY_P384 } certificate_key;

/** How a certificate is signed; the hash is SHA-256, SHA-384 or SHA-512. */
typedef enum certificate_scheme { CERTIFICATE_SCHEME_OTHER, CERTIFICATE_RSA_PKCS1, CERTIFICATE_RSA_PSS, CERTIFICATE_ECDSA } certificate_scheme;

/** Why a key or a hash cannot be relied on; the key's reason outweighs the hash's. */
typedef enum certificate_weakness { CERTIFICATE_STRONG, CERTIFICATE_WEAK_HASH, CERTIFICATE_WEAK_KEY, CERTIFICATE_KEY_TOO_LARGE } certificate_weakness;

typedef struct certificate {
	uint32_t says;
	uint8_t key, scheme, hash_bytes, key_usage, weakness;
	int16_t path_length; /* -1: any */
	der whole, signed_part, signature, issuer, subject, key_info;
	der names; /* the content of subjectAltName */
	der permitted, excluded; /* the content of nameConstraints' two lists */
	der subject_key, authority_key;
	int64_t not_before, not_after; /* seconds since 1970 */
	int64_t distrust_after; /* of a root: leaves that begin later are not trusted; 0: all are */
} certificate;

/** Reads a certificate; false when it is malformed. */
bool certificate_read(const der *whole, certificate *to);

/** Reads a subjectPublicKeyInfo: kind and strength of the key. False when it is malformed. */
bool certificate_read_key(const der *whole, certificate *to);

/** True when a certificate's subject is the name; the rest of it is not looked at. */
bool certificate_bears(const der *whole, const der *name);

/** True when the subject is an empty list of names. */
bool certificate_is_nameless(const certificate *of);

/**
 * True when the name `under` begins with all parts of `prefix` (RFC 5280
 * 4.2.1.10), and with `whole` has no more. Letter case and runs of blanks do
 * not matter (7.1).
 */
bool certificate_name_begins(const der *under, const der *prefix, bool whole);

/** Takes the next header of a name: what is constructed is entered, so that a name is one row of elements. */
bool certificate_next_header(der *from, uint8_t *tag, der *content);

/** True when a name is built as RFC 5280 4.1.2.4 asks. */
bool certificate_name_is_sound(const der *of);

/** A letter of ASCII as its small one. */
uint8_t certificate_folded(uint8_t letter);

#endif
