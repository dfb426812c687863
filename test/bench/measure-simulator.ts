// How fast the simulator itself is, in seconds of this machine: figures to compare on one machine, at rest.

import { PicoW } from "../../simulator/simulator.ts";
import { powerOn, sceneUf2 } from "../support/device.ts";

/** Each several times: the machine has other things to do, too. */
export interface SimulatorSpeed {
	/** Milliseconds of this machine from the radio's power to its firmware's start: 225 KB on its bus. By bits, and by every edge. */
	readonly downloadMs: readonly number[];
	readonly downloadByEdgesMs: readonly number[];
	/** Million cycles a second of a core that computes, without pins. */
	readonly megacycles: readonly number[];
}

const rounds = 3;

/** Adds up and stirs 512 words of SRAM, for ever: loads, shifts, branches as compilers make them. */
const LOOP = [
	0x2000, 0x0680, 0x3001, 0x0300,	// movs r0, #0; ... r0 = 0x1000
	0x2120, 0x0609, 0x1840,	// movs r1, #0x20; lsls r1, #24; adds r0, r0, r1
	0x2480, 0x00a4,	// movs r4, #128; lsls r4, #2
	0x6802, 0x1889, 0x014b, 0x4059, 0x3004, 0x3c01, 0xd1f8,	// ldr r2, [r0]; adds; lsls; eors; adds; subs; bne
	0xe7ee,
];
const loopAt = 0x20000000;
const loopMicros = 20e6;

/** @throws Error when the radio does not start */
export async function measureSimulator(seed: number): Promise<SimulatorSpeed> {
	const uf2 = await sceneUf2({ app: "test/bench/app", configuration: { url: "https://bench.example/" } });
	const figures = { downloadMs: [] as number[], downloadByEdgesMs: [] as number[], megacycles: [] as number[] };
	// The first one is for Node to compile what it runs.
	await download(uf2, seed, false);
	for (let round = 0; round < rounds; round++) {
		figures.downloadMs.push(await download(uf2, seed, false));
		figures.downloadByEdgesMs.push(await download(uf2, seed, true));
		figures.megacycles.push(await computing());
	}
	return figures;
}

async function download(uf2: Uint8Array, seed: number, bitExact: boolean): Promise<number> {
	const moments = new Map<string, number>();
	const write = (line: string) => {
		for (const text of ["power on", "firmware ready"]) if (line.includes(text)) moments.set(text, performance.now());
	};
	const board = new PicoW({ seed, bitExact, epochMs: powerOn.getTime(), network: {}, log: { topics: ["radio"], write } });
	board.loadUf2(uf2);
	while (!moments.has("firmware ready") && board.clock.micros < 5e6) await board.run({ timeoutMicros: 10_000 });
	board.close();
	const [began, ended] = [moments.get("power on"), moments.get("firmware ready")];
	if (began === undefined || ended === undefined) throw new Error(`the radio did not start (seed ${seed}); the console:\n${board.console.text}`);
	return ended - began;
}

async function computing(): Promise<number> {
	const board = new PicoW();
	board.write(loopAt, Uint8Array.from(LOOP.flatMap(halfword => [halfword & 0xff, halfword >> 8])));
	board.core.programCounter = loopAt;
	await board.run({ timeoutMicros: loopMicros / 10 });
	const [began, cyclesBefore] = [performance.now(), board.core.activeCycles];
	await board.run({ timeoutMicros: loopMicros });
	return (board.core.activeCycles - cyclesBefore) / 1000 / (performance.now() - began);
}
