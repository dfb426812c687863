// The arena: one block that the engine's slots and chunks come from, and nothing else.
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

// Gives the arena its block. Before a machine is made; once for a machine.
void arena_begin(void *block, size_t length_bytes);

// Bytes of the arena that no slots and no chunks have ever been given.
size_t arena_unused_bytes(void);

// Bytes of the arena in all.
size_t arena_total_bytes(void);

// In a test's build with mxStress: from now on each allocation collects.
#if mxStress
extern int gxStress;	// xsMemory.c, which clears it when a machine is made
static inline void stress_begin(void) { gxStress = 1; }
#else
static inline void stress_begin(void) {}
#endif

#endif
