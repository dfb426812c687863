/*
 * Continuous health tests of a noise source that gives one bit a sample,
 * NIST SP 800-90B sections 4.4.1 and 4.4.2. Pure arithmetic, no hardware: the
 * caller keeps the state and feeds every raw sample in order.
 *
 * Used by entropy.c; tested on the host.
 *
 * Assumed min-entropy H = 0.5 bit a sample, false alarm rate 2^-30 a test:
 * a conservative half of what the RP2040's ring oscillator gives when it is
 * sampled 10 us apart.
 */
#ifndef ENTROPY_HEALTH_H
#define ENTROPY_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

/* SP 800-90B 4.4.1: C = 1 + ceil(30 / H). */
#define ENTROPY_HEALTH_REPETITION_CUTOFF 61
/* SP 800-90B 4.4.2: window of a binary source. */
#define ENTROPY_HEALTH_WINDOW 1024
/* 1 + critbinom(1024, 2^-H, 1 - 2^-30), the formula of section 4.4.2. */
#define ENTROPY_HEALTH_PROPORTION_CUTOFF 810

typedef struct entropy_health {
	uint16_t repetitions;
	uint16_t window_position;
	uint16_t window_matches;
	uint8_t last;
	uint8_t window_first;
	bool started;
	bool failed;
} entropy_health;

/** Puts the tests into their state before the first sample. */
void entropy_health_start(entropy_health *health);

/**
 * Takes one raw sample (bit 0 counts). Answers false from the first sample
 * on that fails either test; a failure is never taken back.
 */
bool entropy_health_take(entropy_health *health, uint8_t sample);

#endif
