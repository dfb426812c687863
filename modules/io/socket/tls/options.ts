// What the options of TLS sockets and listeners hold, as C takes it: versions, names, certificates and keys, in PEM (RFC 7468) or DER.
// Used by tls.ts and listener.ts.

import { bytesOf } from "../../../base/bytes.ts";
import { CodedError } from "../../../base/error.ts";

export type TLSVersion = "1.2" | "1.3" | "TLSv1.2" | "TLSv1.3" | 0x0303 | 0x0304;

/** A name of ALPN (RFC 7301), as text or bytes. */
export type ProtocolName = string | ArrayBufferLike | ArrayBufferView;

type Given = Certificate | readonly Certificate[] | undefined;

// As tls_connection.h and tls.c.
const mostProtocols = 4;
const mostProtocolCharacters = 63;
const mostOwnCertificates = 4;
// PIN_BYTES of judgement.h.
const pinBytes = 32;
const mostPins = 8;

/** Between commas, as C has them. @throws CodedError ERR_TLS_OPTION */
export function protocolNames(given: ProtocolName | readonly ProtocolName[] = []): string {
	const list = Array.isArray(given) ? given as readonly ProtocolName[] : [given as ProtocolName];
	const names = list.map(one => typeof one === "string" ? one : String.fromCharCode(...bytesOf(one)));
	const joined = names.join(",");
	// tls.c has them between commas; other characters than these are in no name that IANA lists.
	if (names.some(name => !/^[!-+\x2D-~]{1,63}$/.test(name)) || names.length > mostProtocols || joined.length > mostProtocolCharacters) {
		throw new CodedError("ERR_TLS_OPTION", `applicationLayerProtocol ${JSON.stringify(names)}: expected at most ${mostProtocols} names, `
			+ `${mostProtocolCharacters} characters together, without blanks and commas`);
	}
	return joined;
}

/**
 * A key and its chain, or nothing.
 *
 * @throws CodedError ERR_TLS_OPTION, by the options' names: one without the other, several keys, too long a chain
 */
export function identityOf(key: Given, certificate: Given, keyOption: string, certificateOption: string): Uint8Array[] {
	if (key === undefined && certificate === undefined) return [];
	if (key === undefined || certificate === undefined) {
		throw new CodedError("ERR_TLS_OPTION", `${keyOption} and ${certificateOption} belong together: ${key === undefined ? keyOption : certificateOption} is missing`);
	}
	const keys = derOf(key, "key", keyOption);
	const chain = derOf(certificate, "certificate", certificateOption);
	if (keys.length !== 1 || chain.length > mostOwnCertificates) {
		throw new CodedError("ERR_TLS_OPTION", `${keyOption}, ${certificateOption}: ${keys.length} keys and ${chain.length} certificates; expected one key, `
			+ `and its chain of at most ${mostOwnCertificates}`);
	}
	return [...keys, ...chain];
}

/** For C: 32 bytes each; none for no option. @throws CodedError ERR_TLS_OPTION */
export function pinsOf(given: string | readonly string[] | undefined): Uint8Array {
	const texts = typeof given === "string" ? [given] : given;
	if (texts === undefined) return new Uint8Array(0);
	const pins = new Uint8Array(texts.length * pinBytes);
	if (texts.length === 0 || texts.length > mostPins) {
		throw new CodedError("ERR_TLS_OPTION", `pins: ${texts.length} of them, expected 1 to ${mostPins}`);
	}
	texts.forEach((text, index) => {
		const [, base64] = /^sha256\/\/?([A-Za-z0-9+/]{43})=$/.exec(text) ?? [];
		if (base64 === undefined) {
			throw new CodedError("ERR_TLS_OPTION", `pins: ${JSON.stringify(text)}, expected "sha256/" and 44 characters of base64, the digest of a public key`);
		}
		pins.set(new Uint8Array(decode(base64)!).subarray(0, pinBytes), index * pinBytes);
	});
	return pins;
}

/** As on the wire (RFC 8446 section 4.2.1); 0 for none given. @throws CodedError ERR_TLS_OPTION */
export function versionNumber(version: TLSVersion | undefined): number {
	switch (version) {
		case undefined:
			return 0;
		case "1.2":
		case "TLSv1.2":
		case 0x0303:
			return 0x0303;
		case "1.3":
		case "TLSv1.3":
		case 0x0304:
			return 0x0304;
		default:
			throw new CodedError("ERR_TLS_OPTION", `TLS version ${String(version)}: only "1.2" and "1.3" are supported`);
	}
}

/** For C: each a length of 4 bytes, little endian, and DER. */
export function packed(list: readonly Uint8Array[]): Uint8Array {
	const bytes = new Uint8Array(list.reduce((sum, one) => sum + 4 + one.byteLength, 0));
	const view = new DataView(bytes.buffer);
	let at = 0;
	for (const one of list) {
		view.setUint32(at, one.byteLength, true);
		bytes.set(one, at + 4);
		at += 4 + one.byteLength;
	}
	return bytes;
}

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
