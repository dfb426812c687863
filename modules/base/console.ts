// console (Console Standard): lines on the USB console. Everything goes to the one stream that there is; warnings and
// errors say what they are only by their text.

import { format, inspect } from "./inspect.ts";
import { tableText } from "./table.ts";
import { uptimeMs } from "./uptime.ts";

const write = native<(text: string) => void>("xs_console_write");

let indent = "";
let counts: Map<string, number> | undefined;
let begins: Map<string, number> | undefined;

function print(values: readonly unknown[]): void {
	const text = format(values);
	write(`${indent}${indent === "" ? text : text.replaceAll("\n", `\n${indent}`)}\n`);
}

/** Writes text as it is, without a line end (Moddable's trace). */
export function trace(...values: readonly unknown[]): void {
	write(values.map(String).join(""));
}

export const console = {
	log(...values: readonly unknown[]): void {
		print(values);
	},
	info(...values: readonly unknown[]): void {
		print(values);
	},
	debug(...values: readonly unknown[]): void {
		print(values);
	},
	warn(...values: readonly unknown[]): void {
		print(values);
	},
	error(...values: readonly unknown[]): void {
		print(values);
	},
	/** Prints the message when `condition` does not hold. */
	assert(condition?: unknown, ...values: readonly unknown[]): void {
		if (condition) return;
		const [first, ...rest] = values;
		if (values.length === 0) print(["Assertion failed"]);
		else print(typeof first === "string" ? [`Assertion failed: ${first}`, ...rest] : ["Assertion failed:", ...values]);
	},
	/** Prints a value as in source, strings too. */
	dir(value: unknown): void {
		print([inspect(value)]);
	},
	/** Prints the message and where it was called from. */
	trace(...values: readonly unknown[]): void {
		const stack = new Error().stack ?? "";
		print([`Trace${values.length > 0 ? `: ${format(values)}` : ""}\n${stack.slice(stack.indexOf("\n") + 1)}`]);
	},
	/** Indents what follows, until groupEnd. */
	group(...values: readonly unknown[]): void {
		if (values.length > 0) print(values);
		indent += "  ";
	},
	groupEnd(): void {
		indent = indent.slice(2);
	},
	/** As group: there is nothing to fold. */
	groupCollapsed(...values: readonly unknown[]): void {
		console.group(...values);
	},
	/** Prints how often it was called with this label. */
	count(label: unknown = "default"): void {
		counts ??= new Map();
		const name = String(label);
		const count = (counts.get(name) ?? 0) + 1;
		counts.set(name, count);
		print([`${name}: ${count}`]);
	},
	countReset(label: unknown = "default"): void {
		if (!counts?.delete(String(label))) print([`Count for '${String(label)}' does not exist`]);
	},
	/** Begins to measure time under this label. */
	time(label: unknown = "default"): void {
		begins ??= new Map();
		const name = String(label);
		if (begins.has(name)) print([`Label '${name}' already exists for console.time()`]);
		else begins.set(name, uptimeMs());
	},
	/** Prints the time since `time`, and the values. */
	timeLog(label: unknown = "default", ...values: readonly unknown[]): void {
		elapsed(String(label), "timeLog", values);
	},
	/** Prints the time since `time` and forgets the label. */
	timeEnd(label: unknown = "default"): void {
		elapsed(String(label), "timeEnd", []);
		begins?.delete(String(label));
	},
	/** Prints small data, an array of objects or of arrays say, as a table; anything else as log does. */
	table(data?: unknown, columns?: readonly string[]): void {
		print([typeof data === "object" && data !== null ? tableText(data, columns) : data]);
	},
};

function elapsed(label: string, caller: string, values: readonly unknown[]): void {
	const began = begins?.get(label);
	if (began === undefined) print([`No such label '${label}' for console.${caller}()`]);
	else print([`${label}: ${shownTime(uptimeMs() - began)}`, ...values]);
}

function shownTime(ms: number): string {
	return ms >= 1000 ? `${(ms / 1000).toFixed(3)}s` : `${Number(ms.toFixed(3))}ms`;
}
