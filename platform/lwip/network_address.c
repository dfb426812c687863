// See network_address.h.

#include "network_address.h"

#include <string.h>

#include "lwip/ip4.h"
#include "lwip/netif.h"
#include "station_ipv6.h"

bool network_address_of_text(const char *text, ip_addr_t *address)
{
	uint8_t bytes[ADDRESS_BYTES_MAX];
	size_t length = address_of_text(text, bytes);
	memset(address, 0, sizeof *address);
#if LWIP_IPV6
	if (length == sizeof ip_2_ip6(address)->addr) {
		IP_SET_TYPE(address, IPADDR_TYPE_V6);
		memcpy(ip_2_ip6(address)->addr, bytes, length);
		return true;
	}
#endif
	memcpy(&ip_2_ip4(address)->addr, bytes, sizeof ip_2_ip4(address)->addr);
	return length == sizeof ip_2_ip4(address)->addr;
}

void network_address_text(char text[ADDRESS_TEXT_BYTES], const ip_addr_t *address)
{
#if LWIP_IPV6
	if (IP_IS_V6(address)) {
		address_text(text, (const uint8_t *)ip_2_ip6(address)->addr, sizeof ip_2_ip6(address)->addr);
		return;
	}
#endif
	address_text(text, (const uint8_t *)&ip_2_ip4(address)->addr, sizeof ip_2_ip4(address)->addr);
}

bool network_is_there(void)
{
	struct netif *netif;
	NETIF_FOREACH(netif) {
		if (netif_is_up(netif) && netif_is_link_up(netif) && (!ip4_addr_isany_val(*netif_ip4_addr(netif)) || station_ipv6_address(netif) != NULL))
			return true;
	}
	return false;
}

bool network_may_reach(const ip_addr_t *address)
{
#if LWIP_IPV6
	if (IP_IS_V6(address)) { // lwIP would send from an address of the link, and nobody could answer
		return netif_default && netif_is_up(netif_default) && netif_is_link_up(netif_default)
			&& (ip6_addr_islinklocal(ip_2_ip6(address)) || station_ipv6_address(netif_default) != NULL);
	}
#endif
	return ip4_route(ip_2_ip4(address)) != NULL;
}
