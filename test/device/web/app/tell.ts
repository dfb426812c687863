// What a case answers, as one line of ASCII: the same for the same answer, on the device and in Node.

/** Values that JSON cannot hold too. Strings beyond ASCII as \u escapes, so that the console's own encoding has no part in it. */
export function tell(value: unknown): string {
	switch (typeof value) {
		case "string":
			return `"${escaped(value)}"`;
		case "bigint":
			return `${value}n`;
		case "number":
			return Object.is(value, -0) ? "-0" : String(value);
		case "function":
			return "function";
		case "symbol":
			return "symbol";
		case "object":
			return value === null ? "null" : object(value);
		default:
			return String(value);
	}
}

function object(value: object): string {
	if (Array.isArray(value)) return `[${Array.from(value, tell).join(",")}]`;
	if (value instanceof Date) return `Date ${value.getTime()}`;
	if (value instanceof RegExp) return `RegExp ${escaped(String(value))}`;
	if (value instanceof Map) return `Map ${tell([...value])}`;
	if (value instanceof Set) return `Set ${tell([...value])}`;
	if (value instanceof ArrayBuffer) return `ArrayBuffer ${tell([...new Uint8Array(value)])}`;
	if (ArrayBuffer.isView(value)) return `${value.constructor.name} ${tell([...value as unknown as Iterable<unknown>])}`;
	if (value instanceof Error) return `${value.name} ${value instanceof DOMException ? value.code : ""}`.trim();
	return `{${Object.keys(value).map(key => `${key}:${tell((value as Record<string, unknown>)[key])}`).join(",")}}`;
}

function escaped(text: string): string {
	let line = "";
	for (const character of text) {
		const code = character.codePointAt(0)!;
		if (character === "\\" || character === '"') line += `\\${character}`;
		else if (code >= 0x20 && code <= 0x7e) line += character;
		else if (code > 0xffff) line += unit(0xd800 + ((code - 0x10000) >> 10)) + unit(0xdc00 + ((code - 0x10000) & 0x3ff));
		else line += unit(code);
	}
	return line;
}

function unit(code: number): string {
	return `\\u${code.toString(16).padStart(4, "0")}`;
}

export type Case = () => unknown;

/** The name of what was thrown, or, when nothing was, the answer. */
export function thrown(work: () => unknown): unknown {
	try {
		return work();
	} catch (error) {
		return error instanceof Error ? `${error.name} thrown` : ["thrown", error];
	}
}
