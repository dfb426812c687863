// The console over USB CDC. See console.h.
//
// Standard output goes to a ring; each turn of the loop hands over what TinyUSB has room for, when a host listens.
// Without a host, or when it stops reading, the ring keeps the newest bytes; the host then reads first how many were dropped,
// and goes on at the beginning of a line.
// The SDK's own output path spins when an open host stops reading (pico_stdio_usb/stdio_usb.c): it is not used.

#include "console.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "hardware/irq.h"
#include "hardware/timer.h"
#include "loop.h"
#include "pico/stdio.h"
#include "pico/stdio/driver.h"
#include "pico/stdio_usb.h"
#include "tusb.h"

#define BACKLOG_BYTES 2048	// a power of two
// The controller still holds the last 64 bytes when TinyUSB's buffer is empty; a host fetches them within a few frames.
#define LAST_TRANSFER_US 20000

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

// The sentence must fit into TinyUSB's buffer whole.
#define DROPPED_FORMAT "\r\n[console: %lu bytes dropped, no host was reading]\r\n"
_Static_assert(sizeof DROPPED_FORMAT - sizeof "%lu" + sizeof "4294967295" <= CFG_TUD_CDC_TX_BUFSIZE, "the sentence fits");

static void report_dropped(void)
{
	if (tud_cdc_write_available() < CFG_TUD_CDC_TX_BUFSIZE)
		return;
	uint32_t next_line = read;
	while (next_line != written && backlog[next_line++ % BACKLOG_BYTES] != '\n')
		;
	if (next_line != written) {
		dropped += next_line - read;
		read = next_line;
	}
	char line[CFG_TUD_CDC_TX_BUFSIZE + 1];
	int length = snprintf(line, sizeof line, DROPPED_FORMAT, (unsigned long)dropped);
	tud_cdc_write(line, (uint32_t)length);
	dropped = 0;
}

static void hand_over(void)
{
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

// Nothing of TinyUSB is called without cause: its mutexes would keep the loop awake.
static void console_poll(void)
{
	if (tud_task_event_ready())
		tud_task();
	// Nobody reads what a host types; left where it is, the host would wait for ever.
	if (tud_cdc_available())
		tud_cdc_read_flush();
	if ((read != written || dropped) && tud_cdc_connected() && tud_cdc_write_available())
		hand_over();
}

// The controller's interrupt ends the loop's sleep; no deadline of its own.
static uint64_t console_next_at_us(void)
{
	return LOOP_NEVER;
}

static loop_poller console_poller = { .poll = console_poll, .next_at_us = console_next_at_us, .while_busy = true };

void console_start(void)
{
	stdio_usb_init();
	stdio_set_driver_enabled(&stdio_usb, false);
	stdio_set_driver_enabled(&console_driver, true);
	loop_add(&console_poller);
}

void console_drain(uint32_t timeout_ms)
{
	uint64_t until = time_us_64() + (uint64_t)timeout_ms * 1000;
	irq_set_enabled(USBCTRL_IRQ, false);
	uint64_t sent_at = until;
	for (uint64_t now; (now = time_us_64()) < until && now < sent_at + LAST_TRANSFER_US;) {
		tud_int_handler(0);
		console_poll();
		bool left = read != written || tud_cdc_write_available() < CFG_TUD_CDC_TX_BUFSIZE;
		if (!left && sent_at == until)
			sent_at = now;
	}
}
