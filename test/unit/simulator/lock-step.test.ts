/** The processor's loop against the plain interpreter: each instruction with operands of chance, and two cores that share all they can. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import type { PicoW } from "../../../simulator/simulator.ts";
import { Chance } from "../../bench/random.ts";
import { inLockStep } from "../../support/lock-step.ts";
import { interpretPlainly } from "../../support/plain-interpreter.ts";
import { twoCores } from "../../support/two-cores.ts";
import { bareChip } from "./bare-chip.ts";

const seed = 1;
const SRAM = 0x20000000;
const CODE = SRAM + 0x100;

/** Whether one instruction of this first halfword can be executed with what `prepare` gives it, without a fault. */
function isExecutable(op: number): boolean {
	const top = op >>> 12;
	if (op >>> 8 === 0x47) {
		return (op & 7) === 0 && (op >>> 3 & 15) !== 15; // BX, BLX
	}
	if (top === 5) {
		return (op >>> 3 & 7) !== (op >>> 6 & 7); // base and index
	}
	if (top === 11) {
		switch (op >>> 8 & 15) {
			case 0: case 2: case 5: case 13: return true; // ADD and SUB SP, extensions, PUSH with lr, POP with pc
			case 4: case 12: return (op & 0xff) !== 0; // PUSH, POP
			case 6: return (op & 0xffef) === 0xb662; // CPS
			case 10: return (op >>> 6 & 3) !== 2; // REV, REV16, REVSH
			case 15: return op === 0xbf00 || op === 0xbf10; // NOP, YIELD
			default: return false;
		}
	}
	return top === 12 ? (op & 0xff) !== 0 : top === 13 ? (op >>> 8 & 15) < 14 : top === 14 ? op < 0xe800 : top < 14;
}

/** The same state for each chip, by chance, with which the instruction touches SRAM alone, aligned, and goes on to an odd address. */
function prepare(op: number, chips: readonly Chip[], chance: Chance): string {
	const r = Int32Array.from({ length: 16 }, () => chance.word());
	const flags = chance.below(16);
	const target = CODE + 2 * chance.below(100) | 1;
	r[13] = SRAM + 0x10000 + 4 * chance.below(256);
	if (op >>> 8 === 0x47) {
		r[op >>> 3 & 15] = (op >>> 3 & 15) === 13 ? r[13] | 1 : target;
	} else if (op >>> 12 >= 5 && op >>> 12 <= 8) {
		r[op >>> 3 & 7] = SRAM + 0x8000 + 4 * chance.below(1024);
		if (op >>> 12 === 5) {
			r[op >>> 6 & 7] = 4 * chance.below(1024);
		}
	} else if (op >>> 12 === 12) {
		r[op >>> 8 & 7] = SRAM + 0x8000 + 4 * chance.below(1024);
	}
	for (const { core } of chips) {
		const memory = new DataView(core.sram.buffer, core.sram.byteOffset);
		memory.setUint16(CODE - SRAM, op, true);
		if (op >>> 8 === 0xbd) {
			// POP takes the program counter from behind the others.
			memory.setUint32(r[13] - SRAM + 4 * (op & 0xff).toString(2).replaceAll("0", "").length, target, true);
		}
		core.registers.set(r);
		core.setFlags(flags << 28);
		core.programCounter = CODE;
	}
	return `0x${op.toString(16)} with ${[...r].map((value) => (value >>> 0).toString(16)).join(" ")}, flags ${flags}`;
}

test(`each instruction does what it does plainly: registers, flags, cycles, memory (seed ${seed})`, () => {
	const chance = new Chance(seed);
	const [fast, plain] = [bareChip(), bareChip()] as const;
	interpretPlainly([plain.core, plain.second]);
	for (let at = 0x8000; at < 0x18000; at += 4) {
		const word = chance.word();
		for (const chip of [fast, plain]) {
			chip.poke(SRAM + at, 4, word);
		}
	}
	const operations = Array.from({ length: 0x10000 }, (_, op) => op).filter(isExecutable);
	const state = ({ core }: Chip): number[] => [core.cycles, core.activeCycles, core.primask, core.xpsr, ...core.registers];
	for (let turn = 0; turn < 3 * operations.length; turn++) {
		const op = operations[turn % operations.length] as number;
		const instruction = prepare(op, [fast, plain], chance);
		const [seen, expected] = [fast, plain].map((chip) => {
			chip.core.run(1);
			return state(chip);
		}) as [number[], number[]];
		const where = `seed ${seed}: ${instruction}`;
		if (seen.some((value, index) => value !== expected[index])) {
			assert.deepEqual(seen, expected, where);
		}
		if (turn % 16 === 0) {
			assert.equal(Buffer.compare(fast.core.sram, plain.core.sram), 0, `memory, at most 16 turns before ${where}`);
		}
	}
	assert.deepEqual([...fast.violations.list, ...plain.violations.list], []);
});

test(`two cores are the same plainly, at each stretch and each exception (seed ${seed})`, async () => {
	for (let round = seed; round < seed + 4; round++) {
		const { stretches, exceptions, activeCycles } = await inLockStep({ seed: round, timeoutMicros: 60_000, board: () => twoCores(round) });
		assert.ok(stretches > 1000 && exceptions > 100 && activeCycles.every((cycles) => cycles > 10_000), `seed ${round}: ${stretches} stretches, ${exceptions} exceptions, ${activeCycles} cycles`);
	}
});

/** Something goes wrong once in the fast board, behind this cycle. */
async function brokenAt(cycle: number, damage: (board: PicoW) => void): Promise<string> {
	const error = await inLockStep({
		seed: 1, timeoutMicros: 60_000, board: () => twoCores(1),
		prepareFast(board) {
			const { core } = board;
			const { run } = core;
			let done = false;
			core.run = (maxCycles) => {
				run.call(core, maxCycles);
				if (!done && core.cycles >= cycle) {
					done = true;
					damage(board);
				}
			};
		},
	}).then(() => assert.fail("nothing was found"), (error: Error) => error);
	return error.message;
}

test("a register that is wrong once is found, and named with cycle and program counter", async () => {
	const text = await brokenAt(40_000, ({ core }) => { core.registers[3] ^= 0x100; });
	const [, cycle, found, due] = text.match(/^seed 1: behind core 0 at cycle \d+, pc 0x2000[0-9a-f]{4}, core 0 at cycle (\d+), pc 0x2000[0-9a-f]{4}: r3 is 0x([0-9a-f]+), plainly 0x([0-9a-f]+)$/) ?? assert.fail(text);
	assert.ok(Number(cycle) >= 40_000 && Number(cycle) < 40_200, text);
	assert.equal(parseInt(found as string, 16) ^ parseInt(due as string, 16), 0x100);
});

test("a flag, a cycle and a byte of memory that are wrong once are found", async () => {
	assert.match(await brokenAt(40_000, ({ core }) => { core.c ^= 1; }), /: xpsr is 0x\w+, plainly 0x\w+$/);
	assert.match(await brokenAt(40_000, ({ core }) => core.stall(1)), /: the cycle is 0x\w+, plainly 0x\w+$/);
	assert.match(await brokenAt(40_000, ({ sram }) => { sram[0x30000] = 7; }), /: SRAM at 0x20030000 is 0x7, plainly 0x0/);
});
