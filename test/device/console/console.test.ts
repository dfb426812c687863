// The USB console of the real firmware: a host that comes late, reads slowly, or not at all.

import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import test from "node:test";
import { PicoW, type PicoWOptions } from "../../../simulator/simulator.ts";
import { buildApp } from "../../../tools/build/build-app.ts";
import { withRecords } from "../../../tools/build/records.ts";
import { assembleUf2 } from "../../../tools/build/uf2-file.ts";

const projectFolder = resolve(import.meta.dirname, "../../..");
const talkative = join(import.meta.dirname, "app");

async function boardWith(app: string, options: PicoWOptions = {}, settings: Record<string, unknown> = {}): Promise<PicoW> {
	const { elf, image, configuration } = await buildApp({ app, quiet: true });
	const board = new PicoW({ seed: 1, ...options });
	board.loadUf2(assembleUf2({ elf, image: withRecords(image, { configuration: { ...configuration, ...settings }, roots: [] }) }));
	return board;
}

test("an app without a network boots, prints a line each second, and the core sleeps in between", async () => {
	const board = await boardWith(join(projectFolder, "examples/hello"));
	const first = await board.run({ until: /hello, 1 s/, timeoutMicros: 3e6 });
	assert.equal(first.reason, "matched", board.console.text);
	const activeCycles = board.report().activeCycles;
	const third = await board.run({ until: /hello, 3 s/, timeoutMicros: 3e6 });
	assert.equal(third.reason, "matched", board.console.text);
	assert.ok(Math.abs(third.atMicros - first.atMicros - 2e6) < 20_000, `two seconds took ${third.atMicros - first.atMicros} us`);
	assert.ok(board.report().activeCycles - activeCycles < 2_500_000, "less than 1 % of 2 seconds at 125 MHz");
});

test("a host that opens the console late reads how many bytes were dropped, then whole lines up to now", async () => {
	const board = await boardWith(talkative, { usb: { openAfterMs: 2000 } });
	assert.equal((await board.run({ until: /tick 25\r\n/, timeoutMicros: 5e6 })).reason, "matched", board.console.text);
	const text = board.console.text;
	const [notice, droppedBytes] = /^\r\n\[console: (\d+) bytes dropped, no host was reading\]\r\n/.exec(text) ?? [];
	assert.ok(notice !== undefined, text.slice(0, 200));
	const kept = text.slice(notice.length);
	const all = [
		...Array.from({ length: 300 }, (_, line) => `line ${String(line).padStart(4, "0")}\r\n`),
		...Array.from({ length: 25 }, (_, tick) => `tick ${tick + 1}\r\n`),
	].join("");
	assert.ok(all.endsWith(kept));
	assert.ok(kept.startsWith("line "));
	assert.equal(Number(droppedBytes), all.length - kept.length);
	assert.ok(kept.length > 1500);
});

test("the app runs on in time while an open host reads nothing, and the host then reads the newest", async () => {
	const board = await boardWith(talkative, { usb: { reading: true } });
	assert.equal((await board.run({ until: /tick 5\r\n/, timeoutMicros: 5e6 })).reason, "matched", board.console.text);
	board.console.reading = false;
	await board.run({ timeoutMicros: 60e6 });
	board.console.reading = true;
	const before = board.console.text.length;
	const end = await board.run({ until: /tick 610\r\n/, timeoutMicros: 2e6 });
	assert.equal(end.reason, "matched", board.console.text.slice(before));
	assert.match(board.console.text.slice(before), /\[console: \d+ bytes dropped, no host was reading\]\r\ntick \d+\r\n/);
});

test("a host that reads gets all of a text that is longer than what the console keeps", async () => {
	const board = await boardWith(talkative, {}, { again: true });
	const end = await board.run({ until: /tick 6\r\n/, timeoutMicros: 5e6 });
	assert.equal(end.reason, "matched", board.console.text);
	const all = Array.from({ length: 300 }, (_, line) => `line ${String(line).padStart(4, "0")}\r\n`).join("");
	assert.ok(board.console.text.endsWith(`tick 5\r\n${all}tick 6\r\n`), board.console.text);
});

test("typing into the console stops nothing", async () => {
	const board = await boardWith(talkative);
	await board.run({ until: /tick 1\r\n/, timeoutMicros: 5e6 });
	board.console.write("x".repeat(1000));
	assert.equal((await board.run({ until: /tick 9\r\n/, timeoutMicros: 2e6 })).reason, "matched");
});

test("an uncaught error is told with the file and lines of the TypeScript", async () => {
	const board = await boardWith(join(import.meta.dirname, "uncaught"));
	const end = await board.run({ until: /uncaught\/main\.ts:13\)/, timeoutMicros: 2e6 });
	assert.equal(end.reason, "matched", board.console.text);
	assert.match(board.console.text, /Uncaught Error: too much\r?\n at check \(test\/device\/console\/uncaught\/main\.ts:9\)/);
});
