/*
 * Entropy of the RP2040's ring oscillator (datasheet 2.17, register RANDOMBIT
 * of 2.17.8): raw bits under health tests, conditioned by SHA-256. It seeds
 * the generator of random.h and is not meant to be called for anything else.
 *
 * Owner: board. One thread. 1 KB for samples, a channel and a timer of the DMA
 * from the first use on.
 */
#ifndef ENTROPY_H
#define ENTROPY_H

#include <stddef.h>

/* The source is stopped, stuck or biased: it is refused until the next reset. */
#define ENTROPY_STUCK (-1)

/* Raw bits that are hashed into 32 bytes: with 0.5 bit a sample, 512 bits of
 * entropy for 256 of output, above the n + 64 that SP 800-90B 3.1.5.1.2 asks. */
#define ENTROPY_SAMPLES_PER_BLOCK 1024
/* Time between two samples; nearer ones are alike (SDK pico_rand's figure). */
#define ENTROPY_SAMPLE_INTERVAL_US 10

/* Gathered by entropy_prepare(): a seed of random.h, the first or a later one. */
#define ENTROPY_PREPARED_BYTES 64

/**
 * Begins to gather ENTROPY_PREPARED_BYTES beside what else goes on, by DMA and
 * from the loop: 31 ms later, 21 ms after the first time, entropy_fill() need
 * not wait for them. Harmless twice.
 */
void entropy_prepare(void);

/**
 * Fills `to` with full-entropy bytes. Every 32 bytes cost 1,024 samples, so
 * 10.3 ms; what is not there yet is waited for here. The first 1,024 samples of
 * all are the start-up test's (SP 800-90B 4.3) and not used again.
 *
 * Answers 0, or ENTROPY_STUCK for good once a health test has failed; then
 * `to` is zeroed.
 */
int entropy_fill(void *to, size_t length_bytes);

#endif
