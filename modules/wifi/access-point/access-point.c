// Natives of access-point.ts, over platform/lwip/access_point.h. There is one radio, so one access point at a time.

#include "engine.h"

#include <stdio.h>
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
static access_point_state last_state, told_state;
static uint32_t last_changes, told_changes;

static void watch(void)
{
	access_point_state state = access_point_now();
	uint32_t changes = access_point_changes();
	if (!used || (state == last_state && changes == last_changes))
		return;
	last_state = state;
	last_changes = changes;
	engine_post(&event);
}

static void deliver(xsMachine *the, engine_event *delivered)
{
	(void)delivered;
	bool state = told_state != last_state, guests = told_changes != last_changes;
	if (!used || !(state || guests))
		return;
	if (state)
		told_state = last_state;
	else
		told_changes = last_changes;
	if (state && guests)
		engine_post(&event); // before: the call may close
	xsmcVars(2);
	xsVar(0) = xsAccess(told);
	xsmcSetInteger(xsVar(1), state ? XS_ACCESS_POINT_STATE : XS_ACCESS_POINT_GUESTS);
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

static bool parse_address(const char *text, uint32_t *address)
{
	*address = 0;
	for (int i = 0; i < 4; i++) {
		unsigned value = 0, digits = 0;
		for (; *text >= '0' && *text <= '9' && digits < 3; digits++)
			value = value * 10 + (unsigned)(*text++ - '0');
		if (digits == 0 || value > 255 || *text++ != (i < 3 ? '.' : 0))
			return false;
		*address = *address << 8 | value;
	}
	return true;
}

// (told, ssid, password, security, channel, address) -> handle, or a negative PICO_ERROR; -1 when there is one already
void xs_access_point_open(xsMachine *the)
{
	char text[16];
	access_point_settings settings;
	if (used) {
		xsmcSetInteger(xsResult, -1);
		return;
	}
	int security = xsmcToInteger(xsArg(3)), channel = xsmcToInteger(xsArg(4));
	if (strlen(xsmcToString(xsArg(5))) >= sizeof text || channel < 1 || channel > 14) {
		xsmcSetInteger(xsResult, STATION_INVALID);
		return;
	}
	xsmcToStringBuffer(xsArg(5), text, sizeof text);
	if (!parse_address(text, &settings.address)) {
		xsmcSetInteger(xsResult, STATION_INVALID);
		return;
	}
	xsResult = xsNewHostObject(destroy);
	engine_remember(the, &told, &xsArg(0));
	// Strings already: nothing moves the heap until they are used.
	settings.ssid = xsmcToString(xsArg(1));
	settings.key = xsmcToString(xsArg(2));
	settings.ssid_length = strlen(settings.ssid);
	settings.key_length = strlen(settings.key);
	settings.security = (station_security)security;
	settings.channel = (unsigned)channel;
	int result = access_point_open(&settings);
	if (result != 0) {
		engine_forget(the, &told);
		xsmcSetInteger(xsResult, result);
		return;
	}
	event.deliver = deliver;
	used = true;
	last_state = told_state = ACCESS_POINT_OPENING;
	last_changes = told_changes = access_point_changes();
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
	static const char digits[] = "0123456789abcdef";
	access_point_guest guests[ACCESS_POINT_GUESTS_MAX];
	unsigned count = access_point_guests(guests);
	xsmcVars(1);
	xsmcSetNewArray(xsResult, 0);
	for (unsigned i = 0; i < count; i++) {
		char mac[18], address[16] = "";
		for (int j = 0; j < 6; j++) {
			mac[j * 3] = digits[guests[i].mac[j] >> 4];
			mac[j * 3 + 1] = digits[guests[i].mac[j] & 15];
			mac[j * 3 + 2] = j < 5 ? ':' : 0;
		}
		uint32_t four = guests[i].address;
		if (four)
			snprintf(address, sizeof address, "%u.%u.%u.%u", (unsigned)(four >> 24), (unsigned)(four >> 16 & 255), (unsigned)(four >> 8 & 255), (unsigned)(four & 255));
		xsmcSetString(xsVar(0), mac);
		xsmcSetIndex(xsResult, i * 2, xsVar(0));
		xsmcSetString(xsVar(0), address);
		xsmcSetIndex(xsResult, i * 2 + 1, xsVar(0));
	}
}
