/*
 * The judgement on a server's certificate chain: platform/trust and Mbed TLS
 * both judge (judgement.h), and this part gives every refusal one stable code
 * with the facts of the certificate at fault. Node's codes where Node has one
 * (Node's X509 error codes; OpenSSL x509_vfy.h names).
 *
 * Owner: one tls_client each, for the time of its handshake.
 */
#ifndef VERIFY_H
#define VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judgement.h"
#include "mbedtls/x509_crt.h"
#include "roots.h"

#define VERIFY_NAME_BYTES 160
#define VERIFY_DATE_BYTES 21 /* 2026-01-02T03:04:05Z */

/** What is told about one certificate, as text. */
typedef struct verify_certificate {
	char subject[VERIFY_NAME_BYTES];
	char issuer[VERIFY_NAME_BYTES];
	char not_before[VERIFY_DATE_BYTES];
	char not_after[VERIFY_DATE_BYTES];
} verify_certificate;

typedef struct verify {
	judgement both;
	uint8_t address[16]; /* the name to prove as an address, when it is one */
	bool host_is_address;
	const char *code; /* the weightiest refusal so far, or NULL */
	uint8_t weight;
	bool judged; /* the library had a chain to judge */
	verify_certificate certificate; /* at fault, or the leaf of a good chain */
	char names[VERIFY_NAME_BYTES]; /* the leaf's names, when the name is at fault */
} verify;

/**
 * Starts a judgement for `host` (a DNS name, or an address: IPv4 in dotted form,
 * or IPv6; the text stays where it is) at `now`, seconds since 1970, by the image's roots
 * and those of the connection.
 */
void verify_start(verify *of, const char *host, int64_t now, roots_extra *roots);

/** Frees what was kept; harmless when called again. */
void verify_end(verify *of);

/** The callback for mbedtls_ssl_conf_ca_cb; context is the verify. */
int verify_candidates(void *context, const mbedtls_x509_crt *child, mbedtls_x509_crt **candidates);

/** The callback for mbedtls_ssl_set_verify; context is the verify. */
int verify_take(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags);

/** Reads what the library found outside the callback (key usage). */
void verify_take_rest(verify *of, uint32_t flags);

/** The policy on keys and hashes: SHA-2, P-256, P-384, RSA from 2048 bits. */
extern const mbedtls_x509_crt_profile verify_profile;

/** Writes a certificate's facts as text. Names that do not fit end in "...". */
void verify_describe(const mbedtls_x509_crt *from, verify_certificate *to);

#endif
