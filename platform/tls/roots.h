/*
 * The trusted roots: the web's, a table in flash (platform/trust/root_store.h),
 * the user's own, records of the image, and those that a script gives for one
 * connection. All are read in place, and only the one that a chain ends in is
 * parsed.
 *
 * Used by verify.c and, for the list, by the "certificates" module.
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

/** Writes the name of root number `index`, the web's before the user's own; false behind the last one. */
bool roots_name(unsigned index, char *to, size_t to_bytes);

/** True when the web's roots are not in flash as they were written: none of them is then trusted. */
bool roots_are_damaged(void);

/**
 * Gives the roots to platform/trust, those of the connection first: see
 * trust_root. Context is the first roots_extra or NULL.
 */
bool roots_anchor(void *context, const der *issuer, unsigned index, trust_anchor *root);

#endif
