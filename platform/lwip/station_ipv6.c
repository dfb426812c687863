// See station_ipv6.h.

#include "station_ipv6.h"

#include <string.h>

#include "lwip/dhcp.h"
#include "lwip/icmp6.h"
#include "lwip/ip6.h"
#include "lwip/ip6_addr.h"
#include "lwip/inet_chksum.h"
#include "lwip/nd6.h"
#include "lwip/priv/nd6_priv.h"
#include "lwip/prot/nd6.h"
#include "mbedtls/sha256.h"
#include "pico/unique_id.h"
#include "resolver.h"
#include "station.h"

#define LINK_LOCAL_INDEX 0 // lwIP takes the own part of all addresses from it
#define DHCP_TRIES 2

// lwIP asks routers every four seconds, counted through all networks, so a second one would wait for them. It asks again where this is lost.
static void ask_routers(struct netif *netif)
{
	if (!netif_is_link_up(netif))
		return;
	struct pbuf *p = pbuf_alloc(PBUF_IP, sizeof(struct rs_header), PBUF_RAM);
	if (p == NULL)
		return;
	ip6_addr_t routers;
	struct rs_header *solicitation = p->payload;
	ip6_addr_set_allrouters_linklocal(&routers);
	ip6_addr_assign_zone(&routers, IP6_MULTICAST, netif);
	memset(solicitation, 0, sizeof *solicitation);
	solicitation->type = ICMP6_TYPE_RS;
	// Nobody's address yet: ours is being tried (RFC 4861 section 4.1).
	solicitation->chksum = ip6_chksum_pseudo(p, IP6_NEXTH_ICMP6, p->len, IP6_ADDR_ANY6, &routers);
	ip6_output_if(p, NULL, &routers, ND6_HOPLIM, 0, IP6_NEXTH_ICMP6, netif);
	pbuf_free(p);
}

void station_ipv6_begin(struct netif *netif, const char *ssid)
{
	static const uint8_t purpose[] = "IPv6 interface identifier";
	pico_unique_board_id_t board; // of the flash: known to nobody on the network
	uint8_t digest[32];
	pico_get_unique_board_id(&board);
	mbedtls_sha256_context hash;
	mbedtls_sha256_init(&hash);
	bool made = mbedtls_sha256_starts(&hash, 0) == 0 && mbedtls_sha256_update(&hash, purpose, sizeof purpose) == 0
		&& mbedtls_sha256_update(&hash, board.id, sizeof board.id) == 0 && mbedtls_sha256_update(&hash, (const uint8_t *)ssid, strlen(ssid)) == 0
		&& mbedtls_sha256_finish(&hash, digest) == 0;
	mbedtls_sha256_free(&hash);
	for (s8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
		netif_ip6_addr_set_state(netif, i, IP6_ADDR_INVALID);
	nd6_cleanup_netif(netif);
	nd6_clear_destination_cache();
	dns_setserver(0, IP6_ADDR_ANY);
	if (!made)
		return; // no address, and IPv4 goes on
	ip6_addr_t address;
	IP6_ADDR(&address, PP_HTONL(0xFE800000), 0, 0, 0);
	memcpy(&address.addr[2], digest, 2 * sizeof address.addr[2]);
	ip6_addr_assign_zone(&address, IP6_UNICAST, netif);
	netif_ip6_addr_set(netif, LINK_LOCAL_INDEX, &address);
	netif_ip6_addr_set_state(netif, LINK_LOCAL_INDEX, IP6_ADDR_TENTATIVE);
}

void station_ipv6_renew(struct netif *netif, u8_t from_mac)
{
	(void)from_mac;
	netif_set_link_callback(netif, ask_routers);
	station_ipv6_begin(netif, station_ssid());
}

const ip6_addr_t *station_ipv6_address(const struct netif *netif)
{
	for (int i = LINK_LOCAL_INDEX + 1; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
		if (ip6_addr_ispreferred(netif_ip6_addr_state(netif, i)))
			return netif_ip6_addr(netif, i);
	}
	return NULL;
}

const ip6_addr_t *station_ipv6_router(void)
{
	for (int i = 0; i < LWIP_ND6_NUM_ROUTERS; i++) {
		if (default_router_list[i].neighbor_entry && default_router_list[i].invalidation_timer > 0)
			return &default_router_list[i].neighbor_entry->next_hop_address;
	}
	return NULL;
}

bool station_ipv6_is_alone(const struct netif *netif)
{
	const struct dhcp *dhcp = netif_dhcp_data(netif);
	return (!dhcp || dhcp->tries >= DHCP_TRIES) && station_ipv6_address(netif) != NULL;
}
