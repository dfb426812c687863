// The debugger's serial port of a debug build: bytes to and from a host over the second CDC function. The host shows by
// DTR that a debugger is there. Nothing here waits. From the loop's thread.
#ifndef DEBUGGER_PORT_H
#define DEBUGGER_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Lets USB do what its interrupt has left to do; cheap when there is nothing.
void debugger_port_attend(void);

// Which opening of the port this is, counted from 1; 0 while it is closed or no host is there.
uint32_t debugger_port_opening(void);

// How many bytes can be read now.
size_t debugger_port_readable(void);

// Reads at most so many bytes; returns how many there were.
size_t debugger_port_read(void *bytes, size_t length_bytes);

// Hands over as many bytes as there is room for; returns how many.
size_t debugger_port_write(const void *bytes, size_t length_bytes);

#endif
