// Natives of ping.ts: an echo request and what comes of it (RFC 792), on lwIP's raw interface, which the library "network-raw" switches on.
//
// Every ICMP packet passes here before lwIP sees it; only what answers a request of ours is taken.

#include "engine.h"

#include <string.h>

#include "address_text.h"
#include "lwip/icmp.h"
#include "lwip/inet_chksum.h"
#include "lwip/ip4.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/prot/ip4.h"
#include "lwip/raw.h"

#define REQUESTS_MAX 4
#define DATA_MAX_BYTES 1472 // what one Ethernet frame carries: 1500 - IP header - ICMP header
#define ECHO_HEADER_BYTES ((int)sizeof(struct icmp_echo_hdr))

// As in ping.ts.
enum { PING_ANSWERED, PING_UNREACHABLE };

typedef struct xs_ping {
	engine_event event; // first: deliver gets its address
	ip4_addr_t address;
	uint16_t identifier, sequence; // by chance, in network order
	uint16_t length;
	bool used;
	int result;
	xsSlot told;
} xs_ping;

static xs_ping requests[REQUESTS_MAX];
static struct raw_pcb *icmp; // while requests are under way

static uint8_t pattern(size_t at)
{
	return (uint8_t)(at * 7 + 1);
}

static xs_ping *request_of(const struct icmp_echo_hdr *echo, const ip4_addr_t *address)
{
	for (int i = 0; i < REQUESTS_MAX; i++) {
		xs_ping *ping = &requests[i];
		if (ping->used && ping->identifier == echo->id && ping->sequence == echo->seqno && ip4_addr_cmp(&ping->address, address))
			return ping;
	}
	return NULL;
}

static bool is_as_sent(struct pbuf *p, u16_t at, const xs_ping *ping)
{
	if (p->tot_len - at != ping->length)
		return false;
	for (u16_t i = 0; i < ping->length; i++) {
		if (pbuf_get_at(p, (u16_t)(at + i)) != pattern(i))
			return false;
	}
	return true;
}

static bool checksum_is_right(struct pbuf *p, u16_t header)
{
	pbuf_remove_header(p, header);
	bool right = inet_chksum_pbuf(p) == 0;
	pbuf_add_header_force(p, header);
	return right;
}

// lwIP's callback; the packet begins with its IP header, which lwIP has checked. Answers 1 when it was ours.
static u8_t on_received(void *context, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *address)
{
	(void)context;
	(void)pcb;
	u16_t header = (u16_t)(IPH_HL((const struct ip_hdr *)p->payload) * 4);
	struct icmp_echo_hdr echo;
	if (pbuf_copy_partial(p, &echo, sizeof echo, header) != sizeof echo)
		return 0;
	xs_ping *ping = NULL;
	if (ICMPH_TYPE(&echo) == ICMP_ER) {
		ping = request_of(&echo, ip_2_ip4(address));
		if (!ping || !is_as_sent(p, (u16_t)(header + ECHO_HEADER_BYTES), ping) || !checksum_is_right(p, header))
			return 0;
		ping->result = PING_ANSWERED;
	} else if (ICMPH_TYPE(&echo) == ICMP_DUR) {
		// Behind the header stands the beginning of the packet that could not go on.
		struct ip_hdr sent;
		u16_t at = (u16_t)(header + ECHO_HEADER_BYTES);
		if (pbuf_copy_partial(p, &sent, sizeof sent, at) != sizeof sent || IPH_PROTO(&sent) != IP_PROTO_ICMP)
			return 0;
		if (pbuf_copy_partial(p, &echo, sizeof echo, (u16_t)(at + IPH_HL(&sent) * 4)) != sizeof echo || ICMPH_TYPE(&echo) != ICMP_ECHO)
			return 0;
		ip4_addr_t target;
		ip4_addr_copy(target, sent.dest);
		ping = request_of(&echo, &target);
		if (!ping || !checksum_is_right(p, header))
			return 0;
		ping->result = PING_UNREACHABLE;
	} else {
		return 0;
	}
	engine_post(&ping->event);
	pbuf_free(p);
	return 1;
}

// The one release; safe twice.
static void release(xs_ping *ping)
{
	engine_cancel(&ping->event);
	ping->used = false;
	for (int i = 0; i < REQUESTS_MAX; i++) {
		if (requests[i].used)
			return;
	}
	if (icmp)
		raw_remove(icmp);
	icmp = NULL;
}

static void destroy(void *data)
{
	if (data)
		release(data);
}

static void deliver(xsMachine *the, engine_event *event)
{
	xs_ping *ping = (xs_ping *)event;
	xsmcVars(2);
	xsVar(0) = xsAccess(ping->told);
	xsmcSetInteger(xsVar(1), ping->result);
	xsCallFunction1(xsVar(0), xsUndefined, xsVar(1));
}

static err_t send_request(const xs_ping *ping)
{
	struct pbuf *p = pbuf_alloc(PBUF_IP, (u16_t)(ECHO_HEADER_BYTES + ping->length), PBUF_RAM);
	if (!p)
		return ERR_MEM;
	struct icmp_echo_hdr *echo = p->payload; // PBUF_RAM is one piece
	uint8_t *data = (uint8_t *)p->payload + ECHO_HEADER_BYTES;
	ICMPH_TYPE_SET(echo, ICMP_ECHO);
	ICMPH_CODE_SET(echo, 0);
	echo->chksum = 0;
	echo->id = ping->identifier;
	echo->seqno = ping->sequence;
	for (size_t i = 0; i < ping->length; i++)
		data[i] = pattern(i);
	echo->chksum = inet_chksum(p->payload, p->len);
	ip_addr_t address;
	ip_addr_copy_from_ip4(address, ping->address);
	err_t error = raw_sendto(icmp, p, &address);
	pbuf_free(p);
	return error;
}

// (address, lengthBytes, told) -> handle
void xs_ping_send(xsMachine *the)
{
	char text[16];
	uint8_t address[ADDRESS_BYTES_MAX];
	xsmcToStringBuffer(xsArg(0), text, sizeof text);
	double length = xsmcToNumber(xsArg(1));
	if (address_of_text(text, address) != sizeof(ip4_addr_t))
		engine_throw(the, "EINVAL", "ping: address \"%s\" is not IPv4 in dotted form", text);
	if (!(length >= 0 && length <= DATA_MAX_BYTES) || length != (uint16_t)length)
		engine_throw(the, "EINVAL", "ping %s: %d bytes, expected 0 to %d", text, (int)length, DATA_MAX_BYTES);
	if (!netif_default || !netif_is_link_up(netif_default))
		engine_throw(the, "ENETUNREACH", "ping %s: there is no network. Join one first.", text);
	xsResult = xsNewHostObject(destroy);
	xs_ping *ping = NULL;
	for (int i = 0; i < REQUESTS_MAX && !ping; i++) {
		if (!requests[i].used)
			ping = &requests[i];
	}
	if (!ping)
		engine_throw(the, "ENOMEM", "ping %s: %d are under way, which is the most. Wait for one.", text, REQUESTS_MAX);
	if (!icmp && (icmp = raw_new(IP_PROTO_ICMP)) != NULL)
		raw_recv(icmp, on_received, NULL);
	if (!icmp)
		engine_throw(the, "ENOMEM", "ping %s: no memory for it", text);
	uint32_t numbers = LWIP_RAND();
	memset(ping, 0, sizeof *ping);
	ping->event.deliver = deliver;
	memcpy(&ping->address, address, sizeof ping->address);
	ping->identifier = (uint16_t)numbers;
	ping->sequence = (uint16_t)(numbers >> 16);
	ping->length = (uint16_t)length;
	ping->used = true;
	err_t error = send_request(ping);
	if (error != ERR_OK) {
		release(ping);
		engine_throw(the, error == ERR_MEM ? "ENOMEM" : "ENETUNREACH", "ping %s: %s", text, error == ERR_MEM ? "no memory to send it" : "there is no way to it");
	}
	xsmcSetHostData(xsResult, ping);
	engine_remember(the, &ping->told, &xsArg(2));
}

// (handle)
void xs_ping_cancel(xsMachine *the)
{
	xs_ping *ping = xsmcGetHostData(xsArg(0));
	if (!ping)
		return;
	xsmcSetHostData(xsArg(0), NULL);
	engine_forget(the, &ping->told);
	release(ping);
}
