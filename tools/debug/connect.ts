// A connection to a debugger: xsbug and its kin listen, by default on port 5002 (Moddable's documentation of xsbug,
// "Preferences Pane"), and the debugged side connects; or we listen and a debugger of another kind connects to us.

import { connect, createServer, type Socket } from "node:net";
import { UserError } from "../user-error.ts";

export const xsbugPort = 5002;

/**
 * Connects to a debugger that listens on this machine.
 * @throws UserError when none does
 */
export function connectToDebugger(port: number): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket = connect({ host: "127.0.0.1", port });
		socket.once("connect", () => resolve(socket.setNoDelay(true)));
		socket.once("error", cause => reject(new UserError(
			`no debugger listens on 127.0.0.1:${port} (${(cause as NodeJS.ErrnoException).code}): start xsbug first; for a debugger that connects itself there is npm run debug -- --listen PORT`,
			{ cause },
		)));
	});
}

/**
 * Waits for a debugger to connect, from this machine only.
 * @param onListening called with the port, when it is open
 * @throws UserError when the port cannot be had
 */
export function waitForDebugger(port: number, onListening: (port: number) => void): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const server = createServer(socket => {
			server.close();
			resolve(socket.setNoDelay(true));
		});
		server.once("error", cause => reject(new UserError(`--listen ${port}: the port cannot be had (${(cause as NodeJS.ErrnoException).code})`, { cause })));
		server.listen({ host: "127.0.0.1", port }, () => {
			const address = server.address();
			onListening(typeof address === "object" && address !== null ? address.port : port);
		});
	});
}
