// How script reaches an object of the heap that is being frozen, for the sentence that refuses it.
#ifndef FREEZE_PATH_H
#define FREEZE_PATH_H

#include "xsAll.h"

// Writes the shortest way from a module's exports, or else from the global object, to `wanted`, a slot of heap[0 .. count):
// `module "kept": registry.items[2].#socket`. "" when script cannot reach it. `work` has room for 2 * count pointers.
void freeze_path(txMachine *the, const txSlot *heap, size_t count, const void **work, const txSlot *wanted, char *text, size_t size);

#endif
