// The debugger's serial port. See debugger_port.h.

#include "debugger_port.h"

#include "console.h"
#include "tusb.h"

#define PORT 1

static uint32_t openings;
static bool is_open;	// as the host said last; it may have closed and opened since somebody looked

static void closed_or_opened(bool open)
{
	if (open && !is_open)
		openings++;
	if (!open && is_open) {
		// What is left belongs to nobody: the next debugger begins with its own.
		tud_cdc_n_read_flush(PORT);
		tud_cdc_n_write_clear(PORT);
	}
	is_open = open;
}

// TinyUSB calls these from tud_task.
void tud_cdc_line_state_cb(uint8_t port, bool dtr, bool rts)
{
	(void)rts;
	if (port == PORT)
		closed_or_opened(dtr);
}

// After a reset of the bus too, which TinyUSB tells nobody.
void tud_mount_cb(void)
{
	closed_or_opened(false);
}

void tud_umount_cb(void)
{
	closed_or_opened(false);
}

void debugger_port_attend(void)
{
	console_run_usb();
}

uint32_t debugger_port_opening(void)
{
	return is_open && tud_cdc_n_connected(PORT) ? openings : 0;
}

size_t debugger_port_readable(void)
{
	return tud_cdc_n_available(PORT);
}

size_t debugger_port_read(void *bytes, size_t length_bytes)
{
	return tud_cdc_n_read(PORT, bytes, (uint32_t)length_bytes);
}

size_t debugger_port_write(const void *bytes, size_t length_bytes)
{
	uint32_t room = tud_cdc_n_write_available(PORT);
	size_t written = tud_cdc_n_write(PORT, bytes, length_bytes < room ? (uint32_t)length_bytes : room);
	tud_cdc_n_write_flush(PORT);
	return written;
}
