// The network over IPv6, as a station meets it: neighbours, the router's advertisement, echo, DNS, UDP and TCP.

import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import test from "node:test";
import { decode, encode } from "dns-packet";
import { formatAddress, parseAddress } from "../../../simulator/network/addresses.ts";
import type { NetworkOptions } from "../../../simulator/network/options.ts";
import { ACK, FIN, PSH, SYN, VirtualDevice, checksum } from "./virtual-device.ts";

const LINK_LOCAL = bytes("fe80::2acd:c1ff:fe01:203");
const GLOBAL = bytes("fd50:4650:0:4:2acd:c1ff:fe01:203");
const ROUTER = bytes("fd50:4650:0:4::1");
const ROUTER_LINK_LOCAL = bytes("fe80::50:46ff:fe00:1");
const ALL_ROUTERS = bytes("ff02::2");
const UNSPECIFIED = new Array<number>(16).fill(0);
const HOST = "2001:db8::7";
const ICMP = 58;

function bytes(text: string): number[] {
	const address = parseAddress(text);
	assert.equal(typeof address, "bigint", text);
	return [...Buffer.from((address as bigint).toString(16).padStart(32, "0"), "hex")];
}

interface Packet {
	source: number[];
	destination: number[];
	protocol: number;
	hopLimit: number;
	payload: Uint8Array;
	mac: string;
}

class Station {
	readonly device: VirtualDevice;

	constructor(options: NetworkOptions = {}) {
		this.device = new VirtualDevice(options);
	}

	send(protocol: number, source: number[], destination: number[], payload: number[], hopLimit = 255): void {
		const sumAt = protocol === ICMP ? 2 : protocol === 17 ? 6 : 16;
		payload[sumAt] = payload[sumAt + 1] = 0;
		const sum = checksum(Uint8Array.from([...source, ...destination, 0, 0, 0, payload.length, 0, 0, 0, protocol, ...payload]));
		payload.splice(sumAt, 2, sum >>> 8, sum & 0xff);
		this.device.send(0x86dd, Uint8Array.from([0x60, 0, 0, 0, payload.length >>> 8, payload.length & 0xff, protocol, hopLimit, ...source, ...destination, ...payload]));
	}

	/** What came since the last call; checksums are verified. */
	async received(): Promise<Packet[]> {
		await this.device.clock.run(20_000);
		return this.device.frames.splice(0).filter((frame) => frame[12] === 0x86).map((frame) => {
			const [ip, payload] = [frame.subarray(14), frame.slice(54)];
			assert.equal((ip[4] << 8) | ip[5], payload.length);
			const protocol = ip[6];
			assert.equal(checksum(Uint8Array.from([...ip.subarray(8, 40), 0, 0, payload.length >>> 8, payload.length & 0xff, 0, 0, 0, protocol, ...payload])), 0);
			return {
				source: [...ip.subarray(8, 24)], destination: [...ip.subarray(24, 40)], protocol, hopLimit: ip[7], payload,
				mac: Buffer.from(frame.subarray(0, 6)).toString("hex"),
			};
		});
	}
}

test("IPv6 addresses are read and written as RFC 5952 says", () => {
	for (const text of ["::", "::1", "fe80::1", "2001:db8::1:0:0:1", "2001:db8:1:1:1:1:0:1", "fd50:4650:0:4::1", "1:2:3:4:5:6:7:8", "1::8", "0:0:1::"]) {
		assert.equal(formatAddress(parseAddress(text) as bigint), text);
	}
	assert.equal(formatAddress(parseAddress("2001:0DB8:0:0:0:0:0:1") as bigint), "2001:db8::1");
	for (const text of ["1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1::", "12345::", "g::", "1:2:3:4:5:6:7:8::", ":1"]) {
		assert.equal(parseAddress(text), undefined, text);
	}
});

test("a router is advertised to who solicits one: prefix, lifetime, MTU, hardware address, DNS server", async () => {
	const station = new Station();
	station.send(ICMP, LINK_LOCAL, ALL_ROUTERS, [133, 0, 0, 0, 0, 0, 0, 0]);
	const [advertisement] = await station.received();
	assert.deepEqual([advertisement.source, advertisement.destination, advertisement.hopLimit], [ROUTER_LINK_LOCAL, LINK_LOCAL, 255]);
	const message = Buffer.from(advertisement.payload);
	assert.equal(message[0], 134);
	assert.equal(message[5], 0x40, "DHCPv6 has more to tell");
	assert.equal(message.readUInt16BE(6), 1800);
	const options = new Map<number, Buffer>();
	for (let at = 16; at < message.length; at += 8 * message[at + 1]) {
		options.set(message[at], message.subarray(at, at + 8 * message[at + 1]));
	}
	assert.equal(options.get(1)?.toString("hex", 2), "025046000001");
	assert.equal(options.get(5)?.readUInt32BE(4), 1500);
	assert.deepEqual([options.get(3)?.[2], options.get(3)?.[3], options.get(3)?.toString("hex", 16)], [64, 0xc0, "fd504650000000040000000000000000"]);
	assert.deepEqual([...options.get(25)!.subarray(8)], ROUTER);
	// From an address that is not chosen yet: to all nodes, by their Ethernet group.
	station.send(ICMP, UNSPECIFIED, ALL_ROUTERS, [133, 0, 0, 0, 0, 0, 0, 0]);
	const [toAll] = await station.received();
	assert.deepEqual([toAll.destination, toAll.mac], [bytes("ff02::1"), "333300000001"]);
});

test("the router's addresses are told to who solicits them, and nobody else's", async () => {
	const station = new Station();
	for (const target of [ROUTER, ROUTER_LINK_LOCAL, GLOBAL]) {
		station.send(ICMP, LINK_LOCAL, [...bytes("ff02::1:ff00:0").slice(0, 13), ...target.slice(13)], [135, 0, 0, 0, 0, 0, 0, 0, ...target, 1, 1, ...station.device.mac]);
	}
	const answers = await station.received();
	assert.deepEqual(answers.map(({ payload }) => [...payload.subarray(8, 24)]), [ROUTER, ROUTER_LINK_LOCAL]);
	assert.deepEqual(answers.map(({ payload }) => payload[4]), [0xe0, 0xe0], "router, solicited, override");
	assert.equal(Buffer.from(answers[0].payload.subarray(24)).toString("hex"), "0201025046000001");
});

test("neighbour discovery from behind a router is not believed", async () => {
	const station = new Station();
	station.send(ICMP, LINK_LOCAL, ALL_ROUTERS, [133, 0, 0, 0, 0, 0, 0, 0], 64);
	assert.deepEqual(await station.received(), []);
	assert.match(station.device.violations.join(), /neighbour discovery \(type 133\) with a hop limit of 64, not 255/);
});

test("echo is answered by the router and by hosts, and the device can be pinged", async () => {
	const station = new Station({ hosts: { "a.example": { ipv6: HOST } } });
	for (const address of [ROUTER, bytes(HOST), bytes("2001:db8::8")]) {
		station.send(ICMP, GLOBAL, address, [128, 0, 0, 0, 0, 1, 0, 2, 9, 9]);
	}
	const replies = await station.received();
	assert.deepEqual(replies.map(({ source, payload }) => [source, [payload[0], ...payload.subarray(4)]]), [
		[ROUTER, [129, 0, 1, 0, 2, 9, 9]], [bytes(HOST), [129, 0, 1, 0, 2, 9, 9]],
	]);
	assert.equal(station.device.internet.deviceIpv6Address, "fd50:4650:0:4:2acd:c1ff:fe01:203");
	const answered: number[] = [];
	station.device.internet.ping(16, (micros) => answered.push(micros), true);
	const [echo] = await station.received();
	assert.deepEqual([echo.payload[0], echo.payload.length], [128, 24]);
	station.send(ICMP, GLOBAL, ROUTER, [129, 0, ...echo.payload.subarray(2)]);
	await station.received();
	assert.equal(answered.length, 1);
});

test("DNS and UDP hosts answer over IPv6; a closed port is told", async () => {
	const station = new Station({ hosts: { "a.example": { ipv6: HOST, udp: { 7: (datagram, reply) => reply(datagram) } } } });
	const udp = (destination: number[], port: number, payload: Iterable<number>) => {
		const data = [...payload];
		station.send(17, GLOBAL, destination, [0x10, 0, port >>> 8, port & 0xff, 0, 8 + data.length, 0, 0, ...data]);
	};
	udp(ROUTER, 53, encode({ type: "query", id: 5, questions: [{ type: "AAAA", name: "a.example" }] }));
	const [dns] = await station.received();
	const [record] = decode(Buffer.from(dns.payload.subarray(8))).answers ?? [];
	assert.equal(record && "data" in record && record.data, HOST);
	udp(bytes(HOST), 7, [1, 2, 3]);
	assert.deepEqual([...(await station.received())[0].payload.subarray(8)], [1, 2, 3]);
	udp(bytes(HOST), 9, [1]);
	const [unreachable] = await station.received();
	assert.deepEqual([unreachable.protocol, unreachable.payload[0], unreachable.payload[1]], [ICMP, 1, 4]);
	assert.deepEqual(station.device.violations, []);
});

test("TCP goes over IPv6, in segments that fit", async () => {
	const station = new Station({
		hosts: {
			"a.example": {
				ipv6: HOST,
				tcp: {
					connect: () => {
						const [near, far] = duplexPair();
						far.on("data", () => far.end(Buffer.alloc(3000, 0x61)));
						return near;
					},
				},
			},
		},
	});
	let next = 1000;
	let expected = 0;
	let text = "";
	let ended = false;
	const emit = (flags: number, payload: number[] = [], options: number[] = []) => {
		const numbers = Buffer.alloc(8);
		numbers.writeUInt32BE(next);
		numbers.writeUInt32BE(expected, 4);
		station.send(6, GLOBAL, bytes(HOST), [0xc3, 0x50, 0, 80, ...numbers, (5 + options.length / 4) << 4, flags, 0x20, 0, 0, 0, 0, 0, ...options, ...payload]);
		next += payload.length + (flags & (SYN | FIN) ? 1 : 0);
	};
	emit(SYN, [], [2, 4, 1460 >>> 8, 1460 & 0xff]);
	for (let turn = 0; turn < 20 && !ended; turn++) {
		for (const { payload } of await station.received()) {
			const segment = Buffer.from(payload);
			const data = segment.subarray((segment[12] >>> 4) * 4);
			assert.ok(data.length <= 1440, `${data.length} bytes in a segment`);
			if (segment[13] & SYN) {
				expected = segment.readUInt32BE(4) + 1;
				emit(ACK);
				emit(ACK | PSH, [0x67]);
			} else if (segment.readUInt32BE(4) === expected) {
				text += data.toString();
				expected += data.length + (segment[13] & FIN ? 1 : 0);
				ended ||= (segment[13] & FIN) !== 0;
				emit(ACK);
			}
		}
	}
	assert.equal(text.length, 3000);
	assert.equal(ended, true);
	assert.deepEqual(station.device.violations, []);
});

const DHCPV6_SERVERS = bytes("ff02::1:2");

function datagram(sourcePort: number, port: number, payload: number[]): number[] {
	const length = 8 + payload.length;
	return [sourcePort >>> 8, sourcePort & 0xff, port >>> 8, port & 0xff, length >>> 8, length & 0xff, 0, 0, ...payload];
}

test("DHCPv6 tells the DNS server to who asks for information, and has no addresses", async () => {
	const station = new Station();
	const clientId = [0, 1, 0, 10, 0, 3, 0, 1, ...station.device.mac];
	const serverId = [0, 2, 0, 10, 0, 3, 0, 1, 2, 0x50, 0x46, 0, 0, 1];
	station.send(17, LINK_LOCAL, DHCPV6_SERVERS, datagram(546, 547, [11, 7, 8, 9, ...clientId, 0, 6, 0, 2, 0, 23]));
	const [reply] = await station.received();
	assert.deepEqual([reply.source, reply.destination, [...reply.payload.subarray(0, 4)]], [ROUTER_LINK_LOCAL, LINK_LOCAL, [2, 35, 2, 34]]);
	assert.deepEqual([...reply.payload.subarray(8)], [7, 7, 8, 9, ...clientId, ...serverId, 0, 23, 0, 16, ...ROUTER]);
	station.send(17, LINK_LOCAL, DHCPV6_SERVERS, datagram(546, 547, [1, 7, 8, 9, ...clientId, 0, 3, 0, 12, ...new Array<number>(12).fill(0)]));
	const [advertise] = await station.received();
	assert.deepEqual([...advertise.payload.subarray(8)], [2, 7, 8, 9, ...clientId, ...serverId, 0, 13, 0, 2, 0, 2]);
	// Not for this server; a kind that it does not know; an option that is cut off.
	for (const message of [[11, 7, 8, 9, 0, 2, 0, 1, 5], [5, 7, 8, 9], [11, 7, 8, 9, 0, 6, 0, 9, 1], [11, 7]]) {
		station.send(17, LINK_LOCAL, DHCPV6_SERVERS, datagram(546, 547, message));
	}
	assert.deepEqual(await station.received(), []);
	assert.equal(station.device.violations.length, 2);
	assert.match(station.device.violations.join(), /a DHCPv6 message of 9 bytes whose option at 4 goes beyond it.*a DHCPv6 message of 2 bytes/);
});

test("groups are joined by MLD, in its hop-by-hop header, and reached then", async () => {
	const station = new Station({ hosts: { "printer.local": { ipv6: "fd50:4650:0:4::50" } } });
	const group = bytes("ff02::fb");
	const routerAlert = [58, 0, 5, 2, 0, 0, 1, 0];
	const report = (message: number[], to: number[]): void => {
		const sum = checksum(Uint8Array.from([...LINK_LOCAL, ...to, 0, 0, 0, message.length, 0, 0, 0, ICMP, ...message]));
		message.splice(2, 2, sum >>> 8, sum & 0xff);
		const payload = [...routerAlert, ...message];
		station.device.send(0x86dd, Uint8Array.from([0x60, 0, 0, 0, 0, payload.length, 0, 1, ...LINK_LOCAL, ...to, ...payload]));
	};
	const query = [...encode({ type: "query", questions: [{ type: "AAAA", name: "printer.local" }] })];
	station.send(17, GLOBAL, group, datagram(5353, 5353, query));
	assert.deepEqual(await station.received(), [], "not joined yet");
	report([131, 0, 0, 0, 0, 0, 0, 0, ...group], group);
	await station.received();
	assert.deepEqual(station.device.internet.groups, ["ff02::fb"]);
	station.send(17, GLOBAL, group, datagram(5353, 5353, query));
	const [answer] = await station.received();
	assert.deepEqual([answer.source, answer.destination, answer.mac], [bytes("fd50:4650:0:4::50"), group, "3333000000fb"]);
	assert.deepEqual(decode(Buffer.from(answer.payload.subarray(8))).answers?.map((entry) => "data" in entry ? entry.data : ""), ["fd50:4650:0:4::50"]);
	report([132, 0, 0, 0, 0, 0, 0, 0, ...group], bytes("ff02::2"));
	report([143, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, ...bytes("ff05::1:3")], bytes("ff02::16"));
	await station.received();
	assert.deepEqual(station.device.internet.groups, ["ff05::1:3"]);
	assert.deepEqual(station.device.violations, []);
});

test("a datagram in pieces arrives as one over IPv6, and its answer comes in pieces", async () => {
	const station = new Station({ hosts: { "a.example": { ipv6: HOST, udp: { 7: (question, reply) => reply(question) } } } });
	const long = Array.from({ length: 2000 }, (_, index) => (index * 7) & 0xff);
	const whole = datagram(6000, 7, long);
	const sum = checksum(Uint8Array.from([...GLOBAL, ...bytes(HOST), 0, 0, whole.length >>> 8, whole.length & 0xff, 0, 0, 0, 17, ...whole]));
	whole.splice(6, 2, sum >>> 8, sum & 0xff);
	for (const [at, more] of [[1440, 0], [0, 1]] as const) {
		const piece = [17, 0, at >>> 8, (at & 0xf8) | more, 0, 0, 0, 9, ...whole.slice(at, more ? 1440 : undefined)];
		station.device.send(0x86dd, Uint8Array.from([0x60, 0, 0, 0, piece.length >>> 8, piece.length & 0xff, 44, 64, ...GLOBAL, ...bytes(HOST), ...piece]));
	}
	await station.device.clock.run(50_000);
	const pieces = station.device.frames.map((frame) => frame.slice(54));
	assert.deepEqual(pieces.map((piece) => [piece[0], ((piece[2] << 8) | piece[3]) & 0xfff8, piece[3] & 1, piece.length]), [[17, 0, 1, 1456], [17, 1448, 0, 568]]);
	const echoed = pieces.flatMap((piece) => [...piece.subarray(8)]);
	assert.deepEqual(echoed.slice(8), long);
	assert.equal(checksum(Uint8Array.from([...bytes(HOST), ...GLOBAL, 0, 0, echoed.length >>> 8, echoed.length & 0xff, 0, 0, 0, 17, ...echoed])), 0);
	assert.deepEqual(station.device.violations, []);
});

test("a network without IPv6 says nothing", async () => {
	const station = new Station({ ipv6: false });
	station.send(ICMP, LINK_LOCAL, ALL_ROUTERS, [133, 0, 0, 0, 0, 0, 0, 0]);
	assert.deepEqual(await station.received(), []);
});

test("a protocol that is not modelled is named, and where it went", async () => {
	const { device } = new Station();
	for (const destination of [ROUTER, bytes(HOST)]) {
		device.send(0x86dd, Uint8Array.from([0x60, 0, 0, 0, 0, 4, 132, 255, ...LINK_LOCAL, ...destination, 1, 2, 3, 4]));
	}
	await device.clock.run(20_000);
	assert.deepEqual(device.violations, [
		"info network-ipv6-protocol: an IPv6 packet of protocol 132 to fd50:4650:0:4::1, which is not modelled",
		"info network-ipv6-protocol: an IPv6 packet of protocol 132 to 2001:db8::7, which is not modelled; nobody is there",
	]);
});

test("malformed IPv6 packets are violations, never exceptions", async () => {
	const { device } = new Station();
	for (let length = 0; length < 90; length++) {
		device.send(0x86dd, Uint8Array.from([0x60, 0, 0, 0, 0, length, [0, 6, 17, 44, 58, 99][length % 6], 255, ...new Uint8Array(length).fill(length)]));
	}
	await device.clock.run(20_000);
	assert.ok(device.violations.length > 40);
	assert.ok(device.violations.every((line) => /network-(malformed|ipv6-protocol)/.test(line)), device.violations.join("\n"));
});
