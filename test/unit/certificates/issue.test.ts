// The test authority and the certificates it issues, judged by Node's OpenSSL: nothing here asks the maker.

import assert from "node:assert/strict";
import { X509Certificate, createPrivateKey } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { type TLSSocket, connect, createServer } from "node:tls";
import type { AddressInfo } from "node:net";
import { authority } from "../../../tools/certificates/authority.ts";
import { type Issued, issue } from "../../../tools/certificates/issue.ts";

const folder = await mkdtemp(join(tmpdir(), "picofetch-authority-"));
test.after(() => rm(folder, { recursive: true }));
const root = await authority(join(folder, "authority"));

test("the authority is made once, and found again", async () => {
	const again = await authority(join(folder, "authority"));
	assert.deepEqual(again, root);
	const certificate = new X509Certificate(root.certificatePem);
	assert.equal(certificate.ca, true);
	assert.equal(certificate.validFrom, "Jan  1 00:00:00 2024 GMT");
	assert.equal(certificate.validTo, "Jan  1 00:00:00 2044 GMT");
	assert.ok(certificate.verify(certificate.publicKey));
	assert.ok(certificate.checkPrivateKey(createPrivateKey(root.keyPem)));
});

test("callers at the same time end with one authority and leave nothing else behind", async () => {
	const place = join(folder, "together");
	const all = await Promise.all([authority(join(place, "a")), authority(join(place, "a")), authority(join(place, "a"))]);
	assert.equal(new Set(all.map(one => one.keyPem)).size, 1);
	assert.deepEqual(await readdir(place), ["a"]);
});

test("a leaf carries its names and dates", async () => {
	const leaf = await issue({
		names: ["example.test", "*.example.test", "192.168.4.1"],
		notBefore: new Date("2025-06-01T00:00:00Z"),
		notAfter: new Date("2025-07-01T00:00:00Z"),
		issuer: root,
	});
	const certificate = new X509Certificate(leaf.certificatePem);
	assert.equal(certificate.subjectAltName, "DNS:example.test, DNS:*.example.test, IP Address:192.168.4.1");
	assert.equal(certificate.subject, "O=picofetch test\nCN=example.test");
	assert.equal(certificate.validFrom, "Jun  1 00:00:00 2025 GMT");
	assert.equal(certificate.validTo, "Jul  1 00:00:00 2025 GMT");
	assert.equal(certificate.ca, false);
	assert.ok(certificate.verify(new X509Certificate(root.certificatePem).publicKey));
	assert.equal(leaf.chainPem, leaf.certificatePem);
	assert.deepEqual(Buffer.from(leaf.certificateDer), certificate.raw);
});

test("a leaf below an intermediate sends both, and no root", async () => {
	const intermediate = await issue({ subject: "intermediate", ca: true, issuer: root });
	const leaf = await issue({ names: ["example.test"], issuer: intermediate });
	assert.equal(leaf.chainPem, leaf.certificatePem + intermediate.certificatePem);
	assert.ok(new X509Certificate(leaf.certificatePem).checkIssued(new X509Certificate(intermediate.certificatePem)));
});

test("a certificate without any name is refused", async () => {
	await assert.rejects(issue({ issuer: "self" }), RangeError);
});

for (const algorithm of ["P-256", "P-384", "RSA-2048"] as const) {
	test(`a TLS client that trusts the root accepts a ${algorithm} chain`, async () => {
		const otherRoot = await issue({ subject: "other root", issuer: "self", ca: true, algorithm });
		const intermediate = await issue({ subject: "intermediate", issuer: otherRoot, ca: true, algorithm });
		const leaf = await issue({ names: ["localhost"], issuer: intermediate, algorithm });
		assert.equal(await refusal(leaf, otherRoot), undefined);
	});
}

test("a TLS client refuses what the fixtures are made to be refused for", async () => {
	const cases: [string, Issued][] = [
		["CERT_HAS_EXPIRED", await issue({ names: ["localhost"], issuer: root, notAfter: new Date("2024-02-01T00:00:00Z") })],
		["CERT_NOT_YET_VALID", await issue({ names: ["localhost"], issuer: root, notBefore: new Date("2043-12-01T00:00:00Z") })],
		["DEPTH_ZERO_SELF_SIGNED_CERT", await issue({ names: ["localhost"], issuer: "self" })],
		["ERR_TLS_CERT_ALTNAME_INVALID", await issue({ names: ["elsewhere.test"], issuer: root })],
		["UNABLE_TO_VERIFY_LEAF_SIGNATURE", await issue({
			names: ["localhost"],
			issuer: await issue({ subject: "other root", issuer: "self", ca: true }),
		})],
	];
	for (const [code, leaf] of cases) {
		assert.equal(await refusal(leaf, root), code);
	}
});

/** The code with which Node's client refuses a server that shows `leaf`, undefined when it is accepted. */
async function refusal(leaf: Issued, trusted: Issued): Promise<string | undefined> {
	const server = createServer({ cert: leaf.chainPem, key: leaf.keyPem }, socket => socket.end());
	server.on("tlsClientError", () => {});
	await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
	try {
		return await new Promise(resolve => {
			const client: TLSSocket = connect({
				host: "127.0.0.1",
				port: (server.address() as AddressInfo).port,
				servername: "localhost",
				ca: trusted.certificatePem,
			});
			client.once("secureConnect", () => {
				client.destroy();
				resolve(undefined);
			});
			client.once("error", error => resolve((error as NodeJS.ErrnoException).code));
		});
	} finally {
		server.close();
	}
}
