// The body of a message on its way out, by content-length, in chunks or up to the connection's end (RFC 9112 sections 6 and 7).
// Used by exchange.ts for requests and by server-connection.ts for responses.

import { latin1Bytes } from "./latin1.ts";
import type { Framing } from "./response-head.ts";

/** The part of a socket that is written to (ECMA-419 clause 10). */
export interface Sink {
	/** Answers how many bytes may still be written. */
	write(bytes: ArrayBuffer | Uint8Array): number;
}

/** Size line and line ends that a chunk needs beside its bytes. */
const chunkOverhead = 8 + 4;

export class OutgoingBody {
	readonly #sink: Sink;
	readonly #kind: Framing["kind"];
	/** Bytes that were announced and not written yet. */
	#left: number;
	#over: boolean;

	constructor(framing: Framing, sink: Sink) {
		this.#sink = sink;
		this.#kind = framing.kind;
		this.#left = framing.kind === "length" ? framing.bytes : 0;
		this.#over = framing.kind === "none" || (framing.kind === "length" && framing.bytes === 0);
	}

	/** Every byte of it was written. */
	get over(): boolean {
		return this.#over;
	}

	/** Bytes of the body that can be written where the socket has `room`. */
	fitting(room: number): number {
		if (this.#over) return 0;
		switch (this.#kind) {
			case "none":
				return 0;
			case "length":
				return Math.min(room, this.#left);
			case "chunked":
				return Math.max(0, room - chunkOverhead);
			case "close":
				return room;
		}
	}

	/** Sends bytes, one at least, that fit; answers the socket's room then. */
	send(bytes: Uint8Array): number {
		if (this.#kind !== "chunked") {
			this.#left -= bytes.length;
			this.#over = this.#kind === "length" && this.#left === 0;
			return this.#sink.write(bytes);
		}
		this.#sink.write(latin1Bytes(`${bytes.length.toString(16)}\r\n`));
		this.#sink.write(bytes);
		return this.#sink.write(latin1Bytes("\r\n"));
	}

	/** Ends a body whose length nobody announced; of another, and of one that is over, nothing comes. Answers the socket's room then. */
	end(room: number): number {
		if (this.#over || this.#kind === "length") return room;
		this.#over = true;
		return this.#kind === "chunked" ? this.#sink.write(latin1Bytes("0\r\n\r\n")) : room;
	}
}
