// Included in front of the SDK's cyw43_bus_pio_spi.c (CMakeLists.txt): its waits for the DMA become time in which our radio driver
// unpacks the firmware that it downloads. Without it everything works, and takes longer.

#ifndef BUS_WAIT_H
#define BUS_WAIT_H

#include "cyw43_spi.h"
#include "hardware/dma.h"

static inline void bus_wait(unsigned channel)
{
	while (dma_channel_is_busy(channel) && cyw43_bus_meanwhile()) {}
	dma_channel_wait_for_finish_blocking(channel);
}

#define dma_channel_wait_for_finish_blocking bus_wait

#endif
