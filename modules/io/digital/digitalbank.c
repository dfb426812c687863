// Natives of digitalbank.ts: pins of one mask, read and written together, by SIO (RP2040 datasheet 2.3.1.2).
//
// The interrupt of an edge keeps the pin in `triggered` and posts the event; what comes before script is told is told at once.

#include "pins.h"

#include <stdlib.h>

#include "hardware/gpio.h"
#include "hardware/sync.h"

// Modes, as in digitalbank.ts.
enum { MODE_INPUT, MODE_PULL_UP, MODE_PULL_DOWN, MODE_PULL_UP_DOWN, MODE_OUTPUT = 8, MODE_OPEN_DRAIN = 9 };

typedef struct digitalbank {
	engine_event event;	// first: deliver gets its address
	pins_watcher watcher;
	uint32_t mask;
	uint32_t invert;
	volatile uint32_t triggered;
	uint8_t mode;
	xsSlot told;
} digitalbank;

static void on_edges(pins_watcher *watcher, uint32_t rose, uint32_t fell)
{
	digitalbank *bank = (digitalbank *)((char *)watcher - offsetof(digitalbank, watcher));
	bank->triggered |= (rose & watcher->rises) | (fell & watcher->falls);
	engine_post(&bank->event);
}

static void deliver(xsMachine *the, engine_event *event)
{
	digitalbank *bank = (digitalbank *)event;
	uint32_t state = save_and_disable_interrupts();
	uint32_t triggered = bank->triggered;
	bank->triggered = 0;
	restore_interrupts(state);
	if (!triggered)
		return;
	xsmcVars(2);
	xsVar(0) = xsAccess(bank->told);
	xsmcSetInteger(xsVar(1), (xsIntegerValue)triggered);
	xsCallFunction1(xsVar(0), xsUndefined, xsVar(1));
}

static void release(digitalbank *bank)
{
	pins_unwatch(&bank->watcher);
	engine_cancel(&bank->event);
	pins_release(bank->mask, PINS_NO_BLOCK);
	free(bank);
}

static void destroy(void *data)
{
	if (data)
		release(data);
}

static void put(const digitalbank *bank, uint32_t value)
{
	value ^= bank->invert;
	if (bank->mode == MODE_OPEN_DRAIN)
		gpio_set_dir_masked(bank->mask, ~value);	// the output is low whenever it is on
	else
		gpio_put_masked(bank->mask, value);
}

// Level and direction are set before the pin is given to SIO, so that the wire goes from its pull to its first level at once.
static void set_up(const digitalbank *bank, uint32_t initial)
{
	bool drives = bank->mode >= MODE_OUTPUT;
	gpio_set_dir_masked(bank->mask, 0);
	gpio_put_masked(bank->mask, 0);
	if (drives)
		put(bank, initial);
	if (bank->mode == MODE_OUTPUT)
		gpio_set_dir_masked(bank->mask, bank->mask);
	for (uint32_t left = bank->mask; left; left &= left - 1) {
		unsigned pin = (unsigned)__builtin_ctz(left);
		// Both pulls together are the bus keeper: the pin stays where it was left (2.19.4.1).
		gpio_set_pulls(pin, bank->mode == MODE_PULL_UP || bank->mode == MODE_PULL_UP_DOWN, bank->mode == MODE_PULL_DOWN || bank->mode == MODE_PULL_UP_DOWN);
		gpio_set_function(pin, GPIO_FUNC_SIO);	// turns the pad's input on, which is off on GPIO 26 to 28 after reset
	}
}

// (owner: 0 Digital or 1 DigitalBank, pins, mode, rises, falls, invert, initial, told) -> handle
void xs_digitalbank_open(xsMachine *the)
{
	const char *owner = xsmcToInteger(xsArg(0)) ? "embedded:io/digitalbank" : "embedded:io/digital";
	uint32_t mask = (uint32_t)xsmcToInteger(xsArg(1));
	uint32_t initial = (uint32_t)xsmcToInteger(xsArg(6));
	digitalbank opened = {
		.event.deliver = deliver,
		.watcher = { .rises = (uint32_t)xsmcToInteger(xsArg(3)), .falls = (uint32_t)xsmcToInteger(xsArg(4)), .edges = on_edges },
		.mask = mask,
		.mode = (uint8_t)xsmcToInteger(xsArg(2)),
		.invert = (uint32_t)xsmcToInteger(xsArg(5)),
	};
	xsResult = xsNewHostObject(destroy);
	pins_claim(the, mask, PINS_NO_BLOCK, owner);
	digitalbank *bank = malloc(sizeof *bank);
	if (!bank) {
		pins_release(mask, PINS_NO_BLOCK);
		engine_throw(the, "ENOMEM", "%s: no memory for it", owner);
	}
	*bank = opened;
	xsmcSetHostData(xsResult, bank);
	engine_remember(the, &bank->told, &xsArg(7));
	set_up(bank, initial);
	if (bank->watcher.rises | bank->watcher.falls)
		pins_watch(&bank->watcher);
}

static digitalbank *from_handle(xsMachine *the)
{
	digitalbank *bank = xsmcGetHostData(xsArg(0));
	if (!bank)
		engine_throw(the, "ECLOSED", "digital: it is closed");
	return bank;
}

// (handle) -> the levels of its pins
void xs_digitalbank_read(xsMachine *the)
{
	digitalbank *bank = from_handle(the);
	xsmcSetInteger(xsResult, (xsIntegerValue)((gpio_get_all() ^ bank->invert) & bank->mask));
}

// (handle, levels)
void xs_digitalbank_write(xsMachine *the)
{
	digitalbank *bank = from_handle(the);
	put(bank, (uint32_t)xsmcToInteger(xsArg(1)));
}

void xs_digitalbank_close(xsMachine *the)
{
	digitalbank *bank = xsmcGetHostData(xsArg(0));
	if (!bank)
		return;
	xsmcSetHostData(xsArg(0), NULL);
	engine_forget(the, &bank->told);
	release(bank);
}
