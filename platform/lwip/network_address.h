// lwIP's addresses from and to text, for whoever uses lwIP: strict, and in the form of RFC 5952.

#ifndef NETWORK_ADDRESS_H
#define NETWORK_ADDRESS_H

#include <stdbool.h>

#include "address_text.h"
#include "lwip/ip_addr.h"

// What a text must be that stands for an address, for sentences: "... is no IPv4 address ...".
#if LWIP_IPV6
#define NETWORK_ADDRESS_FORM "IPv4 or IPv6 address"
#else
#define NETWORK_ADDRESS_FORM "IPv4 address in dotted form"
#endif

#ifndef ip_addr_zoneless_eq // lwIP has it with IPv6 alone
#define ip_addr_zoneless_eq ip_addr_eq
#endif

// Such an address, of a family that the board speaks; false: it is none.
bool network_address_of_text(const char *text, ip_addr_t *address);

void network_address_text(char text[ADDRESS_TEXT_BYTES], const ip_addr_t *address);

// There is a network, and the board has an address in it.
bool network_is_there(void);

// There is a network that leads there, of a guest or beyond, and the board has an address of this family in it: there may be a way.
bool network_may_reach(const ip_addr_t *address);

#endif
