/**
 * platform/tls alone, built for the host with sanitizers, against Node's TLS: the good ways, every refusal with its
 * code, and that no byte of application data leaves when it refuses.
 */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import test, { before } from "node:test";
import { issue, type Issued } from "../../../tools/certificates/issue.ts";
import { connectBare, fileOf, type Line } from "./bare/connect.ts";
import { startServer, type Server, type ServerOptions } from "./bare/server.ts";

const epoch = Date.parse("2026-06-01T00:00:00Z");
const host = "site.example";

let root: Issued;
let other: Issued;
let intermediate: Issued;
let leaf: Issued;

before(async () => {
	root = await issue({ subject: "Root", issuer: "self", ca: true });
	other = await issue({ subject: "Other", issuer: "self", ca: true });
	intermediate = await issue({ subject: "Intermediate", issuer: root, ca: true });
	leaf = await issue({ names: [host, "*.wild.example", "192.168.4.2"], issuer: intermediate });
});

interface Story {
	readonly server: Partial<ServerOptions>;
	readonly trusted?: Issued;
	readonly settings?: Readonly<Record<string, string>>;
}

async function fetchOnce(story: Story): Promise<{ lines: Line[]; line: Line; server: Server }> {
	const server = await startServer({ cert: leaf.chainPem, key: leaf.keyPem, ...story.server });
	try {
		const lines = await connectBare({ host, epoch: `${epoch}`, root: fileOf((story.trusted ?? root).certificateDer), port: `${server.port}`, ...story.settings });
		return { lines, line: lines[0]!, server };
	} finally {
		server.close();
	}
}

const good: readonly { name: string; story: () => Promise<Story>; expect: Line }[] = [
	{ name: "TLS 1.3 with leaf and intermediate", story: async () => ({ server: { version: "TLSv1.3" } }), expect: { protocol: "TLSv1.3" } },
	{ name: "TLS 1.2 with leaf and intermediate", story: async () => ({ server: { version: "TLSv1.2" } }), expect: { protocol: "TLSv1.2" } },
	{ name: "a name under a wildcard", story: async () => ({ server: {}, settings: { host: "a.wild.example" } }), expect: {} },
	{ name: "an address that is an iPAddress of the certificate", story: async () => ({ server: {}, settings: { host: "192.168.4.2" } }), expect: {} },
	{ name: "a name in capitals", story: async () => ({ server: {}, settings: { host: "SITE.example" } }), expect: {} },
	{ name: "a root given for the connection", story: async () => ({ server: {}, settings: { extra: "1" } }), expect: {} },
	{ name: "the protocol name agreed by ALPN", story: async () => ({ server: {}, settings: { alpn: "h9,http/1.1" } }), expect: { alpn: "http/1.1" } },
	{ name: "segments of one byte", story: async () => ({ server: { bodyBytes: 100 }, settings: { segment: "1" } }), expect: { receivedBytes: "119" } },
	{ name: "TCP without memory for a while", story: async () => ({ server: {}, settings: { writeRefusals: "3" } }), expect: {} },
	{ name: "a body of many full records", story: async () => ({ server: { bodyBytes: 200_000 } }), expect: { receivedBytes: "200019" } },
	{ name: "a server that asks for another key share (HelloRetryRequest)", story: async () => ({ server: { version: "TLSv1.3", secure: { ecdhCurve: "P-384" } } }), expect: {} },
	{ name: "a server that wants X25519", story: async () => ({ server: { version: "TLSv1.3", secure: { ecdhCurve: "X25519" } } }), expect: {} },
	{ name: "ChaCha20-Poly1305", story: async () => ({ server: { version: "TLSv1.3", secure: { ciphers: "TLS_CHACHA20_POLY1305_SHA256" } } }), expect: { cipher: "TLS_CHACHA20_POLY1305_SHA256" } },
	{
		name: "an RSA-2048 leaf under an RSA-4096 root",
		story: async () => {
			const trusted = await issue({ subject: "RSA root", issuer: "self", ca: true, algorithm: "RSA-4096" });
			const rsa = await issue({ names: [host], issuer: trusted, algorithm: "RSA-2048" });
			return { trusted, server: { cert: rsa.chainPem, key: rsa.keyPem } };
		},
		expect: {},
	},
	...(["TLSv1.2", "TLSv1.3"] as const).map((version) => ({
		name: `an RSA-2048 leaf and intermediate over ${version}`,
		story: async () => {
			const issuer = await issue({ subject: "RSA intermediate", issuer: root, ca: true, algorithm: "RSA-2048" });
			const rsa = await issue({ names: [host], issuer, algorithm: "RSA-2048" });
			return { server: { version, cert: rsa.chainPem, key: rsa.keyPem } };
		},
		expect: { protocol: version },
	})),
	{ name: "TLS 1.2 with AES-256-GCM and SHA-384", story: async () => ({ server: { version: "TLSv1.2", secure: { ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384" } } }), expect: { cipher: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" } },
	{ name: "TLS 1.2 with X25519", story: async () => ({ server: { version: "TLSv1.2", secure: { ecdhCurve: "X25519" } } }), expect: {} },
	{ name: "TLS 1.2 with P-384", story: async () => ({ server: { version: "TLSv1.2", secure: { ecdhCurve: "P-384" } } }), expect: {} },
	{
		name: "a P-384 leaf",
		story: async () => {
			const p384 = await issue({ names: [host], issuer: root, algorithm: "P-384" });
			return { server: { cert: p384.chainPem, key: p384.keyPem } };
		},
		expect: {},
	},
];

for (const { name, story, expect } of good) {
	test(`fetches: ${name}`, async () => {
		const { line, server } = await fetchOnce(await story());
		assert.equal(line.code, "ECLOSED", JSON.stringify(line));
		assert.ok(server.received > 0);
		for (const [key, value] of Object.entries(expect)) assert.equal(line[key], value, key);
	});
}

const refusals: readonly { name: string; story: () => Promise<Story>; code: string; facts?: Line }[] = [
	{ name: "another host name", story: async () => ({ server: {}, settings: { host: "other.example" } }), code: "ERR_TLS_CERT_ALTNAME_INVALID", facts: { names: "site.example, *.wild.example, 192.168.4.2" } },
	{ name: "two labels under a wildcard", story: async () => ({ server: {}, settings: { host: "a.b.wild.example" } }), code: "ERR_TLS_CERT_ALTNAME_INVALID" },
	{ name: "another address", story: async () => ({ server: {}, settings: { host: "192.168.4.3" } }), code: "ERR_TLS_CERT_ALTNAME_INVALID" },
	{
		name: "a name that stands in the common name only",
		story: async () => {
			const bare = await issue({ subject: host, issuer: intermediate });
			return { server: { cert: bare.chainPem, key: bare.keyPem } };
		},
		code: "ERR_TLS_CERT_ALTNAME_INVALID",
	},
	{
		name: "an address that stands as a DNS name only",
		story: async () => ({ server: {}, settings: { host: "10.0.0.1" } }),
		code: "ERR_TLS_CERT_ALTNAME_INVALID",
	},
	{
		name: "an expired leaf",
		story: async () => {
			const late = await issue({ names: [host], issuer: intermediate, notAfter: new Date("2026-01-02T03:04:05Z") });
			return { server: { cert: late.chainPem, key: late.keyPem } };
		},
		code: "CERT_HAS_EXPIRED",
		facts: { notAfter: "2026-01-02T03:04:05Z", subject: "O=picofetch test, CN=site.example" },
	},
	{
		name: "an expired root",
		story: async () => {
			const old = await issue({ subject: "Old", issuer: "self", ca: true, notAfter: new Date("2026-01-02T03:04:05Z") });
			const late = await issue({ names: [host], issuer: old, notAfter: new Date("2027-01-01T00:00:00Z") });
			return { trusted: old, server: { cert: late.chainPem, key: late.keyPem } };
		},
		code: "CERT_HAS_EXPIRED",
		facts: { subject: "O=picofetch test, CN=Old", issuer: "O=picofetch test, CN=Old", notBefore: "2024-01-01T00:00:00Z", notAfter: "2026-01-02T03:04:05Z" },
	},
	{
		name: "an intermediate whose key is too small",
		story: async () => {
			const weak = await issue({ subject: "Weak", issuer: root, ca: true, sameKeyAs: { ...root, keyPem: generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({ type: "pkcs8", format: "pem" }).toString() } });
			const under = await issue({ names: [host], issuer: weak });
			return { server: { cert: under.chainPem, key: under.keyPem } };
		},
		code: "CA_KEY_TOO_SMALL",
		facts: { subject: "O=picofetch test, CN=Weak" },
	},
	{
		name: "a leaf that is not valid yet",
		story: async () => {
			const early = await issue({ names: [host], issuer: intermediate, notBefore: new Date("2026-12-24T00:00:00Z") });
			return { server: { cert: early.chainPem, key: early.keyPem } };
		},
		code: "CERT_NOT_YET_VALID",
		facts: { notBefore: "2026-12-24T00:00:00Z" },
	},
	{ name: "leaf and intermediate of an unknown root", story: async () => ({ server: {}, trusted: other }), code: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", facts: { issuer: "O=picofetch test, CN=Root" } },
	{ name: "an unknown root that is sent too", story: async () => ({ server: { cert: leaf.chainPem + root.certificatePem }, trusted: other }), code: "SELF_SIGNED_CERT_IN_CHAIN", facts: { subject: "O=picofetch test, CN=Root" } },
	{ name: "a leaf without its intermediate", story: async () => ({ server: { cert: leaf.certificatePem } }), code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE", facts: { issuer: "O=picofetch test, CN=Intermediate" } },
	{
		name: "a leaf that signs itself",
		story: async () => {
			const self = await issue({ names: [host], issuer: "self" });
			return { server: { cert: self.chainPem, key: self.keyPem } };
		},
		code: "DEPTH_ZERO_SELF_SIGNED_CERT",
	},
	{
		name: "a leaf that signs itself and is given as a root",
		story: async () => {
			const self = await issue({ names: [host], issuer: "self" });
			return { trusted: self, server: { cert: self.chainPem, key: self.keyPem } };
		},
		code: "DEPTH_ZERO_SELF_SIGNED_CERT",
	},
	{
		name: "a root of the same name with another key",
		story: async () => ({ server: {}, trusted: await issue({ subject: "Root", issuer: "self", ca: true }) }),
		code: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
	},
	{
		name: "a leaf that another leaf has signed",
		story: async () => {
			const wrong = await issue({ names: [host], issuer: leaf });
			return { server: { cert: wrong.chainPem, key: wrong.keyPem } };
		},
		code: "INVALID_CA",
	},
	{ name: "an unset clock", story: async () => ({ server: {}, settings: { epoch: "" } }), code: "ERR_TLS_CLOCK_UNSET", facts: { sentBytes: "0", phase: "open" } },
	{ name: "a stuck random source", story: async () => ({ server: {}, settings: { stuck: "1" } }), code: "ERR_ENTROPY_STUCK", facts: { sentBytes: "0", phase: "open" } },
	{ name: "a closed port", story: async () => ({ server: {}, settings: { port: "1" } }), code: "ECONNREFUSED" },
	{ name: "a server that never answers", story: async () => ({ server: { ending: "silent" }, settings: { timeout: "300" } }), code: "ETIMEDOUT" },
	{ name: "a server without a common version", story: async () => ({ server: { version: "TLSv1.2" }, settings: { minimum: "0x0304" } }), code: "ERR_TLS_ALERT", facts: { alert: "70" } },
];

for (const { name, story, code, facts } of refusals) {
	test(`refuses ${name} with ${code}, and no application data leaves`, async () => {
		const { line, server } = await fetchOnce(await story());
		assert.equal(line.code, code, JSON.stringify(line));
		assert.equal(server.received, 0);
		for (const [key, value] of Object.entries(facts ?? {})) assert.equal(line[key], value, key);
	});
}

test("a connection cut without close_notify is told apart from a clean end", async () => {
	const { line } = await fetchOnce({ server: { ending: "cut" } });
	assert.equal(line.code, "ERR_TLS_CUT");
	assert.equal(line.receivedBytes, "12019");
});

test("ten connections one after another need the same memory each", async () => {
	const { lines } = await fetchOnce({ server: {}, settings: { count: "10" } });
	assert.equal(lines.length, 10);
	for (const line of lines) assert.equal(line.code, "ECLOSED");
	for (const resumed of ["no", "yes"]) {
		const peaks = new Set(lines.filter((line) => line.resumed === resumed).map((line) => line.peak));
		assert.ok(peaks.size <= 3, [...peaks].join(" "));
	}
});

test("refusals and good connections take turns without growth", async () => {
	const { lines } = await fetchOnce({ server: { cert: leaf.certificatePem }, settings: { count: "10" } });
	assert.equal(new Set(lines.map((line) => line.peak)).size, 1);
});

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
	test(`memory refused at each allocation of a ${version} connection ends it with ERR_TLS_MEMORY, and the next one is whole`, async () => {
		const { lines } = await fetchOnce({ server: { version, bodyBytes: 100 }, settings: { faults: "1" } });
		const [last, ...refused] = lines.reverse();
		assert.equal(last!.code, "ECLOSED");
		assert.ok(refused.length > 100, `${refused.length}`);
		for (const line of refused) assert.ok(["ERR_TLS_MEMORY", "ECLOSED"].includes(line.code!), JSON.stringify(line));
		const spared = refused.filter((line) => line.code === "ECLOSED").length;
		assert.ok(spared < refused.length / 50, `${spared} of ${refused.length} went unseen`);
	});
}
