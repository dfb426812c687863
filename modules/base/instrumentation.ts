// What the script costs the board.

const arenaFigure = native<(row: number) => number>("xs_instrumentation_arena");

const rowSize = 0;
const rowFree = 1;

/** Bytes of the script's memory: all of it, and what is free after a collection. The collection takes milliseconds. */
export function arena(): { readonly size: number; readonly free: number } {
	return { free: arenaFigure(rowFree), size: arenaFigure(rowSize) };
}
