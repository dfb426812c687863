// `npm run monitor` as it is called: a process of its own, pseudo-terminals for boards.

import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { startCommand } from "../../support/command.ts";
import { PseudoTerminal } from "../../support/pseudo-terminal.ts";
import { until } from "../../support/until.ts";

const timeout = 60_000;

async function board(context: TestContext): Promise<PseudoTerminal> {
	const terminal = await PseudoTerminal.open();
	context.after(() => terminal.unplug());
	return terminal;
}

async function scratch(context: TestContext): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), "picofetch-monitor-"));
	context.after(() => rm(folder, { recursive: true, force: true }));
	return folder;
}

test("what the board says comes out, what is typed goes in, the log has both runs, and a signal is a clean end", { timeout }, async context => {
	const folder = await scratch(context);
	const link = join(folder, "by-id");
	const log = join(folder, "board.log");
	const first = await board(context);
	await symlink(first.path, link);
	const monitor = startCommand(context, ["monitor", "--port", link, "--log", log]);
	await until(() => monitor.stderr.includes(`--- connected to ${first.path}; Ctrl-C ends ---`), context.signal);
	first.send("first run\r\n");
	monitor.type("typed\n");
	await until(() => monitor.stdout.includes("first run") && first.received === "typed\n", context.signal);
	first.send(Buffer.from("cut \u00e4").subarray(0, -1));
	await until(() => monitor.stdout.endsWith("cut "), context.signal);
	await first.unplug();
	await until(() => monitor.stderr.includes("the board has gone; waiting for it"), context.signal);
	const second = await board(context);
	await unlink(link);
	await symlink(second.path, link);
	await until(() => monitor.stderr.split("connected to").length === 3, context.signal);
	second.send("second run\r\n");
	await until(() => monitor.stdout.endsWith("second run\r\n"), context.signal);
	monitor.interrupt();
	assert.equal(await monitor.ended, 0);
	assert.equal(monitor.stdout, "first run\r\ncut \ufffd\nsecond run\r\n");
	assert.equal(await readFile(log, "utf8"), "first run\ncut \ufffd\nsecond run\n");
	assert.ok(!monitor.stderr.includes("\x1b"), monitor.stderr);
});

for (const [key, code] of [["Ctrl-C", "\x03"], ["Ctrl-]", "\x1d"]] as const) {
	test(`on a terminal, keys go to the board as they are typed, and ${key} ends it`, { timeout }, async context => {
		const terminal = await board(context);
		const keyboard = await board(context);
		const descriptor = openSync(keyboard.path, "r+");
		context.after(() => closeSync(descriptor));
		const monitor = startCommand(context, ["monitor", "--port", terminal.path], descriptor);
		await until(() => monitor.stderr.includes("connected"), context.signal);
		keyboard.send("q\r");
		await until(() => terminal.received === "q\r", context.signal);
		keyboard.send(code);
		assert.equal(await monitor.ended, 0);
		assert.equal(terminal.received, "q\r");
	});
}

test("lines come as JSON, each with its time, also one that the board's going cut", { timeout }, async context => {
	const terminal = await board(context);
	const from = Date.now();
	const monitor = startCommand(context, ["monitor", "--port", terminal.path, "--json", "--no-wait"]);
	await until(() => monitor.stderr.includes("connected"), context.signal);
	terminal.send('say "hi"\r\nun');
	await until(() => monitor.stdout.includes("hi"), context.signal);
	await terminal.unplug();
	assert.equal(await monitor.ended, 0);
	const lines = monitor.stdout.trimEnd().split("\n").map(line => JSON.parse(line) as { time: string; text: string });
	assert.deepEqual(lines.map(({ text }) => text), ['say "hi"', "un"]);
	for (const { time } of lines) assert.ok(Date.parse(time) >= from && Date.parse(time) <= Date.now(), time);
});

test("without waiting, a port that is not there ends with status 2, a log that cannot be written with 1", { timeout }, async context => {
	const folder = await scratch(context);
	const monitor = startCommand(context, ["monitor", "--port", join(folder, "none"), "--no-wait"]);
	assert.equal(await monitor.ended, 2);
	assert.equal(monitor.stderr, `--port ${join(folder, "none")}: there is no such port\n`);
	const logged = startCommand(context, ["monitor", "--log", join(folder, "none/board.log")]);
	assert.equal(await logged.ended, 1);
	assert.match(logged.stderr, /^--log .*: cannot be written \(ENOENT\)\n$/);
});

test("a log that is full ends the monitor with a sentence and status 1", { timeout, skip: process.platform !== "linux" }, async context => {
	const terminal = await board(context);
	const monitor = startCommand(context, ["monitor", "--port", terminal.path, "--log", "/dev/full"]);
	await until(() => monitor.stderr.includes("connected"), context.signal);
	terminal.send("hello\r\n");
	assert.equal(await monitor.ended, 1);
	assert.equal(monitor.stdout, "hello\r\n");
	assert.match(monitor.stderr, /\n--log \/dev\/full: cannot be written \(ENOSPC\)\n$/);
});
