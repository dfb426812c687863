// `npm run size`: the memory table of DESIGN.md from the real build.

import { resolve } from "node:path";
import { Command } from "commander";
import { buildApp } from "./build/build-app.ts";
import { readElf } from "./build/elf.ts";
import { readManifest } from "./build/manifest.ts";
import { withRecords } from "./build/records.ts";
import { defaultArenaBytes } from "./freeze/freeze-input.ts";
import { type Row, memoryTable } from "./size/memory-table.ts";

const projectFolder = resolve(import.meta.dirname, "..");

interface Options {
	readonly app?: string;
	readonly json?: boolean;
}

export function command(): Command {
	return new Command()
		.description("Build an app and print where its RAM and flash go.")
		.option("--app <folder>", "the app, a folder with a manifest.json (default: the project's own)")
		.option("--json", "print {ram, flash}, each a list of {name, bytes}")
		.action(printSize);
}

async function printSize({ app, json }: Options): Promise<void> {
	const appFolder = resolve(app ?? projectFolder);
	const built = await buildApp({ app: appFolder });
	const { sections, symbols } = readElf(built.elf);
	const table = memoryTable({
		map: built.map,
		sections,
		symbols,
		imageBytes: withRecords(built.image, { configuration: built.configuration, roots: built.roots }).length,
		scriptArenaBytes: Number(readManifest(appFolder).creation["static"] ?? defaultArenaBytes),
	});
	console.log(json ? JSON.stringify(table) : [heading("RAM"), ...lines(table.ram), "", heading("Flash"), ...lines(table.flash)].join("\n"));
}

const nameWidth = 44;

function heading(name: string): string {
	return `${name.padEnd(nameWidth)}${"bytes".padStart(9)}${"KB".padStart(8)}`;
}

function lines(rows: readonly Row[]): string[] {
	return rows.map(({ name, bytes }) => `${name.padEnd(nameWidth)}${String(bytes).padStart(9)}${(bytes / 1024).toFixed(1).padStart(8)}`);
}
