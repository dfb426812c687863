// Pins and blocks, see pins.h.

#include "pins.h"

#include "hardware/gpio.h"
#include "hardware/irq.h"
#include "hardware/structs/pads_bank0.h"
#include "hardware/sync.h"

// Pads after a reset (RP2040 datasheet table 343): input enabled, 4 mA, pull-down, Schmitt trigger.
#define PAD_RESET (PADS_BANK0_GPIO0_IE_BITS | (1u << PADS_BANK0_GPIO0_DRIVE_LSB) | PADS_BANK0_GPIO0_PDE_BITS | PADS_BANK0_GPIO0_SCHMITT_BITS)
// The digital inputs of the analogue pins are off after a reset of revision B2, the Pico W's; before it they were on, and a
// voltage between the logic levels made them draw current (erratum RP2040-E6): the SDK turns them off there.
#define ANALOG_PINS 0x3c000000u

static const char *pin_owners[PINS_COUNT];
static const char *block_owners[PINS_BLOCKS];
static pins_watcher *watchers;

static const char *const block_names[PINS_BLOCKS] = { "I2C0", "I2C1", "SPI0", "SPI1", "UART0", "UART1" };

void pins_claim(xsMachine *the, uint32_t mask, pins_block block, const char *owner)
{
	for (unsigned pin = 0; pin < PINS_COUNT; pin++) {
		if (!(mask >> pin & 1))
			continue;
		if (PINS_OF_RADIO >> pin & 1)
			engine_throw(the, "EBUSY", "%s: GPIO %u belongs to the radio chip of this board. Use another pin.", owner, pin);
		if (pin_owners[pin])
			engine_throw(the, "EBUSY", "%s: GPIO %u is in use by %s. Close that first.", owner, pin, pin_owners[pin]);
	}
	if (block != PINS_NO_BLOCK) {
		if (block_owners[block])
			engine_throw(the, "EBUSY", "%s: %s is in use by %s. Close that first, or take pins of the other one.", owner, block_names[block], block_owners[block]);
		block_owners[block] = owner;
	}
	for (unsigned pin = 0; pin < PINS_COUNT; pin++) {
		if (mask >> pin & 1)
			pin_owners[pin] = owner;
	}
}

// First the output goes, then the function, then the pad: the wire never shows a level that nobody asked for.
static void reset_pin(unsigned pin)
{
	gpio_set_irq_enabled(pin, 0xf, false);
	gpio_set_dir(pin, false);
	io_bank0_hw->io[pin].ctrl = GPIO_FUNC_NULL << IO_BANK0_GPIO0_CTRL_FUNCSEL_LSB; // overrides off too
	pads_bank0_hw->io[pin] = PAD_RESET & (ANALOG_PINS >> pin & 1 ? ~PADS_BANK0_GPIO0_IE_BITS : ~0u);
	gpio_put(pin, false);
}

void pins_release(uint32_t mask, pins_block block)
{
	if (block != PINS_NO_BLOCK)
		block_owners[block] = NULL;
	for (unsigned pin = 0; pin < PINS_COUNT; pin++) {
		if ((mask >> pin & 1) && pin_owners[pin]) {
			reset_pin(pin);
			pin_owners[pin] = NULL;
		}
	}
}

// Latched edges of a pin (2.19.3): read and acknowledged here, so that the next one is not lost.
static void on_interrupt(void)
{
	for (pins_watcher *watcher = watchers; watcher; watcher = watcher->next) {
		uint32_t rose = 0, fell = 0;
		for (uint32_t left = watcher->rises | watcher->falls; left; left &= left - 1) {
			unsigned pin = (unsigned)__builtin_ctz(left);
			uint32_t events = gpio_get_irq_event_mask(pin) & (GPIO_IRQ_EDGE_RISE | GPIO_IRQ_EDGE_FALL);
			if (!events)
				continue;
			gpio_acknowledge_irq(pin, events);
			if (events & GPIO_IRQ_EDGE_RISE)
				rose |= 1u << pin;
			if (events & GPIO_IRQ_EDGE_FALL)
				fell |= 1u << pin;
		}
		if (rose | fell)
			watcher->edges(watcher, rose, fell);
	}
}

void pins_watch(pins_watcher *watcher)
{
	static bool installed;
	if (!installed) {
		// Beside the radio driver's handler for GPIO 24; each looks at its own pins.
		irq_add_shared_handler(IO_IRQ_BANK0, on_interrupt, PICO_SHARED_IRQ_HANDLER_DEFAULT_ORDER_PRIORITY);
		irq_set_enabled(IO_IRQ_BANK0, true);
		installed = true;
	}
	uint32_t state = save_and_disable_interrupts();
	watcher->next = watchers;
	watchers = watcher;
	for (uint32_t left = watcher->rises | watcher->falls; left; left &= left - 1) {
		unsigned pin = (unsigned)__builtin_ctz(left);
		uint32_t events = (watcher->rises >> pin & 1 ? GPIO_IRQ_EDGE_RISE : 0) | (watcher->falls >> pin & 1 ? GPIO_IRQ_EDGE_FALL : 0);
		gpio_acknowledge_irq(pin, GPIO_IRQ_EDGE_RISE | GPIO_IRQ_EDGE_FALL);
		gpio_set_irq_enabled(pin, events, true);
	}
	restore_interrupts(state);
}

void pins_unwatch(pins_watcher *watcher)
{
	uint32_t state = save_and_disable_interrupts();
	for (pins_watcher **link = &watchers; *link; link = &(*link)->next) {
		if (*link == watcher) {
			*link = watcher->next;
			for (uint32_t left = watcher->rises | watcher->falls; left; left &= left - 1)
				gpio_set_irq_enabled((unsigned)__builtin_ctz(left), GPIO_IRQ_EDGE_RISE | GPIO_IRQ_EDGE_FALL, false);
			break;
		}
	}
	restore_interrupts(state);
}
