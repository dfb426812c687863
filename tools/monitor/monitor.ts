// Shows a board's console: finds the port, keeps to it, and comes back when the board does.

import type { BoardHost, PortInfo } from "../board/board-host.ts";
import { anyConsoles, boardConsoles, choices, sameBoard } from "../board/boards.ts";
import { openPort } from "../board/open-port.ts";
import { UserError } from "../user-error.ts";

export interface MonitorOptions {
	/** A port, or a link to one. Default: the one board that is connected. */
	readonly port?: string | undefined;
	/** Without a port: the board, where somebody has found it already. */
	readonly board?: PortInfo | undefined;
	/** Wait for a board that is not there, and for one that has gone. */
	readonly wait: boolean;
}

export interface MonitorOutput {
	/** The board's own bytes. */
	data(bytes: Uint8Array): void;
	/** What the monitor has to say. */
	say(text: string): void;
	/** A board is connected: what is typed goes to it. */
	connected(write: (bytes: Uint8Array) => void): void;
	/** It has gone, or the monitor ends. */
	disconnected(): void;
}

/** Without `wait`, and no board is there. */
export const exitNoBoard = 2;

/** Of a debug build (platform/debugger/usb_descriptors.c). */
const debuggerInterface = 2;
const pollMs = 250;
/** Speed means nothing on USB, but for 1200, which asks for the boot loader. */
const baudRate = 115_200;

/**
 * Runs until `signal` aborts, or, without `wait`, until the board has gone.
 * @throws UserError with status `exitNoBoard` when there is none, without `wait`
 */
export async function monitor(host: BoardHost, { port, board, wait }: MonitorOptions, output: MonitorOutput, signal: AbortSignal): Promise<void> {
	const aborted = new Promise<void>(resolve => signal.addEventListener("abort", () => resolve(), { once: true }));
	let told = "";
	const tell = (text: string): void => {
		if (text !== told) output.say(text);
		told = text;
	};
	const find = async (): Promise<string | undefined> => {
		if (port !== undefined) return namedPort(host, port);
		const found = await onlyBoard(host, board);
		board = found ?? board;	// from now on, this one
		return found?.path;
	};
	while (!signal.aborted) {
		const opened = await openPort(host, find, baudRate, signal);
		if (opened === undefined) {
			if (signal.aborted) return;
			const what = port !== undefined ? `--port ${port}: there is no such port` : board === undefined
				? "no board found: plug one in that runs picofetch, with a cable that carries data"
				: "the board has gone";
			if (!wait) throw new UserError(what, { status: exitNoBoard });
			tell(`${what}; waiting for it, Ctrl-C ends`);
			await Promise.race([host.wait(pollMs), aborted]);
			continue;
		}
		tell(`connected to ${opened.path}; Ctrl-C ends`);
		const closed = new Promise<void>(resolve => opened.port.onClose(resolve));
		opened.port.onData(bytes => output.data(bytes));
		output.connected(bytes => opened.port.write(bytes));
		await Promise.race([closed, aborted]);
		output.disconnected();
		if (signal.aborted) return opened.port.close();
		if (!wait) return output.say("the board has gone");
		tell("the board has gone; waiting for it, Ctrl-C ends");
	}
}

async function namedPort(host: BoardHost, name: string): Promise<string | undefined> {
	const path = await host.resolvePort(name);
	const ports = await host.listPorts();
	const port = ports.find(port => port.path === path);
	const console = port === undefined ? undefined : sameBoard(boardConsoles(ports), port);
	// Whoever opens it is taken for a debugger, and the board waits for what that has to say.
	if (port?.interfaceNumber === debuggerInterface && console !== undefined) {
		throw new UserError(`--port ${name}: that is the board's debugger port (npm run debug -- --port ${name}); its console is ${console.path}`);
	}
	return path;
}

async function onlyBoard(host: BoardHost, known: PortInfo | undefined): Promise<PortInfo | undefined> {
	const ports = await host.listPorts();
	if (known !== undefined) return sameBoard(anyConsoles(ports), known);
	const boards = boardConsoles(ports);
	if (boards.length > 1) throw new UserError(`several boards are connected: say which, ${choices("--port", boards)}`);
	return boards[0];
}
