// Natives of pwm.ts: one output of a slice (RP2040 datasheet 4.5).
//
// Two outputs share a slice, and with it the frequency; GPIO n and n + 16 share an output.

#include "pins.h"

#include "hardware/clocks.h"
#include "hardware/gpio.h"
#include "hardware/pwm.h"

#define OWNER "embedded:io/pwm"
// One less than the counter's range, so that a level of period ticks, which is always on, still fits its register (4.5.2.2).
#define PERIOD_MAX_TICKS 65535
#define DIVIDER_MIN 16	// sixteenths
#define DIVIDER_MAX 4095

typedef struct pwm_output {
	bool used;
	uint8_t pin;
	uint8_t resolution;
	double hz;	// as it was asked for
	xsSlot handle;	// remembered: it runs until close(), also when nobody holds it
} pwm_output;

static pwm_output outputs[NUM_PWM_SLICES][2];
// Of a slice that is in use.
static struct { uint16_t period_ticks, divider; } slices[NUM_PWM_SLICES];

static void release(pwm_output *output)
{
	unsigned slice = pwm_gpio_to_slice_num(output->pin);
	output->used = false;
	// The pin goes first: it is low by its pull before the slice stops.
	pins_release(1u << output->pin, PINS_NO_BLOCK);
	pwm_set_chan_level(slice, pwm_gpio_to_channel(output->pin), 0);
	if (!outputs[slice][0].used && !outputs[slice][1].used)
		pwm_set_enabled(slice, false);
}

static void destroy(void *data)
{
	if (data)
		release(data);
}

// The smallest divider with which a period fits the counter: the finest steps.
static bool choose(double hz, uint16_t *divider, uint16_t *period_ticks)
{
	double sixteenths = clock_get_hz(clk_sys) * 16.0 / hz;	// of a cycle, in a period
	double smallest = sixteenths / PERIOD_MAX_TICKS;
	uint32_t chosen = smallest <= DIVIDER_MIN ? DIVIDER_MIN : (uint32_t)smallest + (smallest > (uint32_t)smallest);
	if (chosen > DIVIDER_MAX)
		return false;
	*divider = (uint16_t)chosen;
	*period_ticks = (uint16_t)(sixteenths / chosen + 0.5);
	return *period_ticks >= 2;
}

// (hz) -> steps of a period, 0 when the clock cannot be divided to it
void xs_pwm_steps(xsMachine *the)
{
	uint16_t divider, period_ticks;
	xsmcSetInteger(xsResult, choose(xsmcToNumber(xsArg(0)), &divider, &period_ticks) ? period_ticks : 0);
}

// (pin, hz: one that xs_pwm_steps has steps for, resolution) -> handle
void xs_pwm_open(xsMachine *the)
{
	unsigned pin = (unsigned)xsmcToInteger(xsArg(0));
	double hz = xsmcToNumber(xsArg(1));
	unsigned slice = pwm_gpio_to_slice_num(pin), channel = pwm_gpio_to_channel(pin);
	uint16_t divider = DIVIDER_MIN, period_ticks = 2;
	choose(hz, &divider, &period_ticks);
	pwm_output *other = &outputs[slice][!channel], *output = &outputs[slice][channel];
	xsResult = xsNewHostObject(destroy);
	pins_claim(the, 1u << pin, PINS_NO_BLOCK, OWNER);
	if (output->used) {
		pins_release(1u << pin, PINS_NO_BLOCK);
		engine_throw(the, "EBUSY", OWNER ": GPIO %u has the output of GPIO %u, which is in use by " OWNER ". Close that first.", pin, output->pin);
	}
	if (other->used && (slices[slice].divider != divider || slices[slice].period_ticks != period_ticks)) {
		pins_release(1u << pin, PINS_NO_BLOCK);
		engine_throw(the, "EBUSY", OWNER ": GPIO %u shares its frequency with GPIO %u, which runs at %d Hz. Take the same, or another pin.", pin, other->pin, (int)other->hz);
	}
	*output = (pwm_output){ .used = true, .pin = (uint8_t)pin, .resolution = (uint8_t)xsmcToInteger(xsArg(2)), .hz = hz };
	xsmcSetHostData(xsResult, output);
	engine_remember(the, &output->handle, &xsResult);
	pwm_set_chan_level(slice, channel, 0);
	if (!other->used) {
		slices[slice].divider = divider;
		slices[slice].period_ticks = period_ticks;
		pwm_config config = pwm_get_default_config();
		pwm_config_set_clkdiv_int_frac4(&config, divider >> 4, divider & 15);
		pwm_config_set_wrap(&config, period_ticks - 1);
		pwm_init(slice, &config, true);
	}
	gpio_set_function(pin, GPIO_FUNC_PWM);	// last: the output is low already
}

static pwm_output *from_handle(xsMachine *the)
{
	pwm_output *output = xsmcGetHostData(xsArg(0));
	if (!output)
		engine_throw(the, "ECLOSED", "pwm: it is closed");
	return output;
}

// (handle, value). Counts from the next period on (4.5.2.3).
void xs_pwm_write(xsMachine *the)
{
	pwm_output *output = from_handle(the);
	unsigned slice = pwm_gpio_to_slice_num(output->pin);
	uint32_t highest = (1u << output->resolution) - 1, value = (uint32_t)xsmcToInteger(xsArg(1));
	uint32_t level = (uint32_t)(((uint64_t)value * slices[slice].period_ticks + highest / 2) / highest);
	pwm_set_chan_level(slice, pwm_gpio_to_channel(output->pin), (uint16_t)level);
}

// (handle) -> Hz that the divider really gives
void xs_pwm_hz(xsMachine *the)
{
	pwm_output *output = from_handle(the);
	unsigned slice = pwm_gpio_to_slice_num(output->pin);
	xsmcSetNumber(xsResult, clock_get_hz(clk_sys) * 16.0 / slices[slice].divider / slices[slice].period_ticks);
}

void xs_pwm_close(xsMachine *the)
{
	pwm_output *output = xsmcGetHostData(xsArg(0));
	if (!output)
		return;
	xsmcSetHostData(xsArg(0), NULL);
	engine_forget(the, &output->handle);
	release(output);
}
