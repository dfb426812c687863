/*
 * Who we are in TLS: a certificate chain and its private key, of a client that
 * is asked for one or of a server. Keys are EC, P-256 or P-384, as PKCS #8
 * (RFC 5958) or SEC 1 (RFC 5915) has them, in DER. The key is never printed and
 * is zeroed by identity_end.
 *
 * Owner: whoever read it. Memory is the current arena's.
 */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "mbedtls/pk.h"
#include "mbedtls/x509_crt.h"

/** Bytes of DER that stand somewhere else. */
typedef struct identity_der {
	const uint8_t *bytes;
	size_t length_bytes;
} identity_der;

/** As it is given: the chain begins with the certificate of the key. No chain: none. */
typedef struct identity_options {
	identity_der key;
	const identity_der *chain;
	unsigned chain_count;
} identity_options;

typedef struct identity {
	mbedtls_x509_crt chain;
	mbedtls_pk_context key;
} identity;

/**
 * Reads both; all is copied. Answers NULL, or the code of a refusal:
 * ERR_TLS_CERTIFICATE, ERR_TLS_KEY (of no kind that is known), ERR_TLS_KEY_MISMATCH
 * (not the certificate's). `to` must be given to identity_end in any case.
 */
const char *identity_read(identity *to, const identity_options *from);

/** Zeroes and frees; harmless when called again. */
void identity_end(identity *of);

#endif
