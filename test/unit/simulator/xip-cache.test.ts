/** The XIP cache by what software sees of it: cycles that an access waits, counters, bus errors (RP2040 datasheet 2.6.3). */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { FLUSH_CYCLES, MISS_CYCLES, WORD_CYCLES } from "../../../simulator/core/xip-cache.ts";
import { bareChip, LOOP, pass } from "./bare-chip.ts";

const FLASH = 0x10000000;
const NOT_ALLOCATING = 0x11000000;
const NOT_CACHEABLE = 0x12000000;
const NEITHER = 0x13000000;
const CTRL = 0x14000000;
const FLUSH = CTRL + 0x04;
const STAT = CTRL + 0x08;
const CTR_HIT = CTRL + 0x0c;
const CTR_ACC = CTRL + 0x10;
const MEMORY = 0x15000000;
const LINE = 8;
/** Lines that are so far apart share a set. */
const WAY = 8 * 1024;
const CODE = LOOP + 0x20;

function cachedChip(): Chip {
	const chip = bareChip({ xip: true });
	pass(chip, 10);
	chip.poke(CTR_ACC, 4, 0);
	chip.poke(CTR_HIT, 4, 0);
	return chip;
}

/** What the core waits for a read. */
function wait(chip: Chip, address: number): number {
	const before = chip.core.cycles;
	chip.peek(address, 4);
	return chip.core.cycles - before;
}

function counters(chip: Chip): { accesses: number; hits: number } {
	return { accesses: chip.peek(CTR_ACC, 4), hits: chip.peek(CTR_HIT, 4) };
}

function codes(chip: Chip): string[] {
	return chip.violations.list.map(({ code }) => code);
}

/** Executes halfwords at CODE, in SRAM. @returns cycles */
function execute(chip: Chip, halfwords: number[], registers: Partial<Record<number, number>>, at = CODE): number {
	const { core } = chip;
	halfwords.forEach((halfword, index) => new DataView(at === CODE ? core.sram.buffer : core.flash.buffer).setUint16((at & 0xffffff) + 2 * index, halfword, true));
	for (const [register, value] of Object.entries(registers)) {
		core.registers[Number(register)] = value as number;
	}
	core.programCounter = at;
	const before = core.cycles;
	for (let instruction = 0; instruction < halfwords.length; instruction++) {
		core.run(1);
	}
	return core.cycles - before;
}

test("a line of eight bytes is fetched once", () => {
	const chip = cachedChip();
	assert.deepEqual([0, 4, 7, 8, 0].map((offset) => wait(chip, FLASH + 0x1000 + (offset & ~3))), [MISS_CYCLES, 0, 0, MISS_CYCLES, 0]);
	assert.deepEqual(counters(chip), { accesses: 5, hits: 3 });
});

test("16 KB are held, and of a set's two lines the one that was not used last makes room", () => {
	const chip = cachedChip();
	for (let offset = 0; offset < 2 * WAY; offset += LINE) {
		assert.equal(wait(chip, FLASH + offset), MISS_CYCLES);
	}
	for (let offset = 0; offset < 2 * WAY; offset += LINE) {
		assert.equal(wait(chip, FLASH + offset), 0, `offset ${offset}`);
	}
	assert.equal(wait(chip, FLASH + 0x40), 0, "used last");
	assert.equal(wait(chip, FLASH + 0x40 + 2 * WAY), MISS_CYCLES, "a third one for the set");
	assert.equal(wait(chip, FLASH + 0x40), 0);
	assert.equal(wait(chip, FLASH + 0x40 + WAY), MISS_CYCLES, "the one that went");
	assert.equal(wait(chip, FLASH + 0x48), 0, "other sets are as they were");
	assert.equal(wait(chip, FLASH + 0x48 + WAY), 0);
});

test("the aliases: not allocating looks and keeps nothing, not cacheable keeps and does not look, the last goes past", () => {
	const chip = cachedChip();
	assert.deepEqual([NOT_ALLOCATING, NOT_ALLOCATING, FLASH, NOT_ALLOCATING].map((alias) => wait(chip, alias + 0x100)), [WORD_CYCLES, WORD_CYCLES, MISS_CYCLES, 0]);
	assert.deepEqual([NOT_CACHEABLE, NOT_CACHEABLE, FLASH].map((alias) => wait(chip, alias + 0x200)), [MISS_CYCLES, MISS_CYCLES, 0]);
	assert.deepEqual([NEITHER, FLASH, NEITHER].map((alias) => wait(chip, alias + 0x300)), [WORD_CYCLES, MISS_CYCLES, WORD_CYCLES]);
	assert.deepEqual(counters(chip), { accesses: 10, hits: 2 }, "accesses by any alias count");
	chip.poke(CTR_ACC, 4, 7);
	assert.deepEqual(counters(chip), { accesses: 0, hits: 2 }, "any value clears");
	chip.poke(CTR_HIT, 4, 7);
	assert.deepEqual(counters(chip), { accesses: 0, hits: 0 });
});

test("FLUSH empties the cache; STAT tells when, and who reads flash or FLUSH meanwhile waits", () => {
	const chip = cachedChip();
	wait(chip, FLASH + 0x100);
	chip.poke(FLUSH, 4, 0);
	assert.equal(wait(chip, FLASH + 0x100), 0, "a 1 is asked for");
	assert.equal(chip.peek(STAT, 4) & 1, 1);
	chip.poke(FLUSH, 4, 1);
	assert.equal(chip.peek(STAT, 4) & 1, 0);
	pass(chip, 1000);
	assert.equal(chip.peek(STAT, 4) & 1, 0);
	pass(chip, FLUSH_CYCLES - 1000);
	assert.equal(chip.peek(STAT, 4) & 1, 1);
	assert.equal(wait(chip, FLASH + 0x100), MISS_CYCLES);
	chip.poke(FLUSH, 4, 1);
	assert.equal(wait(chip, FLASH + 0x100), FLUSH_CYCLES + MISS_CYCLES);
	chip.poke(FLUSH, 4, 1);
	assert.equal(wait(chip, FLUSH), FLUSH_CYCLES);
	assert.equal(chip.peek(STAT, 4) & 1, 1);
});

test("without CTRL.EN every access goes to flash, and what was held is still there afterwards", () => {
	const chip = cachedChip();
	wait(chip, FLASH + 0x100);
	chip.poke(CTRL, 4, 2);
	assert.deepEqual([0x100, 0x100, 0x200].map((offset) => wait(chip, FLASH + offset)), [WORD_CYCLES, WORD_CYCLES, WORD_CYCLES]);
	assert.deepEqual(counters(chip), { accesses: 4, hits: 0 });
	chip.poke(CTRL, 4, 3);
	assert.deepEqual([0x100, 0x200].map((offset) => wait(chip, FLASH + offset)), [0, MISS_CYCLES]);
});

test("POWER_DOWN switches the cache off, and its memory gives bus errors", () => {
	const chip = cachedChip();
	wait(chip, FLASH + 0x100);
	chip.poke(CTRL, 4, 0xb);
	assert.equal(chip.peek(CTRL, 4), 0xa, "EN cannot be set with it");
	assert.equal(wait(chip, FLASH + 0x100), WORD_CYCLES);
	assert.equal(chip.debugRead(MEMORY, 4), undefined);
	chip.poke(CTRL, 4, 3);
	assert.equal(wait(chip, FLASH + 0x100), 0, "it keeps its state");
	assert.equal(chip.debugRead(MEMORY, 4), undefined, "no memory while it is a cache");
	chip.poke(CTRL, 4, 0);
	chip.poke(MEMORY, 4, 0x1234);
	assert.equal(chip.peek(MEMORY, 4), 0x1234);
});

test("a store to the cached address deletes the line; to another it is a bus error, unless CTRL says to ignore it", () => {
	const chip = cachedChip();
	wait(chip, FLASH + 0x1000);
	chip.poke(FLASH + 0x1004, 4, 0);
	assert.equal(wait(chip, FLASH + 0x1000), MISS_CYCLES);
	assert.deepEqual(codes(chip), []);
	chip.poke(FLASH + 0x1000, 4, 1);
	assert.equal(wait(chip, FLASH + 0x1000), MISS_CYCLES);
	assert.deepEqual(codes(chip), ["flash-store"], "what is no zero was meant to stay");
	execute(chip, [0x6001], { 0: NEITHER + 0x1000, 1: 0 }); // str r1, [r0]
	assert.deepEqual(codes(chip), ["flash-store", "flash-bad-write"]);
	chip.poke(CTRL, 4, 1);
	execute(chip, [0x6001], { 0: NEITHER + 0x1000, 1: 0 });
	assert.equal(chip.violations.list[1].count, 1);
	assert.equal(wait(chip, FLASH + 0x1000), 0, "and the line stays");
});

test("every kind of load waits for its lines", () => {
	const chip = cachedChip();
	const at = FLASH + 0x4000;
	// ldr, ldrh, ldrb by immediate; ldrsh, ldrsb by register
	for (const [index, load] of [0x6801, 0x8801, 0x7801, 0x5e81, 0x5681].entries()) {
		assert.equal(execute(chip, [load, load], { 0: at + 8 * index, 2: 0 }), 2 * 2 + MISS_CYCLES, load.toString(16));
	}
	assert.equal(execute(chip, [0xc81e], { 0: at + 0x100 }), 1 + 4 + 2 * MISS_CYCLES, "ldmia r0!, {r1-r4}: two lines");
	assert.equal(execute(chip, [0xbc1e], { 13: at + 0x200 }), 1 + 4 + 2 * MISS_CYCLES, "pop {r1-r4}");
	assert.equal(execute(chip, [0x4801, 0xbf00], {}, at + 0x300), 2 + 1 + 2 * MISS_CYCLES, "ldr r0, [pc, #4]: its own line and the literal's");
});

test("instructions are fetched by words, by any alias", () => {
	const chip = cachedChip();
	const nops = Array<number>(8).fill(0xbf00);
	// Each `run` of one instruction fetches its word anew: four of eight bytes' instructions come from a line.
	assert.equal(execute(chip, nops, {}, FLASH + 0x5000), 8 + 2 * MISS_CYCLES);
	chip.core.programCounter = FLASH + 0x5000;
	const [before, { accesses }] = [chip.core.cycles, counters(chip)];
	chip.core.run(8);
	assert.equal(chip.core.cycles - before, 8);
	assert.equal(counters(chip).accesses - accesses, 4);
	chip.core.programCounter = NEITHER + 0x5000;
	chip.core.run(1);
	assert.equal(chip.core.cycles - before, 8 + 1 + WORD_CYCLES);
});

test("a line of before an erase or program is told of, unless it was flushed, deleted, or lost in a reset", () => {
	const forget: Record<string, (chip: Chip) => void> = {
		flush: (chip) => chip.poke(FLUSH, 4, 1),
		store: (chip) => chip.poke(FLASH + 0x8000, 4, 0),
		reset(chip) {
			chip.powerOn();
			chip.core.programCounter = LOOP;
		},
	};
	const change: Record<string, (chip: Chip) => void> = {
		erase: (chip) => chip.serialFlash.erase(0x8000, 4096),
		program: (chip) => chip.serialFlash.program(0x8000, Uint8Array.of(0)),
	};
	for (const [name, changes] of Object.entries(change)) {
		const chip = cachedChip();
		chip.core.flash[0x8000] = 0xff;
		wait(chip, FLASH + 0x8000);
		wait(chip, FLASH + 0x9000);
		changes(chip);
		wait(chip, FLASH + 0x9000);
		assert.deepEqual(codes(chip), [], "another line");
		chip.debugRead(FLASH + 0x8000, 4);
		assert.deepEqual(codes(chip), [], "a debugger");
		wait(chip, FLASH + 0x8000);
		assert.deepEqual(chip.violations.list.map(({ level, code }) => ({ level, code })), [{ level: "error", code: "xip-stale" }], name);
	}
	for (const [name, forgets] of Object.entries(forget)) {
		const chip = cachedChip();
		wait(chip, FLASH + 0x8000);
		chip.serialFlash.erase(0x8000, 4096);
		forgets(chip);
		wait(chip, FLASH + 0x8000);
		assert.deepEqual(codes(chip), [], name);
	}
});

test("flash_flush_cache of the boot ROM empties the cache and switches it on; entering XIP alone does not", () => {
	const chip = cachedChip();
	const rom = (name: string): void => {
		const code = name.charCodeAt(0) | (name.charCodeAt(1) << 8);
		const { core } = chip;
		const view = new DataView(core.rom.buffer);
		let at = view.getUint16(0x14, true);
		while (view.getUint16(at, true) !== code) {
			at += 4;
		}
		core.registers[14] = LOOP | 1;
		core.programCounter = view.getUint16(at + 2, true);
		core.run(1);
	};
	wait(chip, FLASH + 0x8000);
	rom("EX");
	chip.serialFlash.erase(0x8000, 4096);
	rom("CX");
	wait(chip, FLASH + 0x8000);
	assert.deepEqual(codes(chip), ["xip-stale"]);
	chip.poke(CTRL, 4, 2);
	rom("FC");
	assert.equal(chip.peek(CTRL, 4), 3);
	assert.equal(wait(chip, FLASH + 0x8000), MISS_CYCLES);
	assert.equal(chip.violations.list[0].count, 1);
});

test("without the model flash costs nothing, and a flush is done at once", () => {
	const chip = bareChip();
	chip.poke(FLUSH, 4, 1);
	assert.equal(chip.peek(STAT, 4) & 1, 1);
	assert.equal(wait(chip, FLUSH), 0);
	assert.equal(wait(chip, FLASH + 0x100), 0);
	assert.deepEqual(counters(chip), { accesses: 0, hits: 0 });
});
