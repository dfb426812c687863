// The console: standard output over USB CDC, polled from the loop. Who prints waits for a host that reads, never for one that does not.
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdint.h>

// Starts USB and sends standard output to the console's backlog from here on. Once, first thing.
void console_start(void);

// Does what USB has to do now. From the loop's thread: for a wait of it that is not the loop's own.
void console_run_usb(void);

// Hands the backlog over to a host, for at most the given time; then returns, whatever is left. For the last words of a
// firmware that will not go on: it polls USB by itself, and USB's interrupt stays off. Any context.
void console_drain(uint32_t timeout_ms);

#endif
