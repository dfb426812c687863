/*
 * One verified fetch, or its refusal, by platform/tls alone: no SDK, no lwIP, no
 * engine. Prints one line a connection, "key=value" pairs, and exits 0.
 *
 * Settings: host, epoch (ms; absent: the clock stays unset), count, segment,
 * faults (for n from 1 on, the n-th allocation is refused, until one goes well),
 * writeRefusals, writes (how often the request is sent; once), minimum, maximum (0x0303, 0x0304), alpn, extra (the root is
 * given as the connection's own instead of the image's), stuck, key,
 * certificate, issuer (files, DER: the client's identity), fragment
 * (maximum_fragment_bytes). Between two of several connections: pass
 * (milliseconds that go by), thenEpoch (the clock is set). From the second one
 * on: thenAlpn, thenExtra, thenIdentity (the identity is given then only, and no
 * root of the connection's own). timeout (milliseconds) is for all, lastTimeout
 * for the last of several.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "loop.h"
#include "lwip_fake.h"
#include "peer.h"
#include "random.h"
#include "tls_client.h"
#include "wall_clock.h"

/* arena.c, built with ARENA_FAULTS. */
extern unsigned arena_fault_in;

static loop_poller *poller;
static bool pending;
static uint8_t generator[32];

void loop_add(loop_poller *added)
{
	poller = added;
}

void loop_wake(void)
{
}

const void *image_find(uint32_t type, unsigned index, size_t *length_bytes)
{
	return type == IMAGE_ROOT && index == 0 && !peer_setting("extra") ? peer_root(length_bytes) : NULL;
}

/* Numbers for the test only: a linear congruence, the same at each run. */
int random_fill(void *to, size_t length_bytes)
{
	static uint64_t state = 0x123456789ABCDEF;

	(void)generator;
	if (peer_setting("stuck"))
		return RANDOM_STUCK;
	for (size_t i = 0; i < length_bytes; i++) {
		state = state * 6364136223846793005ull + 1442695040888963407ull;
		((uint8_t *)to)[i] = (uint8_t)(state >> 56);
	}
	return 0;
}

static void on_changed(void *context)
{
	(void)context;
	pending = true;
}

static void print(const char *key, const char *value)
{
	peer_print(key);
	peer_print("=");
	peer_print(value ? value : "-");
	peer_print("\t");
}

static void print_number(const char *key, unsigned long value)
{
	char text[24];

	snprintf(text, sizeof text, "%lu", value);
	print(key, text);
}

static void print_failure(const tls_failure *failure)
{
	print("code", failure->code);
	print("phase", failure->phase);
	print_number("libraryError", (unsigned long)-failure->library_error);
	if (failure->alert >= 0)
		print_number("alert", (unsigned long)failure->alert);
	if (failure->certificate) {
		print("subject", failure->certificate->subject);
		print("issuer", failure->certificate->issuer);
		print("notBefore", failure->certificate->not_before);
		print("notAfter", failure->certificate->not_after);
	}
	if (failure->names)
		print("names", failure->names);
}

static void print_session(const tls_session *session)
{
	print("protocol", session->protocol);
	print("cipher", session->cipher);
	print("alpn", session->application_protocol);
	print("resumed", session->resumed ? "yes" : "no");
	print("subject", session->certificate->subject);
	print("issuer", session->certificate->issuer);
	print("notAfter", session->certificate->not_after);
}

static unsigned long number(const char *name)
{
	const char *text = peer_setting(name);

	return text ? strtoul(text, NULL, 0) : 0;
}

/* A setting of the first connection, or of those behind it. */
static const char *setting(const char *name, const char *then, bool is_first)
{
	const char *text = is_first ? NULL : peer_setting(then);

	return text ? text : peer_setting(name);
}

static void fetch_once(bool is_first, bool is_last)
{
	static char body[20000];
	static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
	tls_failure refused;
	size_t root_bytes;
	bool by_identity = peer_setting("thenIdentity") && !is_first;
	identity_der root = {.bytes = peer_root(&root_bytes), .length_bytes = root_bytes};
	tls_options options = {
		.port = 443,
		.host = peer_setting("host"),
		.minimum_version = (tls_version)number("minimum"),
		.maximum_version = (tls_version)number("maximum"),
		.protocols = setting("alpn", "thenAlpn", is_first),
		.roots = &root,
		.root_count = setting("extra", "thenExtra", is_first) && !by_identity ? 1 : 0,
		.handshake_timeout_ms = (uint32_t)number(is_last && peer_setting("lastTimeout") ? "lastTimeout" : "timeout"),
		.changed = on_changed,
	};
	identity_der chain[2];
	identity_options identity = {.chain = chain};
	arena_figures figures;
	tls_client *client;
	bool done = false, is_open = false;
	size_t received = 0, to_write = (sizeof request - 1) * (peer_setting("writes") ? number("writes") : 1);
	unsigned before = lwip_fake_sent_bytes;
	uint32_t start = peer_cycles();

	options.maximum_fragment_bytes = (uint16_t)number("fragment");
	identity.key.bytes = peer_file("key", &identity.key.length_bytes);
	chain[0].bytes = peer_file("certificate", &chain[0].length_bytes);
	chain[1].bytes = peer_file("issuer", &chain[1].length_bytes);
	identity.chain_count = chain[1].bytes ? 2 : 1;
	if (identity.key.bytes && (by_identity || !peer_setting("thenIdentity")))
		options.identity = &identity;
	client = tls_client_open(&options, &refused);
	free((void *)identity.key.bytes);
	free((void *)chain[0].bytes);
	free((void *)chain[1].bytes);
	if (!client) {
		print_failure(&refused);
		print_number("sentBytes", lwip_fake_sent_bytes - before);
		peer_print("\n");
		return;
	}
	while (!done) {
		unsigned events;
		lwip_fake_poll();
		poller->poll();
		if (!pending)
			continue;
		pending = false;
		events = tls_client_events(client);
		if (events & TLS_EVENT_OPEN) {
			tls_client_measure(client, &figures);
			print_number("handshakeCycles", peer_cycles() - start);
			print_number("handshakePeak", figures.peak_bytes);
			print_number("handshakeReach", figures.reach_bytes);
			print_number("idle", figures.used_bytes);
			print_session(tls_client_session(client));
			lwip_fake_set(0, (unsigned)number("writeRefusals"));
			is_open = true;
		}
		if (is_open && to_write > 0)
			to_write -= tls_client_write(client, request, to_write < sizeof request - 1 ? to_write : sizeof request - 1);
		while (tls_client_readable(client) > 0)
			received += tls_client_read(client, body, sizeof body);
		if (events & TLS_EVENT_FAILED) {
			print_failure(tls_client_failure(client));
			done = true;
		}
	}
	tls_client_measure(client, &figures);
	print_number("receivedBytes", received);
	print_number("peak", figures.peak_bytes);
	print_number("reach", figures.reach_bytes);
	print_number("allocations", figures.allocations);
	print_number("stack", peer_stack_peak());
	print_number("sentBytes", lwip_fake_sent_bytes - before);
	tls_client_close(client);
	peer_print("\n");
}

int main(int argc, char **argv)
{
	unsigned long count;

	peer_start(argc, argv);
	if (peer_setting("epoch"))
		wall_clock_set_ms(strtoll(peer_setting("epoch"), NULL, 10));
	lwip_fake_set((unsigned)number("segment"), 0);
	if (peer_setting("faults")) {
		for (unsigned n = 1;; n++) {
			arena_fault_in = n;
			fetch_once(true, false);
			if (arena_fault_in > 0)
				break;
		}
		arena_fault_in = 0;
	}
	count = peer_setting("count") ? number("count") : 1;
	for (unsigned long i = 0; i < count; i++) {
		if (i > 0) {
			peer_pass((uint32_t)number("pass"));
			if (peer_setting("thenEpoch"))
				wall_clock_set_ms(strtoll(peer_setting("thenEpoch"), NULL, 10));
		}
		fetch_once(i == 0, i == count - 1);
	}
	peer_exit(0);
	return 0;
}
