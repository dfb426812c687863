// Hooks that lwIP calls, see LWIP_HOOK_FILENAME in lwipopts.h.

#ifndef LWIP_HOOKS_H
#define LWIP_HOOKS_H

struct pbuf;
struct netif;

// Answers 0: lwIP goes on with the packet; else it was freed.
int network_see_packet(struct pbuf *p, struct netif *input);

#define LWIP_HOOK_IP4_INPUT(p, input) network_see_packet(p, input)
#define LWIP_HOOK_IP6_INPUT(p, input) network_see_packet(p, input)

#endif
