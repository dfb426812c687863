// What the script costs the board: memory of the engine, stacks, the loop. An app that does not import this pays nothing.
//
// The network's figures are in `network/instrumentation`, those of TLS in `embedded:io/socket/tcp/tls/instrumentation`.

const figure = native<(row: number) => number>("xs_instrumentation_figure");
const restartPeaks = native<() => void>("xs_instrumentation_restart");

/** Memory of one kind, in bytes. Garbage that waits for its collection counts as used. */
export interface MemoryFigures {
	readonly used: number;
	/** The most since the start, or since `restartInstrumentation`. */
	readonly peak: number;
	/** What the engine has set aside for this kind and not given out. It takes more from the arena when that is used up. */
	readonly free: number;
}

/** A stack, in bytes. */
export interface StackFigures {
	readonly size: number;
	/** The deepest use. */
	readonly peak: number;
}

/** Figures of this moment. */
export interface Figures {
	/** Objects, properties, closures: 16 bytes each. */
	readonly slots: MemoryFigures;
	/** Strings, buffers, arrays' contents. */
	readonly chunks: MemoryFigures;
	/** The block that slots, chunks and the script's stack come from; `unused` no kind has had yet. */
	readonly arena: { readonly size: number; readonly unused: number };
	/** The script's stack. `peak` counts from the first call of this function, or of `restartInstrumentation`. */
	readonly stack: StackFigures;
	/** The processor's stack, of C and interrupts, since the start. */
	readonly nativeStack: StackFigures;
	/** The heap of C: what no part of the firmware has as its own. The engine's tables and handles of modules come from it. */
	readonly nativeHeap: { readonly size: number; readonly used: number };
	/** Events of C that wait for script. */
	readonly eventsQueued: number;
	/** Turns of the loop since the start or the restart, and the longest of them in microseconds: what an event waits at worst. */
	readonly loop: { readonly turns: number; readonly longestTurn: number };
}

// Rows, as in instrumentation.c.
const arenaSize = 0, arenaUnused = 1;
const slotsUsed = 2, slotsPeak = 3, slotsFree = 4;
const chunksUsed = 5, chunksPeak = 6, chunksFree = 7;
const stackPeak = 9, stackSize = 10;
const nativeStackSize = 11, nativeStackLeft = 12;
const eventsQueued = 13;
const loopTurns = 14, loopLongestTurn = 15;
const nativeHeapSize = 16, nativeHeapUsed = 17;

function memory(used: number, peak: number, free: number): MemoryFigures {
	return { used: figure(used), peak: figure(peak), free: figure(free) };
}

/** Figures of this moment. Collects nothing; takes some 0.5 ms, most of it to see how deep the stacks have been. */
export function instrumentation(): Figures {
	return {
		slots: memory(slotsUsed, slotsPeak, slotsFree),
		chunks: memory(chunksUsed, chunksPeak, chunksFree),
		arena: { size: figure(arenaSize), unused: figure(arenaUnused) },
		stack: { size: figure(stackSize), peak: figure(stackPeak) },
		nativeStack: { size: figure(nativeStackSize), peak: figure(nativeStackSize) - figure(nativeStackLeft) },
		nativeHeap: { size: figure(nativeHeapSize), used: figure(nativeHeapUsed) },
		eventsQueued: figure(eventsQueued),
		loop: { turns: figure(loopTurns), longestTurn: figure(loopLongestTurn) },
	};
}

/** Peaks of slots, chunks and the script's stack, and the loop's figures, begin anew. */
export function restartInstrumentation(): void {
	restartPeaks();
}
