// Certificates and keys as they are given to a TLS socket: PEM (RFC 7468), or DER, several of them in a row too.

import { CodedError } from "../../../base/error.ts";

/** A certificate or key: DER bytes, or text in PEM. Each may hold several, one behind the other. */
export type Certificate = ArrayBufferLike | ArrayBufferView | string;

/** What stands in a PEM's first line behind BEGIN, by what is looked for. */
const labels = {
	certificate: ["CERTIFICATE"],
	key: ["PRIVATE KEY", "EC PRIVATE KEY"],
} as const;

/**
 * All that were given, in order, each as DER in bytes of its own place or of the caller's.
 *
 * @param option the option that they were given in, for the error
 * @throws CodedError ERR_TLS_OPTION when a text holds none, or one that is not base64
 */
export function derOf(given: Certificate | readonly Certificate[] | undefined, kind: keyof typeof labels, option: string): Uint8Array[] {
	if (given === undefined) return [];
	const list = Array.isArray(given) ? given as readonly Certificate[] : [given as Certificate];
	return list.flatMap(one => typeof one === "string" ? derFromPem(one, kind, option) : split(bytesOf(one)));
}

/** Undefined for a character that is no base64. */
const decode = native<(base64: string) => ArrayBuffer | undefined>("xs_tls_base64");

function derFromPem(pem: string, kind: keyof typeof labels, option: string): Uint8Array[] {
	const found: Uint8Array[] = [];
	const begin = "-----BEGIN ";
	for (let at = pem.indexOf(begin); at >= 0; at = pem.indexOf(begin, at)) {
		const dashes = pem.indexOf("-----", at + begin.length);
		const label = pem.slice(at + begin.length, dashes);
		const until = pem.indexOf(`-----END ${label}-----`, dashes);
		if (dashes < 0 || until < 0) break;
		if ((labels[kind] as readonly string[]).includes(label)) {
			const der = decode(pem.slice(dashes + 5, until));
			if (der === undefined) throw new CodedError("ERR_TLS_OPTION", `${option}: a character of the PEM is not base64; it is damaged`);
			found.push(new Uint8Array(der));
		}
		at = until;
	}
	if (found.length === 0) {
		throw new CodedError("ERR_TLS_OPTION", `${option}: no "${begin}${labels[kind].join(`-----" or "${begin}`)}-----" in the text; `
			+ `give a ${kind} in PEM${kind === "key" ? " that is not encrypted" : ""}, or in DER`);
	}
	return found;
}

/** One SEQUENCE behind the other (X.690 8.1.3). What is none is left whole: its reader says so. */
function split(bytes: Uint8Array): Uint8Array[] {
	const found: Uint8Array[] = [];
	let at = 0;
	while (at + 4 <= bytes.length && bytes[at] === 0x30) {
		const first = bytes[at + 1]!;
		const count = first < 0x80 ? 0 : first & 0x7F;
		let length = count === 0 ? first : 0;
		for (let i = 0; i < count; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
		const end = at + 2 + count + length;
		if (end > bytes.length) break;
		found.push(bytes.subarray(at, end));
		at = end;
	}
	return at === bytes.length && found.length > 0 ? found : [bytes];
}

/** The bytes of any buffer or view. */
export function bytesOf(value: ArrayBufferLike | ArrayBufferView): Uint8Array {
	return value instanceof Uint8Array ? value
		: ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value);
}
