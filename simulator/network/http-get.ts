/** Gets one page over a stream, as simply as HTTP/1.1 allows, and remembers what came. For clients of the device's own network. */
import { duplexPair } from "node:stream";
import type { TcpPeer } from "./options.ts";

/** More is not kept. */
const LONGEST_ANSWER_BYTES = 64 * 1024;

export class HttpGet {
	readonly #path: string;
	readonly #chunks: Buffer[] = [];
	#bytes = 0;
	#over = false;

	constructor(path: string) {
		this.#path = path;
	}

	/** Asks as soon as the connection is open. @param host its name in the request. */
	peer(host: string): TcpPeer {
		return {
			connect: () => {
				const [near, far] = duplexPair();
				far.on("data", (chunk: Buffer) => {
					this.#bytes += chunk.length;
					if (this.#bytes <= LONGEST_ANSWER_BYTES) {
						this.#chunks.push(chunk);
					}
				});
				far.on("end", () => {
					this.#over = true;
					far.end();
				});
				far.on("error", () => {});
				far.write(`GET ${this.#path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
				return near;
			},
		};
	}

	/** What the device answered so far. */
	get answer(): { status: string; body: string; bytes: number; complete: boolean } {
		const text = Buffer.concat(this.#chunks).toString();
		// Small servers end their lines with a line feed alone.
		const [, status = "", body = ""] = /^HTTP\/\S+ ([^\r\n]*)\r?\n(?:[\s\S]*?\r?\n)??(?:\r?\n([\s\S]*))?$/.exec(text) ?? [];
		return {
			status,
			body,
			bytes: this.#bytes,
			complete: this.#over,
		};
	}
}
