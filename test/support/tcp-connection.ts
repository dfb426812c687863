// The ends of a TCP connection that a server would not choose by itself. Used by the servers of device tests.

import type { Duplex } from "node:stream";

/** Ends of a connection; each comes behind everything that was written before. */
export interface TcpConnection {
	/** FIN, whatever the protocol above would say first. */
	cut(): void;
	/** RST. */
	reset(): void;
}

/**
 * @param server what the server writes to: the far end itself, or a TLS socket over it
 * @param near the end that the simulated network has
 */
export function tcpConnection(server: Duplex, near: Duplex, far: Duplex): TcpConnection {
	const afterwards = async (end: () => void): Promise<void> => {
		do await new Promise(resolve => setImmediate(resolve));
		while ([server, far].some(stream => stream.writableLength > 0 && !stream.destroyed) || near.readableLength > 0);
		end();
	};
	return {
		cut: () => void afterwards(() => far.end()),
		reset: () => void afterwards(() => near.destroy()),
	};
}
