// The radio's interfaces in lwIP: the station with DHCP, the network of its own with a fixed address. See cyw43.h for the functions.
//
// lwIP is not re-entrant. Frames that arrive while the driver waits inside a send or an ioctl, and so perhaps inside lwIP, are
// kept in a short queue of pool pbufs and delivered by the poll.
//
// SPDX-License-Identifier: MIT

#include "cyw43.h"

#if CYW43_LWIP

#include <string.h>

#include "cyw43_lwip.h"
#include "cyw43_stats.h"
#include "lwip/dns.h"
#include "lwip/etharp.h"
#include "lwip/igmp.h"
#include "lwip/pbuf.h"
#include "netif/ethernet.h"
#if LWIP_IPV6
#include "lwip/dhcp6.h"
#include "lwip/ethip6.h"
#include "lwip/mld6.h"
#endif
#if !NO_SYS
#include "lwip/tcpip.h"
#endif

#if ETH_PAD_SIZE
#error "cyw43_lwip.c needs ETH_PAD_SIZE 0"
#endif

#define MTU_BYTES 1500

static struct pbuf *cyw43_lwip_take(cyw43_t *self);

static err_t cyw43_netif_output(struct netif *netif, struct pbuf *p) {
	cyw43_t *self = netif->state;
	int itf = netif->name[1] - '0';
	int result = cyw43_send_ethernet(self, itf, p->tot_len, p, true);
	return result == 0 ? ERR_OK : ERR_IF;
}

#if LWIP_IPV4 && LWIP_IGMP
static err_t cyw43_netif_igmp_filter(struct netif *netif, const ip4_addr_t *group, enum netif_mac_filter_action action) {
	if (action != NETIF_ADD_MAC_FILTER && action != NETIF_DEL_MAC_FILTER)
		return ERR_VAL;
	// RFC 1112 section 6.4: 01:00:5E and the low 23 bits of the group.
	uint8_t mac[6] = {0x01, 0x00, 0x5E, ip4_addr2(group) & 0x7F, ip4_addr3(group), ip4_addr4(group)};
	return cyw43_wifi_update_multicast_filter(netif->state, mac, action == NETIF_ADD_MAC_FILTER) == 0 ? ERR_OK : ERR_IF;
}
#endif

#if LWIP_IPV6 && LWIP_IPV6_MLD
static err_t cyw43_netif_mld_filter(struct netif *netif, const ip6_addr_t *group, enum netif_mac_filter_action action) {
	if (action != NETIF_ADD_MAC_FILTER && action != NETIF_DEL_MAC_FILTER)
		return ERR_VAL;
	// RFC 2464 section 7: 33:33 and the last four bytes of the group.
	uint8_t mac[6] = {0x33, 0x33};
	memcpy(mac + 2, &group->addr[3], 4);
	return cyw43_wifi_update_multicast_filter(netif->state, mac, action == NETIF_ADD_MAC_FILTER) == 0 ? ERR_OK : ERR_IF;
}
#endif

static err_t cyw43_netif_init(struct netif *netif) {
	netif->linkoutput = cyw43_netif_output;
#if LWIP_IPV4
	netif->output = etharp_output;
#endif
#if LWIP_IPV6
	netif->output_ip6 = ethip6_output;
#endif
	netif->mtu = MTU_BYTES;
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP;
#if LWIP_IPV6
	netif->flags |= NETIF_FLAG_MLD6;
#endif
	cyw43_wifi_get_mac(netif->state, netif->name[1] - '0', netif->hwaddr);
	netif->hwaddr_len = 6;
#if LWIP_IPV4 && LWIP_IGMP
	netif_set_igmp_mac_filter(netif, cyw43_netif_igmp_filter);
#endif
#if LWIP_IPV6 && LWIP_IPV6_MLD
	netif_set_mld_mac_filter(netif, cyw43_netif_mld_filter);
#endif
	return ERR_OK;
}

void cyw43_cb_tcpip_init(cyw43_t *self, int itf) {
	CYW43_THREAD_ENTER
	struct netif *netif = &self->netif[itf];
	netif->name[0] = 'w';
	netif->name[1] = (char)('0' + itf);
#if NO_SYS
	netif_input_fn input = ethernet_input;
#else
	netif_input_fn input = tcpip_input;
#endif
#if LWIP_IPV4
	uint32_t address = itf == CYW43_ITF_STA ? CYW43_DEFAULT_IP_STA_ADDRESS : CYW43_DEFAULT_IP_AP_ADDRESS;
	uint32_t gateway = itf == CYW43_ITF_STA ? CYW43_DEFAULT_IP_STA_GATEWAY : CYW43_DEFAULT_IP_AP_GATEWAY;
	ip4_addr_t ip, mask, router;
	ip4_addr_set_u32(&ip, lwip_htonl(address));
	ip4_addr_set_u32(&mask, lwip_htonl(CYW43_DEFAULT_IP_MASK));
	ip4_addr_set_u32(&router, lwip_htonl(gateway));
#if LWIP_DHCP
	if (itf == CYW43_ITF_STA) {
		ip4_addr_set_zero(&ip);
		ip4_addr_set_zero(&mask);
		ip4_addr_set_zero(&router);
	}
#endif
	netif_add(netif, &ip, &mask, &router, self, cyw43_netif_init, input);
#else
	netif_add(netif, self, cyw43_netif_init, input);
#endif
#if LWIP_NETIF_HOSTNAME
	netif_set_hostname(netif, CYW43_HOST_NAME);
#endif
	netif_set_default(netif);
	netif_set_up(netif);
	if (itf == CYW43_ITF_STA) {
#if LWIP_IPV4 && LWIP_DNS
		ip_addr_t dns;
		ip_addr_set_ip4_u32(&dns, lwip_htonl(CYW43_DEFAULT_IP_DNS));
		dns_setserver(0, &dns);
#endif
#if LWIP_IPV4 && LWIP_DHCP
		dhcp_set_struct(netif, &self->dhcp_client);
		dhcp_start(netif); // waits for the link
#endif
#if LWIP_IPV6
		netif_create_ip6_linklocal_address(netif, 1);
#if LWIP_IPV6_AUTOCONFIG
		netif_set_ip6_autoconfig_enabled(netif, 1);
#endif
#if LWIP_IPV6_MLD
		static const uint8_t all_nodes[6] = {0x33, 0x33, 0x00, 0x00, 0x00, 0x01};
		cyw43_wifi_update_multicast_filter(self, (uint8_t *)all_nodes, true);
#endif
#endif
	}
	CYW43_CB_TCPIP_INIT_EXTRA(self, itf);
	CYW43_THREAD_EXIT
}

static bool cyw43_netif_is_listed(const struct netif *wanted) {
	struct netif *netif;
	NETIF_FOREACH(netif) {
		if (netif == wanted)
			return true;
	}
	return false;
}

void cyw43_cb_tcpip_deinit(cyw43_t *self, int itf) {
	CYW43_THREAD_ENTER
	struct netif *netif = &self->netif[itf];
	if (cyw43_netif_is_listed(netif)) {
		CYW43_CB_TCPIP_DEINIT_EXTRA(self, itf);
#if LWIP_IPV4 && LWIP_DHCP
		if (itf == CYW43_ITF_STA)
			dhcp_stop(netif);
#endif
		netif_remove(netif);
#if LWIP_IPV4
		ip_addr_set_zero(&netif->ip_addr);
#endif
		netif->flags = 0;
	}
	if (itf == CYW43_ITF_STA) {
		while (self->received_count > 0)
			pbuf_free(cyw43_lwip_take(self));
	}
	CYW43_THREAD_EXIT
}

void cyw43_cb_tcpip_set_link_up(cyw43_t *self, int itf) {
	struct netif *netif = &self->netif[itf];
	if (cyw43_netif_is_listed(netif))
		netif_set_link_up(netif);
}

void cyw43_cb_tcpip_set_link_down(cyw43_t *self, int itf) {
	struct netif *netif = &self->netif[itf];
	if (cyw43_netif_is_listed(netif))
		netif_set_link_down(netif);
}

int cyw43_tcpip_link_status(cyw43_t *self, int itf) {
	const struct netif *netif = &self->netif[itf];
	if ((netif->flags & (NETIF_FLAG_UP | NETIF_FLAG_LINK_UP)) != (NETIF_FLAG_UP | NETIF_FLAG_LINK_UP))
		return cyw43_wifi_link_status(self, itf);
#if LWIP_IPV4
	if (!ip4_addr_isany_val(*netif_ip4_addr(netif)))
		return CYW43_LINK_UP;
#endif
#if LWIP_IPV6 && !LWIP_IPV4
	if (ip6_addr_ispreferred(netif_ip6_addr_state(netif, 1)))
		return CYW43_LINK_UP;
#endif
	return CYW43_LINK_NOIP;
}

void cyw43_cb_process_ethernet(void *cb_data, int itf, size_t len, const uint8_t *buf) {
	cyw43_t *self = cb_data;
	if (itf < 0 || itf > CYW43_ITF_AP || !(self->netif[itf].flags & NETIF_FLAG_LINK_UP) || len > self->netif[itf].mtu + SIZEOF_ETH_HDR)
		return;
	struct pbuf *p = self->received_count < CYW43_RECEIVED_MAX ? pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_POOL) : NULL;
	if (p == NULL) {
		CYW43_STAT_INC(PACKET_IN_DROPPED);
		return;
	}
	pbuf_take(p, buf, (u16_t)len);
	p->if_idx = netif_get_index(&self->netif[itf]);
	self->received[(self->received_first + self->received_count++) % CYW43_RECEIVED_MAX] = p;
}

static struct pbuf *cyw43_lwip_take(cyw43_t *self) {
	struct pbuf *p = self->received[self->received_first];
	self->received_first = (self->received_first + 1) % CYW43_RECEIVED_MAX;
	self->received_count--;
	return p;
}

void cyw43_lwip_deliver(cyw43_t *self) {
	while (self->received_count > 0 && self->cyw43_ll.wait_depth == 0) {
		struct pbuf *p = cyw43_lwip_take(self);
		struct netif *netif = netif_get_by_index(p->if_idx); // NULL: it was taken down meanwhile
		if (netif == NULL || !(netif->flags & NETIF_FLAG_LINK_UP) || netif->input(p, netif) != ERR_OK)
			pbuf_free(p);
	}
}

#else

// An empty translation unit is not C.
typedef int cyw43_lwip_is_off;

#endif
