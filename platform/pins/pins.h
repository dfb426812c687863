// Who has which pin and which block of the RP2040, and what all modules do with pins. Used by the C of the modules under
// modules/io; like the engine host, it is part of what a module's C stands on.
//
// One thread: the loop's; only a watcher's edges() runs in an interrupt. A pin that nobody has is as after a reset.

#ifndef PINS_H
#define PINS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"

// GPIO 23, 24, 25 and 29 belong to the radio chip of the Pico W: power, data, select, clock. GPIO 29 is ADC3 too, by which
// VSYS could be measured while the radio's clock stands still: not offered.
#define PINS_OF_RADIO 0x23800000u
#define PINS_COUNT 30

// Blocks of which there is one owner at a time.
typedef enum pins_block {
	PINS_I2C0, PINS_I2C1,
	PINS_SPI0, PINS_SPI1,
	PINS_UART0, PINS_UART1,
	PINS_BLOCKS,
	PINS_NO_BLOCK = PINS_BLOCKS,
} pins_block;

// Takes the pins of the mask, and a block, for `owner`, a name that is kept as a pointer. All or none. Throws CodedError EBUSY
// with the first thing that is taken, and by whom.
void pins_claim(xsMachine *the, uint32_t mask, pins_block block, const char *owner);

// Gives them back. Pins are in their reset state then: no function, no pull-up, pull-down, input on (off on GPIO 26 to 28), no
// output.
void pins_release(uint32_t mask, pins_block block);

// Edges of input pins. edges() is called in the interrupt, with the pins that rose and fell: it keeps them and posts an event.
typedef struct pins_watcher {
	struct pins_watcher *next;
	uint32_t rises, falls;
	void (*edges)(struct pins_watcher *watcher, uint32_t rose, uint32_t fell);
} pins_watcher;

// The watcher's memory stays its owner's until pins_unwatch. Edges that came before are forgotten.
void pins_watch(pins_watcher *watcher);
void pins_unwatch(pins_watcher *watcher); // safe twice

#endif
