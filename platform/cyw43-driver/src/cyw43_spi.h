// The gSPI bus, as the SDK's cyw43_bus_pio_spi.c implements it. That file owns the pins, the PIO machine and two DMA
// channels; nothing here is re-entrant, callers hold the lock.
//
// SPDX-License-Identifier: MIT

#ifndef CYW43_SPI_H
#define CYW43_SPI_H

#include "cyw43_internal.h"

#define SPI_STATUS_REGISTER 0x08
#define STATUS_F2_RX_READY 0x00000020

#ifdef __cplusplus
extern "C" {
#endif

int cyw43_spi_init(cyw43_int_t *self);
void cyw43_spi_deinit(cyw43_int_t *self);
void cyw43_spi_gpio_setup(void);
void cyw43_spi_reset(void);
uint32_t read_reg_u32_swap(cyw43_int_t *self, uint32_t fn, uint32_t reg);
int write_reg_u32_swap(cyw43_int_t *self, uint32_t fn, uint32_t reg, uint32_t val);
int cyw43_spi_transfer(cyw43_int_t *self, const uint8_t *tx, size_t tx_length, uint8_t *rx, size_t rx_length);

// The other way round, of cyw43_ll.c: does a step of what can be done while a transfer is under way; false when there is nothing. A
// bus that never calls it only makes the download of the firmware longer.
bool cyw43_bus_meanwhile(void);

#ifdef __cplusplus
}
#endif

#endif
