/* Unix time as an offset to the microsecond timer. See wall_clock.h. */
#include "wall_clock.h"

#include "hardware/timer.h"

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

bool wall_clock_set_ms(int64_t unix_ms)
{
	if (unix_ms < 0)
		return false;
	offset_ms = unix_ms - since_boot_ms();
	set = true;
	return true;
}
