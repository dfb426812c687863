// See mdns.h.

#include "mdns.h"

#include "loop.h"
#include "lwip/igmp.h"
#include "lwip/ip.h"
#include "lwip/udp.h"
#include "network.h"
#include "pico/cyw43_arch.h"
#include "pico/time.h"
#include "station.h"

mdns_responder mdns;
static struct udp_pcb *port;
static uint8_t message[MDNS_MESSAGE_BYTES_MAX]; // on its way out
static void (*tell_named)(void);
static const ip_addr_t group = IPADDR4_INIT_BYTES(224, 0, 0, 251);

static struct netif *station_netif(void)
{
	return &cyw43_state.netif[CYW43_ITF_STA];
}

// Without memory, or a network, it is lost as any datagram may be: probes and announcements are said more than once, and who asks asks again.
static void send(size_t length, const ip_addr_t *to, u16_t to_port)
{
	struct pbuf *datagram = length > 0 ? pbuf_alloc(PBUF_TRANSPORT, (u16_t)length, PBUF_RAM) : NULL;
	if (datagram == NULL)
		return;
	pbuf_take(datagram, message, (u16_t)length);
	udp_sendto_if(port, datagram, to, to_port, station_netif());
	pbuf_free(datagram);
}

static void on_received(void *unused, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from, u16_t from_port)
{
	(void)unused, (void)pcb;
	const struct netif *netif = station_netif();
	const ip4_addr_t *address = ip_2_ip4(from);
	mdns_heard heard = {.message = p->payload, .length = p->tot_len, .from = ip4_addr_get_u32(address), .port = from_port,
		.alone = !ip4_addr_ismulticast(ip4_current_dest_addr())};
	bool is_neighbour = ip4_addr_netcmp(address, netif_ip4_addr(netif), netif_ip4_netmask(netif));
	// A message in pieces is longer than a frame, and what comes from elsewhere has no business here (RFC 6762 section 11).
	if (p->len == p->tot_len && ip_current_input_netif() == netif && (is_neighbour || !heard.alone)) {
		size_t length = responder_hear(&mdns, &heard, time_us_64(), network_random(), message);
		send(is_neighbour ? length : 0, from, from_port);
	}
	pbuf_free(p);
}

static err_t join_group(void)
{
	return igmp_joingroup_netif(station_netif(), ip_2_ip4(&group));
}

static void leave_group(void)
{
	igmp_leavegroup_netif(station_netif(), ip_2_ip4(&group)); // fails where the interface has gone, and its groups with it
}

static void mdns_poll(void)
{
	if (port == NULL)
		return;
	uint64_t now_us = time_us_64();
	uint32_t address = station_now() == STATION_ADDRESS ? lwip_ntohl(station_address_word()) : 0;
	if (address != mdns.address) {
		leave_group(); // a radio that was off meanwhile has forgotten its groups
		join_group();
		responder_set_address(&mdns, address, now_us, network_random());
	}
	unsigned namings = mdns.namings;
	while (responder_next_at_us(&mdns) <= now_us)
		send(responder_say(&mdns, now_us, message), &group, MDNS_PORT);
	if (mdns.namings != namings)
		tell_named();
}

static uint64_t mdns_next_at_us(void)
{
	return port == NULL ? LOOP_NEVER : responder_next_at_us(&mdns);
}

static loop_poller mdns_poller = {.poll = mdns_poll, .next_at_us = mdns_next_at_us};

bool mdns_is_open(void)
{
	return port != NULL;
}

mdns_result mdns_open(void (*named)(void))
{
	if (netif_list == NULL) // lwIP was never begun
		return MDNS_NO_NETWORK;
	port = udp_new_ip_type(IPADDR_TYPE_V4);
	err_t error = port == NULL ? ERR_MEM : udp_bind(port, IP4_ADDR_ANY, MDNS_PORT);
	if (error == ERR_OK)
		error = join_group();
	if (error != ERR_OK) {
		if (port != NULL)
			udp_remove(port);
		port = NULL;
		return error == ERR_USE ? MDNS_PORT_TAKEN : error == ERR_MEM ? MDNS_NO_MEMORY : MDNS_NO_NETWORK;
	}
	udp_recv(port, on_received, NULL);
	tell_named = named;
	loop_add(&mdns_poller);
	loop_wake();
	return MDNS_OPEN;
}

void mdns_close(void)
{
	if (port == NULL)
		return;
	send(responder_end(&mdns, message), &group, MDNS_PORT);
	leave_group();
	udp_remove(port);
	port = NULL;
}
