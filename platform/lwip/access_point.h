// A network of the board's own: the radio as an access point, beside the station or alone, with addresses for its guests and a name
// server that answers every name with the board. Used by the C of the access point's module. One thread: the loop's.
#ifndef ACCESS_POINT_H
#define ACCESS_POINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dhcp_answers.h"
#include "station.h"

typedef enum access_point_state {
	ACCESS_POINT_CLOSED,	// also when the radio went off
	ACCESS_POINT_OPENING,
	ACCESS_POINT_OPEN,	// on the air
} access_point_state;

typedef struct access_point_settings {
	const char *ssid, *key;
	size_t ssid_length, key_length;
	station_security security;
	unsigned channel;	// 1 to 14; while the station is joined the radio stays on the station's
	uint32_t address;	// of the board, host order; the network is the 256 addresses around it
} access_point_settings;

typedef struct access_point_guest {
	uint8_t mac[6];
	uint32_t address;	// host order, 0 while it has none
} access_point_guest;

#define ACCESS_POINT_GUESTS_MAX DHCP_LEASES

// Opens it; one that is open is closed before. The radio is switched on where it is off (station_on). Answers 0, or a negative
// PICO_ERROR: STATION_INVALID for a name, a key or an address that cannot be.
int access_point_open(const access_point_settings *settings);

// Guests are sent away. Harmless when it is closed.
void access_point_close(void);

access_point_state access_point_now(void);

// Counts guests that got an address or gave it back.
uint32_t access_point_changes(void);

// Who is in the network now. Asks the radio.
unsigned access_point_guests(access_point_guest guests[ACCESS_POINT_GUESTS_MAX]);

#endif
