// Natives of resolver.ts: one request each, over network_resolve().
//
// A request lives in a fixed table until both sides are done with it: the network's answer has come, and script has let go.

#include "engine.h"

#include <string.h>

#include "network.h"

#define REQUESTS_MAX 4

typedef struct xs_resolver {
	engine_event event; // first: deliver gets its address
	bool waiting; // network_resolve() will call on_found
	bool held; // script has the handle
	network_name result;
	uint32_t address;
	xsSlot told;
} xs_resolver;

static xs_resolver requests[REQUESTS_MAX];

static void on_found(void *context, network_name result, uint32_t network_order_address)
{
	xs_resolver *request = context;
	request->waiting = false;
	request->result = result;
	request->address = network_order_address;
	if (request->held)
		engine_post(&request->event);
}

static void let_go(xs_resolver *request)
{
	engine_cancel(&request->event);
	request->held = false;
}

static void destroy(void *data)
{
	if (data)
		let_go(data);
}

static void deliver(xsMachine *the, engine_event *event)
{
	xs_resolver *request = (xs_resolver *)event;
	xsmcVars(3);
	xsVar(0) = xsAccess(request->told);
	xsmcSetInteger(xsVar(1), request->result);
	if (request->result == NETWORK_NAME_FOUND) {
		char text[16];
		const uint8_t *byte = (const uint8_t *)&request->address;
		size_t length = 0;
		for (int i = 0; i < 4; i++) {
			unsigned value = byte[i];
			if (i > 0)
				text[length++] = '.';
			if (value >= 100)
				text[length++] = (char)('0' + value / 100);
			if (value >= 10)
				text[length++] = (char)('0' + value / 10 % 10);
			text[length++] = (char)('0' + value % 10);
		}
		xsmcSetStringBuffer(xsVar(2), text, (int)length);
	}
	xsCallFunction2(xsVar(0), xsUndefined, xsVar(1), xsVar(2));
}

// (host, told) -> handle
void xs_resolver_resolve(xsMachine *the)
{
	xsmcToString(xsArg(0));
	xsResult = xsNewHostObject(destroy);
	xs_resolver *request = NULL;
	for (int i = 0; i < REQUESTS_MAX && !request; i++) {
		if (!requests[i].waiting && !requests[i].held)
			request = &requests[i];
	}
	if (!request)
		engine_throw(the, "ENOMEM", "dns: %d names are being resolved, which is the most. Wait for one.", REQUESTS_MAX);
	memset(request, 0, sizeof *request);
	request->event.deliver = deliver;
	request->held = true;
	xsmcSetHostData(xsResult, request);
	engine_remember(the, &request->told, &xsArg(1));
	int result = network_resolve(xsmcToString(xsArg(0)), on_found, request);
	if (result == 0)
		request->waiting = true;
	else
		on_found(request, result, 0);
}

// (handle)
void xs_resolver_cancel(xsMachine *the)
{
	xs_resolver *request = xsmcGetHostData(xsArg(0));
	if (!request)
		return;
	xsmcSetHostData(xsArg(0), NULL);
	engine_forget(the, &request->told);
	let_go(request);
}
