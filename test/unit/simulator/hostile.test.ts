/** Software that writes anything anywhere: the chip takes it, may fault, halt or reset, and neither throws nor hangs. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { SeededRandom } from "../../../simulator/core/random.ts";
import { bareChip, LOOP } from "./bare-chip.ts";

/** Blocks at APB, AHB-lite, SIO and the private bus, and what lies between. */
const BASES = [
	...Array.from({ length: 0x20 }, (_, index) => 0x40000000 + 0x4000 * index),
	0x50000000, 0x50100000, 0x50110000, 0x50200000, 0x50300000, 0x50400000, 0xd0000000, 0xe000e000, 0x14000000, 0x18000000, 0x15000000, 0x10000000, 0x20000000, 0x00000000,
];
const VALUES = [0, 1, 2, 3, 0xff, 0x100, 0xfff, 0x1000, 0x7fff, 0x8000, 0xffff, 0x10000, 0xfabaa0, 0x636f6d61, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
/** Of the host, for what the chip does of itself between two accesses. Generous: what hangs takes for ever. */
const LONGEST_MILLIS = 5_000;

/** Lets time pass as the board's own loop does. */
function pass(chip: Chip, cycles: number): void {
	const end = chip.core.cycles + cycles;
	for (let turn = 0; turn < 1000 && chip.core.cycles < end && !chip.standing; turn++) {
		chip.advance(end);
	}
}

for (let seed = 1; seed <= 3; seed++) {
	test(`any access to any register is taken (seed ${seed})`, () => {
		const random = new SeededRandom(seed, "hostile");
		const below = (limit: number): number => random.next32() % limit;
		let chip = bareChip({ seed });
		let trail: string[] = [];
		for (let step = 0; step < 4_000; step++) {
			if (step % 400 === 0 || chip.standing) {
				chip = bareChip({ seed: step + 1 });
				trail = [];
				// Out of reset, so that the blocks do what they are told.
				chip.poke(0x4000c000, 4, 0);
				chip.poke(0x40024000, 4, 0xfabaa0);
				chip.core.programCounter = LOOP;
			}
			const size = ([4, 4, 4, 2, 1] as const)[below(5)];
			const base = BASES[below(BASES.length)];
			const address = (base + (below(4) ? below(0x180) : below(0x4000))) & ~(size - 1);
			const value = below(2) ? random.next32() : VALUES[below(VALUES.length)];
			const began = performance.now();
			const what = `${below(3) ? "write" : "read"} 0x${(address >>> 0).toString(16)} ${size} 0x${value.toString(16)}`;
			trail.push(what);
			try {
				if (what.startsWith("w")) {
					chip.write(address >>> 0, size, size === 4 ? value : value & (2 ** (8 * size) - 1));
				} else {
					const read = chip.read(address >>> 0, size);
					assert.ok(read >= 0 && read < 2 ** (8 * size) && Number.isInteger(read), `${what} gives ${read}`);
				}
				pass(chip, below(400));
			} catch (error) {
				throw new Error(`${(error as Error).message} after\n${trail.slice(-12).join("\n")}`, { cause: error });
			}
			assert.ok(performance.now() - began < LONGEST_MILLIS, `slow after\n${trail.join("\n")}`);
		}
	});
}
