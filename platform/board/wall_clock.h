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

/** Sets the clock. Negative times are refused (answers false). */
bool wall_clock_set_ms(int64_t unix_ms);

#endif
