// Bytes on their way in: what the socket announced but nobody fetched yet, and the piece that was fetched last.
// The socket is read only when somebody wants bytes, so a reader that waits holds the sender back. Used by exchange.ts.

/** The part of a socket that is read from (ECMA-419 clause 10). */
export interface Source {
	read(count: number): ArrayBuffer | undefined;
}

/** Largest piece fetched from the socket at once: a page of heap, not a whole TLS record. */
const pieceBytes = 4096;

const nothing = new Uint8Array(0);

export class Inflow {
	readonly #source: Source;
	#announced = 0;
	#piece: Uint8Array = nothing;

	constructor(source: Source) {
		this.#source = source;
	}

	/** The socket has `count` bytes to read. */
	announce(count: number): void {
		this.#announced = count;
	}

	/** Bytes that can be taken now. */
	get available(): number {
		return this.#piece.length + this.#announced;
	}

	/** The piece at hand, fetched when there is none; empty when nothing has come. Still to be taken. */
	peek(): Uint8Array {
		if (this.#piece.length === 0 && this.#announced > 0) {
			const read = this.#source.read(Math.min(this.#announced, pieceBytes));
			this.#piece = read === undefined ? nothing : new Uint8Array(read);
			this.#announced = read === undefined ? 0 : this.#announced - read.byteLength;
		}
		return this.#piece;
	}

	/** Takes `count` bytes off the piece at hand. */
	drop(count: number): void {
		this.#piece = count === this.#piece.length ? nothing : this.#piece.subarray(count);
	}

	/** Takes bytes into `to` until it is full or nothing is left, and answers how many. */
	takeInto(to: Uint8Array): number {
		let filled = 0;
		while (filled < to.length) {
			const piece = this.peek();
			if (piece.length === 0) break;
			const count = Math.min(piece.length, to.length - filled);
			to.set(count === piece.length ? piece : piece.subarray(0, count), filled);
			this.drop(count);
			filled += count;
		}
		return filled;
	}

	/** Takes up to `count` bytes as a buffer of their own; without a copy when they are just the piece at hand. */
	take(count: number): ArrayBuffer {
		const piece = this.peek();
		if (piece.length === count && piece.byteLength === piece.buffer.byteLength) {
			this.drop(count);
			return piece.buffer as ArrayBuffer;
		}
		const bytes = new Uint8Array(Math.min(count, this.available));
		const filled = this.takeInto(bytes);
		return filled === bytes.length ? bytes.buffer : bytes.buffer.slice(0, filled);
	}
}
