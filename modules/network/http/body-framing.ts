// Where the bytes of a message's body lie in the stream, by content-length, chunks or the end of the connection
// (RFC 9112 sections 6 and 7). Used by exchange.ts and server-connection.ts.

import { CodedError } from "../../base/error.ts";
import { isFieldValue, withoutBlanks } from "../../web/field-syntax.ts";
import { parseField } from "./field-line.ts";
import type { Inflow } from "./inflow.ts";
import { LineReader } from "./line-reader.ts";
import type { Framing } from "./response-head.ts";

/** Longest chunk-size line and longest trailer section, in bytes. Extensions and trailers are checked and not kept. */
const mostLineBytes = 1024;
const mostTrailerBytes = 4096;

const chunkSize = /^[0-9A-Fa-f]{1,8}$/;

type ChunkState = "size" | "data" | "data end" | "trailer" | "end";

export class BodyFraming {
	readonly #inflow: Inflow;
	readonly #kind: Framing["kind"];
	/** Bytes left: of the body ("length"), or of the chunk at hand. */
	#left: number;
	#chunk: ChunkState = "size";
	readonly #lines: LineReader;
	#trailerBytes = 0;
	/** Bytes of body that were taken. */
	received = 0;

	readonly #message: "request" | "response";

	constructor(framing: Framing, inflow: Inflow, message: "request" | "response") {
		this.#message = message;
		this.#inflow = inflow;
		this.#lines = new LineReader(inflow);
		this.#kind = framing.kind;
		this.#left = framing.kind === "length" ? framing.bytes : 0;
	}

	/** True once every byte of the body was taken. A body that ends with the connection is complete when that closes. */
	get complete(): boolean {
		switch (this.#kind) {
			case "none":
				return true;
			case "length":
				return this.#left === 0;
			case "chunked":
				return this.#chunk === "end";
			case "close":
				return false;
		}
	}

	/** True when the end of the connection is the end of the body. */
	get endsWithConnection(): boolean {
		return this.#kind === "close";
	}

	/** Bytes that were promised and have not come; undefined when nobody said how many there are. */
	get missing(): number | undefined {
		return this.#kind === "length" ? this.#left : undefined;
	}

	/**
	 * Bytes of body that can be taken now; reads chunk sizes on the way.
	 * @throws CodedError ERR_HTTP_SYNTAX
	 */
	available(): number {
		switch (this.#kind) {
			case "none":
				return 0;
			case "close":
				return this.#inflow.available;
			case "length":
				return Math.min(this.#left, this.#inflow.available);
			case "chunked":
				while (this.#chunk !== "data" && this.#chunk !== "end" && this.#readLine()) { /* up to data, or the end */ }
				return this.#chunk === "data" ? Math.min(this.#left, this.#inflow.available) : 0;
		}
	}

	/** Accounts for bytes that were taken from the inflow. */
	took(count: number): void {
		this.received += count;
		if (this.#kind === "length") this.#left -= count;
		else if (this.#kind === "chunked") {
			this.#left -= count;
			if (this.#left === 0) this.#chunk = "data end";
		}
	}

	/** Reads one line of the chunked coding; false when it is not whole yet. */
	#readLine(): boolean {
		const line = this.#chunk === "trailer"
			? this.#lines.next(mostTrailerBytes - this.#trailerBytes, `the ${this.#message}'s trailer section`)
			: this.#lines.next(mostLineBytes, `a line between the ${this.#message}'s chunks`);
		if (line === undefined) return false;
		this.#lineCame(line);
		return true;
	}

	#lineCame(line: string): void {
		switch (this.#chunk) {
			case "size": {
				const semicolon = line.indexOf(";");
				const size = semicolon < 0 ? line : withoutBlanks(line.slice(0, semicolon));
				if (!chunkSize.test(size) || !isFieldValue(line)) throw this.#syntaxError("a chunk-size line is", line);
				this.#left = parseInt(size, 16);
				this.#chunk = this.#left === 0 ? "trailer" : "data";
				return;
			}
			case "data end":
				if (line !== "") throw this.#syntaxError("behind a chunk's bytes stands", line);
				this.#chunk = "size";
				return;
			default:
				this.#trailerBytes += line.length + 2;
				if (line === "") this.#chunk = "end";
				else if (parseField(line) === undefined) throw this.#syntaxError("a trailer line is", line);
		}
	}

	#syntaxError(what: string, found: string): CodedError {
		return new CodedError("ERR_HTTP_SYNTAX", `the ${this.#message}'s body is malformed: ${what} ${JSON.stringify(found.slice(0, 40))}`);
	}
}
