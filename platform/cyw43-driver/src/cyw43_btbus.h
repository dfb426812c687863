// Bluetooth over the shared bus: the SDK's cybt_shared_bus.c is compiled in every build and wants these names.
// This driver has no Bluetooth and calls none of them.
//
// SPDX-License-Identifier: MIT

#ifndef CYW43_BTBUS_H
#define CYW43_BTBUS_H

#include <stdint.h>

#include "cyw43_ll.h"

#ifdef __cplusplus
extern "C" {
#endif

int cyw43_btbus_init(cyw43_ll_t *self);
int cyw43_btbus_read(uint8_t *buf, uint32_t max_size, uint32_t *size);
int cyw43_btbus_write(uint8_t *buf, uint32_t size);

#ifdef __cplusplus
}
#endif

#endif
