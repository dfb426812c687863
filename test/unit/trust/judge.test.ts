// The path validator of platform/trust, on the host with sanitizers: good paths, and each kind of refusal with its code
// and the certificate at fault. Certificates are made here, or changed byte by byte.

import assert from "node:assert/strict";
import test, { before } from "node:test";
import { type Issued, issue } from "../../../tools/certificates/issue.ts";
import type { PathCase, Verdict } from "../../../tools/conformance/judge.ts";
import * as chain from "./chain.ts";

const { host } = chain;
let root: Issued;
let other: Issued;
let middle: Issued;
let leaf: Issued;

before(async () => {
	root = await issue({ subject: "Root", issuer: "self", ca: true });
	other = await issue({ subject: "Other", issuer: "self", ca: true });
	middle = await issue({ subject: "Middle", issuer: root, ca: true });
	leaf = await issue({ names: [host, "*.wild.example", "192.168.4.2"], issuer: middle });
});

function ask(change: Partial<PathCase> = {}): Promise<Verdict> {
	return chain.ask({ root, middle, leaf }, change);
}

/** The certificate with the only place of `from` changed to `to`, both in hexadecimal and of one length. */
function changed(der: Uint8Array, from: string, to: string): Uint8Array {
	const text = Buffer.from(der).toString("hex");
	const at = text.indexOf(from);
	assert.ok(at >= 0 && at % 2 === 0, `${from} is there`);
	return Buffer.from(text.slice(0, at) + to + text.slice(at + from.length), "hex");
}

test("a leaf under an intermediate under a root is trusted, with two signatures checked", async () => {
	assert.deepEqual(await ask(), { atFault: 0, signatures: 2 });
});

test("names: wildcards stand for one label, addresses are no names, letter case does not matter", async () => {
	for (const good of ["SITE.example", "a.wild.example", "192.168.4.2"]) {
		assert.equal((await ask({ host: good })).code, undefined, good);
	}
	for (const bad of ["a.b.wild.example", "wild.example", "192.168.4.3", "other.example", "*.wild.example"]) {
		assert.equal((await ask({ host: bad })).code, "ERR_TLS_CERT_ALTNAME_INVALID", bad);
	}
});

test("surplus and unordered certificates do not matter, and cost no signature", async () => {
	const sent = [leaf, other, root, middle, middle].map(({ certificateDer }) => certificateDer);
	assert.deepEqual(await ask({ sent }), { atFault: 0, signatures: 2 });
});

test("a path without its root is told by how far it came", async () => {
	assert.deepEqual(await ask({ roots: [other.certificateDer] }), { code: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", atFault: 1, signatures: 1 });
	assert.equal((await ask({ sent: [leaf.certificateDer] })).code, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
	assert.equal((await ask({ sent: [leaf, middle, root].map(one => one.certificateDer), roots: [other.certificateDer] })).code, "SELF_SIGNED_CERT_IN_CHAIN");
	const self = await issue({ names: [host], issuer: "self" });
	assert.equal((await ask({ sent: [self.certificateDer] })).code, "DEPTH_ZERO_SELF_SIGNED_CERT");
});

test("a root of the same name with another key signs nothing", async () => {
	const twin = await issue({ subject: "Root", issuer: "self", ca: true });
	assert.equal((await ask({ roots: [twin.certificateDer] })).code, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY");
	assert.equal((await ask({ roots: [twin.certificateDer, root.certificateDer] })).code, undefined);
});

test("dates: the first and the last second are good, the ones beside them are not", async () => {
	const short = await issue({ names: [host], issuer: middle, notBefore: new Date("2026-05-01T00:00:00Z"), notAfter: new Date("2026-07-01T00:00:00Z") });
	const at = async (time: string) => (await ask({ sent: [short.certificateDer, middle.certificateDer], now: new Date(time) })).code;
	assert.equal(await at("2026-04-30T23:59:59Z"), "CERT_NOT_YET_VALID");
	assert.equal(await at("2026-05-01T00:00:00Z"), undefined);
	assert.equal(await at("2026-07-01T00:00:00Z"), undefined);
	assert.equal(await at("2026-07-01T00:00:01Z"), "CERT_HAS_EXPIRED");
});

test("an expired intermediate is the certificate at fault", async () => {
	const old = await issue({ subject: "Old", issuer: root, ca: true, notAfter: new Date("2026-01-01T00:00:00Z") });
	const under = await issue({ names: [host], issuer: old });
	const verdict = await ask({ sent: [under.certificateDer, old.certificateDer] });
	assert.deepEqual([verdict.code, verdict.atFault], ["CERT_HAS_EXPIRED", 1]);
});

test("a leaf signs nothing", async () => {
	const wrong = await issue({ names: [host], issuer: leaf });
	const verdict = await ask({ sent: [wrong, leaf, middle].map(one => one.certificateDer) });
	assert.deepEqual([verdict.code, verdict.atFault], ["INVALID_CA", 1]);
});

test("an authority is no leaf, and no leaf is without a name", async () => {
	const authority = await issue({ names: [host], issuer: middle, ca: true });
	assert.equal((await ask({ sent: [authority.certificateDer, middle.certificateDer] })).code, "INVALID_PURPOSE");
	const bare = await issue({ subject: host, issuer: middle });
	assert.notEqual((await ask({ sent: [bare.certificateDer, middle.certificateDer] })).code, undefined);
});

// Where a certificate is changed, its signature is no longer right: what is seen before the signature has its own code.
const surgeries: readonly { name: string; from: string; to: string; code: string }[] = [
	{ name: "version 2", from: "a003020102", to: "a003020101", code: "ERR_TLS_CERT_MALFORMED" },
	{ name: "a boolean that is neither FF nor left out", from: "0101ff", to: "010101", code: "ERR_TLS_CERT_MALFORMED" },
	{ name: "an extension twice", from: "0603551d23", to: "0603551d0e", code: "ERR_TLS_CERT_MALFORMED" },
	{ name: "algorithms that do not agree", from: "06082a8648ce3d040302", to: "06082a8648ce3d040303", code: "ERR_TLS_CERT_MALFORMED" },
	{ name: "a time that is none", from: "170d3234303130313030", to: "170d3234313330313030", code: "ERR_TLS_CERT_MALFORMED" },
	{ name: "a compressed point", from: "03420004", to: "03420002", code: "ERR_TLS_CERT_MALFORMED" },
	{ name: "another byte of the signed part", from: "820c736974652e6578616d706c65", to: "820c736974652e6578616d706c66", code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
];

for (const { name, from, to, code } of surgeries) {
	test(`refuses ${name} with ${code}`, async () => {
		const verdict = await ask({ sent: [changed(leaf.certificateDer, from, to), middle.certificateDer] });
		assert.deepEqual([verdict.code, verdict.atFault], [code, 0]);
	});
}

test("bytes behind a certificate, and a certificate cut short, are refused", async () => {
	assert.equal((await ask({ sent: [Buffer.concat([leaf.certificateDer, Buffer.of(0)]), middle.certificateDer] })).code, "ERR_TLS_CERT_MALFORMED");
	assert.equal((await ask({ sent: [leaf.certificateDer.slice(0, -1), middle.certificateDer] })).code, "ERR_TLS_CERT_MALFORMED");
});

test("many authorities of one name cost a bounded number of signatures", async () => {
	const twins = await Promise.all(Array.from({ length: 40 }, () => issue({ subject: "Middle", issuer: root, ca: true })));
	const verdict = await ask({ sent: [leaf, ...twins].map(one => one.certificateDer) });
	assert.deepEqual([verdict.code, verdict.signatures], ["ERR_TLS_CERT_TOO_COMPLEX", 24]);
});
