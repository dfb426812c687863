/*
 * lwIP's raw TCP calls as platform/tls uses them, over the one stream of peer.h.
 * It is strict where lwIP is: a freed pcb, a write beyond the send buffer and a
 * window that is given back twice end the program.
 */
#include <stdlib.h>
#include <string.h>

#include "lwip/pbuf.h"
#include "lwip/tcp.h"
#include "lwip_fake.h"
#include "peer.h"

static struct tcp_pcb pcb;
static struct tcp_pcb_listen listening;
static bool in_use, connecting, finished, closed, listens;
static unsigned unread; /* handed up, not yet given back by tcp_recved */
static unsigned segment_bytes = TCP_MSS;
static unsigned refused_writes; /* the next so many tcp_write answer ERR_MEM */
static unsigned refused_closes; /* and the next so many tcp_close, behind which only tcp_abort may come */
static bool refused_close;
unsigned lwip_fake_sent_bytes;

static void check(bool holds, const char *what)
{
	if (holds)
		return;
	peer_print("lwip_fake: ");
	peer_print(what);
	peer_print("\n");
	peer_exit(3);
}

static void begin(void)
{
	check(!in_use, "second pcb");
	memset(&pcb, 0, sizeof pcb);
	in_use = true;
	connecting = finished = closed = false;
	unread = 0;
	pcb.snd_buf = TCP_SND_BUF;
}

void lwip_fake_set(unsigned segment, unsigned refusals)
{
	if (segment)
		segment_bytes = segment;
	refused_writes = refusals;
}

void lwip_fake_refuse_close(unsigned times)
{
	refused_closes = times;
}

struct tcp_pcb *tcp_new_ip_type(u8_t type)
{
	(void)type;
	begin();
	return &pcb;
}

err_t tcp_bind(struct tcp_pcb *of, const ip_addr_t *address, u16_t port)
{
	(void)of;
	(void)address;
	(void)port;
	return ERR_OK;
}

struct tcp_pcb *tcp_listen_with_backlog(struct tcp_pcb *of, u8_t backlog)
{
	(void)backlog;
	check(of == &pcb && in_use && !listens, "tcp_listen");
	memset(&listening, 0, sizeof listening);
	in_use = false;
	listens = true;
	return (struct tcp_pcb *)&listening;
}

void tcp_accept(struct tcp_pcb *of, tcp_accept_fn call)
{
	check((struct tcp_pcb_listen *)of == &listening && listens, "tcp_accept");
	listening.accept = call;
}

bool lwip_fake_accept(void)
{
	check(listens && listening.accept, "nobody listens");
	begin();
	/* A connection that is refused is reset. */
	in_use = listening.accept(listening.callback_arg, &pcb, ERR_OK) == ERR_OK;
	return in_use;
}

void tcp_arg(struct tcp_pcb *of, void *argument)
{
	check(of == &pcb ? in_use : listens, "tcp_arg");
	of->callback_arg = argument;
}

void tcp_recv(struct tcp_pcb *of, tcp_recv_fn call)
{
	check(in_use, "tcp_recv");
	of->recv = call;
}

void tcp_sent(struct tcp_pcb *of, tcp_sent_fn call)
{
	check(in_use, "tcp_sent");
	of->sent = call;
}

void tcp_err(struct tcp_pcb *of, tcp_err_fn call)
{
	check(in_use, "tcp_err");
	of->errf = call;
}

void tcp_poll(struct tcp_pcb *of, tcp_poll_fn call, u8_t interval)
{
	(void)interval;
	check(in_use, "tcp_poll");
	of->poll = call;
}

void tcp_setprio(struct tcp_pcb *of, u8_t priority)
{
	check(in_use, "tcp_setprio");
	of->prio = priority;
}

err_t tcp_connect(struct tcp_pcb *of, const ip_addr_t *address, u16_t port, tcp_connected_fn call)
{
	(void)address;
	(void)port;
	of->connected = call;
	connecting = true;
	return ERR_OK;
}

void tcp_recved(struct tcp_pcb *of, u16_t count)
{
	(void)of;
	check(in_use && count <= unread, "tcp_recved beyond what came");
	unread -= count;
}

err_t tcp_write(struct tcp_pcb *of, const void *from, u16_t count, u8_t flags)
{
	check(in_use && !closed, "tcp_write");
	check(flags & TCP_WRITE_FLAG_COPY, "tcp_write without copy");
	if (refused_writes > 0) {
		refused_writes--;
		return ERR_MEM;
	}
	if (count > of->snd_buf)
		return ERR_MEM;
	of->snd_buf -= count;
	lwip_fake_sent_bytes += count;
	peer_send(from, count);
	return ERR_OK;
}

err_t tcp_output(struct tcp_pcb *of)
{
	(void)of;
	check(in_use, "tcp_output");
	return ERR_OK;
}

err_t tcp_close(struct tcp_pcb *of)
{
	if ((struct tcp_pcb_listen *)of == &listening) {
		check(listens, "tcp_close of who listens");
		listens = false;
		return ERR_OK;
	}
	check(in_use && !closed, "tcp_close");
	if (refused_closes > 0) {
		refused_closes--;
		refused_close = true;
		return ERR_MEM;
	}
	check(unread == 0, "tcp_close with unread bytes: lwIP would reset");
	closed = true;
	in_use = false;
	peer_finish();
	return ERR_OK;
}

void tcp_abort(struct tcp_pcb *of)
{
	check(of == &pcb && in_use && of->callback_arg == NULL && refused_close, "tcp_abort");
	in_use = refused_close = false;
	peer_finish();
}

static void take(void)
{
	static uint8_t bytes[TCP_MSS];
	size_t room = segment_bytes < sizeof bytes ? segment_bytes : sizeof bytes;
	struct pbuf *made;
	int count;

	if (TCP_WND - unread < room)
		return; /* the window is full */
	count = peer_receive(bytes, room);
	if (count == 0 || finished)
		return;
	if (count == -2) {
		tcp_err_fn call = pcb.errf;
		void *argument = pcb.callback_arg;
		in_use = false;
		call(argument, ERR_RST);
	} else if (count < 0) {
		finished = true;
		pcb.recv(pcb.callback_arg, &pcb, NULL, ERR_OK);
	} else {
		made = pbuf_alloc(PBUF_RAW, (u16_t)count, PBUF_RAM);
		check(made != NULL, "pbuf_alloc");
		memcpy(made->payload, bytes, (size_t)count);
		unread += (unsigned)count;
		pcb.recv(pcb.callback_arg, &pcb, made, ERR_OK);
	}
}

void lwip_fake_poll(void)
{
	if (!in_use || closed)
		return;
	if (connecting) {
		connecting = false;
		if (!peer_connect()) {
			tcp_err_fn call = pcb.errf;
			in_use = false;
			call(pcb.callback_arg, ERR_RST);
			return;
		}
		pcb.connected(pcb.callback_arg, &pcb, ERR_OK);
		return;
	}
	take();
	if (in_use && pcb.snd_buf < TCP_SND_BUF) {
		u16_t count = (u16_t)(TCP_SND_BUF - pcb.snd_buf);
		pcb.snd_buf = TCP_SND_BUF;
		pcb.sent(pcb.callback_arg, &pcb, count);
	}
}
