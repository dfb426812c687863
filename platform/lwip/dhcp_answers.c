// See dhcp_answers.h.

#include "dhcp_answers.h"

#include <string.h>

// Of a message (RFC 2131 section 2).
#define OP 0
#define HTYPE 1
#define HLEN 2
#define XID 4
#define FLAGS 10
#define CIADDR 12
#define YIADDR 16
#define GIADDR 24
#define CHADDR 28
#define COOKIE 236
#define OPTIONS 240
#define OP_REQUEST 1
#define OP_REPLY 2
#define HTYPE_ETHERNET 1

// RFC 2132.
enum { PAD = 0, MASK = 1, ROUTER = 3, NAME_SERVER = 6, REQUESTED = 50, LEASE_TIME = 51, TYPE = 53, SERVER = 54, END = 255 };
enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM };

#define OFFER_SECONDS 60u
#define DECLINED_SECONDS 600u

static const uint8_t cookie[4] = { 99, 130, 83, 99 };

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void set32(uint8_t *at, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*at++ = (uint8_t)(value >> shift);
}

// The option of this code when it has this length; NULL.
static const uint8_t *option(const uint8_t *message, size_t length, uint8_t code, size_t value_length)
{
	for (size_t at = OPTIONS; at < length && message[at] != END;) {
		if (message[at] == PAD) {
			at++;
			continue;
		}
		if (at + 1 >= length || at + 2 + message[at + 1] > length)
			return NULL;
		if (message[at] == code)
			return message[at + 1] == value_length ? message + at + 2 : NULL;
		at += 2u + message[at + 1];
	}
	return NULL;
}

uint32_t dhcp_lease_address(const dhcp_answers *server, unsigned index)
{
	return (server->address & server->mask) | (DHCP_FIRST_HOST + index);
}

static bool is_past(uint32_t seconds, uint32_t now_seconds)
{
	return (int32_t)(now_seconds - seconds) >= 0;
}

bool dhcp_is_leased(const dhcp_lease *lease, uint32_t now_seconds)
{
	return lease->state == DHCP_LEASED && !is_past(lease->until_seconds, now_seconds);
}

static bool is_free(const dhcp_lease *lease, uint32_t now_seconds)
{
	return lease->state == DHCP_FREE || is_past(lease->until_seconds, now_seconds);
}

static bool is_of(const dhcp_lease *lease, const uint8_t mac[6])
{
	return lease->state != DHCP_DECLINED && !memcmp(lease->mac, mac, 6);
}

static int index_of(const dhcp_answers *server, uint32_t address)
{
	uint32_t index = address - dhcp_lease_address(server, 0);
	return index < DHCP_LEASES ? (int)index : -1;
}

// The lease that a guest has, may have, or gets: its own, the one that it asks for, one that nobody had, one that nobody has. -1: none.
static int choose(const dhcp_answers *server, uint32_t now_seconds, const uint8_t mac[6], uint32_t wanted)
{
	static const uint8_t nobody[6];
	int chosen = index_of(server, wanted);
	for (int i = 0; i < DHCP_LEASES; i++)
		if (is_of(&server->leases[i], mac))
			return i;
	if (chosen >= 0 && is_free(&server->leases[chosen], now_seconds))
		return chosen;
	chosen = -1;
	for (int i = 0; i < DHCP_LEASES; i++) {
		if (!is_free(&server->leases[i], now_seconds))
			continue;
		if (!memcmp(server->leases[i].mac, nobody, 6))
			return i;
		if (chosen < 0 || (int32_t)(server->leases[i].until_seconds - server->leases[chosen].until_seconds) < 0)
			chosen = i;
	}
	return chosen;
}

static void take(dhcp_answers *server, int index, const uint8_t mac[6], dhcp_lease_state state, uint32_t until_seconds)
{
	dhcp_lease *lease = &server->leases[index];
	if (state != DHCP_OFFERED && (lease->state != state || memcmp(lease->mac, mac, 6)))
		server->changes++;
	memcpy(lease->mac, mac, 6);
	lease->state = (uint8_t)state;
	lease->until_seconds = until_seconds;
}

static uint8_t *put(uint8_t *at, uint8_t code, uint32_t value)
{
	at[0] = code;
	at[1] = 4;
	set32(at + 2, value);
	return at + 6;
}

static size_t compose(const dhcp_answers *server, const uint8_t *message, uint8_t type, uint32_t address, uint8_t reply[DHCP_REPLY_BYTES])
{
	memset(reply, 0, DHCP_REPLY_BYTES);
	memcpy(reply, message, FLAGS + 2);
	reply[OP] = OP_REPLY;
	reply[3] = 0; // hops
	memset(reply + 8, 0, 2); // secs
	if (type == ACK)
		memcpy(reply + CIADDR, message + CIADDR, 4);
	set32(reply + YIADDR, address);
	memcpy(reply + CHADDR, message + CHADDR, 16);
	memcpy(reply + COOKIE, cookie, sizeof cookie);
	uint8_t *at = reply + OPTIONS;
	*at++ = TYPE;
	*at++ = 1;
	*at++ = type;
	at = put(at, SERVER, server->address);
	if (address != 0)
		at = put(at, LEASE_TIME, DHCP_LEASE_SECONDS);
	if (type != NAK) {
		at = put(at, MASK, server->mask);
		at = put(at, ROUTER, server->address);
		at = put(at, NAME_SERVER, server->address);
	}
	*at = END;
	return DHCP_REPLY_BYTES;
}

size_t dhcp_answer(dhcp_answers *server, uint32_t now_seconds, const uint8_t *message, size_t length, uint8_t reply[DHCP_REPLY_BYTES], uint32_t *to)
{
	// A relay has no place in a network of one hop.
	if (length < OPTIONS || message[OP] != OP_REQUEST || message[HTYPE] != HTYPE_ETHERNET || message[HLEN] != 6
		|| get32(message + GIADDR) != 0 || memcmp(message + COOKIE, cookie, sizeof cookie))
		return 0;
	const uint8_t *type = option(message, length, TYPE, 1), *mac = message + CHADDR;
	const uint8_t *requested = option(message, length, REQUESTED, 4), *chosen_server = option(message, length, SERVER, 4);
	uint32_t has = get32(message + CIADDR), wanted = requested ? get32(requested) : has;
	bool is_for_us = !chosen_server || get32(chosen_server) == server->address;
	int index;
	if (!type)
		return 0;
	*to = has != 0 ? has : UINT32_MAX;
	switch (*type) {
		case DISCOVER:
			index = choose(server, now_seconds, mac, wanted);
			if (index < 0)
				return 0;
			if (!dhcp_is_leased(&server->leases[index], now_seconds))
				take(server, index, mac, DHCP_OFFERED, now_seconds + OFFER_SECONDS);
			*to = UINT32_MAX;
			return compose(server, message, OFFER, dhcp_lease_address(server, (unsigned)index), reply);
		case REQUEST:
			index = index_of(server, wanted);
			if (!is_for_us) { // it chose another server
				index = choose(server, now_seconds, mac, 0);
				if (index >= 0 && is_of(&server->leases[index], mac) && server->leases[index].state == DHCP_OFFERED)
					server->leases[index].state = DHCP_FREE;
				return 0;
			}
			if (index < 0 || (!is_of(&server->leases[index], mac) && !is_free(&server->leases[index], now_seconds))) {
				*to = UINT32_MAX;
				return compose(server, message, NAK, 0, reply);
			}
			// One address for one guest: an earlier one of its own is given up.
			for (int i = 0; i < DHCP_LEASES; i++)
				if (i != index && is_of(&server->leases[i], mac)) {
					memset(&server->leases[i], 0, sizeof server->leases[i]);
					server->changes++;
				}
			take(server, index, mac, DHCP_LEASED, now_seconds + DHCP_LEASE_SECONDS);
			return compose(server, message, ACK, wanted, reply);
		case DECLINE:
		case RELEASE:
			index = index_of(server, *type == DECLINE ? wanted : has);
			if (is_for_us && index >= 0 && server->leases[index].state == DHCP_LEASED && is_of(&server->leases[index], mac))
				take(server, index, mac, *type == DECLINE ? DHCP_DECLINED : DHCP_FREE, now_seconds + (*type == DECLINE ? DECLINED_SECONDS : 0));
			return 0;
		case INFORM:
			return has == 0 ? 0 : compose(server, message, ACK, 0, reply);
		default:
			return 0;
	}
}
