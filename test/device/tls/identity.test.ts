/** A certificate of the client's own, by platform/tls alone, on the host, against Node's TLS. */
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import test, { before } from "node:test";
import { issue, type Issued } from "../../../tools/certificates/issue.ts";
import { connectBare, fileOf, type Line } from "./bare/connect.ts";
import { startServer, type Server, type ServerOptions } from "./bare/server.ts";

const epoch = Date.parse("2026-06-01T00:00:00Z");
const host = "site.example";
const versions = ["TLSv1.2", "TLSv1.3"] as const;
/** id-kp-clientAuth alone (RFC 5280 section 4.2.1.12). */
const clientPurpose = { oid: "2.5.29.37", value: Buffer.from("300a06082b06010505070302", "hex") };

let root: Issued;
let leaf: Issued;
let clients: Issued;
let mine: Issued;

before(async () => {
	root = await issue({ subject: "Root", issuer: "self", ca: true });
	leaf = await issue({ names: [host], issuer: root });
	clients = await issue({ subject: "Clients", issuer: "self", ca: true });
	mine = await issue({ subject: "board 7", issuer: clients, extensions: [clientPurpose] });
});

const der = (key: Issued, type: "pkcs8" | "sec1" = "pkcs8"): Uint8Array => createPrivateKey(key.keyPem).export({ format: "der", type });

async function connect(options: Partial<ServerOptions>, settings: Record<string, string>): Promise<{ line: Line; lines: Line[]; server: Server }> {
	const server = await startServer({
		cert: leaf.chainPem, key: leaf.keyPem, bodyBytes: 100, ...options,
		secure: { requestCert: true, rejectUnauthorized: true, ca: clients.certificatePem, ...options.secure },
	});
	try {
		const lines = await connectBare({ host, epoch: `${epoch}`, root: fileOf(root.certificateDer), port: `${server.port}`, ...settings });
		return { lines, line: lines[0]!, server };
	} finally {
		server.close();
	}
}

for (const version of versions) {
	test(`${version}: a server that insists is shown the certificate, and takes it`, async () => {
		const { line, server } = await connect({ version }, { key: fileOf(der(mine)), certificate: fileOf(mine.certificateDer) });
		assert.equal(line.code, "ECLOSED", JSON.stringify(line));
		assert.deepEqual(server.clients, ["board 7"]);
	});

	test(`${version}: a key in SEC 1, a P-384 key, and a chain with an intermediate are taken`, async () => {
		const sec1 = await connect({ version }, { key: fileOf(der(mine, "sec1")), certificate: fileOf(mine.certificateDer) });
		const p384 = await issue({ subject: "board 8", issuer: clients, algorithm: "P-384", extensions: [clientPurpose] });
		const second = await connect({ version }, { key: fileOf(der(p384)), certificate: fileOf(p384.certificateDer) });
		const between = await issue({ subject: "Between", issuer: clients, ca: true });
		const below = await issue({ subject: "board 9", issuer: between, extensions: [clientPurpose] });
		const third = await connect({ version }, { key: fileOf(der(below)), certificate: fileOf(below.certificateDer), issuer: fileOf(between.certificateDer) });
		assert.deepEqual([sec1, second, third].map(({ line, server }) => `${line.code} ${server.clients.join()}`),
			["ECLOSED board 7", "ECLOSED board 8", "ECLOSED board 9"]);
	});

	test(`${version}: a server that insists, and gets none, ends it with ERR_TLS_CERTIFICATE_REQUIRED`, async () => {
		let line: Line;
		let tries = 0;
		// Node resets a connection with bytes that it has not read, and now and then before its alert has left.
		do line = (await connect({ version }, {})).line;
		while (line.code === "ECONNRESET" && ++tries < 5);
		assert.equal(line.code, "ERR_TLS_CERTIFICATE_REQUIRED", JSON.stringify(line));
	});

	test(`${version}: a server that asks and does not insist is content without`, async () => {
		const { line } = await connect({ version, secure: { rejectUnauthorized: false } }, {});
		assert.equal(line.code, "ECLOSED");
	});

	test(`${version}: a session is resumed with the identity that it was made with`, async () => {
		const { lines, server } = await connect({ version }, { count: "2", key: fileOf(der(mine)), certificate: fileOf(mine.certificateDer) });
		assert.deepEqual(lines.map(({ code, resumed }) => `${code} ${resumed}`), ["ECLOSED no", "ECLOSED yes"]);
		assert.deepEqual(server.clients, ["board 7", "board 7"]);
	});
}

test("no certificate is shown to a server that is not proven", async () => {
	const other = await issue({ names: ["other.example"], issuer: root });
	const { line, server } = await connect({ cert: other.chainPem, key: other.keyPem }, { key: fileOf(der(mine)), certificate: fileOf(mine.certificateDer) });
	assert.equal(line.code, "ERR_TLS_CERT_ALTNAME_INVALID");
	assert.deepEqual(server.clients, []);
});

const refusals: readonly { readonly what: string; readonly code: string; readonly settings: () => Promise<Record<string, string>> }[] = [
	{
		what: "a key of another certificate", code: "ERR_TLS_KEY_MISMATCH",
		settings: async () => ({ key: fileOf(der(leaf)), certificate: fileOf(mine.certificateDer) }),
	},
	{
		what: "an RSA key", code: "ERR_TLS_KEY", settings: async () => {
			const rsa = await issue({ subject: "rsa", issuer: "self", algorithm: "RSA-2048" });
			return { key: fileOf(der(rsa)), certificate: fileOf(rsa.certificateDer) };
		},
	},
	{ what: "a key that is cut off", code: "ERR_TLS_KEY", settings: async () => ({ key: fileOf(der(mine).subarray(0, 60)), certificate: fileOf(mine.certificateDer) }) },
	{ what: "a key of zero", code: "ERR_TLS_KEY", settings: async () => ({ key: fileOf(withSecret(der(mine, "sec1"), 0x00)), certificate: fileOf(mine.certificateDer) }) },
	{ what: "a key above the order", code: "ERR_TLS_KEY", settings: async () => ({ key: fileOf(withSecret(der(mine, "sec1"), 0xFF)), certificate: fileOf(mine.certificateDer) }) },
	{ what: "bytes in place of a certificate", code: "ERR_TLS_CERTIFICATE", settings: async () => ({ key: fileOf(der(mine)), certificate: fileOf(Uint8Array.of(1, 2, 3)) }) },
];

/** The same key with each byte of its secret replaced: SEQUENCE, INTEGER 1, OCTET STRING of 32 (RFC 5915 section 3). */
function withSecret(sec1: Uint8Array, byte: number): Uint8Array {
	return Uint8Array.from(sec1).fill(byte, 7, 39);
}

for (const { what, code, settings } of refusals) {
	test(`${what} is refused with ${code}, and nothing is sent`, async () => {
		const { line } = await connect({}, await settings());
		assert.deepEqual([line.code, line.phase, line.sentBytes], [code, "open", "0"]);
	});
}

test("memory refused at each allocation of a connection with an identity ends it, and the next one is whole", async () => {
	const { lines } = await connect({ version: "TLSv1.3" }, { faults: "1", key: fileOf(der(mine)), certificate: fileOf(mine.certificateDer) });
	const [last, ...refused] = lines.reverse();
	assert.equal(last!.code, "ECLOSED");
	const unusual = refused.filter(({ code }) => !["ERR_TLS_MEMORY", "ECLOSED"].includes(code!));
	assert.deepEqual(unusual, []);
});
