// The resolver, see resolver.h. One table holds what is being asked for and what is known.

#include "resolver.h"

#include <stdbool.h>
#include <string.h>

#include "address_text.h"
#include "dns_message.h"
#include "loop.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/tcp.h"
#include "lwip/udp.h"
#include "network.h"
#include "pico/time.h"
#include "station_ipv6.h"

#define DNS_PORT 53
// Of names in ".local" (RFC 6762 sections 3 and 5.1): the hosts of the local network are asked together, and each tells its own.
#define NEIGHBOURS PP_HTONL(LWIP_MAKEU32(224, 0, 0, 251))
#define NEIGHBOUR_PORT 5353
#define ENTRIES_MAX 12
#define QUERIES_MAX 8 // of the entries; MEMP_NUM_UDP_PCB counts their sockets
#define TTL_MAX_SECONDS 86400u
#define NEGATIVE_TTL_MAX_SECONDS 900u
// A try waits for 1, 1, 2, 2, 4, 4, 4 ... s, a server and the other in turn.
#define TRY_US 1000000u
#define TRY_DOUBLINGS_MAX 2
// Who sends that many wrong answers to the port of a query has found it: it goes on from another (RFC 5452 section 9.3).
#define FOREIGN_MAX 16
#define PORT_MIN 1024
#define PORT_DRAWS_MAX 8
// An answer that was cut off is asked for by TCP (RFC 7766), one at a time: others are asked for again meanwhile.
#define STREAM_US 2000000u
#define STREAM_LENGTH_BYTES 2 // in front of a message
#define STREAM_MESSAGE_BYTES_MAX 2048 // of a longer one, what stands behind does not count

typedef struct resolver_entry {
	dns_name name;
	uint16_t type;
	ip_addr_t servers[RESOLVER_SERVERS_MAX];
	bool asking;
	uint64_t until_us; // the next try is due; or what is known ends. 0: nothing is here
	resolver_result result; // known; or the first failure on the way
	uint8_t address[RESOLVER_ADDRESS_BYTES_MAX];
	// While asking.
	struct udp_pcb *pcb;
	uint16_t id;
	uint8_t first_server, tries, foreign;
	uint8_t asked, failed; // bits of the servers
} resolver_entry;

static resolver_entry entries[ENTRIES_MAX];
static resolver_request *requests;
static uint64_t due_us = LOOP_NEVER;
static ip_addr_t lease_servers[RESOLVER_SERVERS_MAX];
#if LWIP_IPV6
static ip_addr_t advertised_servers[RESOLVER_SERVERS_MAX];
#endif
static uint8_t answering_server; // the last that did: asked first

static ip_addr_t *servers_of_family(const ip_addr_t *address)
{
#if LWIP_IPV6
	if (IP_IS_V6(address))
		return advertised_servers;
#endif
	(void)address;
	return lease_servers;
}

static const ip_addr_t *network_servers(void)
{
#if LWIP_IPV6
	// Those of a lease of the network before are kept, too.
	if (ip_addr_isany(&lease_servers[0]) || !netif_default || ip4_addr_isany_val(*netif_ip4_addr(netif_default)))
		return advertised_servers;
#endif
	return lease_servers;
}
static struct {
	resolver_entry *entry; // NULL: it is free
	uint8_t server;
	struct tcp_pcb *pcb;
	struct pbuf *message; // and its length in front
	uint16_t filled;
} stream;

void dns_setserver(u8_t number, const ip_addr_t *address)
{
	if (!address)
		return;
	ip_addr_t *servers = servers_of_family(address);
	if (number == 0) {
		if (!ip_addr_eq(&servers[0], address)) // not of a renewal, but of another network
			answering_server = 0;
		memset(servers, 0, RESOLVER_SERVERS_MAX * sizeof *servers);
	}
	if (number < RESOLVER_SERVERS_MAX)
		servers[number] = *address;
}

const ip_addr_t *dns_getserver(u8_t number)
{
	return &network_servers()[number % RESOLVER_SERVERS_MAX];
}

static void wake_at(uint64_t at_us)
{
	if (at_us < due_us)
		due_us = at_us;
}

static bool is_waited_for(const resolver_entry *entry)
{
	for (const resolver_request *request = requests; request; request = request->next) {
		if (request->entry == entry)
			return true;
	}
	return false;
}

static void close_socket(resolver_entry *entry)
{
	if (entry->pcb)
		udp_remove(entry->pcb);
	entry->pcb = NULL;
}

// Of this entry, if it is. Inside a callback of its own, that answers ERR_ABRT then.
static void close_stream(const resolver_entry *entry)
{
	if (stream.entry != entry)
		return;
	if (stream.pcb) {
		tcp_err(stream.pcb, NULL);
		tcp_abort(stream.pcb);
	}
	if (stream.message)
		pbuf_free(stream.message);
	memset(&stream, 0, sizeof stream);
}

static bool is_of_neighbours(const resolver_entry *entry)
{
	return IP_IS_V4(&entry->servers[0]) && ip_addr_get_ip4_u32(&entry->servers[0]) == NEIGHBOURS;
}

static void finish(resolver_entry *entry, resolver_result result, uint32_t ttl_seconds)
{
	close_socket(entry);
	close_stream(entry);
	entry->asking = false;
	entry->result = result;
	entry->until_us = time_us_64() + (uint64_t)ttl_seconds * 1000000;
	wake_at(0);
}

static void fail(resolver_entry *entry, unsigned server, resolver_result result)
{
	close_stream(entry);
	entry->failed |= 1u << server;
	if (entry->result == RESOLVER_SILENCE)
		entry->result = result;
	entry->until_us = 0;
	wake_at(0);
}

// The server that sent it, of those that were asked and have not failed; -1: another.
static int server_of(const resolver_entry *entry, const ip_addr_t *address, uint16_t port)
{
	if (is_of_neighbours(entry))
		return port == NEIGHBOUR_PORT && IP_IS_V4(address) && ip4_addr_netcmp(ip_2_ip4(address), netif_ip4_addr(netif_default), netif_ip4_netmask(netif_default)) ? 0 : -1;
	for (int i = 0; port == DNS_PORT && i < RESOLVER_SERVERS_MAX; i++) {
		if (ip_addr_eq(&entry->servers[i], address) && (entry->asked & ~entry->failed & 1u << i))
			return i;
	}
	return -1;
}

static uint32_t at_most(uint32_t seconds, uint32_t limit)
{
	return seconds < limit ? seconds : limit;
}

// What a server that was asked has said.
static void settle(resolver_entry *entry, unsigned server, dns_verdict verdict, const dns_answer *answer)
{
	if (verdict <= DNS_NO_ADDRESS && !is_of_neighbours(entry))
		answering_server = (uint8_t)server;
	switch (verdict) {
		case DNS_ADDRESS:
			memcpy(entry->address, answer->address, sizeof entry->address);
			finish(entry, RESOLVER_FOUND, at_most(answer->ttl_seconds, TTL_MAX_SECONDS));
			return;
		case DNS_NO_NAME:
		case DNS_NO_ADDRESS:
			finish(entry, verdict == DNS_NO_NAME ? RESOLVER_NO_NAME : RESOLVER_NO_ADDRESS, at_most(answer->ttl_seconds, NEGATIVE_TTL_MAX_SECONDS));
			return;
		case DNS_CUT_OFF:
			fail(entry, server, RESOLVER_CUT_OFF);
			return;
		case DNS_FAILED:
			fail(entry, server, RESOLVER_SERVER_FAILED);
			return;
		case DNS_MALFORMED:
		case DNS_FOREIGN: // over TCP alone, where nobody else speaks
			fail(entry, server, RESOLVER_MALFORMED);
			return;
	}
}

// lwIP's callback. Bytes are copied: whoever sends them one by one takes no frames.
static err_t on_stream_received(void *context, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
	(void)error;
	resolver_entry *entry = context;
	if (!p) {
		fail(entry, stream.server, RESOLVER_CUT_OFF);
		return ERR_ABRT;
	}
	uint8_t *message = stream.message->payload;
	tcp_recved(pcb, p->tot_len);
	stream.filled += pbuf_copy_partial(p, message + stream.filled, stream.message->len - stream.filled, 0);
	pbuf_free(p);
	if (stream.filled < STREAM_LENGTH_BYTES)
		return ERR_OK;
	uint32_t length = at_most(dns_u16(message), STREAM_MESSAGE_BYTES_MAX);
	if (stream.filled < STREAM_LENGTH_BYTES + length)
		return ERR_OK;
	dns_question question = {entry->id, entry->type, &entry->name};
	dns_answer answer;
	settle(entry, stream.server, dns_read_answer(message + STREAM_LENGTH_BYTES, length, &question, &answer), &answer);
	return ERR_ABRT;
}

// lwIP's callback: the connection has gone.
static void on_stream_error(void *context, err_t error)
{
	(void)error;
	stream.pcb = NULL;
	fail(context, stream.server, RESOLVER_CUT_OFF);
}

// Without memory, or while another has the stream, the next try comes in its time.
static void open_stream(resolver_entry *entry, unsigned server)
{
	if (entry->result == RESOLVER_SILENCE)
		entry->result = RESOLVER_CUT_OFF;
	if (stream.entry)
		return;
	uint8_t query[STREAM_LENGTH_BYTES + DNS_QUERY_BYTES_MAX];
	dns_question question = {entry->id, entry->type, &entry->name};
	size_t length = dns_emit_query(query + STREAM_LENGTH_BYTES, &question);
	query[0] = (uint8_t)(length >> 8);
	query[1] = (uint8_t)length;
	stream.entry = entry;
	stream.server = (uint8_t)server;
	stream.pcb = tcp_new_ip_type(IP_GET_TYPE(&entry->servers[server]));
	stream.message = pbuf_alloc(PBUF_RAW, STREAM_LENGTH_BYTES + STREAM_MESSAGE_BYTES_MAX, PBUF_RAM);
	if (!stream.pcb || !stream.message || tcp_connect(stream.pcb, &entry->servers[server], DNS_PORT, NULL) != ERR_OK
		|| tcp_write(stream.pcb, query, (u16_t)(STREAM_LENGTH_BYTES + length), TCP_WRITE_FLAG_COPY) != ERR_OK) {
		close_stream(entry);
		return;
	}
	tcp_arg(stream.pcb, entry);
	tcp_recv(stream.pcb, on_stream_received);
	tcp_err(stream.pcb, on_stream_error);
	entry->until_us = time_us_64() + STREAM_US;
	wake_at(entry->until_us);
}

// lwIP's callback. An answer without EDNS has 512 bytes at most, and so one pbuf.
static void on_received(void *context, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *address, u16_t port)
{
	(void)pcb;
	resolver_entry *entry = context;
	dns_question question = {entry->id, entry->type, &entry->name};
	dns_answer answer;
	int server = server_of(entry, address, port);
	dns_verdict verdict = server >= 0 && p->len == p->tot_len ? dns_read_answer(p->payload, p->len, &question, &answer) : DNS_FOREIGN;
	pbuf_free(p);
	if (verdict == DNS_CUT_OFF && !is_of_neighbours(entry)) {
		open_stream(entry, (unsigned)server);
	} else if (verdict != DNS_FOREIGN) {
		settle(entry, (unsigned)server, verdict, &answer);
	} else if (++entry->foreign == FOREIGN_MAX) {
		close_socket(entry);
		entry->until_us = 0;
		wake_at(0);
	}
}

// With a port and an identifier that nobody can guess.
static bool open_socket(resolver_entry *entry)
{
	entry->pcb = udp_new_ip_type(IPADDR_TYPE_ANY);
	if (!entry->pcb)
		return false;
	int draws = 0;
	do {
		if (draws++ == PORT_DRAWS_MAX) {
			close_socket(entry);
			return false;
		}
	} while (udp_bind(entry->pcb, IP_ANY_TYPE, (u16_t)(PORT_MIN + network_random() % (UINT16_MAX + 1 - PORT_MIN))) != ERR_OK);
	udp_recv(entry->pcb, on_received, entry);
	entry->id = (uint16_t)network_random();
	entry->asked = entry->foreign = 0;
	return true;
}

static void send_query(resolver_entry *entry, unsigned server)
{
	uint8_t query[DNS_QUERY_BYTES_MAX];
	dns_question question = {entry->id, entry->type, &entry->name};
	size_t length = dns_emit_query(query, &question);
	struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)length, PBUF_RAM);
	if (p) { // without memory, or a way, the next try may have them
		pbuf_take(p, query, (u16_t)length);
		udp_sendto(entry->pcb, p, &entry->servers[server], is_of_neighbours(entry) ? NEIGHBOUR_PORT : DNS_PORT);
		pbuf_free(p);
	}
}

static void try_next(resolver_entry *entry)
{
	close_stream(entry);
	unsigned count = 0;
	while (count < RESOLVER_SERVERS_MAX && !ip_addr_isany(&entry->servers[count]))
		count++;
	if (entry->failed == (1u << count) - 1) {
		finish(entry, entry->result, 0);
		return;
	}
	if (!entry->pcb && !open_socket(entry)) {
		finish(entry, RESOLVER_BUSY, 0);
		return;
	}
	unsigned server = (entry->first_server + entry->tries) % count;
	if (entry->failed & 1u << server)
		server = (server + 1) % count;
	unsigned doublings = entry->tries / 2 < TRY_DOUBLINGS_MAX ? entry->tries / 2 : TRY_DOUBLINGS_MAX;
	entry->tries++;
	entry->asked |= 1u << server;
	entry->until_us = time_us_64() + ((uint64_t)TRY_US << doublings);
	send_query(entry, server);
}

static void take_out(resolver_request *request)
{
	resolver_entry *entry = request->entry;
	for (resolver_request **at = &requests; *at; at = &(*at)->next) {
		if (*at == request) {
			*at = request->next;
			break;
		}
	}
	request->entry = NULL;
	if (entry->asking && !is_waited_for(entry))
		finish(entry, entry->result, 0);
}

static resolver_result ask(resolver_request *request, const resolver_entry *wanted, uint8_t address[RESOLVER_ADDRESS_BYTES_MAX]);

static resolver_result ask_for_ipv6(resolver_request *request, resolver_entry wanted, uint8_t address[RESOLVER_ADDRESS_BYTES_MAX])
{
	request->family = RESOLVER_IPV6;
	request->then_ipv6 = false;
	wanted.type = DNS_TYPE_AAAA;
	wanted.result = is_of_neighbours(&wanted) ? RESOLVER_NO_NEIGHBOUR : RESOLVER_SILENCE;
	return ask(request, &wanted, address);
}

// Tells one whose answer is there, or whose time is over. The list may be another afterwards.
static bool tell_one(uint64_t now_us)
{
	for (resolver_request *request = requests; request; request = request->next) {
		const resolver_entry *entry = request->entry;
		if (!entry->asking || request->deadline_us <= now_us) {
			resolver_result result = entry->result;
			uint8_t address[RESOLVER_ADDRESS_BYTES_MAX];
			memcpy(address, entry->address, sizeof address);
			take_out(request);
			if (result == RESOLVER_NO_ADDRESS && request->then_ipv6)
				result = ask_for_ipv6(request, *entry, address);
			if (result != RESOLVER_LATER)
				request->found(request, result, address);
			return true;
		}
	}
	return false;
}

static void resolver_poll(void)
{
	uint64_t now_us = time_us_64();
	if (now_us < due_us)
		return;
	due_us = LOOP_NEVER;
	while (tell_one(now_us)) {}
	for (resolver_entry *entry = entries; entry < entries + ENTRIES_MAX; entry++) {
		if (entry->asking && entry->until_us <= now_us)
			try_next(entry);
		if (entry->asking)
			wake_at(entry->until_us);
	}
	for (const resolver_request *request = requests; request; request = request->next)
		wake_at(request->deadline_us);
}

static uint64_t resolver_next_at_us(void)
{
	return due_us;
}

static loop_poller resolver_poller = {.poll = resolver_poll, .next_at_us = resolver_next_at_us};

static bool same_servers(const ip_addr_t *one, const ip_addr_t *other)
{
	for (int i = 0; i < RESOLVER_SERVERS_MAX; i++) {
		if (!ip_addr_eq(&one[i], &other[i]))
			return false;
	}
	return true;
}

// What is being asked for, or known still.
static resolver_entry *find(const resolver_entry *wanted)
{
	for (resolver_entry *entry = entries; entry < entries + ENTRIES_MAX; entry++) {
		if ((entry->asking || entry->until_us > time_us_64()) && entry->type == wanted->type && entry->name.length == wanted->name.length &&
			memcmp(entry->name.bytes, wanted->name.bytes, wanted->name.length) == 0 && same_servers(entry->servers, wanted->servers))
			return entry;
	}
	return NULL;
}

// A place for a new one: that of what ends first.
static resolver_entry *place(void)
{
	resolver_entry *oldest = NULL;
	unsigned asking = 0;
	for (resolver_entry *entry = entries; entry < entries + ENTRIES_MAX; entry++) {
		asking += entry->asking;
		if (!entry->asking && !is_waited_for(entry) && (!oldest || entry->until_us < oldest->until_us))
			oldest = entry;
	}
	return asking < QUERIES_MAX ? oldest : NULL;
}

// Of `wanted`, name, kind of record, servers and the result of silence count. The request's deadline is set.
static resolver_result ask(resolver_request *request, const resolver_entry *wanted, uint8_t address[RESOLVER_ADDRESS_BYTES_MAX])
{
	resolver_entry *entry = find(wanted);
	if (entry && !entry->asking) {
		memcpy(address, entry->address, sizeof entry->address);
		return entry->result;
	}
	if (!entry) {
		resolver_entry begun = {.name = wanted->name, .type = wanted->type, .asking = true, .result = wanted->result, .until_us = time_us_64(),
			.first_server = answering_server};
		memcpy(begun.servers, wanted->servers, sizeof begun.servers);
		entry = place();
		if (!entry || !open_socket(&begun))
			return RESOLVER_BUSY;
		*entry = begun;
		udp_recv(entry->pcb, on_received, entry);
		loop_add(&resolver_poller);
	}
	request->entry = entry;
	request->next = NULL;
	resolver_request **end = &requests;
	while (*end)
		end = &(*end)->next;
	*end = request;
	wake_at(0);
	loop_wake();
	return RESOLVER_LATER;
}

static resolver_family family_of(const resolver_question *question, bool *then_ipv6)
{
	*then_ipv6 = false;
	if (question->family != RESOLVER_EITHER)
		return question->family;
#if LWIP_IPV6
	if (netif_default && station_ipv6_address(netif_default)) {
		*then_ipv6 = !ip4_addr_isany_val(*netif_ip4_addr(netif_default));
		return *then_ipv6 ? RESOLVER_IPV4 : RESOLVER_IPV6;
	}
#endif
	return RESOLVER_IPV4;
}

// An address of a family that was asked for, and, with either, that the board speaks.
static bool is_address(resolver_request *request, const resolver_question *question, uint8_t address[RESOLVER_ADDRESS_BYTES_MAX])
{
	size_t length = address_of_text(question->name, address);
	if (length == 0 || (question->family != RESOLVER_EITHER && (length == 4) != (question->family == RESOLVER_IPV4)) || (length > 4 && !LWIP_IPV6))
		return false;
	request->family = length == 4 ? RESOLVER_IPV4 : RESOLVER_IPV6;
	return true;
}

resolver_result resolver_ask(resolver_request *request, const resolver_question *question, uint8_t address[RESOLVER_ADDRESS_BYTES_MAX])
{
	request->entry = NULL;
	request->deadline_us = time_us_64() + (uint64_t)(question->timeout_ms ? question->timeout_ms : RESOLVER_TIMEOUT_MS) * 1000;
	request->family = family_of(question, &request->then_ipv6);
	if (is_address(request, question, address))
		return RESOLVER_FOUND;
	resolver_entry wanted = {.type = request->family == RESOLVER_IPV4 ? DNS_TYPE_A : DNS_TYPE_AAAA};
	if (dns_name_of(question->name, &wanted.name) != 0)
		return RESOLVER_BAD_NAME;
	wanted.result = RESOLVER_SILENCE;
	if (dns_is_local(&wanted.name)) {
		ip_addr_set_ip4_u32(&wanted.servers[0], NEIGHBOURS);
		wanted.result = RESOLVER_NO_NEIGHBOUR;
	} else {
		memcpy(wanted.servers, ip_addr_isany(&question->servers[0]) ? network_servers() : question->servers, sizeof wanted.servers);
	}
	if (!netif_default || !netif_is_link_up(netif_default) || ip_addr_isany(&wanted.servers[0]))
		return RESOLVER_UNREACHABLE;
	resolver_result result = ask(request, &wanted, address);
	return result == RESOLVER_NO_ADDRESS && request->then_ipv6 ? ask_for_ipv6(request, wanted, address) : result;
}

void resolver_cancel(resolver_request *request)
{
	if (request->entry)
		take_out(request);
}
