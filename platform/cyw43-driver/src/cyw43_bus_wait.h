// What the driver does while the SDK's bus file waits for a DMA transfer to end. platform/lwip has this file included in front of
// cyw43_bus_pio_spi.c, whose waits then come here; without that, everything works, and takes longer.
//
// SPDX-License-Identifier: MIT

#ifndef CYW43_BUS_WAIT_H
#define CYW43_BUS_WAIT_H

#include <stdbool.h>

// Unpacks a step of the firmware while it is downloaded; false when there is nothing to do. Of cyw43_ll.c.
bool cyw43_bus_meanwhile(void);

#ifdef CYW43_BUS_WAIT
#include "hardware/dma.h"

static inline void cyw43_bus_wait(unsigned channel) {
	while (dma_channel_is_busy(channel) && cyw43_bus_meanwhile()) {}
	dma_channel_wait_for_finish_blocking(channel);
}
#define dma_channel_wait_for_finish_blocking cyw43_bus_wait
#endif

#endif
