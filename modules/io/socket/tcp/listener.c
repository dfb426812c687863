// Natives of listener.ts: a port on which others connect to us, on lwIP's raw interface.
//
// A connection that comes in takes a place of tcp.c at once and waits here, in order, until script reads it. One too many is reset.

#include "tcp.h"

#include <string.h>

#include "lwip/ip_addr.h"
#include "lwip/netif.h"
#include "network_address.h"

#define LISTENERS_MAX 2 // lwIP has as many places
#define WAITING_MAX 4

typedef struct xs_listener {
	engine_event event; // first: deliver gets its address
	struct tcp_pcb *pcb;
	xs_tcp *waiting[WAITING_MAX]; // the oldest first
	uint8_t waiting_count;
	xsSlot told;
} xs_listener;

static xs_listener listeners[LISTENERS_MAX];

static err_t on_accept(void *context, struct tcp_pcb *pcb, err_t error)
{
	xs_listener *listener = context;
	if (error != ERR_OK || !pcb || listener->waiting_count == WAITING_MAX)
		return ERR_MEM; // lwIP resets it
	xs_tcp *tcp = xs_tcp_take(pcb);
	if (!tcp)
		return ERR_MEM;
	listener->waiting[listener->waiting_count++] = tcp;
	engine_post(&listener->event);
	return ERR_OK;
}

// The one release; safe twice.
static void release(xs_listener *listener)
{
	if (!listener->pcb)
		return;
	engine_cancel(&listener->event);
	tcp_arg(listener->pcb, NULL);
	tcp_accept(listener->pcb, NULL);
	tcp_close(listener->pcb); // of a listening pcb it cannot fail
	listener->pcb = NULL;
	for (unsigned i = 0; i < listener->waiting_count; i++)
		xs_tcp_release(listener->waiting[i]);
	listener->waiting_count = 0;
}

static void destroy(void *data)
{
	if (data)
		release(data);
}

static void deliver(xsMachine *the, engine_event *event)
{
	xs_listener *listener = (xs_listener *)event;
	if (listener->waiting_count == 0)
		return;
	xsmcVars(2);
	xsVar(0) = xsAccess(listener->told);
	xsmcSetInteger(xsVar(1), listener->waiting_count);
	xsCallFunction1(xsVar(0), xsUndefined, xsVar(1));
}

static xs_listener *free_place(void)
{
	for (int i = 0; i < LISTENERS_MAX; i++) {
		if (!listeners[i].pcb)
			return &listeners[i];
	}
	return NULL;
}

// (address or "", port, told) -> handle
void xs_listener_open(xsMachine *the)
{
	char text[ADDRESS_TEXT_BYTES];
	xsmcToStringBuffer(xsArg(0), text, sizeof text);
	double port = xsmcToNumber(xsArg(1));
	ip_addr_t address;
	if (text[0] == 0)
		ip_addr_copy(address, *IP_ANY_TYPE);
	else if (!network_address_of_text(text, &address))
		engine_throw(the, "EINVAL", "listener: address \"%s\" is no " NETWORK_ADDRESS_FORM, text);
	if (!(port >= 0 && port <= 65535) || port != (uint16_t)port)
		engine_throw(the, "EINVAL", "listener: port %d, expected 0 to 65535", (int)port);
	xsResult = xsNewHostObject(destroy);
	xs_listener *listener = free_place();
	struct tcp_pcb *pcb = listener ? tcp_new_ip_type(IP_GET_TYPE(&address)) : NULL;
	if (listener && !pcb && !netif_list)
		engine_throw(the, "ENETUNREACH", "listener %d: no network was begun yet. Join one or open one first.", (int)port);
	if (!pcb)
		engine_throw(the, "ENOMEM", "listener %d: %s", (int)port, listener ? "no memory for it" : "two are open, which is the most. Close one first.");
	err_t error = tcp_bind(pcb, &address, (u16_t)port);
	if (error != ERR_OK) {
		tcp_abort(pcb);
		engine_throw(the, error == ERR_USE ? "EADDRINUSE" : "EADDRNOTAVAIL", "listener %d: %s", (int)port,
			error == ERR_USE ? "the port is taken" : "the address is not ours");
	}
	struct tcp_pcb *listening = tcp_listen_with_backlog(pcb, WAITING_MAX);
	if (!listening) {
		tcp_abort(pcb);
		engine_throw(the, "ENOMEM", "listener %d: no memory for it", (int)port);
	}
	memset(listener, 0, sizeof *listener);
	listener->event.deliver = deliver;
	listener->pcb = listening;
	tcp_arg(listening, listener);
	tcp_accept(listening, on_accept);
	xsmcSetHostData(xsResult, listener);
	engine_remember(the, &listener->told, &xsArg(2));
}

static xs_listener *from_handle(xsMachine *the)
{
	xs_listener *listener = xsmcGetHostData(xsArg(0));
	if (!listener)
		engine_throw(the, "ECLOSED", "listener: it is closed");
	return listener;
}

// (handle) -> the handle of the oldest connection that waits, or undefined
void xs_listener_read(xsMachine *the)
{
	xs_listener *listener = from_handle(the);
	if (listener->waiting_count == 0)
		return;
	xs_tcp_hand_over(the, listener->waiting[0]);
	listener->waiting_count--;
	memmove(&listener->waiting[0], &listener->waiting[1], listener->waiting_count * sizeof listener->waiting[0]);
}

// (handle) -> the local port
void xs_listener_port(xsMachine *the)
{
	xsmcSetInteger(xsResult, from_handle(the)->pcb->local_port);
}

// (handle)
void xs_listener_close(xsMachine *the)
{
	xs_listener *listener = xsmcGetHostData(xsArg(0));
	if (!listener)
		return;
	xsmcSetHostData(xsArg(0), NULL);
	engine_forget(the, &listener->told);
	release(listener);
}
