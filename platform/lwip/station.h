// The radio as a Wi-Fi station: on, join, leave, scan, and what there is to know. Used by the C of the Wi-Fi module.
//
// Over the SDK's cyw43_arch and the driver behind it; works with another driver of the same interface too, then without
// the numbers of station_failure. One thread: the loop's.

#ifndef STATION_H
#define STATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address_text.h"

typedef enum station_state {
	STATION_OFF, // no power
	STATION_IDLE, // never joined, or left
	STATION_JOINING,
	STATION_JOINED, // no address yet
	STATION_ADDRESS, // frames flow, and it has an address
	STATION_NO_NETWORK, // no network of that name in reach
	STATION_PASSPHRASE, // the passphrase is not accepted
	STATION_TIMED_OUT, // neither joined nor refused within the driver's 25 s
	STATION_FAILED, // another reason
	STATION_SECURITY, // networks of that name are in reach, protected in another way than asked for
	STATION_LOST, // was joined
	STATION_CHIP, // the radio stopped answering, and was started anew; off, if that was in vain
	STATION_ADDRESS_TAKEN, // was joined with a fixed address, which another host has; left
} station_state;

typedef enum station_security {
	STATION_OPEN,
	STATION_WPA2,
	STATION_WPA2_WPA3,
	STATION_WPA3,
} station_security;

// Of "open", "wpa2", "wpa2/wpa3" or "wpa3". Answers false for another name.
bool station_security_of_name(const char *name, station_security *security);

// The driver's word for it.
uint32_t station_authentication(station_security security);

// What decided the end of a join: event, status and reason of the radio's firmware. Zeros when it did not say.
typedef struct station_failure {
	uint32_t event, status, reason;
} station_failure;

typedef struct station_found {
	uint8_t bssid[6];
	uint8_t ssid_length;
	uint8_t channel;
	int16_t rssi_dbm;
	bool secure;
	char ssid[32]; // not NUL-terminated
} station_found;

// Addresses that the network's DHCP server is not asked for; host order.
typedef struct station_fixed {
	uint32_t address, mask, gateway; // address 0: by DHCP
	uint32_t name_servers[2]; // 0: none
} station_fixed;

// How the radio sleeps between beacons while it is joined.
typedef enum station_power_saving {
	STATION_SAVES_NOTHING,
	STATION_SAVES_IDLE, // it sleeps 200 ms after the last frame
	STATION_SAVES_ALL, // it sleeps whenever it can, and fetches what waits for it at beacons
} station_power_saving;

// What the board calls itself where it asks for an address (RFC 2132 section 3.14).
#define STATION_HOST_NAME_CHARACTERS_MAX 60
extern char station_host_name[];

// Of station_join() and station_set_country(): PICO_ERROR_INVALID_ARG.
#define STATION_INVALID (-5)
// Of station_on(), beside the SDK's.
#define STATION_NO_COUNTRY (-1000)
#define STATION_BUSY (-1) // of station_scan()

// Calls watcher() after each poll of the network, for good: the time to look at station_now() again.
void station_watch(void (*watcher)(void));

// Powers the radio, loads its firmware and brings the station up: about 0.6 s the first time, nothing when it is up.
// Answers 0, or a negative PICO_ERROR: the radio does not work; or STATION_NO_COUNTRY, and the worldwide rules count for the next time.
int station_on(void);

// Whose rules the radio keeps from the next station_on() on: two capital letters of ISO 3166-1, or XX, worldwide, which it begins with. Another
// country than before switches the radio off. Answers 0, or STATION_INVALID.
int station_set_country(const char *letters);

// Sets GPIO 0 of the radio chip, where the LED of the board hangs. The radio has to be on. Answers 0 or a negative PICO_ERROR.
int station_light(bool lit);

// Leaves, and takes the radio's power away. station_on() starts it again.
void station_off(void);

// Sets station_host_name, for the next message to a DHCP server: a label of letters, digits and hyphens; an empty text: "picofetch-" and the last six
// digits of the MAC. The radio has to be on. Answers 0, or STATION_INVALID.
int station_set_host_name(const char *name);

// The radio has to be on; it saves what is idle when it was switched on. Answers 0, or a negative PICO_ERROR.
int station_save_power(station_power_saving saving);

// Starts to join; station_now() tells the rest. bssid NULL: any access point of that name; channel 0: any; fixed NULL: by DHCP. Joined already to what is
// asked for, it stays so: connections live on.
// Answers 0, or a negative PICO_ERROR: STATION_INVALID for a name of 0 or more than 32 bytes or a key of a wrong
// length (WPA2: 8 to 63 characters or 64 hexadecimal digits), others when the radio does not answer.
int station_join(const char *ssid, size_t ssid_length, const char *key, size_t key_length, station_security security, const uint8_t *bssid, unsigned channel, const station_fixed *fixed);

// Ends the association, or the attempt. Harmless when there is none.
void station_leave(void);

station_state station_now(void);
void station_last_failure(station_failure *failure);

// Scans all channels, 1.5 to 3 s; found() is called from the poll for each beacon, several times for one access point maybe.
// Answers 0; STATION_BUSY where the radio does not take it now, as while it associates; or a negative PICO_ERROR.
int station_scan(void (*found)(const station_found *network));
bool station_scanning(void);

// Each answers false, or an empty text, when it is not known now. Addresses: IPv4 in dotted form, or IPv6 where that is all there is (library
// "network-ipv6").
const char *station_ssid(void); // of the last station_join()
bool station_mac(uint8_t mac[6]); // known once the radio is on
bool station_bssid(uint8_t bssid[6]);
bool station_rssi(int *rssi_dbm);
bool station_channel(unsigned *channel);
uint32_t station_address_word(void); // IPv4, in network order, 0 when there is none
uint32_t station_addresses_mark(void); // another one when an address has changed
#define STATION_MAC_TEXT_BYTES 18
void station_mac_text(char text[STATION_MAC_TEXT_BYTES], const uint8_t mac[6]); // "28:cd:c1:0a:0b:0c"
void station_address(char text[ADDRESS_TEXT_BYTES]);
void station_address_ipv6(char text[ADDRESS_TEXT_BYTES]); // empty without that library
void station_gateway(char text[ADDRESS_TEXT_BYTES]);

#endif
