/**
 * TLS on the whole firmware: the .uf2 on the simulated board, through radio, lwIP, platform/tls, HTTP and fetch. Every
 * refusal has its code, and the server has received no byte of application data.
 */
import assert from "node:assert/strict";
import { issue, type Issued } from "../../../tools/certificates/issue.ts";
import { deviceTest, powerOn, type DeviceScene } from "../../support/device.ts";
import { respondWith, TlsServer, type TlsServerOptions } from "../../support/tls-server.ts";

const name = "site.example";
/** main.ts's last line, with its end: the console comes in pieces. */
const lastLine = /^(?:received|refused).*\r?\n/m;
const day = 24 * 3600 * 1000;

interface Scene extends DeviceScene {
	readonly server: TlsServer;
}

function scene(served: { readonly chainPem: string; readonly keyPem: string }, rest: Partial<DeviceScene> = {},
	options: Partial<TlsServerOptions> = {}): Scene {
	const server = new TlsServer({ certificateChainPem: served.chainPem, keyPem: served.keyPem, ...options });
	return {
		server,
		hosts: { [name]: { connect: () => server.connect() } },
		configuration: { url: `https://${name}/` },
		until: lastLine,
		...rest,
	};
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
	deviceTest(`a page comes over ${version} with leaf and intermediate, and the server is named`, async () => {
		const intermediate = await issue({ subject: "Intermediate", ca: true });
		return scene(await issue({ names: [name], issuer: intermediate }), {}, { minVersion: version, maxVersion: version });
	}, ({ outcome, console: text }, { server }) => {
		assert.deepEqual(outcome, { kind: "received", bytes: 5 });
		assert.match(text, new RegExp(`protocol  ${version}, TLS_`));
		assert.match(text, /server .*CN=site\.example/);
		assert.match(text, /issuer .*CN=Intermediate/);
		assert.equal(server.requests.length, 1);
	});
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
	deviceTest(`a second fetch over ${version} resumes the session of the first, and tells so`, async () =>
		scene(await issue({ names: [name] }), { app: "test/bench/app", until: /^(?:arena|failed).*\n/m },
			{ minVersion: version, maxVersion: version, respond: respondWith("hello") }),
	({ console: text }, { server }) => {
		assert.match(text, /5 bytes of body, resumed true\r?$/m);
		assert.deepEqual([server.handshakes, server.resumptions], [2, 1]);
	});
}

deviceTest("a page comes from an RSA server", async () =>
	scene(await issue({ names: [name], algorithm: "RSA-2048" })),
({ outcome }) => assert.deepEqual(outcome, { kind: "received", bytes: 5 }));

interface Refusal {
	readonly what: string;
	readonly code: string;
	readonly says: RegExp;
	readonly make: () => Promise<Scene>;
}

const refusals: readonly Refusal[] = [
	{
		what: "another host name", code: "ERR_TLS_CERT_ALTNAME_INVALID", says: /is for other\.example, not for site\.example/,
		make: async () => scene(await issue({ names: ["other.example"] })),
	},
	{
		what: "an expired certificate", code: "CERT_HAS_EXPIRED", says: /expired 2026-01-14T12:00:00Z/,
		make: async () => scene(await issue({ names: [name], notAfter: new Date(powerOn.getTime() - day) })),
	},
	{
		what: "a certificate that is not valid yet", code: "CERT_NOT_YET_VALID", says: /valid from 2026-01-16T12:00:00Z/,
		make: async () => scene(await issue({ names: [name], notBefore: new Date(powerOn.getTime() + day) })),
	},
	{
		what: "leaf and intermediate of an unknown root", code: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", says: /no trusted root/,
		make: async () => {
			const root = await issue({ subject: "Unknown", issuer: "self", ca: true });
			const intermediate = await issue({ subject: "Intermediate", issuer: root, ca: true });
			return scene(await issue({ names: [name], issuer: intermediate }));
		},
	},
	{
		what: "an unknown root that is sent", code: "SELF_SIGNED_CERT_IN_CHAIN", says: /CN=Unknown" is not trusted/,
		make: async () => {
			const root: Issued = await issue({ subject: "Unknown", issuer: "self", ca: true });
			const leaf = await issue({ names: [name], issuer: root });
			return scene({ chainPem: leaf.chainPem + root.certificatePem, keyPem: leaf.keyPem });
		},
	},
	{
		what: "a certificate that signs itself", code: "DEPTH_ZERO_SELF_SIGNED_CERT", says: /signs itself/,
		make: async () => scene(await issue({ names: [name], issuer: "self" })),
	},
	{
		what: "a leaf without its intermediate", code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE", says: /sent its certificate alone/,
		make: async () => {
			const intermediate = await issue({ subject: "Intermediate", ca: true });
			const leaf = await issue({ names: [name], issuer: intermediate });
			return scene({ chainPem: leaf.certificatePem, keyPem: leaf.keyPem });
		},
	},
	{
		what: "an unset clock", code: "ERR_TLS_CLOCK_UNSET", says: /clock is not set/,
		make: async () => scene(await issue({ names: [name] }), { app: "test/device/tls/clock-unset" }),
	},
	{
		what: "a stuck ring oscillator", code: "ERR_ENTROPY_STUCK", says: /health test/,
		make: async () => scene(await issue({ names: [name] }), { board: { stuckRosc: true } }),
	},
];

for (const { what, code, says, make } of refusals) {
	deviceTest(`${what} is refused with ${code}, and no byte of application data is sent`, make,
		({ outcome, console: text }, { server }) => {
			assert.deepEqual(outcome, { kind: "refused", code });
			assert.match(text, says);
			assert.equal(server.applicationBytes, 0);
			assert.equal(server.handshakes, 0);
		});
}
