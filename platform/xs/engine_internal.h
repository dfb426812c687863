// Shared by the engine's own files; not for natives.
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

#include "xsAll.h"

// Set while the heap is being frozen: takes the place of every report of fxAbort. Does not return.
extern void (*engine_abort_hook)(txMachine *the, int status);

// One turn of the loop without the engine's own part: for waits of the engine itself, at a break point of a debugger.
void engine_turn_others(void);

// The sentence for a status of fxAbort.
const char *engine_abort_reason(int status);

#endif
