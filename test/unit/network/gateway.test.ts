// The way out of the simulated network, with a stand-in for the real Internet: which names and addresses are outside.

import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import test from "node:test";
import { decode, encode } from "dns-packet";
import { parseIpv4 } from "../../../simulator/network/addresses.ts";
import { type Gateway, isPublic } from "../../../simulator/network/gateway.ts";
import { ROUTER_IP, VirtualDevice, VirtualTcp } from "./virtual-device.ts";

const OUTSIDE = [93, 184, 215, 14];

/** Knows three names, and answers on every port with what it was asked to be. */
function standIn(): { gateway: Gateway; asked: string[]; connected: string[] } {
	const asked: string[] = [];
	const connected: string[] = [];
	const names: Record<string, string> = { "real.example": OUTSIDE.join("."), "printer.example": "192.168.1.9", "self.example": "127.0.0.1" };
	return {
		asked, connected,
		gateway: {
			async lookUp(name) {
				asked.push(name);
				return names[name];
			},
			peer(address, port) {
				connected.push(`${address}:${port}`);
				return {
					connect: () => {
						const [near, far] = duplexPair();
						far.end("from outside");
						return near;
					},
				};
			},
		},
	};
}

async function resolved(device: VirtualDevice, name: string): Promise<string> {
	const before = device.datagrams(5353).length;
	device.sendUdp(ROUTER_IP, 5353, 53, new Uint8Array(encode({ type: "query", id: 1, flags: 0x100, questions: [{ type: "A", name }] })));
	await device.clock.run(10_000);
	const answer = decode(Buffer.from(device.datagrams(5353)[before]));
	const [record] = answer.answers ?? [];
	return record && "data" in record ? String(record.data) : (answer as { rcode?: string }).rcode ?? "";
}

test("names that nobody here has are asked for outside; those of private networks are none", async () => {
	const { gateway, asked } = standIn();
	const device = new VirtualDevice({ gateway, hosts: { "here.example": {} } });
	assert.equal(await resolved(device, "here.example"), "203.0.113.10");
	assert.equal(await resolved(device, "pool.ntp.org"), "203.0.113.123");
	assert.deepEqual(asked, []);
	assert.equal(await resolved(device, "Real.example"), "93.184.215.14");
	assert.equal(await resolved(device, "printer.example"), "NXDOMAIN");
	assert.equal(await resolved(device, "self.example"), "NXDOMAIN");
	assert.equal(await resolved(device, "nobody.example"), "NXDOMAIN");
	assert.deepEqual(asked, ["real.example", "printer.example", "self.example", "nobody.example"]);
});

test("TCP goes to public addresses outside, and to no others", async () => {
	const { gateway, connected } = standIn();
	const device = new VirtualDevice({ gateway });
	const outside = new VirtualTcp(device, OUTSIDE, 443);
	outside.open();
	await device.clock.run(50_000);
	assert.equal(outside.text, "from outside");
	for (const [index, address] of [[10, 0, 0, 1], [127, 0, 0, 1], [169, 254, 169, 254], [192, 168, 1, 9]].entries()) {
		const inside = new VirtualTcp(device, address, 80, 50_001 + index);
		inside.open();
		await device.clock.run(50_000);
		assert.equal(inside.state, "opening", address.join("."));
	}
	assert.deepEqual(connected, ["93.184.215.14:443"]);
});

test("without a gateway there is nothing outside", async () => {
	const device = new VirtualDevice();
	const outside = new VirtualTcp(device, OUTSIDE, 443);
	outside.open();
	await device.clock.run(50_000);
	assert.equal(outside.state, "opening");
	assert.equal(await resolved(device, "real.example"), "NXDOMAIN");
});

for (const [text, expected] of [
	["8.8.8.8", true], ["93.184.215.14", true], ["172.15.255.255", true], ["172.32.0.0", true], ["100.63.255.255", true], ["223.255.255.255", true],
	["0.0.0.0", false], ["10.1.2.3", false], ["100.64.0.1", false], ["127.0.0.1", false], ["169.254.169.254", false], ["172.16.0.1", false],
	["172.31.255.255", false], ["192.0.2.1", false], ["192.168.4.1", false], ["198.18.0.1", false], ["203.0.113.10", false],
	["224.0.0.1", false], ["255.255.255.255", false],
] as const) {
	test(`${text} is ${expected ? "" : "not "}of the public Internet`, () => assert.equal(isPublic(parseIpv4(text)!), expected));
}
