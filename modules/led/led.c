// Natives of led.ts: the LED of the Pico W hangs on GPIO 0 of the radio chip (Pico W datasheet, schematic), not of the RP2040.

#include "engine.h"
#include "station.h"

// (lit) -> 0, or a negative PICO_ERROR: the radio does not work
void xs_led_set(xsMachine *the)
{
	bool lit = xsmcToBoolean(xsArg(0));
	int result = station_on();
	if (result == 0)
		result = station_light(lit);
	xsmcSetInteger(xsResult, result);
}
