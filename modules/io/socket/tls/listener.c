/* Binding of platform/tls's listening side for listener.ts. */
#include "tls.h"

#include <stdio.h>
#include <string.h>

#include "tls_server.h"

#define CHAIN_MOST 4

typedef struct listener {
	engine_event event; /* first: deliver gets it */
	tls_server *server; /* NULL while closed */
	xsSlot told;
} listener;

static listener the_listener;

static void on_changed(void *context)
{
	engine_post(&((listener *)context)->event);
}

static void deliver(xsMachine *the, engine_event *event)
{
	listener *of = (listener *)event;

	if (!of->server)
		return;
	xsmcVars(2);
	xsVar(0) = xsAccess(of->told);
	xsmcSetInteger(xsVar(1), (int)tls_server_waiting(of->server));
	xsCallFunction1(xsVar(0), xsUndefined, xsVar(1)); /* may close: nothing is used below */
}

static void release(listener *of)
{
	if (!of->server)
		return;
	engine_cancel(&of->event);
	tls_server_close(of->server);
	of->server = NULL;
}

static void destroy(void *data)
{
	if (data)
		release(data);
}

/* (address or "", port, identity, protocols, minimumVersion, handshakeTimeoutMs, told): a handle, or the code of a refusal. */
void xs_tls_listener_open(xsMachine *the)
{
	char address[ADDRESS_TEXT_BYTES], protocols[64];
	identity_der own[1 + CHAIN_MOST];
	tls_server_options options = {.protocols = protocols, .changed = on_changed, .context = &the_listener};
	const char *code = "ENOMEM";
	void *packed;
	xsUnsignedValue packed_bytes;
	unsigned own_count;

	xsmcToStringBuffer(xsArg(0), address, sizeof address);
	options.port = (uint16_t)xsmcToInteger(xsArg(1));
	xsmcToStringBuffer(xsArg(3), protocols, sizeof protocols);
	options.minimum_version = (tls_version)xsmcToInteger(xsArg(4));
	options.handshake_timeout_ms = (uint32_t)xsmcToInteger(xsArg(5));
	if (address[0] == 0)
		ip_addr_copy(options.address, *IP_ANY_TYPE);
	else if (!network_address_of_text(address, &options.address)) {
		xsmcSetString(xsResult, "ERR_TLS_ADDRESS");
		return;
	}
	if (the_listener.server) {
		xsmcSetString(xsResult, (char *)code);
		return;
	}
	xsmcVars(1);
	xsVar(0) = xsNewHostObject(destroy);
	memset(&the_listener, 0, sizeof the_listener);
	the_listener.event.deliver = deliver;
	xsmcGetBufferReadable(xsArg(2), &packed, &packed_bytes);
	own_count = xs_tls_unpack(packed, packed_bytes, own, 1 + CHAIN_MOST);
	options.identity = (identity_options){.key = own[0], .chain = &own[1], .chain_count = own_count - 1};
	the_listener.server = own_count > 1 ? tls_server_open(&options, &code) : NULL;
	if (!the_listener.server) {
		xsmcSetString(xsResult, (char *)code);
		return;
	}
	xsmcSetHostData(xsVar(0), &the_listener);
	engine_remember(the, &the_listener.told, &xsArg(6));
	xsResult = xsVar(0);
}

/* (handle): the handle of the oldest connection that waits, for tls.ts; undefined when there is none. */
void xs_tls_listener_read(xsMachine *the)
{
	listener *of = xsmcGetHostData(xsArg(0));
	tls_client *client = of ? tls_server_take(of->server) : NULL;

	if (client)
		xs_tls_hand_over(the, client);
}

/* (handle): of the newest connection that failed "code phase address alert error", once; undefined when there is none. */
void xs_tls_listener_failure(xsMachine *the)
{
	listener *of = xsmcGetHostData(xsArg(0));
	tls_failure failure;
	ip_addr_t from;
	char address[ADDRESS_TEXT_BYTES], text[120];

	if (!of || !tls_server_take_failure(of->server, &failure, &from))
		return;
	network_address_text(address, &from);
	snprintf(text, sizeof text, "%s %s %s %d %d", failure.code, failure.phase, address, failure.alert, failure.library_error);
	xsmcSetString(xsResult, text);
}

void xs_tls_listener_port(xsMachine *the)
{
	listener *of = xsmcGetHostData(xsArg(0));

	if (of)
		xsmcSetInteger(xsResult, tls_server_port(of->server));
}

void xs_tls_listener_close(xsMachine *the)
{
	listener *of = xsmcGetHostData(xsArg(0));

	if (!of)
		return;
	xsmcSetHostData(xsArg(0), NULL);
	release(of);
	engine_forget(the, &of->told);
}
