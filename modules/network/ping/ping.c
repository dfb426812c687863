// Natives of ping.ts: an echo request and what comes of it (RFC 792, with the library "network-ipv6" also RFC 4443), on lwIP's raw interface, which
// the library "network-raw" switches on.
//
// Every packet of ICMP passes here before lwIP sees it; only what answers a request of ours is taken. An echo looks the same in both families.

#include "engine.h"

#include <stddef.h>
#include <string.h>

#include "lwip/icmp.h"
#include "lwip/inet_chksum.h"
#include "lwip/ip.h"
#include "lwip/pbuf.h"
#include "lwip/prot/icmp6.h"
#include "lwip/prot/ip.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"
#include "lwip/raw.h"
#include "network_address.h"

#define REQUESTS_MAX 4
#define DATA_MAX_BYTES 1472 // what one Ethernet frame carries: 1500 - IP header - ICMP header
#define DATA_MAX_BYTES_IPV6 1232 // and what every path of IPv6 does: 1280 (RFC 8200 section 5)
#define ECHO_HEADER_BYTES ((int)sizeof(struct icmp_echo_hdr))

// As in ping.ts.
enum { PING_ANSWERED, PING_UNREACHABLE };

typedef struct xs_ping {
	engine_event event; // first: deliver gets its address
	ip_addr_t address;
	uint16_t identifier, sequence; // by chance, in network order
	uint16_t length;
	bool used;
	int result;
	xsSlot told;
} xs_ping;

static xs_ping requests[REQUESTS_MAX];

// One family: its protocol, and its pcb while requests are under way.
typedef struct ping_family {
	struct raw_pcb *pcb;
	uint8_t type, protocol, ask, answer, unreachable;
	uint16_t header_bytes; // of a sent packet; the least of one that comes
} ping_family;

static ping_family families[] = {
	{.type = IPADDR_TYPE_V4, .protocol = IP_PROTO_ICMP, .ask = ICMP_ECHO, .answer = ICMP_ER, .unreachable = ICMP_DUR, .header_bytes = sizeof(struct ip_hdr)},
#if LWIP_IPV6
	{.type = IPADDR_TYPE_V6, .protocol = IP6_NEXTH_ICMP6, .ask = ICMP6_TYPE_EREQ, .answer = ICMP6_TYPE_EREP, .unreachable = ICMP6_TYPE_DUR, .header_bytes = sizeof(struct ip6_hdr)},
#endif
};
#define FAMILIES ((int)(sizeof families / sizeof families[0]))

static ping_family *family_of(const ip_addr_t *address)
{
	return &families[IP_IS_V6(address) ? FAMILIES - 1 : 0];
}

static uint8_t pattern(size_t at)
{
	return (uint8_t)(at * 7 + 1);
}

static xs_ping *request_of(const struct icmp_echo_hdr *echo, const ip_addr_t *address)
{
	for (int i = 0; i < REQUESTS_MAX; i++) {
		xs_ping *ping = &requests[i];
		if (ping->used && ping->identifier == echo->id && ping->sequence == echo->seqno && ip_addr_zoneless_eq(&ping->address, address))
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

static bool checksum_is_right(struct pbuf *p, u16_t header, const ping_family *family)
{
	pbuf_remove_header(p, header);
	u16_t sum = family->type == IPADDR_TYPE_V4 ? inet_chksum_pbuf(p)
		: ip_chksum_pseudo(p, family->protocol, p->tot_len, ip_current_src_addr(), ip_current_dest_addr());
	pbuf_add_header_force(p, header);
	return sum == 0;
}

// Behind the header of "unreachable" stands the beginning of the packet that could not go on. Answers 0 for what is none of ours, or where its ICMP begins.
static u16_t read_unreachable(struct pbuf *p, u16_t at, const ping_family *family, ip_addr_t *target)
{
	union {
		struct ip_hdr ipv4;
		struct ip6_hdr ipv6;
	} sent;
	if (pbuf_copy_partial(p, &sent, family->header_bytes, at) != family->header_bytes)
		return 0;
#if LWIP_IPV6
	if (family->type == IPADDR_TYPE_V6) {
		ip_addr_copy_from_ip6_packed(*target, sent.ipv6.dest);
		return IP6H_NEXTH(&sent.ipv6) == family->protocol ? at + family->header_bytes : 0;
	}
#endif
	ip_addr_set_ip4_u32(target, sent.ipv4.dest.addr);
	return IPH_PROTO(&sent.ipv4) == family->protocol ? at + IPH_HL(&sent.ipv4) * 4 : 0;
}

// lwIP's callback; the packet begins with its IP header, which lwIP has checked. Answers 1 when it was ours.
static u8_t on_received(void *context, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *address)
{
	(void)pcb;
	const ping_family *family = context;
	u16_t header = family->type == IPADDR_TYPE_V4 ? (u16_t)(IPH_HL((const struct ip_hdr *)p->payload) * 4) : family->header_bytes;
	struct icmp_echo_hdr echo;
	if (pbuf_copy_partial(p, &echo, sizeof echo, header) != sizeof echo)
		return 0;
	xs_ping *ping = NULL;
	if (ICMPH_TYPE(&echo) == family->answer) {
		ping = request_of(&echo, address);
		if (!ping || !is_as_sent(p, (u16_t)(header + ECHO_HEADER_BYTES), ping) || !checksum_is_right(p, header, family))
			return 0;
		ping->result = PING_ANSWERED;
	} else if (ICMPH_TYPE(&echo) == family->unreachable) {
		ip_addr_t target;
		u16_t at = read_unreachable(p, (u16_t)(header + ECHO_HEADER_BYTES), family, &target);
		if (at == 0 || pbuf_copy_partial(p, &echo, sizeof echo, at) != sizeof echo || ICMPH_TYPE(&echo) != family->ask)
			return 0;
		ping = request_of(&echo, &target);
		if (!ping || !checksum_is_right(p, header, family))
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
	for (int i = 0; i < FAMILIES; i++) {
		if (families[i].pcb)
			raw_remove(families[i].pcb);
		families[i].pcb = NULL;
	}
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

static struct raw_pcb *open_pcb(ping_family *family)
{
	if (!family->pcb && (family->pcb = raw_new_ip_type(family->type, family->protocol)) != NULL) {
		raw_recv(family->pcb, on_received, family);
#if LWIP_IPV6
		family->pcb->chksum_reqd = family->type == IPADDR_TYPE_V6; // over addresses that lwIP chooses
		family->pcb->chksum_offset = offsetof(struct icmp_echo_hdr, chksum);
#endif
	}
	return family->pcb;
}

static err_t send_request(const xs_ping *ping, const ping_family *family)
{
	struct pbuf *p = pbuf_alloc(PBUF_IP, (u16_t)(ECHO_HEADER_BYTES + ping->length), PBUF_RAM);
	if (!p)
		return ERR_MEM;
	struct icmp_echo_hdr *echo = p->payload; // PBUF_RAM is one piece
	uint8_t *data = (uint8_t *)p->payload + ECHO_HEADER_BYTES;
	ICMPH_TYPE_SET(echo, family->ask);
	ICMPH_CODE_SET(echo, 0);
	echo->chksum = 0;
	echo->id = ping->identifier;
	echo->seqno = ping->sequence;
	for (size_t i = 0; i < ping->length; i++)
		data[i] = pattern(i);
	if (family->type == IPADDR_TYPE_V4)
		echo->chksum = inet_chksum(p->payload, p->len);
	err_t error = raw_sendto(family->pcb, p, &ping->address);
	pbuf_free(p);
	return error;
}

// (address, lengthBytes, told) -> handle
void xs_ping_send(xsMachine *the)
{
	char text[ADDRESS_TEXT_BYTES];
	ip_addr_t address;
	xsmcToStringBuffer(xsArg(0), text, sizeof text);
	double length = xsmcToNumber(xsArg(1));
	if (!network_address_of_text(text, &address))
		engine_throw(the, "EINVAL", "ping: address \"%s\" is no " NETWORK_ADDRESS_FORM, text);
	int most = IP_IS_V6(&address) ? DATA_MAX_BYTES_IPV6 : DATA_MAX_BYTES;
	if (!(length >= 0 && length <= most) || length != (uint16_t)length)
		engine_throw(the, "EINVAL", "ping %s: %d bytes, expected 0 to %d", text, (int)length, most);
	if (!network_may_reach(&address))
		engine_throw(the, "ENETUNREACH", "ping %s: there is no network that leads there. Join one first.", text);
	xsResult = xsNewHostObject(destroy);
	xs_ping *ping = NULL;
	for (int i = 0; i < REQUESTS_MAX && !ping; i++) {
		if (!requests[i].used)
			ping = &requests[i];
	}
	if (!ping)
		engine_throw(the, "ENOMEM", "ping %s: %d are under way, which is the most. Wait for one.", text, REQUESTS_MAX);
	ping_family *family = family_of(&address);
	if (!open_pcb(family))
		engine_throw(the, "ENOMEM", "ping %s: no memory for it", text);
	uint32_t numbers = LWIP_RAND();
	memset(ping, 0, sizeof *ping);
	ping->event.deliver = deliver;
	ping->address = address;
	ping->identifier = (uint16_t)numbers;
	ping->sequence = (uint16_t)(numbers >> 16);
	ping->length = (uint16_t)length;
	ping->used = true;
	err_t error = send_request(ping, family);
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
