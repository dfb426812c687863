// What a hostile server can send in bulk: names, certificates, constraints and branches. Each is judged, or refused with a
// code, within a bound on signatures, and within a time that only work without a bound would exceed.

import assert from "node:assert/strict";
import test from "node:test";
import { issue } from "../../../tools/certificates/issue.ts";
import { ask, type Chain, chain, constraints, general, host, names } from "./chain.ts";

const timeMaxMs = 60_000; // seconds are enough with the sanitizers on a busy machine, and without a bound no minutes are

const named = (count: number) => ({ subject: host, extensions: [names(...Array.from({ length: count }, (_, index) => general.dns(index === count - 1 ? host : `n${index}.example`)))] });

test("1,000 names are looked through", async () => {
	assert.deepEqual(await ask(await chain({ leaf: named(1000) })), { atFault: 0, signatures: 2 });
});

test("10,000 names are refused", async () => {
	assert.equal((await ask(await chain({ leaf: named(10_000) }))).code, "ERR_TLS_CERT_TOO_COMPLEX");
});

test("1,000 names under 1,000 constraints are refused before they are all compared", { timeout: timeMaxMs }, async () => {
	const many = Array.from({ length: 1000 }, (_, index) => general.dns(`x${index}.example`));
	assert.equal((await ask(await chain({ middle: { extensions: [constraints([], many)] }, leaf: named(1000) }))).code, "ERR_TLS_CERT_TOO_COMPLEX");
});

test("50 names under 1,000 constraints are compared", async () => {
	const many = Array.from({ length: 1000 }, (_, index) => general.dns(`x${index}.example`));
	assert.deepEqual(await ask(await chain({ middle: { extensions: [constraints([], many)] }, leaf: named(50) })), { atFault: 0, signatures: 2 });
});

async function surplus(count: number): Promise<Chain & { readonly sent: Uint8Array[] }> {
	const { root, middle, leaf } = await chain();
	const others = await Promise.all(Array.from({ length: count }, (_, index) => issue({ subject: `Other ${index}`, issuer: root, ca: true })));
	return { root, middle, leaf, sent: [leaf, ...others, middle].map(one => one.certificateDer) };
}

test("100 surplus certificates cost no signature", async () => {
	const { sent, ...made } = await surplus(100);
	assert.deepEqual(await ask(made, { sent }), { atFault: 0, signatures: 2 });
});

test("200 surplus certificates are refused", async () => {
	const { sent, ...made } = await surplus(200);
	assert.deepEqual(await ask(made, { sent }), { code: "ERR_TLS_CERT_TOO_COMPLEX", atFault: 0, signatures: 0 });
});

test("a path of nine intermediates is too long, one of eight is not", async () => {
	let issuer = await issue({ subject: "Root", issuer: "self", ca: true });
	const root = issuer;
	const path = [];
	for (let depth = 0; depth < 9; depth++) {
		const leaf = await issue({ names: [host], issuer });
		const verdict = await ask({ root, middle: issuer, leaf }, { sent: [leaf, ...path].map(one => one.certificateDer) });
		assert.deepEqual(verdict, { atFault: 0, signatures: depth + 1 });
		issuer = await issue({ subject: `Middle ${depth}`, issuer, ca: true });
		path.unshift(issuer);
	}
	const leaf = await issue({ names: [host], issuer });
	assert.equal((await ask({ root, middle: issuer, leaf }, { sent: [leaf, ...path].map(one => one.certificateDer) })).code, "CERT_CHAIN_TOO_LONG");
});

test("authorities that all certify each other are left after a bounded number of signatures", { timeout: timeMaxMs }, async () => {
	const all = await Promise.all(Array.from({ length: 11 }, (_, index) => issue({ subject: `Mesh ${index}`, issuer: "self", ca: true })));
	const crosses = (await Promise.all(all.map(subject => Promise.all(all.map(issuer => subject === issuer ? []
		: issue({ subject: `Mesh ${all.indexOf(subject)}`, issuer, ca: true, sameKeyAs: subject })))))).flat(2);
	const leaf = await issue({ names: [host], issuer: all[0]! });
	const { root, middle } = await chain();
	const verdict = await ask({ root, middle, leaf }, { sent: [leaf, ...crosses].map(one => one.certificateDer) });
	assert.equal(verdict.code, "ERR_TLS_CERT_TOO_COMPLEX");
	assert.ok(verdict.signatures <= 24);
});

test("authorities of one name and key that differ in nothing else are no work", { timeout: timeMaxMs }, async () => {
	const { root, middle, leaf } = await chain();
	const other = await issue({ subject: "Other", issuer: "self", ca: true });
	const copies = await Promise.all(Array.from({ length: 100 }, () => issue({ subject: "Middle", issuer: other, ca: true, sameKeyAs: middle })));
	const verdict = await ask({ root, middle, leaf }, { sent: [leaf, ...copies].map(one => one.certificateDer) });
	assert.deepEqual([verdict.code, verdict.signatures], ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", 1]);
});
