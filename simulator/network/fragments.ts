/** Packets in pieces: put together with limits on memory and time (RFC 791, 3.2; RFC 8200, 4.5), and cut. For IPv4 and IPv6. */

/** Pieces are in units of this. */
export const FRAGMENT_UNIT_BYTES = 8;
/** RFC 8200, 4.5: 60 s; RFC 791's 15 s are a lower bound. */
const REASSEMBLY_MICROS = 60_000_000;
/** Packets under way at a time; the oldest makes room. */
const MOST_PACKETS = 16;
const MOST_BYTES = 65_535;

export interface Piece {
	/** Where it begins in the packet's payload. */
	offsetBytes: number;
	/** Others come behind it. */
	more: boolean;
	bytes: Uint8Array;
}

interface Unfinished {
	pieces: Piece[];
	/** Known when the last piece has come. */
	lengthBytes: number | undefined;
	sinceMicros: number;
}

export class Reassembly {
	readonly #micros: () => number;
	readonly #unfinished = new Map<string, Unfinished>();

	/** @param micros virtual time. */
	constructor(micros: () => number) {
		this.#micros = micros;
	}

	/**
	 * @param key of the packet: source, destination, protocol and identification.
	 * @returns the whole payload when this was the last that was missing; a sentence when the piece cannot be: the packet is dropped.
	 */
	add(key: string, piece: Piece): Uint8Array | string | undefined {
		const now = this.#micros();
		for (const [known, { sinceMicros }] of this.#unfinished) {
			if (now - sinceMicros > REASSEMBLY_MICROS) {
				this.#unfinished.delete(known);
			}
		}
		const end = piece.offsetBytes + piece.bytes.length;
		const packet = this.#unfinished.get(key) ?? { pieces: [], lengthBytes: undefined, sinceMicros: now };
		const fault = this.#fault(packet, piece, end);
		if (fault !== undefined) {
			this.#unfinished.delete(key);
			return fault;
		}
		if (packet.pieces.some(({ offsetBytes, bytes }) => offsetBytes === piece.offsetBytes && bytes.length === piece.bytes.length)) {
			return undefined; // came twice
		}
		if (!this.#unfinished.has(key) && this.#unfinished.size >= MOST_PACKETS) {
			this.#unfinished.delete(this.#unfinished.keys().next().value as string);
		}
		this.#unfinished.set(key, packet);
		packet.pieces.push({ ...piece, bytes: piece.bytes.slice() });
		if (!piece.more) {
			packet.lengthBytes = end;
		}
		if (packet.pieces.reduce((sum, { bytes }) => sum + bytes.length, 0) !== packet.lengthBytes) {
			return undefined;
		}
		this.#unfinished.delete(key);
		const whole = new Uint8Array(packet.lengthBytes);
		for (const { offsetBytes, bytes } of packet.pieces) {
			whole.set(bytes, offsetBytes);
		}
		return whole;
	}

	#fault({ pieces, lengthBytes }: Unfinished, { offsetBytes, more, bytes }: Piece, end: number): string | undefined {
		if (!bytes.length || (more && bytes.length % FRAGMENT_UNIT_BYTES !== 0)) {
			return `a fragment of ${bytes.length} bytes with others behind it`;
		}
		if (end > MOST_BYTES) {
			return `a fragment that ends at byte ${end}, beyond the longest packet`;
		}
		if (lengthBytes !== undefined && (end > lengthBytes || (!more && end !== lengthBytes))) {
			return `a fragment that ends at byte ${end} of a packet of ${lengthBytes}`;
		}
		if (!more && pieces.some((piece) => piece.offsetBytes + piece.bytes.length > end)) {
			return `a last fragment that ends at byte ${end}, before others`;
		}
		// RFC 5722: nothing good overlaps. The same piece twice is one that the air has doubled.
		const overlaps = pieces.some((piece) => offsetBytes < piece.offsetBytes + piece.bytes.length && piece.offsetBytes < end
			&& !(piece.offsetBytes === offsetBytes && piece.bytes.length === bytes.length));
		return overlaps ? `a fragment of bytes ${offsetBytes} to ${end} that overlaps another` : undefined;
	}
}

/** Pieces of a payload, each of at most `mostBytes`. */
export function cut(payload: Uint8Array, mostBytes: number): Piece[] {
	const step = mostBytes - (mostBytes % FRAGMENT_UNIT_BYTES);
	const pieces: Piece[] = [];
	for (let offsetBytes = 0; offsetBytes < payload.length; offsetBytes += step) {
		pieces.push({ offsetBytes, more: offsetBytes + step < payload.length, bytes: payload.subarray(offsetBytes, offsetBytes + step) });
	}
	return pieces;
}
