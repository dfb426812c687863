// The network that the radio opens itself: how drivers start it, who is let in, frames both ways, and its end.

import assert from "node:assert/strict";
import test from "node:test";
import { pairwiseMasterKey, type AccessPoint, type Station } from "../../../simulator/radio/air.ts";
import { type BitBangingHost, words } from "./bit-banging-host.ts";
import { running } from "./running-radio.ts";

const OPEN = 0;
const WPA2 = 0x00400004;
const WPA3 = 0x01000004;
const WPA2_WPA3 = 0x01400004;
const WPA_AUTH: Record<number, number> = { [WPA2]: 0x84, [WPA3]: 0x40000, [WPA2_WPA3]: 0x40080 };
const DEVICE_MAC = [0x28, 0xcd, 0xc1, 0x0a, 0x0b, 0x0c];

class Guest implements Station {
	readonly mac: Uint8Array;
	readonly frames: Uint8Array[] = [];
	readonly reasons: number[] = [];

	constructor(number: number) {
		this.mac = Uint8Array.from([2, 9, 9, 9, 9, number]);
	}

	receive(frame: Uint8Array): void {
		this.frames.push(frame);
	}

	deauthenticate(reason: number): void {
		this.reasons.push(reason);
	}
}

function hosting(): { host: BitBangingHost; onAir: AccessPoint[] } {
	const onAir: AccessPoint[] = [];
	const { host } = running("big", [], {
		air: {
			accessPoints: [],
			announce: (network, there) => {
				if (there) {
					onAir.push(network);
				} else {
					onAir.splice(onAir.indexOf(network), 1);
				}
			},
		},
	});
	host.events.length = host.eventInterfaces.length = 0;
	return { host, onAir };
}

/** As georgerobotics/cyw43-driver does it, on interface 1; the order of PROTOCOL.md, section 8. */
function open(host: BitBangingHost, auth: number, name = "of its own", secret = "correct horse"): number {
	const index = 1;
	const ssid = new Uint8Array(32);
	ssid.set(Buffer.from(name));
	host.setVariable("ampdu_ba_wsize", words(2));
	host.setVariable("bsscfg:ssid", Uint8Array.from([...words(index, name.length), ...ssid]));
	host.setWord(30, 9);
	host.setVariable("bsscfg:wsec", words(index, auth));
	host.setVariable("mfp", words(auth === WPA3 ? 2 : auth === WPA2_WPA3 ? 1 : 0), index);
	if (auth !== OPEN) {
		host.setVariable("bsscfg:wpa_auth", words(index, WPA_AUTH[auth]));
		if (WPA_AUTH[auth] & 0x40000) {
			const password = new Uint8Array(130);
			password[0] = secret.length;
			password.set(Buffer.from(secret), 2);
			host.setVariable("sae_password", password, index);
		}
		if (WPA_AUTH[auth] & 0x84) {
			const key = new Uint8Array(68);
			key.set([secret.length, 0, 1, 0, ...Buffer.from(secret)]);
			host.ioctl(true, 268, key, index);
		}
	}
	host.setWord(110, 1, index);
	host.setVariable("2g_mrate", words(22), index);
	host.setWord(78, 1, index);
	return host.setVariable("bss", words(index, 1));
}

const interfaceUp = (host: BitBangingHost) => new DataView(host.getVariable("bss", 4).payload.slice().buffer).getUint32(0, true);

for (const [auth, security] of [[OPEN, "open"], [WPA2, "wpa2"], [WPA3, "wpa3"], [WPA2_WPA3, "wpa2/wpa3"]] as const) {
	test(`a network of ${security} goes on the air as it was set, with a link for the host`, () => {
		const { host, onAir } = hosting();
		assert.equal(open(host, auth), 0);
		host.listen(50_000);
		assert.deepEqual(host.eventOrder(), ["16:0 up"]);
		assert.deepEqual(host.eventInterfaces, [1]);
		const [network] = onAir;
		assert.deepEqual([network.ssid, network.security, network.channel, [...network.bssid]], ["of its own", security, 9, DEVICE_MAC]);
		const key = (secret: string) => pairwiseMasterKey(secret, "of its own");
		if (auth === WPA2 || auth === WPA2_WPA3) {
			assert.deepEqual([network.acceptsKey(key("correct horse")), network.acceptsKey(key("battery staple"))], [true, false]);
		}
		if (auth === WPA3 || auth === WPA2_WPA3) {
			assert.deepEqual(["correct horse", "battery staple"].map((word) => network.acceptsPassword(Buffer.from(word))), [true, false]);
		}
		assert.deepEqual(host.errors(), []);
		assert.deepEqual(host.warnings(), []);
	});
}

test("stations come and go: events on the interface, the list of them, frames both ways and among them", () => {
	const { host, onAir } = hosting();
	open(host, WPA2);
	host.listen(50_000);
	host.events.length = host.eventInterfaces.length = 0;
	const [network] = onAir;
	const [one, other] = [new Guest(1), new Guest(2)];
	network.connect(one);
	network.connect(other);
	host.listen(5_000);
	assert.deepEqual(host.eventOrder(), ["4:0", "8:0", "136:0", "4:0", "8:0", "136:0"]);
	assert.deepEqual([...new Set(host.eventInterfaces)], [1]);
	assert.deepEqual([...host.events[0].address], [...one.mac]);

	const list = host.ioctl(false, 159, new Uint8Array(4 + 5 * 6), 1).payload;
	assert.deepEqual([list[0], ...list.subarray(4, 16)], [2, ...one.mac, ...other.mac]);
	assert.equal(host.ioctl(false, 159, new Uint8Array(4 + 6), 1).payload[0], 1, "no more than fit");

	const frame = (to: Iterable<number>, mark: number) => Uint8Array.from([...to, ...one.mac, 8, 0, ...new Uint8Array(46).fill(mark)]);
	network.transmit(one, frame(DEVICE_MAC, 1));
	host.listen(5_000);
	assert.deepEqual([host.ethernet.length, host.ethernetInterfaces], [1, [1]]);
	host.sendEthernet(frame(other.mac, 2), 1);
	host.sendEthernet(frame(new Uint8Array(6).fill(0xff), 3), 1);
	host.listen(5_000);
	assert.deepEqual([one, other].map(({ frames }) => frames.map((bytes) => bytes[20])), [[3], [2, 3]]);
	network.transmit(one, frame(other.mac, 4));
	network.transmit(new Guest(3), frame(DEVICE_MAC, 5));
	host.listen(5_000);
	assert.deepEqual([other.frames.at(-1)?.[20], host.ethernet.length], [4, 1], "between stations, and not from strangers");

	host.events.length = 0;
	network.disconnect(one);
	host.listen(5_000);
	assert.deepEqual(host.eventOrder(), ["12:0/8"]);
	assert.deepEqual(host.errors(), []);
});

test("taken down, or without power, the network is off the air", () => {
	const { host, onAir } = hosting();
	open(host, OPEN);
	host.listen(50_000);
	const guest = new Guest(1);
	onAir[0].connect(guest);
	host.listen(5_000);
	host.events.length = host.eventInterfaces.length = 0;
	assert.equal(host.setVariable("bss", words(1, 0)), 0);
	host.listen(5_000);
	assert.deepEqual([onAir.length, guest.reasons, host.eventOrder(), host.eventInterfaces], [0, [3], ["16:0/4"], [1]]);
	assert.equal(open(host, OPEN, "again"), 0);
	host.listen(50_000);
	assert.equal(onAir[0].ssid, "again");
	host.pins.regOn.set(false);
	assert.equal(onAir.length, 0);
});

test("the state of an interface's network can be read, before and after", () => {
	const { host } = hosting();
	const state = (index: number) => {
		const { status, payload } = host.ioctl(false, 262, Uint8Array.from([...Buffer.from("bss\0"), ...words(index)]));
		return [status, new DataView(payload.slice().buffer).getUint32(0, true)];
	};
	assert.deepEqual(state(1), [0, 0]);
	open(host, OPEN);
	assert.deepEqual([state(1), state(0)], [[0, 1], [0, 0]]);
	assert.equal(interfaceUp(host), 0, "the station's");
});

test("as embassy's cyw43 does it: interface 0, with SET_AP", () => {
	const { host, onAir } = hosting();
	host.setWord(3, 0);
	host.setVariable("apsta", words(0));
	host.setWord(2, 0);
	host.setWord(22, 0);
	host.setWord(118, 1);
	const ssid = new Uint8Array(32);
	ssid.set(Buffer.from("cyw43"));
	host.setVariable("bsscfg:ssid", Uint8Array.from([...words(0, 5), ...ssid]));
	host.setWord(30, 5);
	host.setVariable("bsscfg:wsec", words(0, 4));
	host.setVariable("bsscfg:wpa_auth", words(0, 0x84));
	const key = new Uint8Array(68);
	key.set([13, 0, 1, 0, ...Buffer.from("correct horse")]);
	host.ioctl(true, 268, key);
	host.setVariable("2g_mrate", words(22));
	assert.equal(host.setVariable("bss", words(0, 1)), 0);
	host.listen(50_000);
	assert.deepEqual([onAir[0].ssid, onAir[0].security, onAir[0].channel], ["cyw43", "wpa2", 5]);
	const guest = new Guest(1);
	onAir[0].connect(guest);
	host.sendEthernet(Uint8Array.from([...guest.mac, ...DEVICE_MAC, 8, 0, ...new Uint8Array(46)]));
	host.listen(5_000);
	assert.equal(guest.frames.length, 1);
	assert.deepEqual(host.errors(), []);
});

test("a network that asks for WPA2 with SAE left over from a join prunes its stations", () => {
	const { host, onAir } = hosting();
	host.setWord(22, 3, 1);
	open(host, WPA2);
	host.listen(50_000);
	host.events.length = 0;
	const guest = new Guest(1);
	onAir[0].connect(guest);
	host.listen(5_000);
	assert.deepEqual([host.eventOrder(), guest.reasons], [["23:0/1"], [1]]);
});

test("what is not complete, not up or not there does not start", () => {
	const { host } = hosting();
	assert.equal(host.setVariable("bss", words(1, 1)), -2, "no name");
	assert.equal(host.setVariable("bss", words(7, 1)), -30);
	assert.equal(host.setVariable("bss", words(1)), -24);
	assert.equal(host.setVariable("bsscfg:ssid", words(1, 40)), -2);
	assert.deepEqual([host.setVariable("mfp", words(1), 9), host.setWord(134, 4, 9), host.setVariable("sae_password", words(0), 9)], [-30, -30, -30], "interface 9");
	assert.equal(open(host, WPA2, "of its own", ""), -2, "no key");
	host.setWord(3, 0);
	assert.equal(open(host, OPEN), -4, "down");
	assert.deepEqual(host.errors(), []);
});
