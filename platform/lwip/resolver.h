// Names to addresses by DNS over UDP (RFC 1035), and over TCP where an answer was cut off (RFC 7766); those in ".local" by one question to
// all of the local network (RFC 6762 section 5.1). In place of lwIP's dns.c, which is not linked. Used by the C of the resolver module; lwIP's
// DHCP client tells it the servers.
//
// Answers are kept by their time to live, a day at most, and that there is nothing by the zone's SOA record, 15 minutes at most (RFC 2308).
// Who asks for a name that is being asked for waits with the others. A query has an identifier and a port of its own, both by chance, and
// is answered only by a server that was asked, from port 53, with this identifier and this question (RFC 5452). One thread: the loop's.

#ifndef RESOLVER_H
#define RESOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "network_address.h"

#define RESOLVER_SERVERS_MAX 2
#define RESOLVER_TIMEOUT_MS 5000
#define RESOLVER_ADDRESS_BYTES_MAX 16

typedef enum resolver_result {
	RESOLVER_LATER = 1, // of resolver_ask() alone
	RESOLVER_FOUND = 0,
	RESOLVER_NO_NAME = -1, // a server says that there is no such name
	RESOLVER_NO_ADDRESS = -2, // there is the name, without an address of that family
	RESOLVER_SILENCE = -3, // no server answered in time
	RESOLVER_SERVER_FAILED = -4, // each answered that it cannot tell
	RESOLVER_CUT_OFF = -5, // the answer did not fit into a datagram, and did not come by TCP
	RESOLVER_MALFORMED = -6, // the answer cannot be read, or its names go in circles
	RESOLVER_UNREACHABLE = -7, // no network is joined, or it named no server
	RESOLVER_BAD_NAME = -8, // not of the form of a host name
	RESOLVER_BUSY = -9, // eight other names are being asked for
	RESOLVER_NO_NEIGHBOUR = -10, // of ".local": nobody says that it is his
} resolver_result;

typedef enum resolver_family {
	RESOLVER_EITHER, // IPv4 where the board has such an address and the name too, else IPv6; without the library "network-ipv6": IPv4
	RESOLVER_IPV4,
	RESOLVER_IPV6,
} resolver_family;

typedef struct resolver_question {
	const char *name; // copied
	resolver_family family;
	uint32_t timeout_ms; // 0: RESOLVER_TIMEOUT_MS
	ip_addr_t servers[RESOLVER_SERVERS_MAX]; // zeros at the end; all zeros: those of the network
} resolver_question;

// One that waits. Storage of the owner, which stays where it is until found() was called or resolver_cancel().
typedef struct resolver_request {
	struct resolver_request *next;
	struct resolver_entry *entry;
	uint64_t deadline_us;
	resolver_family family; // of what is asked for, and of the address
	bool then_ipv6; // if there is no other
	// Called from the loop, once. `address`: of RESOLVER_FOUND, 4 or 16 bytes in network order.
	void (*found)(struct resolver_request *request, resolver_result result, const uint8_t *address);
} resolver_request;

// Asks, of `found` in `request`, which the owner has set. Answers RESOLVER_LATER when it will be called; else the result, known already, and
// fills `address` for RESOLVER_FOUND, of `family` in `request`. An address answers itself.
resolver_result resolver_ask(resolver_request *request, const resolver_question *question, uint8_t address[RESOLVER_ADDRESS_BYTES_MAX]);

// found() will not be called any more. Harmless for one that does not wait.
void resolver_cancel(resolver_request *request);

// Makes an address the network's server of this number among those of its family; number 0 forgets those of before; NULL: nothing is changed. lwIP calls
// it, by the name that it gives it, for each server of a lease, and of a router's advertisement. Those of a lease are asked where there are any.
void dns_setserver(uint8_t number, const ip_addr_t *address);

// lwIP asks for it before it takes a server back that a router withdraws. Zeros: none.
const ip_addr_t *dns_getserver(uint8_t number);

#endif
