// The debug build on a simulated board, and a debugger that follows a script: it comes early, late or never, stops the program,
// looks around, and goes away in every manner; the program goes on.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { PicoW } from "../../../simulator/simulator.ts";
import { buildApp } from "../../../tools/build/build-app.ts";
import { withRecords } from "../../../tools/build/records.ts";
import { assembleUf2 } from "../../../tools/build/uf2-file.ts";
import { xsbugCommands as commands } from "../../../tools/debug/xsbug-messages.ts";
import { XsbugClient } from "../../support/xsbug-client.ts";

const app = join(import.meta.dirname, "app");
const main = "test/device/debug/app/main.ts";
const station = "test/device/debug/app/station.ts";

/** The line of a source that holds a text, counted from 1. */
function lineOf(path: string, text: string): number {
	const line = readFileSync(path, "utf8").split("\n").findIndex(each => each.includes(text)) + 1;
	assert.ok(line > 0, `${path} has no ${text}`);
	return line;
}

const mean = lineOf(station, "const mean = average");

async function boot(configuration: Record<string, unknown> = {}): Promise<XsbugClient> {
	const built = await buildApp({ app, debug: true, quiet: true });
	const board = new PicoW({ seed: 1 });
	board.loadUf2(assembleUf2({ elf: built.elf, image: withRecords(built.image, { configuration: { ...built.configuration, ...configuration }, roots: [] }) }));
	return new XsbugClient(board);
}

/** The program runs: two more turns within the time of two. */
async function goesOn({ board }: XsbugClient): Promise<void> {
	const next = Number(/turn (\d+): .*\s*$/.exec(board.console.text.slice(board.console.text.lastIndexOf("turn ")))?.[1] ?? 0) + 2;
	const end = await board.run({ until: new RegExp(`turn ${next}: `), timeoutMicros: 400_000 });
	assert.equal(end.reason, "matched", board.console.text.slice(-400));
}

function noErrors({ board }: XsbugClient): void {
	assert.deepEqual(board.violations.filter(({ level }) => level === "error"), []);
}

/** Boots, and connects while the program runs; takes the greeting. */
async function connected(configuration: Record<string, unknown> = {}): Promise<XsbugClient> {
	const client = await boot(configuration);
	assert.equal((await client.board.run({ until: /turn 2: /, timeoutMicros: 5e6 })).reason, "matched", client.board.console.text);
	client.open();
	assert.deepEqual((await client.next("login")).attributes, { name: "picofetch", value: "XS" });
	return client;
}

test("without a debugger the program starts after three seconds, and runs", async () => {
	const client = await boot();
	const end = await client.board.run({ until: /main\.ts has run/, timeoutMicros: 5e6 });
	assert.equal(end.reason, "matched", client.board.console.text);
	assert.ok(end.atMicros > 3e6 && end.atMicros < 3.2e6, `${end.atMicros}`);
	assert.match(client.board.console.text, /^picofetch: debug build, waits up to 3 s for a debugger/);
	await goesOn(client);
	noErrors(client);
});

test("a debugger that is there at boot stops the program at its first line", async () => {
	const client = await boot();
	client.open();
	await client.next("login");
	client.send(commands.breakOnStart(true));
	assert.equal((await client.stop()).path, station, "what main.ts imports runs first");
	client.send(commands.setBreakpoint({ path: main, line: lineOf(main, "const station = new") }));
	const stop = await client.move("go");
	assert.deepEqual([stop.path, stop.line], [main, lineOf(main, "const station = new")]);
	assert.ok(client.board.clock.micros < 1e6, "nothing was waited for");
	assert.doesNotMatch(client.board.console.text, /main\.ts has run/);
	client.send(commands.motion("go"));
	await goesOn(client);
	noErrors(client);
});

test("a debugger that opens the port and says nothing delays the start by half a second", async () => {
	const client = await boot();
	client.open();
	await client.next("login");
	const from = client.board.clock.micros;
	const end = await client.board.run({ until: /main\.ts has run/, timeoutMicros: 5e6 });
	assert.equal(end.reason, "matched");
	assert.ok(end.atMicros - from < 600_000, `${end.atMicros - from}`);
	await goesOn(client);
});

test("a breakpoint by TypeScript file and line is hit; frames, locals, properties and private fields can be read", async () => {
	const client = await connected();
	client.send(commands.setBreakpoint({ path: station, line: mean }));
	const stop = await client.stop();
	assert.deepEqual([stop.path, stop.line, stop.reason], [station, mean, "breakpoint"]);
	const [inner, outer] = stop.frames;
	assert.deepEqual(inner, { name: "Station.prototype.measure", place: `${station}:${mean}` });
	assert.equal(outer?.place, `${main}:${lineOf(main, "station.measure(turn)")}`);
	const turn = Number(XsbugClient.at(stop.listing, "local", "turn").attributes.value);
	assert.ok(turn >= 3);

	const reading = XsbugClient.at(stop.listing, "local", "reading");
	const unfolded = await client.list(commands.toggle(reading.attributes.value!));
	assert.equal(XsbugClient.values(XsbugClient.at(unfolded, "local", "reading")).sensor, "'north 7 & <8>'");
	const where = await client.list(commands.toggle(XsbugClient.at(unfolded, "local", "reading", "where").attributes.value!));
	assert.deepEqual(XsbugClient.values(XsbugClient.at(where, "local", "reading", "where")).row, String(turn));
	const values = await client.list(commands.toggle(XsbugClient.at(where, "local", "reading", "values").attributes.value!));
	const items = XsbugClient.values(XsbugClient.at(values, "local", "reading", "values"));
	assert.deepEqual([items["[0]"], items["[1]"], items["[2]"]], [String(turn), String(2 * turn), "6"]);

	const self = await client.list(commands.toggle(XsbugClient.at(values, "local", "this").attributes.value!));
	const fields = XsbugClient.at(self, "local", "this");
	assert.equal(XsbugClient.values(fields).name, "'north'");
	const hidden = fields.children.find(({ attributes }) => attributes.name!.startsWith("("))!;
	assert.ok(fields.children.length > 1 && hidden !== undefined);

	const caller = await client.list(commands.select(frameAddress(stop, 1)));
	assert.equal(caller.get("local")?.attributes.line, String(lineOf(main, "station.measure(turn)")));
	client.send(commands.clearAllBreakpoints(), commands.motion("go"));
	await goesOn(client);
	noErrors(client);
});

function frameAddress({ listing }: { listing: ReadonlyMap<string, { children: readonly { attributes: Readonly<Record<string, string>> }[] }> }, index: number): string {
	return listing.get("frames")!.children[index]!.attributes.value!;
}

test("steps go over, into and out of calls", async () => {
	const client = await connected();
	client.send(commands.setBreakpoint({ path: station, line: mean }));
	await client.stop();
	client.send(commands.clearBreakpoint({ path: station, line: mean }));
	const inside = await client.move("step-inside");
	assert.deepEqual([inside.path, inside.line, inside.reason], [station, lineOf(station, "function average"), "step"]);
	assert.equal((await client.move("step")).line, lineOf(station, "let sum = 0"));
	const over = await client.move("step");
	assert.deepEqual([over.path, over.line, over.frames[0]!.name], [station, lineOf(station, "for (const value"), "average"]);
	assert.equal(XsbugClient.at(over.listing, "local", "sum").attributes.value, "0");
	const out = await client.move("step-outside");
	assert.deepEqual([out.path, out.line, out.frames[0]!.name], [station, lineOf(station, "return mean"), "Station.prototype.measure"]);
	const back = await client.move("step-outside");
	assert.deepEqual([back.path, back.line], [main, lineOf(main, "console.log(`turn")]);
	client.send(commands.motion("go"));
	await goesOn(client);
});

test("it stops where an exception is thrown, with what was thrown, and the program's catch goes on", async () => {
	const client = await connected();
	client.send(commands.breakOnExceptions(true));
	const stop = await client.stop();
	assert.match(stop.reason, /^JSON\.parse: .*invalid value/);
	assert.deepEqual(stop.frames.slice(0, 2).map(({ place }) => place), ["", `${main}:${lineOf(main, "JSON.parse(text)")}`]);
	client.send(commands.breakOnExceptions(false), commands.motion("go"));
	await client.board.run({ until: /caught SyntaxError/, timeoutMicros: 1e6 });
	await goesOn(client);
});

test("a debugger statement stops a program that is debugged, and is passed when it is not", async () => {
	const client = await connected({ debuggerAt: 4 });
	const stop = await client.stop();
	assert.deepEqual([stop.path, stop.line, stop.reason], [main, lineOf(main, "debugger;"), "debugger"]);
	client.send(commands.motion("go"));
	await goesOn(client);
	const alone = await boot({ debuggerAt: 4 });
	assert.equal((await alone.board.run({ until: /past the debugger statement/, timeoutMicros: 5e6 })).reason, "matched");
});

test("a step while the program sleeps stops it when it wakes; one in a busy loop stops it there", async () => {
	const client = await connected({ spinAt: 6 });
	const woken = await client.move("step");
	assert.equal(woken.reason, "step");
	client.send(commands.motion("go"));
	await client.board.run({ until: /turn 5: /, timeoutMicros: 5e6 });
	await client.board.run({ timeoutMicros: 400_000 });	// what is printed meanwhile waits for the loop
	const busy = await client.move("step", 200);
	assert.equal(busy.frames[0]!.name, "spin");
	assert.ok(Number(XsbugClient.at(busy.listing, "local", "rounds").attributes.value) > 10);
	client.send(commands.motion("go"));
	assert.equal((await client.board.run({ until: /has spun/, timeoutMicros: 4e6 })).reason, "matched");
	await goesOn(client);
});

test("what the program prints reaches the debugger too", async () => {
	const client = await connected();
	await goesOn(client);
	assert.match(client.log, /turn \d+: \d+\n/);
});

test("a program that stands at a breakpoint stands for ten minutes, and goes on when the debugger vanishes", async () => {
	const client = await connected();
	client.send(commands.setBreakpoint({ path: station, line: mean }));
	await client.stop();
	const text = client.board.console.text;
	const activeCycles = client.board.report().activeCycles;
	await client.board.run({ timeoutMicros: 600e6 });
	assert.equal(client.board.console.text, text, "nothing ran");
	assert.ok(client.board.report().activeCycles - activeCycles < 600 * 1.25e6, "less than 1 % of the time was work");
	client.vanish();
	await goesOn(client);
	client.open();
	await client.next("login");
	await goesOn(client);
	noErrors(client);
});

test("pulling the cable at a breakpoint lets the program go on, and a new debugger begins with nothing set", async () => {
	const client = await connected();
	client.send(commands.setBreakpoint({ path: station, line: mean }), commands.breakOnExceptions(true));
	await client.stop();
	client.board.usbHost.detach();
	await client.board.run({ timeoutMicros: 1e6 });
	client.board.usbHost.attach();
	await client.next("login");
	await goesOn(client);
	await goesOn(client);
	noErrors(client);
});

test("a host that stops reading at a breakpoint is given up after five seconds", async () => {
	const client = await connected();
	client.board.serialPort(1).reading = false;
	client.send(commands.setBreakpoint({ path: station, line: mean }));
	await client.board.run({ timeoutMicros: 1e6 });
	const before = client.board.console.text;
	await client.board.run({ timeoutMicros: 6e6 });
	assert.notEqual(client.board.console.text, before);
	await goesOn(client);
	client.board.serialPort(1).reading = true;
	client.vanish();
	await client.board.run({ timeoutMicros: 100_000 });
	client.open();
	await client.next("login");
});

test("half a command, a modem's probe and unknown commands do not stop the program", async () => {
	const client = await connected();
	client.send("AT\r\nATZ\r", "\r\n<dance/>\r\n", "\r\n<set-breakpoint path=\"", "x".repeat(1000));
	await client.board.run({ timeoutMicros: 1e6 });
	await goesOn(client);
	client.send(commands.setBreakpoint({ path: station, line: mean }));
	assert.equal((await client.stop()).line, mean);
	client.send(commands.logout());
	await goesOn(client);
	noErrors(client);
});

test("logging out lets the program go on alone; an abort ends the script with a sentence", async () => {
	const client = await connected();
	client.send(commands.setBreakpoint({ path: station, line: mean }));
	await client.stop();
	client.send(commands.logout());
	await goesOn(client);
	client.vanish();
	await client.board.run({ timeoutMicros: 100_000 });
	client.open();
	await client.next("login");
	client.send(commands.abort());
	const end = await client.board.run({ until: /picofetch: ended by the debugger/, timeoutMicros: 1e6 });
	assert.equal(end.reason, "matched", client.board.console.text.slice(-300));
});
