// Natives of access-point.ts, over platform/lwip/access_point.h. There is one radio, so one access point at a time.

#include "engine.h"

#include <string.h>

#include "access_point.h"
#include "network.h"

typedef enum xs_access_point_event {
	XS_ACCESS_POINT_STATE = 1,
	XS_ACCESS_POINT_GUESTS = 2,
} xs_access_point_event;

static engine_event event;
static bool used;
static xsSlot told;
static access_point_state told_state;
static uint32_t told_changes;

static void watch(void)
{
	if (used && (access_point_now() != told_state || access_point_changes() != told_changes))
		engine_post(&event);
}

static void deliver(xsMachine *the, engine_event *delivered)
{
	(void)delivered;
	access_point_state state = access_point_now();
	uint32_t changes = access_point_changes();
	bool is_state = state != told_state;
	if (!used || !(is_state || changes != told_changes))
		return;
	if (is_state)
		told_state = state; // the guests' turn comes by the next watch
	else
		told_changes = changes;
	xsmcVars(2);
	xsVar(0) = xsAccess(told);
	xsmcSetInteger(xsVar(1), is_state ? XS_ACCESS_POINT_STATE : XS_ACCESS_POINT_GUESTS);
	xsCallFunction1(xsVar(0), xsUndefined, xsVar(1));
}

// The one release; safe twice.
static void release(void)
{
	if (!used)
		return;
	used = false;
	engine_cancel(&event);
	access_point_close();
}

static void destroy(void *data)
{
	if (data)
		release();
}

// (told, ssid, password, security, channel, address) -> handle, or a negative PICO_ERROR; -1 when there is one already
void xs_access_point_open(xsMachine *the)
{
	access_point_settings settings;
	if (used) {
		xsmcSetInteger(xsResult, -1);
		return;
	}
	if (!station_security_of_name(xsmcToString(xsArg(3)), &settings.security) || !ipv4_of_text(xsmcToString(xsArg(5)), &settings.address)) {
		xsmcSetInteger(xsResult, STATION_INVALID);
		return;
	}
	settings.channel = (unsigned)xsmcToInteger(xsArg(4));
	xsResult = xsNewHostObject(destroy);
	engine_remember(the, &told, &xsArg(0));
	// Strings already: nothing moves the heap until they are used.
	settings.ssid = xsmcToString(xsArg(1));
	settings.key = xsmcToString(xsArg(2));
	settings.ssid_length = strlen(settings.ssid);
	settings.key_length = strlen(settings.key);
	int result = access_point_open(&settings);
	if (result != 0) {
		engine_forget(the, &told);
		xsmcSetInteger(xsResult, result);
		return;
	}
	event.deliver = deliver;
	used = true;
	told_state = ACCESS_POINT_OPENING;
	told_changes = access_point_changes();
	network_watch(watch);
	xsmcSetHostData(xsResult, &event);
}

// (handle)
void xs_access_point_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsArg(0)))
		return;
	xsmcSetHostData(xsArg(0), NULL);
	engine_forget(the, &told);
	release();
}

// () -> access_point_state
void xs_access_point_state(xsMachine *the)
{
	xsmcSetInteger(xsResult, access_point_now());
}

// () -> array of MAC and address in turn, the address empty while there is none
void xs_access_point_guests(xsMachine *the)
{
	access_point_guest guests[ACCESS_POINT_GUESTS_MAX];
	unsigned count = access_point_guests(guests);
	xsmcVars(1);
	xsmcSetNewArray(xsResult, 0);
	for (unsigned i = 0; i < count; i++) {
		char mac[STATION_MAC_TEXT_BYTES], address[ADDRESS_TEXT_BYTES] = "";
		station_mac_text(mac, guests[i].mac);
		uint32_t four = guests[i].address;
		if (four)
			address_text(address, (const uint8_t[]){(uint8_t)(four >> 24), (uint8_t)(four >> 16), (uint8_t)(four >> 8), (uint8_t)four}, sizeof four);
		xsmcSetString(xsVar(0), mac);
		xsmcSetIndex(xsResult, i * 2, xsVar(0));
		xsmcSetString(xsVar(0), address);
		xsmcSetIndex(xsResult, i * 2 + 1, xsVar(0));
	}
}
