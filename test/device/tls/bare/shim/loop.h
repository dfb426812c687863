/* Stand-in of platform/loop.h for the bare programs, which poll without sleeping. */
#ifndef LOOP_H
#define LOOP_H
#include <stdint.h>
typedef struct loop_poller {
	struct loop_poller *next;
	void (*poll)(void);
	uint64_t (*next_at_us)(void);
} loop_poller;
void loop_add(loop_poller *poller);
void loop_wake(void);
#endif
