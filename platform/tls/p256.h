/*
 * Scalar multiplication on NIST P-256 (FIPS 186-4 D.1.2.3; SEC 2 section 2.4.2)
 * for a processor without a wide multiply. It stands in for the general
 * arithmetic of Mbed TLS (p256_ecp.c), which does the same in seven times the
 * cycles. Numbers are 8 words, least significant first.
 */
#ifndef P256_H
#define P256_H

#include <stdbool.h>
#include <stdint.h>

#define P256_WORDS 8

typedef uint32_t p256_number[P256_WORDS];

/** A point that is not at infinity, its coordinates below the prime. */
typedef struct p256_point {
	p256_number x;
	p256_number y;
} p256_point;

/**
 * to = scalar * from, in a time that does not depend on the scalar (1 to n - 1)
 * or the point. `blind`, below the prime and not 0, scales the coordinates that
 * are worked on; it may be random or 1. `from` must lie on the curve.
 */
void p256_multiply(p256_point *to, const p256_number scalar, const p256_point *from, const p256_number blind);

/** The generator. */
extern const p256_point p256_generator;

/**
 * to = a * generator + b * point, for public values only: its time depends on
 * them. a and b are below n, 0 allowed. Answers false for the point at infinity.
 */
bool p256_multiply_add(p256_point *to, const p256_number a, const p256_number b, const p256_point *point);

#endif
