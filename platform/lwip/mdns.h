// The board's name and services in the local network of the station, by Multicast DNS: mdns_responder.h over lwIP's UDP and IGMP.
// Used by the C of the mDNS module. One responder a board. One thread: the loop's.
#ifndef MDNS_H
#define MDNS_H

#include "mdns_responder.h"

typedef enum mdns_result {
	MDNS_OPEN = 0,
	MDNS_PORT_TAKEN = 1,
	MDNS_NO_MEMORY = 2,
	MDNS_NO_NETWORK = 3,	// the radio was never on
} mdns_result;

// The one responder, to be named (responder_name_host() and so on) while mdns_is_open() is false.
extern mdns_responder mdns;

bool mdns_is_open(void);

// Begins to speak, whenever there is an address, of what was named and checked. `named` is called from the loop whenever the names
// became the board's.
mdns_result mdns_open(void (*named)(void));

// Takes everything back. Harmless when it is closed.
void mdns_close(void);

#endif
