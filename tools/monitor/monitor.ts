// Shows a board's console: finds the port, keeps to it, and comes back when the board does.

import { type BoardHost, consolePorts, type OpenPort } from "../board/board-host.ts";
import { portFault } from "../board/port-fault.ts";
import { UserError } from "../user-error.ts";

export interface MonitorOptions {
	/** Default: the one board that is connected. */
	readonly port?: string | undefined;
	/** Wait for a board that is not there, and for one that has gone. */
	readonly wait: boolean;
}

export interface MonitorOutput {
	/** The board's own bytes. */
	data(bytes: Uint8Array): void;
	/** What the monitor has to say. */
	say(text: string): void;
	/** What is typed goes to this listener while a board is connected; undefined: to nobody. */
	typing(listener: ((bytes: Uint8Array) => void) | undefined): void;
}

const pollMs = 250;
/** Speed means nothing on USB, but for 1200, which asks for the boot loader. */
const baudRate = 115_200;

/** Runs until `signal` aborts, or, without `wait`, until the board has gone. */
export async function monitor(host: BoardHost, { port, wait }: MonitorOptions, output: MonitorOutput, signal: AbortSignal): Promise<void> {
	const aborted = new Promise<void>(resolve => signal.addEventListener("abort", () => resolve(), { once: true }));
	let told = "";
	const tell = (text: string): void => {
		if (text !== told) output.say(text);
		told = text;
	};
	while (!signal.aborted) {
		const path = await findPort(host, port);
		if (path === undefined) {
			const what = port === undefined ? "no board found: plug one in that runs picofetch, with a cable that carries data" : `${port} is not there`;
			if (!wait) throw new UserError(what);
			tell(`${what}; waiting, Ctrl-C ends`);
			await Promise.race([host.wait(pollMs), aborted]);
			continue;
		}
		let open: OpenPort;
		try {
			open = await host.openPort(path, baudRate);
		} catch (cause) {
			// Just plugged in, a port may not be ours yet, or be gone again.
			if (wait && (cause as NodeJS.ErrnoException).code === "ENOENT") {
				await Promise.race([host.wait(pollMs), aborted]);
				continue;
			}
			throw portFault(path, cause);
		}
		tell(`connected to ${path}; Ctrl-C ends`);
		const closed = new Promise<void>(resolve => open.onClose(resolve));
		open.onData(bytes => output.data(bytes));
		output.typing(bytes => open.write(bytes));
		await Promise.race([closed, aborted]);
		output.typing(undefined);
		if (signal.aborted) {
			await open.close();
			return;
		}
		if (!wait) {
			output.say("the board has gone");
			return;
		}
		tell("the board has gone; waiting for it, Ctrl-C ends");
	}
}

async function findPort(host: BoardHost, wanted: string | undefined): Promise<string | undefined> {
	const ports = await host.listPorts();
	if (wanted !== undefined) return ports.find(({ path }) => path === wanted)?.path;
	const boards = consolePorts(ports);
	if (boards.length > 1) throw new UserError(`several boards are connected: say which, --port ${boards.map(({ path }) => path).join(" or --port ")}`);
	return boards[0]?.path;
}
