// A network of the board's own, seen by its guests.

import assert from "node:assert/strict";
import test from "node:test";
import { sceneBoard, type DeviceScene } from "../../support/device.ts";

const app = "test/device/access-point/app";

/** Runs until the text has come, and answers the console's lines. */
async function run(scene: DeviceScene, until: RegExp, seconds = 30): Promise<string[]> {
	const board = await sceneBoard({ app, ...scene });
	const end = await board.run({ until, timeoutMicros: seconds * 1e6 });
	assert.equal(end.reason, "matched", board.console.text);
	assert.deepEqual(board.report().violations.filter(({ level }) => level === "error"), []);
	board.close();
	return board.console.text.split("\r\n");
}

const one = "02:50:46:00:01:01";
const two = "02:50:46:00:01:02";

for (const [security, password] of [["open", undefined], ["wpa2", "correct horse"], ["wpa2/wpa3", "correct horse"], ["wpa3", "correct horse"]] as const) {
	test(`a guest of a network (${security}) gets an address and the page`, async () => {
		const client = { ssid: "board", get: "/", ...password !== undefined && { password } };
		const lines = await run({ configuration: { security, ...password !== undefined && { key: password } }, clients: [client] }, /^asked by \S+\r\n/m);
		assert.deepEqual(lines.filter(line => /^(ready|guests|asked|EBUSY)/.test(line)), [
			'EBUSY: access point "second": another access point is open. Close it first.',
			"ready board 192.168.73.1 true",
			`guests ${one} 192.168.73.16`,
			"asked by 192.168.73.16",
		]);
	});
}

test("who does not know the password does not get in", async () => {
	const board = await sceneBoard({ app, configuration: { key: "correct horse" }, clients: [{ ssid: "board", password: "battery staple" }] });
	await board.run({ timeoutMicros: 10e6 });
	assert.match(board.console.text, /^ready board/m);
	assert.doesNotMatch(board.console.text, /^guests/m);
	board.close();
});

test("guests come by the board while it is joined elsewhere, each with an address of its own", async () => {
	const lines = await run({ configuration: { joins: true, key: "correct horse" }, clients: [
		{ ssid: "board", password: "correct horse" }, { ssid: "board", password: "correct horse", joinAfterMicros: 4e6, get: "/" }] }, /^asked by \S+\r\n/m);
	assert.equal(lines.find(line => line.startsWith("joined")), "joined as 192.168.4.2");
	assert.ok(lines.includes(`guests ${one} 192.168.73.16, ${two} 192.168.73.17`), lines.join("\n"));
	assert.ok(lines.includes("asked by 192.168.73.17"));
});

test("guests get their addresses and the page through bad air", async () => {
	await run({ configuration: { key: "correct horse" }, clients: [{ ssid: "board", password: "correct horse", get: "/" }],
		faults: { loss: 0.1, duplicate: 0.1, reorder: 0.1 } }, /^asked by \S+\r\n/m, 60);
});

for (const joins of [false, true]) {
	test(`a scan while guests come${joins ? ", and the board is joined elsewhere," : ""} tells what it hears, and they are served`, async () => {
		const lines = await run({
			configuration: { joins, key: "correct horse", scans: true }, clients: [{ ssid: "board", password: "correct horse", get: "/" }],
		}, /^(?:asked by \S+[^]*^scanned|scanned[^]*^asked by \S+)\r\n/m);
		assert.deepEqual(lines.filter(line => /^(heard|scanned|asked)/.test(line)).sort(), ["asked by 192.168.73.16", "heard picofetch 6", "scanned"]);
	});
}

test("it closes inside its own callback, and another opens there", async () => {
	const lines = await run({ configuration: { key: "correct horse", closes: true }, clients: [{ ssid: "board", password: "correct horse" }] }, /^ready again\r\n/m);
	assert.ok(lines.includes("closed false 0"));
});

test("what cannot be a network is refused with a sentence", async () => {
	const lines = await run({ configuration: { refuse: true } }, /^ready board/m);
	const odd = (name: string, channel: number, address: string) =>
		`EINVAL: access point "${name}": the name has 1 to 32 bytes, the channel is 1 to 14, security is open, wpa2, wpa2/wpa3 or wpa3, and the address is IPv4, not one of those that guests get (${address}, channel ${channel})`;
	assert.deepEqual(lines.filter(line => /^(EINVAL|ERR)/.test(line)), [
		odd("", 6, "192.168.73.1"), odd("x".repeat(33), 6, "192.168.73.1"), odd("a", 15, "192.168.73.1"),
		'ERR_WIFI_PASSPHRASE: access point "a": a passphrase has 8 to 63 characters, this one 5',
		odd("a", 6, "192.168.73.1"),
		odd("a", 6, "192.168.73"), odd("a", 6, "192.168.73.256"), odd("a", 6, "192.168.73.20"), odd("a", 6, "192.168.73.255"),
	]);
});
