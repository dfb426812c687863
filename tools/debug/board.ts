// A real board's debugger port, and its bridge to a debugger. Linux and macOS: a serial port is a file there, and `stty` makes it pass bytes.

import { spawnSync } from "node:child_process";
import { accessSync, closeSync, constants, openSync } from "node:fs";
import { pipeline, Transform, type Duplex } from "node:stream";
import { ReadStream } from "node:tty";
import { UserError } from "../user-error.ts";
import { devicePath, localPath, PathRewriter } from "./source-paths.ts";

/**
 * For before a debugger is waited for. The port stays closed: the board would see a debugger.
 * @throws UserError when there is none, or it is not ours to open
 */
export function checkSerialPort(path: string): void {
	try {
		accessSync(path, constants.R_OK | constants.W_OK);
	} catch (cause) {
		throw portFault(path, cause);
	}
}

function portFault(path: string, cause: unknown): UserError {
	return new UserError(`--port ${path}: cannot be opened (${(cause as NodeJS.ErrnoException).code}): a board with a debug build has two ports, the second is the debugger's`, { cause });
}

/**
 * Opens a board's serial port for bytes; the board sees a debugger from then on.
 * @throws UserError when there is none, or it is none
 */
export function openSerialPort(path: string): Duplex {
	if (process.platform === "win32") {
		throw new UserError("--port works on Linux and macOS; on Windows pass the bytes of the COM port on to the debugger's TCP port with another tool");
	}
	let descriptor: number;
	try {
		descriptor = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
	} catch (cause) {
		throw portFault(path, cause);
	}
	// Node's own raw mode changes line ends on their way out.
	const { status, error, stderr } = spawnSync("stty", ["raw", "-echo"], { stdio: [descriptor, "ignore", "pipe"], encoding: "utf8" });
	if (status !== 0) {
		closeSync(descriptor);
		throw new UserError(`--port ${path}: not a serial port (${(error?.message ?? stderr).trim()})`);
	}
	return new ReadStream(descriptor);
}

/**
 * Passes bytes between a board and a debugger, with the paths of sources rewritten, until either goes.
 * @returns settles when both are closed
 */
export async function bridgeBoard(board: Duplex, connection: Duplex, projectFolder: string): Promise<void> {
	const rewriting = (rewrite: (path: string) => string): Transform => {
		const rewriter = new PathRewriter(rewrite);
		return new Transform({ transform: (bytes: Uint8Array, _, done) => done(null, rewriter.pass(bytes)) });
	};
	const direction = (from: Duplex, through: Transform, to: Duplex): Promise<void> => new Promise(resolve => {
		pipeline(from, through, to, () => {
			board.destroy();
			connection.destroy();
			resolve();
		});
	});
	await Promise.all([
		direction(board, rewriting(path => localPath(path, projectFolder)), connection),
		direction(connection, rewriting(path => devicePath(path, projectFolder)), board),
	]);
}
