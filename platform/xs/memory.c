// Memory of the engine. See memory.h; the functions named fx are what XS asks of its platform (xsAll.h, "xsPlatforms.c").
//
// Chunks grow from the arena's bottom, slots from its top: XS joins blocks that touch, so each stays one block.

#include "memory.h"

#include <stdint.h>

#include "xsAll.h"

static uint8_t *arena_bottom, *arena_top, *arena_low, *arena_high;

void arena_begin(void *block, size_t length_bytes)
{
	uintptr_t bottom = ((uintptr_t)block + 7) & ~(uintptr_t)7;
	uintptr_t top = ((uintptr_t)block + length_bytes) & ~(uintptr_t)15;
	arena_low = arena_bottom = (uint8_t *)bottom;
	arena_high = arena_top = (uint8_t *)top;
}

size_t arena_unused_bytes(void)
{
	return (size_t)(arena_high - arena_low);
}

size_t arena_total_bytes(void)
{
	return (size_t)(arena_top - arena_bottom);
}

// The first refusal of more lets XS try with less, where it knows how; else it ends in fxAbort.
void *fxAllocateChunks(txMachine *the, txSize size)
{
	(void)the;
	if (size < 0 || (size_t)size > arena_unused_bytes())
		return NULL;
	void *block = arena_low;
	arena_low += ((size_t)size + 7) & ~(size_t)7;
	if (arena_low > arena_high)
		arena_low = arena_high;
	return block;
}

void fxFreeChunks(txMachine *the, void *block)
{
	(void)the, (void)block;
}

// Near the arena's end one more collection is tried: XS takes (void *)-1 for "look again" (fxGrowSlots).
txSlot *fxAllocateSlots(txMachine *the, txSize count)
{
	size_t size = (size_t)count * sizeof(txSlot);
	if (size > arena_unused_bytes()) {
		if (the->stackBottom && the->firstHeap) {
			fxCollect(the, 0);
			if (the->freeHeap)
				return (txSlot *)-1;
		}
		return NULL;
	}
	arena_high -= size;
	return (txSlot *)arena_high;
}

void fxFreeSlots(txMachine *the, void *slots)
{
	(void)the, (void)slots;
}

void *memory_allocate(size_t length_bytes)
{
	return malloc(length_bytes);
}

void *memory_allocate_zeroed(size_t count, size_t length_bytes)
{
	return calloc(count, length_bytes);
}

void *memory_reallocate(void *block, size_t length_bytes)
{
	return realloc(block, length_bytes);
}

extern char __StackBottom;	// the SDK's linker script

// What one native, an interrupt, and the C library's printing may still need below the engine's own frames.
#define C_STACK_MARGIN_BYTES 1536

char *fxCStackLimit(void)
{
	return &__StackBottom + C_STACK_MARGIN_BYTES;
}
