// Hooks that lwIP calls, see LWIP_HOOK_FILENAME in lwipopts.h.

#ifndef LWIP_HOOKS_H
#define LWIP_HOOKS_H

#include <stdint.h>

struct pbuf;
struct netif;
struct dhcp;
struct dhcp_msg;

// Answers 0: lwIP goes on with the packet; else it was freed.
int network_see_packet(struct pbuf *p, struct netif *input);

#define LWIP_HOOK_IP4_INPUT(p, input) network_see_packet(p, input)
#define LWIP_HOOK_IP6_INPUT(p, input) network_see_packet(p, input)

// A message to a DHCP server is about to go, its options `length` bytes so far (address_conflict.c).
void address_conflict_see_dhcp(struct netif *netif, struct dhcp *client, struct dhcp_msg *message, unsigned type, uint16_t *length);

#define LWIP_HOOK_DHCP_APPEND_OPTIONS(netif, client, state, message, type, length) \
	address_conflict_see_dhcp(netif, client, message, type, length)

#endif
