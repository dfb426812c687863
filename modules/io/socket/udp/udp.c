// Natives of udp.ts: a UDP socket on lwIP's raw interface.
//
// lwIP's callback keeps the datagram and posts the event. Sockets and the datagrams they keep are a fixed few.

#include "engine.h"

#include <string.h>

#include "lwip/ip_addr.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/udp.h"
#include "network_address.h"

#define SOCKETS_MAX 5 // four that are asked for the time, and one
#define DATAGRAMS_MAX 4
#define DATAGRAM_MAX_BYTES 1472 // what one Ethernet frame carries: 1500 - IP header - UDP header

typedef struct xs_udp_datagram {
	struct pbuf *bytes;
	ip_addr_t address;
	uint16_t port;
} xs_udp_datagram;

typedef struct xs_udp {
	engine_event event; // first: deliver gets its address
	struct udp_pcb *pcb;
	xs_udp_datagram received[DATAGRAMS_MAX]; // ring
	uint8_t first, count;
	bool used;
	xsSlot told;
} xs_udp;

static xs_udp sockets[SOCKETS_MAX];

static void on_received(void *context, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *address, u16_t port)
{
	(void)pcb;
	xs_udp *udp = context;
	if (udp->count == DATAGRAMS_MAX) {
		pbuf_free(p);
		return;
	}
	xs_udp_datagram *datagram = &udp->received[(udp->first + udp->count++) % DATAGRAMS_MAX];
	datagram->bytes = p;
	datagram->address = *address;
	datagram->port = port;
	engine_post(&udp->event);
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
	while (udp->count > 0) {
		pbuf_free(udp->received[udp->first].bytes);
		udp->first = (udp->first + 1) % DATAGRAMS_MAX;
		udp->count--;
	}
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
	xs_udp_datagram *datagram = &udp->received[udp->first];
	// What may throw comes first; the datagram is taken when nothing can fail any more.
	xsmcVars(1);
	xsmcSetArrayBuffer(xsResult, NULL, datagram->bytes->tot_len);
	char address[ADDRESS_TEXT_BYTES];
	network_address_text(address, &datagram->address);
	xsmcSetString(xsVar(0), address);
	xsmcSet(xsResult, xsID("address"), xsVar(0));
	xsmcSetInteger(xsVar(0), datagram->port);
	xsmcSet(xsResult, xsID("port"), xsVar(0));
	if (datagram->bytes->tot_len > 0)
		pbuf_copy_partial(datagram->bytes, xsmcToArrayBuffer(xsResult), datagram->bytes->tot_len, 0);
	pbuf_free(datagram->bytes);
	udp->first = (udp->first + 1) % DATAGRAMS_MAX;
	udp->count--;
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
