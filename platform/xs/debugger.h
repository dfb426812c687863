// The debugger of a debug build: XS's protocol over the debugger's serial port. Used by engine.c alone; the rest is what XS calls.
#ifndef DEBUGGER_H
#define DEBUGGER_H

#include "xsAll.h"

// A machine is being made: lets debuggers connect to it. XS logs in at its end (fxLogin).
void debugger_begin(txMachine *the);

// The machine is no more. What was printed is not sent on.
void debugger_end(void);

#endif
