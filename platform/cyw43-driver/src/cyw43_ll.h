// The chip below the Wi-Fi state machine: power, firmware, backplane, frames, ioctls. Used by cyw43_ctrl.c, by the SDK's bus
// file (the first three fields) and, for the backplane functions, by the SDK's cybt_shared_bus_driver.c.
//
// One thing of it exists, the first member of cyw43_state. Callers hold the driver's lock. Functions that answer int give 0
// or a negative CYW43_E number.
//
// SPDX-License-Identifier: MIT

#ifndef CYW43_LL_H
#define CYW43_LL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cyw43_config.h"

// Bytes of one backplane transfer (the chip's limit), and bytes that it sends before the answer to a backplane read.
#define CYW43_BUS_MAX_BLOCK_SIZE 64
#define CYW43_BACKPLANE_READ_PAD_LEN_BYTES 16

// Wi-Fi interfaces.
enum {
	CYW43_ITF_STA,
	CYW43_ITF_AP,
};

// Authentication: what cyw43_wifi_join() is told. The low byte is the chip's wsec value.
#define CYW43_AUTH_OPEN (0)
#define CYW43_AUTH_WPA_TKIP_PSK (0x00200002)
#define CYW43_AUTH_WPA2_AES_PSK (0x00400004)
#define CYW43_AUTH_WPA2_MIXED_PSK (0x00400006)
#define CYW43_AUTH_WPA3_SAE_AES_PSK (0x01000004)
#define CYW43_AUTH_WPA3_WPA2_AES_PSK (0x01400004)

// Power management modes, see cyw43_pm_value().
#define CYW43_NO_POWERSAVE_MODE (0)
#define CYW43_PM1_POWERSAVE_MODE (1)
#define CYW43_PM2_POWERSAVE_MODE (2)

#define CYW43_CHANNEL_NONE (0xffffffff)

// Words of cyw43_ioctl(): ioctl number * 2, + 1 to set.
#define CYW43_IOCTL_GET_SSID (0x32)
#define CYW43_IOCTL_GET_CHANNEL (0x3a)
#define CYW43_IOCTL_SET_DISASSOC (0x69)
#define CYW43_IOCTL_GET_ANTDIV (0x7e)
#define CYW43_IOCTL_SET_ANTDIV (0x81)
#define CYW43_IOCTL_SET_MONITOR (0xd9)
#define CYW43_IOCTL_GET_RSSI (0xfe)
#define CYW43_IOCTL_GET_VAR (0x20c)
#define CYW43_IOCTL_SET_VAR (0x20f)

// One network seen by a scan. The numbers of the fields are those of the chip's own record, as programs know them.
typedef struct _cyw43_ev_scan_result_t {
	uint32_t _0[5];
	uint8_t bssid[6];
	uint16_t _1[2];
	uint8_t ssid_len; // 0 to 32
	uint8_t ssid[32]; // zeros follow, also behind 32 bytes
	uint32_t _2[5];
	uint16_t channel; // 1 to 14
	uint16_t _3;
	uint8_t auth_mode; // 0 open, else a sum: 1 privacy, 2 WPA, 4 RSN (WPA2, WPA3)
	int16_t rssi; // dBm
} cyw43_ev_scan_result_t;

// What to scan for: zeros scan for everything. Only ssid_len, ssid and scan_type (0 active, 1 passive) are taken.
typedef struct _cyw43_wifi_scan_options_t {
	uint32_t version;
	uint16_t action;
	uint16_t _;
	uint32_t ssid_len;
	uint8_t ssid[32];
	uint8_t bssid[6];
	int8_t bss_type;
	int8_t scan_type;
	int32_t nprobes;
	int32_t active_time;
	int32_t passive_time;
	int32_t home_time;
	int32_t channel_num;
	uint16_t channel_list[1];
} cyw43_wifi_scan_options_t;

typedef struct _cyw43_ll_t {
	// The SDK's bus file runs transfers from a header word straight into spid_buf: the two lie together.
	uint32_t spi_header[CYW43_BACKPLANE_READ_PAD_LEN_BYTES / 4 + 1];
	uint8_t spid_buf[2048]; // any transfer overwrites it
	void *bus_data;

	uint32_t backplane_window; // base of the 32 KB window, as the chip has it
	bool running; // firmware answers
	bool bus_awake;
	bool save_restore; // the chip can keep its state with the bus asleep

	uint8_t transmit_sequence; // of the next frame to the chip
	uint8_t transmit_limit; // first sequence number that is not allowed yet
	uint8_t flow_control; // not 0: no frames
	bool credit_stalled; // the last wait for a credit was in vain
	bool suspect; // something was not answered: cyw43_health.c finds out
	uint32_t frames_in; // since power-up
	uint8_t silent_reads; // of the status, one after another
	uint8_t wait_depth; // > 0: frames are read inside a wait, the IP stack is not entered

	uint16_t ioctl_id; // of the last request
	bool ioctl_pending;
	int32_t ioctl_status; // the chip's answer to the last request
	uint8_t *ioctl_answer;
	size_t ioctl_answer_length;
} cyw43_ll_t;

#ifdef __cplusplus
extern "C" {
#endif

// Single words and bytes on the chip's internal bus. A read takes up to 64 bytes inside one 32 KB window.
void cyw43_ll_write_backplane_reg(cyw43_ll_t *self, uint32_t addr, uint32_t val);
uint32_t cyw43_ll_read_backplane_reg(cyw43_ll_t *self, uint32_t addr);
int cyw43_ll_write_backplane_mem(cyw43_ll_t *self, uint32_t addr, uint32_t len, const uint8_t *buf);
int cyw43_ll_read_backplane_mem(cyw43_ll_t *self, uint32_t addr, uint32_t len, uint8_t *buf);

#ifdef __cplusplus
}
#endif

#endif
