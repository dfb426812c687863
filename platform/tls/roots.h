/*
 * The trusted roots: the image's ROOT records, read in place from flash, and
 * roots that a script gives for one connection. Nothing is parsed before a
 * chain asks for it, and then only the roots that bear the wanted name.
 *
 * Used by tls_client.c and, for the list, by the "certificates" module.
 */
#ifndef ROOTS_H
#define ROOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mbedtls/x509_crt.h"

/** One extra root in DER, in memory that outlives the connection. */
typedef struct roots_extra {
	struct roots_extra *next;
	const uint8_t *der;
	size_t length_bytes;
} roots_extra;

/** The image's root number `index` in DER, or NULL behind the last one. */
const uint8_t *roots_get(unsigned index, size_t *length_bytes);

/** Writes the subject of a DER certificate as text; false when it is none. */
bool roots_subject(const uint8_t *der, size_t length_bytes, char *to, size_t to_bytes);

/**
 * The callback for mbedtls_ssl_conf_ca_cb; context is the first roots_extra or
 * NULL. Answers the roots whose subject is the child's issuer, byte for byte
 * (RFC 5280 4.1.2.6 asks issuers to encode both alike).
 */
int roots_candidates(void *context, const mbedtls_x509_crt *child, mbedtls_x509_crt **candidates);

#endif
