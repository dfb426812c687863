// The one loop of the firmware: everything is polled from here, in one thread.
//
// A poller is static storage of its owner and is added once. Interrupts only set flags and call loop_wake().
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stdint.h>

// No deadline: an answer of next_at_us that lets the loop sleep until an interrupt.
#define LOOP_NEVER UINT64_MAX

typedef struct loop_poller {
	struct loop_poller *next;
	// Does what can be done now, and returns. Takes no mutex of the SDK when there is nothing to do: it would end the sleep.
	void (*poll)(void);
	// Microseconds since boot at which poll has something to do without an interrupt; LOOP_NEVER when nothing is planned.
	uint64_t (*next_at_us)(void);
	// Also polled by loop_busy_turn(): it calls neither script nor the library that waits.
	bool while_busy;
} loop_poller;

// Adds a poller behind those that are there. From the loop's own thread; a poller that is there already stays where it is.
void loop_add(loop_poller *poller);

// Polls for ever, sleeping between turns. Never returns.
_Noreturn void loop_run(void);

// Polls what has to go on while a library makes the loop's thread wait: USB, above all. Called from inside such waits.
void loop_busy_turn(void);

// One turn of everything but one poller, and the sleep behind it: for a wait of minutes inside that poller (script that
// stands at a break point), during which the rest of the firmware goes on. Not from inside another poller's poll.
void loop_turn_without(const loop_poller *left_out);

// How long turns of the loop took: what an event waits for at worst.
typedef struct loop_figures {
	uint32_t turns;
	uint32_t longest_turn_us;	// without the sleep behind it
} loop_figures;

// Of the time since the figures were last restarted; restart begins them anew.
loop_figures loop_measure(bool restart);

// Lets the next turn begin at once. From any context.
void loop_wake(void);

#endif
