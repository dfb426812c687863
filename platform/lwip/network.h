// The IP network of the firmware: the SDK's cyw43_arch in poll mode, lwIP, and their place in the loop.
//
// Used by the C of the network modules and by TLS. One thread: the loop's. Everything of lwIP and of the radio driver may
// be called from there, never from an interrupt.

#ifndef NETWORK_H
#define NETWORK_H

#include <stdbool.h>
#include <stdint.h>

// Prepares driver and lwIP and joins the loop; later calls do nothing. The radio itself is powered by network_radio_on().
// Answers 0, or a negative PICO_ERROR of the SDK.
int network_start(void);

// Draws lwIP's first ports, which its start did without a seed. To be called before the first frame: the radio is up by then.
void network_draw_ports(void);

// Calls watcher() after each poll of the network, from the loop. Kept for good; adding one again changes nothing.
#define NETWORK_WATCHERS_MAX 4
void network_watch(void (*watcher)(void));

// Random numbers for lwIP (LWIP_RAND).
uint32_t network_random(void);

#endif
