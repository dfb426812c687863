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
#define NETWORK_WATCHERS_MAX 3
void network_watch(void (*watcher)(void));

// Random numbers for lwIP (LWIP_RAND).
uint32_t network_random(void);

// Resolves a name to IPv4 by the servers of the lease, in 4 s a server at most. Answers 0 when found() will be called, always
// once, later, from the loop; else what found() would be told. `name` is copied.
//
// network_order address: of NETWORK_NAME_FOUND.
typedef enum network_name {
	NETWORK_NAME_FOUND = 0,
	NETWORK_NAME_NONE = -1, // a server says that there is no such name, or none with an address
	NETWORK_NAME_SILENCE = -2, // no server answered
	NETWORK_NAME_SERVER_FAILED = -3, // a server answered that it cannot tell now
	NETWORK_NAME_UNREACHABLE = -4, // no network is joined, or it named no server
	NETWORK_NAME_BAD = -5, // empty, or longer than 255 bytes
	NETWORK_NAME_BUSY = -6, // too many names are being resolved
} network_name;
typedef void network_name_found(void *context, network_name result, uint32_t network_order_address);
int network_resolve(const char *name, network_name_found *found, void *context);

#endif
