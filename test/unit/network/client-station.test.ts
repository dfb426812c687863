// Stations that join the device's own network: let in or not, with an address, and connected to its ports.

import assert from "node:assert/strict";
import test from "node:test";
import { SeededRandom } from "../../../simulator/core/random.ts";
import { parseClient } from "../../../simulator/network/client-option.ts";
import { ClientStation } from "../../../simulator/network/client-station.ts";
import { FaultyAir } from "../../../simulator/network/faulty-air.ts";
import { HttpGet } from "../../../simulator/network/http-get.ts";
import type { AirFaults, ClientSettings } from "../../../simulator/network/options.ts";
import { Peers } from "../../../simulator/network/peers.ts";
import { pairwiseMasterKey, type AccessPoint, type Station } from "../../../simulator/radio/air.ts";
import { TestClock } from "../radio/bit-banging-host.ts";
import { ACK, FIN, PSH, SYN, checksum } from "./virtual-device.ts";

const DEVICE_MAC = [0x28, 0xcd, 0xc1, 1, 2, 3];
const DEVICE_IP = [192, 168, 4, 1];
const CLIENT_IP = [192, 168, 4, 16];
const BROADCAST = [255, 255, 255, 255, 255, 255];

/** The device's side of its network, as little as a client needs: DHCP, ARP, and one page on port 80. Written from the RFCs. */
class Device implements AccessPoint {
	readonly ssid = "device";
	readonly bssid = Uint8Array.from(DEVICE_MAC);
	readonly channel = 3;
	readonly rssiDbm = -40;
	readonly hidden = false;
	readonly handshakeTimeoutMs = 4000;
	readonly security: AccessPoint["security"];
	readonly page: string;
	station: Station | undefined;
	requests = "";
	#next = 5000;

	constructor(security: AccessPoint["security"] = "wpa2", page = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") {
		this.security = security;
		this.page = page;
	}

	acceptsKey(key: Uint8Array): boolean {
		return Buffer.from(key).equals(Buffer.from(pairwiseMasterKey("correct horse", "device")));
	}

	acceptsPassword(password: Uint8Array): boolean {
		return Buffer.from(password).toString() === "correct horse";
	}

	connect(station: Station): void {
		this.station = station;
	}

	disconnect(): void {
		this.station = undefined;
	}

	transmit(_station: Station, frame: Uint8Array): void {
		if (frame[12] === 0x08 && frame[13] === 0x06) {
			this.#arp(frame);
		} else if (frame[23] === 17) {
			this.#dhcp(frame.slice(42));
		} else if (frame[23] === 6) {
			this.#tcp(frame.slice(34));
		}
	}

	#arp(frame: Uint8Array): void {
		if (frame[21] === 1 && frame[41] === DEVICE_IP[3]) {
			this.#send([...frame.slice(6, 12)], [0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 2, ...DEVICE_MAC, ...DEVICE_IP, ...frame.slice(22, 32)]);
		}
	}

	#dhcp(message: Uint8Array): void {
		const asks = message[242];
		const answer = new Uint8Array(240);
		answer.set(message.subarray(0, 44));
		answer[0] = 2;
		answer.set(CLIENT_IP, 16);
		answer.set([0x63, 0x82, 0x53, 0x63], 236);
		const options = [53, 1, asks === 1 ? 2 : 5, 54, 4, ...DEVICE_IP, 3, 4, ...DEVICE_IP, 51, 4, 0, 1, 0, 0, 255];
		const length = 8 + answer.length + options.length;
		this.#ip(17, [255, 255, 255, 255], [0, 67, 0, 68, length >>> 8, length & 0xff, 0, 0, ...answer, ...options], BROADCAST);
	}

	#tcp(segment: Uint8Array): void {
		const view = Buffer.from(segment);
		const payload = view.subarray((segment[12] >>> 4) * 4);
		const acknowledge = view.readUInt32BE(4) + payload.length + (segment[13] & (SYN | FIN) ? 1 : 0);
		const answer = (flags: number, text = "") => {
			const bytes = Buffer.alloc(20 + text.length);
			bytes.writeUInt16BE(80, 0);
			view.copy(bytes, 2, 0, 2);
			bytes.writeUInt32BE(this.#next, 4);
			bytes.writeUInt32BE(acknowledge, 8);
			bytes.set([0x50, flags, 0x20, 0], 12);
			bytes.write(text, 20);
			bytes.writeUInt16BE(checksum(Uint8Array.from([...DEVICE_IP, ...CLIENT_IP, 0, 6, bytes.length >>> 8, bytes.length & 0xff, ...bytes])), 16);
			this.#next += text.length + (flags & (SYN | FIN) ? 1 : 0);
			this.#ip(6, CLIENT_IP, [...bytes], [...(this.station as Station).mac]);
		};
		if (segment[13] & SYN) {
			answer(SYN | ACK);
		} else if (payload.length) {
			this.requests += payload.toString();
			answer(ACK | PSH, this.page);
			answer(ACK | FIN);
		} else if (segment[13] & FIN) {
			answer(ACK);
		}
	}

	#ip(protocol: number, destination: number[], payload: number[], mac: number[]): void {
		const header = Uint8Array.from([0x45, 0, (20 + payload.length) >>> 8, (20 + payload.length) & 0xff, 0, 0, 0, 0, 64, protocol, 0, 0, ...DEVICE_IP, ...destination]);
		new DataView(header.buffer).setUint16(10, checksum(header));
		this.#send(mac, [0x08, 0x00, ...header, ...payload]);
	}

	#send(to: number[], rest: number[]): void {
		this.station?.receive(Uint8Array.from([...to, ...DEVICE_MAC, ...rest]));
	}
}

function meet(settings: Partial<ClientSettings>, device: Device | undefined, faults: AirFaults = {}) {
	const clock = new TestClock();
	const violations: string[] = [];
	const log = { violation: (level: string, code: string, text: string) => violations.push(`${level} ${code}: ${text}`) };
	const onAir: AccessPoint[] = device ? [device] : [];
	const client = new ClientStation({
		settings: { ssid: "device", ...settings }, clock, log, random: new SeededRandom(1, "client 0"), trace: undefined,
		air: new FaultyAir({ clock, faults, epochMs: 0, random: (name) => new SeededRandom(1, name), pcap: undefined }),
		peers: new Peers({ clock, log, patienceMs: 0, recorder: undefined, replayer: undefined }),
		networks: () => onAir,
	});
	return { clock, client, violations, onAir };
}

for (const [security, password, state] of [
	["open", undefined, "addressed"], ["open", "correct horse", "refused"],
	["wpa2", "correct horse", "addressed"], ["wpa2", "battery staple", "refused"], ["wpa2", undefined, "refused"],
	["wpa3", "correct horse", "addressed"], ["wpa3", "battery staple", "refused"], ["wpa2/wpa3", "correct horse", "addressed"],
] as const) {
	test(`with ${password === undefined ? "no password" : `"${password}"`} a client of a network of ${security} is ${state}`, async () => {
		const { clock, client, violations } = meet(password === undefined ? {} : { password }, new Device(security));
		await clock.run(1e6);
		assert.equal(client.state, state);
		assert.deepEqual(client.addresses, state === "addressed" ? { own: "192.168.4.16", router: "192.168.4.1" } : undefined);
		assert.deepEqual(violations, []);
	});
}

test("a client waits for the network, and its connection for an address; then it gets the page", async () => {
	const { clock, client, onAir, violations } = meet({ password: "correct horse" }, undefined);
	const get = new HttpGet("/led?on");
	client.connect(80, get.peer("device"));
	await clock.run(3e6);
	assert.equal(client.state, "looking");
	const device = new Device();
	onAir.push(device);
	await clock.run(2e6);
	assert.match(device.requests, /^GET \/led\?on HTTP\/1\.1\r\nHost: device\r\n/);
	assert.deepEqual(get.answer, { status: "200 OK", body: "hello", bytes: device.page.length, complete: true });
	assert.deepEqual(violations, []);
});

test("lines that end with a line feed alone are read too", async () => {
	const { clock, client } = meet({ password: "correct horse" }, new Device("wpa2", "HTTP/1.1 302 Redirect\nLocation: /x\n\n"));
	const get = new HttpGet("/");
	client.connect(80, get.peer("device"));
	await clock.run(2e6);
	assert.deepEqual([get.answer.status, get.answer.body], ["302 Redirect", ""]);
});

test("what the air loses is asked for again", async () => {
	const { clock, client } = meet({ password: "correct horse" }, new Device(), { dropFrames: [1, 4, 5] });
	await clock.run(10e6);
	assert.equal(client.state, "addressed");
});

test("a client that is sent away, or leaves, has no address any more", async () => {
	const device = new Device("open");
	const { clock, client } = meet({}, device);
	await clock.run(1e6);
	client.deauthenticate(3);
	assert.deepEqual([client.state, client.addresses], ["sent away", undefined]);
	const other = meet({}, device);
	await other.clock.run(1e6);
	other.client.leave();
	assert.deepEqual([other.client.state, device.station], ["sent away", undefined]);
});

test("--client names everything that a client can be, and refuses the rest with a sentence", () => {
	assert.deepEqual(parseClient("device,password=correct horse,get=/a\\,b,join=2s,mac=02:00:00:00:00:09"), {
		ssid: "device", password: "correct horse", get: "/a,b", joinAfterMicros: 2e6, mac: "02:00:00:00:00:09",
	});
	assert.throws(() => parseClient(""), /name of the device's network is expected first/);
	assert.throws(() => parseClient("device,get=led"), /get=led: a path is expected, such as get=\/index\.html/);
	assert.throws(() => parseClient("device,channel=3"), /"channel" is no setting of a client; allowed are password=TEXT/);
	assert.throws(() => meet({ mac: "01:00:00:00:00:00" }, undefined), /no address of a station/);
});
