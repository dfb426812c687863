// PEM to DER (RFC 7468), for the `ca` option of a TLS socket.

import { CodedError } from "../../../base/error.ts";

const begin = "-----BEGIN CERTIFICATE-----";
const end = "-----END CERTIFICATE-----";

/**
 * The certificates of a PEM text, in order, as DER.
 *
 * @throws CodedError ERR_TLS_OPTION when there is none, or one that is not base64
 */
export function derFromPem(pem: string): Uint8Array[] {
	const found: Uint8Array[] = [];
	for (let at = pem.indexOf(begin); at >= 0; at = pem.indexOf(begin, at)) {
		const until = pem.indexOf(end, at);
		if (until < 0) break;
		found.push(bytesFromBase64(pem.slice(at + begin.length, until)));
		at = until;
	}
	if (found.length === 0) {
		throw new CodedError("ERR_TLS_OPTION", `ca: no "${begin}" in the text; give a certificate in PEM or DER`);
	}
	return found;
}

// RFC 4648 section 4; white space and padding are passed over.
function bytesFromBase64(text: string): Uint8Array {
	const bytes = new Uint8Array(Math.floor(text.length * 3 / 4));
	let used = 0;
	let bits = 0;
	let held = 0;
	for (let i = 0; i < text.length; i++) {
		const value = sextet(text.charCodeAt(i));
		if (value < 0) continue;
		bits = (bits << 6 | value) & 0xFFFF;
		held += 6;
		if (held >= 8) {
			held -= 8;
			bytes[used++] = bits >> held;
		}
	}
	return bytes.slice(0, used);
}

function sextet(code: number): number {
	if (code >= 65 && code <= 90) return code - 65;
	if (code >= 97 && code <= 122) return code - 71;
	if (code >= 48 && code <= 57) return code + 4;
	if (code === 43) return 62;
	if (code === 47) return 63;
	if (code === 61 || code <= 32) return -1;
	throw new CodedError("ERR_TLS_OPTION", `ca: character ${code} is not base64; the certificate is damaged`);
}
