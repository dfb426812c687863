/* Mbed TLS between lwIP's raw TCP and whoever reads and writes. See tls_client.h; tls_connection.h for the other end. */
#include "tls_connection.h"

#include <string.h>

#include "handshake.h"
#include "hardware/timer.h"
#include "loop.h"
#include "lwip/pbuf.h"
#include "mbedtls/net_sockets.h" /* the error numbers of a BIO */
#include "mbedtls/platform.h"
#include "mbedtls/sha256.h"
#include "mbedtls/ssl_ciphersuites.h"
#include "psa/crypto.h"
#include "random.h"
#include "roots.h"
#include "wall_clock.h"

/* Header, explicit nonce, tag, content type and padding of one record, rounded up. */
#define RECORD_OVERHEAD 64
/* tcp_poll counts half seconds (lwIP tcp.h, TCP_SLOW_INTERVAL). */
#define CLOSE_TIMEOUT_HALF_SECONDS 10
/* lwIP tells no one when its memory is free again, so a refused write is offered anew. */
#define RETRY_US 10000
/* Records in a row that bring no data: empty ones, tickets, warnings, key updates. More are a flood. */
#define IDLE_RECORDS_MAX 32
#define RECORD_HEADER_BYTES 5 /* RFC 8446 5.1; what the library asks for at a record's start */

/* Library-internal by its header, yet the one way to send a record that did not
 * fit at first (Mbed TLS ssl_msg.c). */
int mbedtls_ssl_flush_output(mbedtls_ssl_context *ssl);

static uint64_t blocks[TLS_CONNECTIONS][TLS_ARENA_BYTES / sizeof(uint64_t)] __attribute__((section(".uninitialized_data.tls_arena")));
static bool block_taken[TLS_CONNECTIONS];
static arena_figures last_closed;
static tls_client *clients;

/* Fastest first on a processor without AES. */
static const int cipher_suites[] = {
	MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
	MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	0,
};

static const struct {
	int id;
	const char *name;
} cipher_names[] = {
	{MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256"},
	{MBEDTLS_TLS1_3_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256"},
	{MBEDTLS_TLS1_3_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384"},
	{MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
	{MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
	{MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
	{MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
	{MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
	{MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
};

/* The first is the one key share that is sent: P-256, the fastest here. */
static const uint16_t groups[] = {
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_NONE,
};

/* Who can prove our certificate knows its curve; a share of X25519, which browsers send, would take 20 M cycles more than to ask for another. */
static const uint16_t server_groups[] = {
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_NONE,
};

static const uint16_t signature_algorithms[] = {
	MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
	MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
	MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
	MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
	MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
	MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
	MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
	MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
	MBEDTLS_TLS1_3_SIG_NONE,
};

static const char *const phases[] = {"connect", "handshake", "data", "data"};

static void wake(tls_client *client)
{
	client->work = true;
	loop_wake();
}

/* ---- The callbacks of lwIP: keep, set a bit, return. */

static err_t on_connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
	tls_client *client = argument;

	(void)pcb;
	(void)error; /* always ERR_OK (lwIP tcp.h, tcp_connected_fn) */
	client->connected = true;
	wake(client);
	return ERR_OK;
}

static err_t on_received(void *argument, struct tcp_pcb *pcb, struct pbuf *bytes, err_t error)
{
	tls_client *client = argument;

	(void)pcb;
	(void)error;
	if (!bytes)
		client->finished = true;
	else if (client->received)
		pbuf_cat(client->received, bytes);
	else
		client->received = bytes;
	wake(client);
	return ERR_OK;
}

static err_t on_sent(void *argument, struct tcp_pcb *pcb, u16_t length_bytes)
{
	(void)pcb;
	(void)length_bytes;
	wake(argument);
	return ERR_OK;
}

/* lwIP has freed the pcb before it calls this. */
static void on_error(void *argument, err_t error)
{
	tls_client *client = argument;

	client->pcb = NULL;
	client->reset = error;
	wake(client);
}

/* A closed connection whose peer never answers does not stay for minutes. */
static err_t on_close_timeout(void *argument, struct tcp_pcb *pcb)
{
	(void)argument;
	tcp_abort(pcb);
	return ERR_ABRT;
}

/* ---- The BIO. */

static int bio_send(void *context, const unsigned char *from, size_t length_bytes)
{
	tls_client *client = context;
	size_t room;

	if (!client->pcb)
		return MBEDTLS_ERR_NET_CONN_RESET;
	room = tcp_sndbuf(client->pcb);
	if (length_bytes > room)
		length_bytes = room;
	if (length_bytes == 0 || tcp_write(client->pcb, from, (u16_t)length_bytes, TCP_WRITE_FLAG_COPY) != ERR_OK)
		return MBEDTLS_ERR_SSL_WANT_WRITE;
	return (int)length_bytes;
}

/* A record that brings nothing farther, unless it is seen to bring data. A message is one, however many it is cut over. */
static bool is_idle(const tls_client *client, uint8_t record_type)
{
	return record_type == MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC || record_type == MBEDTLS_SSL_MSG_ALERT
		|| (client->state == STATE_OPEN && !handshake_is_amid_message(&client->ssl));
}

static int bio_receive(void *context, unsigned char *to, size_t length_bytes)
{
	tls_client *client = context;
	size_t count = 0, had;

	while (client->received && count < length_bytes) {
		struct pbuf *first = client->received;
		uint16_t left = (uint16_t)(first->len - client->received_offset);
		size_t part = length_bytes - count < left ? length_bytes - count : left;

		memcpy(to + count, (const uint8_t *)first->payload + client->received_offset, part);
		count += part;
		client->received_offset = (uint16_t)(client->received_offset + part);
		if (client->received_offset == first->len) {
			client->received = first->next;
			client->received_offset = 0;
			if (first->next)
				pbuf_ref(first->next); /* or pbuf_free would take the rest too */
			pbuf_free(first);
		}
	}
	if (count > 0) {
		client->took = true;
		/* Acknowledged as taken, so that a record larger than the window can come. */
		if (client->pcb)
			tcp_recved(client->pcb, (u16_t)count);
		if (length_bytes == RECORD_HEADER_BYTES && is_idle(client, to[0]) && ++client->idle_records > IDLE_RECORDS_MAX)
			return MBEDTLS_ERR_SSL_INVALID_RECORD;
		/* The library asks for a record's header, and then for the rest. */
		had = client->ssl.MBEDTLS_PRIVATE(in_left);
		if (had < RECORD_HEADER_BYTES && had + count == RECORD_HEADER_BYTES) {
			const unsigned char *header = to - had;
			int error = handshake_record_fault(&client->ssl, client->record_type, header);
			if (error != 0)
				return error;
			client->record_type = header[0];
		}
		return (int)count;
	}
	if (client->reset != ERR_OK)
		return MBEDTLS_ERR_NET_CONN_RESET;
	return client->finished ? 0 : MBEDTLS_ERR_SSL_WANT_READ;
}

static int bio_random(void *context, unsigned char *to, size_t length_bytes)
{
	(void)context;
	return random_fill(to, length_bytes) == 0 ? 0 : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

/* ---- TCP. */

static void drop_received(tls_client *client)
{
	uint16_t count;

	if (!client->received)
		return;
	count = (uint16_t)(client->received->tot_len - client->received_offset);
	/* lwIP resets instead of closing while it counts unread bytes (tcp_close_shutdown). */
	if (client->pcb && count > 0)
		tcp_recved(client->pcb, count);
	pbuf_free(client->received);
	client->received = NULL;
	client->received_offset = 0;
}

/* Lets TCP go: what is queued, an alert or close_notify, is still sent. */
static void release_tcp(tls_client *client)
{
	struct tcp_pcb *pcb = client->pcb;

	drop_received(client);
	if (!pcb)
		return;
	client->pcb = NULL;
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	tcp_poll(pcb, on_close_timeout, CLOSE_TIMEOUT_HALF_SECONDS);
	/* A server that was refused may leave its end open: when all places are taken, lwIP gives this one to who connects next. */
	if (client->failure.code || (!pcb->unsent && !pcb->unacked))
		tcp_setprio(pcb, TCP_PRIO_MIN);
	if (tcp_close(pcb) != ERR_OK) {
		tcp_poll(pcb, NULL, 0);
		tcp_abort(pcb);
	}
}

/* ---- Ends. */

static void end(tls_client *client, const char *code, int library_error)
{
	if (client->state == STATE_ENDED)
		return; /* the first reason stays */
	client->failure.code = code;
	client->failure.phase = phases[client->state];
	client->failure.library_error = library_error;
	if (client->state != STATE_CONNECTING && library_error != 0)
		sessions_drop(client->proof.key); /* RFC 5246 7.2.2; a clean end has no error */
	client->state = STATE_ENDED;
	client->deadline_us = client->retry_us = UINT64_MAX;
	client->events |= TLS_EVENT_FAILED;
	release_tcp(client);
}

static const char *tcp_code(err_t error, bool connected)
{
	if (error == ERR_RST)
		return connected ? "ECONNRESET" : "ECONNREFUSED";
	/* lwIP tells ERR_ABRT when its retransmissions are used up (tcp_slowtmr). */
	return "ETIMEDOUT";
}

/* An alert after we had no certificate to show. TLS 1.3 has one for it, which comes when the handshake is over for us. */
static bool is_for_want_of_identity(const tls_client *client)
{
	if (client->identity)
		return false;
	return client->failure.alert == MBEDTLS_SSL_ALERT_MSG_CERT_REQUIRED
		|| (client->state == STATE_HANDSHAKE && handshake_asks_for_certificate(&client->ssl));
}

/* The library answered an error: what is it called, and what was its ground? */
static void end_by_library(tls_client *client, int error)
{
	arena_figures figures;

	handshake_send_pending_alert(&client->ssl);
	arena_measure(client->memory, &figures);
	if (!client->server)
		verify_take_rest(&client->verify, mbedtls_ssl_get_verify_result(&client->ssl));
	if (figures.refusals > 0) {
		/* First: a root that could not be parsed for want of memory reads as no trust. */
		end(client, "ERR_TLS_MEMORY", error);
	} else if (client->state == STATE_HANDSHAKE && client->verify.code) {
		client->failure.certificate = &client->verify.certificate;
		client->failure.names = client->verify.names[0] ? client->verify.names : NULL;
		end(client, client->verify.code, error);
	} else if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE && client->ssl.MBEDTLS_PRIVATE(in_msgtype) == MBEDTLS_SSL_MSG_ALERT) {
		client->failure.alert = client->ssl.MBEDTLS_PRIVATE(in_msg)[1];
		end(client, is_for_want_of_identity(client) ? "ERR_TLS_CERTIFICATE_REQUIRED" : "ERR_TLS_ALERT", error);
	} else if (error == MBEDTLS_ERR_NET_CONN_RESET) {
		end(client, tcp_code(client->reset, true), client->reset);
	} else if (error == MBEDTLS_ERR_SSL_CONN_EOF || error == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
		end(client, "ERR_TLS_CUT", error);
	} else {
		end(client, "ERR_TLS_PROTOCOL", error);
	}
}

/* ---- Steps. */

static bool wants_more(tls_client *client, int error)
{
	if (error == MBEDTLS_ERR_SSL_WANT_WRITE)
		client->retry_us = time_us_64() + RETRY_US;
	return error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE;
}

static void take_session(tls_client *client)
{
	int cipher = mbedtls_ssl_get_ciphersuite_id_from_ssl(&client->ssl);

	client->session.protocol = mbedtls_ssl_get_version(&client->ssl);
	client->session.cipher = "unknown";
	for (size_t i = 0; i < sizeof cipher_names / sizeof cipher_names[0]; i++) {
		if (cipher_names[i].id == cipher)
			client->session.cipher = cipher_names[i].name;
	}
	client->session.application_protocol = mbedtls_ssl_get_alpn_protocol(&client->ssl);
	client->session.certificate = client->server ? NULL : &client->verify.certificate;
}

/* A server that has not answered does not know the limit (RFC 8449 4). In TLS 1.2 the library does not tell. */
static void take_record_limit(tls_client *client)
{
	uint8_t asked = client->config.MBEDTLS_PRIVATE(mfl_code);

	if (asked != MBEDTLS_SSL_MAX_FRAG_LEN_NONE && client->ssl.MBEDTLS_PRIVATE(session)->MBEDTLS_PRIVATE(record_size_limit) != 0)
		client->record_limit_bytes = (uint16_t)(256u << asked);
}

/* ---- Resumption. */

/* TLS 1.2 sessions without extended master secret are not resumed (RFC 7627 5.3). */
static void keep_session(tls_client *client)
{
	const mbedtls_ssl_session *session = client->ssl.MBEDTLS_PRIVATE(session);

	if (mbedtls_ssl_get_version_number(&client->ssl) == MBEDTLS_SSL_VERSION_TLS1_3 || client->extended_master_secret)
		sessions_keep(&client->proof, session, &client->verify.certificate);
}

/* As late as can be: a server that is not reached costs no ticket. */
static void offer_session(tls_client *client)
{
	client->offered = sessions_take(client->proof.key);
	if (client->offered && sessions_offer(client->offered, &client->ssl, client->verify.host_is_address ? NULL : client->host) != 0)
		end(client, "ERR_TLS_MEMORY", MBEDTLS_ERR_SSL_ALLOC_FAILED);
}

/* The one place that says who the server is: judged in this handshake, or in an earlier one that this one resumes. */
static bool take_proof(tls_client *client)
{
	bool is_12 = mbedtls_ssl_get_version_number(&client->ssl) == MBEDTLS_SSL_VERSION_TLS1_2;

	if (client->verify.code || mbedtls_ssl_get_verify_result(&client->ssl) != 0 || client->verify.judged == client->has_resumed)
		return false;
	if (client->verify.judged) {
		sessions_prove(&client->proof, client->verify.both.valid_from, client->verify.both.valid_until);
		/* A root of the request's own answers for the request, not for the time. */
		if (!client->roots)
			wall_clock_prove_ms(client->verify.both.valid_from * 1000);
		return true;
	}
	if (!client->offered || sessions_is_12(client->offered) != is_12 || (is_12 && !client->extended_master_secret))
		return false;
	sessions_recall(client->offered, &client->proof, &client->verify.certificate);
	client->session.resumed = true;
	return true;
}

/* What the library lets pass in a step that went well. */
static int step_fault(tls_client *client)
{
	arena_figures figures;

	/* Finished of TLS 1.2 is computed without a look at whether there was memory for it. */
	arena_measure(client->memory, &figures);
	if (figures.refusals > 0)
		return MBEDTLS_ERR_SSL_ALLOC_FAILED;
	if (!handshake_retries_in_vain(&client->ssl))
		return 0;
	handshake_send_alert(&client->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER);
	return MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER;
}

/* One message of the handshake a turn: the longest, a signature, is the slice. */
static void step_handshake(tls_client *client)
{
	int error;

	if (client->ssl.MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_HANDSHAKE_WRAPUP) {
		client->extended_master_secret = handshake_has_extended_master_secret(&client->ssl);
		client->has_resumed = handshake_has_resumed(&client->ssl);
	}
	error = handshake_step(&client->ssl);
	if (wants_more(client, error))
		return;
	if (error == 0)
		error = step_fault(client);
	if (error != 0) {
		end_by_library(client, error);
		return;
	}
	wake(client);
	if (!mbedtls_ssl_is_handshake_over(&client->ssl))
		return;
	/* Belt and braces: the library fails the handshake itself when a certificate was refused. */
	if (!client->server && !take_proof(client)) {
		end_by_library(client, MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
		return;
	}
	take_session(client);
	take_record_limit(client);
	if (!client->server && mbedtls_ssl_get_version_number(&client->ssl) == MBEDTLS_SSL_VERSION_TLS1_2
		&& (client->session.resumed || !client->offered || !sessions_is_same_ticket(client->offered, client->ssl.MBEDTLS_PRIVATE(session))))
		keep_session(client);
	sessions_free(client->offered);
	client->offered = NULL;
	client->state = STATE_OPEN;
	client->deadline_us = UINT64_MAX;
	client->events |= TLS_EVENT_OPEN;
}

static void step_flush(tls_client *client)
{
	int error = mbedtls_ssl_flush_output(&client->ssl);

	if (error == 0)
		client->flushing = false;
	else if (!wants_more(client, error))
		end_by_library(client, error);
}

/* Decrypts the next record when the last one has been read. */
static void step_receive(tls_client *client)
{
	int error;

	if (mbedtls_ssl_get_bytes_avail(&client->ssl) > 0)
		return;
	client->took = false;
	error = handshake_receive(&client->ssl);
	if (error == MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE)
		error = handshake_take_key_update(&client->ssl, &client->owes_key_update);
	if (mbedtls_ssl_get_bytes_avail(&client->ssl) > client->record_limit_bytes) {
		mbedtls_ssl_send_alert_message(&client->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW);
		end_by_library(client, MBEDTLS_ERR_SSL_INVALID_RECORD);
	} else if (mbedtls_ssl_get_bytes_avail(&client->ssl) > 0) {
		client->idle_records = 0;
		client->events |= TLS_EVENT_READABLE;
	} else if (error == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
		keep_session(client);
		wake(client);
	} else if (error == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
		mbedtls_ssl_close_notify(&client->ssl);
		end(client, "ECLOSED", 0);
	} else if (error == 0 && client->finished && !client->took) {
		end(client, "ERR_TLS_CUT", MBEDTLS_ERR_SSL_CONN_EOF);
	} else if (error == 0) {
		wake(client); /* an empty record, or a KeyUpdate: more may be behind it */
	} else if (!wants_more(client, error)) {
		end_by_library(client, error);
	} else if (client->received || mbedtls_ssl_check_pending(&client->ssl)) {
		wake(client); /* a warning, or a ticket that the next call reads */
	}
}

static void step_key_update(tls_client *client)
{
	int error = handshake_send_key_update(&client->ssl);

	client->owes_key_update = false;
	client->flushing = error == MBEDTLS_ERR_SSL_WANT_WRITE;
	if (error != 0 && !wants_more(client, error))
		end_by_library(client, error);
}

static void step_open(tls_client *client)
{
	if (client->flushing)
		step_flush(client);
	if (client->state == STATE_OPEN)
		step_receive(client);
	if (client->state == STATE_OPEN && client->owes_key_update && !client->flushing)
		step_key_update(client);
	if (client->state == STATE_OPEN) {
		bool writable = tls_client_writable(client) > 0;
		if (writable && !client->was_writable)
			client->events |= TLS_EVENT_WRITABLE;
		client->was_writable = writable;
	}
}

static void step(tls_client *client)
{
	arena *before = arena_enter(client->memory);

	client->work = false;
	client->retry_us = UINT64_MAX;
	if (client->state == STATE_CONNECTING && client->connected) {
		client->state = STATE_HANDSHAKE;
		offer_session(client);
	}
	switch (client->state) {
	case STATE_CONNECTING:
		if (client->reset != ERR_OK)
			end(client, tcp_code(client->reset, false), client->reset);
		break;
	case STATE_HANDSHAKE:
		step_handshake(client);
		break;
	case STATE_OPEN:
		step_open(client);
		break;
	case STATE_ENDED:
		break;
	}
	if (client->state < STATE_OPEN && time_us_64() >= client->deadline_us)
		end(client, "ETIMEDOUT", 0);
	if (client->pcb)
		tcp_output(client->pcb);
	arena_leave(before);
}

static uint64_t next_look_us(const tls_client *client)
{
	return client->retry_us < client->deadline_us ? client->retry_us : client->deadline_us;
}

static void poll(void)
{
	tls_client *next;

	for (tls_client *client = clients; client; client = next) {
		next = client->next;
		if (client->work || time_us_64() >= next_look_us(client))
			step(client);
		if (client->events)
			client->changed(client->context);
	}
}

static uint64_t next_at_us(void)
{
	uint64_t earliest = UINT64_MAX;

	for (const tls_client *client = clients; client; client = client->next) {
		if (client->work)
			return 0;
		if (next_look_us(client) < earliest)
			earliest = next_look_us(client);
	}
	return earliest;
}

static loop_poller poller = {.poll = poll, .next_at_us = next_at_us};

/* ---- Opening. */

static bool copy_roots(tls_client *client, const tls_options *options)
{
	for (unsigned i = 0; i < options->root_count; i++) {
		size_t length_bytes = options->roots[i].length_bytes;
		roots_extra *extra = arena_calloc(1, sizeof *extra + length_bytes);
		if (!extra)
			return false;
		memcpy(extra + 1, options->roots[i].bytes, length_bytes);
		extra->der = (const uint8_t *)(extra + 1);
		extra->length_bytes = length_bytes;
		extra->next = client->roots;
		client->roots = extra;
	}
	return true;
}

static bool copy_pins(tls_client *client, const tls_options *options)
{
	uint8_t *pins;

	if (options->pin_count == 0)
		return true;
	pins = arena_calloc(options->pin_count, PIN_BYTES);
	if (!pins)
		return false;
	memcpy(pins, options->pins, options->pin_count * PIN_BYTES);
	client->verify.both.pins = pins;
	client->verify.both.pin_count = options->pin_count;
	return true;
}

bool tls_connection_protocols(mbedtls_ssl_config *config, const char *protocols, char text[TLS_PROTOCOLS_BYTES], const char *list[TLS_PROTOCOLS + 1])
{
	char *at = text;
	unsigned count = 0;

	if (!protocols || !*protocols)
		return true;
	if (strlen(protocols) >= TLS_PROTOCOLS_BYTES)
		return false;
	strcpy(at, protocols);
	while (at && count < TLS_PROTOCOLS) {
		char *comma = strchr(at, ',');
		if (comma)
			*comma++ = '\0';
		list[count++] = at;
		at = comma;
	}
	return !at && mbedtls_ssl_conf_alpn_protocols(config, list) == 0;
}

int tls_connection_configure(mbedtls_ssl_config *config, int endpoint)
{
	int error = mbedtls_ssl_config_defaults(config, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);

	mbedtls_ssl_conf_ciphersuites(config, cipher_suites);
	mbedtls_ssl_conf_groups(config, endpoint == MBEDTLS_SSL_IS_SERVER ? server_groups : groups);
	mbedtls_ssl_conf_sig_algs(config, signature_algorithms);
	mbedtls_ssl_conf_rng(config, bio_random, NULL);
	return error;
}

static void hash_part(mbedtls_sha256_context *hash, const void *part, size_t length_bytes)
{
	uint32_t length = (uint32_t)length_bytes;

	mbedtls_sha256_update(hash, (const unsigned char *)&length, sizeof length);
	mbedtls_sha256_update(hash, part, length_bytes);
}

/* All that a session rests on: whom it was asked of, and by which rules it was judged. The image's roots are of the firmware. */
static void session_key(const tls_options *options, uint8_t key[SESSIONS_KEY_BYTES])
{
	mbedtls_sha256_context hash;
	uint8_t digest[32];

	mbedtls_sha256_init(&hash);
	mbedtls_sha256_starts(&hash, 0);
	hash_part(&hash, options->host, strlen(options->host));
	hash_part(&hash, &options->port, sizeof options->port);
	hash_part(&hash, &options->minimum_version, sizeof options->minimum_version);
	hash_part(&hash, &options->maximum_version, sizeof options->maximum_version);
	hash_part(&hash, options->protocols ? options->protocols : "", options->protocols ? strlen(options->protocols) : 0);
	/* The count keeps a root and a certificate of ours apart, which may be the same bytes. */
	hash_part(&hash, &options->root_count, sizeof options->root_count);
	for (unsigned i = 0; i < options->root_count; i++)
		hash_part(&hash, options->roots[i].bytes, options->roots[i].length_bytes);
	hash_part(&hash, options->pins, options->pin_count * PIN_BYTES);
	if (options->identity)
		hash_part(&hash, options->identity->chain->bytes, options->identity->chain->length_bytes);
	hash_part(&hash, &options->maximum_fragment_bytes, sizeof options->maximum_fragment_bytes);
	mbedtls_sha256_finish(&hash, digest);
	mbedtls_sha256_free(&hash);
	memcpy(key, digest, SESSIONS_KEY_BYTES);
}

static unsigned char fragment_code(uint16_t bytes)
{
	switch (bytes) {
	case 512: return MBEDTLS_SSL_MAX_FRAG_LEN_512;
	case 1024: return MBEDTLS_SSL_MAX_FRAG_LEN_1024;
	case 2048: return MBEDTLS_SSL_MAX_FRAG_LEN_2048;
	case 4096: return MBEDTLS_SSL_MAX_FRAG_LEN_4096;
	default: return MBEDTLS_SSL_MAX_FRAG_LEN_NONE;
	}
}

/* Into the connection's arena. Answers the code of a refusal, or NULL. */
static const char *copy_identity(tls_client *client, const identity_options *from)
{
	if (!from)
		return NULL;
	client->identity = arena_calloc(1, sizeof *client->identity);
	return client->identity ? identity_read(client->identity, from) : "ERR_TLS_MEMORY";
}

static bool set_up(tls_client *client, const tls_options *options)
{
	mbedtls_ssl_config *config = &client->config;
	bool by_name = !client->verify.host_is_address;

	if (tls_connection_configure(config, MBEDTLS_SSL_IS_CLIENT) != 0)
		return false;
	mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_cert_profile(config, &verify_profile);
	mbedtls_ssl_conf_min_tls_version(config,
		options->minimum_version == TLS_VERSION_1_3 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_max_tls_version(config,
		options->maximum_version == TLS_VERSION_1_2 ? MBEDTLS_SSL_VERSION_TLS1_2 : MBEDTLS_SSL_VERSION_TLS1_3);
	mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
	mbedtls_ssl_conf_ca_cb(config, verify_candidates, &client->verify);
	if (client->identity && mbedtls_ssl_conf_own_cert(config, &client->identity->chain, &client->identity->key) != 0)
		return false;
	if (mbedtls_ssl_conf_max_frag_len(config, fragment_code(options->maximum_fragment_bytes)) != 0)
		return false;
	if (!tls_connection_protocols(config, options->protocols, client->protocols, client->protocol_list) || !tls_connection_bind(client, config))
		return false;
	mbedtls_ssl_set_verify(&client->ssl, verify_take, &client->verify);
	/* An address is no server name (RFC 6066 3); verify.c proves it by iPAddress. */
	return mbedtls_ssl_set_hostname(&client->ssl, by_name ? client->host : NULL) == 0;
}

bool tls_connection_bind(tls_client *client, const mbedtls_ssl_config *config)
{
	if (mbedtls_ssl_setup(&client->ssl, config) != 0)
		return false;
	mbedtls_ssl_set_bio(&client->ssl, client, bio_send, bio_receive, NULL);
	return true;
}

void tls_connection_attach(tls_client *client, struct tcp_pcb *pcb)
{
	client->pcb = pcb;
	tcp_arg(pcb, client);
	tcp_recv(pcb, on_received);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_error);
	ip_set_option(pcb, SOF_KEEPALIVE);
}

static bool start_tcp(tls_client *client, const tls_options *options)
{
	struct tcp_pcb *pcb = tcp_new_ip_type(IP_GET_TYPE(&options->address));

	if (!pcb)
		return false;
	tls_connection_attach(client, pcb);
	if (options->keep_alive_ms)
		client->pcb->keep_idle = options->keep_alive_ms;
	if (options->no_delay)
		tcp_nagle_disable(client->pcb);
	return tcp_connect(client->pcb, &options->address, options->port, on_connected) == ERR_OK;
}

static const char *refusal(const tls_options *options)
{
	if (!wall_clock_is_set())
		return "ERR_TLS_CLOCK_UNSET";
	if (!options->host || !*options->host || strlen(options->host) >= TLS_HOST_BYTES)
		return "ERR_TLS_HOST";
	return tls_connection_begin();
}

const char *tls_connection_begin(void)
{
	static bool started;
	uint8_t probe;

	if (random_fill(&probe, sizeof probe) != 0)
		return "ERR_ENTROPY_STUCK";
	if (!started) {
		if (psa_crypto_init() != PSA_SUCCESS)
			return "ERR_TLS_MEMORY";
		loop_add(&poller);
		started = true;
	}
	return NULL;
}

static int take_block(void)
{
	for (int i = 0; i < TLS_CONNECTIONS; i++) {
		if (!block_taken[i])
			return i;
	}
	return -1;
}

static void give_block_back(arena *memory)
{
	for (int i = 0; i < TLS_CONNECTIONS; i++) {
		if ((void *)blocks[i] == (void *)memory)
			block_taken[i] = false;
	}
	arena_measure(memory, &last_closed);
	last_closed.used_bytes = 0;
	arena_close(memory);
}

/* Frees what the library holds outside the arena (PSA keys), then the arena. */
void tls_connection_release(tls_client *client)
{
	tls_server *server = client->server;
	void (*released)(tls_server *) = client->released;
	arena *memory = client->memory;
	arena *before = arena_enter(memory);

	release_tcp(client);
	verify_end(&client->verify);
	if (client->identity)
		identity_end(client->identity);
	mbedtls_ssl_free(&client->ssl);
	mbedtls_ssl_config_free(&client->config);
	arena_leave(before);
	give_block_back(memory);
	if (released)
		released(server);
}

tls_client *tls_connection_new(uint32_t handshake_timeout_ms, const char **code)
{
	int index = take_block();
	arena *memory, *before;
	tls_client *client;

	*code = "ERR_TLS_BUSY";
	if (index < 0)
		return NULL;
	*code = "ERR_TLS_MEMORY";
	block_taken[index] = true;
	memory = arena_open(blocks[index], sizeof blocks[index]);
	before = arena_enter(memory);
	client = arena_calloc(1, sizeof *client);
	arena_leave(before);
	if (!client) {
		give_block_back(memory);
		return NULL;
	}
	client->memory = memory;
	client->failure.alert = -1;
	client->record_limit_bytes = UINT16_MAX;
	client->retry_us = UINT64_MAX;
	client->deadline_us = time_us_64() + 1000ull * (handshake_timeout_ms ? handshake_timeout_ms : TLS_HANDSHAKE_TIMEOUT_MS);
	mbedtls_ssl_init(&client->ssl);
	mbedtls_ssl_config_init(&client->config);
	return client;
}

void tls_connection_start(tls_client *client)
{
	client->next = clients;
	clients = client;
}

tls_client *tls_connection_first(void)
{
	return clients;
}

static tls_client *refuse(tls_failure *failure, const char *code)
{
	*failure = (tls_failure){.code = code, .phase = "open", .alert = -1};
	return NULL;
}

const char *tls_connection_want(const arena *memory, const char *code)
{
	arena_figures figures;

	arena_measure(memory, &figures);
	return code && figures.refusals == 0 ? code : "ERR_TLS_MEMORY";
}

tls_client *tls_client_open(const tls_options *options, tls_failure *failure)
{
	const char *code = refusal(options);
	arena *before;
	tls_client *client;
	bool ready;

	if (code)
		return refuse(failure, code);
	client = tls_connection_new(options->handshake_timeout_ms, &code);
	if (!client)
		return refuse(failure, code);
	before = arena_enter(client->memory);
	client->changed = options->changed;
	client->context = options->context;
	strcpy(client->host, options->host);
	session_key(options, client->proof.key);
	ready = copy_roots(client, options);
	verify_start(&client->verify, client->host, wall_clock_now_ms() / 1000, client->roots);
	ready = ready && copy_pins(client, options);
	code = copy_identity(client, options->identity);
	ready = ready && !code && set_up(client, options) && start_tcp(client, options);
	arena_leave(before);
	if (!ready) {
		code = tls_connection_want(client->memory, code);
		tls_connection_release(client);
		return refuse(failure, code);
	}
	tls_connection_start(client);
	return client;
}

/* ---- The owner's calls. */

void tls_client_adopt(tls_client *client, void (*changed)(void *context), void *context)
{
	client->changed = changed;
	client->context = context;
	client->events |= client->state == STATE_ENDED ? TLS_EVENT_FAILED : TLS_EVENT_READABLE | TLS_EVENT_WRITABLE;
	loop_wake();
}

unsigned tls_client_events(tls_client *client)
{
	unsigned events = client->events;

	client->events = 0;
	return events;
}

size_t tls_client_readable(const tls_client *client)
{
	size_t count = client->session.protocol ? mbedtls_ssl_get_bytes_avail(&client->ssl) : 0;

	return count > client->record_limit_bytes ? 0 : count; /* what ended the connection is not handed out */
}

size_t tls_client_read(tls_client *client, void *to, size_t length_bytes)
{
	size_t readable = tls_client_readable(client);
	arena *before;
	int count;

	if (length_bytes > readable)
		length_bytes = readable;
	if (length_bytes == 0)
		return 0;
	before = arena_enter(client->memory);
	count = mbedtls_ssl_read(&client->ssl, to, length_bytes);
	arena_leave(before);
	wake(client); /* the next record, or the window update */
	return count > 0 ? (size_t)count : 0;
}

const ip_addr_t *tls_client_remote(const tls_client *client, uint16_t *port)
{
	if (!client->pcb)
		return NULL;
	*port = client->pcb->remote_port;
	return &client->pcb->remote_ip;
}

size_t tls_client_writable(const tls_client *client)
{
	int payload;
	size_t room;

	if (client->state != STATE_OPEN || !client->pcb || client->flushing)
		return 0;
	/* Between a ticket and the step that takes it, the library would take it in place of what is written. */
	if (client->ssl.MBEDTLS_PRIVATE(state) != MBEDTLS_SSL_HANDSHAKE_OVER)
		return 0;
	payload = mbedtls_ssl_get_max_out_record_payload(&client->ssl);
	room = tcp_sndbuf(client->pcb);
	if (payload <= 0 || room <= RECORD_OVERHEAD || tcp_sndqueuelen(client->pcb) + 4 > TCP_SND_QUEUELEN)
		return 0;
	room -= RECORD_OVERHEAD;
	return room < (size_t)payload ? room : (size_t)payload;
}

size_t tls_client_write(tls_client *client, const void *from, size_t length_bytes)
{
	size_t writable = tls_client_writable(client);
	arena *before;
	int count;

	if (length_bytes > writable)
		length_bytes = writable;
	if (length_bytes == 0)
		return 0;
	before = arena_enter(client->memory);
	count = mbedtls_ssl_write(&client->ssl, from, length_bytes);
	if (count == MBEDTLS_ERR_SSL_WANT_WRITE) {
		/* Encrypted already and kept in the library: step_flush sends it. */
		client->flushing = true;
		count = (int)length_bytes;
	} else if (count < 0) {
		end_by_library(client, count);
		count = 0;
	}
	if (client->pcb)
		tcp_output(client->pcb);
	arena_leave(before);
	client->was_writable = false; /* TLS_EVENT_WRITABLE tells when more can come */
	wake(client);
	return (size_t)count;
}

const tls_session *tls_client_session(const tls_client *client)
{
	return client->session.protocol ? &client->session : NULL;
}

const tls_failure *tls_client_failure(const tls_client *client)
{
	return client->failure.code ? &client->failure : NULL;
}

void tls_client_measure(const tls_client *client, arena_figures *to)
{
	arena_measure(client->memory, to);
}

void tls_client_measure_last(arena_figures *to)
{
	*to = last_closed;
	for (int i = 0; i < TLS_CONNECTIONS; i++) {
		if (block_taken[i])
			arena_measure((arena *)blocks[i], to);
	}
}

void tls_client_close(tls_client *client)
{
	tls_client **link = &clients;

	while (*link && *link != client)
		link = &(*link)->next;
	if (!*link)
		return;
	*link = client->next;
	if (client->state == STATE_OPEN) {
		arena *before = arena_enter(client->memory);
		if (!client->flushing || mbedtls_ssl_flush_output(&client->ssl) == 0)
			mbedtls_ssl_close_notify(&client->ssl);
		arena_leave(before);
	}
	tls_connection_release(client);
}
