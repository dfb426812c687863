/**
 * The web's roots on the whole firmware: a table in flash, beside the image, in which the root of a chain is found by its name.
 */
import assert from "node:assert/strict";
import { issue, type CertificateRequest } from "../../../tools/certificates/issue.ts";
import { readMozillaRoots } from "../../../tools/certificates/mozilla-roots.ts";
import type { WebRoot } from "../../../tools/certificates/root-store.ts";
import { deviceTest, powerOn, type DeviceScene } from "../../support/device.ts";
import { TlsServer } from "../../support/tls-server.ts";

const name = "site.example";
const day = 24 * 3600 * 1000;
const { roots: mozilla } = readMozillaRoots();
/** platform/linker/memory_flash.incl. */
const rootsAddress = 0x1010a000;

interface Scene extends DeviceScene {
	readonly server: TlsServer;
}

/** A server under a root that lies, as `change` says, among Mozilla's, and nowhere else. */
async function scene(change: Partial<WebRoot> | "not there", rest: Partial<DeviceScene> = {}, request: Partial<CertificateRequest> = {}): Promise<Scene> {
	const root = await issue({ subject: "Web Root", issuer: "self", ca: true, algorithm: "RSA-4096" });
	const middle = await issue({ subject: "Web Intermediate", issuer: root, ca: true });
	const leaf = await issue({ names: [name], issuer: middle, ...request });
	const server = new TlsServer({ certificateChainPem: leaf.chainPem, keyPem: leaf.keyPem });
	return {
		server,
		hosts: { [name]: { connect: () => server.connect() } },
		configuration: { url: `https://${name}/` },
		until: /^(?:received|refused).*\r?\n/m,
		roots: [],
		webRoots: change === "not there" ? mozilla : [...mozilla, { label: "Web Root", der: root.certificateDer, ...change }],
		...rest,
	};
}

deviceTest("a chain under a root of the table is trusted", () => scene({}), ({ outcome, console: text }) => {
	assert.deepEqual(outcome, { kind: "received", bytes: 5 });
	assert.match(text, /issuer .*CN=Web Intermediate/);
});

deviceTest("a certificate from before its root was distrusted is trusted", () => scene({ distrustAfter: powerOn }),
	({ outcome }) => assert.deepEqual(outcome, { kind: "received", bytes: 5 }));

for (const { what, code, says, make } of [
	{
		what: "a chain under a root that is not in the table", code: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", says: /ends at "O=picofetch test, CN=Web Root", which is no trusted root.*certs -- add/,
		make: () => scene("not there"),
	},
	{
		what: "a certificate from after its root was distrusted", code: "ERR_TLS_ROOT_DISTRUSTED", says: /CN=site\.example" was issued 2026-01-14T12:00:00Z, when its root had lost the web's trust/,
		make: () => scene({ distrustAfter: new Date(powerOn.getTime() - 2 * day) }, {}, { notBefore: new Date(powerOn.getTime() - day) }),
	},
	{
		what: "a chain when the table is damaged", code: "ERR_TLS_ROOTS_DAMAGED", says: /roots are damaged in flash, so none of them is trusted\. Flash the whole UF2 again\./,
		make: () => scene({}, { damaged: rootsAddress + 40_000 }),
	},
] as const) {
	deviceTest(`${what} is refused with ${code}, and no byte of application data is sent`, make, ({ outcome, console: text }, { server }) => {
		assert.deepEqual(outcome, { kind: "refused", code });
		assert.match(text, says);
		assert.equal(server.applicationBytes, 0);
	});
}

deviceTest("a user's own root counts when the table is damaged", async () => {
	const root = await issue({ subject: "Own Root", issuer: "self", ca: true });
	const leaf = await issue({ names: [name], issuer: root });
	const server = new TlsServer({ certificateChainPem: leaf.chainPem, keyPem: leaf.keyPem });
	return { ...await scene({}, { damaged: rootsAddress + 40_000 }), server, hosts: { [name]: { connect: () => server.connect() } }, roots: [root.certificateDer] };
}, ({ outcome }) => assert.deepEqual(outcome, { kind: "received", bytes: 5 }));
