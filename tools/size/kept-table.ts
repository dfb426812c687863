// The table of an earlier build, kept under build/, so that `npm run size` can say what has changed since.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { MemoryTable, Row } from "./memory-table.ts";

const keptFolder = resolve(import.meta.dirname, "../../build/size");

export interface KeptTable extends MemoryTable {
	/** When it was kept, ISO 8601. */
	readonly at: string;
}

/** The table that was kept of this app; undefined when none was, or when it cannot be read. */
export function keptTable(appName: string, folder = keptFolder): KeptTable | undefined {
	try {
		const table = JSON.parse(readFileSync(join(folder, `${appName}.json`), "utf8")) as KeptTable;
		return [table.ram, table.flash].every(rows => Array.isArray(rows)) && typeof table.at === "string" ? table : undefined;
	} catch {
		return undefined;
	}
}

export function keepTable(appName: string, table: MemoryTable, at: Date, folder = keptFolder): void {
	const path = join(folder, `${appName}.json`);
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, `${JSON.stringify({ at: at.toISOString(), ...table }, undefined, "\t")}\n`);
}

/** By how much a row has grown, in bytes: 0 for one that is as it was, its whole for one that is new. */
export function growth(row: Row, kept: readonly Row[]): number {
	return row.bytes - (kept.find(({ name }) => name === row.name)?.bytes ?? 0);
}
