// `npm run flash`: builds, and puts the .uf2 onto the board.

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command } from "commander";
import { systemHost } from "../board/system-host.ts";
import { type BuildCommandOptions, buildUf2, withBuildOptions } from "../build/command.ts";
import { monitorBoard } from "../monitor/command.ts";
import { seconds } from "../option-values.ts";
import { setUp } from "../setup/set-up.ts";
import { UserError } from "../user-error.ts";
import { exitNotBack } from "./exit-status.ts";
import { checkPort, flash } from "./flash.ts";
import { checkUf2 } from "./uf2-check.ts";

interface Options extends BuildCommandOptions {
	readonly port?: string;
	readonly drive?: string;
	readonly timeout: number;
	readonly wait: boolean;
	readonly monitor?: boolean;
	readonly json?: boolean;
}

export function command(): Command {
	return withBuildOptions(new Command()
		.description("Builds an app, or takes FILE, and puts it onto a Pico W over USB.")
		.argument("[file]", "a .uf2 that is ready; nothing is built then"))
		.option("--port <path>", "serial port of the running board, when several are connected; drives that are there already are left alone")
		.option("--drive <path>", "drive of the board, when several wait for firmware; one that is not there yet is waited for")
		.option("--timeout <seconds>", "how long to wait for the drive, and again for the board behind it", seconds, 60)
		.option("--no-wait", "do not wait for the board's serial port afterwards: firmware without USB has none")
		.option("--monitor", "show the board's console afterwards")
		.option("--json", "print {file, blocks, bytes, drive, port} at the end; port is null when none came back. Steps go to stderr")
		.addHelpText("after", [
			"",
			"A board that runs picofetch needs no button. Else hold BOOTSEL while you plug it in.",
			"",
			'  npm run flash -- --ssid "my network" --password "my passphrase" --monitor',
			"  npm run flash -- build/picofetch.uf2 --port /dev/ttyACM0",
			"",
			"Exit status: 0 it is on the board, which is back; 1 something to put right first; 2 no drive within the time;",
			"3 the drive went away, or took no more, in the middle; 4 it is on the board, which did not come back.",
		].join("\n"))
		.action(run);
}

async function run(file: string | undefined, options: Options): Promise<void> {
	const { port, drive, timeout, wait, json = false } = options;
	const tell = json ? console.error : console.log;
	if (file !== undefined) refuseBuildOptions(file, options);
	if (port !== undefined && drive === undefined) await checkPort(systemHost, port);
	const name = file ?? await build(options, tell);
	const uf2 = await readFile(name).catch((cause: NodeJS.ErrnoException) => {
		throw new UserError(`${name}: cannot be read (${cause.code})`, { cause });
	});
	const { blocks } = checkUf2(uf2, name);
	let progressLine = "";
	/** What follows, a refusal too, has a line of its own. */
	const endProgress = (): void => {
		if (progressLine !== "") process.stderr.write("\n");
		progressLine = "";
	};
	const flashed = await flash(systemHost, { uf2, port, drive: drive && resolve(drive), timeoutMs: timeout * 1000, wait }, {
		step: tell,
		progress: (written, total) => {
			if (process.stderr.isTTY !== true) return;
			progressLine = `${Math.floor(100 * written / total)} %, ${Math.floor(written / 1024)} of ${Math.floor(total / 1024)} KB`;
			process.stderr.write(`\r\x1b[2K${progressLine}`);
			if (written === total) endProgress();
		},
	}).finally(endProgress);
	const back = flashed.board?.path;
	const done = `${name}: ${blocks} blocks are on the board`;
	if (json) console.log(JSON.stringify({ file: name, blocks, bytes: uf2.length, drive: flashed.drive, port: back ?? null }));
	else if (back !== undefined || !wait) console.log(back === undefined ? done : `${done}, which is back at ${back}`);
	if (back === undefined && wait) {
		throw new UserError(`${done}, and no serial port of it came back within ${timeout} s: firmware without USB has none (--no-wait); else unplug the board and plug it in again, then npm run monitor`, { status: exitNotBack });
	}
	if (options.monitor) await monitorBoard({ board: flashed.board, wait: true, json });
}

/** @throws UserError when an option could have no effect */
function refuseBuildOptions(file: string, { app, debug, ssid, password, security, ca, roots, config }: BuildCommandOptions): void {
	const idle = Object.entries({ app, debug, ssid, password, security, ca, roots, config }).filter(([, value]) => value !== undefined).map(([name]) => `--${name}`);
	if (idle.length > 0) throw new UserError(`${idle.join(", ")}: ${file} is built already: leave the file out, or the options`);
}

async function build(options: Options, tell: (text: string) => void): Promise<string> {
	await setUp();
	return buildUf2(options, tell);
}
