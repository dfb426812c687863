// What the network costs the board: lwIP's pools, heap and connections. Zeros until a network was started.

const figure = native<(row: number, value: number) => number>("xs_network_figure");
const waiting = native<() => number>("xs_network_waiting");

/** A pool of things, counted, or the heap, in bytes. */
export interface PoolFigures {
	readonly size: number;
	readonly used: number;
	/** The most since the start. */
	readonly peak: number;
	/** How often it had nothing left. A frame or segment was lost then, or a connection refused. */
	readonly refused: number;
}

/** Figures of this moment. */
export interface NetworkFigures {
	/** Frames that were received and not read yet. */
	readonly packets: PoolFigures;
	/** TCP segments that were sent and not acknowledged, or came out of order. */
	readonly segments: PoolFigures;
	/** TCP connections, those in TIME-WAIT too. */
	readonly connections: PoolFigures;
	/** Of `connections` those in TIME-WAIT; they give way to new ones. */
	readonly connectionsWaiting: number;
	readonly listeners: PoolFigures;
	/** UDP sockets, DHCP's and DNS' too. */
	readonly sockets: PoolFigures;
	/** Bytes of what is being sent. */
	readonly heap: PoolFigures;
}

function pool(row: number): PoolFigures {
	return { size: figure(row, 0), used: figure(row, 1), peak: figure(row, 2), refused: figure(row, 3) };
}

/** Figures of this moment. Takes some 0.3 ms. */
export function networkInstrumentation(): NetworkFigures {
	// Rows, as in instrumentation.c.
	return { packets: pool(0), segments: pool(1), connections: pool(2), connectionsWaiting: waiting(), listeners: pool(3), sockets: pool(4), heap: pool(5) };
}
