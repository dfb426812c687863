// Natives of mdns.ts, over platform/lwip/mdns.h. There is one responder a board.

#include "engine.h"

#include <string.h>

#include "mdns.h"
#include "station.h"

static engine_event event;
static xsSlot told;

// By responder_fault.
static const char *const sentences[] = {
	[RESPONDER_HOST] = "a host name has 1 to 60 letters, digits and hyphens, and no hyphen at its ends",
	[RESPONDER_SERVICES] = "four services are the most",
	[RESPONDER_TYPE] = "a service's type is of the form \"_http._tcp\"",
	[RESPONDER_NAME] = "a service's name has 1 to 58 printable ASCII characters without dots and backslashes",
	[RESPONDER_SAME] = "two services of one type need names of their own",
	[RESPONDER_PORT] = "a port is 1 to 65535",
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

// (told, words: see responder_keep) -> handle
void xs_mdns_open(xsMachine *the)
{
	xsmcVars(1);
	if (mdns_is_open())
		engine_throw(the, failures[MDNS_PORT_TAKEN].code, "mdns: %s", failures[MDNS_PORT_TAKEN].sentence);
	xsmcGet(xsVar(0), xsArg(1), xsID("length"));
	int count = xsmcToInteger(xsVar(0));
	bool fits = true;
	responder_clear(&mdns);
	for (int i = 0; i < count && fits; i++) {
		xsmcGetIndex(xsVar(0), xsArg(1), i);
		fits = responder_keep(&mdns, xsmcToString(xsVar(0)));
	}
	const char *word = mdns.kept;
	responder_fault fault = fits ? responder_check(&mdns, &word) : RESPONDER_LENGTH;
	if (fault != 0)
		engine_throw(the, "EINVAL", "mdns %s: %s", word, sentences[fault]);
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

// () -> the host's name as it is now; that of the Wi-Fi interface where none is said
void xs_mdns_host_name(xsMachine *the)
{
	char name[MDNS_LABEL_BYTES_MAX + 1];
	if (mdns_is_open())
		responder_host_name(&mdns, name);
	else
		strcpy(name, station_host_name);
	xsmcSetString(xsResult, name);
}
