// `npm run flash` as it is called: a process of its own, a folder for the drive, a pseudo-terminal for the board.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { encodeUf2 } from "../../../tools/build/uf2-file.ts";
import { startCommand } from "../../support/command.ts";
import { until } from "../../support/until.ts";
import { PseudoTerminal } from "../../support/pseudo-terminal.ts";

const timeout = 60_000;

async function scratch(context: TestContext): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), "picofetch-flash-"));
	context.after(() => rm(folder, { recursive: true, force: true }));
	return folder;
}

async function uf2(folder: string): Promise<string> {
	const path = join(folder, "app.uf2");
	await writeFile(path, encodeUf2([{ address: 0x1000_0000, bytes: new Uint8Array(100_000).fill(7) }]));
	return path;
}

/** A folder that looks like the drive of a board. */
async function drive(folder: string): Promise<string> {
	const path = join(folder, "RPI-RP2");
	await mkdir(path);
	await writeFile(join(path, "INFO_UF2.TXT"), "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n");
	return path;
}

test("a file that is ready is written to a named drive, and told as JSON", { timeout }, async context => {
	const folder = await scratch(context);
	const file = await uf2(folder);
	const path = await drive(folder);
	const flash = startCommand(context, ["flash", file, "--drive", path, "--no-wait", "--json"]);
	assert.equal(await flash.ended, 0);
	const bytes = await readFile(file);
	assert.deepEqual(JSON.parse(flash.stdout), { file, blocks: bytes.length / 512, bytes: bytes.length, drive: path, port: null });
	assert.deepEqual(await readFile(join(path, "picofetch.uf2")), bytes);
	assert.equal(flash.stderr, `writing to ${path}\n`);
});

test("a board that does not come back ends with status 4, and it is told what is on it", { timeout }, async context => {
	const folder = await scratch(context);
	const file = await uf2(folder);
	const path = await drive(folder);
	const flash = startCommand(context, ["flash", file, "--drive", path, "--timeout", "0.5", "--json"]);
	await until(() => flash.stderr.includes("written; waiting for the board"), context.signal);
	await rm(path, { recursive: true });
	assert.equal(await flash.ended, 4);
	assert.equal((JSON.parse(flash.stdout) as { port: unknown }).port, null);
	assert.match(flash.stderr, /blocks are on the board, and no serial port of it came back within 0.5 s: firmware without USB has none/);
});

test("a port that is asked at 1200 baud and brings no drive ends with status 2", { timeout }, async context => {
	const folder = await scratch(context);
	const terminal = await PseudoTerminal.open();
	context.after(() => terminal.unplug());
	const flash = startCommand(context, ["flash", await uf2(folder), "--port", terminal.path, "--drive", join(folder, "later"), "--timeout", "0.5"]);
	assert.equal(await flash.ended, 2);
	assert.equal(flash.stdout, `asking the board at ${terminal.path} for its boot loader\n`);
	assert.match(flash.stderr, /^the board at .* was asked, and no drive named RPI-RP2 appeared at .*later within 0.5 s/);
});

for (const [what, parameters, sentence] of [
	["a time limit that is none", ["--timeout", "soon"], /option '--timeout <seconds>' argument 'soon' is invalid. A number of seconds above 0 is expected/],
	["a drive that is another folder", ["--drive", "tools"], /^--drive .*tools: there is something else/],
	["a file that is no port", ["--port", "package.json"], /package\.json: that is no serial port/],
	["an option of the build beside a file that is built", ["--ssid", "net", "--debug"], /^--debug, --ssid: .*app\.uf2 is built already: leave the file out, or the options/],
	["a port that is not there", ["--port", "/dev/nothing"], /^--port \/dev\/nothing: there is no such port/],
] as const) {
	test(`${what} is refused with status 1`, { timeout }, async context => {
		const flash = startCommand(context, ["flash", await uf2(await scratch(context)), ...parameters]);
		assert.equal(await flash.ended, 1);
		assert.match(flash.stderr, sentence);
	});
}

test("a port that is not there is told before anything is built", { timeout }, async context => {
	const flash = startCommand(context, ["flash", "--port", "/dev/nothing", "--app", "no/such/app"]);
	assert.equal(await flash.ended, 1);
	assert.equal(flash.stderr, "--port /dev/nothing: there is no such port\n");
});
