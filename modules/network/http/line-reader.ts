// Lines that end in CRLF, out of a stream that is cut anywhere (RFC 9112 section 2.2). Used for heads and between chunks.

import { CodedError } from "../../base/error.ts";
import type { Inflow } from "./inflow.ts";
import { latin1Text } from "./latin1.ts";

const lineFeed = 10;

export class LineReader {
	readonly #inflow: Inflow;
	#line = "";

	constructor(inflow: Inflow) {
		this.#inflow = inflow;
	}

	/** Bytes of a line that were taken, and its end has not come. */
	get begunBytes(): number {
		return this.#line.length;
	}

	/** Lets go of what it has of a line. */
	forget(): void {
		this.#line = "";
	}

	/**
	 * Takes the next line, and answers it without its end; undefined while it is not whole.
	 * @param mostBytes how long it may be, its end included
	 * @param what it belongs to, for the sentence of an error
	 * @throws CodedError ERR_HTTP_TOO_LARGE; ERR_HTTP_SYNTAX for a line feed without a carriage return
	 */
	next(mostBytes: number, what: string): string | undefined {
		for (;;) {
			const piece = this.#inflow.peek();
			if (piece.length === 0) return undefined;
			const feed = piece.indexOf(lineFeed);
			const taken = feed < 0 ? piece.length : feed + 1;
			if (this.#line.length + taken > mostBytes) {
				throw new CodedError("ERR_HTTP_TOO_LARGE", `${what} is longer than picofetch reads`);
			}
			this.#line += latin1Text(piece.subarray(0, taken));
			this.#inflow.drop(taken);
			if (feed < 0) continue;
			const line = this.#line;
			this.#line = "";
			if (!line.endsWith("\r\n")) {
				throw new CodedError("ERR_HTTP_SYNTAX", `${what} has a line that does not end in CRLF: ${JSON.stringify(line.slice(0, 80))}`);
			}
			return line.slice(0, -2);
		}
	}
}
