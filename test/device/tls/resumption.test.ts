/**
 * Resumption by platform/tls alone, on the host, against Node's TLS: what was proven once is used again, and only as long as it
 * would be proven again.
 */
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import test, { before } from "node:test";
import { issue, type Issued } from "../../../tools/certificates/issue.ts";
import { connectBare, fileOf, type Line } from "./bare/connect.ts";
import { startServer, type Server, type ServerOptions } from "./bare/server.ts";

const epoch = Date.parse("2026-06-01T00:00:00Z");
const host = "site.example";
const versions = ["TLSv1.2", "TLSv1.3"] as const;
const hourMs = 3600_000;

let root: Issued;
let leaf: Issued;

before(async () => {
	root = await issue({ subject: "Root", issuer: "self", ca: true });
	leaf = await issue({ names: [host], issuer: root });
});

async function connectTwice(options: Partial<ServerOptions>, settings: Record<string, string> = {}): Promise<{ lines: Line[]; server: Server }> {
	const server = await startServer({ cert: leaf.chainPem, key: leaf.keyPem, bodyBytes: 100, ...options });
	try {
		const lines = await connectBare({ host, epoch: `${epoch}`, root: fileOf(root.certificateDer), port: `${server.port}`, count: "2", ...settings });
		return { lines, server };
	} finally {
		server.close();
	}
}

for (const version of versions) {
	test(`${version}: a second connection resumes the first one's session, tells the same of the server, and needs less`, async () => {
		const { lines: [first, second], server } = await connectTwice({ version });
		assert.deepEqual([first!.resumed, second!.resumed, second!.code], ["no", "yes", "ECLOSED"]);
		assert.equal(server.resumptions, 1);
		for (const fact of ["protocol", "cipher", "subject", "issuer", "notAfter"]) assert.equal(second![fact], first![fact], fact);
		assert.ok(Number(second!.peak) < Number(first!.peak));
	});

	const kept: readonly { readonly what: string; readonly settings: Record<string, string> }[] = [
		{ what: "an address in place of a name", settings: { host: "192.168.4.2" } },
		{ what: "a protocol name agreed by ALPN", settings: { alpn: "http/1.1" } },
		{ what: "23 hours in between", settings: { pass: `${23 * hourMs}` } },
	];
	for (const { what, settings } of kept) {
		test(`${version}: a session is resumed with ${what}`, async () => {
			const both = await issue({ names: [host, "192.168.4.2"], issuer: root });
			// Node's tickets live two hours unless it is told otherwise.
			const { lines: [, second] } = await connectTwice({ version, cert: both.chainPem, key: both.keyPem, secure: { sessionTimeout: 100_000 } }, settings);
			assert.deepEqual([second!.resumed, second!.code], ["yes", "ECLOSED"]);
			assert.equal(second!.alpn, settings.alpn ?? "-");
		});
	}

	const notKept: readonly { readonly what: string; readonly server?: Partial<ServerOptions>; readonly settings: Record<string, string> }[] = [
		{ what: "the clock was set", settings: { thenEpoch: `${epoch + hourMs}` } },
		{ what: "it was made under other roots", settings: { thenExtra: "1" } },
		{ what: "other protocol names are asked for", settings: { alpn: "http/1.1", thenAlpn: "h2,http/1.1" } },
		{ what: "the ticket's life is over", server: { secure: { sessionTimeout: 60 } }, settings: { pass: "61000" } },
		{ what: "the proof is a day old", server: { secure: { sessionTimeout: 1_000_000 } }, settings: { pass: `${24 * hourMs + 1000}` } },
	];
	for (const { what, server, settings } of notKept) {
		test(`${version}: a session is not resumed when ${what}; a full handshake follows`, async () => {
			const { lines: [first, second], server: { resumptions } } = await connectTwice({ version, ...server }, settings);
			assert.deepEqual([first!.code, second!.resumed, second!.code], ["ECLOSED", "no", "ECLOSED"]);
			assert.equal(resumptions, 0);
		});
	}

	for (const expired of ["leaf", "root"] as const) {
		test(`${version}: a session is not resumed when the ${expired}'s last day is over; the full handshake says so`, async () => {
			const notAfter = new Date(epoch + hourMs);
			const issuer = expired === "root" ? await issue({ subject: "Root", issuer: "self", ca: true, notAfter }) : root;
			const short = await issue({ names: [host], issuer, ...expired === "leaf" && { notAfter } });
			const { lines: [first, second], server } = await connectTwice({ version, cert: short.chainPem, key: short.keyPem },
				{ root: fileOf(issuer.certificateDer), pass: `${hourMs + 2000}` });
			assert.equal(first!.code, "ECLOSED");
			assert.equal(second!.code, "CERT_HAS_EXPIRED");
			assert.equal(server.resumptions, 0);
		});
	}

	test(`${version}: a root of the connection's own counts no more when the next one shows it as a certificate instead`, async () => {
		const key = fileOf(createPrivateKey(root.keyPem).export({ format: "der", type: "pkcs8" }));
		const { lines: [first, second], server } = await connectTwice({ version }, { extra: "1", thenIdentity: "1", key, certificate: fileOf(root.certificateDer) });
		assert.equal(first!.code, "ECLOSED");
		assert.equal(second!.code, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
		assert.deepEqual([server.resumptions, server.receivedOf[1]], [0, 0]);
	});

	test(`${version}: a server that declines gets a full handshake, and what it gives then is kept`, async () => {
		const { lines, server } = await connectTwice({ version, forgetsTickets: 1 }, { count: "3" });
		assert.deepEqual(lines.map(({ resumed, code }) => `${resumed} ${code}`), ["no ECLOSED", "no ECLOSED", "yes ECLOSED"]);
		assert.equal(server.resumptions, 1);
	});

	test(`${version}: a server that declines and is another now is refused`, async () => {
		const other = await issue({ names: ["other.example"], issuer: root });
		const { lines: [, second], server } = await connectTwice({ version, forgetsTickets: 1, then: { cert: other.chainPem, key: other.keyPem } });
		assert.equal(second!.code, "ERR_TLS_CERT_ALTNAME_INVALID");
		assert.equal(server.receivedOf[1], 0);
	});

	test(`${version}: a connection that fails leaves no session`, async () => {
		const { lines } = await connectTwice({ version, ending: "cut" });
		assert.deepEqual(lines.map(({ resumed, code }) => `${resumed} ${code}`), ["no ERR_TLS_CUT", "no ERR_TLS_CUT"]);
	});
}

test("a ticket of TLS 1.3 is used once", async () => {
	const { lines, server } = await connectTwice({ version: "TLSv1.3" }, { count: "5" });
	assert.deepEqual(lines.map(({ code }) => code), Array(5).fill("ECLOSED"));
	assert.equal(new Set(server.offers).size, server.offers.length, server.offers.join(" "));
	assert.ok(server.offers.length >= 2);
});

test("a session of TLS 1.2 without tickets is resumed by its ID", async () => {
	const { lines: [, second], server } = await connectTwice({ version: "TLSv1.2", tickets: false });
	assert.deepEqual([second!.resumed, second!.code], ["yes", "ECLOSED"]);
	assert.equal(server.resumptions, 1);
});

test("a session that was resumed is resumed again", async () => {
	const { lines } = await connectTwice({ version: "TLSv1.2" }, { count: "4" });
	assert.deepEqual(lines.map(({ resumed }) => resumed), ["no", "yes", "yes", "yes"]);
});
