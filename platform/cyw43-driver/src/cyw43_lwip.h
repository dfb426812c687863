// Between cyw43_ctrl.c and the IP interface, beside the cyw43_cb_ functions of cyw43.h.
//
// SPDX-License-Identifier: MIT

#ifndef CYW43_LWIP_H
#define CYW43_LWIP_H

#include "cyw43.h"

// Hands the frames that cyw43_cb_process_ethernet() kept to lwIP. Never from inside a wait: lwIP may be in the middle of a
// call that led there.
void cyw43_lwip_deliver(cyw43_t *self);

#endif
