/* Unix time as an offset to the microsecond timer. See wall_clock.h. */
#include "wall_clock.h"

#include "hardware/timer.h"

#define BOUND_MS (20 * 8766 * 3600LL * 1000)	// 20 years of 365.25 days

static int64_t earliest_ms = 1704067200000;	// 2024-01-01T00:00:00Z
static int64_t offset_ms;
static bool set;

static int64_t since_boot_ms(void)
{
	return (int64_t)(time_us_64() / 1000);
}

bool wall_clock_is_set(void)
{
	return set;
}

int64_t wall_clock_now_ms(void)
{
	return offset_ms + since_boot_ms();
}

void wall_clock_begin_at_ms(int64_t unix_ms)
{
	earliest_ms = unix_ms;
}

int64_t wall_clock_earliest_ms(void)
{
	return earliest_ms;
}

int64_t wall_clock_latest_ms(void)
{
	return earliest_ms + BOUND_MS;
}

bool wall_clock_set_ms(int64_t unix_ms)
{
	if (unix_ms < earliest_ms || unix_ms > wall_clock_latest_ms())
		return false;
	offset_ms = unix_ms - since_boot_ms();
	set = true;
	return true;
}
