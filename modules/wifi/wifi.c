// Natives of wifi.ts, over platform/lwip/station.h.
//
// A watcher compares the station's state after each poll of the network and posts one event an instance; what a scan hears
// waits in a small ring until script takes it.

#include "engine.h"

#include <string.h>

#include "station.h"

#define INSTANCES_MAX 3
#define FOUND_MAX 16

typedef enum xs_wifi_event {
	XS_WIFI_CHANGED = 1,
	XS_WIFI_FOUND = 2,
	XS_WIFI_SCANNED = 3,
} xs_wifi_event;

typedef struct xs_wifi {
	engine_event event; // first: deliver gets its address
	bool used;
	bool tell_changed;
	bool scans; // waits for results, then for the end
	bool scans_next; // the scan under way is of somebody who has gone: its own comes behind
	xsSlot told;
} xs_wifi;

static xs_wifi instances[INSTANCES_MAX];
static station_state last_state;
static uint32_t last_address;
static station_found found[FOUND_MAX]; // ring
static uint8_t found_first, found_count;

static void on_found(const station_found *network)
{
	if (found_count == FOUND_MAX)
		return; // an access point is heard several times
	found[(found_first + found_count++) % FOUND_MAX] = *network;
}

static xs_wifi *scanner(void)
{
	for (int i = 0; i < INSTANCES_MAX; i++) {
		if (instances[i].used && instances[i].scans)
			return &instances[i];
	}
	return NULL;
}

static void tell_changed(void)
{
	for (int i = 0; i < INSTANCES_MAX; i++) {
		if (instances[i].used) {
			instances[i].tell_changed = true;
			engine_post(&instances[i].event);
		}
	}
}

static void watch(void)
{
	station_state state = station_now();
	uint32_t address = state == STATION_ADDRESS ? station_addresses_mark() : 0;
	bool changed = state != last_state || address != last_address;
	last_state = state;
	last_address = address;
	if (changed)
		tell_changed();
	xs_wifi *wifi = scanner();
	if (wifi && (found_count > 0 || !station_scanning()))
		engine_post(&wifi->event);
}

// The one release; safe twice.
static void release(xs_wifi *wifi)
{
	if (!wifi->used)
		return;
	engine_cancel(&wifi->event);
	wifi->used = false;
	wifi->scans = false;
}

static void destroy(void *data)
{
	if (data)
		release(data);
}

// Tells the script one thing; what is left is posted before, since the call may close.
static void deliver(xsMachine *the, engine_event *event)
{
	xs_wifi *wifi = (xs_wifi *)event;
	xs_wifi_event what;
	if (wifi->scans_next && !station_scanning()) {
		found_count = 0;
		wifi->scans_next = false;
		station_scan(on_found);
	}
	if (wifi->tell_changed) {
		what = XS_WIFI_CHANGED;
		wifi->tell_changed = false;
	} else if (wifi->scans && found_count > 0) {
		what = XS_WIFI_FOUND;
	} else if (wifi->scans && !station_scanning()) {
		what = XS_WIFI_SCANNED;
		wifi->scans = false;
	} else {
		return;
	}
	if (wifi->scans && (what == XS_WIFI_CHANGED || found_count > 1 || !station_scanning()))
		engine_post(&wifi->event);
	xsmcVars(2);
	xsVar(0) = xsAccess(wifi->told);
	xsmcSetInteger(xsVar(1), what);
	xsCallFunction1(xsVar(0), xsUndefined, xsVar(1));
}

// (told) -> handle
void xs_wifi_open(xsMachine *the)
{
	xsResult = xsNewHostObject(destroy);
	xs_wifi *wifi = NULL;
	for (int i = 0; i < INSTANCES_MAX && !wifi; i++) {
		if (!instances[i].used)
			wifi = &instances[i];
	}
	if (!wifi)
		engine_throw(the, "ENOMEM", "wifi: %d interfaces are open, which is the most. Close one first.", INSTANCES_MAX);
	memset(wifi, 0, sizeof *wifi);
	wifi->event.deliver = deliver;
	wifi->used = true;
	xsmcSetHostData(xsResult, wifi);
	engine_remember(the, &wifi->told, &xsArg(0));
}

// (handle)
void xs_wifi_close(xsMachine *the)
{
	xs_wifi *wifi = xsmcGetHostData(xsArg(0));
	if (!wifi)
		return;
	xsmcSetHostData(xsArg(0), NULL);
	engine_forget(the, &wifi->told);
	release(wifi);
}

// (country, empty: as before) -> 0, a negative PICO_ERROR or STATION_NO_COUNTRY
void xs_wifi_power(xsMachine *the)
{
	const char *country = xsmcToString(xsArg(0));
	int result = country[0] ? station_set_country(country) : 0;
	station_watch(watch);
	xsmcSetInteger(xsResult, result == 0 ? station_on() : result);
}

static bool hexadecimal(char digit, uint8_t *value)
{
	if (digit >= '0' && digit <= '9')
		*value = (uint8_t)(digit - '0');
	else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
		*value = (uint8_t)((digit | 0x20) - 'a' + 10);
	else
		return false;
	return true;
}

static bool parse_bssid(const char *text, uint8_t bssid[6])
{
	if (strlen(text) != 17)
		return false;
	for (int i = 0; i < 6; i++) {
		uint8_t high, low;
		if (!hexadecimal(text[i * 3], &high) || !hexadecimal(text[i * 3 + 1], &low) || (i < 5 && text[i * 3 + 2] != ':'))
			return false;
		bssid[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

// (text) -> an IPv4 address as a number, or undefined for what is none
void xs_wifi_ipv4(xsMachine *the)
{
	uint32_t address;
	if (ipv4_of_text(xsmcToString(xsArg(0)), &address))
		xsmcSetNumber(xsResult, address);
}

static int save_power(const char *name)
{
	static const char *const names[] = {
		[STATION_SAVES_NOTHING] = "none",
		[STATION_SAVES_IDLE] = "performance",
		[STATION_SAVES_ALL] = "aggressive",
	};
	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(names[i], name) == 0)
			return station_save_power((station_power_saving)i);
	}
	return STATION_INVALID;
}

// (ssid, password, security, bssid or "", channel or 0, address or 0, mask, gateway, two name servers, host name or "", power saving)
// -> 0 or a negative PICO_ERROR
void xs_wifi_join(xsMachine *the)
{
	char text[17 + 1];
	xsmcToStringBuffer(xsArg(3), text, sizeof text);
	station_security security;
	bool is_security = station_security_of_name(xsmcToString(xsArg(2)), &security);
	int channel = xsmcToInteger(xsArg(4));
	uint8_t bssid[6];
	if (!is_security || (text[0] && !parse_bssid(text, bssid)) || channel < 0 || channel > 14) {
		xsmcSetInteger(xsResult, STATION_INVALID);
		return;
	}
	uint32_t numbers[5];
	for (int i = 0; i < 5; i++)
		numbers[i] = (uint32_t)xsmcToNumber(xsArg(5 + i));
	station_fixed fixed = {.address = numbers[0], .mask = numbers[1], .gateway = numbers[2], .name_servers = {numbers[3], numbers[4]}};
	int result = station_set_host_name(xsmcToString(xsArg(10)));
	if (result == 0)
		result = save_power(xsmcToString(xsArg(11)));
	// Strings already: nothing moves the heap until they are used.
	const char *ssid = xsmcToString(xsArg(0));
	const char *password = xsmcToString(xsArg(1));
	if (result == 0)
		result = station_join(ssid, strlen(ssid), password, strlen(password), security, text[0] ? bssid : NULL, (unsigned)channel, &fixed);
	if (result == 0 && station_now() == STATION_ADDRESS)
		tell_changed(); // joined already
	xsmcSetInteger(xsResult, result);
}

void xs_wifi_leave(xsMachine *the)
{
	(void)the;
	station_leave();
}

// () -> station_state
void xs_wifi_state(xsMachine *the)
{
	xsmcSetInteger(xsResult, station_now());
}

// (0 event, 1 status, 2 reason)
void xs_wifi_failure(xsMachine *the)
{
	station_failure failure;
	station_last_failure(&failure);
	switch (xsmcToInteger(xsArg(0))) {
		case 0: xsmcSetInteger(xsResult, (int)failure.event); break;
		case 1: xsmcSetInteger(xsResult, (int)failure.status); break;
		default: xsmcSetInteger(xsResult, (int)failure.reason); break;
	}
}

// (0 own MAC, 1 BSSID, 2 address, 3 gateway, 4 SSID of the last join) -> text, empty when it is not known
void xs_wifi_text(xsMachine *the)
{
	char text[ADDRESS_TEXT_BYTES] = ""; // the longest
	uint8_t mac[6];
	switch (xsmcToInteger(xsArg(0))) {
		case 0:
			if (station_mac(mac))
				station_mac_text(text, mac);
			break;
		case 1:
			if (station_bssid(mac))
				station_mac_text(text, mac);
			break;
		case 2: station_address(text); break;
		case 3: station_gateway(text); break;
		default: strncpy(text, station_ssid(), sizeof text - 1); break;
	}
	xsmcSetString(xsResult, text);
}

// (0 RSSI in dBm, 1 channel) -> 0 when it is not known
void xs_wifi_number(xsMachine *the)
{
	int value = 0;
	unsigned channel = 0;
	if (xsmcToInteger(xsArg(0)) == 0)
		station_rssi(&value);
	else if (station_channel(&channel))
		value = (int)channel;
	xsmcSetInteger(xsResult, value);
}

// (handle) -> 0, STATION_BUSY while another scan is under way, too, or a negative PICO_ERROR
void xs_wifi_scan(xsMachine *the)
{
	xs_wifi *wifi = xsmcGetHostData(xsArg(0));
	if (!wifi || scanner()) {
		xsmcSetInteger(xsResult, STATION_BUSY);
		return;
	}
	found_count = 0;
	wifi->scans_next = station_scanning();
	int result = wifi->scans_next ? 0 : station_scan(on_found);
	wifi->scans = result == 0;
	xsmcSetInteger(xsResult, result);
}

// A name is any 32 bytes; script's strings are UTF-8. What is no printable UTF-8 becomes "?".
static size_t clean_ssid(char *to, const station_found *network)
{
	const uint8_t *from = (const uint8_t *)network->ssid;
	size_t length = network->ssid_length;
	for (size_t i = 0; i < length;) {
		size_t more = from[i] >= 0xF0 && from[i] < 0xF5 ? 3 : from[i] >= 0xE0 && from[i] < 0xF0 ? 2 : from[i] >= 0xC2 && from[i] < 0xE0 ? 1 : 0;
		bool good = more > 0 ? i + more < length : from[i] >= 0x20 && from[i] < 0x7F;
		for (size_t j = 1; good && j <= more; j++)
			good = (from[i + j] & 0xC0) == 0x80;
		if (good) {
			memcpy(to + i, from + i, 1 + more);
			i += 1 + more;
		} else {
			to[i++] = '?';
		}
	}
	return length;
}

// (handle) -> the oldest that was heard, or undefined
void xs_wifi_found(xsMachine *the)
{
	xs_wifi *wifi = xsmcGetHostData(xsArg(0));
	if (!wifi || !wifi->scans || found_count == 0)
		return;
	station_found network = found[found_first];
	found_first = (found_first + 1) % FOUND_MAX;
	found_count--;
	char bssid[STATION_MAC_TEXT_BYTES];
	station_mac_text(bssid, network.bssid);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	char ssid[32];
	xsmcSetStringBuffer(xsVar(0), ssid, (int)clean_ssid(ssid, &network));
	xsmcSet(xsResult, xsID("SSID"), xsVar(0));
	xsmcSetString(xsVar(0), bssid);
	xsmcSet(xsResult, xsID("BSSID"), xsVar(0));
	xsmcSetInteger(xsVar(0), network.rssi_dbm);
	xsmcSet(xsResult, xsID("RSSI"), xsVar(0));
	xsmcSetInteger(xsVar(0), network.channel);
	xsmcSet(xsResult, xsID("channel"), xsVar(0));
	xsmcSetBoolean(xsVar(0), network.secure);
	xsmcSet(xsResult, xsID("secure"), xsVar(0));
}
