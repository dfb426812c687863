// Stands in for the SDK's cyw43_configport.h, so that the driver compiles on the host.

#ifndef CYW43_CONFIGPORT_H
#define CYW43_CONFIGPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define CYW43_EPERM 4
#define CYW43_EIO 6
#define CYW43_EINVAL 5
#define CYW43_ETIMEDOUT 2

#define CYW43_LWIP 0
#define CYW43_GPIO 1
#define CYW43_NUM_GPIOS 3
#define CYW43_USE_STATS 1
#define CYW43_USE_SPI 1
#define CYW43_USE_OTP_MAC 1
#define CYW43_LOGIC_DEBUG 0
#define CYW43_HAL_MAC_WLAN0 0
#define CYW43_IOCTL_TIMEOUT_US 1000000
#define CYW43_PRINTF(...) (void)0

#define CYW43_PIN_WL_REG_ON 23
#define CYW43_PIN_WL_HOST_WAKE 24
#define CYW43_HAL_PIN_MODE_INPUT 0
#define CYW43_HAL_PIN_MODE_OUTPUT 1
#define CYW43_HAL_PIN_PULL_NONE 0
#define cyw43_hal_pin_config(pin, mode, pull, alt) (void)0
#define cyw43_hal_pin_low(pin) (void)0
#define cyw43_hal_pin_high(pin) (void)0
#define cyw43_hal_pin_read(pin) 1

#define CYW43_THREAD_ENTER
#define CYW43_THREAD_EXIT
#define CYW43_THREAD_LOCK_CHECK
#define CYW43_POST_POLL_HOOK

extern uint32_t fake_time_us;
static inline uint32_t cyw43_hal_ticks_us(void) { return fake_time_us; }
static inline uint32_t cyw43_hal_ticks_ms(void) { return fake_time_us / 1000; }
static inline void cyw43_delay_us(uint32_t us) { fake_time_us += us; }
static inline void cyw43_delay_ms(uint32_t ms) { fake_time_us += ms * 1000; }
static inline void cyw43_schedule_internal_poll_dispatch(void (*poll)(void)) { (void)poll; }
static inline void cyw43_hal_get_mac(int index, uint8_t mac[6]) { (void)index; (void)mac; }
static inline void cyw43_hal_generate_laa_mac(int index, uint8_t mac[6]) { (void)index; (void)mac; }

#endif
