// The two judgements of a board on one chain, on the host: platform/trust finds the path, Mbed TLS judges it again, and each
// signature is computed once.

import assert from "node:assert/strict";
import { constants, sign } from "node:crypto";
import test from "node:test";
import { type Issued, issue } from "../../../tools/certificates/issue.ts";
import { ask, chain, constraints, der, general, host, sequence } from "./chain.ts";

test("a chain that both trust costs one signature for each of its certificates below the root", async () => {
	assert.deepEqual(await ask(await chain(), {}, "both"), { signatures: 2 });
	assert.deepEqual(await ask(await chain({ root: { algorithm: "RSA-4096" }, middle: { algorithm: "RSA-2048" }, leaf: { algorithm: "P-384" } }), {}, "both"), { signatures: 2 });
});

/** The elements in the content of an element. */
function elements(element: Uint8Array): Uint8Array[] {
	const list: Uint8Array[] = [];
	const header = (at: number) => element[at + 1]! < 0x80 ? 2 : 2 + (element[at + 1]! & 0x7F);
	const size = (at: number) => header(at) + (header(at) === 2 ? element[at + 1]! : element.subarray(at + 2, at + header(at)).reduce((sum, byte) => sum * 256 + byte, 0));
	for (let at = header(0); at < element.length; at += size(at)) {
		list.push(element.subarray(at, at + size(at)));
	}
	return list;
}

/** The certificate signed again with RSASSA-PSS, in the form of CA/B BR 7.1.3.2.1. */
function signedWithPss(certificate: Issued, issuer: Issued, hash: "sha256" | "sha384" | "sha512", saltBytes?: number): Uint8Array {
	const index = ["sha256", "sha384", "sha512"].indexOf(hash) + 1;
	const hashName = sequence(Buffer.of(6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, index), Buffer.of(5, 0));
	const saltLength = 16 + index * 16;
	const algorithm = sequence(Buffer.from("06092a864886f70d01010a", "hex"), sequence(der(0xA0, hashName),
		der(0xA1, sequence(Buffer.from("06092a864886f70d010108", "hex"), hashName)), der(0xA2, Buffer.of(2, 1, saltLength))));
	const parts = elements(elements(certificate.certificateDer)[0]!);
	parts[2] = algorithm;
	const signedPart = sequence(...parts);
	const signature = sign(hash, signedPart, { key: issuer.keyPem, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltBytes ?? saltLength });
	return sequence(signedPart, algorithm, der(3, Buffer.of(0), signature));
}

test("signatures of RSASSA-PSS are right, and those made otherwise than they say are not", async () => {
	const made = await chain({ middle: { algorithm: "RSA-2048" } });
	const withLeaf = (leaf: Uint8Array) => ({ sent: [leaf, made.middle.certificateDer] });
	for (const hash of ["sha256", "sha384", "sha512"] as const) {
		const change = withLeaf(signedWithPss(made.leaf, made.middle, hash));
		assert.deepEqual(await ask(made, change), { atFault: 0, signatures: 2 }, hash);
		assert.deepEqual(await ask(made, change, "both"), { signatures: 2 }, hash);
	}
	assert.equal((await ask(made, withLeaf(signedWithPss(made.leaf, made.middle, "sha256", 20)))).code, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
	const good = Buffer.from(signedWithPss(made.leaf, made.middle, "sha256"));
	const mixed = Buffer.from(good.toString("hex").replace("608648016503040201", "608648016503040202"), "hex");
	assert.notEqual((await ask(made, withLeaf(mixed))).code, undefined);
});

test("the library is led along an unordered chain, over the root that is trusted", async () => {
	const made = await chain();
	const other = await issue({ subject: "Other", issuer: "self", ca: true });
	const cross = await issue({ subject: "Root", issuer: other, ca: true, sameKeyAs: made.root });
	const deeper = await issue({ subject: "Deeper", issuer: made.middle, ca: true });
	const leaf = await issue({ names: [host], issuer: deeper });
	const sent = [leaf, made.root, other, made.middle, cross, deeper].map(one => one.certificateDer);
	assert.deepEqual(await ask(made, { sent }, "both"), { signatures: 3 });
	assert.deepEqual(await ask({ ...made, root: other }, { sent }, "both"), { signatures: 4 });
});

test("a root that only shares the name proves nothing, and leaves no proof behind", async () => {
	const made = await chain();
	const twins = await Promise.all(Array.from({ length: 3 }, () => issue({ subject: "Root", issuer: "self", ca: true })));
	const roots = [...twins, made.root, ...twins].map(one => one.certificateDer);
	assert.deepEqual(await ask(made, { roots }, "both"), { signatures: 5 });
	assert.equal((await ask(made, { roots: roots.slice(0, 3) }, "both")).code, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY");
});

test("what platform/trust refuses is refused, with its code", async () => {
	const made = await chain();
	assert.equal((await ask(made, { host: "other.example" }, "both")).code, "ERR_TLS_CERT_ALTNAME_INVALID");
	assert.equal((await ask(made, { now: new Date("2045-01-01T00:00:00Z") }, "both")).code, "CERT_HAS_EXPIRED");
	const forged = Uint8Array.from(made.leaf.certificateDer);
	forged[forged.length - 1]! ^= 1;
	assert.equal((await ask(made, { sent: [forged, made.middle.certificateDer] }, "both")).code, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
});

test("what the library refuses alone is refused", async () => {
	const made = await chain();
	// Self-issued certificates count for no path length (RFC 5280 4.2.1.9); the library counts them.
	const pathLength0 = { oid: "2.5.29.19", critical: true, value: Buffer.from("30060101ff020100", "hex") };
	const middle = await issue({ subject: "Middle", issuer: made.root, ca: true, extensions: [pathLength0] });
	const newer = await issue({ subject: "Middle", issuer: middle, ca: true });
	const leaf = await issue({ names: [host], issuer: newer });
	const sent = [leaf, newer, middle].map(one => one.certificateDer);
	assert.equal((await ask(made, { sent })).code, undefined);
	assert.equal((await ask(made, { sent }, "both")).code, "library");
	assert.equal((await ask(made, { sent: [made.leaf.certificateDer.slice(0, -1)] }, "both")).code, "parse");
});

test("an IPv6 address is proved by both", async () => {
	const made = await chain({ leaf: { names: [host, "2001:db8::1"] } });
	assert.deepEqual(await ask(made, { host: "2001:db8::1" }, "both"), { signatures: 2 });
	assert.equal((await ask(made, { host: "2001:db8::2" }, "both")).code, "ERR_TLS_CERT_ALTNAME_INVALID");
});

test("name constraints, which the library does not know, are held by platform/trust", async () => {
	const held = (name: string) => chain({ root: { extensions: [constraints([general.dns(name)], [])] }, middle: { extensions: [constraints([general.dns(name)], [])] } });
	assert.deepEqual(await ask(await held("example"), {}, "both"), { signatures: 2 });
	assert.equal((await ask(await held("other"), {}, "both")).code, "PERMITTED_VIOLATION");
});

test("a critical extension that nobody knows is refused in the path, and is no fault beside it", async () => {
	const odd = { oid: "1.2.3.4", critical: true, value: Buffer.of(5, 0) };
	const made = await chain();
	const surplus = await issue({ subject: "Other", issuer: made.root, ca: true, extensions: [odd] });
	assert.deepEqual(await ask(made, { sent: [made.leaf, surplus, made.middle].map(one => one.certificateDer) }, "both"), { signatures: 2 });
	for (const part of ["root", "middle", "leaf"]) {
		assert.equal((await ask(await chain({ [part]: { extensions: [odd] } }), {}, "both")).code, "UNHANDLED_CRITICAL_EXTENSION", part);
	}
});
