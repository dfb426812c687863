// Values as text for people to read, in the manner of Node's util.inspect, bounded in depth, length and width.
// Used by console.ts.

const mostDepth = 2;
const mostItems = 32;
const mostStringLength = 1024;
const lineWidth = 72;

/** The toString functions of the language's own objects. */
const languageTexts: readonly unknown[] = [Object, Array, Error, Date, RegExp, Number, String, Boolean, Symbol, BigInt].map(({ prototype }) => prototype.toString);

/** A value as console.log shows it: a string as it is, everything else as in source. */
export function display(value: unknown): string {
	return typeof value === "string" ? value : inspect(value);
}

/** A value as it could stand in source, or nearly so. */
export function inspect(value: unknown): string {
	return inspected(value, 0, []);
}

/**
 * Replaces %s %d %i %f %j %o %O %c and %% in a first string by the values behind it, and puts the rest behind that
 * (Console Standard 2.2). A string that stands alone stays as it is.
 */
export function format(values: readonly unknown[]): string {
	const [first, ...rest] = values;
	if (typeof first !== "string" || rest.length === 0 || !first.includes("%")) return values.map(display).join(" ");
	const text = first.replace(/%([sdifjoOc%])/g, (whole, kind: string) => {
		if (kind === "%") return "%";
		if (rest.length === 0) return whole;
		const value = rest.shift();
		switch (kind) {
			case "s":
				return typeof value === "object" && value !== null && !hasOwnText(value) || typeof value === "bigint" || Object.is(value, -0) ? inspect(value) : String(value);
			case "d":
				return typeof value === "bigint" ? `${value}n` : typeof value === "symbol" ? "NaN" : inspect(Number(value));
			case "i":
				return typeof value === "bigint" ? `${value}n` : typeof value === "symbol" ? "NaN" : inspect(parseInt(String(value), 10));
			case "f":
				return typeof value === "symbol" ? "NaN" : inspect(parseFloat(String(value)));
			case "j":
				return JSON.stringify(value) ?? "undefined";
			case "c":
				return "";
			default:
				return inspect(value);
		}
	});
	return [text, ...rest.map(display)].join(" ");
}

/** Whether a class of the program, or the object, says what it is as text. */
function hasOwnText(value: object): boolean {
	const { toString } = value as { toString?: unknown };
	return typeof toString === "function" && !languageTexts.includes(toString);
}

function inspected(value: unknown, depth: number, around: readonly object[]): string {
	switch (typeof value) {
		case "string":
			return quoted(value);
		case "bigint":
			return `${value}n`;
		case "symbol":
			return String(value);
		case "number":
			return Object.is(value, -0) ? "-0" : String(value);
		case "function":
			return functionText(value);
		case "object":
			return value === null ? "null" : objectText(value, depth, around);
		default:
			return String(value);
	}
}

function quoted(text: string): string {
	const shown = text.length > mostStringLength ? text.slice(0, mostStringLength) : text;
	const rest = text.length - shown.length;
	const quote = !shown.includes("'") ? "'" : !shown.includes('"') ? '"' : "'";
	let result = "";
	for (const character of shown) {
		const code = character.charCodeAt(0);
		if (character === "\n") result += "\\n";
		else if (character === "\r") result += "\\r";
		else if (character === "\t") result += "\\t";
		else if (character === "\\" || character === quote) result += `\\${character}`;
		else if (code < 32 || code === 127) result += `\\x${code.toString(16).padStart(2, "0").toUpperCase()}`;
		else result += character;
	}
	return `${quote}${result}${quote}${rest > 0 ? `... ${rest} more characters` : ""}`;
}

function functionText(value: object): string {
	const { name } = value as { name?: string };
	// A class of script, or one of the engine's, whose prototype cannot be exchanged either.
	const kind = Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false ? "class" : "Function";
	return name ? `[${kind}${kind === "class" ? " " : ": "}${name}]` : `[${kind} (anonymous)]`;
}

function objectText(value: object, depth: number, around: readonly object[]): string {
	if (around.includes(value)) return "[Circular]";
	if (value instanceof Error) return errorText(value, depth, around);
	if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
	if (value instanceof RegExp) return String(value);
	if (value instanceof Promise) return "Promise {}";
	const name = className(value);
	if (depth > mostDepth) return Array.isArray(value) ? "[Array]" : `[${name || "Object"}]`;
	const inner = [...around, value];
	const item = (one: unknown): string => inspected(one, depth + 1, inner);
	if (Array.isArray(value)) return list("[", arrayItems(value, item), "]", name === "Array" ? "" : `${name}(${value.length}) `, depth);
	if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
		const array = value as unknown as ArrayLike<number | bigint>;
		return list("[", bounded(Array.from({ length: Math.min(array.length, mostItems) }, (_, index) => item(array[index])), array.length), "]", `${name}(${array.length}) `, depth);
	}
	if (value instanceof ArrayBuffer) return `ArrayBuffer { byteLength: ${value.byteLength} }`;
	if (value instanceof Map) {
		const entries = [...value].slice(0, mostItems).map(([key, one]) => `${item(key)} => ${item(one)}`);
		return list("{", bounded(entries, value.size), "}", `${name}(${value.size}) `, depth);
	}
	if (value instanceof Set) return list("{", bounded([...value].slice(0, mostItems).map(item), value.size), "}", `${name}(${value.size}) `, depth);
	const prefix = name === "Object" ? "" : name === "" ? "[Object: null prototype] " : `${name} `;
	const own = properties(value, item);
	if (own.length === 0 && isListOfPairs(value)) {
		const pairs = [...value.entries()];
		return list("{", bounded(pairs.slice(0, mostItems).map(([key, one]) => `${item(key)} => ${item(one)}`), pairs.length), "}", prefix, depth);
	}
	if (own.length === 0 && hasOwnText(value)) return `[${prefix.trimEnd()}: ${String(value)}]`;
	return list("{", own, "}", prefix, depth);
}

/** Headers, URLSearchParams and their like: what the web calls iterable. */
function isListOfPairs(value: object): value is { entries(): Iterable<readonly [unknown, unknown]> } {
	const { entries, forEach } = value as { entries?: unknown; forEach?: unknown };
	return typeof entries === "function" && typeof forEach === "function";
}

function className(value: object): string {
	const { constructor } = value as { constructor?: { name?: string } };
	return typeof constructor === "function" ? constructor.name ?? "" : "";
}

function arrayItems(array: readonly unknown[], item: (one: unknown) => string): string[] {
	const items: string[] = [];
	for (let index = 0; index < array.length && items.length < mostItems; index++) {
		let holes = 0;
		while (index < array.length && !(index in array)) {
			holes++;
			index++;
		}
		if (holes > 0) items.push(`<${holes} empty item${holes === 1 ? "" : "s"}>`);
		if (index < array.length) items.push(item(array[index]));
	}
	return bounded(items, array.length);
}

function bounded(items: string[], count: number): string[] {
	const more = count - mostItems;
	return more > 0 ? [...items.slice(0, mostItems), `... ${more} more item${more === 1 ? "" : "s"}`] : items;
}

function properties(value: object, item: (one: unknown) => string): string[] {
	const keys = Reflect.ownKeys(value).filter(key => Object.getOwnPropertyDescriptor(value, key)?.enumerable);
	const texts = keys.slice(0, mostItems).map(key => {
		const name = typeof key === "symbol" ? `[${String(key)}]` : /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key);
		const { get, set, value: one } = Object.getOwnPropertyDescriptor(value, key)!;
		if (get) return `${name}: [Getter${set ? "/Setter" : ""}]`;
		return `${name}: ${set ? "[Setter]" : item(one)}`;
	});
	return bounded(texts, keys.length);
}

function errorText(error: Error, depth: number, around: readonly object[]): string {
	const lines = stackLines(error);
	const head = error.stack?.startsWith(error.name) ? lines : [`${error.name}: ${error.message}`, ...lines];
	const outer = around.at(-1);
	const above = outer instanceof Error ? stackLines(outer) : [];
	let shared = 0;
	while (shared < lines.length - 1 && lines.at(-1 - shared) === above.at(-1 - shared)) shared++;
	if (shared > 1) head.splice(-shared, shared, ` ... ${shared} more as above`);
	const text = head.join("\n");
	const inner = [...around, error];
	const facts = Object.keys(error).filter(key => key !== "stack" && key !== "message" && key !== "name");
	const texts = facts.map(key => `${key}: ${inspected((error as unknown as Record<string, unknown>)[key], depth + 1, inner)}`);
	if (error.cause !== undefined) texts.push(`[cause]: ${inspected(error.cause, depth + 1, inner)}`);
	return texts.length > 0 ? `${text} ${list("{", texts, "}", "", depth)}` : text;
}

/** Without those of the engine's own functions, which bear neither name nor place. */
function stackLines({ stack }: Error): string[] {
	return stack === undefined || stack === "" ? [] : stack.split("\n").filter(line => line !== " at ()");
}

function list(open: string, items: readonly string[], close: string, prefix: string, depth: number): string {
	if (items.length === 0) return `${prefix}${open}${close}`;
	const line = items.join(", ");
	if (line.length + prefix.length <= lineWidth && !line.includes("\n")) return `${prefix}${open} ${line} ${close}`;
	const indent = "  ".repeat(depth + 1);
	return `${prefix}${open}\n${items.map(one => indent + one).join(",\n")}\n${"  ".repeat(depth)}${close}`;
}
