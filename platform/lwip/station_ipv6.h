// The station's IPv6 addresses: by the router's advertisements (RFC 4862), for apps that name the library "network-ipv6". Used by station.c.

#ifndef STATION_IPV6_H
#define STATION_IPV6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lwip/ip6_addr.h"
#include "lwip/netif.h"

#if LWIP_IPV6

// Before a network is joined: forgets the addresses, routers and name servers of another, and makes the interface's own part of addresses,
// which is another in each network and the same whenever it is joined (RFC 7217, RFC 8064), so that nobody follows the board by it.
void station_ipv6_begin(struct netif *netif, const char *ssid);

// The same for the network that was named last, of an interface that the driver has just made: it calls this instead of lwIP's
// netif_create_ip6_linklocal_address (CMakeLists.txt).
void station_ipv6_renew(struct netif *netif, u8_t from_mac);

// An address that others than this link can reach, ready for use; NULL: none.
const ip6_addr_t *station_ipv6_address(const struct netif *netif);

// The router that advertised itself, by its address on this link; NULL: none.
const ip6_addr_t *station_ipv6_router(void);

// IPv6 is all there is: DHCP was asked twice without an answer.
bool station_ipv6_is_alone(const struct netif *netif);

#else

// Nobody has one: what asks is compiled away.
typedef struct ip6_addr {
	uint32_t addr[4];
} ip6_addr_t;

static inline void station_ipv6_begin(struct netif *netif, const char *ssid) { (void)netif; (void)ssid; }
static inline const ip6_addr_t *station_ipv6_address(const struct netif *netif) { (void)netif; return NULL; }
static inline const ip6_addr_t *station_ipv6_router(void) { return NULL; }
static inline bool station_ipv6_is_alone(const struct netif *netif) { (void)netif; return false; }

#endif

#endif
