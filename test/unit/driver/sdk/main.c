// Names everything that programs may take from the driver (SDK 2.3.0, its examples, and what the driver documents for others).

#include "pico/cyw43_arch.h"
#include "cyw43_country.h"
#include "cyw43_stats.h"

#if !defined(CYW43_COUNTRY_WORLDWIDE) || !defined(CYW43_COUNTRY_UK) || !defined(CYW43_COUNTRY_USA) || !defined(CYW43_COUNTRY_GERMANY)
#error "countries are missing"
#endif
#if !defined(CYW43_IOCTL_GET_RSSI) || !defined(CYW43_IOCTL_SET_VAR) || !defined(CYW43_TRACE_ASYNC_EV) || !defined(CYW43_VERSION)
#error "names of the official driver's headers are missing"
#endif

static int found(void *env, const cyw43_ev_scan_result_t *result) {
	return result->ssid_len + result->rssi + result->channel + result->bssid[0] + result->auth_mode + result->ssid[0];
}

const uint32_t ways[] = {
	CYW43_AUTH_OPEN, CYW43_AUTH_WPA_TKIP_PSK, CYW43_AUTH_WPA2_AES_PSK, CYW43_AUTH_WPA2_MIXED_PSK, CYW43_AUTH_WPA3_SAE_AES_PSK,
	CYW43_AUTH_WPA3_WPA2_AES_PSK, CYW43_NO_POWERSAVE_MODE, CYW43_PM1_POWERSAVE_MODE, CYW43_AGGRESSIVE_PM, CYW43_PERFORMANCE_PM,
	CYW43_NONE_PM, CYW43_CHANNEL_NONE,
};
const int states[] = {
	CYW43_LINK_DOWN, CYW43_LINK_JOIN, CYW43_LINK_NOIP, CYW43_LINK_UP, CYW43_LINK_FAIL, CYW43_LINK_NONET, CYW43_LINK_BADAUTH,
};

typedef void (*name)(void);
const name names[] = {
	(name)cyw43_init, (name)cyw43_deinit, (name)cyw43_ioctl, (name)cyw43_send_ethernet, (name)cyw43_wifi_pm, (name)cyw43_wifi_get_pm,
	(name)cyw43_wifi_link_status, (name)cyw43_wifi_set_up, (name)cyw43_wifi_get_mac, (name)cyw43_wifi_update_multicast_filter,
	(name)cyw43_wifi_scan, (name)cyw43_wifi_join, (name)cyw43_wifi_leave, (name)cyw43_wifi_get_rssi, (name)cyw43_wifi_get_bssid,
	(name)cyw43_wifi_ap_get_max_stas, (name)cyw43_wifi_ap_get_stas, (name)cyw43_gpio_set, (name)cyw43_gpio_get,
	(name)cyw43_tcpip_link_status, (name)cyw43_cb_tcpip_deinit, (name)cyw43_dump_stats, (name)cyw43_ll_write_backplane_reg,
	(name)cyw43_ll_read_backplane_reg, (name)cyw43_ll_write_backplane_mem, (name)cyw43_ll_read_backplane_mem,
	(name)cyw43_arch_init_with_country, (name)cyw43_arch_enable_ap_mode, (name)cyw43_arch_disable_sta_mode, (name)cyw43_arch_gpio_get,
};

int main(void) {
	const uint8_t *ssid;
	size_t length;
	cyw43_wifi_scan_options_t options = {0};
	cyw43_wifi_ap_set_channel(&cyw43_state, 6);
	cyw43_wifi_ap_set_ssid(&cyw43_state, 1, (const uint8_t *)"a");
	cyw43_wifi_ap_set_password(&cyw43_state, 1, (const uint8_t *)"b");
	cyw43_wifi_ap_set_auth(&cyw43_state, CYW43_AUTH_OPEN);
	cyw43_wifi_ap_get_ssid(&cyw43_state, &length, &ssid);
	cyw43_wifi_scan(&cyw43_state, &options, NULL, found);
#if CYW43_LWIP
	netif_set_hostname(&cyw43_state.netif[CYW43_ITF_STA], "name");
#endif
	return cyw43_wifi_scan_active(&cyw43_state) + cyw43_wifi_ap_get_auth(&cyw43_state) + cyw43_state.itf_state + cyw43_state.wifi_join_state
		+ cyw43_state.mac[0] + cyw43_state.trace_flags;
}
