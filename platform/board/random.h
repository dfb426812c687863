/*
 * The one random generator of the firmware: CTR_DRBG with AES-256 (NIST SP
 * 800-90A), seeded on first use from entropy.h, and anew every
 * RANDOM_REQUESTS_PER_SEED requests. TLS, crypto.getRandomValues and lwIP draw
 * from it.
 *
 * Each start leaves 32 bytes in RAM that a reset does not clear, and mixes what
 * the last one left into its seed: beside the bits of entropy.h, whose number
 * and tests it changes nothing of, so that boots differ even should the source
 * repeat itself. Where power was gone it is whatever RAM came up with.
 *
 * Owner: board. One thread; not from interrupts. The first call takes about
 * 31 ms for the seed (48 bytes), less by the time since random_prepare(); 32
 * bytes then take about 0.2 ms. A later seed is gathered from the loop before
 * it is due.
 */
#ifndef RANDOM_H
#define RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* The entropy source failed its health tests: no random number until reset. */
#define RANDOM_STUCK (-1)

/* A request: up to 1,024 bytes. SP 800-90A table 3 allows 2^48. */
#define RANDOM_REQUESTS_PER_SEED 1024

/** Begins to gather the first seed, from the loop: for whoever will need a number soon. Harmless twice, and later. */
void random_prepare(void);

/** Fills `to`. Answers 0, or RANDOM_STUCK with `to` zeroed. */
int random_fill(void *to, size_t length_bytes);

/**
 * A number for lwIP (LWIP_RAND: ports, sequence numbers, transaction ids).
 * With a stuck source it answers a number that is only scattered, not secret,
 * so that a join still works and TLS can say what is wrong.
 */
uint32_t random_network_number(void);

#endif
