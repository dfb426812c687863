// The board's timer for uptime.ts.

#include "engine.h"

#include "hardware/timer.h"

// () → milliseconds since the board began, with microseconds behind the point
void xs_uptime_milliseconds(xsMachine *the)
{
	xsmcSetNumber(xsResult, (double)time_us_64() / 1000);
}
