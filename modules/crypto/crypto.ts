// crypto.getRandomValues (W3C Web Cryptography API section 10.1), from the board's one random generator.

import { CodedError } from "../base/error.ts";

/** What can be filled: integer arrays. */
export type IntegerArray = Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array
	| BigInt64Array | BigUint64Array;

const fill = native<(bytes: Uint8Array) => boolean>("xs_crypto_fill");

/** The specification's limit for one call. */
const mostBytes = 65536;

/**
 * Fills `array` with random numbers and answers it.
 *
 * @throws RangeError when it is longer than 65,536 bytes (the web's QuotaExceededError)
 * @throws CodedError ERR_ENTROPY_STUCK when the random source failed its health test
 */
export function getRandomValues<T extends IntegerArray>(array: T): T {
	if (array.byteLength > mostBytes) {
		throw new RangeError(`getRandomValues: ${array.byteLength} bytes, at most ${mostBytes} at once`);
	}
	if (!fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))) {
		throw new CodedError("ERR_ENTROPY_STUCK", "the random source failed its health test; restart the board");
	}
	return array;
}

export default { getRandomValues };
