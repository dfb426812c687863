// What makes the random numbers of two starts differ: fresh bits of the ring oscillator, and a seed that a reset leaves in RAM. In
// every other respect the boards here are equal, to the cycle.

import assert from "node:assert/strict";
import test from "node:test";
import type { PicoW } from "../../../simulator/simulator.ts";
import { readElf } from "../../../tools/build/elf.ts";
import { builtApp, sceneBoard } from "../../support/device.ts";

const app = "test/device/random/app";

interface Given {
	readonly roscSeed?: number;
	readonly stuckRosc?: boolean;
	/** What an earlier start has left. Default: nothing, as RAM comes up. */
	readonly kept?: Uint8Array;
	readonly then?: "nothing" | "restart" | "draw";
}

async function keptAt(): Promise<number> {
	const { address, sizeBytes } = readElf((await builtApp(app)).elf).symbols.get("kept_seed")!;
	assert.equal(sizeBytes, 32);
	return address;
}

async function board({ roscSeed, stuckRosc = false, kept, then = "nothing" }: Given): Promise<PicoW> {
	const made = await sceneBoard({
		app, configuration: { then }, network: false, board: { stuckRosc, ...roscSeed !== undefined && { roscSeed } },
	});
	if (kept) made.write(await keptAt(), kept);
	return made;
}

/** The text must come. */
async function until(device: PicoW, text: RegExp): Promise<RegExpMatchArray> {
	const end = await device.run({ until: text, timeoutMicros: 60e6 });
	assert.ok(end.reason === "matched", `${JSON.stringify(end)}\n${device.console.text}`);
	return end.match;
}

/** The random bytes of a first start, and what it leaves for the next. */
async function start(given: Given): Promise<{ readonly bytes: string; readonly kept: Uint8Array }> {
	const device = await board(given);
	const [, bytes] = await until(device, /^random ([0-9a-f]{64})\r\n/m);
	return { bytes: bytes!, kept: device.read(await keptAt(), 32) };
}

const someSeed = new Uint8Array(32).fill(0x5a);

test("two starts with equal RAM and equal bits of the oscillator are equal, and with other bits they differ", async () => {
	const [one, same, other] = await Promise.all([start({ roscSeed: 7 }), start({ roscSeed: 7 }), start({ roscSeed: 8 })]);
	assert.equal(one.bytes, same.bytes, "nothing else is left that could differ");
	assert.notEqual(one.bytes, other.bytes);
	assert.notDeepEqual(one.kept, other.kept);
});

test("a known seed in RAM does not make two starts equal", async () => {
	const [one, other] = await Promise.all([start({ roscSeed: 7, kept: someSeed }), start({ roscSeed: 8, kept: someSeed })]);
	assert.notEqual(one.bytes, other.bytes);
});

test("a start with the bits of the last one differs from it by the seed that it left", async () => {
	const first = await start({ roscSeed: 7 });
	const second = await start({ roscSeed: 7, kept: first.kept });
	const third = await start({ roscSeed: 7, kept: second.kept });
	assert.equal(new Set([first.bytes, second.bytes, third.bytes]).size, 3);
	assert.equal(new Set([first, second, third].map(({ kept }) => Buffer.from(kept).toString("hex"))).size, 3);
});

test("each reset of one board gives other bytes, and leaves another seed, which is none of them", async () => {
	const device = await board({ then: "restart" });
	const address = await keptAt();
	const told: string[] = [];
	const kept: string[] = [];
	while (told.length < 3) {
		const [, bytes] = await until(device, new RegExp(`(?:^random [^]*){${told.length}}^random ([0-9a-f]{64})\r\n`, "m"));
		told.push(bytes!);
		kept.push(Buffer.from(device.read(address, 32)).toString("hex"));
	}
	assert.equal(device.report().resets.length, 2);
	assert.equal(new Set([...told, ...kept]).size, 6);
	assert.ok(kept.every(seed => !/^0*$/.test(seed)));
});

test("a kept seed does not stand in for an oscillator that is stuck, and stays for the next start", async () => {
	const device = await board({ stuckRosc: true, kept: someSeed });
	const [, code] = await until(device, /^refused (\w+)\r\n/m);
	assert.equal(code, "ERR_ENTROPY_STUCK");
	assert.deepEqual(device.read(await keptAt(), 32), someSeed);
});

test("new seeds are gathered beside what goes on: no request waits for the oscillator", async () => {
	const [, longestMs] = await until(await board({ then: "draw" }), /^longest ([\d.]+)\r\n/m);
	assert.ok(Number(longestMs) < 8, `${longestMs} ms`);
});
