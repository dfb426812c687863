// The root store as the device reads it: by platform/trust, and by both judgements, on the host with sanitizers.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import test from "node:test";
import { parts } from "../../../tools/certificates/der.ts";
import { type Issued, issue } from "../../../tools/certificates/issue.ts";
import { readMozillaRoots } from "../../../tools/certificates/mozilla-roots.ts";
import { compileRootStore, readRootStore, rootFault, subjectOf, type WebRoot } from "../../../tools/certificates/root-store.ts";
import { judge, type PathCase } from "../../../tools/conformance/judge.ts";
import { liteLabels } from "../../../tools/certificates/lite-roots.ts";
import { type Chain, chain, constraints, der, general, host, now, question, sequence } from "./chain.ts";

const { roots: mozilla } = readMozillaRoots();
/** A name that each of them may vouch for. */
const permitted = "site.gov.tr";

/** A question in which the roots lie in a store. */
function stored(made: Chain, change: Partial<WebRoot> = {}, others: readonly WebRoot[] = []): PathCase {
	const store = compileRootStore([...others, { label: "Root", der: made.root.certificateDer, ...change }]);
	return question(made, { authorities: "store", roots: [store] });
}

/** The same word by platform/trust alone and with Mbed TLS beside it. */
async function verdict(asked: PathCase): Promise<string> {
	const [[ours], [both]] = [await judge([asked]), await judge([asked], "both")];
	assert.equal(ours!.code, both!.code);
	return ours!.code ?? "trusted";
}

test("each of Mozilla's roots fits, and is found by its name", async () => {
	const store = compileRootStore(mozilla);
	assert.ok(store.length <= 64 * 1024, `${store.length}`);
	assert.deepEqual(readRootStore(store).map(({ label }) => label).sort(), mozilla.map(({ label }) => label).sort());
	// A leaf that names the root as its issuer, and was signed by another key of its kind.
	const leaves = { rsa: await leafOf("RSA-2048"), ec: await leafOf("P-256") };
	const verdicts = await judge(mozilla.map(root => {
		const kind = Buffer.from(parts(subjectKeyOf(root.der))[0]!.whole).includes(Buffer.from("2a864886f70d010101", "hex")) ? "rsa" : "ec";
		return { name: root.label, authorities: "store", roots: [store], sent: [named(leaves[kind], subjectOf(root.der))], host: permitted, now: new Date(new X509Certificate(root.der).validFrom) };
	}));
	verdicts.forEach((one, index) => assert.deepEqual(one, { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE", atFault: 0, signatures: 1 }, mozilla[index]!.label));
});

test("a name that no root bears finds none", async () => {
	const store = compileRootStore(mozilla);
	const names = Array.from({ length: 10 }, (_, index) => directoryName(`nobody ${index}`));
	const leaf = await leafOf("P-256");
	for (const { signatures } of await judge(names.map(name => ({ name: "unknown", authorities: "store", roots: [store], sent: [named(leaf, name)], host, now })))) {
		assert.equal(signatures, 0);
	}
});

for (const algorithm of ["P-256", "P-384", "RSA-2048", "RSA-4096"] as const) {
	test(`a chain under an ${algorithm} root of a store is trusted by both, each signature computed once`, async () => {
		const made = await chain({ root: { algorithm } });
		const asked = stored(made, {}, mozilla);
		assert.deepEqual(await judge([asked]), [{ atFault: 0, signatures: 2 }]);
		assert.deepEqual(await judge([asked], "both"), [{ signatures: 2 }]);
	});
}

test("two roots of one name are both tried", async () => {
	const made = await chain();
	const twin = await issue({ subject: "Root", issuer: "self", ca: true });
	assert.equal(await verdict(stored(made, {}, [{ label: "Twin", der: twin.certificateDer }])), "trusted");
	const store = compileRootStore([{ label: "Twin", der: twin.certificateDer }]);
	assert.equal(await verdict(question(made, { authorities: "store", roots: [store] })), "UNABLE_TO_GET_ISSUER_CERT_LOCALLY");
});

test("a leaf that begins after its root was distrusted is refused, and one that began before is not", async () => {
	const made = await chain({ leaf: { notBefore: new Date("2026-03-01T00:00:00Z") } });
	assert.equal(await verdict(stored(made, { distrustAfter: new Date("2026-02-28T23:59:59Z") })), "ERR_TLS_ROOT_DISTRUSTED");
	assert.equal(await verdict(stored(made, { distrustAfter: new Date("2026-03-01T00:00:00Z") })), "trusted");
});

test("what a root's certificate says still counts: its dates, and how deep its path may be", async () => {
	const old = await chain({ root: { notAfter: new Date("2026-05-01T00:00:00Z") }, middle: { notAfter: new Date("2040-01-01T00:00:00Z") } });
	assert.equal(await verdict(stored(old)), "CERT_HAS_EXPIRED");
	const young = await chain({ root: { notBefore: new Date("2026-07-01T00:00:00Z") }, middle: { notBefore: new Date("2025-01-01T00:00:00Z") } });
	assert.equal(await verdict(stored(young)), "CERT_NOT_YET_VALID");
	const flat = await chain({ root: { extensions: [{ oid: "2.5.29.19", critical: true, value: sequence(Buffer.of(1, 1, 0xff, 2, 1, 0)) }] } });
	assert.equal(await verdict(stored(flat)), "PATH_LENGTH_EXCEEDED");
});

test("a root vouches for the names that are imposed on it, and for no others", async () => {
	const made = await chain();
	assert.equal(await verdict(stored(made, { permittedNames: ["other.tr", "example"] })), "trusted");
	assert.equal(await verdict(stored(made, { permittedNames: ["other.tr", "gov.tr"] })), "PERMITTED_VIOLATION");
	assert.equal(mozilla.filter(({ permittedNames }) => permittedNames?.includes("gov.tr")).length, 1);
});

test("a root whose certificate forbids what a store cannot say is left out", async () => {
	assert.deepEqual(mozilla.filter(root => rootFault(root.der) !== undefined).map(({ label }) => label), []);
	const leaf = await issue({ names: [host], issuer: "self" });
	assert.match(rootFault(leaf.certificateDer)!, /not say that it is an authority/);
	const limited = await issue({ subject: "Limited", issuer: "self", ca: true, extensions: [constraints([general.dns("a.example")], [])] });
	assert.match(rootFault(limited.certificateDer)!, /limits what it may be used for/);
	const made = await chain();
	assert.match(rootFault(made.middle.certificateDer)!, /does not sign itself/);
	assert.throws(() => compileRootStore([{ label: "Limited", der: limited.certificateDer }]), /root "Limited": it limits/);
});

test("more roots than the flash has room for are refused", () => {
	assert.throws(() => compileRootStore([...mozilla, ...mozilla]), /are kept for them in flash: build with --roots lite/);
});

test("each label of the lite profile is one of Mozilla's", () => {
	assert.deepEqual(liteLabels.filter(label => mozilla.every(root => root.label !== label)), []);
});

test("a store that is damaged is read without harm, and trusts nobody else", async () => {
	const made = await chain();
	const whole = stored(made, {}, mozilla.slice(0, 5));
	const stranger = await chain();
	let state = 1;
	const draw = (below: number) => (state = (state * 48271) % 0x7fffffff) % below;
	const damaged = Array.from({ length: 150 }, () => {
		const store = Uint8Array.from(whole.roots[0]!);
		for (let count = draw(4); count >= 0; count--) {
			store[draw(2) ? draw(32 + 6 * 32) : draw(store.length)] = draw(3) ? draw(256) : 0xff;
		}
		return { ...question(stranger), authorities: "store" as const, roots: [draw(8) ? store : store.subarray(0, draw(store.length))] };
	});
	for (const by of ["ours", "both"] as const) {
		for (const { code } of await judge(damaged, by)) {
			assert.notEqual(code, undefined);
		}
	}
});

async function leafOf(algorithm: "P-256" | "RSA-2048"): Promise<Issued> {
	return issue({ names: [permitted], issuer: await issue({ subject: "Signer", issuer: "self", ca: true, algorithm }) });
}

/** The certificate with another issuer, and so with a signature that is wrong. */
function named({ certificateDer }: Issued, issuer: Uint8Array): Uint8Array {
	const [signed, ...rest] = parts(certificateDer).map(({ whole }) => whole);
	const fields = parts(signed!).map(({ whole }) => whole);
	fields[3] = issuer;
	return sequence(sequence(...fields), ...rest);
}

/** subjectPublicKeyInfo of a certificate. */
function subjectKeyOf(certificate: Uint8Array): Uint8Array {
	return readRootStore(compileRootStore([{ label: "one", der: certificate }]))[0]!.key;
}

function directoryName(commonName: string): Uint8Array {
	return sequence(der(0x31, sequence(Buffer.of(6, 3, 0x55, 4, 3), der(0x0c, Buffer.from(commonName)))));
}
