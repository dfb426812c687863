// Soak "lock-step": the firmware from power-on to a page over HTTPS, and programs of chance on two cores, by the simulator's fast loop
// and by the plain interpreter beside it. Registers, flags, cycles, exceptions and memory must be the same all along.

import assert from "node:assert/strict";
import { issue } from "../../tools/certificates/issue.ts";
import { storyEnd } from "../../tools/start/story.ts";
import { sceneBoard } from "../support/device.ts";
import { inLockStep, type LockStepResult } from "../support/lock-step.ts";
import { respondWith, TlsServer } from "../support/tls-server.ts";
import { twoCores } from "../support/two-cores.ts";

const host = "site.example";

/**
 * @param xip with the model of what flash costs
 * @throws Error that names seed, core, cycle, pc and register of the first difference
 */
export async function soakLockStep({ seed, xip }: { readonly seed: number; readonly xip: boolean }): Promise<{ boot: LockStepResult; pair: LockStepResult }> {
	const { chainPem, keyPem } = await issue({ names: [host] });
	const server = new TlsServer({ certificateChainPem: chainPem, keyPem, respond: respondWith("the page\n") });
	const hosts = { [host]: { ports: { 443: { connect: () => server.connect() } } } };
	const boot = await inLockStep({
		seed, replayed: true, until: storyEnd, timeoutMicros: 10e6,
		board: peers => sceneBoard({ seed, hosts, board: { xip }, configuration: { url: `https://${host}/` }, faults: { loss: 0.01, jitterMicros: 200 }, ...peers }),
	});
	assert.match(boot.console, /^received \d+ bytes\r$/m, `lock-step soak, seed ${seed}`);
	const pair = await inLockStep({ seed, timeoutMicros: 60_000, board: () => twoCores(seed) });
	assert.ok(pair.activeCycles.every(cycles => cycles > 10_000), `lock-step soak, seed ${seed}: both cores ran`);
	return { boot, pair };
}
