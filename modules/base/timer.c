// When script's timers are due. timer.ts keeps what is called then.
//
// One timer fires in each delivery, so that what it throws is reported and the next one still fires, and promise jobs run
// between two of them (WHATWG HTML, 8.1.7.3).

#include "engine.h"

#include <stdlib.h>
#include <string.h>

#include "hardware/timer.h"
#include "loop.h"

typedef struct timer {
	struct timer *next;
	uint32_t id;
	uint64_t due_us;
	uint64_t period_us;	// 0: fires once
} timer;

static timer *first;	// by due time; of two for one time the older comes first
static xsSlot fired;	// timer.ts's function

static void deliver(xsMachine *the, engine_event *event);
static engine_event event = { .deliver = deliver };

static void insert(timer *added)
{
	timer **link = &first;
	while (*link && (*link)->due_us <= added->due_us)
		link = &(*link)->next;
	added->next = *link;
	*link = added;
}

static bool is_due(void)
{
	return first && first->due_us <= time_us_64();
}

static void poll(void)
{
	if (is_due())
		engine_post(&event);
}

static uint64_t next_at_us(void)
{
	return first && !event.queued ? first->due_us : LOOP_NEVER;
}

static loop_poller poller = { .poll = poll, .next_at_us = next_at_us };

static void deliver(xsMachine *the, engine_event *unused)
{
	(void)unused;
	if (!is_due())
		return;
	timer *due = first;
	first = due->next;
	uint32_t id = due->id;
	if (due->period_us) {
		uint64_t now_us = time_us_64();
		due->due_us += due->period_us;
		if (due->due_us < now_us)
			due->due_us = now_us;	// what was missed is not made up for
		insert(due);
	}
	else
		free(due);
	if (is_due())
		engine_post(&event);
	xsmcVars(2);
	xsVar(0) = xsAccess(fired);
	xsmcSetInteger(xsVar(1), (xsIntegerValue)id);
	xsCallFunction1(xsVar(0), xsUndefined, xsVar(1));
}

static void end(void)
{
	while (first) {
		timer *ended = first;
		first = ended->next;
		free(ended);
	}
	memset(&fired, 0, sizeof fired);
}

static engine_ender ender = { .end = end };

// (fired: (id) => void)
void xs_timer_begin(xsMachine *the)
{
	engine_remember(the, &fired, &xsArg(0));
	engine_on_end(&ender);
	loop_add(&poller);
}

// (id, delay in ms, repeats) → false when there is no memory
void xs_timer_start(xsMachine *the)
{
	uint32_t id = (uint32_t)xsmcToInteger(xsArg(0));
	uint64_t delay_us = (uint64_t)(xsmcToNumber(xsArg(1)) * 1000);
	bool repeats = xsmcToBoolean(xsArg(2));
	timer *added = malloc(sizeof *added);
	xsmcSetBoolean(xsResult, added != NULL);
	if (!added)
		return;
	*added = (timer){
		.due_us = time_us_64() + delay_us,
		.period_us = repeats ? delay_us : 0,
		.id = id,
	};
	insert(added);
}

// (id)
void xs_timer_stop(xsMachine *the)
{
	uint32_t id = (uint32_t)xsmcToInteger(xsArg(0));
	for (timer **link = &first; *link; link = &(*link)->next)
		if ((*link)->id == id) {
			timer *stopped = *link;
			*link = stopped->next;
			free(stopped);
			return;
		}
}
