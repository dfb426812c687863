// Wi-Fi: switching on, the station with its join and the reasons, scan, power management, pins; and the poll. See cyw43.h.
// The network of its own is in cyw43_ap.c, a chip that stops in cyw43_health.c.
//
// Events only keep what they say; what has to be done about it (ioctls, the IP stack's link state) the poll does.
//
// SPDX-License-Identifier: MIT

#include <assert.h>
#include <string.h>

#include "cyw43.h"
#include "cyw43_country.h"
#include "cyw43_internal.h"
#include "cyw43_protocol.h"
#include "cyw43_stats.h"

#if CYW43_LWIP
#include "cyw43_lwip.h"
#endif

// wifi_join_state
#define JOIN_KIND_MASK 0x00F
#define JOIN_IDLE 0
#define JOIN_ACTIVE 1
#define JOIN_FAILED 2
#define JOIN_NO_NETWORK 3
#define JOIN_PASSPHRASE 4
#define JOIN_LOST 5
#define JOIN_AUTHENTICATED 0x200
#define JOIN_LINK 0x400
#define JOIN_KEYED 0x800
#define JOIN_UP (JOIN_AUTHENTICATED | JOIN_LINK | JOIN_KEYED)

// Tries of one join. An access point that still holds the association of before a reset refuses the first handshake of a
// right passphrase (georgerobotics/cyw43-driver pull request 150), so one refusal is not believed.
#define JOIN_TRIES_MAX 2

// Time the firmware's supplicant waits for each message of the handshake, ms.
#define SUPPLICANT_TIMEOUT_MS 2500

#define COUNTRY_DEADLINE_MS 500
#define COUNTRY_RETRY_MS 5
// Of wifi-host-driver: a key that is given earlier may be refused.
#define SUPPLICANT_SETTLE_MS 2

#define EVENT_MASK_BYTES 24

cyw43_t cyw43_state;
void (*cyw43_poll)(void);
uint32_t cyw43_sleep;

static void cyw43_poll_func(void);
static int cyw43_ensure_up(cyw43_t *self);
static int cyw43_wifi_switch_on(cyw43_t *self, uint32_t country);
static int cyw43_wifi_start_join(cyw43_t *self);
static void cyw43_wifi_forget_key(cyw43_t *self);
static void cyw43_health_check(cyw43_t *self);
static void cyw43_ap_event(cyw43_t *self, const struct cyw43_event *event);
static int cyw43_ap_configure(cyw43_t *self);
static int cyw43_ap_start(cyw43_t *self);
static void cyw43_ap_stop(cyw43_t *self);
static void cyw43_event_join(cyw43_t *self, const struct cyw43_event *event);
static void cyw43_event_scan(cyw43_t *self, const struct cyw43_event *event);

void cyw43_init(cyw43_t *self) {
	cyw43_poll = NULL;
	cyw43_sleep = 0;
	memset(self, 0, sizeof *self);
	self->ap_channel = 3;
	cyw43_hal_pin_config(CYW43_PIN_WL_REG_ON, CYW43_HAL_PIN_MODE_OUTPUT, CYW43_HAL_PIN_PULL_NONE, 0);
	cyw43_hal_pin_low(CYW43_PIN_WL_REG_ON);
	cyw43_hal_pin_config(CYW43_PIN_WL_HOST_WAKE, CYW43_HAL_PIN_MODE_INPUT, CYW43_HAL_PIN_PULL_NONE, 0);
	self->initted = true;
}

void cyw43_deinit(cyw43_t *self) {
	if (cyw43_poll == NULL)
		return;
	CYW43_THREAD_ENTER
	// While the chip still works: a DHCP release may go out.
	cyw43_cb_tcpip_deinit(self, CYW43_ITF_STA);
	cyw43_cb_tcpip_deinit(self, CYW43_ITF_AP);
	cyw43_poll = NULL;
	cyw43_ll_stop(&self->cyw43_ll);
	cyw43_init(self);
	CYW43_THREAD_EXIT
}

// Power, wake, poll.

// Every use of the chip starts here: brings it up or wakes it.
static int cyw43_ensure_up(cyw43_t *self) {
	CYW43_THREAD_LOCK_CHECK
	cyw43_ll_t *ll = &self->cyw43_ll;
	if (cyw43_poll != NULL) {
		bool asleep = !ll->bus_awake;
		int result = cyw43_ll_wake(ll);
		if (result == 0) {
			cyw43_sleep = CYW43_SLEEP_MAX;
			if (asleep)
				cyw43_schedule_internal_poll_dispatch(cyw43_poll); // starts the idle count again
		}
		return result;
	}
	if (!self->initted)
		return CYW43_FAIL_FAST_CHECK(-CYW43_EPERM);
	int result = cyw43_ll_start(ll, self->mac);
	if (result != 0)
		return result;
	CYW43_DEBUG("radio is up, address %02x:%02x:%02x:%02x:%02x:%02x\n", self->mac[0], self->mac[1], self->mac[2], self->mac[3], self->mac[4], self->mac[5]);
	cyw43_sleep = CYW43_SLEEP_MAX;
	cyw43_poll = cyw43_poll_func;
	cyw43_schedule_internal_poll_dispatch(cyw43_poll); // its hook enables the interrupt
	return 0;
}

static bool cyw43_has_pending(const cyw43_t *self) {
	return self->pend_disassoc || self->pend_rejoin || self->pend_link_up || self->pend_link_down || self->pend_ap_link_up || self->pend_ap_link_down;
}

// What events asked for. Ioctls in here read further frames, so further requests may arise: one turn each.
static void cyw43_settle(cyw43_t *self) {
	if (self->pend_link_down) {
		self->pend_link_down = false;
		cyw43_cb_tcpip_set_link_down(self, CYW43_ITF_STA);
	}
	if (self->pend_link_up) {
		self->pend_link_up = false;
		cyw43_cb_tcpip_set_link_up(self, CYW43_ITF_STA);
	}
	if (self->pend_ap_link_down) {
		self->pend_ap_link_down = false;
		cyw43_cb_tcpip_set_link_down(self, CYW43_ITF_AP);
	}
	if (self->pend_ap_link_up) {
		self->pend_ap_link_up = false;
		cyw43_cb_tcpip_set_link_up(self, CYW43_ITF_AP);
	}
#if CYW43_LWIP
	cyw43_lwip_deliver(self);
#endif
	if (self->pend_disassoc) {
		self->pend_disassoc = false;
		cyw43_ll_set_u32(&self->cyw43_ll, WLC_DISASSOC, 0); // refused when there is nothing to leave
	}
	if (self->pend_rejoin) {
		self->pend_rejoin = false;
		if (self->pend_rejoin_wpa) {
			self->pend_rejoin_wpa = false;
			cyw43_ll_set_u32(&self->cyw43_ll, WLC_SET_WPA_AUTH, WPA_AUTH_WPA_PSK);
		}
		if (cyw43_wifi_start_join(self) != 0) {
			self->wifi_join_state = JOIN_FAILED;
			cyw43_wifi_forget_key(self);
		}
	}
}

static void cyw43_poll_func(void) {
	CYW43_THREAD_LOCK_CHECK
	cyw43_t *self = &cyw43_state;
	if (cyw43_poll == NULL)
		return;
	bool look = self->pend_look;
	self->pend_look = false;
	bool more = cyw43_ll_process(&self->cyw43_ll, look);
	if (cyw43_poll != NULL)
		cyw43_settle(self);
	if (cyw43_poll != NULL)
		cyw43_health_check(self);
	if (cyw43_poll == NULL) // taken down by a callback; the interrupt stays off
		return;
	if (more || cyw43_has_pending(self))
		cyw43_schedule_internal_poll_dispatch(cyw43_poll);
	else if (cyw43_sleep == 0)
		cyw43_ll_sleep(&self->cyw43_ll);
	CYW43_POST_POLL_HOOK
}

// Up from the chip.

void cyw43_ctrl_ethernet(cyw43_int_t *ll, uint8_t interface, size_t length, const uint8_t *frame) {
	cyw43_t *self = &cyw43_state;
	assert(ll == &self->cyw43_ll);
	CYW43_STAT_INC(PACKET_IN_COUNT);
	if (self->trace_flags & CYW43_TRACE_ETH_RX)
		CYW43_PRINTF("radio receives %u bytes, type %02x%02x\n", (unsigned)length, frame[12], frame[13]);
	cyw43_cb_process_ethernet(self, interface, length, frame);
	if (ll->wait_depth > 0) {
		if (cyw43_poll != NULL)
			cyw43_schedule_internal_poll_dispatch(cyw43_poll);
		return;
	}
#if CYW43_LWIP
	cyw43_lwip_deliver(self);
#endif
}

void cyw43_ctrl_event(cyw43_int_t *ll, const struct cyw43_event *event) {
	cyw43_t *self = &cyw43_state;
	assert(ll == &self->cyw43_ll);
	if (self->trace_flags & CYW43_TRACE_ASYNC_EV)
		CYW43_PRINTF("radio event %lu: flags %u status %lu reason %lu\n", (unsigned long)event->type, event->flags,
			(unsigned long)event->status, (unsigned long)event->reason);
	uint32_t join_before = self->wifi_join_state, scan_before = self->wifi_scan_state;
	if (event->interface != CYW43_ITF_STA)
		cyw43_ap_event(self, event);
	else if (event->type == CYW43_EV_ESCAN_RESULT)
		cyw43_event_scan(self, event);
	else
		cyw43_event_join(self, event);
	// The poll does what is pending; a program that waits for the join or the scan wakes with it.
	bool changed = join_before != self->wifi_join_state || scan_before != self->wifi_scan_state || cyw43_has_pending(self);
	if (changed && cyw43_poll != NULL)
		cyw43_schedule_internal_poll_dispatch(cyw43_poll);
}

// Join.

static void cyw43_wifi_forget_key(cyw43_t *self) {
	memset(self->wifi_join_key, 0, sizeof self->wifi_join_key);
	self->wifi_join_key_length = 0;
}

static void cyw43_join_decide(cyw43_t *self, uint32_t kind, cyw43_join_reason_t reason, const struct cyw43_event *event) {
	self->wifi_join_state = kind;
	self->wifi_join_facts = (cyw43_join_facts_t){reason, event->type, event->status, event->reason};
	if (kind != JOIN_LOST)
		cyw43_wifi_forget_key(self); // nobody tries again
}

// This try failed: another one, or the end with the worst that was seen.
static void cyw43_join_failed(cyw43_t *self, const struct cyw43_event *event, bool passphrase) {
	self->wifi_join_state &= ~(uint32_t)JOIN_UP; // later events of the same association say nothing new
	if (self->wifi_join_auth == CYW43_AUTH_OPEN)
		self->wifi_join_state |= JOIN_KEYED;
	if ((self->wifi_join_state & JOIN_KIND_MASK) == JOIN_LOST)
		return; // the firmware's own try to come back
	self->wifi_join_passphrase_refused |= passphrase;
	if (++self->wifi_join_tries < JOIN_TRIES_MAX) {
		self->pend_rejoin = true;
		return;
	}
	if (self->wifi_join_passphrase_refused)
		cyw43_join_decide(self, JOIN_PASSPHRASE, CYW43_JOIN_REASON_PASSPHRASE, event);
	else
		cyw43_join_decide(self, JOIN_FAILED, CYW43_JOIN_REASON_REFUSED, event);
	self->pend_disassoc = true; // or the firmware goes on trying
}

static void cyw43_join_lost(cyw43_t *self, const struct cyw43_event *event) {
	cyw43_join_decide(self, JOIN_LOST, CYW43_JOIN_REASON_LOST, event);
	if (self->wifi_join_auth == CYW43_AUTH_OPEN)
		self->wifi_join_state |= JOIN_KEYED;
	self->pend_link_up = false;
	self->pend_link_down = true;
}

// The supplicant's end of the handshake, by its reason.
static void cyw43_event_supplicant(cyw43_t *self, const struct cyw43_event *event) {
	if (!(self->wifi_join_state & JOIN_AUTHENTICATED))
		return; // of an association before this one
	if (event->status == CYW43_SUP_KEYED && event->reason == CYW43_REASON_SUP_OTHER) {
		self->wifi_join_state |= JOIN_KEYED;
		return;
	}
	if (self->wifi_join_state & JOIN_KEYED)
		return; // the link's end is told by LINK
	switch (event->reason) {
		case CYW43_REASON_SUP_OTHER: // a step on the way, or the abort of an older handshake
			return;
		case CYW43_REASON_SUP_DEAUTH: // the access point ended the handshake
			cyw43_join_failed(self, event, true);
			return;
		case CYW43_REASON_SUP_WPA_PSK_TMO: // waiting for message 3: ours, made with the passphrase, was not accepted
			cyw43_join_failed(self, event, event->status == CYW43_SUP_WAIT_M3);
			return;
		default:
			cyw43_join_failed(self, event, false);
			return;
	}
}

// The order of LINK, SET_SSID and PSK_SUP differs from time to time; a wrong passphrase joins well (SET_SSID 0) and fails after.
static void cyw43_event_join(cyw43_t *self, const struct cyw43_event *event) {
	uint32_t kind = self->wifi_join_state & JOIN_KIND_MASK;
	if (kind != JOIN_ACTIVE && kind != JOIN_LOST)
		return;
	bool was_up = (self->wifi_join_state & JOIN_UP) == JOIN_UP;
	switch (event->type) {
		case CYW43_EV_SET_SSID:
			if (event->status == CYW43_STATUS_SUCCESS || was_up || kind == JOIN_LOST || self->pend_rejoin)
				break;
			if (self->wifi_join_end_due)
				self->wifi_join_end_due = false;
			else if (event->status != CYW43_STATUS_NO_NETWORKS)
				cyw43_join_failed(self, event, false);
			else if (self->wifi_join_pruned)
				cyw43_join_decide(self, JOIN_FAILED, CYW43_JOIN_REASON_SECURITY, event);
			else
				cyw43_join_decide(self, JOIN_NO_NETWORK, CYW43_JOIN_REASON_NO_NETWORK, event);
			break;
		case CYW43_EV_AUTH:
			if (event->status == CYW43_STATUS_SUCCESS) {
				self->wifi_join_state |= JOIN_AUTHENTICATED;
				self->wifi_join_end_due = false;
			} else if (event->auth_type == DOT11_AUTH_SAE && event->status == CYW43_STATUS_FAIL && !was_up && !self->pend_rejoin) {
				self->wifi_join_end_due = true;
				cyw43_join_failed(self, event, true);
			}
			// Other failures end in SET_SSID; unsolicited ones are another station's.
			break;
		case CYW43_EV_DEAUTH_IND:
		case CYW43_EV_DISASSOC_IND:
			if (was_up)
				cyw43_join_lost(self, event);
			else if (self->wifi_join_state & JOIN_AUTHENTICATED)
				cyw43_join_failed(self, event, self->wifi_join_auth != CYW43_AUTH_OPEN && (event->reason == DOT11_REASON_PREVIOUS_AUTH_INVALID
					|| event->reason == DOT11_REASON_MIC_FAILURE || event->reason == DOT11_REASON_FOUR_WAY_TIMEOUT));
			break;
		case CYW43_EV_DISASSOC:
			if (was_up)
				cyw43_join_lost(self, event);
			break;
		case CYW43_EV_LINK:
			if (event->flags & EVENT_FLAG_LINK_UP)
				self->wifi_join_state |= JOIN_LINK;
			else if (was_up)
				cyw43_join_lost(self, event);
			else
				self->wifi_join_state &= ~(uint32_t)JOIN_LINK;
			break;
		case CYW43_EV_PSK_SUP:
			cyw43_event_supplicant(self, event);
			break;
		case CYW43_EV_PRUNE:
			if (event->reason != CYW43_REASON_PRUNE_RSN_MISMATCH || was_up)
				break;
			// WPA 1 is tried once where this join allows it.
			if (self->wifi_join_auth == CYW43_AUTH_WPA2_MIXED_PSK && !self->wifi_join_pruned)
				self->pend_rejoin = self->pend_rejoin_wpa = true;
			self->wifi_join_pruned = true;
			break;
		default:
			break;
	}
	if (!was_up && (self->wifi_join_state & JOIN_UP) == JOIN_UP) {
		self->wifi_join_state = JOIN_ACTIVE | JOIN_UP;
		memset(&self->wifi_join_facts, 0, sizeof self->wifi_join_facts);
		self->pend_rejoin = false;
		self->pend_rejoin_wpa = false;
		self->pend_link_up = true;
	}
}

// The last command of a join, also given again for another try.
static int cyw43_wifi_start_join(cyw43_t *self) {
	cyw43_ll_t *ll = &self->cyw43_ll;
	bool anywhere = !self->wifi_join_has_bssid && self->wifi_join_channel == CYW43_CHANNEL_NONE;
	if (anywhere) {
		struct cyw43_request request = {
			.command = WLC_SET_SSID, .set = true, .value = self->wifi_join_ssid, .value_length = sizeof self->wifi_join_ssid,
		};
		return cyw43_ll_request(ll, &request);
	}
	// join: SSID (36), scan type and 3 pad, four i32 of scan times (-1: default), BSSID, 2 pad, u32 count, u16 chanspec.
	uint8_t join[70] = {0};
	memcpy(join, self->wifi_join_ssid, sizeof self->wifi_join_ssid);
	memset(join + 40, 0xFF, 16);
	if (self->wifi_join_has_bssid)
		memcpy(join + 56, self->wifi_join_bssid, 6);
	else
		memset(join + 56, 0xFF, 6); // any
	if (self->wifi_join_channel != CYW43_CHANNEL_NONE) {
		join[64] = 1;
		join[68] = (uint8_t)self->wifi_join_channel;
		join[69] = 0x10; // 2.4 GHz, 20 MHz
	}
	return cyw43_ll_set_variable(ll, "join", join, sizeof join);
}

static int cyw43_set_bss_variable(cyw43_t *self, const char *name, uint32_t value) {
	uint32_t values[2] = {0, value}; // of bsscfg 0
	return cyw43_ll_set_variable(&self->cyw43_ll, name, values, sizeof values);
}

// To the station or to the network of its own.
static int cyw43_wifi_set_key(cyw43_t *self, uint32_t interface, size_t key_len, const uint8_t *key, uint32_t auth_type) {
	int result = 0;
	if (auth_type != CYW43_AUTH_WPA3_SAE_AES_PSK) {
		// u16 length, u16 1 for a passphrase or 0 for 64 hexadecimal digits, 64 bytes.
		uint8_t pmk[68] = {(uint8_t)key_len, 0, key_len == 64 ? 0 : 1, 0};
		memcpy(pmk + 4, key, key_len);
		struct cyw43_request request = {.command = WLC_SET_WSEC_PMK, .set = true, .interface = interface, .value = pmk, .value_length = sizeof pmk};
		result = cyw43_ll_request(&self->cyw43_ll, &request);
		memset(pmk, 0, sizeof pmk);
	}
	if (result == 0 && (auth_type == CYW43_AUTH_WPA3_SAE_AES_PSK || auth_type == CYW43_AUTH_WPA3_WPA2_AES_PSK)) {
		static const char name[] = "sae_password";
		uint8_t password[130] = {(uint8_t)key_len, 0}; // u16 length, 128 bytes
		memcpy(password + 2, key, key_len);
		struct cyw43_request request = {
			.command = WLC_SET_VAR, .set = true, .interface = interface, .head = name, .head_length = sizeof name,
			.value = password, .value_length = sizeof password,
		};
		result = cyw43_ll_request(&self->cyw43_ll, &request);
		memset(password, 0, sizeof password);
	}
	memset(self->cyw43_ll.spid_buf, 0, sizeof self->cyw43_ll.spid_buf); // the key went through it
	return result;
}

struct cyw43_protection {
	uint32_t wpa_auth, mfp, auth;
	size_t key_min, key_max;
};

// Whoever asks for WPA 3 alone is not given WPA 2: protected management frames tell them apart.
static bool cyw43_protection_of(uint32_t auth_type, struct cyw43_protection *protection) {
	switch (auth_type) {
		case CYW43_AUTH_OPEN: *protection = (struct cyw43_protection){WPA_AUTH_DISABLED, MFP_NONE, 0, 0, SIZE_MAX}; return true;
		case CYW43_AUTH_WPA_TKIP_PSK: *protection = (struct cyw43_protection){WPA_AUTH_WPA_PSK, MFP_NONE, 0, 8, 64}; return true;
		case CYW43_AUTH_WPA2_AES_PSK:
		case CYW43_AUTH_WPA2_MIXED_PSK: *protection = (struct cyw43_protection){WPA_AUTH_WPA2_PSK, MFP_CAPABLE, 0, 8, 64}; return true;
		case CYW43_AUTH_WPA3_SAE_AES_PSK: *protection = (struct cyw43_protection){WPA_AUTH_WPA3_SAE, MFP_REQUIRED, DOT11_AUTH_SAE, 8, 128}; return true;
		case CYW43_AUTH_WPA3_WPA2_AES_PSK: *protection = (struct cyw43_protection){WPA_AUTH_WPA3_SAE, MFP_CAPABLE, DOT11_AUTH_SAE, 8, 64}; return true;
		default: return false;
	}
}

// Tells the chip of the network that is kept in wifi_join_, and to join it; kind is what the state is meanwhile.
static int cyw43_wifi_apply_join(cyw43_t *self, uint32_t kind) {
	cyw43_ll_t *ll = &self->cyw43_ll;
	uint32_t auth_type = self->wifi_join_auth;
	struct cyw43_protection protection;
	if (!cyw43_protection_of(auth_type, &protection))
		return CYW43_FAIL_FAST_CHECK(-CYW43_EINVAL);

	// What only tunes is allowed to be refused: firmware versions differ. What secures is not.
	cyw43_ll_set_variable_u32(ll, "ampdu_ba_wsize", 8);
	int result = cyw43_ll_set_u32(ll, WLC_SET_WSEC, auth_type & 0xFF);
	if (result == 0)
		result = cyw43_set_bss_variable(self, "bsscfg:sup_wpa", auth_type == CYW43_AUTH_OPEN ? 0 : 1);
	if (result == 0 && auth_type != CYW43_AUTH_OPEN) {
		cyw43_set_bss_variable(self, "bsscfg:sup_wpa2_eapver", 0xFFFFFFFF);
		cyw43_set_bss_variable(self, "bsscfg:sup_wpa_tmo", SUPPLICANT_TIMEOUT_MS);
		cyw43_ll_wait_ms(SUPPLICANT_SETTLE_MS);
		result = cyw43_wifi_set_key(self, CYW43_ITF_STA, self->wifi_join_key_length, self->wifi_join_key, auth_type);
	}
	if (result == 0)
		result = cyw43_ll_set_u32(ll, WLC_SET_INFRA, 1);
	if (result == 0)
		result = cyw43_ll_set_u32(ll, WLC_SET_AUTH, protection.auth);
	if (result == 0) {
		int protected = cyw43_ll_set_variable_u32(ll, "mfp", protection.mfp);
		if (protection.mfp == MFP_REQUIRED)
			result = protected;
	}
	if (result == 0)
		result = cyw43_ll_set_u32(ll, WLC_SET_WPA_AUTH, protection.wpa_auth);
	if (result != 0)
		return result;
	self->wifi_join_tries = 0;
	self->wifi_join_passphrase_refused = self->wifi_join_pruned = self->wifi_join_end_due = false;
	self->wifi_join_started_ms = cyw43_hal_ticks_ms();
	self->wifi_join_state = kind | (auth_type == CYW43_AUTH_OPEN ? JOIN_KEYED : 0);
	return cyw43_wifi_start_join(self);
}

static int cyw43_wifi_join_locked(cyw43_t *self, size_t ssid_len, const uint8_t *ssid, size_t key_len, const uint8_t *key, uint32_t auth_type, const uint8_t *bssid, uint32_t channel) {
	struct cyw43_protection protection;
	if (!(self->itf_state & 1 << CYW43_ITF_STA))
		return CYW43_FAIL_FAST_CHECK(-CYW43_EPERM);
	if (!cyw43_protection_of(auth_type, &protection) || ssid == NULL || ssid_len == 0 || ssid_len > 32 || (key == NULL && key_len != 0)
			|| key_len < protection.key_min || key_len > protection.key_max)
		return CYW43_FAIL_FAST_CHECK(-CYW43_EINVAL);
	int result = cyw43_ensure_up(self);
	if (result != 0)
		return result;

	// Events of an association before this one are nobody's from here on.
	bool was_up = (self->wifi_join_state & JOIN_UP) == JOIN_UP;
	uint32_t before = self->wifi_join_state & JOIN_KIND_MASK;
	self->wifi_join_state = JOIN_IDLE;
	self->pend_disassoc = self->pend_rejoin = self->pend_rejoin_wpa = self->pend_link_up = false;
	if (was_up)
		cyw43_cb_tcpip_set_link_down(self, CYW43_ITF_STA);
	if (before == JOIN_ACTIVE || before == JOIN_LOST)
		cyw43_ll_set_u32(&self->cyw43_ll, WLC_DISASSOC, 0);

	memset(self->wifi_join_ssid, 0, sizeof self->wifi_join_ssid);
	self->wifi_join_ssid[0] = (uint8_t)ssid_len;
	memcpy(self->wifi_join_ssid + 4, ssid, ssid_len);
	self->wifi_join_has_bssid = bssid != NULL;
	if (bssid != NULL)
		memcpy(self->wifi_join_bssid, bssid, sizeof self->wifi_join_bssid);
	self->wifi_join_channel = channel;
	self->wifi_join_auth = auth_type;
	cyw43_wifi_forget_key(self);
	if (auth_type != CYW43_AUTH_OPEN) {
		memcpy(self->wifi_join_key, key, key_len);
		self->wifi_join_key_length = (uint8_t)key_len;
	}
	memset(&self->wifi_join_facts, 0, sizeof self->wifi_join_facts);
	result = cyw43_wifi_apply_join(self, JOIN_ACTIVE);
	if (result != 0) {
		self->wifi_join_state = JOIN_IDLE;
		cyw43_wifi_forget_key(self);
	}
	return result;
}

int cyw43_wifi_join(cyw43_t *self, size_t ssid_len, const uint8_t *ssid, size_t key_len, const uint8_t *key, uint32_t auth_type, const uint8_t *bssid, uint32_t channel) {
	CYW43_THREAD_ENTER
	int result = cyw43_wifi_join_locked(self, ssid_len, ssid, key_len, key, auth_type, bssid, channel);
	CYW43_THREAD_EXIT
	return result;
}

int cyw43_wifi_leave(cyw43_t *self, int itf) {
	if (itf != CYW43_ITF_STA)
		return CYW43_FAIL_FAST_CHECK(-CYW43_EPERM);
	CYW43_THREAD_ENTER
	int result = cyw43_ensure_up(self);
	if (result == 0) {
		bool was_up = (self->wifi_join_state & JOIN_UP) == JOIN_UP;
		self->wifi_join_state = JOIN_IDLE;
		cyw43_wifi_forget_key(self);
		self->pend_disassoc = self->pend_rejoin = self->pend_rejoin_wpa = self->pend_link_up = false;
		if (was_up)
			cyw43_cb_tcpip_set_link_down(self, CYW43_ITF_STA);
		result = cyw43_ll_set_u32(&self->cyw43_ll, WLC_DISASSOC, 0);
	}
	CYW43_THREAD_EXIT
	return result;
}

// A join that neither came nor failed ends by its time; asking is enough, no timer runs.
static bool cyw43_join_overdue(const cyw43_t *self) {
	return (self->wifi_join_state & JOIN_KIND_MASK) == JOIN_ACTIVE && (self->wifi_join_state & JOIN_UP) != JOIN_UP
		&& cyw43_hal_ticks_ms() - self->wifi_join_started_ms > CYW43_JOIN_TIMEOUT_MS;
}

int cyw43_wifi_link_status(cyw43_t *self, int itf) {
	if (itf != CYW43_ITF_STA || cyw43_poll == NULL)
		return CYW43_LINK_DOWN;
	if (cyw43_join_overdue(self))
		return CYW43_LINK_FAIL;
	switch (self->wifi_join_state & JOIN_KIND_MASK) {
		case JOIN_ACTIVE: return CYW43_LINK_JOIN;
		case JOIN_FAILED: return CYW43_LINK_FAIL;
		case JOIN_NO_NETWORK: return CYW43_LINK_NONET;
		case JOIN_PASSPHRASE: return CYW43_LINK_BADAUTH;
		default: return CYW43_LINK_DOWN;
	}
}

void cyw43_wifi_join_facts(cyw43_t *self, cyw43_join_facts_t *facts) {
	CYW43_THREAD_ENTER
	*facts = self->wifi_join_facts;
	if (cyw43_join_overdue(self))
		facts->reason = CYW43_JOIN_REASON_TIMEOUT;
	CYW43_THREAD_EXIT
}

// Interfaces.

static int cyw43_wifi_set_country(cyw43_t *self, uint32_t country) {
	// country: 4 bytes abbreviation, i32 revision (-1: the newest), 4 bytes code.
	uint8_t value[12] = {country & 0xFF, country >> 8 & 0xFF};
	int32_t revision = (int32_t)(country >> 16);
	if (revision == 0)
		revision = -1;
	memcpy(value + 4, &revision, 4);
	value[8] = value[0];
	value[9] = value[1];
	return cyw43_ll_set_variable(&self->cyw43_ll, "country", value, sizeof value);
}

static int cyw43_wifi_set_event_mask(cyw43_t *self) {
	static const uint8_t unwanted[] = {CYW43_EV_ROAM, CYW43_EV_TXFAIL, CYW43_EV_RADIO, CYW43_EV_PROBREQ_MSG, CYW43_EV_IF,
		CYW43_EV_PROBRESP_MSG, CYW43_EV_PROBREQ_MSG_RX};
	uint8_t value[4 + EVENT_MASK_BYTES] = {0}; // u32 bsscfg, one bit an event
	memset(value + 4, 0xFF, EVENT_MASK_BYTES);
	for (size_t i = 0; i < sizeof unwanted; i++)
		value[4 + unwanted[i] / 8] &= (uint8_t)~(1u << unwanted[i] % 8);
	return cyw43_ll_set_variable(&self->cyw43_ll, "bsscfg:event_msgs", value, sizeof value);
}

// The chip takes a country over in its own time and may refuse what comes next meanwhile: the maker's driver repeats it too
// (wifi-host-driver, whd_management.c), and makes no pause around UP.
static int cyw43_wifi_set_event_mask_after_country(cyw43_t *self) {
	uint32_t start_ms = cyw43_hal_ticks_ms();
	int result;
	while ((result = cyw43_wifi_set_event_mask(self)) != 0 && self->cyw43_ll.ioctl_status != 0
		&& cyw43_hal_ticks_ms() - start_ms < COUNTRY_DEADLINE_MS)
		cyw43_ll_wait_ms(COUNTRY_RETRY_MS);
	return result;
}

static int cyw43_wifi_switch_on(cyw43_t *self, uint32_t country) {
	cyw43_ll_t *ll = &self->cyw43_ll;
	self->country = country;
	int result = cyw43_wifi_set_country(self, country);
	if (result != 0 && ll->ioctl_status != 0 && country != CYW43_COUNTRY_WORLDWIDE) {
		CYW43_WARN("radio has no channels for country %c%c: worldwide ones are taken\n", (char)country, (char)(country >> 8));
		self->country = CYW43_COUNTRY_WORLDWIDE;
		result = cyw43_wifi_set_country(self, CYW43_COUNTRY_WORLDWIDE);
	}
	if (result == 0)
		result = cyw43_wifi_set_event_mask_after_country(self);
	if (result != 0)
		return result;
	// A firmware that refuses one of these does without it; one that does not answer is a fault.
	static const struct { const char *name; uint32_t value; } tuning[] = {{"ampdu_ba_wsize", 8}, {"ampdu_mpdu", 4}, {"ampdu_rx_factor", 0}};
	result = cyw43_ll_set_u32(ll, WLC_SET_ANTDIV, 0);
	for (size_t i = 0; i < sizeof tuning / sizeof *tuning && (result == 0 || ll->ioctl_status != 0); i++)
		result = cyw43_ll_set_variable_u32(ll, tuning[i].name, tuning[i].value);
	if (result != 0 && ll->ioctl_status == 0)
		return result;
	struct cyw43_request up = {.command = WLC_UP, .set = true};
	return cyw43_ll_request(ll, &up);
}

static int cyw43_wifi_bring_up(cyw43_t *self, int itf, uint32_t country) {
	int result = cyw43_ensure_up(self);
	if (result == 0 && self->itf_state == 0) {
		result = cyw43_wifi_switch_on(self, country);
		if (result == 0)
			result = cyw43_wifi_pm(self, CYW43_DEFAULT_PM);
	}
	if (result != 0 || (self->itf_state & 1 << itf))
		return result;
	if (itf == CYW43_ITF_AP)
		result = cyw43_ap_configure(self);
	if (result != 0)
		return result;
	cyw43_cb_tcpip_deinit(self, itf);
	cyw43_cb_tcpip_init(self, itf);
	self->itf_state |= (uint8_t)(1 << itf);
	if (itf == CYW43_ITF_AP)
		result = cyw43_ap_start(self); // last: its link must find the interface
	return result;
}

void cyw43_wifi_set_up(cyw43_t *self, int itf, bool up, uint32_t country) {
	CYW43_THREAD_ENTER
	if (up) {
		int result = cyw43_wifi_bring_up(self, itf, country);
		if (result != 0)
			CYW43_PRINTF("radio could not be switched on: %d\n", result);
	} else {
		if (itf == CYW43_ITF_AP)
			cyw43_ap_stop(self);
		if (self->itf_state & 1 << itf) {
			cyw43_cb_tcpip_deinit(self, itf);
			self->itf_state &= (uint8_t)~(1 << itf);
		}
	}
	CYW43_THREAD_EXIT
}

// Scan.

// The record behind the 12 bytes of an escan result: offsets of wifi-host-driver's wl_bss_info version 109.
#define ESCAN_HEADER_BYTES 12
#define BSS_LENGTH 4
#define BSS_BSSID 8
#define BSS_CAPABILITY 16
#define BSS_SSID_LENGTH 18
#define BSS_SSID 19
#define BSS_CHANSPEC 72
#define BSS_RSSI 78
#define BSS_CONTROL_CHANNEL 88
#define BSS_IE_OFFSET 116
#define BSS_IE_LENGTH 120
#define BSS_FIXED_BYTES 128
#define CAPABILITY_PRIVACY 0x10
#define IE_RSN 48
#define IE_VENDOR 221
#define AUTH_MODE_PRIVACY 1
#define AUTH_MODE_WPA 2
#define AUTH_MODE_RSN 4

static uint32_t cyw43_read_le(const uint8_t *at, size_t bytes) {
	uint32_t value = 0;
	while (bytes-- > 0)
		value = value << 8 | at[bytes];
	return value;
}

static uint8_t cyw43_scan_auth_mode(const uint8_t *bss, size_t length) {
	static const uint8_t wpa_oui[4] = {0x00, 0x50, 0xF2, 0x01};
	uint8_t mode = cyw43_read_le(bss + BSS_CAPABILITY, 2) & CAPABILITY_PRIVACY ? AUTH_MODE_PRIVACY : 0;
	size_t at = cyw43_read_le(bss + BSS_IE_OFFSET, 2);
	size_t end = at + cyw43_read_le(bss + BSS_IE_LENGTH, 4);
	if (at > length || end < at || end > length)
		return mode;
	while (end - at >= 2 && end - at - 2 >= bss[at + 1]) {
		const uint8_t *ie = bss + at;
		if (ie[0] == IE_RSN)
			mode |= AUTH_MODE_RSN;
		else if (ie[0] == IE_VENDOR && ie[1] >= 4 && memcmp(ie + 2, wpa_oui, 4) == 0)
			mode |= AUTH_MODE_WPA;
		at += 2 + (size_t)ie[1];
	}
	return mode;
}

static void cyw43_event_scan(cyw43_t *self, const struct cyw43_event *event) {
	if (self->wifi_scan_state != 1)
		return;
	if (event->status != CYW43_STATUS_PARTIAL) {
		self->wifi_scan_state = 2;
		return;
	}
	if (event->data_length < ESCAN_HEADER_BYTES + BSS_FIXED_BYTES)
		return;
	const uint8_t *bss = event->data + ESCAN_HEADER_BYTES;
	size_t room = event->data_length - ESCAN_HEADER_BYTES;
	size_t length = cyw43_read_le(bss + BSS_LENGTH, 4);
	uint8_t ssid_len = bss[BSS_SSID_LENGTH];
	if (length < BSS_FIXED_BYTES || length > room || ssid_len > 32)
		return;
	cyw43_ev_scan_result_t result;
	memset(&result, 0, sizeof result);
	memcpy(result.bssid, bss + BSS_BSSID, 6);
	result.ssid_len = ssid_len;
	memcpy(result.ssid, bss + BSS_SSID, ssid_len);
	result.channel = bss[BSS_CHANSPEC];
	result.rssi = (int16_t)cyw43_read_le(bss + BSS_RSSI, 2);
	result.auth_mode = cyw43_scan_auth_mode(bss, length);
	if (self->wifi_scan_cb != NULL)
		self->wifi_scan_cb(self->wifi_scan_env, &result);
}

static int cyw43_wifi_scan_locked(cyw43_t *self, cyw43_wifi_scan_options_t *opts, void *env, int (*result_cb)(void *, const cyw43_ev_scan_result_t *)) {
	if (self->itf_state == 0)
		return CYW43_FAIL_FAST_CHECK(-CYW43_EPERM);
	if (opts == NULL || opts->ssid_len > sizeof opts->ssid)
		return CYW43_FAIL_FAST_CHECK(-CYW43_EINVAL);
	int result = cyw43_ensure_up(self);
	if (result != 0)
		return result;
	opts->version = 1;
	opts->action = 1; // start
	opts->_ = 0x1234; // identifies this scan in its results
	memset(opts->bssid, 0xFF, sizeof opts->bssid);
	opts->bss_type = 2; // any
	opts->nprobes = opts->active_time = opts->passive_time = opts->home_time = -1; // the firmware's defaults
	opts->channel_num = 0; // all
	opts->channel_list[0] = 0;
	self->wifi_scan_env = env;
	self->wifi_scan_cb = result_cb;
	self->wifi_scan_state = 1;
	result = cyw43_ll_set_variable(&self->cyw43_ll, "escan", opts, sizeof *opts);
	if (result != 0)
		self->wifi_scan_state = 0;
	return result;
}

int cyw43_wifi_scan(cyw43_t *self, cyw43_wifi_scan_options_t *opts, void *env, int (*result_cb)(void *, const cyw43_ev_scan_result_t *)) {
	CYW43_THREAD_ENTER
	int result = cyw43_wifi_scan_locked(self, opts, env, result_cb);
	CYW43_THREAD_EXIT
	return result;
}

// Power management, addresses, signal.

static int cyw43_wifi_pm_locked(cyw43_t *self, uint32_t pm) {
	cyw43_ll_t *ll = &self->cyw43_ll;
	self->pm = pm;
	int result = cyw43_ensure_up(self);
	uint32_t sleep_return_ms = MAX((pm >> 4 & 0xFF) * 10, 10);
	if (result == 0)
		result = cyw43_ll_set_variable_u32(ll, "pm2_sleep_ret", MIN(sleep_return_ms, 2000));
	if (result == 0)
		result = cyw43_ll_set_variable_u32(ll, "bcn_li_bcn", pm >> 12 & 15);
	if (result == 0)
		result = cyw43_ll_set_variable_u32(ll, "bcn_li_dtim", pm >> 16 & 15);
	if (result == 0)
		result = cyw43_ll_set_variable_u32(ll, "assoc_listen", pm >> 20 & 15);
	if (result == 0)
		result = cyw43_ll_set_u32(ll, WLC_SET_PM, pm & 15);
	if (result == 0) {
		// Which modulations and which band: refused while joined, and set before.
		cyw43_ll_set_u32(ll, WLC_SET_GMODE, 1);
		cyw43_ll_set_u32(ll, WLC_SET_BAND, 0);
	}
	return result;
}

int cyw43_wifi_pm(cyw43_t *self, uint32_t pm) {
	CYW43_THREAD_ENTER
	int result = cyw43_wifi_pm_locked(self, pm);
	CYW43_THREAD_EXIT
	return result;
}

int cyw43_wifi_get_pm(cyw43_t *self, uint32_t *pm) {
	CYW43_THREAD_ENTER
	cyw43_ll_t *ll = &self->cyw43_ll;
	uint32_t mode = 0, sleep_return_ms = 0, beacon = 0, dtim = 0, listen = 0;
	int result = cyw43_ensure_up(self);
	if (result == 0)
		result = cyw43_ll_get_variable(ll, "pm2_sleep_ret", &sleep_return_ms, 4);
	if (result == 0)
		result = cyw43_ll_get_variable(ll, "bcn_li_bcn", &beacon, 4);
	if (result == 0)
		result = cyw43_ll_get_variable(ll, "bcn_li_dtim", &dtim, 4);
	if (result == 0)
		result = cyw43_ll_get_variable(ll, "assoc_listen", &listen, 4);
	if (result == 0) {
		struct cyw43_request request = {.command = WLC_GET_PM, .answer = &mode, .answer_length = sizeof mode};
		result = cyw43_ll_request(ll, &request);
	}
	if (result == 0)
		*pm = cyw43_pm_value((uint8_t)mode, (uint16_t)sleep_return_ms, (uint8_t)beacon, (uint8_t)dtim, (uint8_t)listen);
	CYW43_THREAD_EXIT
	return result;
}

int cyw43_wifi_get_mac(cyw43_t *self, int itf, uint8_t mac[6]) {
	(void)self;
	(void)itf;
	cyw43_hal_get_mac(CYW43_HAL_MAC_WLAN0, mac);
	return 0;
}

static int cyw43_wifi_update_multicast_filter_locked(cyw43_t *self, const uint8_t *addr, bool add) {
	uint8_t list[4 + CYW43_MULTICAST_MAX * 6] = {0}; // u32 count, addresses
	int result = cyw43_ensure_up(self);
	if (result == 0)
		result = cyw43_ll_get_variable(&self->cyw43_ll, "mcast_list", list, sizeof list);
	if (result != 0)
		return result;
	uint32_t count = cyw43_read_le(list, 4);
	if (count > CYW43_MULTICAST_MAX)
		return CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
	uint32_t at = 0;
	while (at < count && memcmp(list + 4 + at * 6, addr, 6) != 0)
		at++;
	if (add == (at < count))
		return 0; // there already, or gone already
	if (add) {
		if (count == CYW43_MULTICAST_MAX)
			return CYW43_FAIL_FAST_CHECK(-CYW43_EPERM);
		memcpy(list + 4 + count++ * 6, addr, 6);
	} else {
		count--;
		memmove(list + 4 + at * 6, list + 4 + count * 6, 6);
		memset(list + 4 + count * 6, 0, 6);
	}
	list[0] = (uint8_t)count;
	memcpy(self->multicast, list, sizeof list);
	return cyw43_ll_set_variable(&self->cyw43_ll, "mcast_list", list, sizeof list);
}

int cyw43_wifi_update_multicast_filter(cyw43_t *self, uint8_t *addr, bool add) {
	CYW43_THREAD_ENTER
	int result = cyw43_wifi_update_multicast_filter_locked(self, addr, add);
	CYW43_THREAD_EXIT
	return result;
}

int cyw43_wifi_get_rssi(cyw43_t *self, int32_t *rssi) {
	if (rssi == NULL || (self->wifi_join_state & JOIN_KIND_MASK) != JOIN_ACTIVE)
		return CYW43_FAIL_FAST_CHECK(-CYW43_EPERM);
	return cyw43_ioctl(self, CYW43_IOCTL_GET_RSSI, sizeof *rssi, (uint8_t *)rssi, CYW43_ITF_STA);
}

int cyw43_wifi_get_bssid(cyw43_t *self, uint8_t bssid[6]) {
	return cyw43_ioctl(self, WLC_GET_BSSID * 2, 6, bssid, CYW43_ITF_STA);
}

// Commands, frames, pins.

int cyw43_ioctl(cyw43_t *self, uint32_t cmd, size_t len, uint8_t *buf, uint32_t iface) {
	CYW43_THREAD_ENTER
	int result = cyw43_ensure_up(self);
	if (result == 0) {
		struct cyw43_request request = {
			.command = cmd >> 1, .set = cmd & 1, .interface = iface,
			.value = buf, .value_length = len, .answer = buf, .answer_length = len,
		};
		result = cyw43_ll_request(&self->cyw43_ll, &request);
	}
	CYW43_THREAD_EXIT
	return result;
}

static void cyw43_fill_flat(uint8_t *to, size_t length, const void *from) {
	memcpy(to, from, length);
}

#if CYW43_LWIP
static void cyw43_fill_pbuf(uint8_t *to, size_t length, const void *from) {
	pbuf_copy_partial((const struct pbuf *)from, to, (u16_t)length, 0);
}
#endif

int cyw43_send_ethernet(cyw43_t *self, int itf, size_t len, const void *buf, bool is_pbuf) {
	CYW43_THREAD_ENTER
	int result = cyw43_ensure_up(self);
	if (self->trace_flags & CYW43_TRACE_ETH_TX)
		CYW43_PRINTF("radio sends %u bytes\n", (unsigned)len);
	if (result == 0) {
#if CYW43_LWIP
		if (is_pbuf)
			result = cyw43_ll_send(&self->cyw43_ll, (uint32_t)itf, len, cyw43_fill_pbuf, buf);
		else
#endif
			result = is_pbuf ? CYW43_FAIL_FAST_CHECK(-CYW43_EINVAL) : cyw43_ll_send(&self->cyw43_ll, (uint32_t)itf, len, cyw43_fill_flat, buf);
	}
	CYW43_THREAD_EXIT
	return result;
}

#if CYW43_GPIO

int cyw43_gpio_set(cyw43_t *self, int gpio, bool val) {
	if (gpio < 0 || gpio >= CYW43_NUM_GPIOS)
		return CYW43_FAIL_FAST_CHECK(-CYW43_EPERM);
	CYW43_THREAD_ENTER
	int result = cyw43_ensure_up(self);
	if (result == 0) {
		uint32_t value[2] = {1u << gpio, val ? 1u << gpio : 0}; // mask, levels
		self->gpio_mask |= value[0];
		self->gpio_levels = (self->gpio_levels & ~value[0]) | value[1];
		result = cyw43_ll_set_variable(&self->cyw43_ll, "gpioout", value, sizeof value);
	}
	CYW43_THREAD_EXIT
	return result;
}

int cyw43_gpio_get(cyw43_t *self, int gpio, bool *val) {
	if (gpio < 0 || gpio >= CYW43_NUM_GPIOS)
		return CYW43_FAIL_FAST_CHECK(-CYW43_EPERM);
	CYW43_THREAD_ENTER
	uint32_t levels = 0;
	int result = cyw43_ensure_up(self);
	if (result == 0)
		result = cyw43_ll_get_variable(&self->cyw43_ll, "ccgpioin", &levels, sizeof levels);
	if (result == 0)
		*val = levels >> gpio & 1;
	CYW43_THREAD_EXIT
	return result;
}

#endif

#include "cyw43_ap.c"
#include "cyw43_health.c"
