// Natives of tcp.ts: a TCP client connection on lwIP's raw interface.
//
// lwIP's callbacks keep the bytes, set a bit and post the event; deliver tells the script one thing at a time, since any
// callback may close. Connections are a fixed few; received bytes stay in lwIP's pool pbufs until they are read, and only
// then the window opens again.

#include "engine.h"

#include <string.h>

#include "lwip/ip_addr.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/tcp.h"

#define CONNECTIONS_MAX 4
// Segments that the heap of lwipopts.h holds: each takes a full one, however small (TCP_OVERSIZE).
#define SEGMENTS_MAX (TCP_SND_BUF / TCP_MSS)
// After close(): ten polls a second apart (lwIP counts half seconds), then a connection whose last bytes nobody
// acknowledges is reset.
#define CLOSING_POLL_INTERVAL 2
#define CLOSING_POLLS_MAX 10

typedef enum xs_tcp_event {
	XS_TCP_WRITABLE = 1,
	XS_TCP_READABLE = 2,
	XS_TCP_END = 3,
} xs_tcp_event;

typedef enum xs_tcp_end {
	XS_TCP_CLOSED,
	XS_TCP_REFUSED,
	XS_TCP_RESET,
	XS_TCP_TIMED_OUT,
	XS_TCP_UNREACHABLE,
	XS_TCP_NO_MEMORY,
} xs_tcp_end;

typedef struct xs_tcp {
	engine_event event; // first: deliver gets its address
	struct tcp_pcb *pcb; // NULL after an end
	struct pbuf *received; // chain; its first received_at bytes are read already
	uint16_t received_at;
	bool used;
	bool connected;
	bool tell_writable;
	bool tell_readable;
	bool tell_end;
	bool ended; // the reason is in end
	xs_tcp_end end;
	xsSlot told;
} xs_tcp;

static xs_tcp connections[CONNECTIONS_MAX];

static size_t available(const xs_tcp *tcp)
{
	return tcp->received ? (size_t)(tcp->received->tot_len - tcp->received_at) : 0;
}

static size_t room(const xs_tcp *tcp)
{
	if (!tcp->pcb || !tcp->connected || tcp->ended)
		return 0;
	unsigned segments = tcp_sndqueuelen(tcp->pcb);
	if (segments >= SEGMENTS_MAX)
		return 0;
	size_t bytes = (SEGMENTS_MAX - segments) * (size_t)tcp_mss(tcp->pcb);
	return bytes < tcp_sndbuf(tcp->pcb) ? bytes : tcp_sndbuf(tcp->pcb);
}

static void finish(xs_tcp *tcp, xs_tcp_end end)
{
	if (tcp->ended)
		return; // the first reason stays
	tcp->ended = true;
	tcp->end = end;
	tcp->tell_end = true;
	engine_post(&tcp->event);
}

// lwIP's callbacks.

static err_t on_connected(void *context, struct tcp_pcb *pcb, err_t error)
{
	(void)pcb;
	(void)error; // always ERR_OK; failures come through on_error
	xs_tcp *tcp = context;
	tcp->connected = true;
	tcp->tell_writable = true;
	engine_post(&tcp->event);
	return ERR_OK;
}

static err_t on_sent(void *context, struct tcp_pcb *pcb, u16_t length)
{
	(void)pcb;
	(void)length;
	xs_tcp *tcp = context;
	tcp->tell_writable = true;
	engine_post(&tcp->event);
	return ERR_OK;
}

static err_t on_received(void *context, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
	(void)pcb;
	(void)error;
	xs_tcp *tcp = context;
	if (!p) {
		finish(tcp, XS_TCP_CLOSED);
		return ERR_OK;
	}
	if (tcp->received)
		pbuf_cat(tcp->received, p);
	else
		tcp->received = p;
	tcp->tell_readable = true;
	engine_post(&tcp->event);
	return ERR_OK;
}

static void on_error(void *context, err_t error)
{
	xs_tcp *tcp = context;
	tcp->pcb = NULL; // lwIP has freed it
	if (error == ERR_RST)
		finish(tcp, tcp->connected ? XS_TCP_RESET : XS_TCP_REFUSED);
	else if (error == ERR_CLSD)
		finish(tcp, XS_TCP_CLOSED);
	else
		finish(tcp, XS_TCP_TIMED_OUT); // ERR_ABRT: retransmissions are used up
}

// After close(): nobody waits any more, so a connection that cannot deliver is reset. context counts.
static err_t on_closing_poll(void *context, struct tcp_pcb *pcb)
{
	uintptr_t polls = (uintptr_t)context + 1;
	if (polls >= CLOSING_POLLS_MAX) {
		tcp_abort(pcb);
		return ERR_ABRT;
	}
	tcp_arg(pcb, (void *)polls);
	return ERR_OK;
}

// The one release; safe twice.
static void release(xs_tcp *tcp)
{
	if (!tcp->used)
		return;
	engine_cancel(&tcp->event);
	struct tcp_pcb *pcb = tcp->pcb;
	tcp->pcb = NULL;
	if (pcb) {
		tcp_recv(pcb, NULL);
		tcp_sent(pcb, NULL);
		tcp_err(pcb, NULL);
		if (tcp->received) {
			// Bytes nobody will read: the other side learns it by a reset.
			tcp_abort(pcb);
		} else {
			tcp_arg(pcb, NULL);
			tcp_poll(pcb, on_closing_poll, CLOSING_POLL_INTERVAL);
			if (tcp_close(pcb) != ERR_OK)
				tcp_abort(pcb);
		}
	}
	if (tcp->received) {
		pbuf_free(tcp->received);
		tcp->received = NULL;
	}
	tcp->used = false;
}

static void destroy(void *data)
{
	if (data)
		release(data);
}

// Tells the script one thing; what is left is posted before, since the call may close.
static void deliver(xsMachine *the, engine_event *event)
{
	xs_tcp *tcp = (xs_tcp *)event;
	xs_tcp_event what;
	int value;
	if (tcp->tell_writable && room(tcp) > 0) {
		what = XS_TCP_WRITABLE;
		value = (int)room(tcp);
	} else if (tcp->tell_readable && available(tcp) > 0) {
		what = XS_TCP_READABLE;
		value = (int)available(tcp);
		tcp->tell_readable = false;
	} else if (tcp->tell_end && available(tcp) == 0) {
		what = XS_TCP_END;
		value = (int)tcp->end;
		tcp->tell_end = false;
	} else {
		return;
	}
	if (what == XS_TCP_WRITABLE)
		tcp->tell_writable = false;
	if (tcp->tell_readable || (tcp->tell_end && available(tcp) == 0))
		engine_post(&tcp->event);
	xsmcVars(3);
	xsVar(0) = xsAccess(tcp->told);
	xsmcSetInteger(xsVar(1), what);
	xsmcSetInteger(xsVar(2), value);
	xsCallFunction2(xsVar(0), xsUndefined, xsVar(1), xsVar(2));
}

// Natives.

static xs_tcp *take(void)
{
	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		if (!connections[i].used)
			return &connections[i];
	}
	return NULL;
}

// (address, port, noDelay, keepAliveMs, told) -> handle
void xs_tcp_open(xsMachine *the)
{
	char text[16];
	xsmcToStringBuffer(xsArg(0), text, sizeof text);
	double port = xsmcToNumber(xsArg(1));
	bool no_delay = xsmcToBoolean(xsArg(2));
	double keep_alive_ms = xsmcToNumber(xsArg(3));
	ip_addr_t address;
	if (!ipaddr_aton(text, &address))
		engine_throw(the, "EINVAL", "tcp: address \"%s\" is not IPv4 in dotted form. Resolve the name first.", text);
	if (!(port >= 1 && port <= 65535) || port != (uint16_t)port)
		engine_throw(the, "EINVAL", "tcp: port %d, expected 1 to 65535", (int)port);
	if (!(keep_alive_ms >= 0 && keep_alive_ms <= 86400000))
		engine_throw(the, "EINVAL", "tcp: keepAlive is out of range, expected 0 to 86400000 ms");
	if (!netif_default || !netif_is_up(netif_default) || !netif_is_link_up(netif_default))
		engine_throw(the, "ENETUNREACH", "tcp %s:%d: there is no network. Join one first.", text, (int)port);
	xsResult = xsNewHostObject(destroy);
	xs_tcp *tcp = take();
	if (!tcp)
		engine_throw(the, "ENOMEM", "tcp %s:%d: %d connections are open, which is the most. Close one first.", text, (int)port, CONNECTIONS_MAX);
	struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_V4);
	if (!pcb)
		engine_throw(the, "ENOMEM", "tcp %s:%d: no memory for a connection", text, (int)port);
	memset(tcp, 0, sizeof *tcp);
	tcp->event.deliver = deliver;
	tcp->pcb = pcb;
	tcp_arg(pcb, tcp);
	tcp_recv(pcb, on_received);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_error);
	if (no_delay)
		tcp_nagle_disable(pcb);
	if (keep_alive_ms > 0) {
		ip_set_option(pcb, SOF_KEEPALIVE);
		pcb->keep_idle = (u32_t)keep_alive_ms;
	}
	err_t error = tcp_connect(pcb, &address, (u16_t)port, on_connected);
	if (error != ERR_OK) {
		tcp_arg(pcb, NULL);
		tcp_err(pcb, NULL);
		tcp_abort(pcb);
		tcp->pcb = NULL;
		engine_throw(the, error == ERR_RTE ? "ENETUNREACH" : "ENOMEM", "tcp %s:%d: connect: %s", text, (int)port,
			error == ERR_RTE ? "there is no way to it" : "no memory for it");
	}
	tcp->used = true;
	xsmcSetHostData(xsResult, tcp);
	engine_remember(the, &tcp->told, &xsArg(4));
}

static xs_tcp *from_handle(xsMachine *the)
{
	xs_tcp *tcp = xsmcGetHostData(xsArg(0));
	if (!tcp)
		engine_throw(the, "ECLOSED", "tcp: the connection is closed");
	return tcp;
}

void xs_tcp_readable(xsMachine *the)
{
	xsmcSetInteger(xsResult, (int)available(from_handle(the)));
}

void xs_tcp_writable(xsMachine *the)
{
	xsmcSetInteger(xsResult, (int)room(from_handle(the)));
}

// Copies `length` bytes, which are there, and gives their place back to the window.
static void consume(xs_tcp *tcp, void *to, size_t length)
{
	pbuf_copy_partial(tcp->received, to, (u16_t)length, tcp->received_at);
	size_t done = tcp->received_at + length;
	// Whole pbufs go back to the pool at once.
	while (tcp->received && done >= tcp->received->len) {
		struct pbuf *p = tcp->received;
		done -= p->len;
		tcp->received = p->next;
		if (p->next)
			pbuf_ref(p->next);
		pbuf_free(p);
	}
	tcp->received_at = (uint16_t)done;
	if (tcp->pcb)
		tcp_recved(tcp->pcb, (u16_t)length);
	if (tcp->tell_end && !tcp->received)
		engine_post(&tcp->event);
}

// (handle, count) -> ArrayBuffer
void xs_tcp_read(xsMachine *the)
{
	xs_tcp *tcp = from_handle(the);
	double wanted = xsmcToNumber(xsArg(1));
	size_t length = available(tcp);
	if (!(wanted >= 0))
		engine_throw(the, "EINVAL", "tcp: cannot read %d bytes", (int)wanted);
	if (wanted < length)
		length = (size_t)wanted;
	xsmcSetArrayBuffer(xsResult, NULL, (int)length);
	if (length > 0)
		consume(tcp, xsmcToArrayBuffer(xsResult), length);
}

// (handle, buffer) -> count
void xs_tcp_read_into(xsMachine *the)
{
	xs_tcp *tcp = from_handle(the);
	void *bytes;
	xsUnsignedValue length;
	xsmcGetBufferWritable(xsArg(1), &bytes, &length);
	if (length > available(tcp))
		length = available(tcp);
	if (length > 0)
		consume(tcp, bytes, length);
	xsmcSetInteger(xsResult, (int)length);
}

// (handle, buffer) -> bytes that may still be written
void xs_tcp_write(xsMachine *the)
{
	xs_tcp *tcp = from_handle(the);
	void *bytes;
	xsUnsignedValue length;
	xsmcGetBufferReadable(xsArg(1), &bytes, &length);
	size_t limit = room(tcp);
	if (!tcp->pcb || tcp->ended)
		engine_throw(the, "ECLOSED", "tcp: write after the connection's end");
	if (length > limit)
		xsRangeError("tcp: write of %d bytes, %d can be taken now", (int)length, (int)limit);
	if (length > 0) {
		if (tcp_write(tcp->pcb, bytes, (u16_t)length, TCP_WRITE_FLAG_COPY) != ERR_OK)
			engine_throw(the, "ENOMEM", "tcp: no memory to send %d bytes; none was taken", (int)length);
		tcp_output(tcp->pcb); // what it cannot send now, lwIP's timer sends
	}
	xsmcSetInteger(xsResult, (int)room(tcp));
}

void xs_tcp_close(xsMachine *the)
{
	xs_tcp *tcp = xsmcGetHostData(xsArg(0));
	if (!tcp)
		return;
	xsmcSetHostData(xsArg(0), NULL);
	engine_forget(the, &tcp->told);
	release(tcp);
}
