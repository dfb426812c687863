// Driver of the CYW43439 on Raspberry Pi Pico W, for the Pico SDK 2.3.0 (PICO_CYW43_DRIVER_PATH): station mode.
//
// A drop-in: names, signatures and numbers are those that the SDK's pico_cyw43_driver, pico_cyw43_arch and pico_lwip, and
// programs written for them, use. Used through the one cyw43_state.
//
// What is not there: access point mode (cyw43_wifi_set_up(AP) leaves the interface down and prints why), Bluetooth (a
// compile error), SDIO, monitor mode.
//
// Numbers: 0 or more is an answer, below 0 is a reason (-CYW43_EPERM, -CYW43_EIO, -CYW43_EINVAL, -CYW43_ETIMEDOUT).
// Turn: every function takes the driver's lock itself. The first call that needs the chip powers it and loads its firmware
// (about half a second). Scan and IP callbacks run inside the poll; a request to the chip from a scan callback that arrives
// while another request waits answers -CYW43_EPERM.
//
// SPDX-License-Identifier: MIT

#ifndef CYW43_H
#define CYW43_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cyw43_config.h"
#include "cyw43_ll.h"

#if CYW43_LWIP
#include "lwip/netif.h"
#include "lwip/dhcp.h"
#endif

// Version of the interface that this driver answers to, not of the driver.
#define CYW43_VERSION_MAJOR 1
#define CYW43_VERSION_MINOR 1
#define CYW43_VERSION_MICRO 1
#define CYW43_VERSION (CYW43_VERSION_MAJOR << 16 | CYW43_VERSION_MINOR << 8 | CYW43_VERSION_MICRO)

// Bits of cyw43_state.trace_flags: what to print.
#define CYW43_TRACE_ASYNC_EV (0x0001)
#define CYW43_TRACE_ETH_TX (0x0002)
#define CYW43_TRACE_ETH_RX (0x0004)
#define CYW43_TRACE_ETH_FULL (0x0008)
#define CYW43_TRACE_MAC (0x0010)

// Answers of cyw43_wifi_link_status() and cyw43_tcpip_link_status().
#define CYW43_LINK_DOWN (0) // not joined, or the network was lost
#define CYW43_LINK_JOIN (1) // joining, or joined
#define CYW43_LINK_NOIP (2) // joined, no IP address yet
#define CYW43_LINK_UP (3) // joined, with an IP address
#define CYW43_LINK_FAIL (-1) // refused for a reason of its own, or its time was over: see cyw43_wifi_join_facts()
#define CYW43_LINK_NONET (-2) // no network of that name in reach
#define CYW43_LINK_BADAUTH (-3) // the passphrase is wrong

// Power management, packed by cyw43_pm_value().
#define CYW43_NONE_PM (0x00000010)
#define CYW43_AGGRESSIVE_PM (0x00000011)
#define CYW43_PERFORMANCE_PM (0x00a11142)
#define CYW43_DEFAULT_PM CYW43_PERFORMANCE_PM

#define CYW43_MULTICAST_MAX 10

// Frames that may wait while the driver waits for an answer of the chip.
#define CYW43_RECEIVED_MAX 16

// Why the last join ended. An extension: programs that also run on another driver test CYW43_HAS_JOIN_FACTS.
#define CYW43_HAS_JOIN_FACTS 1
typedef enum _cyw43_join_reason_t {
	CYW43_JOIN_REASON_NONE, // not ended, or ended well
	CYW43_JOIN_REASON_NO_NETWORK,
	CYW43_JOIN_REASON_PASSPHRASE,
	CYW43_JOIN_REASON_TIMEOUT,
	CYW43_JOIN_REASON_REFUSED, // the access point or the radio gave another reason
	CYW43_JOIN_REASON_SECURITY, // networks of that name are in reach, protected in another way than asked for
	CYW43_JOIN_REASON_LOST, // was joined, then the link went down
	CYW43_JOIN_REASON_CHIP, // the radio stopped answering; it is started anew, or has been in vain
} cyw43_join_reason_t;

typedef struct _cyw43_join_facts_t {
	cyw43_join_reason_t reason;
	uint32_t event_type; // the event that decided, its status and reason as the chip reports them
	uint32_t event_status;
	uint32_t event_reason;
} cyw43_join_facts_t;

typedef struct _cyw43_t {
	cyw43_ll_t cyw43_ll;
	uint8_t itf_state; // bit 1 << itf: the interface is up
	uint8_t mac[6];
	uint32_t trace_flags;
	bool initted;

	// Station. wifi_join_state: low nibble 0 idle, 1 active, 2 failed, 3 no network, 4 passphrase, 5 lost; then the bits of
	// what has come. Not 0 from a join until a leave.
	uint32_t wifi_join_state;
	uint32_t wifi_join_started_ms;
	uint32_t wifi_join_auth;
	uint8_t wifi_join_tries; // that failed
	bool wifi_join_passphrase_refused;
	bool wifi_join_pruned; // somebody of that name is protected otherwise
	bool wifi_join_end_due; // of a try that failed already: its SET_SSID says nothing new
	cyw43_join_facts_t wifi_join_facts;
	uint8_t wifi_join_ssid[36]; // as WLC_SET_SSID wants it: u32 length, 32 bytes
	uint8_t wifi_join_bssid[6];
	bool wifi_join_has_bssid;
	uint32_t wifi_join_channel;
	uint8_t wifi_join_key[128]; // forgotten by a leave
	uint8_t wifi_join_key_length;

	// What a radio that is started anew is told again.
	uint32_t country; // the worldwide one where the radio refused what was asked for
	uint32_t pm;
	uint32_t gpio_mask, gpio_levels;
	uint8_t multicast[4 + CYW43_MULTICAST_MAX * 6]; // as "mcast_list": u32 count, addresses

	// Health.
	uint8_t restarts; // one after another
	uint8_t healthy_seconds; // since the last
	uint8_t quiet_seconds; // without a frame from the chip
	uint32_t frames_seen;

	// Asked for by events, done by the poll.
	bool pend_disassoc;
	bool pend_rejoin;
	bool pend_rejoin_wpa;
	bool pend_link_up;
	bool pend_link_down;
	bool pend_ap_link_up;
	bool pend_ap_link_down;
	bool pend_look; // read without being called: an interrupt may have been lost

	volatile uint32_t wifi_scan_state; // 0 idle, 1 running, 2 ended
	void *wifi_scan_env;
	int (*wifi_scan_cb)(void *env, const cyw43_ev_scan_result_t *result);

	// The network of its own.
	uint8_t ap_channel;
	uint8_t ap_ssid_len;
	uint8_t ap_key_len;
	uint8_t ap_ssid[32];
	uint8_t ap_key[64];
	uint32_t ap_auth;

#if CYW43_LWIP
	struct netif netif[2]; // by CYW43_ITF_
#if LWIP_IPV4 && LWIP_DHCP
	struct dhcp dhcp_client;
#endif
	struct pbuf *received[CYW43_RECEIVED_MAX]; // ring of frames that wait for the poll
	uint8_t received_first, received_count;
#endif
} cyw43_t;

#ifdef __cplusplus
extern "C" {
#endif

extern cyw43_t cyw43_state;
extern void (*cyw43_poll)(void); // NULL while the chip is off
extern uint32_t cyw43_sleep; // idle polls left before the bus sleeps

// Sets everything to its beginning and holds the chip in reset. No chip access.
void cyw43_init(cyw43_t *self);
// Takes the interfaces down and the chip's power away. cyw43_init() may follow.
void cyw43_deinit(cyw43_t *self);

// A command to the firmware: cmd = ioctl number * 2 + (1 to set), buf in and out. The chip's refusal is -CYW43_EIO.
int cyw43_ioctl(cyw43_t *self, uint32_t cmd, size_t len, uint8_t *buf, uint32_t iface);
// Sends one Ethernet frame of 14 to 1514 bytes; is_pbuf: buf is a chain of lwIP's struct pbuf. Waits for a credit, 1 s at most.
int cyw43_send_ethernet(cyw43_t *self, int itf, size_t len, const void *buf, bool is_pbuf);

int cyw43_wifi_pm(cyw43_t *self, uint32_t pm);
int cyw43_wifi_get_pm(cyw43_t *self, uint32_t *pm);
int cyw43_wifi_link_status(cyw43_t *self, int itf);
// Shows success as bit 1 << itf of itf_state. CYW43_ITF_AP opens the network that cyw43_wifi_ap_set_ described; its link comes up by an event.
void cyw43_wifi_set_up(cyw43_t *self, int itf, bool up, uint32_t country);
int cyw43_wifi_get_mac(cyw43_t *self, int itf, uint8_t mac[6]);
int cyw43_wifi_update_multicast_filter(cyw43_t *self, uint8_t *addr, bool add);

int cyw43_wifi_scan(cyw43_t *self, cyw43_wifi_scan_options_t *opts, void *env, int (*result_cb)(void *, const cyw43_ev_scan_result_t *));
// Starts to join; cyw43_wifi_link_status() tells the rest. Keys of WPA and WPA2: 8 to 63 bytes, or 64 hexadecimal digits.
int cyw43_wifi_join(cyw43_t *self, size_t ssid_len, const uint8_t *ssid, size_t key_len, const uint8_t *key, uint32_t auth_type, const uint8_t *bssid, uint32_t channel);
int cyw43_wifi_leave(cyw43_t *self, int itf);
void cyw43_wifi_join_facts(cyw43_t *self, cyw43_join_facts_t *facts);
int cyw43_wifi_get_rssi(cyw43_t *self, int32_t *rssi);
int cyw43_wifi_get_bssid(cyw43_t *self, uint8_t bssid[6]);

// Guests of the network of its own. num_stas: room in macs (6 bytes each), then how many there are. 0 when it is not open.
void cyw43_wifi_ap_get_max_stas(cyw43_t *self, int *max_stas);
void cyw43_wifi_ap_get_stas(cyw43_t *self, int *num_stas, uint8_t *macs);

#if CYW43_GPIO
// Pins of the chip, 0 to CYW43_NUM_GPIOS - 1: LED, SMPS mode, VBUS sense.
int cyw43_gpio_set(cyw43_t *self, int gpio, bool val);
int cyw43_gpio_get(cyw43_t *self, int gpio, bool *val);
#endif

// The IP layer: cyw43_lwip.c, or the application's own where CYW43_LWIP is 0.
int cyw43_tcpip_link_status(cyw43_t *self, int itf);
void cyw43_cb_tcpip_init(cyw43_t *self, int itf);
void cyw43_cb_tcpip_deinit(cyw43_t *self, int itf);
void cyw43_cb_tcpip_set_link_up(cyw43_t *self, int itf);
void cyw43_cb_tcpip_set_link_down(cyw43_t *self, int itf);
void cyw43_cb_process_ethernet(void *cb_data, int itf, size_t len, const uint8_t *buf);

// To be called each CYW43_HEALTH_TICK_MS while an interface is up: notices a chip that has stopped, which the poll then starts anew.
// An extension; without these calls only what is sent to the chip notices.
#define CYW43_HEALTH_TICK_MS 1000
void cyw43_health_tick(cyw43_t *self);

static inline bool cyw43_is_initialized(cyw43_t *self) {
	return self->initted;
}

static inline bool cyw43_wifi_scan_active(cyw43_t *self) {
	return self->wifi_scan_state == 1;
}

static inline void cyw43_wifi_ap_get_ssid(cyw43_t *self, size_t *len, const uint8_t **buf) {
	*len = self->ap_ssid_len;
	*buf = self->ap_ssid;
}

static inline uint32_t cyw43_wifi_ap_get_auth(cyw43_t *self) {
	return self->ap_auth;
}

static inline void cyw43_wifi_ap_set_channel(cyw43_t *self, uint32_t channel) {
	self->ap_channel = (uint8_t)channel;
}

static inline void cyw43_wifi_ap_set_ssid(cyw43_t *self, size_t len, const uint8_t *buf) {
	self->ap_ssid_len = (uint8_t)(len < sizeof self->ap_ssid ? len : sizeof self->ap_ssid);
	memcpy(self->ap_ssid, buf, self->ap_ssid_len);
}

static inline void cyw43_wifi_ap_set_password(cyw43_t *self, size_t len, const uint8_t *buf) {
	self->ap_key_len = (uint8_t)(len < sizeof self->ap_key ? len : sizeof self->ap_key);
	memcpy(self->ap_key, buf, self->ap_key_len);
}

static inline void cyw43_wifi_ap_set_auth(cyw43_t *self, uint32_t auth) {
	self->ap_auth = auth;
}

// Packs power management settings: bits 3:0 mode, 11:4 PM2 sleep return time in 10 ms (1 to 200), 15:12 beacon period,
// 19:16 DTIM period (0: the beacon period), 23:20 listen interval told to the access point.
static inline uint32_t cyw43_pm_value(uint8_t pm_mode, uint16_t pm2_sleep_ret_ms, uint8_t li_beacon_period, uint8_t li_dtim_period, uint8_t li_assoc) {
	return (uint32_t)(li_assoc & 15) << 20 | (uint32_t)(li_dtim_period & 15) << 16 | (uint32_t)(li_beacon_period & 15) << 12
		| (uint32_t)(pm2_sleep_ret_ms / 10 & 255) << 4 | (uint32_t)(pm_mode & 15);
}

#ifdef __cplusplus
}
#endif

#endif
