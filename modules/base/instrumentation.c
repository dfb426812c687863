// Figures of the script's memory, for instrumentation.ts.

#include "xsAll.h"
#include "engine.h"

#include "memory.h"

enum { ROW_SIZE, ROW_FREE };

static txSize free_bytes(txMachine *the)
{
	fxCollectGarbage(the);
	txSize stack = (txSize)((txByte *)the->stackTop - (txByte *)the->stackBottom);
	txSize slots = (txSize)(the->currentHeapCount * sizeof(txSlot));
	return (txSize)arena_total_bytes() - stack - slots - the->currentChunksSize;
}

// (row) → bytes
void xs_instrumentation_arena(xsMachine *the)
{
	xsIntegerValue row = xsmcToInteger(xsArg(0));
	xsmcSetInteger(xsResult, row == ROW_FREE ? free_bytes(the) : (txSize)arena_total_bytes());
}
