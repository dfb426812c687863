// The network that the radio opens itself (access point): interface 1 beside the station. Part of cyw43_ctrl.c.
//
// SPDX-License-Identifier: MIT

#define AP_BLOCK_ACK_WINDOW 2 // of wifi-host-driver: the chip has few buffers for others
#define AP_MULTICAST_RATE 22 // 11 Mbit/s, in halves of one
#define AP_DTIM_PERIOD 1
#define AP_STATIONS_MAX 10

static int cyw43_ap_command(cyw43_t *self, uint32_t command, const char *name, const void *value, size_t length) {
	struct cyw43_request request = {
		.command = command, .set = true, .interface = CYW43_ITF_AP, .value = value, .value_length = length,
		.head = name, .head_length = name == NULL ? 0 : strlen(name) + 1,
	};
	return cyw43_ll_request(&self->cyw43_ll, &request);
}

static int cyw43_ap_set(cyw43_t *self, uint32_t command, const char *name, uint32_t value) {
	return cyw43_ap_command(self, command, name, &value, sizeof value);
}

// "bsscfg:" variables and "bss" name the interface in their first word.
static int cyw43_ap_set_bss(cyw43_t *self, const char *name, uint32_t value) {
	uint32_t values[2] = {CYW43_ITF_AP, value};
	return cyw43_ap_command(self, WLC_SET_VAR, name, values, sizeof values);
}

// Tells the chip of the network that ap_ describes; it is not on the air yet.
static int cyw43_ap_configure(cyw43_t *self) {
	struct cyw43_protection protection;
	if (self->ap_key_len == 0)
		self->ap_auth = CYW43_AUTH_OPEN;
	if (!cyw43_protection_of(self->ap_auth, &protection) || self->ap_ssid_len == 0 || self->ap_key_len < protection.key_min)
		return CYW43_FAIL_FAST_CHECK(-CYW43_EINVAL);
	// The network of WPA2 and WPA3 offers both; the one that allows WPA 1 says so beside WPA2.
	uint32_t wpa_auth = protection.wpa_auth;
	if (self->ap_auth == CYW43_AUTH_WPA3_WPA2_AES_PSK)
		wpa_auth |= WPA_AUTH_WPA2_PSK;
	if (self->ap_auth == CYW43_AUTH_WPA2_MIXED_PSK)
		wpa_auth |= WPA_AUTH_WPA_PSK;

	uint8_t ssid[4 + 36] = {CYW43_ITF_AP, 0, 0, 0, self->ap_ssid_len}; // u32 interface, u32 length, 32 bytes
	memcpy(ssid + 8, self->ap_ssid, self->ap_ssid_len);
	cyw43_ap_set(self, WLC_SET_VAR, "ampdu_ba_wsize", AP_BLOCK_ACK_WINDOW);
	int result = cyw43_ap_command(self, WLC_SET_VAR, "bsscfg:ssid", ssid, sizeof ssid);
	if (result == 0)
		result = cyw43_ap_set(self, WLC_SET_CHANNEL, NULL, self->ap_channel);
	// What a station's WPA3 join left behind turns every guest away (embassy issues 4709 and 4976).
	if (result == 0)
		result = cyw43_ap_set(self, WLC_SET_AUTH, NULL, protection.auth);
	if (result == 0)
		result = cyw43_ap_set_bss(self, "bsscfg:wsec", self->ap_auth & 0xFF);
	if (result == 0) {
		int protected = cyw43_ap_set(self, WLC_SET_VAR, "mfp", protection.auth == 0 ? MFP_NONE : protection.mfp);
		if (protection.mfp == MFP_REQUIRED)
			result = protected;
	}
	if (result == 0)
		result = cyw43_ap_set_bss(self, "bsscfg:wpa_auth", wpa_auth);
	if (result == 0 && self->ap_auth != CYW43_AUTH_OPEN) {
		cyw43_ll_wait_ms(SUPPLICANT_SETTLE_MS);
		result = cyw43_wifi_set_key(self, CYW43_ITF_AP, self->ap_key_len, self->ap_key, self->ap_auth);
	}
	if (result != 0)
		return result;
	cyw43_ap_set(self, WLC_SET_GMODE, NULL, 1);
	cyw43_ap_set(self, WLC_SET_VAR, "2g_mrate", AP_MULTICAST_RATE);
	return cyw43_ap_set(self, WLC_SET_DTIM_PERIOD, NULL, AP_DTIM_PERIOD);
}

static int cyw43_ap_start(cyw43_t *self) {
	return cyw43_ap_set_bss(self, "bss", 1); // its LINK event comes later
}

static void cyw43_ap_stop(cyw43_t *self) {
	if (cyw43_ensure_up(self) == 0)
		cyw43_ap_set_bss(self, "bss", 0);
	self->pend_ap_link_up = self->pend_ap_link_down = false;
}

static void cyw43_ap_event(cyw43_t *self, const struct cyw43_event *event) {
	if (event->type != CYW43_EV_LINK)
		return; // guests are known to the chip: cyw43_wifi_ap_get_stas()
	self->pend_ap_link_up = (event->flags & EVENT_FLAG_LINK_UP) != 0;
	self->pend_ap_link_down = !self->pend_ap_link_up;
}

void cyw43_wifi_ap_get_max_stas(cyw43_t *self, int *max_stas) {
	uint32_t most = 0;
	CYW43_THREAD_ENTER
	if (cyw43_ensure_up(self) == 0 && cyw43_ll_get_variable(&self->cyw43_ll, "maxassoc", &most, sizeof most) != 0)
		most = 0;
	CYW43_THREAD_EXIT
	*max_stas = (int)most;
}

void cyw43_wifi_ap_get_stas(cyw43_t *self, int *num_stas, uint8_t *macs) {
	uint8_t list[4 + AP_STATIONS_MAX * 6] = {AP_STATIONS_MAX}; // u32 room for so many, or so many there are; addresses
	struct cyw43_request request = {
		.command = WLC_GET_ASSOCIATION_LIST, .interface = CYW43_ITF_AP, .value = list, .value_length = sizeof list,
		.answer = list, .answer_length = sizeof list,
	};
	int room = *num_stas;
	*num_stas = 0;
	CYW43_THREAD_ENTER
	if ((self->itf_state & 1 << CYW43_ITF_AP) && cyw43_ensure_up(self) == 0 && cyw43_ll_request(&self->cyw43_ll, &request) == 0) {
		int count = (int)MIN(cyw43_read_le(list, 4), AP_STATIONS_MAX);
		*num_stas = MIN(count, room);
		memcpy(macs, list + 4, (size_t)*num_stas * 6);
	}
	CYW43_THREAD_EXIT
}
