// The radio as a Wi-Fi station, see station.h.

#include "station.h"

#include <assert.h>
#include <string.h>

#include "lwip/dhcp.h"
#include "lwip/ip4_addr.h"
#include "lwip/netif.h"
#include "lwip/timeouts.h"
#include "address_conflict.h"
#include "dns_message.h"
#include "network.h"
#include "pico/cyw43_arch.h"
#include "resolver.h"
#include "station_ipv6.h"

// What station_join was asked for last.
typedef struct station_wish {
	char name[32 + 1];
	char key[64];
	uint8_t bssid[6];
	size_t ssid_length, key_length;
	station_security security;
	unsigned channel;
	station_fixed fixed;
} station_wish;

static station_wish wish;
static station_power_saving power_saving;
static bool address_is_taken; // of the last join
static uint32_t country = CYW43_COUNTRY_WORLDWIDE;
char station_host_name[STATION_HOST_NAME_CHARACTERS_MAX + 1];
static void (*station_found_callback)(const station_found *network);

static struct netif *station_netif(void)
{
	return &cyw43_state.netif[CYW43_ITF_STA];
}

static bool station_is_on(void)
{
	return cyw43_arch_async_context() != NULL && (cyw43_state.itf_state & 1 << CYW43_ITF_STA);
}

static_assert(STATION_INVALID == PICO_ERROR_INVALID_ARG, "see cyw43_wifi_join");

void station_watch(void (*watcher)(void))
{
	network_watch(watcher);
}

#ifdef CYW43_HEALTH_TICK_MS
static void station_tick(void *unused)
{
	if (!station_is_on())
		return;
	cyw43_health_tick(&cyw43_state);
	sys_timeout(CYW43_HEALTH_TICK_MS, station_tick, unused);
}
#endif

static void station_leave_address(void)
{
	station_leave();
	address_is_taken = true;
}

int station_on(void)
{
	if (station_is_on())
		return 0;
	int result = network_start();
	if (result != 0)
		return result;
	cyw43_wifi_set_up(&cyw43_state, CYW43_ITF_STA, true, country);
	if (!station_is_on())
		return PICO_ERROR_IO;
#ifdef CYW43_HAS_JOIN_FACTS
	if (cyw43_state.country != country) {
		station_off();
		country = CYW43_COUNTRY_WORLDWIDE;
		return STATION_NO_COUNTRY;
	}
#endif
	network_draw_ports();
	address_conflict_watch(station_netif(), station_leave_address);
	power_saving = STATION_SAVES_IDLE; // CYW43_DEFAULT_PM
	if (station_host_name[0] == 0)
		station_set_host_name("");
#ifdef CYW43_HEALTH_TICK_MS
	sys_untimeout(station_tick, NULL);
	sys_timeout(CYW43_HEALTH_TICK_MS, station_tick, NULL);
#endif
	return 0;
}

int station_set_country(const char *letters)
{
	for (size_t i = 0; i < 2; i++)
		if (letters[i] < 'A' || letters[i] > 'Z')
			return STATION_INVALID;
	if (letters[2] != 0)
		return STATION_INVALID;
	uint32_t wanted = CYW43_COUNTRY(letters[0], letters[1], 0);
	if (wanted != country)
		station_off();
	country = wanted;
	return 0;
}

int station_light(bool lit)
{
	return cyw43_gpio_set(&cyw43_state, CYW43_WL_GPIO_LED_PIN, lit);
}

void station_off(void)
{
	if (cyw43_arch_async_context() == NULL)
		return;
	station_leave();
	cyw43_deinit(&cyw43_state); // lwIP's timers go on: names that are being resolved end by their time
}

static char *put_digits(char *to, uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";
	to[0] = digits[byte >> 4];
	to[1] = digits[byte & 15];
	return to + 2;
}

int station_set_host_name(const char *name)
{
	if (name[0] != 0) {
		if (!dns_is_label(name, strlen(name), STATION_HOST_NAME_CHARACTERS_MAX))
			return STATION_INVALID;
		strcpy(station_host_name, name);
		return 0;
	}
	uint8_t mac[6];
	char *end = stpcpy(station_host_name, "picofetch-");
	if (station_mac(mac))
		end = put_digits(put_digits(put_digits(end, mac[3]), mac[4]), mac[5]);
	*end = 0;
	return 0;
}

int station_save_power(station_power_saving saving)
{
	static const uint32_t modes[] = {
		[STATION_SAVES_NOTHING] = CYW43_NONE_PM,
		[STATION_SAVES_IDLE] = CYW43_PERFORMANCE_PM,
		[STATION_SAVES_ALL] = CYW43_AGGRESSIVE_PM,
	};
	if (saving == power_saving)
		return 0;
	power_saving = saving;
	return cyw43_wifi_pm(&cyw43_state, modes[saving]);
}

// An address is of the network that gave it. Its connections end as those of a network that is gone; the next link asks for another.
static void station_give_address_back(void)
{
	struct netif *netif = station_netif();
	if (ip4_addr_isany_val(*netif_ip4_addr(netif)))
		return;
	netif_set_link_down(netif);
	dhcp_release_and_stop(netif);
	netif_set_addr(netif, IP4_ADDR_ANY4, IP4_ADDR_ANY4, IP4_ADDR_ANY4); // a fixed one is none of DHCP's
	dhcp_start(netif);
}

static bool station_is_joined(void)
{
	station_state state = station_now();
	return state == STATION_JOINED || state == STATION_ADDRESS;
}

bool station_security_of_name(const char *name, station_security *security)
{
	static const char *const names[] = {
		[STATION_OPEN] = "open",
		[STATION_WPA2] = "wpa2",
		[STATION_WPA2_WPA3] = "wpa2/wpa3",
		[STATION_WPA3] = "wpa3",
	};
	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(names[i], name) == 0) {
			*security = (station_security)i;
			return true;
		}
	}
	return false;
}

uint32_t station_authentication(station_security security)
{
	static const uint32_t authentication[] = {
		[STATION_OPEN] = CYW43_AUTH_OPEN,
		[STATION_WPA2] = CYW43_AUTH_WPA2_AES_PSK,
		[STATION_WPA2_WPA3] = CYW43_AUTH_WPA3_WPA2_AES_PSK,
		[STATION_WPA3] = CYW43_AUTH_WPA3_SAE_AES_PSK,
	};
	return authentication[security];
}

// A radio that was off meanwhile has begun with DHCP again: done for each join.
static void station_fix_address(void)
{
	ip4_addr_t address, mask, gateway;
	struct netif *netif = station_netif();
	ip4_addr_set_u32(&address, lwip_htonl(wish.fixed.address));
	ip4_addr_set_u32(&mask, lwip_htonl(wish.fixed.mask));
	ip4_addr_set_u32(&gateway, lwip_htonl(wish.fixed.gateway));
	netif_set_link_down(netif);
	dhcp_release_and_stop(netif);
	netif_set_addr(netif, &address, &mask, &gateway);
	for (unsigned i = 0; i < sizeof wish.fixed.name_servers / sizeof wish.fixed.name_servers[0]; i++) {
		ip_addr_t server;
		ip_addr_set_ip4_u32_val(server, lwip_htonl(wish.fixed.name_servers[i]));
		dns_setserver((u8_t)i, &server);
	}
}

int station_join(const char *ssid, size_t ssid_length, const char *key, size_t key_length, station_security security, const uint8_t *bssid, unsigned channel, const station_fixed *fixed)
{
	if (!station_is_on())
		return PICO_ERROR_IO;
	if (ssid_length >= sizeof wish.name || key_length > sizeof wish.key)
		return STATION_INVALID;
	station_wish before = wish;
	address_is_taken = false;
	memset(&wish, 0, sizeof wish); // padding too: wishes are compared whole
	wish.ssid_length = ssid_length;
	wish.key_length = key_length;
	wish.security = security;
	wish.channel = channel;
	memcpy(wish.name, ssid, ssid_length);
	memcpy(wish.key, key, key_length);
	if (bssid != NULL)
		memcpy(wish.bssid, bssid, sizeof wish.bssid);
	if (fixed != NULL)
		wish.fixed = *fixed;
	if (station_is_joined() && memcmp(&before, &wish, sizeof wish) == 0)
		return 0;
	if (wish.fixed.address != 0)
		station_fix_address();
	else if (before.fixed.address != 0 || strcmp(before.name, wish.name) != 0)
		station_give_address_back();
	if (strcmp(before.name, wish.name) != 0)
		station_ipv6_begin(station_netif(), wish.name);
	int result = cyw43_wifi_join(&cyw43_state, ssid_length, (const uint8_t *)ssid, key_length, (const uint8_t *)key, station_authentication(security),
		bssid, channel == 0 ? CYW43_CHANNEL_NONE : channel);
	if (result == PICO_ERROR_TIMEOUT)
		station_off(); // the firmware is dead: the next station_on() starts it anew
	return result;
}

void station_leave(void)
{
	memset(wish.key, 0, sizeof wish.key);
	address_is_taken = false;
	if (!station_is_on() || cyw43_state.wifi_join_state == 0)
		return;
	station_give_address_back();
	cyw43_wifi_leave(&cyw43_state, CYW43_ITF_STA);
}

// Of a join that failed, or is not there any more.
static station_state station_failed(station_state otherwise)
{
#ifdef CYW43_HAS_JOIN_FACTS
	cyw43_join_facts_t facts;
	cyw43_wifi_join_facts(&cyw43_state, &facts);
	if (facts.reason == CYW43_JOIN_REASON_TIMEOUT)
		return STATION_TIMED_OUT;
	if (facts.reason == CYW43_JOIN_REASON_SECURITY)
		return STATION_SECURITY;
	if (facts.reason == CYW43_JOIN_REASON_CHIP)
		return STATION_CHIP;
#endif
	return otherwise;
}

station_state station_now(void)
{
	if (cyw43_arch_async_context() == NULL)
		return STATION_OFF;
	if (!station_is_on())
		return station_failed(STATION_OFF);
	if (address_is_taken)
		return STATION_ADDRESS_TAKEN;
	switch (cyw43_tcpip_link_status(&cyw43_state, CYW43_ITF_STA)) {
		case CYW43_LINK_JOIN: return STATION_JOINING;
		case CYW43_LINK_NOIP: return station_ipv6_is_alone(station_netif()) ? STATION_ADDRESS : STATION_JOINED;
		case CYW43_LINK_UP: return STATION_ADDRESS;
		case CYW43_LINK_NONET: return STATION_NO_NETWORK;
		case CYW43_LINK_BADAUTH: return STATION_PASSPHRASE;
		case CYW43_LINK_FAIL: return station_failed(STATION_FAILED);
		default: return cyw43_state.wifi_join_state != 0 ? station_failed(STATION_LOST) : STATION_IDLE;
	}
}

void station_last_failure(station_failure *failure)
{
	memset(failure, 0, sizeof *failure);
#ifdef CYW43_HAS_JOIN_FACTS
	if (cyw43_arch_async_context() == NULL)
		return;
	cyw43_join_facts_t facts;
	cyw43_wifi_join_facts(&cyw43_state, &facts);
	failure->event = facts.event_type;
	failure->status = facts.event_status;
	failure->reason = facts.event_reason;
#endif
}

static int station_scan_result(void *context, const cyw43_ev_scan_result_t *result)
{
	(void)context;
	station_found network = {.ssid_length = result->ssid_len, .channel = (uint8_t)result->channel, .rssi_dbm = result->rssi,
		.secure = result->auth_mode != 0};
	memcpy(network.bssid, result->bssid, sizeof network.bssid);
	memcpy(network.ssid, result->ssid, sizeof network.ssid);
	if (station_found_callback != NULL)
		station_found_callback(&network);
	return 0;
}

int station_scan(void (*found)(const station_found *network))
{
	if (!station_is_on())
		return PICO_ERROR_IO;
	station_found_callback = found;
	cyw43_wifi_scan_options_t options = {0};
	int result = cyw43_wifi_scan(&cyw43_state, &options, NULL, station_scan_result);
#ifdef CYW43_HAS_JOIN_FACTS
	if (result != 0 && cyw43_state.cyw43_ll.ioctl_status != 0)
		return STATION_BUSY; // it answered
#endif
	return result;
}

bool station_scanning(void)
{
	return station_is_on() && cyw43_wifi_scan_active(&cyw43_state);
}

const char *station_ssid(void)
{
	return wish.name;
}

bool station_mac(uint8_t mac[6])
{
	if (!station_is_on())
		return false;
	cyw43_hal_get_mac(CYW43_HAL_MAC_WLAN0, mac);
	return true;
}

void station_mac_text(char text[STATION_MAC_TEXT_BYTES], const uint8_t mac[6])
{
	for (int i = 0; i < 6; i++)
		*put_digits(text + i * 3, mac[i]) = i < 5 ? ':' : 0;
}

bool station_bssid(uint8_t bssid[6])
{
	return station_is_joined() && cyw43_wifi_get_bssid(&cyw43_state, bssid) == 0;
}

bool station_rssi(int *rssi_dbm)
{
	int32_t value;
	if (!station_is_joined() || cyw43_wifi_get_rssi(&cyw43_state, &value) != 0)
		return false;
	*rssi_dbm = (int)value;
	return true;
}

bool station_channel(unsigned *channel)
{
	uint32_t values[3] = {0}; // of the radio, wanted, of the scan
	if (!station_is_joined() || cyw43_ioctl(&cyw43_state, CYW43_IOCTL_GET_CHANNEL, sizeof values, (uint8_t *)values, CYW43_ITF_STA) != 0)
		return false;
	*channel = (unsigned)values[0];
	return true;
}

uint32_t station_address_word(void)
{
	return ip4_addr_get_u32(netif_ip4_addr(station_netif()));
}

uint32_t station_addresses_mark(void)
{
	const ip6_addr_t *ipv6 = station_ipv6_address(station_netif());
	uint32_t word = station_address_word();
	return ipv6 == NULL ? word : word ^ ipv6->addr[0] ^ ipv6->addr[1] ^ ipv6->addr[2] ^ ipv6->addr[3];
}

// The IPv4 one, or where there is none, but IPv6 is, the other.
static void station_text(char text[ADDRESS_TEXT_BYTES], const ip4_addr_t *ipv4, const ip6_addr_t *ipv6)
{
	text[0] = 0;
	if (station_now() != STATION_ADDRESS)
		return;
	if (ipv6 == NULL || !ip4_addr_isany_val(*netif_ip4_addr(station_netif())))
		address_text(text, (const uint8_t *)&ipv4->addr, sizeof ipv4->addr);
	else
		address_text(text, (const uint8_t *)ipv6->addr, sizeof ipv6->addr);
}

void station_address(char text[ADDRESS_TEXT_BYTES])
{
	station_text(text, netif_ip4_addr(station_netif()), station_ipv6_address(station_netif()));
}

void station_gateway(char text[ADDRESS_TEXT_BYTES])
{
	station_text(text, netif_ip4_gw(station_netif()), station_ipv6_router());
}

void station_address_ipv6(char text[ADDRESS_TEXT_BYTES])
{
	const ip6_addr_t *address = station_is_joined() ? station_ipv6_address(station_netif()) : NULL;
	text[0] = 0;
	if (address != NULL)
		address_text(text, (const uint8_t *)address->addr, sizeof address->addr);
}
