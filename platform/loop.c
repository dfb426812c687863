// The one loop of the firmware. See loop.h.

#include "loop.h"

#include <stdbool.h>

#include "hardware/sync.h"
#include "pico/time.h"

static loop_poller *first;
static volatile bool awake;

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

void loop_wake(void)
{
	awake = true;
	__sev();
}

static uint64_t earliest_at_us(void)
{
	uint64_t earliest = LOOP_NEVER;
	for (loop_poller *poller = first; poller; poller = poller->next) {
		uint64_t at = poller->next_at_us();
		if (at < earliest)
			earliest = at;
	}
	return earliest;
}

_Noreturn void loop_run(void)
{
	for (;;) {
		awake = false;
		for (loop_poller *poller = first; poller; poller = poller->next)
			poller->poll();
		if (awake)
			continue;
		uint64_t at = earliest_at_us();
		// An interrupt between the polls and here has set the processor's event register, so that WFE returns at once.
		if (at == LOOP_NEVER)
			__wfe();
		else if (at > time_us_64())
			best_effort_wfe_or_timeout(from_us_since_boot(at));
	}
}
