// The real machine's ports and files, as flash and monitor use them: pseudo-terminals and a scratch folder.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { systemHost } from "../../../tools/board/system-host.ts";
import { PseudoTerminal } from "../../support/pseudo-terminal.ts";
import { until } from "../../support/until.ts";

const timeout = 30_000;

async function scratch(context: TestContext): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), "picofetch-board-"));
	context.after(() => rm(folder, { recursive: true, force: true }));
	return folder;
}

async function board(context: TestContext): Promise<PseudoTerminal> {
	const terminal = await PseudoTerminal.open();
	context.after(() => terminal.unplug());
	return terminal;
}

test("bytes go both ways as they are, and closing is told once", { timeout }, async context => {
	const terminal = await board(context);
	const port = await systemHost.openPort(terminal.path, 115_200);
	let text = "";
	let closed = 0;
	port.onData(bytes => { text += Buffer.from(bytes).toString("latin1"); });
	port.onClose(() => closed++);
	terminal.send(Uint8Array.of(0, 3, 10, 13, 17, 19, 127, 255));
	port.write(Buffer.from("typed\r\x03\n"));
	await until(() => text.length === 8 && terminal.received.length === 8, context.signal);
	assert.equal(text, "\x00\x03\n\r\x11\x13\x7f\xff");
	assert.equal(terminal.received, "typed\r\x03\n");
	await port.close();
	await port.close();
	assert.equal(closed, 1);
});

test("a board that is unplugged is told by the port's close, and closing it then does no harm", { timeout }, async context => {
	const terminal = await board(context);
	const port = await systemHost.openPort(terminal.path, 115_200);
	const closed = new Promise<void>(resolve => port.onClose(resolve));
	port.onData(() => {});
	await terminal.unplug();
	await closed;
	await port.close();
	await assert.rejects(systemHost.openPort(terminal.path, 115_200), { code: "ENOENT" });
});

test("a link is followed to its port; one to nothing, and no name at all, are none", { timeout }, async context => {
	const folder = await scratch(context);
	const terminal = await board(context);
	await symlink(terminal.path, join(folder, "by-id"));
	await symlink(join(folder, "nothing"), join(folder, "broken"));
	assert.equal(await systemHost.resolvePort(join(folder, "by-id")), terminal.path);
	assert.equal(await systemHost.resolvePort(terminal.path), terminal.path);
	assert.equal(await systemHost.resolvePort(join(folder, "broken")), undefined);
	assert.equal(await systemHost.resolvePort(join(folder, "none")), undefined);
});

test("a file is written piece by piece, in place of one that was there", { timeout }, async context => {
	const path = join(await scratch(context), "picofetch.uf2");
	await writeFile(path, "an older one that is longer than the new one");
	const told: [number, number][] = [];
	const sizes: Promise<number>[] = [];
	await systemHost.writeFile(path, [Buffer.from("one"), Buffer.from("two three"), Buffer.from("4")], bytes => {
		told.push([told.length, bytes]);
		sizes.push(readFile(path).then(({ length }) => length));
	});
	assert.deepEqual(told, [[0, 3], [1, 12], [2, 13]]);
	assert.equal(await readFile(path, "utf8"), "onetwo three4");
	assert.ok((await Promise.all(sizes)).every((size, index) => size >= told[index]![1]));
});

test("a drive that takes no more says so with Node's code", { timeout, skip: process.platform !== "linux" }, async () => {
	const told: number[] = [];
	await assert.rejects(systemHost.writeFile("/dev/full", [Buffer.from("one")], bytes => told.push(bytes)), { code: "ENOSPC" });
	assert.deepEqual(told, []);
});

test("a named place is looked at", { timeout }, async context => {
	const folder = await scratch(context);
	assert.equal(await systemHost.driveAt(join(folder, "none")), undefined);
	assert.equal(await systemHost.driveAt(folder), undefined);
	await writeFile(join(folder, "notes.txt"), "");
	assert.equal(await systemHost.driveAt(folder), "no drive of a Pico W");
	await writeFile(join(folder, "INFO_UF2.TXT"), "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n");
	assert.deepEqual(await systemHost.driveAt(folder), { path: folder });
});
