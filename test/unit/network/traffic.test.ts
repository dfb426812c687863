// What a listener on the air tells of the device's connections: from frames alone, with losses, in any order.

import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import test from "node:test";
import { type ConnectionReport, Connections } from "../../../simulator/network/traffic/connections.ts";
import { type TlsRecord, TlsRecordReader } from "../../../simulator/network/traffic/tls-records.ts";
import { SeededRandom } from "../../../simulator/core/random.ts";
import type { NetworkOptions, TcpPeer } from "../../../simulator/network/options.ts";
import { HOST_IP, ROUTER_IP, VirtualDevice, VirtualTcp } from "./virtual-device.ts";

/** A peer that answers each piece with `answer`, and ends when the device does. */
function answering(answer: (bytes: Uint8Array) => Uint8Array): TcpPeer {
	return {
		connect: () => new Duplex({
			read() {},
			write(chunk: Uint8Array, _encoding, callback) {
				this.push(answer(chunk));
				callback();
			},
			final(callback) {
				this.push(null);
				callback();
			},
		}),
	};
}

function scene(tcp: TcpPeer | undefined, options: NetworkOptions = {}) {
	const device = new VirtualDevice({ ...options, hosts: { "a.example": tcp ? { tcp } : {} } });
	return { device, tcp: new VirtualTcp(device, HOST_IP, 443) };
}

function only(device: VirtualDevice): ConnectionReport {
	assert.equal(device.traffic.connections.length, 1);
	return device.traffic.connections[0];
}

/** A query for an A record of a.example. */
const QUERY = Buffer.from("1234010000010000000000000161076578616d706c650000010001", "hex");

test("a connection has its peer's name, its times, its bytes each way, and how it ended", async () => {
	const { device, tcp } = scene(answering(() => Buffer.from("hello")));
	device.sendUdp(ROUTER_IP, 5000, 53, QUERY);
	await device.clock.run(10_000);
	assert.deepEqual(device.milestones, ["firstDnsAnswer"]);
	tcp.open();
	await device.clock.run(10_000);
	const opened = only(device);
	assert.equal(opened.end, "open");
	tcp.write(Buffer.from("four"));
	await device.clock.run(50_000);
	tcp.end();
	await device.clock.run(100_000);
	const { openedAtMicros, acceptedAtMicros, closedAtMicros, ...rest } = only(device);
	assert.deepEqual(rest, {
		peer: "a.example", address: "203.0.113.10", port: 443, devicePort: 50000, openedBy: "device", end: "closed", sentBytes: 4, receivedBytes: 5,
		retransmissions: { device: 0, peer: 0 },
	});
	assert.ok(openedAtMicros === 10_000 && acceptedAtMicros! > openedAtMicros && closedAtMicros! > 60_000, JSON.stringify(opened));
	assert.deepEqual(device.milestones, ["firstDnsAnswer", "firstTcpConnection"]);
});

test("refused, reset by the device, reset by the peer: each is told", async () => {
	const refused = scene(undefined);
	refused.tcp.open();
	await refused.device.clock.run(50_000);
	assert.deepEqual([only(refused.device).end, only(refused.device).acceptedAtMicros], ["refused", null]);
	assert.notEqual(only(refused.device).closedAtMicros, null);

	const byDevice = scene(answering((bytes) => bytes));
	byDevice.tcp.open();
	await byDevice.device.clock.run(50_000);
	byDevice.device.sendTcp(HOST_IP, 50000, 443, { flags: 4, sequence: byDevice.tcp.next });
	await byDevice.device.clock.run(50_000);
	assert.equal(only(byDevice.device).end, "reset by device");

	const byPeer = scene({ connect: () => {
		const stream: Duplex = new Duplex({ read() {}, write: (_chunk, _encoding, callback) => { stream.destroy(); callback(); } });
		return stream;
	} });
	byPeer.tcp.open();
	await byPeer.device.clock.run(50_000);
	byPeer.tcp.write(Buffer.from("x"));
	await byPeer.device.clock.run(100_000);
	assert.equal(only(byPeer.device).end, "reset by peer");
});

test("a segment that is lost is seen again, and its bytes count once", async () => {
	// Frames: SYN, SYN+ACK, ACK, data of the device, then the peer's answer, which gets lost.
	const { device, tcp } = scene(answering(() => Buffer.alloc(1000)), { faults: { dropFrames: [5] } });
	tcp.open();
	await device.clock.run(50_000);
	tcp.write(Buffer.from("go"));
	await device.clock.run(3_000_000);
	assert.equal(tcp.received.length, 1000);
	const { sentBytes, receivedBytes, retransmissions } = only(device);
	assert.deepEqual({ sentBytes, receivedBytes, retransmissions }, { sentBytes: 2, receivedBytes: 1000, retransmissions: { device: 0, peer: 1 } });
});

test("a port that is used again is another connection", async () => {
	const { device, tcp } = scene(answering((bytes) => bytes));
	tcp.open();
	await device.clock.run(50_000);
	tcp.end();
	await device.clock.run(5_000_000);
	const again = new VirtualTcp(device, HOST_IP, 443);
	again.next = 77_000;
	again.open();
	await device.clock.run(50_000);
	assert.deepEqual(device.traffic.connections.map(({ end }) => end), ["closed", "open"]);
});

/** A record of TLS 1.2 with a body of zeros. */
function record(type: number, lengthBytes: number): number[] {
	return [type, 3, 3, lengthBytes >> 8, lengthBytes & 0xff, ...new Uint8Array(lengthBytes)];
}

test("TLS records of both sides are told with type, length and times; plain text has none", async () => {
	const { device, tcp } = scene(answering(() => Uint8Array.from([...record(22, 90), ...record(20, 1)])));
	tcp.open();
	await device.clock.run(50_000);
	tcp.write(Uint8Array.from(record(22, 200)));
	await device.clock.run(50_000);
	const records = only(device).tls?.records ?? [];
	assert.deepEqual(records.map(({ from, type, lengthBytes }) => [from, type, lengthBytes]), [
		["device", "handshake", 200], ["peer", "handshake", 90], ["peer", "change cipher spec", 1],
	]);
	assert.ok(records.every(({ atMicros, endMicros }) => endMicros === atMicros));
	assert.deepEqual(device.milestones, ["firstTcpConnection", "firstTlsRecord"]);

	const plain = scene(answering(() => Buffer.from("HTTP/1.1 200 OK\r\n\r\n")));
	plain.tcp.open();
	await plain.device.clock.run(50_000);
	plain.tcp.write(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
	await plain.device.clock.run(50_000);
	assert.equal("tls" in only(plain.device), false);
});

test("records are read from segments in any order, cut anywhere, and seen twice", () => {
	const stream = Uint8Array.from([...record(22, 10), ...record(23, 0), ...record(23, 300), ...record(21, 2)]);
	const start = 0xffffffff - 20;	// sequence numbers wrap
	const segments: [number, number][] = [];
	for (let at = 0; at < stream.length; at += 7) {
		segments.push([at, Math.min(at + 7, stream.length)]);
	}
	const order = segments.map((_, index) => segments[(index * 5) % segments.length]);
	assert.equal(new Set(order).size, segments.length);
	const records: TlsRecord[] = [];
	const reader = new TlsRecordReader("peer", start >>> 0, (seen) => records.push(seen));
	[...order, ...segments].forEach(([from, to], index) => reader.segment((start + from) >>> 0, stream.subarray(from, to), index));
	assert.deepEqual(records.map(({ type, lengthBytes }) => [type, lengthBytes]), [["handshake", 10], ["application data", 0], ["application data", 300], ["alert", 2]]);
	assert.ok(records.every(({ endMicros }) => endMicros !== null));
});

test("a record that is cut off has no end", () => {
	const records: TlsRecord[] = [];
	const reader = new TlsRecordReader("device", 0, (seen) => records.push(seen));
	reader.segment(0, Uint8Array.from(record(22, 100)).subarray(0, 50), 3);
	assert.deepEqual(records, [{ atMicros: 3, endMicros: null, from: "device", type: "handshake", lengthBytes: 100 }]);
});

test("each frame is told in a line", async () => {
	const { device, tcp } = scene(answering(() => Uint8Array.from(record(22, 90))));
	const lines: string[] = [];
	device.traffic.onPacket = ({ fromDevice, source, destination, protocol, text }) => lines.push(`${fromDevice ? ">" : "<"} ${source} ${destination} ${protocol}: ${text}`);
	device.sendUdp(ROUTER_IP, 5000, 53, QUERY);
	await device.clock.run(10_000);
	tcp.open();
	await device.clock.run(10_000);
	tcp.write(Buffer.from("plain"));
	await device.clock.run(20_000);
	assert.deepEqual(lines.slice(0, 7), [
		"> 192.168.4.2 192.168.4.1 DNS: A a.example?",
		"< 192.168.4.1 192.168.4.2 DNS: A a.example: 203.0.113.10",
		"> 192.168.4.2 203.0.113.10 TCP: 50000 → 443 SYN",
		"< 203.0.113.10 192.168.4.2 TCP: 443 → 50000 SYN ACK",
		"> 192.168.4.2 203.0.113.10 TCP: 50000 → 443 ACK",
		"> 192.168.4.2 203.0.113.10 TCP: 50000 → 443 PSH ACK, 5 bytes",
		"< 203.0.113.10 192.168.4.2 TLS: 443 → 50000 PSH ACK, 95 bytes, handshake",
	]);
});

test("hostile frames harm nobody: of any length, with lengths of their own, answers that are no DNS, segments of any flags", () => {
	const device = new VirtualDevice();
	device.traffic.onPacket = ({ text }) => assert.equal(typeof text, "string");
	const connections = new Connections({ opened() {}, accepted() {}, tlsRecord() {} });
	const random = new SeededRandom(1, "hostile frames");
	const bytes = new Uint8Array(120);
	for (let round = 0; round < 20_000; round++) {
		bytes.forEach((_, at) => {
			bytes[at] = random.next32();
		});
		// IPv4 and IPv6, UDP from port 53 without checksum, to the device.
		bytes.set([2, 0x50, 0x46, 0, 0, 1], 6);
		bytes.set(round & 1 ? [0x08, 0x00, 0x45, 0, 0, bytes[17] % 110] : [0x86, 0xdd, 0x60, 0, 0, 0, 0, bytes[19] % 70, 17], 12);
		bytes[23] = 17;
		bytes.set([0, 53, bytes[36], bytes[37], 0, 0, 0, 0], 34);
		device.traffic.frame(bytes.subarray(0, random.next32() % (bytes.length + 1)));
		// A few ports, so that segments meet connections.
		bytes.set([0, 1, 0, bytes[3] & 1]);
		bytes.set([random.next32(), random.next32()], 12);
		connections.segment({
			fromDevice: bytes[50] > 127, source: "a", destination: "a", protocol: 6, etherType: 0x0800, payload: bytes.subarray(0, bytes[51] % 90), whole: true,
		}, round, () => undefined);
	}
	assert.ok(device.milestones.includes("firstDnsAnswer"));
	assert.ok(connections.list.length > 10);
});
