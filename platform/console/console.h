// The console: standard output over USB CDC, polled from the loop, never waiting for a host.
#ifndef CONSOLE_H
#define CONSOLE_H

// Starts USB and sends standard output to the console's backlog from here on. Once, first thing.
void console_start(void);

#endif
