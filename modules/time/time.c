/* Binding of platform/board/wall_clock.h for time.ts. */
#include "engine.h"
#include "wall_clock.h"

static bool doubted; /* since the clock was set */

void xs_time_set(xsMachine *the)
{
	bool taken = wall_clock_set_ms((int64_t)xsmcToNumber(xsArg(0)));

	doubted &= !taken;
	xsmcSetBoolean(xsResult, taken);
}

void xs_time_doubt(xsMachine *the)
{
	xsmcSetBoolean(xsResult, !doubted);
	doubted = true;
}

void xs_time_is_doubted(xsMachine *the)
{
	xsmcSetBoolean(xsResult, doubted);
}

void xs_time_bound(xsMachine *the)
{
	xsmcSetNumber(xsResult, (double)(xsmcTest(xsArg(0)) ? wall_clock_latest_ms() : wall_clock_earliest_ms()));
}

void xs_time_is_set(xsMachine *the)
{
	xsmcSetBoolean(xsResult, wall_clock_is_set());
}
