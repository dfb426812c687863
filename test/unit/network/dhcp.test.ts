// The DHCP server: a lease from its offer to its end, and each way in which it can be denied.

import assert from "node:assert/strict";
import test from "node:test";
import type { DhcpFaults, DhcpOptions, NetworkFaults } from "../../../simulator/network/options.ts";
import { BROADCAST, DEVICE_IP, ROUTER_IP, VirtualDevice } from "./virtual-device.ts";

const DISCOVER = 1;
const REQUEST = 3;
const DECLINE = 4;
const NOBODY = [0, 0, 0, 0];

interface Answer {
	/** Of option 53: 2 offer, 5 acknowledgement, 6 refusal. */
	type: number;
	address: number[];
	options: Map<number, number[]>;
	/** To everybody. */
	broadcast: boolean;
}

class Client {
	readonly device: VirtualDevice;
	address = NOBODY;

	constructor(faults: NetworkFaults = {}, dhcp: DhcpOptions = {}) {
		this.device = new VirtualDevice({ faults, dhcp });
	}

	/** Says something. @param to the server alone, or everybody. @returns the answer, undefined for none. */
	async say(type: number, options: number[] = [], { current = NOBODY, to = [255, 255, 255, 255], client = 3 } = {}): Promise<Answer | undefined> {
		const message = new Uint8Array(240);
		message.set([1, 1, 6, 0, 0, 0, 0x12, 0x34]);
		message.set(current, 12);
		message.set([0x28, 0xcd, 0xc1, 1, 2, client], 28);
		message.set([0x63, 0x82, 0x53, 0x63], 236);
		const { device } = this;
		const before = device.frames.length;
		device.sendUdp(to, 68, 67, Uint8Array.from([...message, 53, 1, type, ...options, 255]), current, to[0] === 255 ? BROADCAST : undefined);
		await device.clock.run(10_000);
		const frame = device.frames[before];
		return frame && parse(frame);
	}

	/** Discover and request, as a client that begins. */
	async begin(): Promise<Answer | undefined> {
		const offer = await this.say(DISCOVER);
		if (offer?.type !== 2) {
			return offer;
		}
		const answer = await this.say(REQUEST, [50, 4, ...offer.address, 54, 4, ...ROUTER_IP]);
		if (answer?.type === 5) {
			this.address = answer.address;
		}
		return answer;
	}

	renew(): Promise<Answer | undefined> {
		return this.say(REQUEST, [], { current: this.address, to: ROUTER_IP });
	}

	rebind(): Promise<Answer | undefined> {
		return this.say(REQUEST, [], { current: this.address });
	}
}

function parse(frame: Uint8Array): Answer {
	const message = frame.slice(42);
	const options = new Map<number, number[]>();
	for (let at = 240; message[at] !== 255; at += 2 + message[at + 1]) {
		options.set(message[at], [...message.slice(at + 2, at + 2 + message[at + 1])]);
	}
	return { type: options.get(53)?.[0] ?? 0, address: [...message.slice(16, 20)], options, broadcast: frame[0] === 0xff };
}

const faulty = (dhcp: DhcpFaults) => new Client({ dhcp });

test("a lease is offered and bound: address, router, mask, DNS server, a day", async () => {
	const client = new Client();
	const answer = await client.begin();
	assert.deepEqual([answer?.type, answer?.address], [5, DEVICE_IP]);
	assert.deepEqual([1, 3, 6, 51, 54].map((option) => answer?.options.get(option)), [
		[255, 255, 255, 0], ROUTER_IP, ROUTER_IP, [0, 1, 0x51, 0x80], ROUTER_IP,
	]);
	assert.equal(answer?.options.has(58) || answer?.options.has(59), false);
	assert.equal(client.device.internet.deviceAddress, "192.168.4.2");
	assert.deepEqual(client.device.violations, []);
});

test("the name that a client gives itself is kept", async () => {
	const client = new Client();
	await client.begin();
	assert.equal(client.device.internet.hostName, undefined);
	await client.say(REQUEST, [12, 4, ...Buffer.from("pico")], { current: client.address, to: ROUTER_IP });
	assert.equal(client.device.internet.hostName, "pico");
});

test("lease, T1 and T2 are those that were asked for", async () => {
	const answer = await new Client({}, { leaseSeconds: 120, renewSeconds: 60, rebindSeconds: 105 }).begin();
	assert.deepEqual([51, 58, 59].map((option) => answer?.options.get(option)?.[3]), [120, 60, 105]);
});

test("a lease is renewed, and rebound, with the same address and a word to the client alone", async () => {
	const client = new Client();
	await client.begin();
	for (const answer of [await client.renew(), await client.rebind()]) {
		assert.deepEqual([answer?.type, answer?.address, answer?.broadcast], [5, DEVICE_IP, false]);
	}
	assert.deepEqual(client.device.internet.dhcpCounts, { bound: 1, renewed: 1, rebound: 1, refused: 0, declined: 0 });
});

test("a renewal that is not answered leaves the rebinding, and one that is refused the beginning", async () => {
	const silent = faulty({ renewal: "silent" });
	await silent.begin();
	assert.equal(await silent.renew(), undefined);
	assert.equal((await silent.rebind())?.type, 5);
	const refused = faulty({ renewal: "refuse" });
	await refused.begin();
	assert.deepEqual([(await refused.renew())?.type, (await refused.begin())?.address], [6, DEVICE_IP]);
	const lost = faulty({ renewal: "silent", rebinding: "refuse" });
	await lost.begin();
	await lost.renew();
	const answer = await lost.rebind();
	assert.deepEqual([answer?.type, answer?.broadcast], [6, true]);
});

test("a client can be moved to another address, and is known by it", async () => {
	const client = faulty({ renewal: "move" });
	await client.begin();
	assert.equal((await client.renew())?.type, 6);
	assert.deepEqual((await client.begin())?.address, [192, 168, 4, 3]);
	assert.equal(client.device.internet.deviceAddress, "192.168.4.3");
	client.device.sendUdp(ROUTER_IP, 4000, 53, new Uint8Array(12), [192, 168, 4, 2]);
	assert.match(client.device.violations.join(), /network-foreign-source: a packet from 192\.168\.4\.2; the device's address is 192\.168\.4\.3/);
});

test("a client that comes back without an offer keeps its address, and is refused another's", async () => {
	const client = new Client();
	await client.begin();
	assert.equal((await client.say(REQUEST, [50, 4, ...DEVICE_IP]))?.type, 5);
	assert.equal((await client.say(REQUEST, [50, 4, 10, 0, 0, 9]))?.type, 6);
	assert.equal(await client.say(REQUEST, [50, 4, ...DEVICE_IP, 54, 4, 192, 168, 4, 9]), undefined, "it took another server's offer");
});

test("no address left, no acknowledgement, refusals at first, no word at all", async () => {
	assert.equal(await faulty({ exhausted: true }).begin(), undefined);
	assert.equal(await faulty({ withholdsAck: true }).begin(), undefined);
	const refusals = faulty({ refusals: 2 });
	assert.deepEqual([(await refusals.begin())?.type, (await refusals.begin())?.type, (await refusals.begin())?.type], [6, 6, 5]);
	assert.equal(await new Client({ dhcpSilent: true }).begin(), undefined);
});

test("addresses run out, and a declined one is not given again", async () => {
	const client = new Client({}, { addresses: 2 });
	assert.deepEqual((await client.say(DISCOVER, [], { client: 3 }))?.address, [192, 168, 4, 2]);
	assert.deepEqual((await client.say(DISCOVER, [], { client: 4 }))?.address, [192, 168, 4, 3]);
	assert.equal(await client.say(DISCOVER, [], { client: 5 }), undefined);
	assert.deepEqual((await client.say(DISCOVER, [], { client: 3 }))?.address, [192, 168, 4, 2], "the same for the same");
	await client.say(DECLINE, [50, 4, 192, 168, 4, 2], { client: 3 });
	assert.match(client.device.violations[0] ?? "", /network-malformed.*does not name its server/);
	await client.say(DECLINE, [50, 4, 192, 168, 4, 2, 54, 4, ...ROUTER_IP], { client: 3 });
	assert.equal(client.device.internet.dhcpCounts.declined, 1);
	assert.equal(await client.say(DISCOVER, [], { client: 3 }), undefined);
});

test("what is no DHCP message is a violation, never an exception", async () => {
	const { device } = new Client();
	for (const bytes of [new Uint8Array(5), new Uint8Array(240), Uint8Array.from([...new Uint8Array(240), 53, 200])]) {
		device.sendUdp([255, 255, 255, 255], 68, 67, bytes, NOBODY, BROADCAST);
	}
	await device.clock.run(10_000);
	assert.equal(device.violations.filter((line) => line.includes("network-malformed")).length, 3);
});
