// The web's roots as the table that the device reads in place: platform/trust/root_store.h says how it lies. Of a root it keeps a
// digest of its name, its key, its dates and what people call it.

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { UserError } from "../user-error.ts";
import { type Element, parts } from "./der.ts";

/** Flash for it: platform/linker/memory_flash.incl. */
export const rootStoreRoomBytes = 64 * 1024;

export interface WebRoot {
	/** What people call it. */
	readonly label: string;
	readonly der: Uint8Array;
	/** Leaves that begin later are not trusted. */
	readonly distrustAfter?: Date;
	/** DNS names, and those below them, that it may vouch for. Default any. */
	readonly permittedNames?: readonly string[];
}

const magic = 0x53524650; // "PFRS"
const version = 1;
const headerBytes = 32;
const checkedOffset = 16;
const rootBytes = 32;
const digestBytes = 12;
const anyPathLength = 255;

/**
 * The store of these roots, whole words long.
 * @throws UserError when it does not fit, Error for a root that breaks a rule: ask `rootFault` first
 */
export function compileRootStore(roots: readonly WebRoot[]): Uint8Array {
	const sorted = roots.map(facts).sort((one, other) => Buffer.compare(one.digest, other.digest));
	const place = headerBytes + sorted.length * rootBytes;
	const length = sorted.reduce((sum, root) => sum + padded(root.bytes.length), place);
	if (length > rootStoreRoomBytes) {
		throw new UserError(`${roots.length} roots take ${length} bytes, and ${rootStoreRoomBytes} are kept for them in flash: build with --roots lite`);
	}
	const store = new Uint8Array(length);
	const view = new DataView(store.buffer);
	view.setUint32(0, magic, true);
	view.setUint32(4, version, true);
	view.setUint32(8, length, true);
	view.setUint32(16, sorted.length, true);
	let at = place;
	sorted.forEach((root, index) => {
		const offset = headerBytes + index * rootBytes;
		store.set(root.digest, offset);
		view.setUint32(offset + 12, root.notBefore, true);
		view.setUint32(offset + 16, root.notAfter, true);
		view.setUint32(offset + 20, root.distrustAfter, true);
		view.setUint16(offset + 24, at / 4, true);
		view.setUint16(offset + 26, root.key.length, true);
		view.setUint16(offset + 28, root.constraints.length, true);
		view.setUint8(offset + 30, root.label.length);
		view.setUint8(offset + 31, root.pathLength);
		store.set(root.bytes, at);
		at += padded(root.bytes.length);
	});
	view.setUint32(12, crc32(store.subarray(checkedOffset)), true);
	return store;
}

/**
 * Why a root cannot be in a store, as the end of a sentence; undefined when it can. A trust anchor is a name and a key: the forms that
 * CA/B BR 7.1.2.1 asks of its certificate are not asked here, but nothing that its certificate forbids may get lost.
 */
export function rootFault(der: Uint8Array): string | undefined {
	const { subject, issuer, key, extensions } = read(der);
	const basic = extensions.get(oids.basicConstraints);
	const usage = extensions.get(oids.keyUsage);
	if (basic === undefined || parts(basic.value)[0]?.content[0] !== 0xff) {
		return "does not say that it is an authority";
	}
	if (!Buffer.from(subject).equals(issuer)) {
		return "does not sign itself";
	}
	if (usage !== undefined && ((usage.value[3] ?? 0) & 0x04) === 0) {
		return "may not sign certificates (key usage)";
	}
	if (extensions.has(oids.purposes) || extensions.has(oids.nameConstraints)) {
		return "limits what it may be used for, which a store cannot say";
	}
	if ([...extensions].some(([oid, { critical }]) => critical && oid !== oids.basicConstraints && oid !== oids.keyUsage)) {
		return "has a critical extension that is not known";
	}
	return isStrong(key) ? undefined : "has a key that is too weak or of an unknown kind";
}

/** What a store says, for tests and lists. */
export function readRootStore(store: Uint8Array): { digest: Uint8Array; key: Uint8Array; label: string; notAfter: Date }[] {
	const view = new DataView(store.buffer, store.byteOffset, store.byteLength);
	if (view.getUint32(0, true) !== magic || view.getUint32(12, true) !== crc32(store.subarray(checkedOffset))) {
		throw new Error("root store: it is damaged");
	}
	return Array.from({ length: view.getUint32(16, true) }, (_, index) => {
		const offset = headerBytes + index * rootBytes;
		const at = view.getUint16(offset + 24, true) * 4;
		const keyEnd = at + view.getUint16(offset + 26, true);
		const labelStart = keyEnd + view.getUint16(offset + 28, true);
		return {
			digest: store.subarray(offset, offset + digestBytes),
			key: store.subarray(at, keyEnd),
			label: new TextDecoder().decode(store.subarray(labelStart, labelStart + store[offset + 30]!)),
			notAfter: new Date(view.getUint32(offset + 16, true) * 1000),
		};
	});
}

/** By what a root is found: the first bytes of SHA-256 over its subject's DER. */
export function nameDigest(subject: Uint8Array): Uint8Array {
	return createHash("sha256").update(subject).digest().subarray(0, digestBytes);
}

/** The subject of a certificate, DER. */
export function subjectOf(der: Uint8Array): Uint8Array {
	return read(der).subject;
}

const oids = {
	keyUsage: "551d0f",
	basicConstraints: "551d13",
	nameConstraints: "551d1e",
	purposes: "551d25",
	rsa: "2a864886f70d010101",
	ec: "2a8648ce3d0201",
	p256: "2a8648ce3d030107",
	p384: "2b81040022",
};

function facts({ label, der, distrustAfter, permittedNames = [] }: WebRoot) {
	const fault = rootFault(der);
	if (fault !== undefined) {
		throw new Error(`root "${label}": it ${fault}`);
	}
	const { subject, key, validity, extensions } = read(der);
	const pathLength = parts(extensions.get(oids.basicConstraints)!.value)[1]?.content;
	const constraints = permittedSubtrees(permittedNames);
	const name = new TextEncoder().encode(label).subarray(0, 255);
	return {
		digest: nameDigest(subject),
		key,
		constraints,
		label: name,
		bytes: Buffer.concat([key, constraints, name]),
		notBefore: seconds(validity[0]!),
		notAfter: seconds(validity[1]!),
		distrustAfter: distrustAfter === undefined ? 0 : distrustAfter.getTime() / 1000,
		pathLength: pathLength === undefined ? anyPathLength : Math.min(pathLength.at(-1)!, anyPathLength - 1),
	};
}

/** The content of permittedSubtrees (RFC 5280 4.2.1.10). */
function permittedSubtrees(names: readonly string[]): Uint8Array {
	return Buffer.concat(names.map(name => Buffer.concat([Buffer.of(0x30, name.length + 2, 0x82, name.length), Buffer.from(name)])));
}

/** RFC 5280 4.1. */
function read(der: Uint8Array) {
	const fields = parts(parts(der)[0]!.whole);
	const [version] = fields;
	const isVersion3 = version?.tag === 0xa0 && version.content.at(-1) === 2;
	const [, , issuer, validity, subject, key, ...rest] = isVersion3 ? fields.slice(1) : fields;
	const extensions = new Map<string, { critical: boolean; value: Uint8Array }>();
	for (const { whole } of parts(rest.find(({ tag }) => tag === 0xa3)?.content ?? new Uint8Array(0))) {
		const [oid, ...values] = parts(whole);
		extensions.set(Buffer.from(oid!.content).toString("hex"), { critical: values.length > 1 && values[0]!.content[0] === 0xff, value: values.at(-1)!.content });
	}
	return { issuer: issuer!.whole, validity: parts(validity!.whole), subject: subject!.whole, key: key!.whole, extensions };
}

/** RSA from 2048 bits to 8192, P-256 or P-384 (RFC 3279 2.3, RFC 5480 2.1.1). */
function isStrong(key: Uint8Array): boolean {
	const [algorithm, bits] = parts(key);
	const [kind, parameter] = parts(algorithm!.whole).map(({ content }) => Buffer.from(content).toString("hex"));
	if (kind === oids.rsa) {
		const modulus = Buffer.from(parts(bits!.content.subarray(1))[0]!.content).toString("hex").replace(/^00/, "");
		return modulus.length >= 2 * 256 && modulus.length <= 2 * 1024;
	}
	return kind === oids.ec && (parameter === oids.p256 || parameter === oids.p384);
}

/** A time of RFC 5280 4.1.2.5 in seconds since 1970. */
function seconds({ tag, content }: Element): number {
	const text = Buffer.from(content).toString("latin1");
	const digits = tag === 0x17 ? `${Number(text.slice(0, 2)) < 50 ? 20 : 19}${text}` : text;
	return Date.parse(digits.replace(/^(....)(..)(..)(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z")) / 1000;
}

function padded(lengthBytes: number): number {
	return (lengthBytes + 3) & ~3;
}
