// Pins: a trusted path must have one of the keys that were named.

import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { issue, type Issued } from "../../../tools/certificates/issue.ts";
import { deviceTest, powerOn, type DeviceScene } from "../../support/device.ts";
import { TlsServer } from "../../support/tls-server.ts";

const host = "site.example";
const address = "198.51.100.7";

function pin({ certificateDer }: Issued): string {
	return `sha256/${createHash("sha256").update(new X509Certificate(certificateDer).publicKey.export({ type: "spki", format: "der" })).digest("base64")}`;
}

async function scene(maxVersion: "TLSv1.2" | "TLSv1.3"): Promise<DeviceScene & { readonly server: TlsServer }> {
	const root = await issue({ subject: "Root", issuer: "self", ca: true });
	const intermediate = await issue({ subject: "Intermediate", issuer: root, ca: true });
	const leaf = await issue({ names: [host], issuer: intermediate });
	const other = await issue({ subject: "Other", issuer: "self", ca: true });
	const server = new TlsServer({ certificateChainPem: leaf.chainPem, keyPem: leaf.keyPem, maxVersion });
	const tries = [
		[pin(leaf)], [pin(intermediate)], [pin(root)], [pin(other), pin(root).replace("/", "//")],
		[pin(other)], null, [pin(other)], [pin(leaf)],
		[], ["sha256/short="], [pin(leaf).replace("sha256", "sha1")], Array(9).fill(pin(leaf)),
	];
	return {
		server, app: "test/device/tls/pins", roots: [root.certificateDer], hosts: { [host]: { address, ports: { 443: { connect: () => server.connect() } } } },
		configuration: { address, host, now: powerOn.getTime(), tries }, until: /^done\r?$/m,
	};
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
	deviceTest(`${version}: a path with a pinned key is proven, one without is refused, and no session goes around it`, () => scene(version), ({ console: text }, { server }) => {
		const tries = [...text.matchAll(/^try (.*?)\r?$/gm)].map(([, outcome]) => outcome!);
		const refused = `ERR_TLS_PIN: ${host}: the server has a trusted chain, but none of its keys is among the pins: the server has changed its keys, or another answers for it. Ask its operator before you change the pins.`;
		assert.deepEqual(tries.slice(0, 8), ["proven", "proven", "proven", "proven", refused, "proven", refused, "proven, resumed"], text);
		assert.match(tries[8]!, /^ERR_TLS_OPTION: pins: 0 of them, expected 1 to 8/);
		assert.match(tries[9]!, /^ERR_TLS_OPTION: pins: "sha256\/short=", expected "sha256\/" and 44 characters/);
		assert.match(tries[10]!, /^ERR_TLS_OPTION: pins: "sha1/);
		assert.match(tries[11]!, /^ERR_TLS_OPTION: pins: 9 of them/);
		assert.equal(server.applicationBytes, 0);
		assert.equal(server.handshakeErrors.length, 2);
	});
}
