// The one loop of the firmware. See loop.h.

#include "loop.h"

#include <stdbool.h>
#include <stddef.h>

#include "hang_watch.h"
#include "hardware/sync.h"
#include "hardware/timer.h"

static loop_poller *first;
static volatile bool awake;
static loop_figures figures;

void loop_add(loop_poller *poller)
{
	loop_poller **link = &first;
	while (*link) {
		if (*link == poller)
			return;
		link = &(*link)->next;
	}
	poller->next = NULL;
	*link = poller;
}

void loop_busy_turn(void)
{
	for (loop_poller *poller = first; poller; poller = poller->next) {
		if (poller->while_busy)
			poller->poll();
	}
}

loop_figures loop_measure(bool restart)
{
	loop_figures measured = figures;
	if (restart)
		figures = (loop_figures){ 0 };
	return measured;
}

void loop_wake(void)
{
	awake = true;
	__sev();
}

static uint64_t earliest_at_us(const loop_poller *left_out)
{
	uint64_t earliest = LOOP_NEVER;
	for (loop_poller *poller = first; poller; poller = poller->next) {
		uint64_t at = poller == left_out ? LOOP_NEVER : poller->next_at_us();
		if (at < earliest)
			earliest = at;
	}
	return earliest;
}

// The interrupt alone ends the sleep.
static void alarm_reached(unsigned alarm)
{
	(void)alarm;
}

// Sleeps until an event. Every interrupt is one, also one that came since the polls: the processor keeps it in its event
// register (ARMv6-M architecture B1.5.18). So is each mutex that the SDK lets go of, which costs a turn without work: a
// poller with nothing to do takes no mutex.
static void sleep_until(unsigned alarm, uint64_t at_us)
{
	static uint64_t planned_at_us = LOOP_NEVER;
	if (at_us <= time_us_64())
		return;
	if (at_us != planned_at_us) {
		planned_at_us = at_us;
		if (at_us == LOOP_NEVER)
			hardware_alarm_cancel(alarm);
		else if (hardware_alarm_set_target(alarm, from_us_since_boot(at_us)))
			return;
	}
	hang_watch_sleep(true);
	__wfe();
	hang_watch_sleep(false);
}

void loop_turn_without(const loop_poller *left_out)
{
	static int alarm = -1;
	if (alarm < 0) {
		alarm = hardware_alarm_claim_unused(true);
		hardware_alarm_set_callback((unsigned)alarm, alarm_reached);
	}
	awake = false;
	hang_watch_feed();
	uint32_t began_us = time_us_32();
	for (loop_poller *poller = first; poller; poller = poller->next) {
		if (poller != left_out)
			poller->poll();
	}
	uint32_t turn_us = time_us_32() - began_us;
	figures.turns++;
	if (turn_us > figures.longest_turn_us)
		figures.longest_turn_us = turn_us;
	if (!awake)
		sleep_until((unsigned)alarm, earliest_at_us(left_out));
}

_Noreturn void loop_run(void)
{
	for (;;)
		loop_turn_without(NULL);
}
