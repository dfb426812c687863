// `npm run monitor`: the console of a board, on this terminal.

import { appendFileSync } from "node:fs";
import { Command } from "commander";
import { systemHost } from "../board/system-host.ts";
import { coloursFor } from "../colours.ts";
import { UserError } from "../user-error.ts";
import { LineCollector } from "./line-collector.ts";
import { LineStamper } from "./line-stamper.ts";
import { monitor, type MonitorOptions } from "./monitor.ts";

interface Options {
	readonly port?: string;
	readonly timestamps?: boolean;
	readonly log?: string;
	readonly wait: boolean;
	readonly json?: boolean;
}

export function command(): Command {
	return new Command()
		.description("Shows the console of a board that is connected over USB, and sends it what is typed.")
		.option("--port <path>", "serial port, or a link to one, as in /dev/serial/by-id (default: that of the one board that is connected)")
		.option("--timestamps", "put the time before each line")
		.option("--log <file>", "append what the board says to a file too")
		.option("--json", "print each line as {time, text}, ISO 8601; what the monitor itself has to say goes to stderr as ever")
		.option("--no-wait", "end when no board is there, and when it goes")
		.addHelpText("after", [
			"",
			"A board that goes is waited for, and found again at another port. Ctrl-C or Ctrl-] ends it.",
			"",
			"Exit status: 0 it was ended, or with --no-wait the board went; 1 something to put right first;",
			"2 with --no-wait: no board is there.",
		].join("\n"))
		.action((options: Options) => monitorBoard(options));
}

/** Until Ctrl-C or Ctrl-]. */
export async function monitorBoard({ port, board, timestamps = false, log, wait, json = false }: Options & Pick<MonitorOptions, "board">): Promise<void> {
	if (log !== undefined) append(log, "");
	const end = new AbortController();
	process.once("SIGINT", () => end.abort());
	process.once("SIGTERM", () => end.abort());
	/** Why what the board says cannot be passed on, which ends the monitor. */
	let fault: unknown;
	process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
		// A reader that has enough (`| head`) is an end as good as another.
		if (cause.code !== "EPIPE") fault ??= new UserError(`standard output: cannot be written (${cause.code})`, { cause });
		end.abort();
	});
	const { dim } = coloursFor(process.stdout);
	const stamper = new LineStamper(() => dim(new Date().toISOString().slice(11, 23)));
	const plain = new LineStamper(() => new Date().toISOString());
	const lines = new LineCollector(() => new Date().toISOString(), line => process.stdout.write(`${JSON.stringify(line)}\n`));
	let isWithinLine = false;
	const show = (text: string): void => {
		if (text === "") return;
		isWithinLine = !text.endsWith("\n");
		if (json) lines.piece(text);
		else process.stdout.write(timestamps ? stamper.piece(text) : text);
		const logged = text.replaceAll("\r\n", "\n");
		if (log === undefined || fault !== undefined) return;
		try {
			append(log, timestamps ? plain.piece(logged) : logged);
		} catch (error) {
			fault = error;
			end.abort();
		}
	};
	let decoder = new TextDecoder();
	let typed: ((bytes: Uint8Array) => void) | undefined;
	const { stdin } = process;
	const onTyped = (bytes: Buffer): void => {
		// Raw, a terminal makes no signals: Ctrl-C is 3, Ctrl-] is 29.
		if (stdin.isTTY && (bytes.includes(3) || bytes.includes(29))) end.abort();
		else typed?.(bytes);
	};
	if (stdin.isTTY) stdin.setRawMode(true);
	stdin.on("data", onTyped).resume();
	const stderr = coloursFor(process.stderr);
	try {
		await monitor(systemHost, { port, board, wait }, {
			data: bytes => show(decoder.decode(bytes, { stream: true })),
			say: text => console.error(stderr.dim(`--- ${text} ---`)),
			connected(write) {
				typed = write;
			},
			disconnected() {
				typed = undefined;
				// A character that was cut in two by the board's going must not spoil the first of the next run.
				show(decoder.decode());
				decoder = new TextDecoder();
				if (isWithinLine) show("\n");
			},
		}, end.signal);
	} finally {
		if (stdin.isTTY) stdin.setRawMode(false);
		stdin.off("data", onTyped).pause();
	}
	if (fault !== undefined) throw fault;
}

function append(path: string, text: string): void {
	try {
		appendFileSync(path, text);
	} catch (cause) {
		throw new UserError(`--log ${path}: cannot be written (${(cause as NodeJS.ErrnoException).code})`, { cause });
	}
}
