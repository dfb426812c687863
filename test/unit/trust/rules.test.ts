// The rules of platform/trust that a certificate is made to break: what an authority may be and name, which purposes and
// names a leaf has, and what an own root asks for beside a root of the web.

import assert from "node:assert/strict";
import test, { before } from "node:test";
import { type CertificateRequest, type ExtensionRequest, issue } from "../../../tools/certificates/issue.ts";
import { judge, type Verdict } from "../../../tools/conformance/judge.ts";
import { ask, type Chain, chain, changed, constraints, der, general, host, names, question, sequence, text } from "./chain.ts";

const oid = {
	keyUsage: "2.5.29.15",
	names: "2.5.29.17",
	basic: "2.5.29.19",
	purposes: "2.5.29.37",
	authorityKey: "2.5.29.35",
	subjectKey: "2.5.29.14",
};
const without = (kind: string): ExtensionRequest => ({ oid: kind, value: undefined });
const purposes = (...last: readonly number[]): ExtensionRequest => ({
	oid: oid.purposes,
	value: sequence(...last.map(one => der(6, Buffer.of(0x2B, 6, 1, 5, 5, 7, 3, one)))),
});
const basic = (pathLength: number | undefined, critical = true): ExtensionRequest => ({
	oid: oid.basic,
	critical,
	value: sequence(Buffer.of(1, 1, 0xFF), pathLength === undefined ? Buffer.of() : Buffer.of(2, 1, pathLength)),
});
const keyUsage = (bits: number): ExtensionRequest => ({ oid: oid.keyUsage, critical: true, value: der(3, Buffer.of(31 - Math.clz32(bits & -bits), bits)) });
const odd = (critical: boolean): ExtensionRequest => ({ oid: "1.2.3.4", critical, value: Buffer.of(5, 0) });

interface Row {
	readonly name: string;
	readonly change: { readonly [part in keyof Chain]?: Partial<CertificateRequest> };
	/** Undefined: trusted. */
	readonly web: string | undefined;
	/** Under an own root. Default as under one of the web. */
	readonly own?: string | "trusted";
	readonly host?: string;
}

/** RFC 5280 4.2.1.4: one policy with qualifiers of these kinds. */
const policies = (critical: boolean, ...kinds: readonly number[]): ExtensionRequest => ({
	oid: "2.5.29.32",
	critical,
	value: sequence(sequence(der(6, Buffer.of(0x2A, 3, 4)), sequence(...kinds.map(kind => sequence(der(6, Buffer.of(0x2B, 6, 1, 5, 5, 7, 2, kind)), text(0x16, "x")))))),
});
const extensions = (...list: readonly ExtensionRequest[]) => ({ extensions: list });

const rows: readonly Row[] = [
	// Authorities (RFC 5280 4.2.1.2, 4.2.1.3, 4.2.1.9, 4.2.1.12).
	{ name: "an intermediate that says it is none", change: { middle: extensions({ oid: oid.basic, critical: true, value: sequence() }) }, web: "INVALID_CA" },
	{ name: "an intermediate that says nothing", change: { middle: extensions(without(oid.basic)) }, web: "INVALID_CA" },
	{ name: "an intermediate whose basic constraints are not critical", change: { middle: extensions(basic(undefined, false)) }, web: "INVALID_CA" },
	{ name: "an intermediate that may not sign", change: { middle: extensions(keyUsage(0x82)) }, web: "INVALID_CA" },
	{ name: "an intermediate without a key identifier", change: { middle: extensions(without(oid.subjectKey)) }, web: "ERR_TLS_CERT_PROFILE" },
	{ name: "a leaf that does not name its issuer's key", change: { leaf: extensions(without(oid.authorityKey)) }, web: "ERR_TLS_CERT_PROFILE" },
	{ name: "a path as long as its root allows", change: { root: extensions(basic(1)) }, web: undefined },
	{ name: "a path longer than its root allows", change: { root: extensions(basic(0)) }, web: "PATH_LENGTH_EXCEEDED" },
	{ name: "an intermediate for servers", change: { middle: extensions(purposes(1)) }, web: undefined },
	{ name: "an intermediate for mail", change: { middle: extensions(purposes(4)) }, web: "INVALID_PURPOSE" },
	{ name: "a root for mail", change: { root: extensions(purposes(4)) }, web: "INVALID_PURPOSE" },
	{ name: "a root for servers", change: { root: extensions(purposes(1)) }, web: "ERR_TLS_CERT_PROFILE", own: "trusted" },

	// Extensions that are not known (RFC 5280 4.2).
	{ name: "an unknown extension", change: { leaf: extensions(odd(false)), middle: extensions(odd(false)) }, web: undefined },
	{ name: "an unknown critical extension of a leaf", change: { leaf: extensions(odd(true)) }, web: "UNHANDLED_CRITICAL_EXTENSION" },
	{ name: "an unknown critical extension of an intermediate", change: { middle: extensions(odd(true)) }, web: "UNHANDLED_CRITICAL_EXTENSION" },
	{ name: "an unknown critical extension of a root", change: { root: extensions(odd(true)) }, web: "UNHANDLED_CRITICAL_EXTENSION" },
	{ name: "policy constraints", change: { middle: extensions({ oid: "2.5.29.36", critical: true, value: sequence(Buffer.of(0x80, 1, 0)) }) }, web: "UNHANDLED_CRITICAL_EXTENSION" },
	{ name: "inhibited policies that are not critical", change: { middle: extensions({ oid: "2.5.29.54", value: Buffer.of(2, 1, 0) }) }, web: "UNHANDLED_CRITICAL_EXTENSION" },
	{ name: "practices and a notice of critical policies", change: { middle: extensions(policies(true, 1, 2)) }, web: undefined },
	{ name: "an unknown qualifier of critical policies", change: { middle: extensions(policies(true, 1, 3)) }, web: "UNHANDLED_CRITICAL_EXTENSION" },
	{ name: "an unknown qualifier of policies", change: { middle: extensions(policies(false, 3)) }, web: undefined },
	{ name: "a standard extension that is no DER", change: { leaf: extensions({ oid: "2.5.29.31", value: Buffer.of(0x30, 5) }) }, web: "ERR_TLS_CERT_MALFORMED" },

	// Purposes of a leaf (RFC 5280 4.2.1.12, RFC 8446 4.4.2.2, CA/B BR 7.1.2.7).
	{ name: "a leaf without purposes", change: { leaf: extensions(without(oid.purposes)) }, web: "INVALID_PURPOSE", own: "trusted" },
	{ name: "a leaf for clients", change: { leaf: extensions(purposes(2)) }, web: "INVALID_PURPOSE" },
	{ name: "a leaf for both", change: { leaf: extensions(purposes(2, 1)) }, web: undefined },
	{ name: "a leaf for anything", change: { leaf: extensions({ oid: oid.purposes, value: sequence(Buffer.of(6, 4, 0x55, 0x1D, 0x25, 0)) }) }, web: "INVALID_PURPOSE", own: "trusted" },
	{ name: "a leaf for nothing", change: { leaf: extensions(purposes()) }, web: "ERR_TLS_CERT_MALFORMED" },
	{ name: "a leaf that signs certificates", change: { leaf: extensions(keyUsage(0x84)) }, web: "INVALID_PURPOSE" },
	{ name: "a leaf that signs nothing", change: { leaf: extensions(keyUsage(0x20)) }, web: "INVALID_PURPOSE" },
	{ name: "an authority as leaf", change: { leaf: { ca: true, ...extensions(keyUsage(0x84)) } }, web: "INVALID_PURPOSE", own: "trusted" },

	// The common name (CA/B BR 7.1.4.3).
	{ name: "a common name that is no name of the leaf", change: { leaf: { subject: "other.example" } }, web: "ERR_TLS_CERT_PROFILE", own: "trusted" },
	{ name: "a common name in other letters", change: { leaf: { subject: "Site.example" } }, web: "ERR_TLS_CERT_PROFILE", own: "trusted" },
	...[
		["192.168.4.2", "192.168.4.2", true], ["192.168.4.2", "192.168.004.2", false], ["192.168.4.2", "0xC0A80402", false],
		["2001:db8::1", "2001:db8::1", true], ["2001:db8::1", "2001:DB8::1", false], ["2001:db8::1", "2001:db8:0:0:0:0:0:1", false],
		["::", "::", true], ["::1", "::1", true], ["1::", "1::", true], ["1:0:0:2::3", "1:0:0:2::3", true], ["1:0:0:2:0:0:0:3", "1::2:0:0:0:3", false],
		["1:0:0:2:3:0:0:4", "1::2:3:0:0:4", true], ["1:0:0:2:3:0:0:4", "1:0:0:2:3::4", false], ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7", true],
		["10:200:3:4:5:6:0:0", "10:200:3:4:5:6::", true],
	].map(([address, subject, isGood]): Row => ({
		name: `the common name ${subject as string} for ${address as string}`,
		change: { leaf: { subject: subject as string, names: [address as string] } },
		host: address as string,
		web: isGood === true ? undefined : "ERR_TLS_CERT_PROFILE",
		own: "trusted",
	})),

	// Names (RFC 5280 4.2.1.6, CA/B BR 7.1.2.7.12, 3.2.2.6).
	{ name: "a wildcard in front of a registry's name", change: { leaf: { names: ["*.co.uk"] } }, host: "site.co.uk", web: "ERR_TLS_CERT_ALTNAME_INVALID" },
	{ name: "a wildcard in front of a name in a registry", change: { leaf: { names: ["*.site.co.uk"] } }, host: "www.site.co.uk", web: undefined },
	{ name: "a wildcard in front of a top-level name", change: { leaf: { names: ["*.example"] } }, web: "ERR_TLS_CERT_PROFILE" },
	{ name: "a wildcard inside a label", change: { leaf: { names: ["si*.example.org"] } }, host: "site.example.org", web: "ERR_TLS_CERT_PROFILE" },
	{ name: "an address as a DNS name", change: { leaf: { subject: host, ...extensions(names(general.dns("192.168.4.2"), general.dns(host))) } }, web: "ERR_TLS_CERT_PROFILE" },
	{ name: "an underscore", change: { leaf: { names: [host, "a_b.example"] } }, web: "ERR_TLS_CERT_PROFILE" },
	{ name: "an address of five bytes", change: { leaf: { subject: host, ...extensions(names(general.dns(host), general.address(1, 2, 3, 4, 5))) } }, web: "ERR_TLS_CERT_PROFILE" },
	{ name: "critical names beside a subject", change: { leaf: { subject: host, ...extensions({ ...names(general.dns(host)), critical: true }) } }, web: "ERR_TLS_CERT_PROFILE", own: "trusted" },

	// Name constraints (RFC 5280 4.2.1.10).
	...constrained("permits the host", constraints([general.dns("example")], []), undefined),
	...constrained("permits another host", constraints([general.dns("other")], []), "PERMITTED_VIOLATION"),
	...constrained("permits the end of a label", constraints([general.dns("ite.example")], []), "PERMITTED_VIOLATION"),
	...constrained("excludes the host", constraints([], [general.dns(host)]), "EXCLUDED_VIOLATION"),
	...constrained("excludes all hosts", constraints([], [general.dns("")]), "EXCLUDED_VIOLATION"),
	...constrained("permits and excludes the host", constraints([general.dns("example")], [general.dns("site.example")]), "EXCLUDED_VIOLATION"),
	...constrained("excludes what a wildcard could become", constraints([], [general.dns("bad.wild.example")]), "EXCLUDED_VIOLATION", [host, "*.wild.example"]),
	...constrained("permits a part of what a wildcard could become", constraints([general.dns(host), general.dns("good.wild.example")], []), "PERMITTED_VIOLATION", [host, "*.wild.example"]),
	...constrained("permits the address", constraints([general.address(192, 168, 4, 0, 255, 255, 255, 0)], []), undefined, [host, "192.168.4.2"]),
	...constrained("permits another address", constraints([general.address(10, 0, 0, 0, 255, 0, 0, 0)], []), "PERMITTED_VIOLATION", [host, "192.168.4.2"]),
	...constrained("excludes the address", constraints([], [general.address(192, 168, 0, 0, 255, 255, 0, 0)]), "EXCLUDED_VIOLATION", [host, "192.168.4.2"]),
	...constrained("has a mask with a gap", constraints([general.address(192, 168, 0, 0, 255, 0, 255, 0)], []), "ERR_TLS_CERT_MALFORMED"),
	...constrained("has a pattern for a host", constraints([general.dns("*.example")], []), "ERR_TLS_CERT_MALFORMED"),
	...constrained("permits another organization", constraints([general.directory("Other")], []), "PERMITTED_VIOLATION"),
	...constrained("excludes a directory name that is not there", constraints([], [general.directory("Other")]), undefined),
	...constrained("excludes pages that are not there", constraints([], [general.uri("example")]), undefined),
	{
		name: "an authority that excludes a mailbox",
		change: { middle: extensions(constraints([], [general.email("example")])), leaf: { subject: host, ...extensions(names(general.dns(host), general.email("me@example"))) } },
		web: "EXCLUDED_VIOLATION",
	},
	{
		name: "an authority that permits a mailbox's domain",
		change: { middle: extensions(constraints([general.email(".example")], [])), leaf: { subject: host, ...extensions(names(general.dns(host), general.email("me@mail.example"))) } },
		web: undefined,
	},
	{
		name: "an authority that excludes a directory name among the names",
		change: { middle: extensions(constraints([], [general.directory("Some One")])), leaf: { subject: host, ...extensions(names(general.dns(host), general.directory("some   one ", "more"))) } },
		web: "EXCLUDED_VIOLATION",
	},
	{
		name: "an authority with constraints on a kind of name that is not understood",
		change: { middle: extensions(constraints([general.uri("example")], [])), leaf: { subject: host, ...extensions(names(general.dns(host), general.uri("https://site.example/"))) } },
		web: "PERMITTED_VIOLATION",
	},
	{ name: "constraints that are not critical", change: { middle: extensions(constraints([general.dns("example")], [], false)) }, web: undefined, own: "ERR_TLS_CERT_PROFILE" },
	{ name: "constraints of a leaf", change: { leaf: extensions(constraints([general.dns("example")], [])) }, web: "ERR_TLS_CERT_PROFILE" },
];

function constrained(name: string, extension: ExtensionRequest, web: string | undefined, list: readonly string[] = [host]): Row[] {
	return [{ name: `an authority that ${name}`, change: { middle: extensions(extension), leaf: { names: list } }, web }];
}

let verdicts: { web: Verdict; own: Verdict; both: Verdict }[];

before(async () => {
	const chains = await Promise.all(rows.map(({ change }) => chain(change)));
	const questions = rows.map(({ host: wanted = host }, index) => question(chains[index]!, { host: wanted }));
	const web = await judge(questions);
	const own = await judge(questions.map(one => ({ ...one, authorities: "own" })));
	const both = await judge(questions, "both");
	verdicts = rows.map((_, index) => ({ web: web[index]!, own: own[index]!, both: both[index]! }));
});

for (const [index, { name, web, own = web ?? "trusted" }] of rows.entries()) {
	test(`${name}: ${web ?? "trusted"}${own === (web ?? "trusted") ? "" : `, under an own root ${own}`}`, () => {
		const verdict = verdicts[index]!;
		assert.equal(verdict.web.code, web);
		assert.equal(verdict.own.code ?? "trusted", own);
		if (web !== undefined) {
			assert.notEqual(verdict.both.code, undefined, "by both");
		}
	});
}

test("a path is found through the good one of two cross-signed intermediates, whatever their order", async () => {
	const good = await chain();
	const other = await issue({ subject: "Other", issuer: "self", ca: true });
	const expired = { notBefore: new Date("2024-01-01T00:00:00Z"), notAfter: new Date("2025-01-01T00:00:00Z") };
	const crosses = [
		await issue({ subject: "Middle", issuer: other, ca: true, sameKeyAs: good.middle }), // to a root that is not trusted
		await issue({ subject: "Middle", issuer: good.root, ca: true, sameKeyAs: good.middle, ...expired }),
		await issue({ subject: "Middle", issuer: good.root, ca: true, sameKeyAs: good.middle, extensions: [constraints([general.dns("other")], [])] }),
	];
	const sent = [good.leaf, ...crosses, other, good.middle].map(one => one.certificateDer);
	assert.deepEqual(await ask(good, { sent }), { atFault: 0, signatures: 3 });
	assert.deepEqual(await ask(good, { sent: [sent[0]!, ...sent.slice(1).reverse()] }), { atFault: 0, signatures: 2 });
});

test("a root is taken where a longer way is offered too", async () => {
	const { root, middle, leaf } = await chain();
	const other = await issue({ subject: "Other", issuer: "self", ca: true });
	const cross = await issue({ subject: "Root", issuer: other, ca: true, sameKeyAs: root });
	const sent = [leaf, cross, middle].map(one => one.certificateDer);
	assert.deepEqual(await ask({ root, middle, leaf }, { sent }), { atFault: 0, signatures: 2 });
	assert.deepEqual(await ask({ root: other, middle, leaf }, { sent }), { atFault: 0, signatures: 3 });
});

test("two authorities that certify each other end in no circle", async () => {
	const one = await issue({ subject: "One", issuer: "self", ca: true });
	const two = await issue({ subject: "Two", issuer: "self", ca: true });
	const oneByTwo = await issue({ subject: "One", issuer: two, ca: true, sameKeyAs: one });
	const twoByOne = await issue({ subject: "Two", issuer: one, ca: true, sameKeyAs: two });
	const leaf = await issue({ names: [host], issuer: one });
	const { root } = await chain();
	const verdict = await ask({ root, middle: oneByTwo, leaf }, { sent: [leaf, oneByTwo, twoByOne].map(each => each.certificateDer) });
	assert.deepEqual([verdict.code, verdict.signatures], ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", 2]);
});

test("a mailbox in the subject is held to constraints too", async () => {
	const attribute = (...content: readonly Uint8Array[]) => der(0x31, sequence(...content));
	const subject = sequence(
		attribute(Buffer.of(6, 3, 0x55, 4, 3), text(0x0C, host)),
		attribute(der(6, Buffer.of(0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1)), text(0x16, "me@mail.example")),
	);
	const code = async (extension: ExtensionRequest) => {
		const made = await chain({ middle: { extensions: [extension] } });
		return (await ask(made, { sent: [changed(made.leaf, made.middle, { subject }), made.middle.certificateDer] })).code;
	};
	assert.equal(await code(constraints([general.email(".example")], [])), undefined);
	assert.equal(await code(constraints([general.email("other.example")], [])), "PERMITTED_VIOLATION");
	assert.equal(await code(constraints([], [general.email("mail.example")])), "EXCLUDED_VIOLATION");
});

test("nothing may stand behind a certificate, by either judgement", async () => {
	const made = await chain();
	const [leaf, middle] = [made.leaf, made.middle].map(one => one.certificateDer);
	const longer = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.of(0)]);
	for (const by of [undefined, "both"] as const) {
		assert.equal((await ask(made, { sent: [leaf!, middle!] }, by)).code, undefined);
		assert.notEqual((await ask(made, { sent: [longer(leaf!), middle!] }, by)).code, undefined);
		assert.notEqual((await ask(made, { sent: [leaf!, longer(middle!)] }, by)).code, undefined);
	}
});

test("keys and hashes that are too weak are named", async () => {
	const { leaf, ...rest } = await chain();
	const swap = (from: string, to: string) => Buffer.from(Buffer.from(leaf.certificateDer).toString("hex").replaceAll(from, to), "hex");
	const code = async (bytes: Uint8Array) => (await ask({ leaf, ...rest }, { sent: [bytes, rest.middle.certificateDer] })).code;
	assert.equal(await code(swap("06082a8648ce3d040302", "06082a8648ce3d040301")), "CA_MD_TOO_WEAK"); // ecdsa-with-SHA224
	assert.equal(await code(swap("06082a8648ce3d030107", "06082a8648ce3d030101")), "EE_KEY_TOO_SMALL"); // P-192
});
