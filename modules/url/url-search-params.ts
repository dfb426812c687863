// URLSearchParams (URL Standard, section 6.2): the pairs of a query.

import { percentBytes } from "./percent-encoding.ts";

const percentByte = /^%[0-9A-Fa-f]{2}$/;
const plain = /^[*\-._0-9A-Za-z]$/;

export type URLSearchParamsInit = string | Iterable<readonly [string, string]> | Readonly<Record<string, string>>;

export class URLSearchParams {
	#pairs: (readonly [string, string])[];
	readonly #changed: (() => void) | undefined;

	/** @param changed told after each change (the URL that the pairs belong to) */
	constructor(init: URLSearchParamsInit = "", changed?: () => void) {
		if (typeof init === "string") this.#pairs = parsed(init.startsWith("?") ? init.slice(1) : init);
		else {
			const entries = Symbol.iterator in init ? init as Iterable<readonly [string, string]> : Object.entries(init);
			this.#pairs = [...entries].map(([name, value]) => [String(name), String(value)]);
		}
		this.#changed = changed;
	}

	get size(): number {
		return this.#pairs.length;
	}

	append(name: string, value: string): void {
		this.#change([...this.#pairs, [String(name), String(value)]]);
	}

	delete(name: string, value?: string): void {
		this.#change(this.#pairs.filter(([one, its]) => one !== name || (value !== undefined && its !== value)));
	}

	get(name: string): string | null {
		return this.#pairs.find(([one]) => one === name)?.[1] ?? null;
	}

	getAll(name: string): string[] {
		return this.#pairs.filter(([one]) => one === name).map(([, value]) => value);
	}

	has(name: string, value?: string): boolean {
		return this.#pairs.some(([one, its]) => one === name && (value === undefined || its === value));
	}

	/** Sets the first of this name and drops the others. */
	set(name: string, value: string): void {
		const at = this.#pairs.findIndex(([one]) => one === name);
		if (at < 0) return this.append(name, value);
		this.#change(this.#pairs.flatMap((pair, index) => index === at ? [[name, String(value)] as const] : pair[0] === name ? [] : [pair]));
	}

	/** By name; pairs of one name keep their order. */
	sort(): void {
		this.#change([...this.#pairs].sort(([one], [other]) => one < other ? -1 : one > other ? 1 : 0));
	}

	forEach(callback: (value: string, name: string, params: URLSearchParams) => void, thisArgument?: unknown): void {
		for (const [name, value] of this) callback.call(thisArgument, value, name, this);
	}

	*keys(): Generator<string> {
		for (const [name] of this) yield name;
	}

	*values(): Generator<string> {
		for (const [, value] of this) yield value;
	}

	entries(): IterableIterator<[string, string]> {
		return this[Symbol.iterator]();
	}

	[Symbol.iterator](): IterableIterator<[string, string]> {
		return this.#pairs.map(([name, value]): [string, string] => [name, value])[Symbol.iterator]();
	}

	/** Without "?". */
	toString(): string {
		return this.#pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join("&");
	}

	#change(pairs: (readonly [string, string])[]): void {
		this.#pairs = pairs;
		this.#changed?.();
	}
}

/** application/x-www-form-urlencoded, URL Standard section 5.1. */
function parsed(query: string): [string, string][] {
	return query.split("&").filter(piece => piece !== "").map(piece => {
		const equals = piece.indexOf("=");
		return equals < 0 ? [decoded(piece), ""] : [decoded(piece.slice(0, equals)), decoded(piece.slice(equals + 1))];
	});
}

/** A run of %XX that is not UTF-8 stays as it is written; the standard puts U+FFFD there. */
function decoded(text: string): string {
	const plus = text.replaceAll("+", " ");
	let result = "";
	for (let at = 0; at < plus.length;) {
		let end = at;
		while (percentByte.test(plus.slice(end, end + 3))) end += 3;
		if (end === at) result += plus[at++];
		else {
			result += decodedRun(plus.slice(at, end));
			at = end;
		}
	}
	return result;
}

function decodedRun(run: string): string {
	try {
		return decodeURIComponent(run);
	} catch {
		return run;
	}
}

function encoded(text: string): string {
	let result = "";
	for (const character of text) result += character === " " ? "+" : plain.test(character) ? character : percentBytes(character);
	return result;
}
