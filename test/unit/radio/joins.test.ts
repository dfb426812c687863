// Joining each kind of network, and each way in which that fails, as the host's events tell it.

import assert from "node:assert/strict";
import test from "node:test";
import { SECURITIES, type Security } from "../../../simulator/radio/security.ts";
import { type BitBangingHost, type JoinWish, words } from "./bit-banging-host.ts";
import { accessPoint, running } from "./running-radio.ts";

const ASSOCIATED = ["3:0", "87:0", "88:0", "7:0", "16:0 up", "1:0", "0:0"];
const JOINED = [...ASSOCIATED, "46:6"];
const PRUNED = ["23:0/8", "0:3"];
const WRONG_HANDSHAKE = [...ASSOCIATED, "46:8/15", "16:0/2"];
const WRONG_SAE = ["3:1/16", "0:1"];

/** Settings of the drivers: GR's table of joins, PROTOCOL.md 8. */
const HOSTS = {
	"open": () => ({}),
	"wpa": (secret) => ({ wirelessSecurity: 2, wpaAuth: 0x4, protection: 0, passphrase: secret }),
	"wpa2": (secret) => ({ wirelessSecurity: 4, wpaAuth: 0x80, protection: 1, passphrase: secret }),
	"wpa2/wpa3": (secret) => ({ wirelessSecurity: 4, wpaAuth: 0x40000, auth: 3, protection: 1, passphrase: secret, password: secret }),
	"wpa3": (secret) => ({ wirelessSecurity: 4, wpaAuth: 0x40000, auth: 3, protection: 2, password: secret }),
} satisfies Record<string, (secret: string) => Partial<JoinWish>>;

type HostKind = keyof typeof HOSTS;

/** What each host meets on each network: with the right secret, and with a wrong one. */
const OUTCOMES: Record<HostKind, Partial<Record<Security, readonly [right: string[], wrong: string[]]>>> = {
	"open": { "open": [ASSOCIATED, ASSOCIATED] },
	"wpa": { "wpa": [JOINED, WRONG_HANDSHAKE], "wpa/wpa2": [JOINED, WRONG_HANDSHAKE] },
	"wpa2": { "wpa/wpa2": [JOINED, WRONG_HANDSHAKE], "wpa2": [JOINED, WRONG_HANDSHAKE], "wpa2/wpa3": [JOINED, WRONG_HANDSHAKE] },
	"wpa2/wpa3": {
		"wpa/wpa2": [JOINED, WRONG_HANDSHAKE], "wpa2": [JOINED, WRONG_HANDSHAKE],
		"wpa2/wpa3": [JOINED, WRONG_SAE], "wpa3": [JOINED, WRONG_SAE],
	},
	"wpa3": { "wpa2/wpa3": [JOINED, WRONG_SAE], "wpa3": [JOINED, WRONG_SAE] },
};

for (const [kind, settings] of Object.entries(HOSTS) as [HostKind, (secret: string) => Partial<JoinWish>][]) {
	test(`a host that asks for ${kind} joins what has it, and is pruned by the rest`, () => {
		const { host } = running("big", SECURITIES.map((security) => accessPoint({ ssid: security, security })));
		for (const security of SECURITIES) {
			const [right, wrong] = OUTCOMES[kind][security] ?? [PRUNED, PRUNED];
			for (const [secret, expected] of [["battery staple", wrong], ["correct horse", right]] as const) {
				host.leave();
				host.joinAs({ ssid: security, ...settings(secret) });
				host.listen(3_000_000);
				assert.deepEqual(host.eventOrder(), expected, `${kind} on ${security} with "${secret}"`);
				const sae = expected === WRONG_SAE || (expected === JOINED && kind.includes("wpa3") && security.includes("wpa3"));
				assert.equal(host.events[0].authType, sae ? 3 : 0, `${kind} on ${security}: authentication type`);
			}
		}
		assert.deepEqual(host.errors(), []);
		assert.deepEqual(host.warnings(), []);
	});
}

for (const [security, wish, told] of [["open", HOSTS.open(), "16:0 up"], ["wpa2", HOSTS.wpa2("correct horse"), "46:6"]] as const) {
	test(`in a network of ${security} frames flow both ways as soon as ${told} is told`, () => {
		const home = accessPoint({ security, transmit: (station, frame) => station.receive(frame) });
		const { host } = running("big", [home]);
		host.joinAs({ ssid: "home", ...wish });
		const end = host.clock.micros + 1_000_000;
		while (!host.eventOrder().includes(told) && host.clock.micros < end) {
			if (!host.receiveFrame()) {
				host.sleepMicros(100);
			}
		}
		host.sendEthernet(new Uint8Array(60).fill(0xff));
		host.listen(1_000);
		assert.equal(host.ethernet.length, 1);
		assert.deepEqual(host.violations.filter(({ code }) => code === "radio-data-unconnected"), []);
	});
}

function bssid(number: number): Uint8Array {
	return Uint8Array.from([2, 0, 0, 0, 0, number]);
}

const wpa2: Partial<JoinWish> = { wirelessSecurity: 4, wpaAuth: 0x80, passphrase: "correct horse" };

test("a network that lacks nothing but the host's cipher is pruned for that", () => {
	const { host } = running("big", [accessPoint({ security: "wpa" })]);
	const join = (wirelessSecurity: number, wpaAuth: number): string[] => {
		host.leave();
		host.joinAs({ ssid: "home", wirelessSecurity, wpaAuth, passphrase: "correct horse" });
		host.listen(500_000);
		return host.eventOrder();
	};
	assert.deepEqual(join(4, 0x4), ["23:0/1", "0:3"]);
	assert.deepEqual(join(4, 0x80), PRUNED);
	assert.deepEqual(join(6, 0x80), PRUNED);
	assert.deepEqual(join(6, 0x4), JOINED);
});

/** The access point that a join ends at: of its last event. */
function joinedAt(host: BitBangingHost, wish: Partial<JoinWish> = {}): string {
	host.leave();
	host.joinAs({ ssid: "home", ...wpa2, ...wish });
	host.listen(1_500_000);
	const last = host.events.at(-1);
	return `${last?.type}:${last?.status} ${last?.address[5]}`;
}

test("of several access points of one name the strongest is joined, unless BSSID or channel say another", () => {
	const { host } = running("big", [
		accessPoint({ bssid: bssid(1), rssiDbm: -70, channel: 1 }), accessPoint({ bssid: bssid(2), rssiDbm: -40, channel: 6 }),
		accessPoint({ bssid: bssid(3), rssiDbm: -60, channel: 11 }),
	]);
	assert.equal(joinedAt(host), "46:6 2");
	assert.equal(joinedAt(host, { place: {} }), "46:6 2");
	assert.equal(joinedAt(host, { place: { bssid: bssid(1) } }), "46:6 1");
	assert.equal(joinedAt(host, { place: { channel: 11 } }), "46:6 3");
	assert.equal(joinedAt(host, { place: { bssid: bssid(1), channel: 11 } }), "0:3 0");
});

test("a stronger access point of another security is pruned, and the weaker one of the right security joined", () => {
	const { host } = running("big", [accessPoint({ bssid: bssid(1), rssiDbm: -70 }), accessPoint({ bssid: bssid(2), rssiDbm: -40, security: "open" })]);
	assert.equal(joinedAt(host), "46:6 1");
	assert.equal(host.eventOrder()[0], "23:0/8");
});

test("a hidden network tells its name only to who asks for it by this name", () => {
	const { host } = running("big", [accessPoint({ hidden: true })]);
	const scan = (ssid: string, passive = false): string[] => {
		const request = new Uint8Array(74);
		request.set(words(1));
		request[4] = 1;
		request[8] = ssid.length;
		request.set(Buffer.from(ssid), 12);
		request[51] = passive ? 1 : 0;
		host.events.length = 0;
		host.setVariable("escan", request);
		host.listen(2_000_000);
		return host.events.filter(({ status }) => status === 8).map(({ data }) => Buffer.from(data.subarray(31, 31 + data[30])).toString());
	};
	assert.deepEqual(scan(""), [""]);
	assert.deepEqual(scan("home"), ["home"]);
	assert.deepEqual(scan("other"), []);
	assert.deepEqual(scan("home", true), []);
	assert.equal(joinedAt(host), "46:6 1");
});

test("a scan of certain channels hears no other", () => {
	const { host } = running("big", [accessPoint({ channel: 1 }), accessPoint({ channel: 6 }), accessPoint({ channel: 11 })]);
	const request = new Uint8Array(76);
	request.set(words(1));
	request[4] = 1;
	request.set([2, 0, 0, 0, 6, 0x10, 11, 0x10], 68);
	host.setVariable("escan", request);
	host.listen(2_000_000);
	assert.deepEqual(host.events.filter(({ status }) => status === 8).map(({ data }) => data[84]), [6, 11]);
});

test("a record of a scan tells how its network is protected", () => {
	const { host } = running("big", SECURITIES.map((security, index) => accessPoint({ ssid: security, security, channel: index + 1 })));
	const request = new Uint8Array(74);
	request.set(words(1));
	request[4] = 1;
	host.setVariable("escan", request);
	host.listen(2_000_000);
	const told = host.events.filter(({ status }) => status === 8).map(({ data }) => {
		const record = Buffer.from(data.subarray(12));
		const elements = record.subarray(record.readUInt16LE(116), record.readUInt16LE(116) + record.readUInt32LE(120));
		const found: string[] = [];
		for (let at = 0; at < elements.length; at += 2 + elements[at + 1]) {
			if (elements[at] === 48 || elements[at] === 221) {
				found.push(elements.subarray(at, at + 2 + elements[at + 1]).toString("hex"));
			}
		}
		return `${record.readUInt16LE(16) & 0x10 ? "privacy" : "none"} ${found.join(" ")}`;
	});
	// Written out from IEEE 802.11-2020, 9.4.2.24, and as beacons of home routers show them.
	const wpa = "dd160050f20101000050f20201000050f20201000050f202";
	assert.deepEqual(told, [
		"none ",
		`privacy ${wpa}`,
		`privacy 30140100000fac020100000fac040100000fac020000 ${wpa}`,
		"privacy 30140100000fac040100000fac040100000fac020000",
		"privacy 30180100000fac040100000fac040200000fac02000fac088000",
		"privacy 30140100000fac040100000fac040100000fac08c000",
	]);
});

test("at the edge of reach a network is heard and not joined; beyond it is not heard", () => {
	const edge = running("big", [accessPoint({ rssiDbm: -91 })]).host;
	edge.join("home", "correct horse");
	edge.listen(1_500_000);
	assert.deepEqual(edge.eventOrder().filter((line) => !line.startsWith("20:")), ["3:2", "0:1"]);
	const beyond = running("big", [accessPoint({ rssiDbm: -97 })]).host;
	beyond.join("home", "correct horse");
	beyond.listen(1_500_000);
	assert.deepEqual(beyond.eventOrder(), ["0:3"]);
});

test("an access point that loses patience before the supplicant does deauthenticates", () => {
	const { host } = running("big", [accessPoint({ handshakeTimeoutMs: 4000 })]);
	host.joinAs({ ssid: "home", ...wpa2, passphrase: "battery staple", supplicantTimeoutMs: 5000 });
	host.listen(6_000_000);
	assert.deepEqual(host.eventOrder(), [...ASSOCIATED, "46:8/14", "6:0/2", "16:0/2"]);
});

test("a log is told the messages of SAE and of the handshake, which the host does not see; without one, nothing changes", () => {
	const told = (kind: HostKind, security: Security, secret: string, logs = true): [messages: string[], events: string[]] => {
		const messages: string[] = [];
		const { host } = running("big", [accessPoint({ security, ...(logs && { tellMessage: (text) => messages.push(text) }) })]);
		host.joinAs({ ssid: "home", ...HOSTS[kind](secret) });
		host.listen(3_000_000);
		return [messages.map((text) => text.split(":")[0]), host.eventOrder()];
	};
	const station = "of the station";
	const network = "of the access point";
	const [first, second, third, fourth] = [1, 2, 3, 4].map((number) => `EAPOL message ${number} of 4, ${number & 1 ? network : station}`);
	const sae = [`SAE commit ${station}`, `SAE commit ${network}`, `SAE confirm ${station}`];
	assert.deepEqual(told("wpa2", "wpa2", "correct horse"), [[first, second, third, fourth], JOINED]);
	assert.deepEqual(told("wpa3", "wpa3", "correct horse"), [[...sae, `SAE confirm ${network}`, first, second, third, fourth], JOINED]);
	assert.deepEqual(told("wpa3", "wpa3", "battery staple"), [[...sae, "SAE rejected by the access point"], WRONG_SAE]);
	const [tries, events] = told("wpa2", "wpa2", "battery staple");
	assert.deepEqual(events, WRONG_HANDSHAKE);
	assert.deepEqual(tries.slice(0, 4), [first, second, first, second], "again after a second");
	assert.deepEqual(told("open", "open", ""), [[], ASSOCIATED]);
	assert.deepEqual(told("wpa2", "wpa2", "correct horse", false), [[], JOINED]);
});
