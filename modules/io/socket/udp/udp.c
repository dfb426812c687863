// Natives of udp.ts: a UDP socket on lwIP's raw interface.
//
// lwIP's callback keeps the datagram and posts the event. A socket keeps four as the frames that they came in, which hold 1.5 KB each
// whatever their length; what comes behind them is copied into lwIP's heap, of which all sockets together get a quarter.

#include "engine.h"

#include <string.h>

#include "lwip/ip_addr.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/udp.h"
#include "network_address.h"

#define SOCKETS_MAX 5 // four that are asked for the time, and one
#define FRAMES_MAX 4
#define HEAP_BYTES_MAX (MEM_SIZE / 4)
#define HEAP_HEAD_BYTES 24 // of a pbuf and of the heap, beside what stands in it
#define DATAGRAM_MAX_BYTES 1472 // what one Ethernet frame carries: 1500 - IP header - UDP header

// Of a datagram that is kept, in front of its bytes: in a frame in the place of its headers, which are read. Not aligned.
typedef struct xs_udp_datagram {
	struct pbuf *next;
	ip_addr_t address;
	uint16_t port;
	bool is_frame;
} xs_udp_datagram;

typedef struct xs_udp {
	engine_event event; // first: deliver gets its address
	struct udp_pcb *pcb;
	struct pbuf *oldest, *newest; // each with its xs_udp_datagram
	uint16_t count;
	uint8_t frames; // of them
	uint32_t dropped;
	bool used;
	xsSlot told;
} xs_udp;

static xs_udp sockets[SOCKETS_MAX];
static unsigned heap_bytes; // of all that is kept there

static xs_udp_datagram datagram_of(const struct pbuf *kept)
{
	xs_udp_datagram datagram;
	memcpy(&datagram, kept->payload, sizeof datagram);
	return datagram;
}

static struct pbuf *keep(xs_udp *udp, struct pbuf *p, xs_udp_datagram *datagram)
{
	datagram->is_frame = udp->frames < FRAMES_MAX && pbuf_add_header(p, sizeof *datagram) == 0;
	if (datagram->is_frame) {
		udp->frames++;
		return p;
	}
	unsigned length = sizeof *datagram + p->tot_len;
	struct pbuf *kept = heap_bytes + HEAP_HEAD_BYTES + length <= HEAP_BYTES_MAX ? pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_RAM) : NULL;
	if (kept) {
		pbuf_copy_partial(p, (uint8_t *)kept->payload + sizeof *datagram, p->tot_len, 0);
		heap_bytes += HEAP_HEAD_BYTES + length;
	} else {
		udp->dropped++;
	}
	pbuf_free(p);
	return kept;
}

static void on_received(void *context, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *address, u16_t port)
{
	(void)pcb;
	xs_udp *udp = context;
	xs_udp_datagram datagram = {.address = *address, .port = port};
	struct pbuf *kept = keep(udp, p, &datagram);
	if (!kept)
		return;
	memcpy(kept->payload, &datagram, sizeof datagram);
	if (udp->count++ > 0)
		memcpy(udp->newest->payload, &kept, sizeof kept); // its next
	else
		udp->oldest = kept;
	udp->newest = kept;
	engine_post(&udp->event);
}

static void drop_oldest(xs_udp *udp)
{
	xs_udp_datagram datagram = datagram_of(udp->oldest);
	if (datagram.is_frame)
		udp->frames--;
	else
		heap_bytes -= HEAP_HEAD_BYTES + udp->oldest->tot_len;
	pbuf_free(udp->oldest);
	udp->oldest = datagram.next;
	udp->count--;
}

// The one release; safe twice.
static void release(xs_udp *udp)
{
	if (!udp->used)
		return;
	engine_cancel(&udp->event);
	if (udp->pcb)
		udp_remove(udp->pcb);
	udp->pcb = NULL;
	while (udp->count > 0)
		drop_oldest(udp);
	udp->used = false;
}

static void destroy(void *data)
{
	if (data)
		release(data);
}

static void deliver(xsMachine *the, engine_event *event)
{
	xs_udp *udp = (xs_udp *)event;
	if (udp->count == 0)
		return; // read already
	xsmcVars(2);
	xsVar(0) = xsAccess(udp->told);
	xsmcSetInteger(xsVar(1), udp->count);
	xsCallFunction1(xsVar(0), xsUndefined, xsVar(1));
}

// (port, told) -> handle
void xs_udp_open(xsMachine *the)
{
	double port = xsmcToNumber(xsArg(0));
	if (!(port >= 0 && port <= 65535) || port != (uint16_t)port)
		engine_throw(the, "EINVAL", "udp: port %d, expected 0 to 65535", (int)port);
	xsResult = xsNewHostObject(destroy);
	xs_udp *udp = NULL;
	for (int i = 0; i < SOCKETS_MAX && !udp; i++) {
		if (!sockets[i].used)
			udp = &sockets[i];
	}
	struct udp_pcb *pcb = udp ? udp_new_ip_type(IPADDR_TYPE_ANY) : NULL;
	if (udp && !pcb && !netif_list)
		engine_throw(the, "ENETUNREACH", "udp: no network was begun yet. Join one or open one first.");
	if (!pcb)
		engine_throw(the, "ENOMEM", "udp: %d sockets are open, which is the most. Close one first.", SOCKETS_MAX);
	if (udp_bind(pcb, IP_ANY_TYPE, (u16_t)port) != ERR_OK) {
		udp_remove(pcb);
		engine_throw(the, "EADDRINUSE", "udp: port %d is taken", (int)port);
	}
	memset(udp, 0, sizeof *udp);
	udp->event.deliver = deliver;
	udp->pcb = pcb;
	udp->used = true;
	udp_recv(pcb, on_received, udp);
	xsmcSetHostData(xsResult, udp);
	engine_remember(the, &udp->told, &xsArg(1));
}

static xs_udp *from_handle(xsMachine *the)
{
	xs_udp *udp = xsmcGetHostData(xsArg(0));
	if (!udp)
		engine_throw(the, "ECLOSED", "udp: the socket is closed");
	return udp;
}

// (handle) -> ArrayBuffer with address and port, or undefined
void xs_udp_read(xsMachine *the)
{
	xs_udp *udp = from_handle(the);
	if (udp->count == 0)
		return;
	xs_udp_datagram datagram = datagram_of(udp->oldest);
	u16_t length = (u16_t)(udp->oldest->tot_len - sizeof datagram);
	// What may throw comes first; the datagram is taken when nothing can fail any more.
	xsmcVars(1);
	xsmcSetArrayBuffer(xsResult, NULL, length);
	char address[ADDRESS_TEXT_BYTES];
	network_address_text(address, &datagram.address);
	xsmcSetString(xsVar(0), address);
	xsmcSet(xsResult, xsID("address"), xsVar(0));
	xsmcSetInteger(xsVar(0), datagram.port);
	xsmcSet(xsResult, xsID("port"), xsVar(0));
	if (length > 0)
		pbuf_copy_partial(udp->oldest, xsmcToArrayBuffer(xsResult), length, sizeof datagram);
	drop_oldest(udp);
}

// (handle) -> how many were not kept
void xs_udp_dropped(xsMachine *the)
{
	xsmcSetNumber(xsResult, from_handle(the)->dropped);
}

// (handle, buffer, address, port)
void xs_udp_write(xsMachine *the)
{
	xs_udp *udp = from_handle(the);
	char text[ADDRESS_TEXT_BYTES];
	xsmcToStringBuffer(xsArg(2), text, sizeof text);
	double port = xsmcToNumber(xsArg(3));
	ip_addr_t address;
	if (!network_address_of_text(text, &address))
		engine_throw(the, "EINVAL", "udp: address \"%s\" is no " NETWORK_ADDRESS_FORM ". Resolve the name first.", text);
	if (!(port >= 1 && port <= 65535) || port != (uint16_t)port)
		engine_throw(the, "EINVAL", "udp: port %d, expected 1 to 65535", (int)port);
	void *bytes;
	xsUnsignedValue length;
	xsmcGetBufferReadable(xsArg(1), &bytes, &length);
	if (length > DATAGRAM_MAX_BYTES)
		engine_throw(the, "EMSGSIZE", "udp: %d bytes, a datagram takes %d", (int)length, DATAGRAM_MAX_BYTES);
	struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)length, PBUF_RAM);
	if (!p)
		engine_throw(the, "ENOMEM", "udp: no memory to send %d bytes", (int)length);
	pbuf_take(p, bytes, (u16_t)length);
	err_t error = udp_sendto(udp->pcb, p, &address, (u16_t)port);
	pbuf_free(p);
	if (error == ERR_MEM)
		engine_throw(the, "ENOMEM", "udp: no memory to send %d bytes", (int)length);
	if (error != ERR_OK)
		engine_throw(the, "ENETUNREACH", "udp %s:%d: there is no way to it: is the network joined?", text, (int)port);
}

void xs_udp_close(xsMachine *the)
{
	xs_udp *udp = xsmcGetHostData(xsArg(0));
	if (!udp)
		return;
	xsmcSetHostData(xsArg(0), NULL);
	engine_forget(the, &udp->told);
	release(udp);
}
