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

const orTrust = "If it should be: `npm run certs -- add <host>`, or a PEM file in its place, for the next build; tls: {ca} for one connection.";
const operator = "Only who runs the server can mend that.";

/** What stands in `<>` is put in. Of a code there may be one for a phase. */
const sentences: Readonly<Record<string, string>> = {
	ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for <names>, not for <host>. Ask for it by one of its names, or let it get a certificate for this one.",
	ERR_TLS_PIN: "the server has a trusted chain, but none of its keys is among the pins: the server has changed its keys, or another answers "
		+ "for it. Ask its operator before you change the pins.",
	CERT_HAS_EXPIRED: "<certificate> expired <notAfter>; the clock says <now>. The server needs a new one. If the clock is wrong, synchronizeClock() sets it.",
	CERT_NOT_YET_VALID: "<certificate> is valid from <notBefore> only; the clock says <now>. If that is wrong, synchronizeClock() sets it.",
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `the chain ends at "<issuer>", which is no trusted root. ${orTrust}`,
	SELF_SIGNED_CERT_IN_CHAIN: `the chain's root "<subject>" is not trusted. ${orTrust}`,
	DEPTH_ZERO_SELF_SIGNED_CERT: "the server's certificate \"<subject>\" signs itself, so nobody vouches for it. Let a root of your own sign one for it, and trust "
		+ "that: `npm run certs -- add root.pem`, or tls: {ca}.",
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: `the server sent its certificate alone; its issuer "<issuer>" is no trusted root. Let the server send the whole chain. ${orTrust}`,
	ERR_TLS_ROOT_DISTRUSTED: "certificate \"<subject>\" was issued <notBefore>, when its root had lost the web's trust for new certificates. The server needs one of "
		+ "another authority than \"<issuer>\".",
	ERR_TLS_ROOTS_DAMAGED: "the web's roots are damaged in flash, so none of them is trusted. Flash the whole UF2 again.",
	CA_MD_TOO_WEAK: `<certificate> is signed with a hash that is no longer safe; SHA-256 or better is asked for. ${operator}`,
	CA_KEY_TOO_SMALL: `the key of the authority "<subject>" is too small, or of no known kind: RSA from 2048 bits, P-256, P-384. ${operator}`,
	EE_KEY_TOO_SMALL: `the key of "<subject>" is too small, or of no known kind: RSA from 2048 bits, P-256, P-384. ${operator}`,
	INVALID_PURPOSE: `<certificate> is made for something else than to prove a TLS server (key usage, extended key usage). ${operator}`,
	INVALID_CA: `<certificate> is not one of an authority, and has signed another. ${operator}`,
	PATH_LENGTH_EXCEEDED: `more authorities stand below "<subject>" than it allows. ${operator}`,
	CERT_CHAIN_TOO_LONG: "the server's chain has more than ten certificates",
	PERMITTED_VIOLATION: `<certificate> has a name that an authority above it may not vouch for (name constraints). ${operator}`,
	EXCLUDED_VIOLATION: `<certificate> has a name that an authority above it excludes (name constraints). ${operator}`,
	UNHANDLED_CRITICAL_EXTENSION: `<certificate> has a critical extension that is not known here, and must not be passed over. ${operator}`,
	ERR_TLS_CERT_MALFORMED: `<certificate> is damaged, or not encoded as RFC 5280 describes. ${operator}`,
	ERR_TLS_CERT_PROFILE: "<certificate> breaks a rule of RFC 5280 or, when its root is of the web, of the CA/B Baseline Requirements: a name in it is none, or a part is "
		+ "missing or must not be there. A linter of certificates, such as zlint, names the rule.",
	ERR_TLS_CERT_TOO_COMPLEX: "the server sent more certificates, names or constraints than are looked at",
	ERR_TLS_CERT_KEY_TOO_LARGE: "the key of \"<subject>\" is larger than RSA-8192, the most that is worked with",
	CERT_UNTRUSTED: "<certificate> was trusted by the first judgement and not by the second, Mbed TLS's. Please report it, with the server's chain.",
	CERT_REJECTED: "<certificate> was trusted by the first judgement and refused by the second, Mbed TLS's. Please report it, with the server's chain.",
	ERR_TLS_CLOCK_UNSET: "the clock is not set, so no certificate can be judged. Set it first: await synchronizeClock() of \"network/ntp\", or setTime().",
	ERR_ENTROPY_STUCK: "the random source failed its health test, so no key can be made. Restart the board; if it comes again, the chip is faulty.",
	ERR_TLS_BUSY: "another TLS connection is open and there is memory for one. Close it first, or make room: \"defines\": {\"tls\": {\"connections\": 2}} in the manifest.",
	ERR_TLS_MEMORY: "not enough memory for this connection: the server's certificates are larger than planned for",
	"ERR_TLS_MEMORY open": "no memory is left for another connection, or for the roots and certificates that it was given: close others first",
	ERR_TLS_HOST: "the host name is empty or longer than 255 characters",
	ERR_TLS_ADDRESS: "the address is none that the board speaks. Resolve the name first.",
	ERR_TLS_KEY: "the private key cannot be used: EC keys on P-256 or P-384 are known, as PKCS #8 or SEC 1. `openssl pkey -in key.pem -outform DER` writes one.",
	ERR_TLS_CERTIFICATE: "the certificate that goes with the private key cannot be read: X.509 in PEM or DER is expected",
	ERR_TLS_KEY_MISMATCH: "the private key is not the one of the certificate: give the key that the first certificate of the chain was issued for",
	ERR_TLS_CERTIFICATE_REQUIRED: "the server asks for a certificate of ours. Give it as tls: {clientCertificate, clientKey}.",
	ERR_TLS_ALERT: "the server refused with alert <alert> (<alertText>)",
	ERR_TLS_CUT: "the connection was cut without a farewell (close_notify); what came may not be everything",
	"ERR_TLS_CUT handshake": "the server closed the connection during the handshake. Does it speak TLS 1.2 or 1.3 at this port?",
	ERR_TLS_PROTOCOL: "the server does not speak TLS 1.2 or 1.3 as it should (Mbed TLS <libraryError>). Is it a port for TLS?",
	ECLOSED: "the server closed the connection",
	ECONNREFUSED: "nothing listens there",
	ENETUNREACH: "there is no network that leads there. Join one first.",
	ECONNRESET: "the server reset the connection",
	ETIMEDOUT: "the server did not answer",
	"ETIMEDOUT handshake": "the handshake took too long",
};

const ours = ": it does not take our certificate";

// RFC 8446 section 6, with what it mostly means where its name does not say it.
const alerts: Readonly<Record<number, string>> = {
	10: "unexpected_message",
	20: "bad_record_mac",
	22: "record_overflow",
	40: "handshake_failure: there is no version, suite or curve that both know, or it wants a certificate of ours",
	42: `bad_certificate${ours}`,
	43: `unsupported_certificate${ours}`,
	46: `certificate_unknown${ours}`,
	47: "illegal_parameter",
	48: `unknown_ca${ours}`,
	49: "access_denied",
	50: "decode_error",
	51: "decrypt_error",
	70: "protocol_version: it does not speak the versions that were offered",
	71: "insufficient_security",
	80: "internal_error: something failed over there",
	86: "inappropriate_fallback",
	90: "user_canceled",
	109: "missing_extension",
	110: "unsupported_extension",
	112: "unrecognized_name: it does not know this host name",
	116: "certificate_required",
	120: "no_application_protocol: it speaks none of those that were offered",
};

/** The error of an end: stable code, sentence, facts. */
export function tlsError(failure: TLSFailure): CodedError {
	const { code, isClient, ...facts } = failure;
	const sentence = sentences[`${code} ${failure.phase}`] ?? sentences[code] ?? "TLS failed";
	const text = filled(isClient ? sentence.replaceAll("the server", "the client") : sentence, failure);
	return new CodedError(code, `${failure.host}: ${text}`, facts);
}

function filled(sentence: string, facts: TLSFailure): string {
	const { subject = "of the server", issuer, alert = -1 } = facts;
	const values: Readonly<Record<string, unknown>> = {
		names: "no name", libraryError: 0, ...facts, subject,
		certificate: `certificate "${subject}"${issuer === undefined ? "" : `, issued by "${issuer}",`}`,
		now: new Date().toISOString(),
		alertText: alerts[alert] ?? "unknown",
	};
	const [first, ...rest] = sentence.split("<");
	return first + rest.map(piece => {
		const end = piece.indexOf(">");
		return `${values[piece.slice(0, end)]}${piece.slice(end + 1)}`;
	}).join("");
}
