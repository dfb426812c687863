/* Unix time as an offset to the microsecond timer. See wall_clock.h. */
#include "wall_clock.h"

#include <string.h>

#include "hardware/timer.h"
#include "preferences.h"

#define BOUND_MS (20 * 8766 * 3600LL * 1000)	// 20 years of 365.25 days

#define DAY_MS (24 * 3600LL * 1000)

static int64_t built_ms = 1704067200000;	// 2024-01-01T00:00:00Z
static int64_t proven_ms;
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
	built_ms = unix_ms;
}

int64_t wall_clock_latest_ms(void)
{
	return built_ms + BOUND_MS;
}

/* Domains of scripts have names, this one has none. */
static const flash_journal_name kept_as = {.domain = "", .key = "time", .key_length = 4};

static void recall(void)
{
	static bool recalled;
	flash_journal_entry entry;
	int64_t kept_ms;

	if (recalled)
		return;
	recalled = true;
	if (!preferences_find(&kept_as, &entry) || entry.length != sizeof kept_ms)
		return;
	memcpy(&kept_ms, entry.value, sizeof kept_ms);
	if (kept_ms > 0 && kept_ms < wall_clock_latest_ms())
		proven_ms = kept_ms;
}

int64_t wall_clock_earliest_ms(void)
{
	recall();
	return proven_ms > built_ms ? proven_ms : built_ms;
}

void wall_clock_prove_ms(int64_t unix_ms)
{
	if (!set || unix_ms > wall_clock_now_ms() || unix_ms < wall_clock_earliest_ms() + DAY_MS)
		return;
	proven_ms = unix_ms;
	/* A flash that is worn out keeps what it had; until the next reset this holds all the same. */
	preferences_write(&(flash_journal_entry){.name = kept_as, .value = (const uint8_t *)&unix_ms, .length = sizeof unix_ms, .kind = 1});
}

bool wall_clock_set_ms(int64_t unix_ms)
{
	if (unix_ms < wall_clock_earliest_ms() || unix_ms > wall_clock_latest_ms())
		return false;
	offset_ms = unix_ms - since_boot_ms();
	set = true;
	return true;
}
