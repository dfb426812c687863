// A pin goes high.

#include "engine.h"
#include "hardware/gpio.h"

// (pin: number)
void xs_mark_raise(xsMachine *the)
{
	unsigned pin = (unsigned)xsmcToInteger(xsArg(0));
	gpio_init(pin);
	gpio_set_dir(pin, GPIO_OUT);
	gpio_put(pin, true);
}
