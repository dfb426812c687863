/** Listens for GDB, on this machine only: whoever connects has the whole board. One debugger at a time. */
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import type { DebugPort } from "./debug-port.ts";
import { GdbSession } from "./gdb-session.ts";

export interface GdbServer {
	readonly port: number;
	/** Tells the debugger that the run is over, and stops listening. */
	close(): Promise<void>;
}

/**
 * Halts the board until a debugger has come.
 *
 * @param port 0 takes a free one.
 * @throws Error when the port is taken.
 */
export async function listenForGdb(debugPort: DebugPort, port: number): Promise<GdbServer> {
	let present: { session: GdbSession; socket: Socket } | undefined;
	debugPort.halt();
	const server: Server = createServer((socket) => {
		socket.on("error", () => socket.destroy());
		if (present) {
			socket.destroy();
			return;
		}
		socket.setNoDelay(true);
		const session = new GdbSession(debugPort, (bytes) => void (socket.writable && socket.write(bytes)), () => socket.destroy());
		present = { session, socket };
		socket.on("data", (bytes: Buffer) => session.receive(bytes));
		socket.on("close", () => {
			present = undefined;
			if (debugPort.attached) {
				debugPort.detach();
			}
		});
	});
	await new Promise<void>((resolve, reject) => {
		server.once("error", (error: NodeJS.ErrnoException) =>
			reject(error.code === "EADDRINUSE" ? new Error(`port ${port} is taken by another program: choose another one`) : error),
		);
		server.listen(port, "127.0.0.1", resolve);
	});
	return {
		port: (server.address() as AddressInfo).port,
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				if (present) {
					present.session.finish();
					present.socket.end();
				}
			}),
	};
}
