/* Binding of platform/board/wall_clock.h for time.ts. */
#include "engine.h"
#include "wall_clock.h"

void xs_time_set(xsMachine *the)
{
	xsmcSetBoolean(xsResult, wall_clock_set_ms((int64_t)xsmcToNumber(xsArg(0))));
}

void xs_time_bound(xsMachine *the)
{
	xsmcSetNumber(xsResult, (double)(xsmcTest(xsArg(0)) ? wall_clock_latest_ms() : wall_clock_earliest_ms()));
}

void xs_time_is_set(xsMachine *the)
{
	xsmcSetBoolean(xsResult, wall_clock_is_set());
}
