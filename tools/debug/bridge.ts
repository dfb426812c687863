// Between a simulated board's debugger port and a debugger on this machine: bytes pass with the paths of sources rewritten, and
// virtual time stands still while the program stands at a break point, however long a person looks at it.

import type { Duplex } from "node:stream";
import type { Clock, UsbSerialPort } from "../../simulator/simulator.ts";
import { devicePath, localPath, PathRewriter } from "./source-paths.ts";
import { XsbugReader } from "./xsbug-messages.ts";

export interface BridgeOptions {
	/** The board's second serial port. */
	readonly port: UsbSerialPort;
	/** The board's virtual time. */
	readonly clock: Clock;
	/** The connection to the debugger. */
	readonly debugger: Duplex;
	/** Folder that the bytecode's paths are relative to. */
	readonly projectFolder: string;
}

/** How long a debugger may take to answer the engine's greeting before virtual time goes on, host ms. */
const greetingPatienceMs = 2_000;
/** How much virtual time the board gets for commands that do not make the program go on, us. */
const commandMicros = 20_000;

/** What makes the program leave the place where it stands (xsDebug.c: what sets the second bit of debugExit). */
const motion = /<(?:go|step|step-inside|step-outside|logout|abort)\b/;

/** Connects the two until either goes; opens the board's port, and closes it when the debugger goes. */
export function bridgeDebugger({ port, clock, debugger: connection, projectFolder }: BridgeOptions): void {
	const reader = new XsbugReader();
	const toDebugger = new PathRewriter(path => localPath(path, projectFolder));
	const toDevice = new PathRewriter(path => devicePath(path, projectFolder));
	let stands = false;
	let gone = false;
	let release: () => void = () => {};

	/** Settles when the debugger says something, goes, or after so long in host time. */
	function hold(patienceMs?: number): Promise<void> {
		return new Promise(resolve => {
			const timer = patienceMs === undefined ? undefined : setTimeout(resolve, patienceMs);
			release = () => {
				clearTimeout(timer);
				resolve();
			};
		});
	}

	/** Commands that answer nothing leave the program where it stands: after a moment of virtual time, wait again. */
	function holdAgain(): void {
		clock.schedule(commandMicros, () => stands && !gone ? hold().then(holdAgain) : undefined);
	}

	port.onData = bytes => {
		const names = reader.read(bytes).map(({ name }) => name);
		connection.write(toDebugger.pass(bytes));
		if (gone) {
			return undefined;
		}
		if (names.includes("break")) {
			stands = true;
			return hold().then(holdAgain);
		}
		return names.includes("login") ? hold(greetingPatienceMs) : undefined;
	};
	connection.on("data", (bytes: Uint8Array) => {
		const passed = toDevice.pass(bytes);
		if (motion.test(Buffer.from(bytes).toString("latin1"))) {
			stands = false;
		}
		port.write(passed);
		release();
	});
	connection.on("error", () => {});	// "close" follows
	connection.once("close", () => {
		gone = true;
		stands = false;
		port.close();
		release();
	});
	port.open();
}
