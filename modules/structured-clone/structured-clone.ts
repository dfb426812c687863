// structuredClone (WHATWG HTML, 2.7): a deep copy, cycles and all, of data; functions and what has an inside are refused.

import { DOMException } from "../web/dom-exception.ts";

export interface StructuredSerializeOptions {
	/** Buffers whose bytes move to the copy instead of being copied; the originals are empty afterwards. */
	readonly transfer?: readonly ArrayBuffer[];
}

const errors: Readonly<Record<string, ErrorConstructor>> = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

/**
 * A copy of `value` that shares nothing with it: primitives and their objects, Date, RegExp, Map, Set, ArrayBuffer and its views,
 * Error, arrays and plain objects, each object once however often it is met. Of other objects their own enumerable properties are copied.
 * @throws DOMException DataCloneError for a function, a symbol, a Promise, a weak collection, or a buffer to transfer that is none
 */
export function structuredClone<T>(value: T, { transfer = [] }: StructuredSerializeOptions = {}): T {
	if (arguments.length === 0) throw new TypeError("structuredClone: expected a value");
	const copies = new Map<object, object>();
	for (const buffer of transfer) {
		if (!(buffer instanceof ArrayBuffer) || copies.has(buffer)) throw refusal("a value to transfer that is no ArrayBuffer, or stands twice,");
		copies.set(buffer, new ArrayBuffer(buffer.byteLength));
	}
	const copied = copy(value, copies) as T;
	// Nothing has moved when something was refused.
	for (const buffer of transfer) {
		new Uint8Array(copies.get(buffer) as ArrayBuffer).set(new Uint8Array(buffer));
		detach(buffer);
	}
	return copied;
}

/** ES2024, and in the engine: it leaves the buffer without bytes. */
function detach(buffer: ArrayBuffer): void {
	(buffer as ArrayBuffer & { transfer(length?: number): ArrayBuffer }).transfer(0);
}

function refusal(what: string): DOMException {
	return new DOMException(`structuredClone: ${what} cannot be cloned`, "DataCloneError");
}

function copy(value: unknown, copies: Map<object, object>): unknown {
	if (typeof value === "function") throw refusal(`the function ${value.name || "without a name"}`);
	if (typeof value === "symbol") throw refusal("a symbol");
	if (typeof value !== "object" || value === null) return value;
	const known = copies.get(value);
	if (known !== undefined) return known;
	if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef || value instanceof Symbol) {
		throw refusal(`a ${value.constructor.name}`);
	}
	const result = shell(value, copies);
	copies.set(value, result);
	if (value instanceof Map) {
		const entries = [...value].map(([key, one]) => [copy(key, copies), copy(one, copies)] as const);
		for (const [key, one] of entries) (result as Map<unknown, unknown>).set(key, one);
	} else if (value instanceof Set) {
		for (const one of [...value].map(each => copy(each, copies))) (result as Set<unknown>).add(one);
	} else if (value instanceof Error) {
		copyError(value, result as Error, copies);
	} else if (hasProperties(value)) {
		for (const key of Object.keys(value)) {
			Object.defineProperty(result, key, { value: copy((value as Record<string, unknown>)[key], copies), writable: true, enumerable: true, configurable: true });
		}
	}
	return result;
}

/** The new object of the same kind, before what is in it. */
function shell(value: object, copies: Map<object, object>): object {
	if (Array.isArray(value)) return new Array(value.length);
	if (value instanceof Date) return new Date(value.getTime());
	if (value instanceof RegExp) return new RegExp(value.source, value.flags);
	if (value instanceof Map) return new Map();
	if (value instanceof Set) return new Set();
	if (value instanceof ArrayBuffer) return value.slice(0);
	if (ArrayBuffer.isView(value)) return view(value, copies);
	if (value instanceof Error) return new (errors[value.name] ?? Error)(value.message);
	if (value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt) return Object(value.valueOf());
	return {};
}

function view(value: ArrayBufferView, copies: Map<object, object>): object {
	const buffer = copy(value.buffer, copies) as ArrayBuffer;
	const { constructor } = value as unknown as { constructor: new (buffer: ArrayBuffer, offset: number, length: number) => object };
	return new constructor(buffer, value.byteOffset, value instanceof DataView ? value.byteLength : (value as unknown as ArrayLike<unknown>).length);
}

function hasProperties(value: object): boolean {
	return !(value instanceof Date || value instanceof RegExp || value instanceof ArrayBuffer || ArrayBuffer.isView(value)
		|| value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt);
}

function copyError(value: Error, result: Error, copies: Map<object, object>): void {
	if (Object.hasOwn(value, "cause")) {
		Object.defineProperty(result, "cause", { value: copy(value.cause, copies), writable: true, enumerable: false, configurable: true });
	}
	if (value.stack !== undefined) Object.defineProperty(result, "stack", { value: value.stack, writable: true, enumerable: false, configurable: true });
}
