// What the simulated network answers: ARP, ping, DNS and NTP.

import assert from "node:assert/strict";
import test from "node:test";
import { decode, encode } from "dns-packet";
import { BROADCAST, checksum, DEVICE_IP, HOST_IP, ROUTER_IP, VirtualDevice, VirtualTcp } from "./virtual-device.ts";

test("ARP tells the router's address, and nobody else's", async () => {
	const device = new VirtualDevice();
	const request = (ip: number[]) => Uint8Array.from([0, 1, 8, 0, 6, 4, 0, 1, ...device.mac, ...DEVICE_IP, 0, 0, 0, 0, 0, 0, ...ip]);
	device.send(0x0806, request(ROUTER_IP), BROADCAST);
	device.send(0x0806, request(DEVICE_IP), BROADCAST);
	await device.clock.run(10_000);
	assert.equal(device.frames.length, 1);
	assert.equal(Buffer.from(device.frames[0].slice(20, 42)).toString("hex"), "0002025046000001c0a8040128cdc1010203c0a80402");
});

function ask(name: string, type: "A" | "AAAA" = "A"): Uint8Array {
	return new Uint8Array(encode({ type: "query", id: 77, flags: 0x100, questions: [{ type, name }] }));
}

test("DNS knows the hosts and the time servers, and nothing else", async () => {
	const device = new VirtualDevice({ hosts: { "a.example": "127.0.0.1:1", "b.example": { address: "198.51.100.7" } } });
	for (const [name, type] of [["A.Example", "A"], ["b.example", "A"], ["pool.ntp.org", "A"], ["c.example", "A"], ["a.example", "AAAA"]] as const) {
		device.sendUdp(ROUTER_IP, 5353, 53, ask(name, type));
	}
	await device.clock.run(10_000);
	const answers = device.datagrams(5353).map((bytes) => decode(Buffer.from(bytes)));
	assert.deepEqual(answers.map((answer) => (answer as { rcode?: string }).rcode), ["NOERROR", "NOERROR", "NOERROR", "NXDOMAIN", "NOERROR"]);
	assert.deepEqual(answers.map((answer) => answer.answers?.map((entry) => "data" in entry ? entry.data : "")), [
		["203.0.113.10"], ["198.51.100.7"], ["203.0.113.123"], [], [],
	]);
	assert.equal(answers[0].id, 77);
	assert.deepEqual(device.violations, []);
});

test("DNS tells IPv6 addresses, and follows names that stand for others", async () => {
	const device = new VirtualDevice({
		hosts: {
			"a.example": { address: "198.51.100.7", ipv6: "2001:db8::7" },
			"www.example": { alias: "Edge.Example" }, "edge.example": { alias: "a.example" },
			"lost.example": { alias: "nowhere.example" },
			"one.example": { alias: "two.example" }, "two.example": { alias: "one.example" },
		},
	});
	const asked = [["a.example", "AAAA"], ["www.example", "A"], ["www.example", "AAAA"], ["lost.example", "A"], ["one.example", "A"]] as const;
	for (const [name, type] of asked) {
		device.sendUdp(ROUTER_IP, 5353, 53, ask(name, type));
	}
	await device.clock.run(10_000);
	const answers = device.datagrams(5353).map((bytes) => decode(Buffer.from(bytes)));
	assert.deepEqual(answers.map((answer) => (answer as { rcode?: string }).rcode), ["NOERROR", "NOERROR", "NOERROR", "NXDOMAIN", "SERVFAIL"]);
	assert.deepEqual(answers.map((answer) => answer.answers?.map((entry) => `${entry.name} ${"data" in entry ? String(entry.data) : ""}`)), [
		["a.example 2001:db8::7"],
		["www.example edge.example", "edge.example a.example", "a.example 198.51.100.7"],
		["www.example edge.example", "edge.example a.example", "a.example 2001:db8::7"],
		["lost.example nowhere.example"],
		[],
	]);
});

test("DNS faults: slow, with a wrong number, cut off", async () => {
	const hosts = { "a.example": { address: "198.51.100.7" } };
	const slow = new VirtualDevice({ hosts, faults: { dnsDelayMicros: 3_000_000 } });
	slow.sendUdp(ROUTER_IP, 5353, 53, ask("a.example"));
	await slow.clock.run(2_900_000);
	assert.equal(slow.frames.length, 0);
	await slow.clock.run(200_000);
	assert.equal(slow.frames.length, 1);
	const wrong = new VirtualDevice({ hosts, faults: { dnsWrongId: true } });
	wrong.sendUdp(ROUTER_IP, 5353, 53, ask("a.example"));
	await wrong.clock.run(10_000);
	assert.notEqual(decode(Buffer.from(wrong.datagrams(5353)[0])).id, 77);
	const cut = new VirtualDevice({ hosts, faults: { dnsTruncated: true } });
	cut.sendUdp(ROUTER_IP, 5353, 53, ask("a.example"));
	await cut.clock.run(10_000);
	const answer = decode(Buffer.from(cut.datagrams(5353)[0]));
	assert.deepEqual([answer.flag_tc, answer.answers?.length], [true, 0]);
});

test("DNS over TCP: what was cut off comes whole, several on one connection, in pieces as they like", async () => {
	const device = new VirtualDevice({ hosts: { "a.example": { address: "198.51.100.7" } }, faults: { dnsTruncated: true } });
	const tcp = new VirtualTcp(device, ROUTER_IP, 53);
	tcp.open();
	await device.clock.run(10_000);
	assert.equal(tcp.state, "open");
	const framed = (query: Uint8Array) => Uint8Array.from([query.length >>> 8, query.length & 0xff, ...query]);
	const queries = Uint8Array.from([...framed(ask("a.example")), ...framed(ask("b.example"))]);
	tcp.write(queries.subarray(0, 1));
	await device.clock.run(10_000);
	tcp.write(queries.subarray(1, 40));
	await device.clock.run(10_000);
	tcp.write(queries.subarray(40));
	tcp.end();
	await device.clock.run(50_000);
	const bytes = Buffer.from(tcp.received);
	const first = decode(bytes.subarray(2, 2 + bytes.readUInt16BE(0)));
	const second = decode(bytes.subarray(4 + bytes.readUInt16BE(0)));
	assert.deepEqual([first.id, first.flag_tc, first.answers?.map((entry) => "data" in entry ? entry.data : "")], [77, false, ["198.51.100.7"]]);
	assert.equal((second as { rcode?: string }).rcode, "NXDOMAIN");
	assert.equal(tcp.ended, true, "the server ends when the device has, and all is answered");
	assert.deepEqual(device.violations, []);

	const silent = new VirtualDevice({ faults: { dnsSilent: true } });
	const unanswered = new VirtualTcp(silent, ROUTER_IP, 53);
	unanswered.open();
	await silent.clock.run(10_000);
	unanswered.write(framed(ask("a.example")));
	await silent.clock.run(100_000);
	assert.deepEqual(unanswered.received, []);
});

test("addresses that are none are refused with a sentence", () => {
	assert.throws(() => new VirtualDevice({ hosts: { "a.example": { ipv6: "2001:db8::1::2" } } }), /host "a\.example": "2001:db8::1::2" is not an IPv6 address/);
	assert.throws(() => new VirtualDevice({ hosts: { "a.example": { address: "1.2.3" } } }), /"1\.2\.3" is not an IPv4 address/);
	assert.throws(() => new VirtualDevice({ faults: { dnsAnswer: "here" } }), /dnsAnswer: "here" is not an IPv4 address/);
});

test("ARP speaks for hosts of the local network too", async () => {
	const device = new VirtualDevice({ hosts: { "printer.local": { address: "192.168.4.50" } } });
	const request = (last: number) => Uint8Array.from([0, 1, 8, 0, 6, 4, 0, 1, ...device.mac, ...DEVICE_IP, 0, 0, 0, 0, 0, 0, 192, 168, 4, last]);
	device.send(0x0806, request(50), BROADCAST);
	device.send(0x0806, request(51), BROADCAST);
	await device.clock.run(10_000);
	assert.deepEqual(device.frames.map((frame) => frame[31]), [50]);
});

test("a ping of the device asks for its hardware address and for an echo, and tells the round trip", async () => {
	const device = new VirtualDevice();
	device.send(0x0806, Uint8Array.from([0, 1, 8, 0, 6, 4, 0, 1, ...device.mac, ...DEVICE_IP, 0, 0, 0, 0, 0, 0, ...ROUTER_IP]), BROADCAST);
	await device.clock.run(10_000);
	device.frames.length = 0;
	const answered: number[] = [];
	device.internet.ping(32, (micros) => answered.push(micros));
	await device.clock.run(10_000);
	const [arp, echo] = device.frames;
	assert.equal(Buffer.from(arp.slice(12, 22)).toString("hex"), "08060001080006040001", "a request");
	assert.deepEqual([...arp.slice(38, 42)], DEVICE_IP);
	assert.deepEqual([echo[34], echo.length, checksum(echo.slice(34))], [8, 14 + 20 + 8 + 32, 0]);
	const reply = echo.slice(34);
	reply[0] = 0;
	reply.set([0, 0], 2);
	new DataView(reply.buffer).setUint16(2, checksum(reply));
	const other = reply.slice();
	other[7] ^= 1;
	other.set([0, 0], 2);
	new DataView(other.buffer).setUint16(2, checksum(other));
	device.sendIp(1, ROUTER_IP, other);
	device.sendIp(1, ROUTER_IP, reply);
	device.sendIp(1, ROUTER_IP, reply);
	await device.clock.run(10_000);
	assert.equal(answered.length, 1, "once, and not for another's answer");
	assert.ok(answered[0] > 9_000 && answered[0] < 11_000, `${answered[0]}`);
});

test("DNS faults: silent, one answer for all", async () => {
	const silent = new VirtualDevice({ faults: { dnsSilent: true } });
	silent.sendUdp(ROUTER_IP, 5353, 53, ask("a.example"));
	await silent.clock.run(10_000_000);
	assert.equal(silent.frames.length, 0);
	const fixed = new VirtualDevice({ faults: { dnsAnswer: "10.1.1.1" } });
	fixed.sendUdp(ROUTER_IP, 5353, 53, ask("a.example"));
	await fixed.clock.run(10_000);
	const [answer] = decode(Buffer.from(fixed.datagrams(5353)[0])).answers ?? [];
	assert.equal(answer && "data" in answer ? answer.data : "", "10.1.1.1");
});

test("NTP tells epoch plus virtual time, and copies the client's timestamp", async () => {
	const epochMs = Date.UTC(2026, 10, 25, 12);
	const device = new VirtualDevice({ epochMs });
	await device.clock.run(5_000_000);
	const request = new Uint8Array(48);
	request[0] = 0x23;
	request.set([1, 2, 3, 4, 5, 6, 7, 8], 40);
	device.sendUdp([203, 0, 113, 123], 4000, 123, request);
	await device.clock.run(20_000);
	const [answer] = device.datagrams(4000);
	assert.equal(answer[0], 0x24);
	assert.deepEqual([...answer.slice(24, 32)], [1, 2, 3, 4, 5, 6, 7, 8]);
	const view = new DataView(answer.buffer, answer.byteOffset);
	const unixMs = (view.getUint32(40) - 2_208_988_800) * 1000 + (view.getUint32(44) / 2 ** 32) * 1000;
	assert.ok(Math.abs(unixMs - epochMs - 5_002) < 1, `${unixMs - epochMs}`);
});

test("ICMP echo is answered; a closed UDP port is told by port unreachable", async () => {
	const device = new VirtualDevice({ hosts: { "a.example": {} } });
	const echo = Uint8Array.from([8, 0, 0, 0, 0, 1, 0, 2, 9, 9]);
	new DataView(echo.buffer).setUint16(2, checksum(echo));
	device.sendIp(1, ROUTER_IP, echo);
	device.sendUdp(HOST_IP, 4000, 9, Uint8Array.from([1]));
	await device.clock.run(20_000);
	assert.deepEqual(device.frames.map((frame) => [frame[34], frame[35]]), [[0, 0], [3, 3]]);
	assert.equal(checksum(device.frames[0].slice(34)), 0);
	assert.deepEqual([...device.frames[0].slice(38)], [0, 1, 0, 2, 9, 9]);
});

test("a UDP handler answers, twice if it likes", async () => {
	const device = new VirtualDevice({
		hosts: { "a.example": { udp: { 7: (datagram, reply) => { reply(datagram); reply(Uint8Array.from([0])); } } } },
	});
	device.sendUdp(HOST_IP, 4000, 7, Uint8Array.from([1, 2]));
	await device.clock.run(20_000);
	assert.deepEqual(device.datagrams(4000).map((bytes) => [...bytes]), [[1, 2], [0]]);
});

test("malformed packets are violations, never exceptions", async () => {
	const device = new VirtualDevice();
	device.send(0x0800, new Uint8Array(10));
	device.send(0x0806, new Uint8Array(10));
	device.sendIp(17, ROUTER_IP, new Uint8Array(3));
	device.sendIp(6, HOST_IP, new Uint8Array(3));
	device.sendUdp(ROUTER_IP, 1, 53, new Uint8Array(5));
	device.sendUdp(ROUTER_IP, 1, 67, new Uint8Array(5));
	device.sendUdp([203, 0, 113, 123], 1, 123, new Uint8Array(5));
	for (let length = 0; length < 60; length++) {
		device.send(0x0800, Uint8Array.from([0x45, 0, 0, length, ...new Uint8Array(length).fill(length)]));
	}
	await device.clock.run(20_000);
	assert.ok(device.violations.length >= 7);
	assert.ok(device.violations.every((line) => line.startsWith("error network-malformed")));
});

test("lost frames: by number, and by rate with the seed", async () => {
	const device = new VirtualDevice({ faults: { dropFrames: [2] } });
	const send = (to: VirtualDevice) => {
		for (let index = 0; index < 20; index++) {
			to.sendUdp(ROUTER_IP, 4000 + index, 53, ask("pool.ntp.org"));
		}
	};
	send(device);
	await device.clock.run(50_000);
	assert.equal(device.frames.length, 19);
	const runs = [];
	for (let run = 0; run < 2; run++) {
		const lossy = new VirtualDevice({ faults: { loss: 0.2 } });
		send(lossy);
		await lossy.clock.run(50_000);
		runs.push(lossy.frames.map((frame) => Buffer.from(frame).toString("hex")));
	}
	assert.deepEqual(runs[0], runs[1]);
	assert.ok(runs[0].length < 20 && runs[0].length > 5);
});

test("a frame of a type that is not modelled is named, when it is for the network", async () => {
	const device = new VirtualDevice();
	device.send(0x88cc, new Uint8Array(46));
	device.send(0x88cc, new Uint8Array(46), Uint8Array.of(2, 0, 0, 0, 0, 9));
	await device.clock.run(10_000);
	assert.deepEqual(device.violations, ["info network-ether-type: a frame of type 0x88cc, which is not modelled"]);
	assert.deepEqual(device.frames, []);
});

test("the capture is a pcap of all frames, with virtual Unix times", async () => {
	const device = new VirtualDevice({ epochMs: 1_700_000_000_000 });
	await device.clock.run(1_500_000);
	device.sendUdp(ROUTER_IP, 4000, 53, ask("pool.ntp.org"));
	await device.clock.run(50_000);
	const file = Buffer.concat(device.pcap);
	assert.equal(file.readUInt32LE(0), 0xa1b2c3d4);
	assert.equal(file.readUInt32LE(20), 1);
	assert.equal(file.readUInt32LE(24), 1_700_000_001);
	assert.equal(file.readUInt32LE(28), 500_000);
	const first = file.readUInt32LE(32);
	assert.equal(file.readUInt32LE(40 + first), 1_700_000_001);
	assert.equal(file.length, 24 + 16 + first + 16 + file.readUInt32LE(40 + first + 8));
});
