/*
 * Names in certificates: which host a leaf speaks for (RFC 9525, CA/B BR
 * 7.1.2.7.12) and what an authority may name (RFC 5280 4.2.1.10). Used by
 * platform/trust only.
 */
#ifndef NAMES_H
#define NAMES_H

#include "certificate.h"

/** The name to prove: a DNS name, or an address of 4 or 16 bytes. */
typedef struct names_host {
	der text; /* as letters; empty for an address */
	der address;
} names_host;

/** False when a name of the certificate is one that no certificate may bear. */
bool names_are_sound(const certificate *leaf);

/** True when subjectAltName names the host; the common name never does. */
bool names_match(const certificate *leaf, const names_host *host);

/**
 * Holds the names of a certificate to an authority's constraints: NULL, or the
 * code. `comparisons` is what may still be spent, and goes down.
 */
const char *names_allowed(const certificate *named, const certificate *authority, unsigned *comparisons);

#endif
