// The console's natives.

#include <stdio.h>

#include "engine.h"
#include "hardware/timer.h"
#include "pico/stdio.h"

// write(text): puts text on standard output as it is.
void xs_console_write(xsMachine *the)
{
	const char *text = xsmcToString(xsArg(0));
	stdio_put_string(text, (int)__builtin_strlen(text), false, true);
}

// () → milliseconds since the board began, with microseconds behind the point
void xs_console_milliseconds(xsMachine *the)
{
	xsmcSetNumber(xsResult, (double)time_us_64() / 1000);
}
