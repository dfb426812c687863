// `npm run flash`: builds, and puts the .uf2 onto the board.

import { readFile } from "node:fs/promises";
import { Command } from "commander";
import { systemHost } from "../board/system-host.ts";
import { buildUf2 } from "../build/command.ts";
import { monitorBoard } from "../monitor/command.ts";
import { UserError } from "../user-error.ts";
import { flash } from "./flash.ts";
import { checkUf2 } from "./uf2-check.ts";

interface Options {
	readonly app?: string;
	readonly ssid?: string;
	readonly password?: string;
	readonly port?: string;
	readonly drive?: string;
	readonly timeout: number;
	readonly monitor?: boolean;
}

export function command(): Command {
	return new Command()
		.description("Builds an app, or takes FILE, and puts it onto a Pico W over USB.")
		.argument("[file]", "a .uf2 that is ready; nothing is built then")
		.option("--app <folder>", "folder of the app (default: this project's main.ts)")
		.option("--ssid <name>", "Wi-Fi network (or PICOFETCH_SSID, or network.json)")
		.option("--password <passphrase>", "its passphrase (or PICOFETCH_PASSWORD, or network.json)")
		.option("--port <path>", "serial port of the running board, when several are connected")
		.option("--drive <path>", "drive of the board, when several wait for firmware")
		.option("--timeout <seconds>", "how long to wait for the drive, and for the board behind it", Number, 60)
		.option("--monitor", "show the board's console afterwards")
		.addHelpText("after", "\nA board that runs picofetch needs no button. Else hold BOOTSEL while you plug it in.")
		.action(run);
}

async function run(file: string | undefined, options: Options): Promise<void> {
	const name = file ?? await buildUf2(options);
	const uf2 = await readFile(name).catch((cause: NodeJS.ErrnoException) => {
		throw new UserError(`${name}: cannot be read (${cause.code})`, { cause });
	});
	const { blocks } = checkUf2(uf2, name);
	const isTerminal = process.stderr.isTTY === true;
	const board = await flash(systemHost, { uf2, port: options.port, drive: options.drive, timeoutMs: options.timeout * 1000 }, {
		step: text => console.log(text),
		progress: (written, total) => {
			if (isTerminal) process.stderr.write(`\r\x1b[2K${Math.floor(100 * written / total)} %, ${Math.floor(written / 1024)} of ${Math.floor(total / 1024)} KB${written === total ? "\n" : ""}`);
		},
	});
	console.log(board === undefined ? `${name}: ${blocks} blocks are on the board; no serial port came back` : `${name}: ${blocks} blocks are on the board, which is back at ${board.path}`);
	if (options.monitor) await monitorBoard({ port: board?.path, wait: true });
}
