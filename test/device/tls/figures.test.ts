/**
 * platform/tls alone on the simulated processor: the library's self tests as our compiler builds them, and the cost of a
 * handshake in cycles, memory and stack. The figures are printed; a change shows its cost here.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { issue, type CertificateRequest, type Issued } from "../../../tools/certificates/issue.ts";
import { buildBare } from "./bare/build.ts";
import { runBare } from "./bare/run.ts";
import { startServer } from "./bare/server.ts";

const epoch = Date.parse("2026-06-01T00:00:00Z");

test("the library's self tests hold on the processor", async () => {
	const { output, status } = await runBare({ elf: await buildBare("arm", "selftest") });
	assert.equal(status, 0);
	const lines = output.trim().split("\n");
	assert.equal(lines.length, 11);
	for (const line of lines) assert.match(line, /^\w+=0\t/);
});

interface Kind {
	readonly name: string;
	readonly version: "TLSv1.2" | "TLSv1.3";
	readonly algorithm: CertificateRequest["algorithm"];
	readonly rootAlgorithm: CertificateRequest["algorithm"];
	readonly intermediate: boolean;
	readonly mostCycles: number;
	readonly mostResumedCycles: number;
	readonly mostPeakBytes: number;
}

const kinds: readonly Kind[] = [
	{ name: "handshake.tls13.p256", version: "TLSv1.3", algorithm: "P-256", rootAlgorithm: "P-256", intermediate: false, mostCycles: 40e6, mostResumedCycles: 18e6, mostPeakBytes: 28 * 1024 },
	{ name: "handshake.tls12.p256", version: "TLSv1.2", algorithm: "P-256", rootAlgorithm: "P-256", intermediate: false, mostCycles: 50e6, mostResumedCycles: 9e6, mostPeakBytes: 28 * 1024 },
	{ name: "handshake.tls13.rsa2048", version: "TLSv1.3", algorithm: "RSA-2048", rootAlgorithm: "RSA-2048", intermediate: false, mostCycles: 35e6, mostResumedCycles: 18e6, mostPeakBytes: 40 * 1024 },
	{ name: "handshake.tls12.rsa2048", version: "TLSv1.2", algorithm: "RSA-2048", rootAlgorithm: "RSA-2048", intermediate: false, mostCycles: 60e6, mostResumedCycles: 9e6, mostPeakBytes: 40 * 1024 },
	{ name: "handshake.tls13.rsa4096", version: "TLSv1.3", algorithm: "RSA-2048", rootAlgorithm: "RSA-4096", intermediate: true, mostCycles: 65e6, mostResumedCycles: 18e6, mostPeakBytes: 40 * 1024 },
];

for (const kind of kinds) {
	test(`${kind.name}: a verified handshake keeps to its figures`, async (context) => {
		const root = await issue({ subject: "Root", issuer: "self", ca: true, algorithm: kind.rootAlgorithm });
		const issuer: Issued = kind.intermediate ? await issue({ subject: "Intermediate", issuer: root, ca: true, algorithm: kind.algorithm }) : root;
		const leaf = await issue({ names: ["site.example"], issuer, algorithm: kind.algorithm });
		const server = await startServer({ cert: leaf.chainPem, key: leaf.keyPem, version: kind.version });
		try {
			const { output } = await runBare({
				elf: await buildBare("arm", "fetch"),
				port: server.port,
				root: root.certificateDer,
				settings: { host: "site.example", epoch: `${epoch}`, count: "2" },
			});
			const [facts, again] = output.trim().split("\n").map((line) => new Map(line.trim().split("\t").map((pair) => pair.split("=") as [string, string])));
			assert.ok(facts && again);
			assert.deepEqual([facts.get("code"), again.get("code"), again.get("resumed")], ["ECLOSED", "ECLOSED", "yes"], output);
			const resumedCycles = Number(again.get("handshakeCycles"));
			context.diagnostic(`${kind.name}.resumed cycles=${resumedCycles} arenaPeak=${again.get("peak")}`);
			assert.ok(resumedCycles <= kind.mostResumedCycles, `${resumedCycles} cycles resumed`);
			const cycles = Number(facts.get("handshakeCycles"));
			const peakBytes = Number(facts.get("peak"));
			const reachBytes = Number(facts.get("reach"));
			const stackBytes = Number(facts.get("stack"));
			context.diagnostic(`${kind.name} cycles=${cycles} arenaPeak=${peakBytes} arenaReach=${reachBytes} stack=${stackBytes} ${facts.get("cipher")}`);
			assert.ok(cycles <= kind.mostCycles, `${cycles} cycles`);
			assert.ok(peakBytes <= kind.mostPeakBytes, `${peakBytes} bytes of the arena`);
			assert.ok(reachBytes <= 46 * 1024, `${reachBytes} bytes with gaps`);
			assert.ok(stackBytes <= 8 * 1024, `${stackBytes} bytes of stack`);
		} finally {
			server.close();
		}
	});
}
