// Somebody else has the station's address, see address_conflict.h.

#include "address_conflict.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lwip/acd.h"
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/netif.h"
#include "lwip/prot/dhcp.h"
#include "lwip_hooks.h"
#include "network.h"
#include "pico/time.h"

#define DEFEND_INTERVAL_US (DEFEND_INTERVAL * 1000000ull) // RFC 5227 section 1.1
#define SERVER_OPTION_BYTES 6

static struct netif *interface;
static void (*given_up)(void);
static acd_conflict_callback_t tell_dhcp;
static ip4_addr_t asked_for; // what ARP is watched for
static bool claimed; // it is the station's, on a link that is up
static bool contested;
static uint64_t announced_at_us, declined_at_us;

static void announce(void)
{
	etharp_acd_announce(interface, &asked_for);
	announced_at_us = time_us_64();
}

static void ask_for(const ip4_addr_t *address)
{
	asked_for = *address;
	contested = false;
	etharp_acd_probe(interface, address);
}

// Another address is asked for within half a second; if that is another's too, in ten (RFC 2131 section 3.1, 5).
static void decline(void)
{
	struct netif *netif = interface;
	contested = claimed = false;
	tell_dhcp(netif, ACD_DECLINE);
	tell_dhcp(netif, ACD_RESTART_CLIENT);
	if (declined_at_us == 0 || time_us_64() - declined_at_us >= DEFEND_INTERVAL_US)
		netif_dhcp_data(netif)->request_timeout = 1;
	declined_at_us = time_us_64();
}

// After each poll of the network: an address or a link is new, or what ARP told is to be decided.
static void look(void)
{
	const ip4_addr_t *address = netif_ip4_addr(interface);
	if (!netif_is_link_up(interface) || ip4_addr_isany_val(*address)) {
		claimed = false;
		return;
	}
	if (!claimed || !ip4_addr_eq(address, &asked_for)) {
		ask_for(address);
		announce();
		claimed = true;
	} else if (contested && time_us_64() - announced_at_us >= DEFEND_INTERVAL_US) {
		contested = false;
		announce();
	} else if (contested && dhcp_supplied_address(interface)) {
		decline();
	} else if (contested) {
		contested = claimed = false;
		given_up();
	}
}

void address_conflict_watch(struct netif *station, void (*told)(void))
{
	interface = station;
	given_up = told;
	network_watch(look);
}

void acd_arp_reply(struct netif *netif, struct etharp_hdr *packet)
{
	ip4_addr_t sender;
	IPADDR_WORDALIGNED_COPY_TO_IP4_ADDR_T(&sender, &packet->sipaddr);
	if (netif == interface && !ip4_addr_isany_val(sender) && ip4_addr_eq(&sender, &asked_for)
		&& memcmp(packet->shwaddr.addr, netif->hwaddr, ETH_HWADDR_LEN) != 0)
		contested = true;
}

err_t acd_add(struct netif *netif, struct acd *unused, acd_conflict_callback_t conflict)
{
	(void)netif, (void)unused;
	tell_dhcp = conflict;
	return ERR_OK;
}

// An address was acknowledged.
err_t acd_start(struct netif *netif, struct acd *unused, ip4_addr_t address)
{
	(void)unused;
	if (contested && ip4_addr_eq(&address, &asked_for))
		decline();
	else
		tell_dhcp(netif, ACD_IP_OK);
	return ERR_OK;
}

void address_conflict_see_dhcp(struct netif *netif, struct dhcp *client, struct dhcp_msg *message, unsigned type, uint16_t *length)
{
	if (type == DHCP_REQUEST && client->state == DHCP_STATE_REQUESTING && netif == interface)
		ask_for(&client->offered_ip_addr);
	if (type != DHCP_DECLINE || *length + SERVER_OPTION_BYTES >= DHCP_OPTIONS_LEN)
		return;
	// Servers pass over a DHCPDECLINE that does not name them (RFC 2131 table 5); lwIP's does not.
	uint8_t *option = message->options + *length;
	option[0] = DHCP_OPTION_SERVER_ID;
	option[1] = sizeof(ip4_addr_t);
	memcpy(option + 2, ip_2_ip4(&client->server_ip_addr), sizeof(ip4_addr_t));
	*length += SERVER_OPTION_BYTES;
}

// What lwIP calls beside these, and look() sees by itself.
void acd_remove(struct netif *netif, struct acd *unused)
{
	(void)netif, (void)unused;
}

void acd_network_changed_link_down(struct netif *netif)
{
	(void)netif;
}

void acd_netif_ip_addr_changed(struct netif *netif, const ip_addr_t *before, const ip_addr_t *now)
{
	(void)netif, (void)before, (void)now;
}
