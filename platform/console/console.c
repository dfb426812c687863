// The console over USB CDC. See console.h.
//
// Standard output goes to a ring; each turn of the loop hands over what TinyUSB has room for, when a host listens. Who prints
// more than the ring holds waits for a host that reads. Without a host, or when it stops reading, nobody waits and the ring keeps
// the newest bytes; the host then reads first how many were dropped, and goes on at the beginning of a line.
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
// A host that takes nothing for so long does not read.
#define STALLED_US 20000

static char backlog[BACKLOG_BYTES];
static uint32_t written;	// bytes ever put in; the ring holds [read, written)
static uint32_t read;
static uint32_t dropped;
static volatile bool in_task;	// TinyUSB's task is at work
static bool stalled;	// the host has opened the console and does not read

// Before a byte that the ring has no room for. Interrupts and TinyUSB's own callbacks cannot wait for TinyUSB.
static void wait_for_room(void)
{
	uint64_t until = time_us_64() + STALLED_US;
	while (written - read == BACKLOG_BYTES && !stalled && tud_cdc_connected() && !in_task && !__get_current_exception()) {
		loop_busy_turn();
		stalled = written - read == BACKLOG_BYTES && time_us_64() >= until;
	}
}

static void backlog_put(const char *bytes, int length)
{
	for (int i = 0; i < length; i++) {
		if (written - read == BACKLOG_BYTES)
			wait_for_room();
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
		stalled = false;
	}
	tud_cdc_write_flush();
}

/* TinyUSB's task */

// A device has 2 ms until it must listen at the address that the host has set (USB 2.0, 9.2.6.3), and script may keep the loop for
// longer. So the task runs in an interrupt of the lowest priority until a host has configured the board, and nothing
// else of TinyUSB is in use until then. From there on it runs in the loop, as everything does.
static unsigned enumeration_irq;

static void run_task(void)
{
	in_task = true;
	if (tud_task_event_ready())
		tud_task();
	in_task = false;
}

static void enumerate(void)
{
	if (!in_task && !tud_mounted())
		run_task();
}

// Behind TinyUSB's own handler of the same interrupt.
static void usb_interrupted(void)
{
	if (!tud_mounted())
		irq_set_pending(enumeration_irq);
}

static void enumeration_start(void)
{
	enumeration_irq = user_irq_claim_unused(true);
	irq_set_exclusive_handler(enumeration_irq, enumerate);
	irq_set_priority(enumeration_irq, PICO_LOWEST_IRQ_PRIORITY);
	irq_set_enabled(enumeration_irq, true);
	irq_add_shared_handler(USBCTRL_IRQ, usb_interrupted, PICO_SHARED_IRQ_HANDLER_LOWEST_ORDER_PRIORITY);
}

void console_run_usb(void)
{
	if (tud_mounted())
		run_task();
	else if (tud_task_event_ready())
		irq_set_pending(enumeration_irq);
}

// Nothing of TinyUSB is called without cause: its mutexes would keep the loop awake.
static void serve(void)
{
	// Nobody reads what a host types; left where it is, the host would wait for ever.
	if (tud_cdc_available())
		tud_cdc_read_flush();
	if ((read != written || dropped) && tud_cdc_connected() && tud_cdc_write_available())
		hand_over();
}

static void console_poll(void)
{
	console_run_usb();
	serve();
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
	enumeration_start();
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
		run_task();
		serve();
		bool left = read != written || tud_cdc_write_available() < CFG_TUD_CDC_TX_BUFSIZE;
		if (!left && sent_at == until)
			sent_at = now;
	}
}
