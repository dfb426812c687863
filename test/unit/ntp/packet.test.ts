// The NTP packet: real bytes of a server's answer, and what must not be believed.

import assert from "node:assert/strict";
import test from "node:test";
import { emitRequest, parseAnswer } from "../../../modules/network/ntp/packet.ts";

const nonce = Uint8Array.from([0xd2, 0x8f, 0x31, 0x77, 0x0a, 0xbc, 0xde, 0x01]);

/**
 * An answer: leap 0, version 4, mode 4, stratum 2, then poll, precision, root delay and dispersion, reference and times in the
 * layout of RFC 5905 section 7.3. Received 2026-01-15T12:00:00.250Z, sent 0.5 ms later.
 */
function answer(change: (packet: Uint8Array) => void = () => {}): Uint8Array {
	const packet = new Uint8Array(48);
	packet.set([0x24, 0x02, 0x06, 0xe9, 0x00, 0x00, 0x0a, 0x2c, 0x00, 0x00, 0x01, 0x7d, 0xc0, 0xa8, 0x04, 0x01]);
	packet.set(nonce, 24);
	const view = new DataView(packet.buffer);
	view.setUint32(32, 1_768_478_400 + 2_208_988_800);
	view.setUint32(36, 0x4000_0000);
	view.setUint32(40, 1_768_478_400 + 2_208_988_800);
	view.setUint32(44, 0x4020_c49c);
	change(packet);
	return packet;
}

test("a request is a client's packet that bears the random number", () => {
	const packet = emitRequest(nonce);
	assert.equal(packet.length, 48);
	assert.equal(packet[0], 0x23);
	assert.deepEqual(packet.subarray(40), nonce);
	assert.ok(packet.subarray(1, 40).every(byte => byte === 0));
});

test("an answer's times are Unix milliseconds", () => {
	const read = parseAnswer(answer(), nonce);
	assert.ok("stratum" in read);
	assert.equal(read.stratum, 2);
	assert.equal(read.receivedAtMs, Date.UTC(2026, 0, 15, 12, 0, 0, 250));
	assert.ok(Math.abs(read.transmittedAtMs - read.receivedAtMs - 0.5) < 1e-3);
});

test("the era after 2036 is read as such", () => {
	const read = parseAnswer(answer(packet => new DataView(packet.buffer).setUint32(40, 1)), nonce);
	assert.ok("stratum" in read);
	assert.equal(Math.floor(read.transmittedAtMs / 1000), Date.UTC(2036, 1, 7, 6, 28, 17) / 1000);
});

for (const [what, change, ours] of [
	["a packet that is too short", undefined, false],
	["a packet of another mode", packet => packet[0] = 0x23, false],
	["a packet of another version", packet => packet[0] = 0x14, false],
	["an answer to another request", packet => packet[31]! ^= 1, false],
	["a kiss-o'-death", packet => { packet[1] = 0; packet.set(Buffer.from("RATE"), 12); }, true],
	["a server that is not synchronized itself", packet => packet[0] = 0xe4, true],
	["a stratum that is none", packet => packet[1] = 16, true],
	["an answer without a time", packet => packet.fill(0, 40), true],
] as readonly (readonly [string, ((packet: Uint8Array) => void) | undefined, boolean])[]) {
	test(`${what} is not believed`, () => {
		const read = parseAnswer(change ? answer(change) : answer().subarray(0, 47), nonce);
		assert.ok("refused" in read);
		assert.equal(read.ours, ours);
	});
}

test("a kiss-o'-death is told with its code", () => {
	const read = parseAnswer(answer(packet => { packet[1] = 0; packet.set(Buffer.from("DENY"), 12); }), nonce);
	assert.ok("refused" in read && read.refused.includes("DENY"));
});
