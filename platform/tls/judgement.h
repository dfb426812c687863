/*
 * Two judgements on one chain: platform/trust finds a path, and Mbed TLS, which
 * then gets this path and no other, judges it again. Both must agree. A
 * signature is computed once: what was found right while the path was sought is
 * not computed again by the library, whose x509_crt.c asks here
 * (`mbedtls_pk_verify_ext` is `judgement_signature` there). One thing is left to
 * platform/trust alone: critical extensions that the library cannot read.
 *
 * Owner: one for each verification; it begins with the library's first question
 * for candidates, and judgement_end is called after its last.
 */
#ifndef JUDGEMENT_H
#define JUDGEMENT_H

#include "mbedtls/x509_crt.h"
#include "trust.h"

#define PIN_BYTES 32u

typedef struct judgement {
	names_host host; /* the name to prove; it stays where it is */
	int64_t now; /* seconds since 1970 */
	trust_root root; /* the roots, read in place */
	void *roots; /* context of `root` */
	const uint8_t *pins; /* SHA-256 of the keys of which the path must have one, PIN_BYTES each; it stays where it is */
	unsigned pin_count; /* 0: any path will do */
	int intermediates_max; /* as in trust_question; negative: as many as fit */
	trust_code code; /* the refusal of platform/trust */
	mbedtls_x509_crt *at_fault; /* what it speaks of, in the chain; NULL when that is a root */
	mbedtls_x509_crt *under_root; /* then: the one that it has signed, whose issuer is its name */
	unsigned signatures; /* how many were computed */
	int64_t valid_from, valid_until; /* of a trusted path: inside the dates of all its certificates; of a root at fault: its dates. Seconds since 1970 */
	/* The rest is the judgement's own. */
	bool is_over;
	unsigned depth;
	mbedtls_x509_crt *chain, *anchor; /* the chain, and the root that was parsed last */
	const uint8_t *anchor_of; /* where that root stands */
	struct judgement_proof {
		const uint8_t *signature;
		der key; /* its subjectPublicKeyInfo, in place */
	} proofs[TRUST_SIGNATURES_MAX];
	unsigned proof_count;
} judgement;

/** Starts a judgement; `of` is otherwise as the caller filled it in. */
void judgement_start(judgement *of);

/**
 * Behind the callback for mbedtls_ssl_conf_ca_cb; context is the judgement. At
 * the leaf the whole chain is judged, and put into the order of the path. No
 * candidates when it is refused: the library then trusts nothing, and tells the
 * other side why by its own alert.
 */
int judgement_candidates(void *context, const mbedtls_x509_crt *child, mbedtls_x509_crt **candidates);

/**
 * Reads a certificate into a chain as mbedtls_x509_crt_parse_der does. Critical
 * extensions that the library cannot read are left to platform/trust; behind
 * the leaf a certificate of a kind that it cannot read, signed with SHA-1 say,
 * is left out.
 */
int judgement_parse(mbedtls_x509_crt *chain, const unsigned char *bytes, size_t length_bytes);

/** What x509_crt.c asks in place of mbedtls_pk_verify_ext. */
int judgement_signature(mbedtls_pk_type_t kind, const void *options, mbedtls_pk_context *key, mbedtls_md_type_t hash_kind,
	const unsigned char *hash, size_t hash_bytes, const unsigned char *signature, size_t signature_bytes);

/** Frees what was kept; harmless when called again. */
void judgement_end(judgement *of);

#endif
