// `npm run conformance -- tls-shim`: the device as the client of an outside TLS test runner, here the hostile server of the attacks.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { issue, type Issued } from "../../../tools/certificates/issue.ts";
import { readShimFlags, UnimplementedFlag } from "../../../tools/conformance/shim-flags.ts";
import { runShim } from "../../../tools/conformance/tls-shim.ts";
import { content, startHostileServer, type HostileStory } from "../../support/hostile-tls-server.ts";

const folder = mkdtempSync(join(tmpdir(), "picofetch-shim-"));
const trustCert = join(folder, "root.pem");
let root: Issued;
let leaf: Issued;

before(async () => {
	root = await issue({ subject: "Runner", issuer: "self", ca: true });
	leaf = await issue({ names: ["test"], issuer: root });
	writeFileSync(trustCert, root.certificatePem);
});

after(() => rmSync(folder, { recursive: true }));

async function meet(part: Partial<HostileStory>, ...flags: string[]) {
	const server = await startHostileServer(() => ({ version: "TLSv1.3", chain: [leaf.certificateDer], keyPem: leaf.keyPem, ...part }));
	const said: string[] = [];
	try {
		const status = await runShim(["-port", `${server.port}`, "-trust-cert", trustCert, ...flags], line => said.push(line));
		return { status, said: said.join("\n"), connections: server.connections };
	} finally {
		server.close();
	}
}

const greet: Partial<HostileStory> = {
	opened(server) {
		server.record(content.applicationData, Buffer.from("BBBB"));
		setTimeout(() => {
			server.alert(1, 0);
			server.end();
		}, 300);
	},
};

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
	test(`${version}: a good server gets its bytes back with each bit turned, and the exit status is 0`, async () => {
		const { status, said, connections } = await meet({ version, ...greet }, "-shim-writes-first", "-expect-version", version === "TLSv1.3" ? "772" : "771");
		assert.equal(said, "");
		assert.equal(status, 0);
		assert.equal(connections[0]!.application, `hello${String.fromCharCode(...[..."BBBB"].map(letter => letter.charCodeAt(0) ^ 0xff))}`);
	});
}

test("a server whose Finished is wrong ends with 1 and the device's code, and gets no application data", async () => {
	const { status, said, connections } = await meet({ body: (name, body) => name === "finished" ? Buffer.alloc(body.length) : body }, "-shim-writes-first");
	assert.equal(status, 1);
	assert.match(said, /^ERR_TLS_PROTOCOL /);
	assert.equal(connections[0]!.application, "");
});

test("a server of another name, or under another root, is refused by its certificate", async () => {
	assert.match((await meet({}, "-host-name", "other.example")).said, /^ERR_TLS_CERT_ALTNAME_INVALID /);
	const other = await issue({ names: ["test"], issuer: await issue({ subject: "Other", issuer: "self", ca: true }) });
	const { status, said } = await meet({ chain: [other.certificateDer], keyPem: other.keyPem });
	assert.equal(status, 1);
	assert.match(said, /^UNABLE_TO_VERIFY_LEAF_SIGNATURE /);
});

test("a version that was not expected ends with 1", async () => {
	assert.match((await meet({ version: "TLSv1.2", ...greet }, "-expect-version", "772")).said, /^ERR_SHIM_VERSION /);
});

test("the shim's number comes first, little endian", async () => {
	const received: Buffer[] = [];
	const server = createServer(socket => {
		socket.on("error", () => {});
		socket.on("data", bytes => {
			received.push(bytes);
			if (Buffer.concat(received).length > 8) socket.destroy();
		});
	});
	await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
	const status = await runShim(["-port", `${(server.address() as AddressInfo).port}`, "-shim-id", "513"], () => {});
	server.close();
	assert.equal(status, 1);
	assert.deepEqual([...Buffer.concat(received).subarray(0, 9)], [1, 2, 0, 0, 0, 0, 0, 0, 22]);
});

test("what the device cannot do is 89, whatever else is asked", async () => {
	for (const flags of [["-server"], ["-dtls"], ["-max-version", "770"], ["-min-version", "773"], ["-fallback-scsv"], ["-port"], ["-port", "x"], ["-shim-id", "x"], ["--suite", "x"]]) {
		assert.equal(await runShim(flags, () => {}), 89, flags.join(" "));
		assert.throws(() => readShimFlags(flags), UnimplementedFlag);
	}
});

test("flags are read as BoringSSL's shim reads them", () => {
	const flags = readShimFlags(["-port", "1234", "-shim-id", "18446744073709551615", "-ipv6", "-no-tls13", "-advertise-alpn", "\x03foo\x03bar", "-resume-count", "1", "-verify-peer"]);
	assert.deepEqual([flags.port, flags.shimId, flags.ipv6, flags.minimumVersion, flags.maximumVersion, flags.protocols, flags.resumeCount, flags.hostName],
		[1234, 2n ** 64n - 1n, true, "1.2", "1.2", ["foo", "bar"], 1, "test"]);
});
