// The board's timer for performance.ts.

#include "engine.h"

#include "hardware/timer.h"

// () → microseconds since the board began
void xs_performance_micros(xsMachine *the)
{
	xsmcSetNumber(xsResult, (double)time_us_64());
}
