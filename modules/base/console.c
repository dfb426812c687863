// The console's native.

#include <stdio.h>

#include "engine.h"
#include "pico/stdio.h"

// write(text): puts text on standard output as it is.
void xs_console_write(xsMachine *the)
{
	const char *text = xsmcToString(xsArg(0));
	stdio_put_string(text, (int)__builtin_strlen(text), false, true);
}
