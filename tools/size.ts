// `npm run size`: the memory table of DESIGN.md from the real build.

import { resolve } from "node:path";
import { Command } from "commander";
import pico from "picocolors";
import { buildApp } from "./build/build-app.ts";
import { readElf } from "./build/elf.ts";
import { readManifest } from "./build/manifest.ts";
import { withRecords } from "./build/records.ts";
import { defaultArenaBytes } from "./freeze/freeze-input.ts";
import { growth, keepTable, type KeptTable, keptTable } from "./size/kept-table.ts";
import { type Row, memoryTable } from "./size/memory-table.ts";

const projectFolder = resolve(import.meta.dirname, "..");

interface Options {
	readonly app?: string;
	readonly json?: boolean;
	readonly keep?: boolean;
}

export function command(): Command {
	return new Command()
		.description("Build an app and print where its RAM and flash go.")
		.option("--app <folder>", "the app, a folder with a manifest.json (default: the project's own)")
		.option("--keep", "keep this table: later ones say what has changed since")
		.option("--json", "print {ram, flash, kept}: lists of {name, bytes}, and the table that was kept, or null")
		.action(printSize);
}

async function printSize({ app, json, keep }: Options): Promise<void> {
	const appFolder = resolve(app ?? projectFolder);
	const built = await buildApp({ app: appFolder });
	const { sections, symbols } = readElf(built.elf);
	const table = memoryTable({
		map: built.map,
		sections,
		symbols,
		imageBytes: withRecords(built.image, { configuration: built.configuration, roots: built.roots, data: built.data }).length,
		scriptArenaBytes: Number(readManifest(appFolder).creation["static"] ?? defaultArenaBytes),
	});
	const kept = keptTable(built.name);
	if (keep) keepTable(built.name, table, new Date());
	console.log(json
		? JSON.stringify({ ...table, kept: kept ?? null })
		: [heading("RAM", kept), ...lines(table.ram, kept?.ram), "", heading("Flash", kept), ...lines(table.flash, kept?.flash), ...legend(kept)].join("\n"));
}

const nameWidth = 44;

function heading(name: string, kept: KeptTable | undefined): string {
	return `${name.padEnd(nameWidth)}${"bytes".padStart(9)}${"KB".padStart(8)}${kept === undefined ? "" : "changed".padStart(10)}`;
}

function lines(rows: readonly Row[], kept: readonly Row[] | undefined): string[] {
	return rows.map(row => {
		const { name, bytes } = row;
		return `${name.padEnd(nameWidth)}${String(bytes).padStart(9)}${(bytes / 1024).toFixed(1).padStart(8)}${kept === undefined ? "" : changed(row, kept)}`;
	});
}

/** Red for what costs more, green for what costs less: of what is left over, it is the other way round. */
function changed(row: Row, kept: readonly Row[]): string {
	const bytes = growth(row, kept);
	if (bytes === 0) return "";
	const text = `${bytes > 0 ? "+" : ""}${bytes}`.padStart(10);
	return (bytes > 0) === row.name.startsWith("left over") ? pico.green(text) : pico.red(text);
}

function legend(kept: KeptTable | undefined): string[] {
	return kept === undefined ? [] : ["", `changed: bytes since the table that was kept on ${kept.at.slice(0, 16).replace("T", " at ")} UTC`];
}
