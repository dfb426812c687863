// `npm run monitor`: the console of a board, on this terminal.

import { appendFileSync } from "node:fs";
import { Command } from "commander";
import pico from "picocolors";
import { systemHost } from "../board/system-host.ts";
import { UserError } from "../user-error.ts";
import { LineStamper } from "./line-stamper.ts";
import { monitor } from "./monitor.ts";

interface Options {
	readonly port?: string | undefined;
	readonly timestamps?: boolean;
	readonly log?: string;
	readonly wait: boolean;
}

export function command(): Command {
	return new Command()
		.description("Shows the console of a board that is connected over USB, and sends it what is typed.")
		.option("--port <path>", "serial port (default: that of the one board that is connected)")
		.option("--timestamps", "put the time before each line")
		.option("--log <file>", "append what the board says to a file too")
		.option("--no-wait", "end with status 1 when no board is there, and with 0 when it goes")
		.addHelpText("after", "\nCtrl-C or Ctrl-] ends it, with status 0.")
		.action(monitorBoard);
}

/** Until Ctrl-C or Ctrl-]. */
export async function monitorBoard({ port, timestamps = false, log, wait }: Options): Promise<void> {
	if (log !== undefined) append(log, "");
	const end = new AbortController();
	process.once("SIGINT", () => end.abort());
	process.once("SIGTERM", () => end.abort());
	const stamper = new LineStamper(() => pico.dim(new Date().toISOString().slice(11, 23)));
	const plain = new LineStamper(() => new Date().toISOString());
	const decoder = new TextDecoder();
	let typed: ((bytes: Uint8Array) => void) | undefined;
	const { stdin } = process;
	const onTyped = (bytes: Buffer): void => {
		// Raw, a terminal makes no signals: Ctrl-C is 3, Ctrl-] is 29.
		if (stdin.isTTY && (bytes.includes(3) || bytes.includes(29))) end.abort();
		else typed?.(bytes);
	};
	if (stdin.isTTY) stdin.setRawMode(true);
	stdin.on("data", onTyped).resume();
	try {
		await monitor(systemHost, { port, wait }, {
			data(bytes) {
				const text = decoder.decode(bytes, { stream: true });
				process.stdout.write(timestamps ? stamper.piece(text) : text);
				if (log !== undefined) append(log, timestamps ? plain.piece(text.replaceAll("\r\n", "\n")) : text.replaceAll("\r\n", "\n"));
			},
			say: text => console.error(pico.dim(`--- ${text} ---`)),
			typing: listener => {
				typed = listener;
			},
		}, end.signal);
	} finally {
		if (stdin.isTTY) stdin.setRawMode(false);
		stdin.off("data", onTyped).pause();
	}
}

function append(path: string, text: string): void {
	try {
		appendFileSync(path, text);
	} catch (cause) {
		throw new UserError(`--log ${path}: cannot be written (${(cause as NodeJS.ErrnoException).code})`, { cause });
	}
}
