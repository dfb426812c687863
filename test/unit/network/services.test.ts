// What the simulated network answers: DHCP, ARP, ping, DNS and NTP.

import assert from "node:assert/strict";
import test from "node:test";
import { decode, encode } from "dns-packet";
import { checksum, DEVICE_IP, HOST_IP, ROUTER_IP, VirtualDevice } from "./virtual-device.ts";

const BROADCAST = new Uint8Array(6).fill(0xff);

function dhcp(type: number, options: number[] = [], transaction = 0x1234): Uint8Array {
	const message = new Uint8Array(240);
	message.set([1, 1, 6, 0, 0, 0, transaction >>> 8, transaction & 0xff]);
	message.set([0x28, 0xcd, 0xc1, 1, 2, 3], 28);
	message.set([0x63, 0x82, 0x53, 0x63], 236);
	return Uint8Array.from([...message, 53, 1, type, ...options, 255]);
}

test("DHCP offers and binds 192.168.4.2, with router, mask and DNS server", async () => {
	const device = new VirtualDevice();
	device.sendUdp([255, 255, 255, 255], 68, 67, dhcp(1), [0, 0, 0, 0], BROADCAST);
	await device.clock.run(10_000);
	const offer = device.datagrams(68)[0];
	assert.equal(offer[0], 2);
	assert.deepEqual([...offer.slice(16, 20)], DEVICE_IP);
	device.sendUdp([255, 255, 255, 255], 68, 67, dhcp(3, [50, 4, ...DEVICE_IP, 54, 4, ...ROUTER_IP]), [0, 0, 0, 0], BROADCAST);
	await device.clock.run(10_000);
	const ack = device.datagrams(68)[1];
	const options = Buffer.from(ack.slice(240)).toString("hex");
	assert.match(options, /^350105/);
	assert.match(options, /0104ffffff00/);
	assert.match(options, /0304c0a80401/);
	assert.match(options, /0604c0a80401/);
	assert.equal(device.internet.deviceAddress, "192.168.4.2");
	assert.deepEqual(device.violations, []);
});

test("DHCP refuses a foreign address, and says nothing when silent", async () => {
	const device = new VirtualDevice();
	device.sendUdp([255, 255, 255, 255], 68, 67, dhcp(3, [50, 4, 10, 0, 0, 9]), [0, 0, 0, 0], BROADCAST);
	await device.clock.run(10_000);
	assert.equal(device.datagrams(68)[0][242], 6);
	const silent = new VirtualDevice({ faults: { dhcpSilent: true } });
	silent.sendUdp([255, 255, 255, 255], 68, 67, dhcp(1), [0, 0, 0, 0], BROADCAST);
	await silent.clock.run(10_000);
	assert.equal(silent.frames.length, 0);
});

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
