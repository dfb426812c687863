// What a proven certificate says about the time is kept in flash: later, the clock cannot be set to before it.

import assert from "node:assert/strict";
import test from "node:test";
import type { PicoW } from "../../../simulator/simulator.ts";
import { issue } from "../../../tools/certificates/issue.ts";
import { type DeviceScene, powerOn, preferencesArea, sceneBoard } from "../../support/device.ts";
import { TlsServer } from "../../support/tls-server.ts";

const host = "site.example";
const build = new Date("2025-01-01T00:00:00Z");
const leafBegan = new Date("2026-01-05T00:00:00Z");
const between = Date.parse("2025-07-01T12:00:00Z");

/** Runs main.ts against a server whose certificate began at `notBefore`; answers the console and the flash it leaves. */
async function story({ notBefore = leafBegan, flash, ...more }: { notBefore?: Date; flash?: Uint8Array } & DeviceScene = {}): Promise<{ text: string; flash: Uint8Array; programs: number }> {
	const { chainPem, keyPem } = await issue({ names: [host], notBefore });
	const server = new TlsServer({ certificateChainPem: chainPem, keyPem });
	const device: PicoW = await sceneBoard({ earliest: build, hosts: { [host]: { ports: { 443: { connect: () => server.connect() } } } }, configuration: { url: `https://${host}/` }, ...more });
	if (flash) device.flash.set(flash, preferencesArea.start);
	const end = await device.run({ until: /^(received|refused:) .*\r\n/m, timeoutMicros: 60e6 });
	assert.equal(end.reason, "matched", device.console.text);
	const left = { text: device.console.text, flash: device.flash.slice(preferencesArea.start, preferencesArea.end), programs: device.report().flash.programs };
	device.close();
	return left;
}

test("after a proven certificate the clock cannot be set to before it began, over resets too", async () => {
	const before = await story({ epochMs: between });
	assert.match(before.text, /^refused: CERT_NOT_YET_VALID/m, "the build alone allows that time");
	assert.equal(before.programs, 0, "a refused chain proves nothing");
	const proven = await story();
	assert.match(proven.text, /^received/m);
	const turnedBack = await story({ epochMs: between, flash: proven.flash });
	assert.match(turnedBack.text, /^refused: ERR_NTP_REFUSED .*2025-07-01T12:00.* cannot be/m);
	assert.match((await story({ flash: proven.flash })).text, /^received/m);
});

test("what is proven anew within a day is not written again, what is older neither", async () => {
	const { flash, programs } = await story();
	assert.ok(programs > 0);
	for (const notBefore of [new Date(leafBegan.getTime() + 23 * 3600_000), new Date("2025-09-01T00:00:00Z")]) {
		const again = await story({ flash, notBefore });
		assert.match(again.text, /^received/m);
		assert.equal(again.programs, 0);
	}
	assert.ok((await story({ flash, notBefore: new Date(leafBegan.getTime() + 24 * 3600_000) })).programs > 0);
});

test("a newer build is the later of the two, and a board that keeps nothing goes by the build", async () => {
	const { flash } = await story();
	const newer = await story({ flash, earliest: new Date("2026-01-10T00:00:00Z"), epochMs: Date.parse("2026-01-07T00:00:00Z") });
	assert.match(newer.text, /^refused: ERR_NTP_REFUSED/m);
	const damaged = flash.map((byte, index) => index === 35 ? byte ^ 1 : byte);
	assert.match((await story({ flash: damaged, epochMs: powerOn.getTime() })).text, /^received/m);
	assert.match((await story({ flash: damaged, epochMs: between })).text, /^refused: CERT_NOT_YET_VALID/m);
});
