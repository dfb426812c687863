/*
 * A root of the store as a certificate that Mbed TLS can read, so that its
 * judgement on a path stays whole: name, key, dates, path length and that it is
 * an authority, as platform/trust has them. Its signature is empty: nobody asks
 * for a root's own. Used by judgement.c only.
 */
#ifndef ANCHOR_H
#define ANCHOR_H

#include "trust.h"
#include "mbedtls/x509_crt.h"

/** Writes the certificate into memory of the arena and reads it from there; 0, or an error of the library. */
int anchor_parse(const certificate *root, mbedtls_x509_crt *to);

#endif
