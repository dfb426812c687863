// The two judgements of a board on one chain, on the host: platform/trust finds the path, Mbed TLS judges it again, and each
// signature is computed once. A name of IPv6 stands for a refusal of the library's side alone: verify.c knows none.

import assert from "node:assert/strict";
import test from "node:test";
import { issue } from "../../../tools/certificates/issue.ts";
import { ask, chain, constraints, general, host } from "./chain.ts";

test("a chain that both trust costs one signature for each of its certificates below the root", async () => {
	assert.deepEqual(await ask(await chain(), {}, "both"), { signatures: 2 });
	assert.deepEqual(await ask(await chain({ root: { algorithm: "RSA-4096" }, middle: { algorithm: "RSA-2048" }, leaf: { algorithm: "P-384" } }), {}, "both"), { signatures: 2 });
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
	const made = await chain({ leaf: { names: [host, "2001:db8::1"] } });
	assert.equal((await ask(made, { host: "2001:db8::1" })).code, undefined);
	assert.equal((await ask(made, { host: "2001:db8::1" }, "both")).code, "library");
	assert.equal((await ask(made, { sent: [made.leaf.certificateDer.slice(0, -1)] }, "both")).code, "parse");
});

test("name constraints, which the library does not know, are held by platform/trust", async () => {
	const held = (name: string) => chain({ root: { extensions: [constraints([general.dns(name)], [])] }, middle: { extensions: [constraints([general.dns(name)], [])] } });
	assert.deepEqual(await ask(await held("example"), {}, "both"), { signatures: 2 });
	assert.equal((await ask(await held("other"), {}, "both")).code, "PERMITTED_VIOLATION");
});
