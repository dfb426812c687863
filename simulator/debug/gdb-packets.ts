/** The framing of GDB's remote serial protocol (GDB manual, appendix E.1): `$payload#checksum`, acknowledged by + or -. */

const LIMIT_BYTES = 0x8000;
const INTERRUPT = 0x03;
const [DOLLAR, HASH, PLUS, MINUS, ESCAPE] = Buffer.from("$#+-}");

export type Received =
	| { kind: "packet"; payload: Buffer }
	| { kind: "interrupt" }
	| { kind: "acknowledged" }
	/** The other side asks for the last packet again. */
	| { kind: "again" }
	/** A packet whose checksum is wrong. */
	| { kind: "damaged" };

/** Takes bytes as they come, gives what is whole. */
export class PacketReader {
	#buffer: Buffer = Buffer.alloc(0);

	/** @throws Error when a packet is longer than was agreed. */
	*push(bytes: Uint8Array): Generator<Received> {
		this.#buffer = Buffer.concat([this.#buffer, bytes]);
		while (this.#buffer.length) {
			const first = this.#buffer[0];
			if (first !== DOLLAR) {
				this.#buffer = this.#buffer.subarray(1);
				if (first === INTERRUPT) {
					yield { kind: "interrupt" };
				} else if (first === PLUS) {
					yield { kind: "acknowledged" };
				} else if (first === MINUS) {
					yield { kind: "again" };
				}
				continue;
			}
			const end = this.#buffer.indexOf(HASH);
			if (end < 0 ? this.#buffer.length > LIMIT_BYTES : end > LIMIT_BYTES) {
				throw new Error(`a packet of more than ${LIMIT_BYTES} bytes`);
			}
			if (end < 0 || this.#buffer.length < end + 3) {
				return;
			}
			const body = this.#buffer.subarray(1, end);
			const stated = this.#buffer.subarray(end + 1, end + 3).toString("latin1").toLowerCase();
			this.#buffer = this.#buffer.subarray(end + 3);
			yield stated === checksum(body) ? { kind: "packet", payload: unescape(body) } : { kind: "damaged" };
		}
	}
}

/** @param text one byte a character. */
export function packet(text: string): Buffer {
	const body = Buffer.from(text.replace(/[$#}*]/g, (special) => `}${String.fromCharCode(special.charCodeAt(0) ^ 0x20)}`), "latin1");
	return Buffer.concat([Buffer.from("$"), body, Buffer.from(`#${checksum(body)}`)]);
}

function checksum(body: Uint8Array): string {
	return (body.reduce((sum, byte) => sum + byte, 0) & 0xff).toString(16).padStart(2, "0");
}

function unescape(body: Buffer): Buffer {
	const plain: number[] = [];
	for (let at = 0; at < body.length; at++) {
		plain.push(body[at] === ESCAPE && at + 1 < body.length ? body[++at] ^ 0x20 : body[at]);
	}
	return Buffer.from(plain);
}
