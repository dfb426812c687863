// What the tests of the validator share: a question with a usual chain, and DER written by hand.

import { sign } from "node:crypto";
import { type CertificateRequest, type ExtensionRequest, type Issued, issue } from "../../../tools/certificates/issue.ts";
import { judge, type PathCase, type Verdict } from "../../../tools/conformance/judge.ts";

export const host = "site.example";
export const now = new Date("2026-06-01T00:00:00Z");

/** One element of DER (X.690 8.1). */
export function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
	const bytes = Buffer.concat(content);
	const length = bytes.length < 0x80 ? [bytes.length]
		: bytes.length < 0x100 ? [0x81, bytes.length]
		: bytes.length < 0x10000 ? [0x82, bytes.length >> 8, bytes.length & 0xFF]
		: [0x83, bytes.length >> 16, bytes.length >> 8 & 0xFF, bytes.length & 0xFF];
	return Buffer.concat([Buffer.of(tag, ...length), bytes]);
}

export const sequence = (...content: readonly Uint8Array[]): Uint8Array => der(0x30, ...content);

export const text = (tag: number, value: string): Uint8Array => der(tag, Buffer.from(value));

/** A general name (RFC 5280 4.2.1.6). */
export const general = {
	email: (value: string) => text(0x81, value),
	dns: (value: string) => text(0x82, value),
	address: (...bytes: readonly number[]) => der(0x87, Buffer.from(bytes)),
	uri: (value: string) => text(0x86, value),
	directory: (...commonNames: readonly string[]) => der(0xA4, sequence(...commonNames.map(name =>
		der(0x31, sequence(Buffer.of(6, 3, 0x55, 4, 3), text(0x0C, name)))))),
};

/** nameConstraints of general names. */
export function constraints(permitted: readonly Uint8Array[], excluded: readonly Uint8Array[], critical = true): ExtensionRequest {
	const list = (tag: number, bases: readonly Uint8Array[]) => bases.length === 0 ? Buffer.of() : der(tag, ...bases.map(base => sequence(base)));
	return { oid: "2.5.29.30", critical, value: sequence(list(0xA0, permitted), list(0xA1, excluded)) };
}

export function names(...list: readonly Uint8Array[]): ExtensionRequest {
	return { oid: "2.5.29.17", value: sequence(...list) };
}

/** The elements of DER that stand one behind the other. */
function elements(bytes: Uint8Array): Uint8Array[] {
	const found: Uint8Array[] = [];
	for (let at = 0; at < bytes.length;) {
		const long = bytes[at + 1]! & 0x80 ? bytes[at + 1]! & 0x7F : 0;
		const length = long === 0 ? bytes[at + 1]! : Buffer.from(bytes).readUIntBE(at + 2, long);
		found.push(bytes.subarray(at, at + 2 + long + length));
		at += 2 + long + length;
	}
	return found;
}

const inside = (element: Uint8Array): Uint8Array => element.subarray(2 + (element[1]! & 0x80 ? element[1]! & 0x7F : 0));

/** The parts of what is signed (RFC 5280 4.1), in their order. */
const parts = ["version", "serial", "algorithm", "issuer", "validity", "subject", "key", "extensions"] as const;

export interface Forms extends Partial<Record<(typeof parts)[number], Uint8Array>> {
	/** Behind the last of them. */
	readonly more?: Uint8Array;
	/** What stands in front of the signature again. Default: as inside. */
	readonly outerAlgorithm?: Uint8Array;
	/** Bits of the signature's last byte that are said to be none. Default 0. */
	readonly unusedBits?: number;
	/** Leaves the extensions out. */
	readonly isBare?: boolean;
}

/** The certificate with other parts, DER, signed by its issuer again. */
export function changed(of: Issued, issuer: Issued, { more = Buffer.of(), outerAlgorithm, unusedBits = 0, isBare = false, ...forms }: Forms): Uint8Array {
	const [signed, algorithm] = elements(inside(of.certificateDer));
	const usual = elements(inside(signed!)).filter((_, at) => !(isBare && parts[at] === "extensions"));
	const whole = sequence(...usual.map((part, at) => forms[parts[at]!] ?? part), more);
	return sequence(whole, outerAlgorithm ?? forms.algorithm ?? algorithm!, der(3, Buffer.of(unusedBits), sign("sha256", whole, issuer.keyPem)));
}

export interface Chain {
	readonly root: Issued;
	readonly middle: Issued;
	readonly leaf: Issued;
}

/** A root, an intermediate and a leaf, each as asked for. */
export async function chain(changes: { readonly [part in keyof Chain]?: Partial<CertificateRequest> } = {}): Promise<Chain> {
	const root = await issue({ subject: "Root", issuer: "self", ca: true, ...changes.root });
	const middle = await issue({ subject: "Middle", issuer: root, ca: true, ...changes.middle });
	return { root, middle, leaf: await issue({ names: [host], issuer: middle, ...changes.leaf }) };
}

/** A question with a chain, or with what `change` gives in its place. */
export function question({ root, middle, leaf }: Chain, change: Partial<PathCase> = {}): PathCase {
	return { name: "case", sent: [leaf.certificateDer, middle.certificateDer], roots: [root.certificateDer], host, now, ...change };
}

/** The verdict on a question; "both": Mbed TLS judges too. */
export async function ask(made: Chain, change: Partial<PathCase> = {}, by?: "both"): Promise<Verdict> {
	return (await judge([question(made, change)], by))[0]!;
}
