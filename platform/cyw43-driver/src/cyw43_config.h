// Configuration of the CYW43439 driver: the SDK's settings (cyw43_configport.h) and a default for each that it leaves open.
//
// Every setting may be given as a compile definition instead. The names are those that the Pico SDK 2.3.0 and programs
// written for it use; see src/rp2_common/pico_cyw43_driver of the SDK.
//
// SPDX-License-Identifier: MIT

#ifndef CYW43_CONFIG_H
#define CYW43_CONFIG_H

// The firmware images come out of the ELF section ".radio" unless the user names another header (contract of the SDK:
// the header gives CYW43_WIFI_FW_LEN, CYW43_CLM_LEN and fw_data; see firmware/radio_section.h).
#if !defined(CYW43_CHIPSET_FIRMWARE_INCLUDE_FILE) && !CYW43_USE_FIRMWARE_PARTITION
#define CYW43_CHIPSET_FIRMWARE_INCLUDE_FILE "radio_section.h"
#define CYW43_RADIO_SECTION 1
#endif

#ifndef CYW43_RADIO_SECTION
#define CYW43_RADIO_SECTION 0
#endif

#ifdef CYW43_CONFIG_FILE
#include CYW43_CONFIG_FILE
#else
#include <cyw43_configport.h>
#endif

// 1: an IP interface of lwIP for each radio interface. 0: the application supplies the cyw43_cb_ functions.
#ifndef CYW43_LWIP
#define CYW43_LWIP 1
#endif

#ifndef CYW43_ENABLE_BLUETOOTH
#define CYW43_ENABLE_BLUETOOTH 0
#endif
#if CYW43_ENABLE_BLUETOOTH
#error "This driver has no Bluetooth: build without CYW43_ENABLE_BLUETOOTH, or with another driver at PICO_CYW43_DRIVER_PATH"
#endif

#ifndef CYW43_PRINTF
#include <stdio.h>
#define CYW43_PRINTF(...) printf(__VA_ARGS__)
#endif

#ifndef CYW43_DEBUG
#ifdef NDEBUG
#define CYW43_DEBUG(...) (void)0
#else
#define CYW43_DEBUG(...) CYW43_PRINTF(__VA_ARGS__)
#endif
#endif

#ifndef CYW43_VDEBUG
#define CYW43_VDEBUG(...) (void)0
#endif
#ifndef CYW43_VERBOSE_DEBUG
#define CYW43_VERBOSE_DEBUG 0
#endif

#ifndef CYW43_WARN
#define CYW43_WARN(...) CYW43_PRINTF("[cyw43] " __VA_ARGS__)
#endif

#ifndef CYW43_INFO
#define CYW43_INFO(...) CYW43_PRINTF(__VA_ARGS__)
#endif

// Wraps an error number at the place where it arises; a debugger's hook.
#ifndef CYW43_FAIL_FAST_CHECK
#define CYW43_FAIL_FAST_CHECK(x) (x)
#endif

// Idle polls (50 ms each in the SDK) before the bus is put to sleep.
#ifndef CYW43_SLEEP_MAX
#define CYW43_SLEEP_MAX (50)
#endif

// Called in every wait for the chip and between the blocks of the firmware download: what has to go on meanwhile, USB for
// instance. CYW43_EVENT_POLL_FUNCTION names a function void f(void) for it; it must not call the driver.
#ifdef CYW43_EVENT_POLL_FUNCTION
#ifdef __cplusplus
extern "C"
#endif
void CYW43_EVENT_POLL_FUNCTION(void);
#define CYW43_EVENT_POLL_HOOK CYW43_EVENT_POLL_FUNCTION();
#endif
#ifndef CYW43_EVENT_POLL_HOOK
#define CYW43_EVENT_POLL_HOOK
#endif

// 1: read the firmware back after the download and compare.
#ifndef CYW43_RESOURCE_VERIFY_DOWNLOAD
#define CYW43_RESOURCE_VERIFY_DOWNLOAD (0)
#endif

#ifndef CYW43_RESOURCE_ATTRIBUTE
#define CYW43_RESOURCE_ATTRIBUTE __attribute__((aligned(4)))
#endif

#ifndef CYW43_CLEAR_SDIO_INT
#define CYW43_CLEAR_SDIO_INT (0)
#endif
#ifndef CYW43_NETUTILS
#define CYW43_NETUTILS (0)
#endif
#ifndef CYW43_ENABLE_BLUETOOTH_OVER_UART
#define CYW43_ENABLE_BLUETOOTH_OVER_UART (0)
#endif
#ifndef CYW43_INCLUDE_LEGACY_F1_OVERFLOW_WORKAROUND_VARIABLES
#define CYW43_INCLUDE_LEGACY_F1_OVERFLOW_WORKAROUND_VARIABLES (0)
#endif

// Longest time of one join, in milliseconds: a full scan takes 4 s, each of the two tries of the WPA handshake 2.5 s.
#ifndef CYW43_JOIN_TIMEOUT_MS
#define CYW43_JOIN_TIMEOUT_MS (25000)
#endif

// Longest wait for a credit before a frame is given up, in microseconds.
#ifndef CYW43_SEND_TIMEOUT_US
#define CYW43_SEND_TIMEOUT_US (1000000)
#endif

// IPv4 addresses in host order, as the SDK's pico_configure_ip4_address() writes them.
#ifndef CYW43_DEFAULT_IP_STA_ADDRESS
#define CYW43_DEFAULT_IP_STA_ADDRESS 0x00000000
#endif
#ifndef CYW43_DEFAULT_IP_STA_GATEWAY
#define CYW43_DEFAULT_IP_STA_GATEWAY 0xC0A80001
#endif
#ifndef CYW43_DEFAULT_IP_AP_ADDRESS
#define CYW43_DEFAULT_IP_AP_ADDRESS 0xC0A80401
#endif
#ifndef CYW43_DEFAULT_IP_AP_GATEWAY
#define CYW43_DEFAULT_IP_AP_GATEWAY 0xC0A80401
#endif
#ifndef CYW43_DEFAULT_IP_MASK
#define CYW43_DEFAULT_IP_MASK 0xFFFFFF00
#endif
#ifndef CYW43_DEFAULT_IP_DNS
#define CYW43_DEFAULT_IP_DNS 0x08080808
#endif

#ifndef CYW43_CB_TCPIP_INIT_EXTRA
#define CYW43_CB_TCPIP_INIT_EXTRA(self, itf)
#endif
#ifndef CYW43_CB_TCPIP_DEINIT_EXTRA
#define CYW43_CB_TCPIP_DEINIT_EXTRA(self, itf)
#endif

#endif
