// Data as a table of text, for console.table (Console Standard 1.1.8), as Node draws it.

import { inspect } from "./inspect.ts";

/** The head of the column that values without columns of their own stand in. */
const valuesHead = "Values";

interface Row {
	readonly index: string;
	readonly cells: ReadonlyMap<string, string>;
}

/** Rows are the entries of an array, a Map, a Set or an object; columns the keys of what is in them, or those asked for. */
export function tableText(data: object, wanted?: readonly string[]): string {
	const rows = rowsOf(data, wanted);
	const heads: string[] = [];
	for (const { cells } of rows) {
		for (const head of cells.keys()) if (head !== valuesHead && !heads.includes(head)) heads.push(head);
	}
	if (rows.some(({ cells }) => cells.has(valuesHead))) heads.push(valuesHead);
	const lines = [
		[data instanceof Map || data instanceof Set ? "(iteration index)" : "(index)", ...heads],
		...rows.map(({ index, cells }) => [index, ...heads.map(head => cells.get(head) ?? "")]),
	];
	const widths = lines[0]!.map((_, column) => Math.max(...lines.map(cells => cells[column]!.length)));
	const rule = (left: string, middle: string, right: string) => left + widths.map(width => "─".repeat(width + 2)).join(middle) + right;
	const [head, ...body] = lines.map(cells => `│${cells.map((cell, column) => ` ${cell.padEnd(widths[column]!)} `).join("│")}│`);
	return [rule("┌", "┬", "┐"), head, rule("├", "┼", "┤"), ...body, rule("└", "┴", "┘")].join("\n");
}

function rowsOf(data: object, wanted?: readonly string[]): Row[] {
	if (data instanceof Map) {
		return [...data].map(([key, value], index) => ({ index: String(index), cells: new Map([["Key", inspect(key)], [valuesHead, inspect(value)]]) }));
	}
	const entries: [string, unknown][] = data instanceof Set ? [...data].map((value, index) => [String(index), value]) : Object.entries(data);
	return entries.map(([index, value]) => {
		if (typeof value !== "object" || value === null) return { index, cells: new Map([[valuesHead, inspect(value)]]) };
		const keys = wanted ?? Object.keys(value);
		return { index, cells: new Map(keys.map(key => [key, Object.hasOwn(value, key) ? inspect((value as Record<string, unknown>)[key]) : ""])) };
	});
}
