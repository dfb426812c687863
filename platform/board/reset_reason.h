// Why the board began anew, and how it begins anew on purpose. RP2040 datasheet 2.12.7 (chip-level reset) and 4.7 (watchdog).
#ifndef RESET_REASON_H
#define RESET_REASON_H

#include <stdint.h>

typedef enum reset_reason {
	RESET_POWER,		// power came, or came back after a dip
	RESET_RUN_PIN,		// the RUN pin went low
	RESET_DEBUGGER,		// a debugger on SWD
	RESET_BOOT_LOADER,	// the USB boot loader had its turn: new firmware
	RESET_RESTART,		// script asked for it
	RESET_FAILURE,		// the firmware failed, and its record says how
	RESET_WATCHDOG,		// nothing fed the watchdog, and nothing could be recorded
} reset_reason;

// Reads the reason, once, before anything else of the board; the same answer from then on.
reset_reason reset_reason_get(void);

// Failures in a row that came within a minute of a start, this start's among them. Power makes it 0.
unsigned reset_quick_failures(void);

// Resets everything but the oscillators, at once. `reason` is RESET_RESTART or RESET_FAILURE. Any context.
_Noreturn void reset_board(reset_reason reason);

#endif
