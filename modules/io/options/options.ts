// Checks of what the classes of embedded:io are given: a wrong kind is a TypeError, a value out of its bounds a RangeError.

/** An integer of `low` to `high`. `what` names it in the error. */
export function integer(what: string, value: unknown, low: number, high: number): number {
	if (typeof value !== "number") {
		throw new TypeError(`${what}: found ${value === undefined ? "nothing" : typeof value}, expected an integer of ${low} to ${high}`);
	}
	if (!Number.isInteger(value) || value < low || value > high) {
		throw new RangeError(`${what}: found ${value}, expected an integer of ${low} to ${high}`);
	}
	return value;
}

/** A function, or nothing. */
export function callback<F>(what: string, value: F): F {
	if (value !== undefined && typeof value !== "function") {
		throw new TypeError(`${what}: found ${typeof value}, expected a function`);
	}
	return value;
}

/** One of the formats that a class knows. */
export function format<F extends string>(value: unknown, known: readonly F[]): F {
	if (!known.includes(value as F)) {
		throw new RangeError(`format: found ${String(value)}, expected ${known.join(" or ")}`);
	}
	return value as F;
}

/** The bytes of a buffer or a view, in place. */
export function bytes(what: string, value: unknown): Uint8Array {
	if (value instanceof Uint8Array) return value;
	if (value instanceof ArrayBuffer) return new Uint8Array(value);
	if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
	throw new TypeError(`${what}: found ${typeof value}, expected an ArrayBuffer or a view of one`);
}
