// What the options of TLS sockets and listeners hold, as C takes it. Used by tls.ts and listener.ts.

import { CodedError } from "../../../base/error.ts";
import { bytesOf, derOf, type Certificate } from "./pem.ts";

export type TLSVersion = "1.2" | "1.3" | "TLSv1.2" | "TLSv1.3" | 0x0303 | 0x0304;

/** A name of ALPN (RFC 7301), as text or bytes. */
export type ProtocolName = string | ArrayBufferLike | ArrayBufferView;

type Given = Certificate | readonly Certificate[] | undefined;

// As tls_connection.h and tls.c.
const mostProtocols = 4;
const mostProtocolCharacters = 63;
const mostOwnCertificates = 4;

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
