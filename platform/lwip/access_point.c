// See access_point.h.

#include "access_point.h"

#include <string.h>

#include "lwip/ip.h"
#include "lwip/netif.h"
#include "lwip/udp.h"
#include "name_answers.h"
#include "pico/cyw43_arch.h"
#include "pico/time.h"

#define DHCP_SERVER_PORT 67
#define DHCP_CLIENT_PORT 68
#define NAME_PORT 53
#define MASK 0xFFFFFF00u
#define MESSAGE_BYTES_MAX 600 // of a guest: DHCP's are 576 at most without another word (RFC 2131 section 2), DNS's 512

static dhcp_answers addresses;
static struct udp_pcb *address_port, *name_port;

static struct netif *own_netif(void)
{
	return &cyw43_state.netif[CYW43_ITF_AP];
}

static bool is_on(void)
{
	return cyw43_arch_async_context() != NULL && (cyw43_state.itf_state & 1 << CYW43_ITF_AP);
}

static uint32_t now_seconds(void)
{
	return (uint32_t)(time_us_64() / 1000000);
}

// A datagram of a guest, whole in one piece, and its length; 0 for what comes by the station, or is too long.
static size_t take(struct pbuf *datagram, uint8_t bytes[MESSAGE_BYTES_MAX])
{
	size_t length = datagram->tot_len;
	if (ip_current_input_netif() != own_netif() || length > MESSAGE_BYTES_MAX)
		length = 0;
	pbuf_copy_partial(datagram, bytes, (u16_t)length, 0);
	pbuf_free(datagram);
	return length;
}

// Lost when there is no memory, as any datagram may be: guests ask again.
static void answer(struct udp_pcb *port, const uint8_t *bytes, size_t length, uint32_t address, u16_t to_port)
{
	struct pbuf *datagram = length > 0 ? pbuf_alloc(PBUF_TRANSPORT, (u16_t)length, PBUF_RAM) : NULL;
	if (datagram == NULL)
		return;
	pbuf_take(datagram, bytes, (u16_t)length);
	ip_addr_t to = IPADDR4_INIT(lwip_htonl(address));
	udp_sendto_if(port, datagram, &to, to_port, own_netif());
	pbuf_free(datagram);
}

static void address_asked(void *unused, struct udp_pcb *port, struct pbuf *datagram, const ip_addr_t *from, u16_t from_port)
{
	(void)unused, (void)from, (void)from_port;
	uint8_t message[MESSAGE_BYTES_MAX], reply[DHCP_REPLY_BYTES];
	uint32_t to;
	size_t length = take(datagram, message);
	length = dhcp_answer(&addresses, now_seconds(), message, length, reply, &to);
	answer(port, reply, length, to, DHCP_CLIENT_PORT);
}

static void name_asked(void *unused, struct udp_pcb *port, struct pbuf *datagram, const ip_addr_t *from, u16_t from_port)
{
	(void)unused;
	uint8_t query[MESSAGE_BYTES_MAX], reply[NAME_REPLY_BYTES];
	uint32_t to = lwip_ntohl(ip4_addr_get_u32(ip_2_ip4(from)));
	size_t length = take(datagram, query);
	length = name_answer(addresses.address, query, length, reply);
	answer(port, reply, length, to, from_port);
}

static struct udp_pcb *listen_on(u16_t number, udp_recv_fn asked)
{
	struct udp_pcb *port = udp_new();
	if (port == NULL || udp_bind(port, IP_ADDR_ANY, number) != ERR_OK) {
		if (port != NULL)
			udp_remove(port);
		return NULL;
	}
	udp_recv(port, asked, NULL);
	return port;
}

static void close_ports(void)
{
	if (address_port != NULL)
		udp_remove(address_port);
	if (name_port != NULL)
		udp_remove(name_port);
	address_port = name_port = NULL;
}

int access_point_open(const access_point_settings *settings)
{
	uint32_t host = settings->address & ~MASK;
	if (settings->ssid_length == 0 || settings->ssid_length > 32 || settings->key_length > 63 || settings->channel < 1
		|| settings->channel > 14 || host == 0 || host == ~MASK || (host >= DHCP_FIRST_HOST && host < DHCP_FIRST_HOST + DHCP_LEASES))
		return STATION_INVALID;
	access_point_close();
	int result = station_on();
	if (result != 0)
		return result;
	cyw43_wifi_ap_set_channel(&cyw43_state, settings->channel);
	cyw43_wifi_ap_set_ssid(&cyw43_state, settings->ssid_length, (const uint8_t *)settings->ssid);
	cyw43_wifi_ap_set_password(&cyw43_state, settings->key_length, (const uint8_t *)settings->key);
	cyw43_wifi_ap_set_auth(&cyw43_state, station_authentication(settings->security));
	cyw43_wifi_set_up(&cyw43_state, CYW43_ITF_AP, true, cyw43_arch_get_country_code());
	if (!is_on())
		return PICO_ERROR_IO;
	ip4_addr_t address, mask;
	ip4_addr_set_u32(&address, lwip_htonl(settings->address));
	ip4_addr_set_u32(&mask, lwip_htonl(MASK));
	netif_set_addr(own_netif(), &address, &mask, &address);
	netif_set_default(&cyw43_state.netif[CYW43_ITF_STA]); // what is not for a guest goes by the station
	uint32_t changes = addresses.changes;
	addresses = (dhcp_answers){ .address = settings->address, .mask = MASK, .changes = changes };
	address_port = listen_on(DHCP_SERVER_PORT, address_asked);
	name_port = listen_on(NAME_PORT, name_asked);
	if (address_port != NULL && name_port != NULL)
		return 0;
	access_point_close();
	return PICO_ERROR_INSUFFICIENT_RESOURCES;
}

void access_point_close(void)
{
	close_ports();
	if (is_on())
		cyw43_wifi_set_up(&cyw43_state, CYW43_ITF_AP, false, 0);
}

access_point_state access_point_now(void)
{
	if (!is_on())
		return ACCESS_POINT_CLOSED;
	return netif_is_link_up(own_netif()) ? ACCESS_POINT_OPEN : ACCESS_POINT_OPENING;
}

uint32_t access_point_changes(void)
{
	return addresses.changes;
}

unsigned access_point_guests(access_point_guest guests[ACCESS_POINT_GUESTS_MAX])
{
	uint8_t macs[ACCESS_POINT_GUESTS_MAX][6];
	int count = ACCESS_POINT_GUESTS_MAX;
	if (!is_on())
		return 0;
	cyw43_wifi_ap_get_stas(&cyw43_state, &count, macs[0]);
	for (int i = 0; i < count; i++) {
		guests[i].address = 0;
		memcpy(guests[i].mac, macs[i], sizeof macs[i]);
		for (unsigned j = 0; j < DHCP_LEASES; j++)
			if (dhcp_is_leased(&addresses.leases[j], now_seconds()) && !memcmp(addresses.leases[j].mac, macs[i], sizeof macs[i]))
				guests[i].address = dhcp_lease_address(&addresses, j);
	}
	return (unsigned)count;
}
