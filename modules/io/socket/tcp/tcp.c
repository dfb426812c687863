// Natives of tcp.ts: a TCP connection on lwIP's raw interface.
//
// lwIP's callbacks keep the bytes, set a bit and post the event; deliver tells the script one thing at a time, since any
// callback may close. Connections are a fixed few; received bytes stay in lwIP's pool pbufs until they are read, and only
// then the window opens again.

#include "tcp.h"

#include <string.h>

#include "lwip/ip_addr.h"
#include "lwip/pbuf.h"
#include "network_address.h"

#define CONNECTIONS_MAX 9 // of lwIP's twelve: a listener's eight clients, and one of ours
// Each segment takes a full one of lwIP's heap, however small it is (TCP_OVERSIZE): headers and the heap's own words beside it.
#define SEGMENTS_MAX (TCP_SND_BUF / TCP_MSS)
#define SEGMENT_HEAP_BYTES (TCP_MSS + 96)
// A connection that waits for the heap, which others use too, looks again after half a second (lwIP's unit).
#define POLL_INTERVAL 1
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

struct xs_tcp {
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
	bool held; // script has it, and told is set
	xsSlot told;
};

static xs_tcp connections[CONNECTIONS_MAX];

static size_t available(const xs_tcp *tcp)
{
	return tcp->received ? (size_t)(tcp->received->tot_len - tcp->received_at) : 0;
}

static size_t room(const xs_tcp *tcp)
{
	if (!tcp->pcb || !tcp->connected)
		return 0; // the other side's FIN alone ends nothing of ours: until script is told, it may write
	unsigned queued = tcp_sndqueuelen(tcp->pcb);
	if (queued >= SEGMENTS_MAX)
		return 0;
	size_t segments = SEGMENTS_MAX - queued, free_segments = (lwip_stats.mem.avail - lwip_stats.mem.used) / SEGMENT_HEAP_BYTES;
	if (segments > free_segments)
		segments = free_segments;
	size_t bytes = segments * (size_t)tcp_mss(tcp->pcb);
	return bytes < tcp_sndbuf(tcp->pcb) ? bytes : tcp_sndbuf(tcp->pcb);
}

// A connection that script does not have yet keeps its bits for later.
static void post(xs_tcp *tcp)
{
	if (tcp->held)
		engine_post(&tcp->event);
}

static void finish(xs_tcp *tcp, xs_tcp_end end)
{
	if (!tcp->ended) { // the first reason stays
		tcp->ended = true;
		tcp->end = end;
		tcp->tell_end = true;
	}
	post(tcp);
}

// Script may answer the other side's last bytes: a FIN is told when what script has written is taken, and it wants to write no more.
static bool end_is_due(const xs_tcp *tcp)
{
	if (!tcp->tell_end || available(tcp) > 0)
		return false;
	return !tcp->pcb || (tcp_sndqueuelen(tcp->pcb) == 0 && !tcp->tell_writable);
}

// lwIP's callbacks.

static err_t on_connected(void *context, struct tcp_pcb *pcb, err_t error)
{
	(void)pcb;
	(void)error; // always ERR_OK; failures come through on_error
	xs_tcp *tcp = context;
	tcp->connected = true;
	tcp->tell_writable = true;
	post(tcp);
	return ERR_OK;
}

// What one connection has sent is room for all.
static err_t on_sent(void *context, struct tcp_pcb *pcb, u16_t length)
{
	(void)pcb;
	(void)length;
	((xs_tcp *)context)->tell_writable = true;
	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		if (connections[i].used && connections[i].tell_writable)
			post(&connections[i]);
	}
	return ERR_OK;
}

static err_t on_poll(void *context, struct tcp_pcb *pcb)
{
	(void)pcb;
	xs_tcp *tcp = context;
	if (tcp->tell_writable && room(tcp) > 0)
		post(tcp);
	return ERR_OK;
}

// Script that sees no room is told when there is some.
static int room_for_script(xs_tcp *tcp)
{
	size_t bytes = room(tcp);
	if (bytes == 0)
		tcp->tell_writable = true;
	return (int)bytes;
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
	post(tcp);
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
		finish(tcp, network_is_there() ? XS_TCP_TIMED_OUT : XS_TCP_UNREACHABLE); // ERR_ABRT: retransmissions are used up, or the address is gone
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

void xs_tcp_release(xs_tcp *tcp)
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
			// All was delivered: when all places are taken, lwIP gives this one to who connects next.
			if (!pcb->unsent && !pcb->unacked)
				tcp_setprio(pcb, TCP_PRIO_MIN);
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
		xs_tcp_release(data);
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
	} else if (end_is_due(tcp)) {
		what = XS_TCP_END;
		value = (int)tcp->end;
		tcp->tell_end = false;
	} else {
		return;
	}
	if (what == XS_TCP_WRITABLE)
		tcp->tell_writable = false;
	if (tcp->tell_readable || end_is_due(tcp))
		engine_post(&tcp->event);
	xsmcVars(3);
	xsVar(0) = xsAccess(tcp->told);
	xsmcSetInteger(xsVar(1), what);
	xsmcSetInteger(xsVar(2), value);
	xsCallFunction2(xsVar(0), xsUndefined, xsVar(1), xsVar(2));
}

// Natives.

static xs_tcp *free_place(void)
{
	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		if (!connections[i].used)
			return &connections[i];
	}
	return NULL;
}

// The pcb is the connection's from here on.
static void begin(xs_tcp *tcp, struct tcp_pcb *pcb)
{
	memset(tcp, 0, sizeof *tcp);
	tcp->event.deliver = deliver;
	tcp->pcb = pcb;
	tcp_arg(pcb, tcp);
	tcp_recv(pcb, on_received);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_error);
	tcp_poll(pcb, on_poll, POLL_INTERVAL);
}

static void set_options(struct tcp_pcb *pcb, bool no_delay, double keep_alive_ms)
{
	if (no_delay)
		tcp_nagle_disable(pcb);
	if (keep_alive_ms > 0) {
		ip_set_option(pcb, SOF_KEEPALIVE);
		pcb->keep_idle = (u32_t)keep_alive_ms;
	}
}

static double keep_alive_of(xsMachine *the, xsSlot *argument)
{
	double keep_alive_ms = xsmcToNumber(*argument);
	if (!(keep_alive_ms >= 0 && keep_alive_ms <= 86400000))
		engine_throw(the, "EINVAL", "tcp: keepAlive is out of range, expected 0 to 86400000 ms");
	return keep_alive_ms;
}

xs_tcp *xs_tcp_take(struct tcp_pcb *pcb)
{
	xs_tcp *tcp = free_place();
	if (!tcp)
		return NULL;
	begin(tcp, pcb);
	tcp->used = tcp->connected = tcp->tell_writable = true;
	return tcp;
}

void xs_tcp_hand_over(xsMachine *the, xs_tcp *tcp)
{
	xsResult = xsNewHostObject(destroy);
	xsmcSetHostData(xsResult, tcp);
}

// (address, port, noDelay, keepAliveMs, told) -> handle
void xs_tcp_open(xsMachine *the)
{
	char text[ADDRESS_TEXT_BYTES];
	xsmcToStringBuffer(xsArg(0), text, sizeof text);
	double port = xsmcToNumber(xsArg(1));
	bool no_delay = xsmcToBoolean(xsArg(2));
	double keep_alive_ms = keep_alive_of(the, &xsArg(3));
	ip_addr_t address;
	if (!network_address_of_text(text, &address))
		engine_throw(the, "EINVAL", "tcp: address \"%s\" is no " NETWORK_ADDRESS_FORM ". Resolve the name first.", text);
	if (!(port >= 1 && port <= 65535) || port != (uint16_t)port)
		engine_throw(the, "EINVAL", "tcp: port %d, expected 1 to 65535", (int)port);
	if (!network_may_reach(&address))
		engine_throw(the, "ENETUNREACH", "tcp %s:%d: there is no network that leads there. Join one first.", text, (int)port);
	xsResult = xsNewHostObject(destroy);
	xs_tcp *tcp = free_place();
	if (!tcp)
		engine_throw(the, "ENOMEM", "tcp %s:%d: %d connections are open, which is the most. Close one first.", text, (int)port, CONNECTIONS_MAX);
	struct tcp_pcb *pcb = tcp_new_ip_type(IP_GET_TYPE(&address));
	if (!pcb)
		engine_throw(the, "ENOMEM", "tcp %s:%d: no memory for a connection", text, (int)port);
	begin(tcp, pcb);
	set_options(pcb, no_delay, keep_alive_ms);
	err_t error = tcp_connect(pcb, &address, (u16_t)port, on_connected);
	if (error != ERR_OK) {
		tcp_arg(pcb, NULL);
		tcp_err(pcb, NULL);
		tcp_abort(pcb);
		tcp->pcb = NULL;
		engine_throw(the, error == ERR_RTE ? "ENETUNREACH" : "ENOMEM", "tcp %s:%d: connect: %s", text, (int)port,
			error == ERR_RTE ? "there is no way to it" : "no memory for it");
	}
	tcp->used = tcp->held = true;
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

// (handle, noDelay, keepAliveMs, told): a connection that a listener took, or one that script had under another name
void xs_tcp_adopt(xsMachine *the)
{
	xs_tcp *tcp = from_handle(the);
	bool no_delay = xsmcToBoolean(xsArg(1));
	double keep_alive_ms = keep_alive_of(the, &xsArg(2));
	if (tcp->pcb)
		set_options(tcp->pcb, no_delay, keep_alive_ms);
	engine_remember(the, &tcp->told, &xsArg(3));
	tcp->held = true;
	tcp->tell_writable = true;
	tcp->tell_readable = tcp->received != NULL;
	post(tcp);
}

// (handle, port: boolean) -> the other side's address or port; undefined after an end
void xs_tcp_remote(xsMachine *the)
{
	xs_tcp *tcp = from_handle(the);
	char text[ADDRESS_TEXT_BYTES];
	if (!tcp->pcb)
		return;
	if (xsmcToBoolean(xsArg(1)))
		xsmcSetInteger(xsResult, tcp->pcb->remote_port);
	else {
		network_address_text(text, &tcp->pcb->remote_ip);
		xsmcSetString(xsResult, text);
	}
}

void xs_tcp_readable(xsMachine *the)
{
	xsmcSetInteger(xsResult, (int)available(from_handle(the)));
}

void xs_tcp_writable(xsMachine *the)
{
	xsmcSetInteger(xsResult, room_for_script(from_handle(the)));
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
		post(tcp);
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
	if (!tcp->pcb)
		engine_throw(the, "ECLOSED", "tcp: write after the connection's end");
	if (length > limit)
		xsRangeError("tcp: write of %d bytes, %d can be taken now", (int)length, (int)limit);
	if (length > 0) {
		if (tcp_write(tcp->pcb, bytes, (u16_t)length, TCP_WRITE_FLAG_COPY) != ERR_OK)
			engine_throw(the, "ENOMEM", "tcp: no memory to send %d bytes; none was taken", (int)length);
		tcp_output(tcp->pcb); // what it cannot send now, lwIP's timer sends
	}
	xsmcSetInteger(xsResult, room_for_script(tcp));
}

void xs_tcp_close(xsMachine *the)
{
	xs_tcp *tcp = xsmcGetHostData(xsArg(0));
	if (!tcp)
		return;
	xsmcSetHostData(xsArg(0), NULL);
	engine_forget(the, &tcp->told);
	xs_tcp_release(tcp);
}
