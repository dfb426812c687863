// Natives of resolver.ts: one request each, over platform/lwip/resolver.h. Requests are a fixed few.

#include "engine.h"

#include <string.h>

#include "resolver.h"

#define REQUESTS_MAX 16
#define TIMEOUT_MAX_MS 600000

typedef struct xs_resolver {
	engine_event event; // first: deliver gets its address
	resolver_request request;
	bool held; // script has the handle
	resolver_result result;
	uint8_t address[RESOLVER_ADDRESS_BYTES_MAX];
	xsSlot told;
} xs_resolver;

static xs_resolver requests[REQUESTS_MAX];

static void on_found(resolver_request *request, resolver_result result, const uint8_t *address)
{
	xs_resolver *resolver = (xs_resolver *)((uint8_t *)request - offsetof(xs_resolver, request));
	resolver->result = result;
	memcpy(resolver->address, address, sizeof resolver->address);
	engine_post(&resolver->event);
}

// The one release; safe twice.
static void release(xs_resolver *resolver)
{
	engine_cancel(&resolver->event);
	resolver_cancel(&resolver->request);
	resolver->held = false;
}

static void destroy(void *data)
{
	if (data)
		release(data);
}

static void deliver(xsMachine *the, engine_event *event)
{
	xs_resolver *resolver = (xs_resolver *)event;
	xsmcVars(3);
	xsVar(0) = xsAccess(resolver->told);
	xsmcSetInteger(xsVar(1), resolver->result);
	if (resolver->result == RESOLVER_FOUND) {
		char text[ADDRESS_TEXT_BYTES];
		address_text(text, resolver->address, resolver->request.family == RESOLVER_IPV6 ? 16 : 4);
		xsmcSetString(xsVar(2), text);
	}
	xsCallFunction2(xsVar(0), xsUndefined, xsVar(1), xsVar(2));
}

// A server of the array's; zeros when there is none of this number.
static void server_of(xsMachine *the, xsSlot *servers, int number, ip_addr_t *address)
{
	char text[ADDRESS_TEXT_BYTES];
	xsmcGetIndex(xsVar(0), *servers, number);
	if (!xsmcTest(xsVar(0)))
		return;
	xsmcToStringBuffer(xsVar(0), text, sizeof text);
	if (!network_address_of_text(text, address) || ip_addr_isany(address))
		engine_throw(the, "EINVAL", "dns: server \"%s\" is no " NETWORK_ADDRESS_FORM, text);
}

// (host, family, timeoutMs, servers, told) -> handle
void xs_resolver_resolve(xsMachine *the)
{
	xsmcVars(1);
	double timeout_ms = xsmcToNumber(xsArg(2));
	if (!(timeout_ms >= 1 && timeout_ms <= TIMEOUT_MAX_MS))
		engine_throw(the, "EINVAL", "dns: a time limit of %d ms, expected 1 to %d", (int)timeout_ms, TIMEOUT_MAX_MS);
	int family = xsmcToInteger(xsArg(1));
	resolver_question question = {.family = family == 6 ? RESOLVER_IPV6 : family == 4 ? RESOLVER_IPV4 : RESOLVER_EITHER, .timeout_ms = (uint32_t)timeout_ms};
	for (int i = 0; i < RESOLVER_SERVERS_MAX; i++)
		server_of(the, &xsArg(3), i, &question.servers[i]);
	xsmcToString(xsArg(0));
	xsResult = xsNewHostObject(destroy);
	xs_resolver *resolver = NULL;
	for (int i = 0; i < REQUESTS_MAX && !resolver; i++) {
		if (!requests[i].held)
			resolver = &requests[i];
	}
	if (!resolver)
		engine_throw(the, "ENOMEM", "dns: %d names are being resolved, which is the most. Wait for one.", REQUESTS_MAX);
	memset(resolver, 0, sizeof *resolver);
	resolver->event.deliver = deliver;
	resolver->request.found = on_found;
	resolver->held = true;
	xsmcSetHostData(xsResult, resolver);
	engine_remember(the, &resolver->told, &xsArg(4));
	question.name = xsmcToString(xsArg(0));
	resolver->result = resolver_ask(&resolver->request, &question, resolver->address);
	if (resolver->result != RESOLVER_LATER)
		engine_post(&resolver->event);
}

// (handle)
void xs_resolver_cancel(xsMachine *the)
{
	xs_resolver *resolver = xsmcGetHostData(xsArg(0));
	if (!resolver)
		return;
	xsmcSetHostData(xsArg(0), NULL);
	engine_forget(the, &resolver->told);
	release(resolver);
}
