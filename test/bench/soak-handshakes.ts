// Soak "handshakes": TLS handshakes that succeed, new and resumed, in turn with every kind that must not. Each ends with its
// code, no byte of a request comes to a server that was not proven, and memory is what it was.

import assert from "node:assert/strict";
import { duplexPair, type Duplex } from "node:stream";
import type { HostOptions } from "../../simulator/simulator.ts";
import { issue } from "../../tools/certificates/issue.ts";
import { powerOn, runDevice } from "../support/device.ts";
import { TlsServer } from "../support/tls-server.ts";
import { Chance } from "./random.ts";

export interface HandshakeSoak {
	readonly seed: number;
	/** Handshakes; every second one must fail. */
	readonly count: number;
}

/** A host, and how a fetch from it must end. */
interface Kind {
	readonly host: string;
	readonly ends: string;
	readonly server?: TlsServer;
	readonly peer: HostOptions;
}

/** Bytes of the script's arena that may be less at the end than after each kind was met once. */
const toleratedBytes = 2048;

/** @returns handshakes that succeeded, those of them that were resumed, and those that failed. @throws AssertionError with the seed. */
export async function soakHandshakes({ seed, count }: HandshakeSoak): Promise<{ succeeded: number; resumed: number; failed: number }> {
	const good = await goodKinds();
	const bad = await badKinds();
	const chance = new Chance(seed);
	// Each kind once, then by chance.
	const plan = Array.from({ length: count }, (_, number) => {
		const kinds = number % 2 === 0 ? good : bad;
		return kinds[number < 2 * bad.length ? (number >> 1) % kinds.length : chance.below(kinds.length)]!;
	});
	const run = await runDevice({
		app: "test/bench/handshakes-app",
		seed,
		configuration: { hosts: plan.map(({ host }) => host) },
		hosts: Object.fromEntries([...good, ...bad].map(({ host, peer }) => [host, peer])),
		until: /^over .*\n/m,
		timeoutMs: 60_000 + count * 10_000,
	});
	const lines = [...run.console.matchAll(/^(\S+\.example) (.*) free (\d+)\r?$/gm)];
	assert.equal(lines.length, count, `handshake soak, seed ${seed}: the device stopped (${run.end.reason}); its console:\n${run.console.slice(-2000)}`);
	lines.forEach(([, host, outcome], number) => {
		assert.equal(`${host} ${outcome}`, `${plan[number]!.host} ${plan[number]!.ends}`, `handshake soak, seed ${seed}, handshake ${number}`);
	});
	for (const { host, server } of bad) {
		assert.equal(server?.applicationBytes ?? 0, 0, `handshake soak, seed ${seed}: ${host} was not proven and got application data`);
	}
	const met = 2 * bad.length;
	const free = lines.map(([, , , bytes]) => Number(bytes));
	assert.ok(free.at(-1)! >= Math.min(...free.slice(0, met)) - toleratedBytes, `handshake soak, seed ${seed}: ${free[met - 1]} bytes of arena were free, ${free.at(-1)} at the end`);
	const [begun, over] = ["begun", "over"].map(when => new RegExp(`^${when} (.*?)\\r?$`, "m").exec(run.console)?.[1]);
	assert.equal(over, begun, `handshake soak, seed ${seed}: connections, packets, segments and bytes of native heap that are used at the end, and were at first`);
	assert.deepEqual(run.report.violations.filter(({ level }) => level === "error"), []);
	return {
		succeeded: good.reduce((sum, { server }) => sum + server!.handshakes, 0),
		resumed: good.reduce((sum, { server }) => sum + server!.resumptions, 0),
		failed: plan.filter(kind => bad.includes(kind)).length,
	};
}

async function goodKinds(): Promise<Kind[]> {
	return Promise.all((["TLSv1.3", "TLSv1.2"] as const).map(async version => {
		const host = `${version.toLowerCase().replace(/[v.]/g, "")}.example`;
		const leaf = await issue({ names: [host] });
		const server = new TlsServer({ certificateChainPem: leaf.chainPem, keyPem: leaf.keyPem, minVersion: version, maxVersion: version });
		return { host, ends: "200 5", server, peer: { tcp: server } };
	}));
}

async function badKinds(): Promise<Kind[]> {
	const stranger = await issue({ subject: "Stranger", issuer: "self", ca: true });
	const day = 86_400_000;
	const shown: readonly [host: string, ends: string, request: Parameters<typeof issue>[0]][] = [
		["other-name.example", "ERR_TLS_CERT_ALTNAME_INVALID", { names: ["elsewhere.example"] }],
		["expired.example", "CERT_HAS_EXPIRED", { names: ["expired.example"], notAfter: new Date(powerOn.getTime() - day) }],
		["early.example", "CERT_NOT_YET_VALID", { names: ["early.example"], notBefore: new Date(powerOn.getTime() + 30 * day) }],
		["alone.example", "DEPTH_ZERO_SELF_SIGNED_CERT", { names: ["alone.example"], issuer: "self" }],
		["stranger.example", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", { names: ["stranger.example"], issuer: stranger }],
	];
	const servers = await Promise.all(shown.map(async ([host, ends, request]): Promise<Kind> => {
		const leaf = await issue(request);
		const server = new TlsServer({ certificateChainPem: leaf.certificatePem, keyPem: leaf.keyPem });
		return { host, ends, server, peer: { tcp: server } };
	}));
	return [
		...servers,
		{ host: "no-tls.example", ends: "ERR_TLS_PROTOCOL", peer: { tcp: { connect: () => speaking("HTTP/1.1 400 Bad Request\r\n\r\n") } } },
		{ host: "cut.example", ends: "ERR_TLS_CUT", peer: { tcp: { connect: () => speaking("") } } },
		{ host: "nobody.example", ends: "ECONNREFUSED", peer: { ports: {} } },
	];
}

/** Waits for the first bytes, says this, and closes. */
function speaking(text: string): Duplex {
	const [near, far] = duplexPair();
	far.on("error", () => {});
	far.once("data", () => far.end(text));
	return near;
}
