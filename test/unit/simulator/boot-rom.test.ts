/** The boot ROM stand-in: tables, functions, float conventions (RP2040 datasheet 2.8), called as software does. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { bareChip, LOOP } from "./bare-chip.ts";

function halfword(chip: Chip, address: number): number {
	return chip.peek(address, 2);
}

/** Calls a Thumb function with up to four words; returns r0 to r3 and the cycles. */
function call(chip: Chip, pointer: number, ...words: number[]): { r: number[]; cycles: number } {
	const { core } = chip;
	words.forEach((word, index) => {
		core.registers[index] = word;
	});
	core.registers[14] = LOOP | 1;
	core.programCounter = pointer & ~1;
	core.breakpoint = LOOP;
	const before = core.cycles;
	chip.advance(core.cycles + 100_000_000);
	core.breakpoint = 1;
	assert.equal(core.programCounter, LOOP);
	return { r: [...core.registers.slice(0, 4)].map((value) => value >>> 0), cycles: core.cycles - before };
}

function lookup(chip: Chip, table: number, code: string): number {
	return call(chip, halfword(chip, 0x18), halfword(chip, table), code.charCodeAt(0) | (code.charCodeAt(1) << 8)).r[0];
}

const rom = (chip: Chip, code: string): number => lookup(chip, 0x14, code);
const data = (chip: Chip, code: string): number => lookup(chip, 0x16, code);

test("magic, version and tables are where software looks", () => {
	const chip = bareChip();
	assert.equal(chip.peek(0x10, 4), 0x0301754d);
	for (const code of ["P3", "R3", "L3", "T3", "MS", "MC", "S4", "C4", "UB", "IF", "EX", "RE", "RP", "FC", "CX"]) {
		assert.equal(rom(chip, code) & 1, 1, code);
	}
	assert.equal(rom(chip, "ZZ"), 0);
	for (const code of ["SF", "SD"]) {
		const table = data(chip, code);
		assert.equal(chip.peek(table - 2, 1), 32);
		assert.equal(table % 4, 0);
		for (let index = 0; index < 32; index++) {
			assert.equal(chip.peek(table + 4 * index, 4) & 1, 1);
		}
	}
});

test("bit functions give the datasheet's results", () => {
	const chip = bareChip();
	for (const [code, word, result] of [
		["P3", 0xf0f00001, 9], ["R3", 0x00000001, 0x80000000], ["R3", 0x12345678, 0x1e6a2c48], ["L3", 0, 32], ["L3", 1, 31], ["T3", 0, 32], ["T3", 0x80, 7],
	] as const) {
		assert.equal(call(chip, rom(chip, code), word).r[0], result, `${code} ${word}`);
	}
});

test("memcpy and memset return their target and cost what the ROM's do", () => {
	const chip = bareChip();
	const bytes = Uint8Array.from({ length: 1024 }, (_, index) => index & 0xff);
	chip.core.sram.set(bytes, 0x1000);
	const aligned = call(chip, rom(chip, "MC"), 0x20002000, 0x20001000, 1024);
	assert.equal(aligned.r[0], 0x20002000);
	assert.deepEqual(chip.core.sram.slice(0x2000, 0x2400), bytes);
	assert.ok(Math.abs(aligned.cycles - 869) < 10, `${aligned.cycles}`);
	assert.ok(Math.abs(call(chip, rom(chip, "MC"), 0x20002001, 0x20001000, 1024).cycles - 7177) < 10);
	const set = call(chip, rom(chip, "MS"), 0x20002000, 0x1a5, 1024);
	assert.equal(set.r[0], 0x20002000);
	assert.ok(chip.core.sram.subarray(0x2000, 0x2400).every((byte) => byte === 0xa5));
	assert.ok(Math.abs(set.cycles - 551) < 10);
});

const view = new DataView(new ArrayBuffer(8));
function single(value: number): number {
	view.setFloat32(0, value);
	return view.getUint32(0);
}
function double(value: number): [number, number] {
	view.setFloat64(0, value);
	return [view.getUint32(4), view.getUint32(0)];
}

test("single precision: nearest even, no denormals, NaN like infinity, conversions round down and clamp", () => {
	const chip = bareChip();
	const table = data(chip, "SF");
	const f = (offset: number, ...words: number[]): number[] => call(chip, chip.peek(table + offset, 4), ...words).r;
	assert.equal(f(0x00, single(0.1), single(0.2))[0], single(Math.fround(Math.fround(0.1) + Math.fround(0.2))));
	assert.equal(f(0x0c, single(1), single(3))[0], single(1 / 3));
	assert.equal(f(0x08, single(2 ** -100), single(2 ** -40))[0], 0);
	assert.equal(f(0x00, 0x00000001, 0)[0], 0, "a denormal is zero");
	assert.equal(f(0x00, 0x7fc00000, single(1))[0], 0x7f800000, "NaN counts as infinity");
	assert.equal(f(0x1c, single(-1.5))[0] | 0, -2);
	assert.equal(f(0x1c, single(3e9))[0] | 0, 0x7fffffff);
	assert.equal(f(0x24, single(-1))[0], 0);
	assert.equal(f(0x2c, -7)[0], single(-7));
	assert.equal(f(0x34, 0xffffffff)[0], single(4294967295));
	assert.equal(f(0x20, single(1.75), 2)[0], 7);
	assert.deepEqual(f(0x7c, single(0.5)).slice(0, 2), double(0.5));
	assert.deepEqual(f(0x40, single(0.5)).slice(0, 2), [single(Math.sin(0.5)), single(Math.cos(0.5))]);
	assert.deepEqual(f(0x5c, 0xffffffff, 0xffffffff)[0], single(-1));
	// 2^56 + 2^32 is a tie between two singles; the one below it decides upward.
	assert.equal(f(0x64, 0x00000001, 0x01000001)[0], single(2 ** 56 + 2 ** 33));
	assert.equal(f(0x64, 0x00000000, 0x01000001)[0], single(2 ** 56));
	f(0x14, single(1), single(2));
	assert.deepEqual([chip.core.n < 0, chip.core.z === 0, chip.core.c], [true, false, 0]);
});

test("double precision: exact results in r0 and r1, costs of the ROM", () => {
	const chip = bareChip();
	const table = data(chip, "SD");
	const f = (offset: number, ...words: number[]) => call(chip, chip.peek(table + offset, 4), ...words);
	assert.deepEqual(f(0x00, ...double(0.1), ...double(0.2)).r.slice(0, 2), double(0.1 + 0.2));
	assert.deepEqual(f(0x08, ...double(1e200), ...double(1e200)).r.slice(0, 2), double(Infinity));
	assert.deepEqual(f(0x18, ...double(2)).r.slice(0, 2), double(Math.SQRT2));
	assert.equal(f(0x1c, ...double(-0.5)).r[0] | 0, -1);
	assert.deepEqual(f(0x64, 1, 0x80000000).r.slice(0, 2), double(9223372036854775809));
	assert.deepEqual(f(0x6c, ...double(-(2 ** 40))).r.slice(0, 2), [0, 0xffffff00]);
	assert.deepEqual(f(0x48, ...double(1)).r, [...double(Math.sin(1)), ...double(Math.cos(1))]);
	assert.equal(f(0x7c, ...double(1 / 3)).r[0], single(1 / 3));
	assert.equal(f(0x0c, ...double(1), ...double(3)).cycles, 199);
});

test("flash functions: erase and program with their times, only while XIP is off", () => {
	const chip = bareChip();
	chip.core.flash.fill(0, 0x10000, 0x12000);
	chip.core.sram.set(Uint8Array.from({ length: 256 }, (_, index) => index), 0x1000);
	call(chip, rom(chip, "IF"));
	call(chip, rom(chip, "EX"));
	const from = chip.clock.micros;
	call(chip, rom(chip, "RE"), 0x10000, 0x1000, 0x10000, 0xd8);
	assert.ok(Math.abs(chip.clock.micros - from - 45_000) < 100);
	call(chip, rom(chip, "RP"), 0x10000, 0x20001000, 256);
	call(chip, rom(chip, "FC"));
	call(chip, rom(chip, "CX"));
	assert.deepEqual([...chip.core.flash.slice(0x10000, 0x10100)], Array.from({ length: 256 }, (_, index) => index));
	assert.equal(chip.core.flash[0x10100], 0xff);
	assert.equal(chip.core.flash[0x11000], 0);
	assert.equal(chip.violations.list.length, 0);
	assert.deepEqual(chip.serialFlash.counts, { erases: 1, programs: 1, bytes: 256 });
	call(chip, rom(chip, "RE"), 0x10000, 0x1000, 0x10000, 0xd8);
	assert.deepEqual(chip.violations.list.map((entry) => entry.code), ["flash-command-in-xip"]);
});

test("the flash functions refuse what is no whole sectors, no whole pages, or not in the flash", () => {
	const chip = bareChip();
	chip.core.flash.fill(0xff, 0, 0x1000);
	chip.core.flash[0x10000] = 1;
	call(chip, rom(chip, "IF"));
	call(chip, rom(chip, "EX"));
	const codes = () => chip.violations.list.map(({ level, code, count }) => `${level} ${code} ${count}`);
	for (const [start, length] of [[0x10100, 0x1000], [0x10000, 0x800], [0x1ff000, 0x2000]]) {
		call(chip, rom(chip, "RE"), start, length, 0x10000, 0xd8);
	}
	assert.deepEqual(codes(), ["error flash-erase-range 3"]);
	for (const [start, length] of [[0x80, 256], [0, 100], [0x1fff00, 512]]) {
		call(chip, rom(chip, "RP"), start, 0x20001000, length);
	}
	assert.deepEqual(codes(), ["error flash-erase-range 3", "error flash-program-range 3"]);
	assert.deepEqual(chip.serialFlash.counts, { erases: 0, programs: 0, bytes: 0 });
	assert.equal(chip.core.flash[0x10000], 1);
});

test("a read of flash while it takes commands is a fault", () => {
	const chip = bareChip();
	call(chip, rom(chip, "EX"));
	chip.poke(LOOP + 0x40, 2, 0x6801); // ldr r1, [r0]
	chip.core.registers[0] = 0x10000100;
	chip.core.programCounter = LOOP + 0x40;
	chip.advance(chip.core.cycles + 1);
	assert.equal(chip.violations.list[0].code, "xip-off");
});

test("reset_usb_boot ends in the USB boot loader with its masks", () => {
	const chip = bareChip();
	chip.core.registers[0] = 1 << 25;
	chip.core.registers[1] = 2;
	chip.core.programCounter = rom(chip, "UB") & ~1;
	chip.core.registers[0] = 1 << 25;
	chip.core.registers[1] = 2;
	chip.advance(chip.core.cycles + 1000);
	assert.deepEqual(chip.halt, { kind: "bootsel", reason: "reset_usb_boot", activityMask: 1 << 25, disableMask: 2 });
});
