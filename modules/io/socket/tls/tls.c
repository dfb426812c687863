/*
 * Binding of platform/tls for tls.ts: decodes, calls, reports. One record a
 * connection in static storage, as many as there are arenas.
 */
#include "tls.h"

#include <string.h>

typedef struct tls {
	engine_event event; /* first: deliver gets it */
	xsSlot told; /* the script's function for events */
	tls_client *client; /* NULL while free */
	bool held; /* script has told */
} tls;

static tls sockets[TLS_CONNECTIONS];

/* Rows of xs_tls_text, as tls.ts numbers them. */
enum {
	TEXT_PROTOCOL,
	TEXT_CIPHER,
	TEXT_APPLICATION_PROTOCOL,
	TEXT_SUBJECT,
	TEXT_ISSUER,
	TEXT_NOT_BEFORE,
	TEXT_NOT_AFTER,
	TEXT_CODE,
	TEXT_PHASE,
	TEXT_NAMES,
};

/* Rows of xs_tls_figure, as tls.ts numbers them. */
enum {
	FIGURE_ALERT,
	FIGURE_LIBRARY_ERROR,
	FIGURE_SIZE,
	FIGURE_USED,
	FIGURE_PEAK,
	FIGURE_REACH,
	FIGURE_RESUMED,
};

#define ROOTS_MOST 8
#define CHAIN_MOST 4

static void on_changed(void *context)
{
	engine_post(&((tls *)context)->event);
}

static void deliver(xsMachine *the, engine_event *event)
{
	tls *socket = (tls *)event;
	unsigned events;

	if (!socket->client || !socket->held)
		return;
	events = tls_client_events(socket->client);
	if (!events)
		return;
	xsmcVars(2);
	xsVar(0) = xsAccess(socket->told);
	xsmcSetInteger(xsVar(1), (int)events);
	xsCallFunction1(xsVar(0), xsUndefined, xsVar(1)); /* may close: socket is not used below */
}

static void release(tls *socket)
{
	engine_cancel(&socket->event);
	if (socket->client)
		tls_client_close(socket->client);
	socket->client = NULL;
}

static void destroy(void *data)
{
	if (data)
		release(data);
}

static tls *free_socket(void)
{
	for (unsigned i = 0; i < TLS_CONNECTIONS; i++) {
		if (!sockets[i].client)
			return &sockets[i];
	}
	return NULL;
}

static tls_client *client_of(xsMachine *the, xsSlot *handle)
{
	tls *socket = xsmcGetHostData(*handle);

	return socket ? socket->client : NULL;
}

unsigned xs_tls_unpack(const uint8_t *from, size_t length_bytes, identity_der *to, unsigned most)
{
	unsigned count = 0;

	while (length_bytes > 4 && count < most) {
		size_t one = from[0] | (size_t)from[1] << 8 | (size_t)from[2] << 16 | (size_t)from[3] << 24;
		from += 4;
		length_bytes -= 4;
		if (one > length_bytes)
			break;
		to[count++] = (identity_der){.bytes = from, .length_bytes = one};
		from += one;
		length_bytes -= one;
	}
	return count;
}

/* (address, port, host, noDelay, minimumVersion, maximumVersion, protocols,
 * handshakeTimeoutMs, roots, identity, maximumFragmentLength, keepAliveMs, told, pins): a
 * handle, or the code of a refusal. The identity is a key and its chain, or empty. */
void xs_tls_open(xsMachine *the)
{
	char address[ADDRESS_TEXT_BYTES], host[256], protocols[64];
	identity_der roots[ROOTS_MOST], own[1 + CHAIN_MOST];
	identity_options identity;
	unsigned own_count;
	tls_options options = {.host = host, .protocols = protocols, .roots = roots, .changed = on_changed};
	tls_failure refused = {.code = "ERR_TLS_ADDRESS"};
	void *packed;
	xsUnsignedValue packed_bytes;
	tls *socket = free_socket();

	xsmcVars(1);
	xsmcToStringBuffer(xsArg(0), address, sizeof address);
	options.port = (uint16_t)xsmcToInteger(xsArg(1));
	xsmcToStringBuffer(xsArg(2), host, sizeof host);
	options.no_delay = xsmcToBoolean(xsArg(3));
	options.minimum_version = (tls_version)xsmcToInteger(xsArg(4));
	options.maximum_version = (tls_version)xsmcToInteger(xsArg(5));
	xsmcToStringBuffer(xsArg(6), protocols, sizeof protocols);
	options.handshake_timeout_ms = (uint32_t)xsmcToInteger(xsArg(7));
	if (!socket) {
		xsmcSetString(xsResult, "ERR_TLS_BUSY");
		return;
	}
	xsVar(0) = xsNewHostObject(destroy);
	memset(socket, 0, sizeof *socket);
	socket->event.deliver = deliver;
	options.context = socket;
	options.maximum_fragment_bytes = (uint16_t)xsmcToInteger(xsArg(10));
	options.keep_alive_ms = (uint32_t)xsmcToInteger(xsArg(11));
	engine_remember(the, &socket->told, &xsArg(12));
	socket->held = true;
	xsmcGetBufferReadable(xsArg(8), &packed, &packed_bytes);
	options.root_count = xs_tls_unpack(packed, packed_bytes, roots, ROOTS_MOST);
	xsmcGetBufferReadable(xsArg(9), &packed, &packed_bytes);
	own_count = xs_tls_unpack(packed, packed_bytes, own, 1 + CHAIN_MOST);
	if (own_count > 1) {
		identity = (identity_options){.key = own[0], .chain = &own[1], .chain_count = own_count - 1};
		options.identity = &identity;
	}
	xsmcGetBufferReadable(xsArg(13), &packed, &packed_bytes);
	options.pins = packed;
	options.pin_count = packed_bytes / PIN_BYTES;
	if (network_address_of_text(address, &options.address)) {
		refused.code = "ENETUNREACH";
		if (network_may_reach(&options.address))
			socket->client = tls_client_open(&options, &refused);
	}
	if (!socket->client) {
		engine_forget(the, &socket->told);
		xsmcSetString(xsResult, (char *)refused.code);
		return;
	}
	xsmcSetHostData(xsVar(0), socket);
	xsResult = xsVar(0);
}

void xs_tls_close(xsMachine *the)
{
	tls *socket = xsmcGetHostData(xsArg(0));

	xsmcSetHostData(xsArg(0), NULL);
	if (!socket)
		return;
	release(socket);
	engine_forget(the, &socket->told);
}

/* Nothing is told until script adopts it. */
bool xs_tls_hand_over(xsMachine *the, tls_client *client)
{
	tls *socket = free_socket();

	if (!socket)
		return false;
	xsResult = xsNewHostObject(destroy);
	memset(socket, 0, sizeof *socket);
	socket->event.deliver = deliver;
	socket->client = client;
	tls_client_adopt(client, on_changed, socket);
	xsmcSetHostData(xsResult, socket);
	return true;
}

/* (handle of a listener, told) */
void xs_tls_adopt(xsMachine *the)
{
	tls *socket = xsmcGetHostData(xsArg(0));

	if (!socket || socket->held)
		return;
	engine_remember(the, &socket->told, &xsArg(1));
	socket->held = true;
	engine_post(&socket->event);
}

/* (handle, whether the port): the server's address, or its port; undefined after the end. */
void xs_tls_remote(xsMachine *the)
{
	tls_client *client = client_of(the, &xsArg(0));
	uint16_t port;
	const ip_addr_t *address = client ? tls_client_remote(client, &port) : NULL;
	char text[ADDRESS_TEXT_BYTES];

	if (!address)
		return;
	if (xsmcToBoolean(xsArg(1)))
		xsmcSetInteger(xsResult, port);
	else {
		network_address_text(text, address);
		xsmcSetString(xsResult, text);
	}
}

void xs_tls_readable(xsMachine *the)
{
	tls_client *client = client_of(the, &xsArg(0));

	xsmcSetInteger(xsResult, client ? (int)tls_client_readable(client) : 0);
}

void xs_tls_writable(xsMachine *the)
{
	tls_client *client = client_of(the, &xsArg(0));

	xsmcSetInteger(xsResult, client ? (int)tls_client_writable(client) : 0);
}

void xs_tls_read(xsMachine *the)
{
	tls_client *client = client_of(the, &xsArg(0));
	void *to;
	xsUnsignedValue room;

	xsmcGetBufferWritable(xsArg(1), &to, &room);
	xsmcSetInteger(xsResult, client ? (int)tls_client_read(client, to, room) : 0);
}

void xs_tls_write(xsMachine *the)
{
	tls_client *client = client_of(the, &xsArg(0));
	void *from;
	xsUnsignedValue length;

	xsmcGetBufferReadable(xsArg(1), &from, &length);
	xsmcSetInteger(xsResult, client ? (int)tls_client_write(client, from, length) : 0);
}

static int sextet(char letter)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = strchr(alphabet, letter);

	return at ? (int)(at - alphabet) : -1;
}

static bool is_blank(char letter)
{
	return letter == '=' || (unsigned char)letter <= ' ';
}

/* (RFC 4648 4; white space and padding are passed over): its bytes, or undefined when a character is none of it. */
void xs_tls_base64(xsMachine *the)
{
	const char *at;
	uint8_t *to;
	void *made;
	xsUnsignedValue length = 0;
	uint32_t bits = 0, held = 0;

	for (at = xsmcToString(xsArg(0)); *at; at++) {
		if (is_blank(*at))
			continue;
		if (sextet(*at) < 0)
			return;
		length++;
	}
	xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)(length * 3 / 4));
	xsmcGetBufferWritable(xsResult, &made, &length);
	to = made;
	for (at = xsmcToString(xsArg(0)); *at; at++) { /* anew: the heap has moved */
		if (is_blank(*at))
			continue;
		bits = bits << 6 | (uint32_t)sextet(*at);
		held += 6;
		if (held >= 8) {
			held -= 8;
			*to++ = (uint8_t)(bits >> held);
		}
	}
}

static const char *text_of(const tls_client *client, int row)
{
	const tls_session *session = tls_client_session(client);
	const tls_failure *failure = tls_client_failure(client);
	const verify_certificate *certificate = session ? session->certificate : failure ? failure->certificate : NULL;

	switch (row) {
	case TEXT_PROTOCOL: return session ? session->protocol : NULL;
	case TEXT_CIPHER: return session ? session->cipher : NULL;
	case TEXT_APPLICATION_PROTOCOL: return session ? session->application_protocol : NULL;
	case TEXT_SUBJECT: return certificate ? certificate->subject : NULL;
	case TEXT_ISSUER: return certificate ? certificate->issuer : NULL;
	case TEXT_NOT_BEFORE: return certificate ? certificate->not_before : NULL;
	case TEXT_NOT_AFTER: return certificate ? certificate->not_after : NULL;
	case TEXT_CODE: return failure ? failure->code : NULL;
	case TEXT_PHASE: return failure ? failure->phase : NULL;
	case TEXT_NAMES: return failure ? failure->names : NULL;
	default: return NULL;
	}
}

/* (handle, row): a text, or undefined when there is none. */
void xs_tls_text(xsMachine *the)
{
	tls_client *client = client_of(the, &xsArg(0));
	const char *text = client ? text_of(client, xsmcToInteger(xsArg(1))) : NULL;

	if (text)
		xsmcSetString(xsResult, (char *)text);
}

/* (handle, row): a number; -1 when there is none. */
void xs_tls_figure(xsMachine *the)
{
	tls_client *client = client_of(the, &xsArg(0));
	const tls_failure *failure = client ? tls_client_failure(client) : NULL;
	arena_figures figures = {0};
	int value = -1;

	if (client)
		tls_client_measure(client, &figures);
	switch (xsmcToInteger(xsArg(1))) {
	case FIGURE_ALERT: value = failure ? failure->alert : -1; break;
	case FIGURE_LIBRARY_ERROR: value = failure ? failure->library_error : 0; break;
	case FIGURE_SIZE: value = (int)figures.size_bytes; break;
	case FIGURE_USED: value = (int)figures.used_bytes; break;
	case FIGURE_PEAK: value = (int)figures.peak_bytes; break;
	case FIGURE_REACH: value = (int)figures.reach_bytes; break;
	case FIGURE_RESUMED: value = client && tls_client_session(client) ? tls_client_session(client)->resumed : -1; break;
	}
	xsmcSetInteger(xsResult, value);
}
