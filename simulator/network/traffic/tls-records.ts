/**
 * The record headers of one direction of a TLS connection (RFC 8446, section 5.1), out of its TCP segments. Bodies are
 * passed over: nothing is decrypted or kept.
 */
import { sequenceAdd, sequenceDifference } from "../tcp-segments.ts";

export type TlsRecordType = "change cipher spec" | "alert" | "handshake" | "application data" | "heartbeat";

export interface TlsRecord {
	/** Of its first byte on the air. */
	atMicros: number;
	/** Of its last byte; null while some are missing. */
	endMicros: number | null;
	from: "device" | "peer";
	type: TlsRecordType;
	/** Of the body. */
	lengthBytes: number;
}

const HEADER_BYTES = 5;
export const TLS_RECORD_TYPES: Readonly<Record<number, TlsRecordType>> = {
	20: "change cipher spec", 21: "alert", 22: "handshake", 23: "application data", 24: "heartbeat",
};
const MAJOR_VERSION = 3;
/** 2^14 and what encryption adds (RFC 5246, section 6.2.3). */
const LONGEST_BODY_BYTES = 0x4000 + 2048;
/** Segments ahead of a gap that are kept; a full window of small ones is less. */
const MOST_EARLY_SEGMENTS = 256;

export class TlsRecordReader {
	readonly #from: TlsRecord["from"];
	readonly #seen: (record: TlsRecord) => void;
	#expected: number;
	#early = new Map<number, Uint8Array>();
	#header: number[] = [];
	#headerMicros = 0;
	#rest = 0;
	#record: TlsRecord | undefined;
	/** This is no TLS: nothing more is read. */
	#other = false;

	/** @param firstSequence of the direction's first byte. @param seen is told each record at its header. */
	constructor(from: TlsRecord["from"], firstSequence: number, seen: (record: TlsRecord) => void) {
		this.#from = from;
		this.#expected = firstSequence;
		this.#seen = seen;
	}

	/** A segment on the air, in any order, again or for the first time. */
	segment(sequence: number, payload: Uint8Array, atMicros: number): void {
		if (this.#other || !payload.length) {
			return;
		}
		const ahead = sequenceDifference(sequence, this.#expected);
		if (ahead > 0) {
			if (this.#early.size < MOST_EARLY_SEGMENTS) {
				this.#early.set(sequence, payload.slice());
			}
			return;
		}
		this.#take(payload.subarray(-ahead), atMicros);
		for (const [early, bytes] of this.#early) {
			const known = sequenceDifference(this.#expected, early);
			if (known >= 0) {
				this.#early.delete(early);
				this.#take(bytes.subarray(known), atMicros);
			}
		}
	}

	#take(bytes: Uint8Array, atMicros: number): void {
		this.#expected = sequenceAdd(this.#expected, bytes.length);
		for (let at = 0; at < bytes.length && !this.#other;) {
			if (this.#record && this.#rest) {
				const count = Math.min(this.#rest, bytes.length - at);
				at += count;
				this.#rest -= count;
			} else {
				if (!this.#header.length) {
					this.#headerMicros = atMicros;
				}
				this.#header.push(bytes[at++]);
				if (this.#header.length === HEADER_BYTES) {
					this.#begin();
				}
			}
			if (this.#record && !this.#rest) {
				this.#record.endMicros = atMicros;
				this.#record = undefined;
			}
		}
	}

	#begin(): void {
		const [number, major, , high, low] = this.#header;
		const type = TLS_RECORD_TYPES[number];
		const lengthBytes = (high << 8) | low;
		if (!type || major !== MAJOR_VERSION || lengthBytes > LONGEST_BODY_BYTES) {
			this.#other = true;
			this.#early.clear();
			return;
		}
		this.#header = [];
		this.#rest = lengthBytes;
		this.#record = { atMicros: this.#headerMicros, endMicros: null, from: this.#from, type, lengthBytes };
		this.#seen(this.#record);
	}
}
