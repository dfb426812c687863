// See hang_watch.h.

#include "hang_watch.h"

#include <stdbool.h>

#include "hardware/irq.h"
#include "hardware/structs/timer.h"
#include "hardware/timer.h"
#include "hardware/watchdog.h"

#define INTERRUPT_US 8000000u
#define SECOND_LOOK_US 100000u	// a handler that returns lets the loop come round, which feeds
#define WATCHDOG_MS 8300u

static int alarm = -1;
static volatile bool sleeping;
static bool suspected;

void hang_watch_begin(void (*hung)(void))
{
	alarm = hardware_alarm_claim_unused(true);
	unsigned number = hardware_alarm_get_irq_num((unsigned)alarm);
	irq_set_exclusive_handler(number, hung);
	irq_set_priority(number, 0);
	hw_set_bits(&timer_hw->inte, 1u << alarm);
	irq_set_enabled(number, true);
	watchdog_enable(WATCHDOG_MS, true);
	hang_watch_feed();
}

void hang_watch_feed(void)
{
	if (alarm < 0)
		return;
	timer_hw->alarm[alarm] = timer_hw->timerawl + INTERRUPT_US;
	suspected = false;
	watchdog_update();
}

void hang_watch_sleep(bool asleep)
{
	sleeping = asleep;
}

bool hang_watch_is_false_alarm(bool in_interrupt)
{
	timer_hw->intr = 1u << alarm;
	watchdog_update();
	if (!sleeping || (in_interrupt && suspected))
		return false;
	hang_watch_feed();
	if (in_interrupt) {
		suspected = true;
		timer_hw->alarm[alarm] = timer_hw->timerawl + SECOND_LOOK_US;
	}
	return true;
}
