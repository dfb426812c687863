// `npm run conformance -- --suite DIR --device N`: cases in the form of x509-limbo, judged by the .uf2.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { issue, type Issued } from "../../../tools/certificates/issue.ts";
import { drawSample } from "../../../tools/conformance/sample.ts";
import type { SuiteCase } from "../../../tools/conformance/suites.ts";
import { startCommand } from "../../support/command.ts";

const host = "site.example";

interface Scene {
	readonly id: string;
	readonly root: Issued;
	readonly sent: readonly Issued[];
	readonly name?: string;
	readonly at?: string;
	readonly isGood: boolean;
	readonly depth?: number;
}

const pem = (der: Uint8Array) => `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;

async function suite(scenes: readonly Scene[]): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), "picofetch-suite-"));
	const testcases = scenes.map(({ id, root, sent: [leaf, ...others], name = host, at = "2026-01-15T12:00:00Z", isGood, depth = null }) => ({
		id, features: [], validation_kind: "SERVER", trusted_certs: [pem(root.certificateDer)], untrusted_intermediates: others.map(one => pem(one.certificateDer)),
		peer_certificate: pem(leaf!.certificateDer), validation_time: at, expected_result: isGood ? "SUCCESS" : "FAILURE",
		expected_peer_name: { kind: /^[\d.]+$|:/.test(name) ? "IP" : "DNS", value: name }, max_chain_depth: depth,
	}));
	await writeFile(join(folder, "limbo.json"), JSON.stringify({ version: 1, testcases }));
	return folder;
}

test("a sample is judged by the device, agrees with the host, and what cannot be put to it is named", { timeout: 300_000 }, async context => {
	const run = async (...parameters: string[]) => {
		const running = startCommand(context, ["conformance", ...parameters]);
		return { status: await running.ended, ...running };
	};
	const root = await issue({ subject: "Root", issuer: "self", ca: true });
	const other = await issue({ subject: "Other", issuer: "self", ca: true });
	const middle = await issue({ subject: "Middle", issuer: root, ca: true });
	const leaf = await issue({ names: [host, "192.0.2.1", "2001:db8::1"], issuer: middle });
	const strong = await issue({ subject: "Strong", issuer: "self", ca: true, algorithm: "RSA-2048" });
	const alone = await issue({ names: [host], issuer: "self" });
	const folder = await suite([
		{ id: "webpki::good", root, sent: [leaf, middle], isGood: true },
		{ id: "rfc5280::good", root, sent: [leaf, middle], isGood: true },
		{ id: "webpki::address", root, sent: [leaf, middle], name: "192.0.2.1", isGood: true },
		{ id: "webpki::rsa", root: strong, sent: [await issue({ names: [host], issuer: strong })], isGood: true },
		{ id: "webpki::surplus", root, sent: [leaf, other, root, middle], isGood: true },
		{ id: "webpki::name", root, sent: [leaf, middle], name: "other.example", isGood: false },
		{ id: "webpki::late", root, sent: [leaf, middle], at: "2050-01-01T00:00:00Z", isGood: false },
		{ id: "rfc5280::unknown", root: other, sent: [leaf, middle], isGood: false },
		{ id: "rfc5280::self", root, sent: [alone], isGood: false },
		{ id: "webpki::odd", root, sent: [leaf, middle], isGood: false },
		{ id: "webpki::six", root, sent: [leaf, middle], name: "2001:db8::1", isGood: true },
		{ id: "webpki::depth", root, sent: [leaf, middle], isGood: true, depth: 1 },
	]);
	try {
		const { status, stdout, stderr } = await run("--suite", folder, "--device", "100", "--json");
		assert.equal(status, 1, stderr);
		const { device, scores, differences, left } = JSON.parse(stdout);
		assert.equal(device, 10);
		assert.deepEqual(differences, []);
		assert.deepEqual(scores, [{
			suite: "limbo core", agreed: 9, total: 10, refused: [],
			accepted: [{ name: "webpki::odd", found: "trusted", expected: "refuse", isSoft: false }],
		}]);
		assert.deepEqual(left.map(({ name }: { name: string }) => name), ["webpki::six", "webpki::depth"]);
		const table = await run("--suite", folder, "--device", "2", "--seed", "7");
		assert.match(table.stdout, /^2 of 12 cases, judged by the \.uf2 on a simulated Pico W \(seed 7\)$/m);
		assert.match(table.stdout, /^the device and the host agree$/m);
	} finally {
		await rm(folder, { recursive: true });
	}
});

test("a seed draws the same cases each time, in the order of the suite", () => {
	const cases = Array.from({ length: 500 }, (_, index) => ({ name: `${index}` }) as SuiteCase);
	const names = (count: number, seed: number) => drawSample(cases, count, seed).map(({ name }) => Number(name));
	const drawn = names(20, 1);
	assert.deepEqual(drawn, names(20, 1));
	assert.notDeepEqual(drawn, names(20, 2));
	assert.equal(new Set(drawn).size, 20);
	assert.deepEqual(drawn, [...drawn].sort((one, other) => one - other));
	assert.equal(names(1000, 3).length, 500);
});
