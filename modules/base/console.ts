// console (Console Standard): lines on the USB console. Everything goes to the one stream that there is; warnings and
// errors say what they are only by their text.

import { format, inspect } from "./inspect.ts";

const write = native<(text: string) => void>("xs_console_write");

let indent = "";

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
		if (!condition) print(values.length > 0 ? ["Assertion failed:", ...values] : ["Assertion failed"]);
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
};
