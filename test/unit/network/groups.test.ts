// Groups of multicast: what the device reports is heard, what goes to its groups reaches it, hosts listen, .local names answer.

import assert from "node:assert/strict";
import test from "node:test";
import { decode, encode } from "dns-packet";
import { parseHost } from "../../../simulator/network/host-option.ts";
import type { NetworkOptions } from "../../../simulator/network/options.ts";
import { checksum, DEVICE_IP, VirtualDevice } from "./virtual-device.ts";

const IGMP = 2;
const ALL_ROUTERS = [224, 0, 0, 2];
const GROUP = [239, 1, 2, 3];
const MDNS = [224, 0, 0, 251];

function macOf(group: number[]): Uint8Array {
	return Uint8Array.from([1, 0, 0x5e, group[1] & 0x7f, group[2], group[3]]);
}

function igmp(device: VirtualDevice, message: number[], to: number[]): void {
	const sum = checksum(Uint8Array.from(message));
	message.splice(2, 2, sum >>> 8, sum & 0xff);
	device.sendIp(IGMP, to, Uint8Array.from(message), DEVICE_IP, macOf(to));
}

function sendTo(device: VirtualDevice, group: number[], port: number, payload: Uint8Array, sourcePort = port): void {
	device.sendUdp(group, sourcePort, port, payload, DEVICE_IP, macOf(group));
}

test("a group is joined and left by IGMP of all three versions", async () => {
	const device = new VirtualDevice();
	const { internet, clock } = device;
	igmp(device, [0x16, 0, 0, 0, ...GROUP], GROUP);
	await clock.run(10_000);
	assert.deepEqual(internet.groups, ["239.1.2.3"]);
	igmp(device, [0x17, 0, 0, 0, ...GROUP], ALL_ROUTERS);
	igmp(device, [0x12, 0, 0, 0, 239, 1, 2, 4], [239, 1, 2, 4]);
	await clock.run(10_000);
	assert.deepEqual(internet.groups, ["239.1.2.4"]);
	// Two records: the first excludes nobody (joined), the second includes nobody (left).
	igmp(device, [0x22, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 0, 239, 9, 9, 9, 3, 0, 0, 0, 239, 1, 2, 4], [224, 0, 0, 22]);
	await clock.run(10_000);
	assert.deepEqual(internet.groups, ["239.9.9.9"]);
	assert.deepEqual(device.violations, []);
	assert.ok(device.trace.some((line) => line.endsWith("group 239.1.2.3 joined")));
});

test("reports that are cut short or damaged are told of, and change nothing", async () => {
	const device = new VirtualDevice();
	igmp(device, [0x22, 0, 0, 0, 0, 0, 0, 9, 4, 0, 0, 0, 239, 9, 9], [224, 0, 0, 22]);
	device.sendIp(IGMP, GROUP, Uint8Array.from([0x16, 0, 1, 2, ...GROUP]), DEVICE_IP, macOf(GROUP));
	device.sendIp(IGMP, GROUP, Uint8Array.from([0x16, 0]), DEVICE_IP, macOf(GROUP));
	await device.clock.run(10_000);
	assert.deepEqual(device.internet.groups, []);
	assert.equal(device.violations.length, 3);
	assert.ok(device.violations.every((line) => line.startsWith("error network-malformed")), device.violations.join("\n"));
});

test("a datagram to a group reaches a member alone; to one of the local network's own, everybody", async () => {
	const device = new VirtualDevice();
	const payload = Uint8Array.of(1, 2, 3);
	assert.equal(device.internet.sendToGroup("239.1.2.3:5000", payload), false);
	assert.equal(device.internet.sendToGroup("224.0.0.251:5353", payload), true);
	igmp(device, [0x16, 0, 0, 0, ...GROUP], GROUP);
	await device.clock.run(10_000);
	assert.equal(device.internet.sendToGroup("239.1.2.3:5000", payload), true);
	await device.clock.run(10_000);
	assert.deepEqual(device.datagrams(5000), [payload]);
	assert.equal(device.frames.length, 2);
	assert.equal(Buffer.from(device.frames[1].subarray(0, 6)).toString("hex"), "01005e010203");
	assert.deepEqual([...device.frames[1].subarray(30, 34)], GROUP);
	for (const text of ["239.1.2.3", "192.168.4.2:5", "239.1.2.3:0", "[fe80::1]:5", "ff02::fb:5353"]) {
		assert.throws(() => device.internet.sendToGroup(text, payload), /no group with a port/, text);
	}
});

test("a host that listens to a group hears the device, and answers it or the group", async () => {
	const heard: string[] = [];
	const options: NetworkOptions = {
		hosts: {
			"a.example": {
				address: "192.168.4.50",
				groups: {
					"239.1.2.3:5000": (datagram, answer) => {
						heard.push(Buffer.from(datagram).toString());
						answer.toSender(Buffer.from("you"));
						answer.toGroup(Buffer.from("all"));
					},
				},
			},
		},
	};
	const device = new VirtualDevice(options);
	sendTo(device, GROUP, 5000, Buffer.from("hello"), 6000);
	await device.clock.run(10_000);
	assert.deepEqual(heard, ["hello"]);
	assert.deepEqual(device.datagrams(6000).map((bytes) => Buffer.from(bytes).toString()), ["you"]);
	assert.deepEqual(device.datagrams(5000), [], "the device has not joined");
	igmp(device, [0x16, 0, 0, 0, ...GROUP], GROUP);
	sendTo(device, GROUP, 5000, Buffer.from("again"), 6000);
	await device.clock.run(10_000);
	assert.deepEqual(device.datagrams(5000).map((bytes) => Buffer.from(bytes).toString()), ["all"]);
	assert.deepEqual([...device.frames.at(-1)!.subarray(26, 30)], [192, 168, 4, 50]);
	assert.throws(() => new VirtualDevice({ hosts: { "a.example": { groups: { "10.0.0.1:1": () => {} } } } }), /no group with a port/);
});

test("--host names a host's server, addresses and groups, and refuses the rest with a sentence", async () => {
	const [name, host] = parseHost("A.example=127.0.0.1:8443,address=192.168.4.50,ipv6=2001:db8::7,group=239.1.2.3:5000,answers=239.1.2.3:5001,group=[ff02::5]:6");
	assert.equal(name, "a.example");
	assert.deepEqual([host.tcp, host.address, host.ipv6, Object.keys(host.groups ?? {})], ["127.0.0.1:8443", "192.168.4.50", "2001:db8::7", ["239.1.2.3:5000", "239.1.2.3:5001", "[ff02::5]:6"]]);
	assert.deepEqual(parseHost("b.example=127.0.0.1:80"), ["b.example", { tcp: "127.0.0.1:80" }]);
	assert.deepEqual(parseHost("b.example,address=198.51.100.7"), ["b.example", { address: "198.51.100.7" }]);
	for (const [text, sentence] of [
		["a.example", /NAME=127\.0\.0\.1:PORT is expected/], ["=127.0.0.1:80", /is expected/], ["a.example=", /is expected/],
		["a.example,port=80", /"port" is no setting of a host; allowed are address=/], ["a.example,group=239.1.2.3", /no group with a port/],
		["a.example,answers", /no group with a port/], ["a.example,group=[ff02::5]:6", /\[ff02::5\]:6 is a group of IPv6: give the host an address there too/],
	] as const) {
		assert.throws(() => parseHost(text), sentence, text);
	}
	const device = new VirtualDevice({ hosts: Object.fromEntries([[name, { ...host, tcp: undefined }]]) });
	igmp(device, [0x16, 0, 0, 0, ...GROUP], GROUP);
	sendTo(device, GROUP, 5000, Buffer.from("to the group"), 6000);
	sendTo(device, GROUP, 5001, Buffer.from("to me"), 6000);
	await device.clock.run(10_000);
	assert.deepEqual([5000, 6000].map((port) => device.datagrams(port).map((bytes) => Buffer.from(bytes).toString())), [["to the group"], ["to me"]]);
});

test("a name that ends in .local answers mDNS: the group for who speaks mDNS, the asker for who speaks DNS", async () => {
	const device = new VirtualDevice({ hosts: { "Printer.local": { address: "192.168.4.50" }, "b.example": { address: "198.51.100.7" } } });
	const query = (name: string): Uint8Array => new Uint8Array(encode({ type: "query", id: 9, questions: [{ type: "A", name }] }));
	for (const name of ["printer.local", "b.example", "nobody.local"]) {
		sendTo(device, MDNS, 5353, query(name));
	}
	await device.clock.run(10_000);
	const [answer, ...others] = device.datagrams(5353).map((bytes) => decode(Buffer.from(bytes)));
	assert.deepEqual(others, []);
	assert.deepEqual([answer.type, answer.id, answer.questions?.length], ["response", 0, 0]);
	assert.deepEqual(answer.answers?.map((entry) => "data" in entry ? [entry.name, entry.data, entry.ttl] : []), [["printer.local", "192.168.4.50", 120]]);
	assert.deepEqual([...device.frames[0].subarray(26, 34)], [192, 168, 4, 50, ...MDNS]);
	sendTo(device, MDNS, 5353, query("printer.local"), 40_000);
	await device.clock.run(10_000);
	const legacy = decode(Buffer.from(device.datagrams(40_000)[0]));
	assert.deepEqual([legacy.id, legacy.questions?.length, legacy.answers?.length], [9, 1, 1]);
	sendTo(device, MDNS, 5353, Uint8Array.of(1, 2, 3));
	await device.clock.run(10_000);
	assert.match(device.violations.join(), /an mDNS message that cannot be decoded/);
});

test("who leaves the network leaves its groups", async () => {
	const device = new VirtualDevice();
	igmp(device, [0x16, 0, 0, 0, ...GROUP], GROUP);
	await device.clock.run(10_000);
	device.internet.deviceLeft();
	assert.deepEqual(device.internet.groups, []);
});
