// Numbers of the CYW43439: bus registers, backplane addresses, frame layouts, commands and events.
//
// Public sources: CYW43439 data sheet 002-30348 (gSPI), Infineon wifi-host-driver (whd_events_int.h, whd_types.h,
// whd_wlioctl.h), embassy-rs cyw43, picowi. Multi-byte fields are little endian unless said otherwise.
//
// SPDX-License-Identifier: MIT

#ifndef CYW43_PROTOCOL_H
#define CYW43_PROTOCOL_H

// gSPI function 0: bus registers (data sheet, "gSPI registers").
#define BUS_CONTROL 0x00
#define BUS_CONTROL_WORD_LENGTH_32 (1u << 0)
#define BUS_CONTROL_ENDIAN_BIG (1u << 1)
#define BUS_CONTROL_HIGH_SPEED (1u << 4)
#define BUS_CONTROL_INTERRUPT_POLARITY_HIGH (1u << 5)
#define BUS_CONTROL_WAKE_UP (1u << 7)
#define BUS_RESPONSE_DELAY_SHIFT 8 // register 0x01 in the same 32-bit write, bytes
#define BUS_STATUS_ENABLE_SHIFT 16 // register 0x02
#define BUS_INTR_WITH_STATUS (1u << 1)
#define BUS_INTERRUPT 0x04
#define BUS_INTERRUPT_ENABLE 0x06
#define BUS_INTERRUPT_DATA_UNAVAILABLE (1u << 0)
#define BUS_INTERRUPT_F2_F3_FIFO_RD_UNDERFLOW (1u << 1)
#define BUS_INTERRUPT_F2_F3_FIFO_WR_OVERFLOW (1u << 2)
#define BUS_INTERRUPT_COMMAND_ERROR (1u << 3)
#define BUS_INTERRUPT_DATA_ERROR (1u << 4)
#define BUS_INTERRUPT_F2_PACKET_AVAILABLE (1u << 5)
#define BUS_INTERRUPT_F1_OVERFLOW (1u << 7)
#define BUS_INTERRUPT_KNOWN 0x00BF
#define BUS_STATUS 0x08
#define BUS_STATUS_UNDERFLOW (1u << 1)
#define BUS_STATUS_F2_RX_READY (1u << 5)
#define BUS_STATUS_F2_PKT_AVAILABLE (1u << 8)
#define BUS_STATUS_F2_PKT_LEN_SHIFT 9
#define BUS_STATUS_F2_PKT_LEN_MASK 0x7FFu
#define BUS_STATUS_SILENT 0xFFFFFFFFu // nobody drives the line
#define BUS_TEST_RO 0x14
#define BUS_TEST_RO_VALUE 0xFEEDBEADu
#define BUS_RESPONSE_DELAY_F1 0x1D
#define BUS_CARDCAP 0xF0
#define BUS_CARDCAP_CMD_NODEC 0x08

// gSPI function 1: registers beside the backplane window.
#define F1_WATERMARK 0x10008
#define F1_WATERMARK_BYTES 0x20
#define F1_BACKPLANE_WINDOW 0x1000A // three bytes: bits 15:8, 23:16, 31:24 of the base
#define F1_FRAME_CONTROL 0x1000D
#define F1_FRAME_CONTROL_READ_TERMINATE (1u << 0)
#define F1_CHIP_CLOCK_CSR 0x1000E
#define F1_CLOCK_FORCE_HT (1u << 1)
#define F1_CLOCK_ALP_AVAIL_REQ (1u << 3)
#define F1_CLOCK_ALP_AVAIL (1u << 6)
#define F1_CLOCK_HT_AVAIL (1u << 7)
#define F1_PULL_UP 0x1000F
#define F1_WAKEUP_CTRL 0x1001E
#define F1_WAKEUP_TILL_HT_AVAIL (1u << 1)
#define F1_SLEEP_CSR 0x1001F
#define F1_SLEEP_KEEP_SDIO_ON (1u << 0)
#define F1_SLEEP_DEVICE_ON (1u << 1)
#define F1_WINDOW_BYTES 0x8000u
#define F1_WINDOW_32_BIT_ACCESS 0x8000u

// Backplane.
#define BACKPLANE_CHIPCOMMON 0x18000000u
#define BACKPLANE_SR_CONTROL1 (BACKPLANE_CHIPCOMMON + 0x508)
#define BACKPLANE_SDIO_INT_HOST_MASK 0x18002024u
#define SDIO_INT_HOST_MAILBOX 0x000000F0u
#define BACKPLANE_ARM_WRAPPER 0x18103000u
#define BACKPLANE_SOCSRAM 0x18004000u
#define BACKPLANE_SOCSRAM_BANKX_INDEX (BACKPLANE_SOCSRAM + 0x10)
#define BACKPLANE_SOCSRAM_BANKX_PDA (BACKPLANE_SOCSRAM + 0x44)
#define BACKPLANE_SOCSRAM_WRAPPER 0x18104000u
#define WRAPPER_IOCTRL 0x408
#define WRAPPER_IOCTRL_CLOCK_ENABLE (1u << 0)
#define WRAPPER_IOCTRL_FORCE_GATED_CLOCKS (1u << 1)
#define WRAPPER_RESETCTRL 0x800
#define WRAPPER_RESETCTRL_RESET (1u << 0)
#define CHIP_RAM_BYTES (512 * 1024u)

// SDPCM: the header of every function 2 frame (wifi-host-driver whd_sdpcm.c).
#define SDPCM_HEADER_BYTES 12
#define SDPCM_CHANNEL_CONTROL 0
#define SDPCM_CHANNEL_EVENT 1
#define SDPCM_CHANNEL_DATA 2
#define SDPCM_CREDIT_AHEAD_MAX 0x40 // a grant further ahead than this is a misread one
#define SDPCM_FRAME_MAX_BYTES 2040 // one bus transfer
// CDC: ioctl header after SDPCM on channel 0.
#define CDC_HEADER_BYTES 16
#define CDC_FLAG_ERROR (1u << 0)
#define CDC_FLAG_SET (1u << 1)
#define CDC_INTERFACE_SHIFT 12
#define CDC_ID_SHIFT 16
#define IOCTL_FRAME_MAX_BYTES 1500 // more breaks the firmware (wifi-host-driver)
// BDC: header after SDPCM on channels 1 and 2.
#define BDC_HEADER_BYTES 4
#define BDC_VERSION_2 0x20
#define BDC_SEND_PAD_BYTES 2 // without them the firmware puts two zero bytes on the air
#define ETHERNET_HEADER_BYTES 14
#define ETHERNET_FRAME_MAX_BYTES 1514

// Event frame after BDC (fields in network byte order).
#define EVENT_ETHERTYPE_OFFSET 12
#define EVENT_ETHERTYPE 0x886C
#define EVENT_OUI_OFFSET 19
#define EVENT_USER_SUBTYPE_OFFSET 22
#define EVENT_FLAGS_OFFSET 26
#define EVENT_TYPE_OFFSET 28
#define EVENT_STATUS_OFFSET 32
#define EVENT_REASON_OFFSET 36
#define EVENT_AUTH_TYPE_OFFSET 40
#define EVENT_DATA_LENGTH_OFFSET 44
#define EVENT_INTERFACE_OFFSET 70
#define EVENT_DATA_OFFSET 72
#define EVENT_FLAG_LINK_UP (1u << 0)

// Event numbers.
#define CYW43_EV_SET_SSID 0
#define CYW43_EV_JOIN 1
#define CYW43_EV_AUTH 3
#define CYW43_EV_DEAUTH 5
#define CYW43_EV_DEAUTH_IND 6
#define CYW43_EV_ASSOC 7
#define CYW43_EV_DISASSOC 11
#define CYW43_EV_DISASSOC_IND 12
#define CYW43_EV_LINK 16
#define CYW43_EV_ROAM 19
#define CYW43_EV_TXFAIL 20
#define CYW43_EV_PRUNE 23
#define CYW43_EV_RADIO 40
#define CYW43_EV_PROBREQ_MSG 44
#define CYW43_EV_PSK_SUP 46
#define CYW43_EV_ICV_ERROR 49
#define CYW43_EV_IF 54
#define CYW43_EV_ESCAN_RESULT 69
#define CYW43_EV_PROBRESP_MSG 71
#define CYW43_EV_PROBREQ_MSG_RX 137

// Event status; of PSK_SUP it is the state of the supplicant.
#define CYW43_STATUS_SUCCESS 0
#define CYW43_STATUS_FAIL 1
#define CYW43_STATUS_TIMEOUT 2
#define CYW43_STATUS_NO_NETWORKS 3
#define CYW43_STATUS_ABORT 4
#define CYW43_STATUS_UNSOLICITED 6
#define CYW43_STATUS_PARTIAL 8
#define CYW43_SUP_AUTHENTICATED 4 // waits for message 1
#define CYW43_SUP_KEYED 6
#define CYW43_SUP_WAIT_M3 8

// Event reasons.
#define CYW43_REASON_SUP_OTHER 0
#define CYW43_REASON_SUP_DEAUTH 14
#define CYW43_REASON_SUP_WPA_PSK_TMO 15
#define CYW43_REASON_PRUNE_RSN_MISMATCH 8
#define DOT11_REASON_PREVIOUS_AUTH_INVALID 2
#define DOT11_REASON_MIC_FAILURE 14
#define DOT11_REASON_FOUR_WAY_TIMEOUT 15
#define DOT11_AUTH_SAE 3

// Protected management frames ("mfp").
#define MFP_NONE 0
#define MFP_CAPABLE 1
#define MFP_REQUIRED 2

// Ioctl numbers.
#define WLC_UP 2
#define WLC_DOWN 3
#define WLC_SET_INFRA 20
#define WLC_SET_AUTH 22
#define WLC_GET_BSSID 23
#define WLC_SET_SSID 26
#define WLC_SET_CHANNEL 30
#define WLC_DISASSOC 52
#define WLC_SET_ANTDIV 64
#define WLC_SET_DTIM_PERIOD 78
#define WLC_GET_PM 85
#define WLC_SET_PM 86
#define WLC_SET_GMODE 110
#define WLC_GET_RSSI 127
#define WLC_SET_WSEC 134
#define WLC_SET_BAND 142
#define WLC_GET_ASSOCIATION_LIST 159
#define WLC_SET_WPA_AUTH 165
#define WLC_GET_VAR 262
#define WLC_SET_VAR 263
#define WLC_SET_WSEC_PMK 268

// Status of an answer (whd_types.h).
#define WLC_STATUS_BUSY (-16)

// Values of WLC_SET_WPA_AUTH.
#define WPA_AUTH_DISABLED 0
#define WPA_AUTH_WPA_PSK 0x4
#define WPA_AUTH_WPA2_PSK 0x80
#define WPA_AUTH_WPA3_SAE 0x40000

#endif
