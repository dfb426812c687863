// The console over USB CDC. See console.h.
//
// Standard output goes to a ring; each turn of the loop hands over what TinyUSB has room for, when a host listens.
// Without a host the ring keeps the newest bytes, and a host that opens late reads first how many were dropped.
// The SDK's own output path spins when an open host stops reading (pico_stdio_usb/stdio_usb.c): it is not used.

#include "console.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "loop.h"
#include "pico/stdio.h"
#include "pico/stdio/driver.h"
#include "pico/stdio_usb.h"
#include "tusb.h"

#define BACKLOG_BYTES 2048	// a power of two

static char backlog[BACKLOG_BYTES];
static uint32_t written;	// bytes ever put in; the ring holds [read, written)
static uint32_t read;
static uint32_t dropped;

static void backlog_put(const char *bytes, int length)
{
	for (int i = 0; i < length; i++) {
		if (written - read == BACKLOG_BYTES) {
			read++;
			dropped++;
		}
		backlog[written++ % BACKLOG_BYTES] = bytes[i];
	}
	loop_wake();
}

static stdio_driver_t console_driver = {
	.out_chars = backlog_put,
#if PICO_STDIO_ENABLE_CRLF_SUPPORT
	.crlf_enabled = PICO_STDIO_DEFAULT_CRLF,
#endif
};

static void report_dropped(void)
{
	char line[64];
	int length = snprintf(line, sizeof line, "\r\n[console: %lu bytes dropped before a host listened]\r\n", (unsigned long)dropped);
	if (tud_cdc_write_available() < (uint32_t)length)
		return;
	tud_cdc_write(line, (uint32_t)length);
	dropped = 0;
}

static void console_poll(void)
{
	tud_task();
	if (!tud_cdc_connected())
		return;
	if (dropped)
		report_dropped();
	while (read != written && !dropped) {
		uint32_t room = tud_cdc_write_available();
		uint32_t offset = read % BACKLOG_BYTES;
		uint32_t length = written - read;
		if (length > BACKLOG_BYTES - offset)
			length = BACKLOG_BYTES - offset;
		if (length > room)
			length = room;
		if (!length)
			break;
		read += tud_cdc_write(backlog + offset, length);
	}
	tud_cdc_write_flush();
}

// The controller's interrupt ends the loop's sleep; no deadline of its own.
static uint64_t console_next_at_us(void)
{
	return LOOP_NEVER;
}

static loop_poller console_poller = { .poll = console_poll, .next_at_us = console_next_at_us };

void console_start(void)
{
	stdio_usb_init();
	stdio_set_driver_enabled(&stdio_usb, false);
	stdio_set_driver_enabled(&console_driver, true);
	loop_add(&console_poller);
}
