/*
 * The trusted roots: the image's ROOT records, read in place from flash, and
 * roots that a script gives for one connection. Nothing is parsed before a
 * chain asks for it, and then only the root that it ends in.
 *
 * Used by tls_client.c and, for the list, by the "certificates" module.
 */
#ifndef ROOTS_H
#define ROOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trust.h"

/** One extra root in DER, in memory that outlives the connection. */
typedef struct roots_extra {
	struct roots_extra *next;
	const uint8_t *der;
	size_t length_bytes;
} roots_extra;

/** The image's root number `index` in DER, the web's before the user's own, or NULL behind the last one. */
const uint8_t *roots_get(unsigned index, size_t *length_bytes);

/** Writes the subject of a DER certificate as text; false when it is none. */
bool roots_subject(const uint8_t *der, size_t length_bytes, char *to, size_t to_bytes);

/**
 * Gives the roots to platform/trust, those of the connection first: see
 * trust_root. Context is the first roots_extra or NULL.
 */
bool roots_anchor(void *context, const der *issuer, unsigned index, trust_anchor *root);

#endif
