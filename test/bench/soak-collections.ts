// Soak "collections": the engine collects garbage at each allocation, while its heap is frozen and while it runs. A reference that
// is held where the collector does not look shows as a wrong answer, a store into flash or an assertion of the engine.

import assert from "node:assert/strict";
import { issue } from "../../tools/certificates/issue.ts";
import { app, inNode } from "../device/engine/cases.ts";
import { runDevice, type DeviceRun, type DeviceScene } from "../support/device.ts";
import { respondWith, TlsServer } from "../support/tls-server.ts";

const host = "soak.example";

/** Each part by its name; it throws at the first fault. The first that uses an app freezes it, which takes minutes for the whole story. */
export const collectionParts: Readonly<Record<string, (seed: number) => Promise<DeviceRun>>> = {
	async "cases of the language"(seed) {
		const run = await stressed({ app, seed, network: false, until: /^over\r?$/m });
		assert.deepEqual(run.console.trimEnd().split(/\r?\n/), await inNode(), `collections soak, seed ${seed}`);
		return run;
	},
	async "join and fetch"(seed) {
		const run = await stressed({ seed, hosts: { [host]: await server(host) }, configuration: { url: `https://${host}/` } });
		assert.match(run.console, /^status {4}200 .*\r?\nhello\r?$/m, `collections soak, seed ${seed}`);
		return run;
	},
	async "join and a refusal"(seed) {
		const run = await stressed({ seed, hosts: { [host]: await server("other.example") }, configuration: { url: `https://${host}/` } });
		assert.match(run.console, /^refused: ERR_TLS_CERT_ALTNAME_INVALID /m, `collections soak, seed ${seed}`);
		return run;
	},
};

async function stressed(scene: DeviceScene): Promise<DeviceRun> {
	const run = await runDevice({ ...scene, stress: true, timeoutMs: 600_000 });
	assert.deepEqual(run.report.violations.filter(({ level }) => level === "error"), [], `collections soak, seed ${scene.seed}`);
	return run;
}

async function server(name: string): Promise<{ connect: TlsServer["connect"] }> {
	const leaf = await issue({ names: [name] });
	const tls = new TlsServer({ certificateChainPem: leaf.chainPem, keyPem: leaf.keyPem, respond: respondWith("hello") });
	return { connect: () => tls.connect() };
}
