/** An NTP server that reads a given clock (RFC 5905, server mode; RFC 4330 for simple clients). */

const PACKET_BYTES = 48;
const CLIENT_MODE = 3;
const SERVER_MODE = 4;
const STRATUM = 2;
const PRECISION = -20;
/** 1900 to 1970, RFC 868. */
const UNIX_EPOCH_SECONDS = 2_208_988_800;

/** @param unixMs the server's clock. @returns the answer; a sentence when the request is malformed. */
export function answerNtp(request: Uint8Array, unixMs: number): Uint8Array | string {
	if (request.length < PACKET_BYTES) {
		return `an NTP request of ${request.length} bytes`;
	}
	const version = (request[0] >>> 3) & 7;
	if ((request[0] & 7) !== CLIENT_MODE || version < 1 || version > 4) {
		return `an NTP request with first byte 0x${request[0].toString(16)}: version ${version}, mode ${request[0] & 7}`;
	}
	const answer = new Uint8Array(PACKET_BYTES);
	const view = new DataView(answer.buffer);
	answer[0] = (version << 3) | SERVER_MODE;
	answer[1] = STRATUM;
	answer[2] = request[2];
	view.setInt8(3, PRECISION);
	// Root delay and dispersion: a millisecond, 16.16.
	view.setUint32(4, 66);
	view.setUint32(8, 66);
	answer.set([203, 0, 113, 1], 12);
	setTimestamp(view, 16, unixMs - 10_000);
	// Originate = the client's transmit timestamp.
	answer.set(request.subarray(40, 48), 24);
	setTimestamp(view, 32, unixMs);
	setTimestamp(view, 40, unixMs);
	return answer;
}

function setTimestamp(view: DataView, at: number, unixMs: number): void {
	const seconds = Math.floor(unixMs / 1000);
	view.setUint32(at, (seconds + UNIX_EPOCH_SECONDS) % 2 ** 32);
	view.setUint32(at + 4, Math.floor(((unixMs - seconds * 1000) / 1000) * 2 ** 32));
}
