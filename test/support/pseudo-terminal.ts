// A serial port without a board: a pseudo-terminal of the system, whose other end is the board's. Node cannot open one, so
// Python does, which the set-up installs anyway.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

/** Opens a pair, says the name of the port, then passes bytes between the board's end and its own standard streams. */
const program = `
import os, pty, select, sys, tty
board, port = pty.openpty()
tty.setraw(port)
print(os.ttyname(port), flush=True)
while True:
	for ready in select.select([0, board], [], [])[0]:
		piece = os.read(ready, 4096)
		if not piece: sys.exit()
		os.write(board if ready == 0 else 1, piece)
`;

export class PseudoTerminal {
	/** "/dev/pts/3". */
	readonly path: string;
	/** What came from the computer so far. */
	received: string;
	readonly #child: ChildProcessByStdio<Writable, Readable, null>;
	readonly #ended: Promise<void>;

	private constructor(child: ChildProcessByStdio<Writable, Readable, null>, path: string, received: string) {
		this.#child = child;
		this.path = path;
		this.received = received;
		child.stdout.on("data", (text: string) => { this.received += text; });
		this.#ended = new Promise(resolve => child.once("close", () => resolve()));
	}

	static async open(): Promise<PseudoTerminal> {
		const child = spawn("python3", ["-c", program], { stdio: ["pipe", "pipe", "inherit"] });
		child.stdout.setEncoding("utf8");
		let text = "";
		await new Promise<void>((resolve, reject) => {
			const onData = (piece: string): void => {
				text += piece;
				if (!text.includes("\n")) return;
				child.stdout.off("data", onData);
				resolve();
			};
			child.stdout.on("data", onData);
			child.once("error", reject);
			child.once("exit", () => reject(new Error("python3 opened no pseudo-terminal")));
		});
		const [path = "", rest = ""] = text.split("\n");
		return new PseudoTerminal(child, path, rest);
	}

	/** From the board to the computer. */
	send(bytes: string | Uint8Array): void {
		this.#child.stdin.write(bytes);
	}

	/** As a board that is unplugged: the port goes. */
	async unplug(): Promise<void> {
		this.#child.kill();
		await this.#ended;
	}
}
