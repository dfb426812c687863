// `npm run size`: the memory table of DESIGN.md from the real build.

import { resolve } from "node:path";
import { Command } from "commander";
import { buildApp } from "./build/build-app.ts";
import { readElf } from "./build/elf.ts";
import { readManifest } from "./build/manifest.ts";
import { withRecords } from "./build/records.ts";
import { coloursFor } from "./colours.ts";
import { defaultArenaBytes } from "./freeze/freeze-input.ts";
import { type ComparedRow, compared, keepTable, type KeptTable, keptTable } from "./size/kept-table.ts";
import { type Row, memoryTable } from "./size/memory-table.ts";

const projectFolder = resolve(import.meta.dirname, "..");

interface Options {
	readonly app?: string;
	readonly json?: boolean;
	readonly keep?: boolean;
}

export function command(): Command {
	return new Command()
		.description("Builds an app and prints where its RAM and flash go.")
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
		imageBytes: withRecords(built.image, { configuration: built.configuration, earliest: new Date(0), roots: built.roots.own.map(({ der }) => der), data: built.data }).length,
		rootStoreBytes: built.roots.store.length,
		scriptArenaBytes: Number(readManifest(appFolder).creation["static"] ?? defaultArenaBytes),
	});
	const kept = keptTable(appFolder);
	if (keep) keepTable(appFolder, table, new Date());
	console.log(json
		? JSON.stringify({ ...table, kept: kept ?? null })
		: [heading("RAM", kept), ...lines(table.ram, kept?.ram), "", heading("Flash", kept), ...lines(table.flash, kept?.flash), ...legend(kept, keep)].join("\n"));
}

const colours = coloursFor(process.stdout);
const nameWidth = 44;

function heading(name: string, kept: KeptTable | undefined): string {
	return `${name.padEnd(nameWidth)}${"bytes".padStart(9)}${"KB".padStart(8)}${kept === undefined ? "" : "changed".padStart(10)}`;
}

function lines(rows: readonly Row[], kept: readonly Row[] | undefined): string[] {
	return compared(rows, kept ?? rows).map(row => `${row.name.padEnd(nameWidth)}${String(row.bytes).padStart(9)}${(row.bytes / 1024).toFixed(1).padStart(8)}${changed(row)}`);
}

/** Red for what costs more, green for what costs less: of what is left over, it is the other way round. */
function changed({ name, growth }: ComparedRow): string {
	if (growth === 0) return "";
	const text = `${growth > 0 ? "+" : ""}${growth}`.padStart(10);
	return (growth > 0) === name.startsWith("left over") ? colours.green(text) : colours.red(text);
}

function legend(kept: KeptTable | undefined, keep = false): string[] {
	const lines = [
		...kept === undefined ? [] : [`changed: bytes since the table that was kept on ${kept.at.slice(0, 16).replace("T", " at ")} UTC`],
		...keep ? ["this table is kept: later ones say what has changed since"] : [],
	];
	return lines.length === 0 ? [] : ["", ...lines];
}
