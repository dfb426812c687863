// The table of an earlier build, kept under build/, so that `npm run size` can say what has changed since.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { UserError } from "../user-error.ts";
import type { MemoryTable, Row } from "./memory-table.ts";

const projectFolder = resolve(import.meta.dirname, "../..");
const keptFolder = join(projectFolder, "build/size");

export interface KeptTable extends MemoryTable {
	/** When it was kept, ISO 8601. */
	readonly at: string;
}

/** The table that was kept of the app in a folder; undefined when none was, or when it cannot be read. */
export function keptTable(appFolder: string, folder = keptFolder): KeptTable | undefined {
	try {
		const table = JSON.parse(readFileSync(keptPath(appFolder, folder), "utf8")) as KeptTable;
		return typeof table.at === "string" && isRows(table.ram) && isRows(table.flash) ? table : undefined;
	} catch {
		return undefined;
	}
}

/** @throws UserError when it cannot be written */
export function keepTable(appFolder: string, table: MemoryTable, at: Date, folder = keptFolder): void {
	const path = keptPath(appFolder, folder);
	try {
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, `${JSON.stringify({ at: at.toISOString(), ...table }, undefined, "\t")}\n`);
	} catch (cause) {
		throw new UserError(`--keep: ${path}: cannot be written (${(cause as NodeJS.ErrnoException).code})`, { cause });
	}
}

export interface ComparedRow extends Row {
	/** Bytes since the kept table: the whole of a new row, the whole taken away of one that has vanished. */
	readonly growth: number;
}

/** The rows, and those that have vanished since, with 0 bytes, behind the row that they stood behind. */
export function compared(rows: readonly Row[], kept: readonly Row[]): ComparedRow[] {
	const before = new Map(kept.map(({ name, bytes }) => [name, bytes]));
	const result: ComparedRow[] = rows.map(({ name, bytes }) => ({ name, bytes, growth: bytes - (before.get(name) ?? 0) }));
	for (const [index, { name, bytes }] of kept.entries()) {
		if (rows.some(row => row.name === name)) continue;
		const above = kept[index - 1]?.name;
		result.splice(result.findIndex(row => row.name === above) + 1, 0, { name, bytes: 0, growth: -bytes });
	}
	return result;
}

/** Two apps may bear one name: the whole path makes the difference, as seen from the project, so that both can be moved together. */
function keptPath(appFolder: string, folder: string): string {
	const hash = createHash("sha256").update(relative(projectFolder, resolve(appFolder))).digest("hex").slice(0, 16);
	return join(folder, `${basename(resolve(appFolder)).slice(0, 40)}-${hash}.json`);
}

function isRows(rows: unknown): rows is Row[] {
	return Array.isArray(rows) && rows.every((row: Partial<Row> | null) => typeof row?.name === "string" && typeof row.bytes === "number");
}
