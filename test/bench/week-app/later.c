// See later.ts.

#include "engine.h"

#include "hardware/timer.h"

void xs_week_later(xsMachine *the)
{
	uint64_t us = (uint64_t)(xsmcToNumber(xsArg(0)) * 1000);
	timer_hw->timelw = (uint32_t)us; // RP2040 datasheet 4.6.2: the low word first
	timer_hw->timehw = (uint32_t)(us >> 32);
}
