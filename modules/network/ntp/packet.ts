// The packet of SNTP version 4 (RFC 4330; layout of RFC 5905 section 7.3), asked and answered.
//
// A request bears a random number where a client's own time may stand: the server sends it back as the origin, so that
// nobody who has not seen the request can answer it, and our clock tells nobody anything.

/** Bytes of a packet without authentication. */
export const packetBytes = 48;
/** Bytes of the random number. */
export const nonceBytes = 8;

const versionAndModeClient = (4 << 3) | 3;
const modeServer = 4;
const leapUnsynchronized = 3;
const stratumMax = 15;
const originOffset = 24;
const receiveOffset = 32;
const transmitOffset = 40;

// 1900 to 1970, RFC 868. A first bit of 0 is the era from 2036 on (RFC 4330 section 3).
const secondsBeforeUnix = 2_208_988_800;
const secondsOfEra = 0x1_0000_0000;

/** What a server says. Times are Unix milliseconds, with fractions. */
export interface Answer {
	readonly stratum: number;
	readonly receivedAtMs: number;
	readonly transmittedAtMs: number;
}

/** The packet that asks. */
export function emitRequest(nonce: Uint8Array): Uint8Array {
	const packet = new Uint8Array(packetBytes);
	packet[0] = versionAndModeClient;
	packet.set(nonce.subarray(0, nonceBytes), transmitOffset);
	return packet;
}

/**
 * Reads an answer to the request that bore `nonce`.
 *
 * @returns the answer, or the sentence that says why it is none: to be ignored (not ours), or believed as a refusal.
 */
export function parseAnswer(packet: Uint8Array, nonce: Uint8Array): Answer | { readonly refused: string; readonly ours: boolean } {
	if (packet.length < packetBytes) {
		return { refused: `${packet.length} bytes, a packet has ${packetBytes}`, ours: false };
	}
	const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
	const mode = packet[0]! & 7;
	const version = (packet[0]! >> 3) & 7;
	if (mode !== modeServer || version < 3 || version > 4) {
		return { refused: `mode ${mode} of version ${version}, expected ${modeServer} of 3 or 4`, ours: false };
	}
	for (let index = 0; index < nonceBytes; index++) {
		if (packet[originOffset + index] !== nonce[index]) {
			return { refused: "the origin is not what was sent", ours: false };
		}
	}
	const stratum = packet[1]!;
	if (stratum === 0) {
		const code = String.fromCharCode(...packet.subarray(12, 16)).replace(/[^A-Z0-9]/g, "");
		return { refused: `the server declines (kiss-o'-death ${code})`, ours: true };
	}
	if (stratum > stratumMax || packet[0]! >> 6 === leapUnsynchronized) {
		return { refused: "the server's own clock is not set", ours: true };
	}
	const receivedAtMs = readTimestamp(view, receiveOffset);
	const transmittedAtMs = readTimestamp(view, transmitOffset);
	if (receivedAtMs === undefined || transmittedAtMs === undefined) {
		return { refused: "the server sent no time", ours: true };
	}
	return { stratum, receivedAtMs, transmittedAtMs };
}

function readTimestamp(view: DataView, offset: number): number | undefined {
	const seconds = view.getUint32(offset);
	const fraction = view.getUint32(offset + 4);
	if (seconds === 0 && fraction === 0) {
		return undefined;
	}
	const since1900 = seconds < 0x8000_0000 ? seconds + secondsOfEra : seconds;
	return (since1900 - secondsBeforeUnix) * 1000 + fraction / 4_294_967.296;
}
