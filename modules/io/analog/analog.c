// Natives of analog.ts: single conversions of the ADC (RP2040 datasheet 4.9).

#include "pins.h"

#include "hardware/adc.h"
#include "hardware/gpio.h"
#include "hardware/resets.h"

#define OWNER "embedded:io/analog"
#define FIRST_PIN 26
#define CHANNELS 5
#define CHANNEL_TEMPERATURE 4
#define BITS 12

typedef struct analog {
	bool used;
	uint8_t channel;
	xsSlot handle;	// remembered: it keeps its pin until close(), also when nobody holds it
} analog;

static analog channels[CHANNELS];
static unsigned users;

static void release(analog *of)
{
	of->used = false;
	if (of->channel == CHANNEL_TEMPERATURE)
		adc_set_temp_sensor_enabled(false);
	else
		pins_release(1u << (FIRST_PIN + of->channel), PINS_NO_BLOCK);
	if (--users == 0)
		reset_block_mask(1u << RESET_ADC);	// off until it is needed again
}

static void destroy(void *data)
{
	if (data)
		release(data);
}

// (channel) -> handle
void xs_analog_open(xsMachine *the)
{
	unsigned channel = (unsigned)xsmcToInteger(xsArg(0));
	analog *opened = &channels[channel];
	xsResult = xsNewHostObject(destroy);
	if (opened->used)
		engine_throw(the, "EBUSY", OWNER ": channel %u is in use by " OWNER ". Close that first.", channel);
	if (channel != CHANNEL_TEMPERATURE)
		pins_claim(the, 1u << (FIRST_PIN + channel), PINS_NO_BLOCK, OWNER);
	*opened = (analog){ .used = true, .channel = (uint8_t)channel };
	if (users++ == 0)
		adc_init();	// waits for the block, some cycles
	if (channel == CHANNEL_TEMPERATURE)
		adc_set_temp_sensor_enabled(true);
	else
		adc_gpio_init(FIRST_PIN + channel);	// no pulls, digital input off: they would bend the voltage (4.9.1; on after reset before B2, erratum RP2040-E6)
	xsmcSetHostData(xsResult, opened);
	engine_remember(the, &opened->handle, &xsResult);
}

// (handle, bits) -> value. Takes 96 cycles of clk_adc, two microseconds. Erratum RP2040-E11: the steps at 512, 1536, 2560 and
// 3584 are wider than others, so that about nine bits are exact.
void xs_analog_read(xsMachine *the)
{
	analog *of = xsmcGetHostData(xsArg(0));
	if (!of)
		engine_throw(the, "ECLOSED", "analog: it is closed");
	int bits = xsmcToInteger(xsArg(1));
	adc_select_input(of->channel);
	xsmcSetInteger(xsResult, adc_read() >> (BITS - bits));
}

void xs_analog_close(xsMachine *the)
{
	analog *of = xsmcGetHostData(xsArg(0));
	if (!of)
		return;
	xsmcSetHostData(xsArg(0), NULL);
	engine_forget(the, &of->handle);
	release(of);
}
