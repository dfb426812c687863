// Why a TLS connection ended, in a sentence that says what to do. One table for all codes.

import { CodedError } from "../../../base/error.ts";

/** The facts of an end, as platform/tls gives them. */
export interface TLSFailure {
	readonly code: string;
	readonly host: string;
	/** "open", "connect", "handshake" or "data". */
	readonly phase?: string;
	/** Of the certificate at fault: names, and ISO 8601 dates. */
	readonly subject?: string;
	readonly issuer?: string;
	readonly notBefore?: string;
	readonly notAfter?: string;
	/** The names that the server's certificate is for. */
	readonly names?: string;
	/** The alert that the server sent (RFC 8446 section 6). */
	readonly alert?: number;
	/** The other side is a client of ours; `host` is its address. */
	readonly isClient?: boolean;
	/** Number of Mbed TLS or lwIP, for a report. */
	readonly libraryError?: number;
}

const trust = "If it should be, `npm run certs -- add HOST` puts it into certs/ for the next build, or give it as tls: {ca}.";

const sentences: Readonly<Record<string, string | ((facts: TLSFailure) => string)>> = {
	ERR_TLS_CERT_ALTNAME_INVALID: (f) => `the server's certificate is for ${f.names ?? "no name"}, not for ${f.host}`,
	ERR_TLS_PIN: "the server has a trusted chain, but none of its keys is among the pins: the server has changed its keys, or another answers "
		+ "for it. Ask its operator before you change the pins.",
	CERT_HAS_EXPIRED: (f) => `certificate "${f.subject}" expired ${f.notAfter}; the clock says ${now()}`,
	CERT_NOT_YET_VALID: (f) => `certificate "${f.subject}" is valid from ${f.notBefore} only; the clock says ${now()}`,
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: (f) => `the chain ends at "${f.issuer}", which is no trusted root. ${trust}`,
	SELF_SIGNED_CERT_IN_CHAIN: (f) => `the chain's root "${f.subject}" is not trusted. ${trust}`,
	DEPTH_ZERO_SELF_SIGNED_CERT: (f) => `the server's certificate "${f.subject}" signs itself and is not trusted. ${trust}`,
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: (f) => `the server sent its certificate alone; its issuer "${f.issuer}" is no trusted `
		+ "root. Let the server send the whole chain, or trust that issuer in certs/.",
	ERR_TLS_ROOT_DISTRUSTED: (f) => `certificate "${f.subject}" was issued ${f.notBefore}, when its root had lost the web's trust for new `
		+ "certificates. The server needs one of another authority.",
	ERR_TLS_ROOTS_DAMAGED: "the web's roots are damaged in flash, so none of them is trusted. Flash the whole UF2 again.",
	CA_MD_TOO_WEAK: (f) => `certificate "${f.subject}" is signed with a hash that is no longer safe (SHA-256 or better is asked for)`,
	CA_KEY_TOO_SMALL: (f) => `the key of "${f.issuer}" is too small (RSA from 2048 bits, P-256 or P-384)`,
	EE_KEY_TOO_SMALL: (f) => `the key of "${f.subject}" is too small (RSA from 2048 bits, P-256 or P-384)`,
	INVALID_PURPOSE: (f) => `certificate "${f.subject ?? "of the server"}" is not made for what it is used for here (key usage)`,
	INVALID_CA: (f) => `certificate "${f.subject}" is not one of an authority, and has signed another`,
	PATH_LENGTH_EXCEEDED: (f) => `more authorities stand below "${f.subject}" than it allows`,
	CERT_CHAIN_TOO_LONG: "the chain has more than ten certificates",
	PERMITTED_VIOLATION: (f) => `certificate "${f.subject}" has a name that an authority above it may not vouch for`,
	EXCLUDED_VIOLATION: (f) => `certificate "${f.subject}" has a name that an authority above it excludes`,
	UNHANDLED_CRITICAL_EXTENSION: (f) => `certificate "${f.subject}" has a critical extension that is not known here`,
	ERR_TLS_CERT_MALFORMED: (f) => `certificate "${f.subject}" is not encoded as RFC 5280 describes`,
	ERR_TLS_CERT_PROFILE: (f) => `certificate "${f.subject}" is made as the rules of the web's authorities forbid (CA/B Baseline Requirements)`,
	ERR_TLS_CERT_TOO_COMPLEX: "the server sent more certificates, names or constraints than are looked at",
	ERR_TLS_CERT_KEY_TOO_LARGE: (f) => `the key of "${f.subject}" is larger than RSA-8192`,
	CERT_UNTRUSTED: (f) => `certificate "${f.subject}" is not trusted by Mbed TLS, which judges a second time`,
	CERT_REJECTED: (f) => `certificate "${f.subject}" was rejected`,
	ERR_TLS_CLOCK_UNSET: "the clock is not set, so no certificate can be judged. Set it first, by NTP or setTime().",
	ERR_ENTROPY_STUCK: "the random source failed its health test, so no key can be made. Restart the board; if it comes again, the chip is faulty.",
	ERR_TLS_BUSY: "another TLS connection is open and there is memory for one. Close it first.",
	ERR_TLS_MEMORY: (f) => f.phase === "open"
		? "no memory is left for another connection, or for the roots and certificates that it was given: close others first"
		: "not enough memory for this connection: its certificates are larger than planned for",
	ERR_TLS_HOST: "the host name is empty or longer than 255 characters",
	ERR_TLS_ADDRESS: "the address is none that the board speaks. Resolve the name first.",
	ERR_TLS_KEY: "the private key cannot be used: EC keys on P-256 or P-384 are known, as PKCS #8 or SEC 1. `openssl pkey -in key.pem -outform DER` writes one.",
	ERR_TLS_CERTIFICATE: "the certificate that goes with the private key cannot be read: X.509 in PEM or DER is expected",
	ERR_TLS_KEY_MISMATCH: "the private key is not the one of the certificate: give the key that the first certificate of the chain was issued for",
	ERR_TLS_CERTIFICATE_REQUIRED: "the server asks for a certificate of ours. Give it as tls: {clientCertificate, clientKey}.",
	ERR_TLS_ALERT: (f) => `the server refused with alert ${f.alert} (${alertNames[f.alert ?? -1] ?? "unknown"})`,
	ERR_TLS_CUT: (f) => f.phase === "handshake"
		? "the server closed the connection during the handshake"
		: "the connection was cut without a farewell (close_notify); what came may not be everything",
	ERR_TLS_PROTOCOL: (f) => `the server does not speak TLS 1.2 or 1.3 as it should (Mbed TLS ${f.libraryError ?? 0})`,
	ECLOSED: "the server closed the connection",
	ECONNREFUSED: "nothing listens there",
	ENETUNREACH: "there is no network that leads there. Join one first.",
	ECONNRESET: "the server reset the connection",
	ETIMEDOUT: (f) => f.phase === "handshake" ? "the handshake took too long" : "the server did not answer",
};

// RFC 8446 section 6.
const alertNames: Readonly<Record<number, string>> = {
	10: "unexpected_message",
	20: "bad_record_mac",
	22: "record_overflow",
	40: "handshake_failure",
	42: "bad_certificate",
	43: "unsupported_certificate",
	46: "certificate_unknown",
	47: "illegal_parameter",
	48: "unknown_ca",
	49: "access_denied",
	50: "decode_error",
	51: "decrypt_error",
	70: "protocol_version",
	71: "insufficient_security",
	80: "internal_error",
	86: "inappropriate_fallback",
	90: "user_canceled",
	109: "missing_extension",
	110: "unsupported_extension",
	112: "unrecognized_name",
	116: "certificate_required",
	120: "no_application_protocol",
};

/** The error of an end: stable code, sentence, facts. */
export function tlsError(failure: TLSFailure): CodedError {
	const { code, isClient, ...facts } = failure;
	const told = sentences[code] ?? "TLS failed";
	const text = typeof told === "string" ? told : told(failure);
	const sentence = isClient ? text.replaceAll("the server", "the client") : text;
	return new CodedError(code, `${failure.host}: ${sentence}`, facts);
}

function now(): string {
	return new Date().toISOString();
}
