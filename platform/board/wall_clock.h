/*
 * The wall clock: the time of day as milliseconds of Unix time over the
 * RP2040's microsecond timer. Unset at boot; nothing here guesses. Set by the
 * "time" module (NTP, or the script), read by Date and by certificate checks.
 *
 * Owner: board. One thread.
 */
#ifndef WALL_CLOCK_H
#define WALL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/** True once wall_clock_set_ms has been called since boot. */
bool wall_clock_is_set(void);

/** Milliseconds since 1970-01-01T00:00:00Z; since boot while the clock is unset. */
int64_t wall_clock_now_ms(void);

/**
 * What the clock can be set to: from the day of the build on, for 20 years. Before the call, from 2024-01-01 on. Whoever holds the network
 * answers for the time (NTP proves nothing): certificates that ended before the image was made must not come to life again.
 */
void wall_clock_begin_at_ms(int64_t unix_ms);

/**
 * It is later than this: a certificate that an authority of the image vouches for has begun. From then on the clock can no longer be set
 * to what is before, after resets too: kept in flash, at most once for each day that it advances.
 */
void wall_clock_prove_ms(int64_t unix_ms);

/** The later of the build and of what was proven. */
int64_t wall_clock_earliest_ms(void);
/** Counted from the build: nothing that was proven moves it. */
int64_t wall_clock_latest_ms(void);

/** Sets the clock. Times out of bounds are refused (answers false). */
bool wall_clock_set_ms(int64_t unix_ms);

#endif
