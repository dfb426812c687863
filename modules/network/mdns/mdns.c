// Natives of mdns.ts, over platform/lwip/mdns.h. There is one responder a board.

#include "engine.h"

#include "mdns.h"

static engine_event event;
static xsSlot told;

// By responder_fault.
static const char *const sentences[] = {
	[RESPONDER_BAD_HOST] = "a host name has 1 to 60 letters, digits and hyphens, and no hyphen at its ends",
	[RESPONDER_SERVICES] = "four services are the most",
	[RESPONDER_TYPE] = "a service's type is of the form \"_http._tcp\"",
	[RESPONDER_PORT] = "a port is 1 to 65535",
	[RESPONDER_NAME] = "a service's name has 1 to 58 printable ASCII characters without dots and backslashes",
	[RESPONDER_SAME] = "two services of one type need names of their own",
	[RESPONDER_TEXT] = "a text is printable ASCII, its key without =, 254 characters at most with its value",
	[RESPONDER_LENGTH] = "names and texts are too long for one message",
};

// By mdns_result.
static const struct {
	const char *code, *sentence;
} failures[] = {
	[MDNS_PORT_TAKEN] = {"EADDRINUSE", "port 5353 is taken: the board has a responder. Close it first."},
	[MDNS_NO_MEMORY] = {"ENOMEM", "there is no memory for it"},
	[MDNS_NO_NETWORK] = {"ENETUNREACH", "there is no network. Join one first."},
};

static void check(xsMachine *the, responder_fault fault, xsSlot *text)
{
	if (fault != 0)
		engine_throw(the, "EINVAL", "mdns %s: %s", xsmcToString(*text), sentences[fault]);
}

static void named(void)
{
	engine_post(&event);
}

static void deliver(xsMachine *the, engine_event *delivered)
{
	(void)delivered;
	xsmcVars(1);
	xsVar(0) = xsAccess(told);
	xsCallFunction0(xsVar(0), xsUndefined);
}

// The one release; safe twice.
static void destroy(void *data)
{
	if (data) {
		engine_cancel(&event);
		mdns_close();
	}
}

static int get_length(xsMachine *the, xsSlot *array)
{
	xsmcGet(xsVar(0), *array, xsID("length"));
	return xsmcToInteger(xsVar(0));
}

// The next two of a service's, as strings: nothing moves the heap until they are used.
static void get_pair(xsMachine *the, int first, int second)
{
	xsmcGetIndex(xsVar(2), xsVar(1), first);
	xsmcGetIndex(xsVar(3), xsVar(1), second);
	xsmcToString(xsVar(2));
	xsmcToString(xsVar(3));
}

// (told, host name, services: of each type, name, port, then keys and values) -> handle
void xs_mdns_open(xsMachine *the)
{
	xsmcVars(4);
	if (mdns_is_open())
		engine_throw(the, failures[MDNS_PORT_TAKEN].code, "mdns: %s", failures[MDNS_PORT_TAKEN].sentence);
	xsmcToString(xsArg(1));
	check(the, responder_name_host(&mdns, xsmcToString(xsArg(1))), &xsArg(1));
	int services = get_length(the, &xsArg(2));
	for (int i = 0; i < services; i++) {
		xsmcGetIndex(xsVar(1), xsArg(2), i);
		xsmcGetIndex(xsVar(0), xsVar(1), 2);
		double port = xsmcToNumber(xsVar(0));
		get_pair(the, 0, 1);
		check(the, responder_add_service(&mdns, xsmcToString(xsVar(2)), port, xsmcToString(xsVar(3))), &xsVar(2));
		int length = get_length(the, &xsVar(1));
		for (int at = 3; at < length; at += 2) {
			get_pair(the, at, at + 1);
			check(the, responder_add_text(&mdns, xsmcToString(xsVar(2)), xsmcToString(xsVar(3))), &xsVar(2));
		}
	}
	check(the, responder_check(&mdns), &xsArg(1));
	xsResult = xsNewHostObject(destroy);
	engine_remember(the, &told, &xsArg(0));
	mdns_result result = mdns_open(named);
	if (result != MDNS_OPEN) {
		engine_forget(the, &told);
		engine_throw(the, failures[result].code, "mdns: %s", failures[result].sentence);
	}
	event.deliver = deliver;
	xsmcSetHostData(xsResult, &event);
}

// (handle)
void xs_mdns_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsArg(0)))
		return;
	destroy(&event);
	xsmcSetHostData(xsArg(0), NULL);
	engine_forget(the, &told);
}

// () -> the host's name as it is now
void xs_mdns_host_name(xsMachine *the)
{
	char name[MDNS_LABEL_BYTES_MAX + 1];
	responder_host_name(&mdns, name);
	xsmcSetString(xsResult, name);
}
