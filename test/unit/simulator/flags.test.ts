/**
 * Results and flags of the data-processing instructions against the pseudocode of the ARMv6-M Architecture Reference
 * Manual (AddWithCarry, Shift_C), written out here with BigInt, over all pairs of edge values and both carries.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { bareProcessor } from "./bare-processor.ts";

const VALUES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7ffe, 0x8000, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xaaaaaaaa, 0xfffffffe, 0xffffffff];

interface Result {
	/** Undefined when nothing is written. */
	value: number | undefined;
	n: number;
	z: number;
	c: number;
	v: number;
}

const unsigned = (value: number): bigint => BigInt(value >>> 0);
const signed = (value: number): bigint => BigInt(value | 0);

function addWithCarry(x: number, y: number, carry: number): Result {
	const unsignedSum = unsigned(x) + unsigned(y) + BigInt(carry);
	const signedSum = signed(x) + signed(y) + BigInt(carry);
	const value = Number(unsignedSum & 0xffffffffn);
	return {
		value,
		n: value >>> 31,
		z: value === 0 ? 1 : 0,
		c: BigInt(value) === unsignedSum ? 0 : 1,
		v: signed(value) === signedSum ? 0 : 1,
	};
}

function logical(value: number, c: number, v: number): Result {
	return { value: value >>> 0, n: value >>> 31, z: value >>> 0 === 0 ? 1 : 0, c, v };
}

/** Shift_C for an amount of 0 to 255. */
function shift(kind: "lsl" | "lsr" | "asr" | "ror", x: number, amount: number, c: number, v: number): Result {
	if (amount === 0) {
		return logical(x, c, v);
	}
	const wide = unsigned(x);
	const by = BigInt(amount);
	switch (kind) {
		case "lsl": {
			const shifted = wide << by;
			return logical(Number(shifted & 0xffffffffn), Number((shifted >> 32n) & 1n), v);
		}
		case "lsr":
			return logical(Number(wide >> by), Number((wide >> (by - 1n)) & 1n), v);
		case "asr":
			return logical(Number((signed(x) >> by) & 0xffffffffn), Number((signed(x) >> (by - 1n)) & 1n), v);
		case "ror": {
			const turn = by % 32n;
			const value = Number(((wide >> turn) | (wide << (32n - turn))) & 0xffffffffn);
			return logical(value, value >>> 31, v);
		}
	}
}

const registerOperations: [string, number, (d: number, m: number, c: number, v: number) => Result][] = [
	["ANDS", 0x4000, (d, m, c, v) => logical(d & m, c, v)],
	["EORS", 0x4040, (d, m, c, v) => logical(d ^ m, c, v)],
	["LSLS", 0x4080, (d, m, c, v) => shift("lsl", d, m & 0xff, c, v)],
	["LSRS", 0x40c0, (d, m, c, v) => shift("lsr", d, m & 0xff, c, v)],
	["ASRS", 0x4100, (d, m, c, v) => shift("asr", d, m & 0xff, c, v)],
	["ADCS", 0x4140, (d, m, c) => addWithCarry(d, m, c)],
	["SBCS", 0x4180, (d, m, c) => addWithCarry(d, ~m, c)],
	["RORS", 0x41c0, (d, m, c, v) => shift("ror", d, m & 0xff, c, v)],
	["TST", 0x4200, (d, m, c, v) => ({ ...logical(d & m, c, v), value: undefined })],
	["RSBS", 0x4240, (_d, m) => addWithCarry(~m, 0, 1)],
	["CMP", 0x4280, (d, m) => ({ ...addWithCarry(d, ~m, 1), value: undefined })],
	["CMN", 0x42c0, (d, m) => ({ ...addWithCarry(d, m, 0), value: undefined })],
	["ORRS", 0x4300, (d, m, c, v) => logical(d | m, c, v)],
	["MULS", 0x4340, (d, m, c, v) => logical(Number((unsigned(d) * unsigned(m)) & 0xffffffffn), c, v)],
	["BICS", 0x4380, (d, m, c, v) => logical(d & ~m, c, v)],
	["MVNS", 0x43c0, (_d, m, c, v) => logical(~m, c, v)],
	["CMP high", 0x4500, (d, m) => ({ ...addWithCarry(d, ~m, 1), value: undefined })],
];

function flags(core: { n: number; z: number; c: number; v: number }): number[] {
	return [core.n < 0 ? 1 : 0, core.z === 0 ? 1 : 0, core.c, core.v];
}

for (const [name, opcode, expected] of registerOperations) {
	test(`${name} gives the result and flags of the manual`, () => {
		const bare = bareProcessor();
		const { core } = bare;
		for (const d of [...VALUES, 31, 32, 33]) {
			for (const m of [...VALUES, 31, 32, 33, 64]) {
				for (const carry of [0, 1]) {
					for (const overflow of [0, 1]) {
						// rdn = r0, rm = r1
						bare.program(opcode | (1 << 3));
						core.registers[0] = d;
						core.registers[1] = m;
						core.c = carry;
						core.v = overflow;
						bare.step();
						const want = expected(d, m, carry, overflow);
						const where = `${name} 0x${d.toString(16)}, 0x${m.toString(16)}, C=${carry}, V=${overflow}`;
						assert.equal(core.registers[0] >>> 0, want.value ?? d >>> 0, where);
						assert.deepEqual(flags(core), [want.n, want.z, want.c, want.v], where);
					}
				}
			}
		}
	});
}

const immediateOperations: [string, (immediate: number) => number, number[], (x: number, immediate: number, c: number, v: number) => Result][] = [
	["LSLS #", (i) => 0x0000 | (i << 6) | (1 << 3), range(32), (x, i, c, v) => shift("lsl", x, i, c, v)],
	["LSRS #", (i) => 0x0800 | (i << 6) | (1 << 3), range(32), (x, i, c, v) => shift("lsr", x, i || 32, c, v)],
	["ASRS #", (i) => 0x1000 | (i << 6) | (1 << 3), range(32), (x, i, c, v) => shift("asr", x, i || 32, c, v)],
	["ADDS #3", (i) => 0x1c00 | (i << 6) | (1 << 3), range(8), (x, i) => addWithCarry(x, i, 0)],
	["SUBS #3", (i) => 0x1e00 | (i << 6) | (1 << 3), range(8), (x, i) => addWithCarry(x, ~i, 1)],
	["ADDS #8", (i) => 0x3000 | i | (1 << 8), [0, 1, 127, 128, 255], (x, i) => addWithCarry(x, i, 0)],
	["SUBS #8", (i) => 0x3800 | i | (1 << 8), [0, 1, 127, 128, 255], (x, i) => addWithCarry(x, ~i, 1)],
	["CMP #8", (i) => 0x2800 | i | (1 << 8), [0, 1, 127, 128, 255], (x, i) => ({ ...addWithCarry(x, ~i, 1), value: undefined })],
	["MOVS #8", (i) => 0x2000 | i | (1 << 8), [0, 1, 127, 128, 255], (_x, i, c, v) => logical(i, c, v)],
	["ADDS register", () => 0x1800 | (1 << 3) | (2 << 6), VALUES, (x, m) => addWithCarry(x, m, 0)],
	["SUBS register", () => 0x1a00 | (1 << 3) | (2 << 6), VALUES, (x, m) => addWithCarry(x, ~m, 1)],
];

function range(end: number): number[] {
	return Array.from({ length: end }, (_, index) => index);
}

for (const [name, opcode, immediates, expected] of immediateOperations) {
	test(`${name} gives the result and flags of the manual`, () => {
		const bare = bareProcessor();
		const { core } = bare;
		// The forms with three bits of register write r0, those with an 8-bit immediate work on r1 alone.
		const target = /#8/.test(name) ? 1 : 0;
		for (const x of VALUES) {
			for (const immediate of immediates) {
				for (const carry of [0, 1]) {
					bare.program(opcode(immediate));
					core.registers[0] = 0x55;
					core.registers[1] = x;
					core.registers[2] = immediate;
					core.c = carry;
					core.v = 1;
					bare.step();
					const want = expected(x, immediate, carry, 1);
					const where = `${name} 0x${x.toString(16)}, ${immediate}, C=${carry}`;
					const before = target === 1 ? x >>> 0 : 0x55;
					assert.equal(core.registers[target] >>> 0, want.value ?? before, where);
					assert.deepEqual(flags(core), [want.n, want.z, want.c, want.v], where);
				}
			}
		}
	});
}

test("all fourteen conditions branch as the manual says, for all sixteen flag settings", () => {
	const conditions: ((n: boolean, z: boolean, c: boolean, v: boolean) => boolean)[] = [
		(_n, z) => z, (_n, z) => !z, (_n, _z, c) => c, (_n, _z, c) => !c, (n) => n, (n) => !n,
		(_n, _z, _c, v) => v, (_n, _z, _c, v) => !v, (_n, z, c) => c && !z, (_n, z, c) => !c || z,
		(n, _z, _c, v) => n === v, (n, _z, _c, v) => n !== v, (n, z, _c, v) => !z && n === v, (n, z, _c, v) => z || n !== v,
	];
	const bare = bareProcessor();
	for (let condition = 0; condition < 14; condition++) {
		for (let bits = 0; bits < 16; bits++) {
			bare.program(0xd000 | (condition << 8) | 0xfc);
			bare.core.setFlags(bits << 28);
			const before = bare.core.cycles;
			bare.step();
			const taken = conditions[condition]((bits & 8) !== 0, (bits & 4) !== 0, (bits & 2) !== 0, (bits & 1) !== 0);
			assert.equal(bare.core.programCounter, 0x20000100 + (taken ? -4 : 2), `condition ${condition}, flags ${bits}`);
			assert.equal(bare.core.cycles - before, taken ? 2 : 1);
		}
	}
});

test("extension and byte-order instructions leave the flags alone", () => {
	const bare = bareProcessor();
	const table: [number, number, number][] = [
		[0xb208, 0x12348001, 0xffff8001], [0xb248, 0x12345681, 0xffffff81], [0xb288, 0xffff8001, 0x8001], [0xb2c8, 0xffffff81, 0x81],
		[0xba08, 0x12345678, 0x78563412], [0xba48, 0x12345678, 0x34127856], [0xbac8, 0x00000180, 0xffff8001],
	];
	for (const [opcode, before, after] of table) {
		bare.program(opcode);
		bare.core.registers[1] = before;
		bare.core.setFlags(0x90000000);
		bare.step();
		assert.equal(bare.core.registers[0] >>> 0, after, opcode.toString(16));
		assert.equal(bare.core.xpsr >>> 28, 9);
	}
});
