// crypto.getRandomValues and crypto.randomUUID (W3C Web Cryptography API, sections 10.1 and 10.2), from the board's one random generator.

import { CodedError } from "../base/error.ts";
import { DOMException } from "../web/dom-exception.ts";

/** What can be filled: integer arrays. */
export type IntegerArray = Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array
	| BigInt64Array | BigUint64Array;

const fill = native<(bytes: Uint8Array) => boolean>("xs_crypto_fill");

/** The specification's limit for one call. */
const mostBytes = 65536;

/**
 * Fills `array` with random numbers and answers it.
 *
 * @throws DOMException TypeMismatchError when it is no array of integers
 * @throws DOMException QuotaExceededError when it is longer than 65,536 bytes
 * @throws CodedError ERR_ENTROPY_STUCK when the random source failed its health test
 */
export function getRandomValues<T extends IntegerArray>(array: T): T {
	if (!ArrayBuffer.isView(array) || array instanceof DataView || array instanceof Float32Array || array instanceof Float64Array) {
		throw new DOMException("getRandomValues: expected an array of integers", "TypeMismatchError");
	}
	if (array.byteLength > mostBytes) {
		throw new DOMException(`getRandomValues: ${array.byteLength} bytes, at most ${mostBytes} at once`, "QuotaExceededError");
	}
	if (!fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))) {
		throw new CodedError("ERR_ENTROPY_STUCK", "the random source failed its health test; restart the board");
	}
	return array;
}

/**
 * A random UUID, version 4 (RFC 9562 section 5.4): "36b8f84d-df4e-4d49-b662-bcde71a8764f".
 *
 * @throws CodedError ERR_ENTROPY_STUCK when the random source failed its health test
 */
export function randomUUID(): `${string}-${string}-${string}-${string}-${string}` {
	const bytes = getRandomValues(new Uint8Array(16));
	bytes[6] = bytes[6]! & 0x0f | 0x40;
	bytes[8] = bytes[8]! & 0x3f | 0x80;
	const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("");
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export default { getRandomValues, randomUUID };
