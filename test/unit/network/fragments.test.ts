// Packets in pieces: the device's are put together, and the network's come so where they are longer than the way allows.

import assert from "node:assert/strict";
import test from "node:test";
import { Reassembly, cut } from "../../../simulator/network/fragments.ts";
import type { NetworkOptions } from "../../../simulator/network/options.ts";
import { checksum, DEVICE_IP, HOST_IP, VirtualDevice } from "./virtual-device.ts";

const LONG = Uint8Array.from({ length: 3000 }, (_, index) => index * 7);

function udp(payload: Uint8Array, sourcePort = 6000, port = 7): Uint8Array {
	return Uint8Array.from([sourcePort >>> 8, sourcePort & 0xff, port >>> 8, port & 0xff, (8 + payload.length) >>> 8, (8 + payload.length) & 0xff, 0, 0, ...payload]);
}

function sendPiece(device: VirtualDevice, identification: number, offsetBytes: number, more: boolean, bytes: Uint8Array): void {
	const header = new Uint8Array(20);
	const view = new DataView(header.buffer);
	header.set([0x45, 0, 0, 0, identification >>> 8, identification & 0xff]);
	view.setUint16(2, 20 + bytes.length);
	view.setUint16(6, (more ? 0x2000 : 0) | (offsetBytes / 8));
	header.set([64, 17], 8);
	header.set(DEVICE_IP, 12);
	header.set(HOST_IP, 16);
	view.setUint16(10, checksum(header));
	device.send(0x0800, Uint8Array.from([...header, ...bytes]));
}

function echoing(options: NetworkOptions = {}): VirtualDevice {
	return new VirtualDevice({ ...options, hosts: { "a.example": { udp: { 7: (datagram, reply) => reply(datagram) } } } });
}

/** The datagrams in the frames that came, put together here. */
function received(device: VirtualDevice): Uint8Array[] {
	const pieces = new Map<number, { offset: number; more: boolean; bytes: Uint8Array }[]>();
	for (const frame of device.frames.splice(0)) {
		const ip = frame.subarray(14);
		assert.equal(checksum(ip.subarray(0, 20)), 0);
		const view = new DataView(ip.buffer, ip.byteOffset);
		const place = view.getUint16(6);
		const list = pieces.get(view.getUint16(4)) ?? [];
		list.push({ offset: (place & 0x1fff) * 8, more: (place & 0x2000) !== 0, bytes: ip.subarray(20, view.getUint16(2)) });
		pieces.set(view.getUint16(4), list);
	}
	return [...pieces.values()].map((list) => {
		const whole = new Uint8Array(list.reduce((sum, { bytes }) => sum + bytes.length, 0));
		list.forEach(({ offset, bytes }) => whole.set(bytes, offset));
		assert.equal(list.filter(({ more }) => !more).length, 1);
		return whole.subarray(8);
	});
}

test("a datagram in pieces, in any order and some of them twice, arrives as one; its answer comes in pieces of the MTU", async () => {
	const device = echoing();
	const whole = udp(LONG);
	for (const at of [1480, 0, 1480, 2960]) {
		sendPiece(device, 5, at, at < 2960, whole.subarray(at, at + 1480));
	}
	await device.clock.run(50_000);
	assert.deepEqual(device.frames.map((frame) => frame.length), [1514, 1514, 14 + 20 + 48]);
	assert.deepEqual(received(device), [LONG]);
	assert.deepEqual(device.violations, []);
});

test("with a smaller MTU, smaller pieces; what fits comes whole", async () => {
	const device = echoing({ mtu: 576 });
	device.sendUdp(HOST_IP, 6000, 7, LONG.subarray(0, 548));
	await device.clock.run(50_000);
	assert.equal(device.frames.length, 1);
	assert.deepEqual(received(device), [LONG.slice(0, 548)]);
	device.sendUdp(HOST_IP, 6000, 7, LONG.subarray(0, 549));
	await device.clock.run(50_000);
	assert.deepEqual(device.frames.map((frame) => frame.length), [14 + 20 + 552, 14 + 20 + 5]);
	assert.deepEqual(received(device), [LONG.slice(0, 549)]);
	assert.throws(() => echoing({ mtu: 67 }), /mtu: 67 is less than 68/);
});

test("pieces of two packets are not mixed, and what never becomes whole is forgotten", async () => {
	const device = echoing();
	const [one, other] = [udp(LONG.subarray(0, 100)), udp(LONG.subarray(500, 600))];
	sendPiece(device, 1, 0, true, one.subarray(0, 80));
	sendPiece(device, 2, 0, true, other.subarray(0, 80));
	sendPiece(device, 2, 80, false, other.subarray(80));
	sendPiece(device, 1, 80, false, one.subarray(80));
	await device.clock.run(50_000);
	assert.deepEqual(received(device), [LONG.slice(500, 600), LONG.slice(0, 100)]);
	sendPiece(device, 3, 0, true, one.subarray(0, 80));
	await device.clock.run(61_000_000);
	sendPiece(device, 3, 80, false, one.subarray(80));
	await device.clock.run(50_000);
	assert.deepEqual(received(device), []);
});

test("pieces that cannot be are refused: overlapping, odd, beyond the end, beyond the longest packet", () => {
	const piece = (offsetBytes: number, length: number, more = true) => ({ offsetBytes, more, bytes: new Uint8Array(length) });
	for (const [pieces, sentence] of [
		[[piece(0, 16), piece(8, 16)], /overlaps/],
		[[piece(0, 12)], /12 bytes with others behind/],
		[[piece(0, 0)], /0 bytes/],
		[[piece(16, 8, false), piece(24, 8)], /ends at byte 32 of a packet of 24/],
		[[piece(16, 8), piece(0, 8, false)], /a last fragment that ends at byte 8/],
		[[piece(65_528, 16)], /beyond the longest packet/],
	] as const) {
		const reassembly = new Reassembly(() => 0);
		const results = pieces.map((entry) => reassembly.add("key", entry));
		assert.match(String(results.at(-1)), sentence);
	}
});

test("memory for pieces has a bound: the oldest packet makes room", () => {
	const reassembly = new Reassembly(() => 0);
	for (let packet = 0; packet < 100; packet++) {
		assert.equal(reassembly.add(`${packet}`, { offsetBytes: 0, more: true, bytes: new Uint8Array(8) }), undefined);
	}
	assert.equal(reassembly.add("0", { offsetBytes: 8, more: false, bytes: new Uint8Array(1) }), undefined, "forgotten");
	assert.equal((reassembly.add("99", { offsetBytes: 8, more: false, bytes: new Uint8Array(1) }) as Uint8Array).length, 9);
});

test("cutting gives pieces of whole units that make up the packet", () => {
	assert.deepEqual(cut(LONG, 1001).map(({ offsetBytes, more, bytes }) => [offsetBytes, more, bytes.length]), [[0, true, 1000], [1000, true, 1000], [2000, false, 1000]]);
});
