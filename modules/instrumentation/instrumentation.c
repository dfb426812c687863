// Figures of the script engine, the C stack and the loop, for instrumentation.ts.

#include <malloc.h>
#include <reent.h>

#include "xsAll.h"
#include "engine.h"

#include "loop.h"
#include "memory.h"

// As in instrumentation.ts.
enum {
	ARENA_SIZE, ARENA_UNUSED,
	SLOTS_USED, SLOTS_PEAK, SLOTS_FREE,
	CHUNKS_USED, CHUNKS_PEAK, CHUNKS_FREE,
	STACK_USED, STACK_PEAK, STACK_SIZE,
	C_STACK_SIZE, C_STACK_LEFT,
	EVENTS_QUEUED,
	LOOP_TURNS, LOOP_LONGEST_TURN,
	C_HEAP_SIZE, C_HEAP_USED,
};

#define PAINT 0xa5a5a5a5u
// The SDK's guard (PICO_USE_STACK_GUARDS) protects the lowest 32 bytes of the stack; what runs now needs some more.
#define GUARD_BYTES 64
#define OWN_FRAME_BYTES 128

extern uint32_t __StackBottom, __StackTop;	// the SDK's linker script
extern char __end__, __StackLimit;	// there, too: between them is the C library's heap

static uint32_t *painted_from(void)
{
	return &__StackBottom + GUARD_BYTES / sizeof(uint32_t);
}

// Paints what lies below, so that the deepest use can be seen later. Before main(), and only where this file is linked.
__attribute__((constructor, noinline)) static void paint_c_stack(void)
{
	uint32_t *end = (uint32_t *)((char *)__builtin_frame_address(0) - OWN_FRAME_BYTES);
	for (volatile uint32_t *word = painted_from(); word < end; word++)
		*word = PAINT;
}

static txSize c_stack_left(void)
{
	const uint32_t *word = painted_from();
	while (word < &__StackTop && *word == PAINT)
		word++;
	return (txSize)((const char *)word - (const char *)&__StackBottom);
}

// XS's own stack grows downwards; what lies below its top is nobody's.
static bool stack_painted;

static void paint_stack(txMachine *the)
{
	for (uint32_t *word = (uint32_t *)the->stackBottom; word < (uint32_t *)the->stack; word++)
		*word = PAINT;
	stack_painted = true;
}

static txSize stack_peak(txMachine *the)
{
	if (!stack_painted)
		paint_stack(the);
	const uint32_t *word = (const uint32_t *)the->stackBottom;
	while (word < (const uint32_t *)the->stack && *word == PAINT)
		word++;
	return (txSize)((const char *)the->stackTop - (const char *)word);
}

// Chunks are given out from the bottom of each block to its top.
static txSize chunks(txMachine *the, bool used)
{
	txSize bytes = 0;
	for (const txBlock *block = the->firstBlock; block; block = block->nextBlock)
		bytes += used ? (txSize)(block->current - (const txByte *)(block + 1)) : (txSize)(block->limit - block->current);
	return bytes;
}

static txSize figure(txMachine *the, int row)
{
	switch (row) {
		case ARENA_SIZE: return (txSize)arena_total_bytes();
		case ARENA_UNUSED: return (txSize)arena_unused_bytes();
		case SLOTS_USED: return the->currentHeapCount * (txSize)sizeof(txSlot);
		case SLOTS_PEAK: return the->peakHeapCount * (txSize)sizeof(txSlot);
		case SLOTS_FREE: return (the->maximumHeapCount - the->currentHeapCount) * (txSize)sizeof(txSlot);
		case CHUNKS_USED: return chunks(the, true);
		case CHUNKS_PEAK: return the->peakChunksSize > chunks(the, true) ? the->peakChunksSize : chunks(the, true);
		case CHUNKS_FREE: return chunks(the, false);
		case STACK_USED: return (txSize)((char *)the->stackTop - (char *)the->stack);
		case STACK_PEAK: return stack_peak(the);
		case STACK_SIZE: return (txSize)((char *)the->stackTop - (char *)the->stackBottom);
		case C_STACK_SIZE: return (txSize)((char *)&__StackTop - (char *)&__StackBottom);
		case C_STACK_LEFT: return c_stack_left();
		case EVENTS_QUEUED: return (txSize)engine_count_events();
		case LOOP_TURNS: return (txSize)loop_measure(false).turns;
		case LOOP_LONGEST_TURN: return (txSize)loop_measure(false).longest_turn_us;
		case C_HEAP_SIZE: return (txSize)(&__StackLimit - &__end__);
		// mallinfo() itself would bring 8 KB of stdio with it.
		case C_HEAP_USED: return (txSize)_mallinfo_r(_REENT).uordblks;
		default: return 0;
	}
}

// (row) → bytes, or what the row counts
void xs_instrumentation_figure(xsMachine *the)
{
	xsmcSetInteger(xsResult, figure(the, xsmcToInteger(xsArg(0))));
}

// Peaks of slots, chunks, stack and turns begin anew.
void xs_instrumentation_restart(xsMachine *the)
{
	the->peakHeapCount = the->currentHeapCount;
	the->peakChunksSize = the->currentChunksSize;
	paint_stack(the);
	loop_measure(true);
}
