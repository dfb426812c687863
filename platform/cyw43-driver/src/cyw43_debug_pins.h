// Pins that the SDK's bus file (cyw43_bus_pio_spi.c) raises around its work, for a logic analyser.
//
// SPDX-License-Identifier: MIT

#ifndef CYW43_DEBUG_PINS_H
#define CYW43_DEBUG_PINS_H

#include "cyw43_config.h"

// GPIO numbers.
enum {
	pin_BACKPLANE_WRITE = 2,
	pin_BACKPLANE_READ = 3,
	pin_F2_RX_READY_WAIT = 6,
	pin_WIFI_TX = 7,
	pin_WIFI_RX = 8,
};

#if CYW43_LOGIC_DEBUG
static inline void logic_debug_init(void) {
	static const uint8_t pins[] = {pin_BACKPLANE_WRITE, pin_BACKPLANE_READ, pin_F2_RX_READY_WAIT, pin_WIFI_TX, pin_WIFI_RX};
	for (unsigned i = 0; i < sizeof pins; i++) {
		gpio_init(pins[i]);
		gpio_set_dir(pins[i], GPIO_OUT);
	}
}
static inline void logic_debug_set(int pin, int value) {
	gpio_put((unsigned)pin, value != 0);
}
#else
static inline void logic_debug_init(void) {
}
static inline void logic_debug_set(int pin, int value) {
	(void)pin;
	(void)value;
}
#endif

#endif
