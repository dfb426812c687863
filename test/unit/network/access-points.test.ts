// Access points as they are written on a command line, when they are on the air, and which settings are refused.

import assert from "node:assert/strict";
import test from "node:test";
import { SimulatedAccessPoint } from "../../../simulator/network/access-point.ts";
import { parseAccessPoint } from "../../../simulator/network/access-point-option.ts";
import { SeededRandom } from "../../../simulator/core/random.ts";
import { FaultyAir } from "../../../simulator/network/faulty-air.ts";
import type { AccessPointSettings } from "../../../simulator/network/options.ts";
import { PicoW } from "../../../simulator/simulator.ts";
import { TestClock } from "../radio/bit-banging-host.ts";

test("--ap names everything that an access point can be", () => {
	assert.deepEqual(parseAccessPoint("home"), { ssid: "home" });
	assert.deepEqual(
		parseAccessPoint(String.raw`a\, b,password=correct=horse\, staple,security=wpa2/wpa3,channel=11,rssi=-70,bssid=02:00:00:00:00:07,hidden`),
		{ ssid: "a, b", password: "correct=horse, staple", security: "wpa2/wpa3", channel: 11, rssiDbm: -70, bssid: "02:00:00:00:00:07", hidden: true },
	);
	assert.deepEqual(parseAccessPoint("x,gone=2s,back=1500ms,vanishes=5s/250ms,deauthenticates=8@3s"), {
		ssid: "x", goneAtMicros: 2e6, backAtMicros: 1.5e6, vanishes: { everyMicros: 5e6, forMicros: 250_000 },
		deauthenticates: { reason: 8, afterMicros: 3e6 },
	});
});

for (const [text, sentence] of [
	["", /name of the network is expected first/],
	["home,", /name of the network is expected first/],
	["home,secure", /"secure" is no setting of an access point; allowed are password=TEXT, security=open\|wpa/],
	["home,security=wep", /security=wep: one of open, wpa, wpa\/wpa2, wpa2, wpa2\/wpa3, wpa3 is expected/],
	["home,channel=15", /channel=15: a whole number from 1 to 14/],
	["home,channel", /channel=: a whole number/],
	["home,rssi=weak", /rssi=weak: a whole number from -100 to 0/],
	["home,hidden=yes", /hidden stands alone/],
	["home,gone=2", /gone=2: a time with its unit is expected, such as 20ms/],
	["home,vanishes=5s", /vanishes=5s\/=: a time with its unit/],
	["home,deauthenticates=8", /deauthenticates=8@=: a time with its unit/],
] as const) {
	test(`--ap "${text}" is refused with a sentence`, () => assert.throws(() => parseAccessPoint(text), sentence));
}

function madeOf(settings: AccessPointSettings, clock = new TestClock()): SimulatedAccessPoint {
	const air = new FaultyAir({ clock, faults: {}, epochMs: 0, random: (name) => new SeededRandom(1, name), pcap: undefined });
	return new SimulatedAccessPoint({ settings, clock, trace: undefined, air, receive() {}, left() {} });
}

for (const [settings, sentence] of [
	[{ ssid: "ä".repeat(17) }, /the name has 34 bytes; 1 to 32 are possible/],
	[{ ssid: "home", password: "short" }, /access point "home": the password has 5 bytes; wpa2 asks for 8 to 63/],
	[{ ssid: "home", password: "x".repeat(64) }, /wpa2 asks for 8 to 63/],
	[{ ssid: "home", security: "wpa3", password: "x".repeat(129) }, /wpa3 asks for 8 to 128/],
	[{ ssid: "home", security: "wpa3" }, /the password has 0 bytes/],
	[{ ssid: "home", security: "open", password: "not needed" }, /an open network has no password/],
	[{ ssid: "home", channel: 0 }, /channel 0; 1 to 14/],
	[{ ssid: "home", rssiDbm: 3 }, /a signal of 3 dBm/],
	[{ ssid: "home", bssid: "01:00:00:00:00:00" }, /no address of one, such as 02:50:46:00:00:01/],
	[{ ssid: "home", vanishes: { everyMicros: 1, forMicros: 2 } }, /longer than it takes/],
] as const) {
	test(`an access point of ${JSON.stringify(settings).slice(0, 60)} is refused with a sentence`, () => assert.throws(() => madeOf(settings), sentence));
}

test("a board refuses the same, before it starts", () => {
	assert.throws(() => new PicoW({ network: { accessPoints: [{ ssid: "home", channel: 99 }] } }), /access point "home": channel 99/);
});

test("access points go, come back, and vanish again and again, at their times", async () => {
	const clock = new TestClock();
	const there = (settings: Partial<AccessPointSettings>) => madeOf({ ssid: "home", ...settings }, clock);
	const gone = there({ goneAtMicros: 2e6, backAtMicros: 4e6 });
	const flickers = there({ vanishes: { everyMicros: 5e6, forMicros: 1e6 } });
	const seen: string[] = [];
	for (let second = 0; second < 12; second++) {
		seen.push(`${gone.present ? "g" : "-"}${flickers.present ? "f" : "-"}`);
		await clock.run(1e6);
	}
	assert.equal(seen.join(" "), "gf gf -f -f gf g- gf gf gf gf g- gf");
});

test("who was asked to send its station away does it once, with the reason", async () => {
	const clock = new TestClock();
	const accessPoint = madeOf({ ssid: "home", deauthenticates: { afterMicros: 1e6, reason: 8 } }, clock);
	const reasons: number[] = [];
	const station = { mac: new Uint8Array(6), receive() {}, deauthenticate: (reason: number) => reasons.push(reason) };
	for (let time = 0; time < 2; time++) {
		accessPoint.connect(station);
		await clock.run(2e6);
	}
	assert.deepEqual(reasons, [8]);
});
