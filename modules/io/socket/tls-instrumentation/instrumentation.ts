// What TLS costs the board: the block of memory that a connection works in.

const figure = native<(row: number) => number>("xs_tls_arena_figure");

/** Bytes of the connection that is open, or of the last one; zeros before the first. */
export interface TLSFigures {
	readonly size: number;
	/** 0 when none is open. */
	readonly used: number;
	readonly peak: number;
	/** The most that could be given out in one piece. */
	readonly largestFree: number;
	/** How often there was not enough: the connection has failed then. */
	readonly refused: number;
}

/** Figures of this moment. */
export function tlsInstrumentation(): TLSFigures {
	return { size: figure(0), used: figure(1), peak: figure(2), largestFree: figure(3), refused: figure(4) };
}
