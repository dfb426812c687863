/*
 * Names in certificates: which host a leaf speaks for (RFC 9525, CA/B BR
 * 7.1.2.7.12) and what an authority may name (RFC 5280 4.2.1.10). Used by
 * platform/trust only.
 */
#ifndef NAMES_H
#define NAMES_H

#include "certificate.h"
#include "code.h"

#define NAMES_MAX 2500 /* of one certificate; a page of an atlas of hosts has 1,000 */

/** The name to prove: a DNS name, or an address of 4 or 16 bytes. */
typedef struct names_host {
	der text; /* as letters; empty for an address */
	der address;
} names_host;

/** Refuses a certificate with too many names, or with one that no certificate may bear. */
trust_code names_fault(const certificate *of);

/** True when subjectAltName names the host; the common name never does. */
bool names_match(const certificate *leaf, const names_host *host);

/** True when the subject has no common name, or one that subjectAltName bears too (CA/B BR 7.1.4.3). */
bool names_common_is_listed(const certificate *leaf);

/** False when the name constraints of an authority are none that RFC 5280 describes. */
bool names_constraints_are_sound(const certificate *authority);

/**
 * Holds the names of a certificate to an authority's constraints, which are
 * sound. `comparisons` is what may still be spent, and goes down.
 */
trust_code names_allowed(const certificate *named, const certificate *authority, unsigned *comparisons);

#endif
