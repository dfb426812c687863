// Headers (WHATWG Fetch, 5.1): names in lower case, values joined by ", ".

import { isFieldValue, isToken, withoutBlanks } from "./field-syntax.ts";

export type HeadersInit = Headers | Iterable<readonly [string, string]> | Readonly<Record<string, string>>;

export class Headers {
	readonly #fields = new Map<string, string>();

	/** @throws TypeError when a name or a value cannot stand in a header */
	constructor(init: HeadersInit = {}) {
		const entries = Symbol.iterator in init ? init as Iterable<readonly [string, string]> : Object.entries(init);
		for (const [name, value] of entries) this.append(name, value);
	}

	append(name: string, value: string): void {
		const before = this.get(name);
		this.set(name, before === null ? value : `${before}, ${normalized(value)}`);
	}

	set(name: string, value: string): void {
		this.#fields.set(checkedName(name), normalized(value));
	}

	get(name: string): string | null {
		return this.#fields.get(checkedName(name)) ?? null;
	}

	has(name: string): boolean {
		return this.#fields.has(checkedName(name));
	}

	delete(name: string): void {
		this.#fields.delete(checkedName(name));
	}

	forEach(callback: (value: string, name: string, headers: Headers) => void, thisArgument?: unknown): void {
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

	/** In the order of the names. */
	[Symbol.iterator](): IterableIterator<[string, string]> {
		return [...this.#fields].sort(([one], [other]) => one < other ? -1 : 1)[Symbol.iterator]();
	}
}

function checkedName(name: string): string {
	if (!isToken(name)) throw new TypeError(`Headers: ${JSON.stringify(name)} is no header name`);
	return name.toLowerCase();
}

function normalized(value: string): string {
	const trimmed = withoutBlanks(String(value));
	if (!isFieldValue(trimmed)) throw new TypeError(`Headers: ${JSON.stringify(trimmed)} cannot be a header's value`);
	return trimmed;
}
