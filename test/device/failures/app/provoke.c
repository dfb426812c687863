// See provoke.ts.

#include "engine.h"

#include <stdlib.h>
#include <string.h>

#include "hardware/sync.h"
#include "hardware/timer.h"
#include "pico.h"

__attribute__((noinline)) static uint32_t provoke_read(uintptr_t address)
{
	return *(volatile uint32_t *)address;
}

__attribute__((noinline)) static void provoke_wait(void)
{
	for (;;)
		__compiler_memory_barrier();
}

static void provoke_wait_at(unsigned alarm)
{
	(void)alarm;
	provoke_wait();
}

void xs_provoke_fail(xsMachine *the)
{
	char how[16];
	xsmcToStringBuffer(xsArg(0), how, sizeof how);
	if (!strcmp(how, "read"))
		xsmcSetInteger(xsResult, (xsIntegerValue)provoke_read(0xF0000000));
	else if (!strcmp(how, "panic"))
		panic("%d spoons, and no %s", 3, "fork");
	else if (!strcmp(how, "abort"))
		abort();
	else if (!strcmp(how, "interrupt")) {
		unsigned alarm = (unsigned)hardware_alarm_claim_unused(true);
		hardware_alarm_set_callback(alarm, provoke_wait_at);
		hardware_alarm_set_target(alarm, from_us_since_boot(time_us_64() + 100000));
	}
	else {
		if (!strcmp(how, "wait-deaf"))
			save_and_disable_interrupts();
		provoke_wait();
	}
}
