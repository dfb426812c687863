// atob and btoa (WHATWG HTML, 8.3): Base64 of strings whose characters are bytes. base64.c does the work.

import { DOMException } from "../web/dom-exception.ts";

const encode = native<(binary: string) => string | null>("xs_base64_encode");
const decode = native<(base64: string) => string | null>("xs_base64_decode");

/**
 * The Base64 of a string whose characters are bytes, U+0000 to U+00FF.
 * @throws DOMException InvalidCharacterError for a character beyond U+00FF
 */
export function btoa(binary: string): string {
	const result = encode(String(binary));
	if (result === null) throw new DOMException("btoa: a character is beyond U+00FF; encode text with TextEncoder first", "InvalidCharacterError");
	return result;
}

/**
 * The bytes of some Base64, one character each. White space in it counts for nothing, padding may be missing.
 * @throws DOMException InvalidCharacterError when it is no Base64
 */
export function atob(base64: string): string {
	const result = decode(String(base64));
	if (result === null) throw new DOMException("atob: that is no Base64", "InvalidCharacterError");
	return result;
}
