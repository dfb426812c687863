// Each failure says what it is, leaves a record that outlives the reset, and the manifest decides what comes then.

import assert from "node:assert/strict";
import test from "node:test";
import { crc32 } from "node:zlib";
import type { PicoW } from "../../../simulator/simulator.ts";
import { readElf } from "../../../tools/build/elf.ts";
import { builtApp, sceneBoard, sceneUf2 } from "../../support/device.ts";

const app = "test/device/failures/app";
const rebooting = "test/device/failures/rebooting";
const restarting = "test/device/failures/restarting";

async function board(folder: string, configuration: Record<string, unknown>, flash?: Uint8Array): Promise<PicoW> {
	const made = await sceneBoard({ app: folder, configuration, network: false });
	if (flash) made.flash.set(flash.subarray(0x1fe000, 0x1ff000), 0x1fe000);
	return made;
}

/** Runs until the text, which must come; answers what the console has had since the last call. */
async function until(device: PicoW, text: RegExp, seconds = 30): Promise<string> {
	const { length } = device.console.text;
	const end = await device.run({ until: new RegExp(text.source, `${text.flags}`), timeoutMicros: seconds * 1e6 });
	assert.equal(end.reason, "matched", `${JSON.stringify(end)}\n${device.console.text}`);
	return device.console.text.slice(length);
}

interface Told {
	readonly kind: string;
	readonly text: string;
	readonly uptimeMs: number;
	readonly programCounter: number;
	readonly link: number;
	readonly sameFirmware: boolean;
}

/** What script knew of the last run, in its last start. */
function lastTold(text: string): Told | null {
	return JSON.parse([...text.matchAll(/^last (.*?)\r?$/gm)].at(-1)![1]!);
}

/** Of the app, or of a module that called it. */
const anyLine = "\\((?:test/device/failures/app|modules/base)/\\w+\\.ts:\\d+\\)";

/** By what the app is told to do: what the console says, and the kind of the record. */
const failures: readonly (readonly [what: string, provoke: string, says: RegExp, kind: string])[] = [
	["an uncaught error", "error", new RegExp(`^Uncaught RangeError: 2 is too much\\r\\n at check ${anyLine}`, "m"), "uncaught"],
	["a rejection that nobody handles", "rejection", new RegExp(`^Uncaught Error: nobody waits\\r\\n at .*${anyLine}[^]*?a cause`, "m"), "uncaught"],
	["a rejection in a timer, with no promise at work", "rejection later", new RegExp(`^Uncaught Error: nobody waits\\r\\n at .*${anyLine}[^]*?a cause`, "m"), "uncaught"],
	["an error in a timer", "timer", new RegExp(`^Uncaught RangeError: 3 is too much\\r\\n at check ${anyLine}`, "m"), "uncaught"],
	["slots exhausted", "slots", new RegExp(`^picofetch: memory exhausted: .*\\r\\n at ${anyLine}`, "m"), "memory"],
	["chunks exhausted", "chunks", new RegExp(`^picofetch: memory exhausted: .*\\r\\n at ${anyLine}`, "m"), "memory"],
	["endless recursion", "recursion", new RegExp(`^picofetch: stack overflow: .*\\r\\n at ${anyLine}`, "m"), "stack"],
	["natives nested too deeply", "nesting", new RegExp(`^picofetch: stack overflow: .*\\r\\n at ${anyLine}`, "m"), "stack"],
	["an endless loop of script", "loop", new RegExp(`^picofetch: endless loop: nothing else could run for eight seconds\\r\\n at ${anyLine}[^]*?^ pc 0x1`, "m"), "hang"],
	["an endless loop of C", "wait", new RegExp(`^picofetch: endless loop: .*\\r\\n at ${anyLine}[^]*?^ pc 0x1`, "m"), "hang"],
	["an endless loop in an interrupt", "interrupt", /^picofetch: endless loop: .*\r\n pc 0x1/m, "hang"],
	["a hard fault", "read", new RegExp(`^picofetch: hard fault: .*\\r\\n at ${anyLine}[^]*?^ pc 0x1.* xpsr 0x[^]*?^ .* 0xf0000000 .*\\r\\n where that is: .*\\r\\n r4 0x.* r7 0x.*\\r\\n r8 0x.* r11 0x`, "m"), "fault"],
	["an error whose printing exhausts memory", "greedy", new RegExp(`^picofetch: memory exhausted: .*\\r\\nwhile this uncaught error was printed: to be seen\\r\\n at ${anyLine}`, "m"), "memory"],
	["a panic of the SDK", "panic", new RegExp(`^picofetch: a library gave up: 3 spoons, and no fork\\r\\n at ${anyLine}`, "m"), "panic"],
	["abort() of the C library", "abort", new RegExp(`^picofetch: a library gave up: exit status \\d+\\r\\n at ${anyLine}`, "m"), "panic"],
];

for (const [what, provoke, says, kind] of failures) {
	test(`${what} is told with its place, and after the reset on the console and to script`, async () => {
		const device = await board(rebooting, { provoke });
		const first = await until(device, /^reset (?!power).*\r\n.*\r\n.*\r\nmain is over\r\n/m);
		assert.match(first, says);
		assert.match(first, /^picofetch: the last run failed \d+\.\d{3} s after its start:\r$/m);
		assert.equal(first.split(says).length, 3, "told once when it happens, and once after the reset");
		assert.match(first, /^reset failure\r$/m);
		const told = lastTold(first)!;
		assert.equal(told.kind, kind);
		assert.match(told.text.replaceAll("\n", "\r\n"), says);
		assert.equal(told.sameFirmware, true);
		assert.ok(told.uptimeMs < (kind === "hang" ? 10_000 : 3000), `${told.uptimeMs}`);
		assert.equal(told.programCounter > 0x1000_0000, kind === "fault" || kind === "hang");
		// Power takes what RAM held; flash has it still.
		const again = await board(rebooting, { provoke: "nothing" }, device.flash);
		const second = await until(again, /^main is over\r\n/m);
		assert.match(second, new RegExp(`^reset power\\r\\nlast null\\r\\nnewest "${kind}"\\r$`, "m"));
		assert.deepEqual(again.report().violations.filter(({ level }) => level === "error"), []);
	});
}

test("a long text is kept up to its last whole character", async () => {
	const device = await board(rebooting, { provoke: "long text" });
	const told = lastTold(await until(device, /^reset failure\r\n.*\r\n.*\r\nmain is over\r\n/m))!;
	assert.match(told.text, /^Uncaught Error: €+$/);
	assert.ok(Buffer.byteLength(told.text) > 930, `${Buffer.byteLength(told.text)} bytes`);
});

test("a hard fault is recorded in place of an uncaught error that the script outlived", async () => {
	const device = await board(app, { provoke: "error, then read" });
	const text = await until(device, /^picofetch: the script is not started again .*\r\n/m);
	assert.match(text, /^Uncaught RangeError: 2 is too much[^]*^picofetch: hard fault[^]*^picofetch: the last run failed .*\r\npicofetch: hard fault/m);
});

test("an endless loop from the first line on does not keep a host from finding the board, and is told after the reset", async () => {
	const device = await board(app, { provoke: "loop at once" });
	const text = await until(device, /^picofetch: the script is not started again .*\r\n/m);
	assert.match(text, new RegExp(`^picofetch: the last run failed 8\\.\\d{3} s after its start:\\r\\npicofetch: endless loop: .*\\r\\n at ${anyLine}`, "m"));
	assert.deepEqual(device.report().violations.filter(({ level }) => level === "error"), [], "the host had its answers in time");
});

test("with interrupts off the watchdog alone ends an endless loop, and the next start says so", async () => {
	const device = await board(rebooting, { provoke: "wait-deaf" });
	const text = await until(device, /^reset watchdog\r\nlast null\r\n/m);
	assert.match(text, /^picofetch: the watchdog ended the last run, which could not say why/m);
	assert.equal(device.report().resets.at(-1)!.reason, "watchdog timer");
});

test("\"stay\" keeps the script going after an uncaught error, and the record waits for the next start", async () => {
	const device = await board(app, { provoke: "error" });
	const text = await until(device, /^Uncaught RangeError/m);
	assert.doesNotMatch(text, /main is over/);
	assert.equal((await device.run({ timeoutMicros: 10e6 })).reason, "timeout");
	assert.deepEqual(device.report().resets, []);
});

test("\"stay\" ends the script when its memory is exhausted, and the board does not begin anew", async () => {
	const device = await board(app, { provoke: "slots" });
	await until(device, /^picofetch: the script has ended\r\n/m);
	assert.equal((await device.run({ timeoutMicros: 20e6 })).reason, "timeout");
	assert.deepEqual(device.report().resets, []);
});

test("\"stay\" does not start the script again after a hard fault, and the console lives on", async () => {
	const device = await board(app, { provoke: "read" });
	const text = await until(device, /^picofetch: the script is not started again .*unplug the board and plug it in\r\n/m);
	assert.match(text, /^picofetch: the last run failed/m);
	assert.equal((await device.run({ timeoutMicros: 20e6 })).reason, "timeout");
	assert.equal(device.report().resets.length, 1);
});

test("\"reboot\" gives up after five starts that failed within a minute", async () => {
	const device = await board(rebooting, { provoke: "error", again: true });
	const text = await until(device, /^picofetch: 5 starts in a row failed within a minute, so the script is not started again.*\r\n/m, 60);
	assert.equal([...text.matchAll(/^reset (?:power|failure)\r$/gm)].length, 5);
	assert.equal((await device.run({ timeoutMicros: 20e6 })).reason, "timeout");
	assert.equal(device.report().resets.length, 5);
});

for (const provoke of ["error", "timer", "greedy", "slots", "chunks", "recursion later", "busy"]) {
	test(`"restart" begins the script anew after ${provoke}, without a reset, and gives up at the fifth quick failure`, async () => {
		const device = await board(restarting, { provoke, again: true });
		const text = await until(device, /^picofetch: the script failed 5 times in a row within a minute, so it does not begin anew\r\n/m, 60);
		assert.equal([...text.matchAll(/^reset power\r$/gm)].length, 5);
		assert.equal([...text.matchAll(/^picofetch: the script begins anew\r$/gm)].length, 4);
		const taken = [...text.matchAll(/^taken (\d+)\r$/gm)].map(([, bytes]) => bytes);
		assert.equal(new Set(taken).size, 1, `what the script finds taken: ${taken.join(", ")}`);
		assert.equal((await device.run({ timeoutMicros: 20e6 })).reason, "timeout");
		assert.deepEqual([device.report().resets, device.report().violations.filter(({ level }) => level === "error")], [[], []]);
	});
}

test("\"restart\" after a hard fault begins the board anew", async () => {
	const device = await board(restarting, { provoke: "read" });
	await until(device, /^reset failure\r\nlast \{"kind":"fault".*\r\n/m);
});

test("the reason of a reset is told: power, the RUN pin, new firmware from the boot loader", async () => {
	const device = await board(app, { provoke: "nothing" });
	await until(device, /^reset power\r\n[^]*^main is over\r\n/m);
	device.pressRun();
	await until(device, /^reset run-pin\r\n[^]*^main is over\r\n/m);
	device.console.open(1200);
	device.console.close();
	assert.equal((await device.run({ timeoutMicros: 5e6 })).reason, "halted");
	device.loadUf2(await sceneUf2({ app, configuration: { provoke: "nothing" } }));
	device.console.open();
	await until(device, /^reset boot-loader\r\nlast null\r\n[^]*^main is over\r\n/m);
});

/** What a change makes of a record that waits in RAM: offsets as in platform/board/crash_record.h. */
const records: readonly (readonly [what: string, change: (record: Buffer) => void, sum: boolean, believed: boolean])[] = [
	["whole", () => {}, false, true],
	["with a bit turned over", record => { record[100]! ^= 1; }, false, false],
	["of another version", record => record.writeUInt16LE(2, 8), true, false],
	["with more text than it has room for", record => record.writeUInt32LE(937, 44), true, false],
	["of another firmware", record => { record[16]! ^= 1; }, true, true],
];

for (const [what, change, sum, believed] of records) {
	test(`a crash record ${what} is ${believed ? "told" : "not believed"}`, async () => {
		const failed = await board(rebooting, { provoke: "error" });
		await until(failed, /^reset failure\r\n/m);
		const record = Buffer.from(failed.flash.subarray(0x1fe000, 0x1fe000 + 984));
		change(record);
		if (sum) record.writeUInt32LE(crc32(record.subarray(8)), 4);
		const device = await board(app, { provoke: "nothing" });
		const { address } = readElf((await builtApp(app)).elf).symbols.get("pending")!;
		device.write(address, record);
		const text = await until(device, /^main is over\r\n/m);
		assert.equal(lastTold(text)?.sameFirmware, believed ? what !== "of another firmware" : undefined);
		assert.equal(/^newest "uncaught"\r$/m.test(text), believed, "kept in flash only when it is believed");
	});
}

test("restart() begins anew at once, and leaves no failure behind", async () => {
	const device = await board(app, { provoke: "restart" });
	const text = await until(device, /^reset restart\r\nlast null\r\nnewest null\r\nmain is over\r\n/m);
	assert.doesNotMatch(text, /picofetch:/);
});

test("an app that does nothing for minutes is left alone", async () => {
	const device = await board(app, { provoke: "nothing" });
	await until(device, /^main is over\r\n/m);
	const before = device.report().activeCycles;
	assert.equal((await device.run({ timeoutMicros: 120e6 })).reason, "timeout");
	assert.deepEqual(device.report().resets, []);
	assert.ok(device.report().activeCycles - before < 100_000, `${device.report().activeCycles - before} cycles in two minutes of nothing`);
});

for (const [what, provoke, done] of [["10,000 timers", "timers", 8000], ["20,000 rejections", "rejections", 20_000], ["300 unhandled rejections", "unhandled", 300]] as const) {
	test(`${what} leave the heap where it was`, async () => {
		const device = await board(app, { provoke });
		const text = await until(device, new RegExp(`^${provoke} .*\\r\\n`, "m"), 120);
		const [, count, early, late] = /^\w+ (\d+) (\d+) (\d+)\r$/m.exec(text.slice(text.lastIndexOf(`\n${provoke} `) + 1))!.map(Number);
		assert.equal(count, done);
		assert.equal(late, early, "bytes taken of the arena and of C's heap");
	});
}
