/** The MPU: who may read, write and execute where, and what a refusal does (ARMv6-M Architecture Reference Manual, B3.5). */
import assert from "node:assert/strict";
import test from "node:test";
import { bareChip, pass } from "./bare-chip.ts";
import { type Bare, bareProcessor, CODE, HANDLER, STACK } from "./bare-processor.ts";

const CTRL = 0x4;
const RBAR = 0xc;
const RASR = 0x10;
const ENABLE = 1;
const HFNMIENA = 2;
const PRIVDEFENA = 4;
const XN = 1 << 28;
/** RASR.AP. */
const NOBODY = 0;
const PRIVILEGED = 1 << 24;
const USERS_READ = 2 << 24;
const EVERYBODY = 3 << 24;
const READ_ONLY = 6 << 24;

const LDR_R0_R1 = 0x6808;
const STR_R0_R1 = 0x6008;
const LDRB_R0_R1 = 0x7808;
const STRH_R0_R1 = 0x8008;
const PUSH_R0 = 0xb401;
const STR_R0_SP = 0x9000;
const BX_R1 = 0x4708;
const SVC = 0xdf00;
const NOP = 0xbf00;
const MSR_CONTROL_R2 = [0xf382, 0x8814] as const;
const MRS_R4_MSP = [0xf3ef, 0x8408] as const;
const MRS_R5_CONTROL = [0xf3ef, 0x8514] as const;
const MSR_MSP_R1 = [0xf381, 0x8808] as const;
const GUARDED = 0x20008000;

/** A region of `2 ** bits` bytes, and the MPU on. */
function protect({ core }: Bare, region: number, base: number, bits: number, attributes: number, control = ENABLE | PRIVDEFENA): void {
	core.protection.write(RBAR, base | 0x10 | region);
	core.protection.write(RASR, attributes | ((bits - 1) << 1) | 1);
	core.protection.write(CTRL, control);
	core.protect();
}

/** Back in thread mode, as if HardFault had never been. */
function leaveHandler({ core }: Bare): void {
	core.ipsr = 0;
	core.protect();
}

function codes(bare: Bare): string[] {
	return bare.faults.map(({ code }) => code);
}

for (const [name, instruction] of [["word load", LDR_R0_R1], ["word store", STR_R0_R1], ["byte load", LDRB_R0_R1], ["halfword store", STRH_R0_R1]] as const) {
	test(`a ${name} in a region that nobody may touch enters HardFault and changes nothing`, () => {
		const bare = bareProcessor();
		bare.setWord(GUARDED, 0x12345678);
		protect(bare, 0, GUARDED, 8, NOBODY);
		bare.core.registers[0] = 0x55;
		bare.core.registers[1] = GUARDED;
		bare.program(instruction);
		bare.step();
		assert.deepEqual(codes(bare), ["mpu-data"]);
		assert.equal(bare.faults[0].programCounter, CODE);
		assert.equal(bare.core.programCounter, HANDLER);
		assert.equal(bare.core.registers[0], 0x55);
		assert.equal(bare.word(GUARDED), 0x12345678);
	});
}

test("what lies beside the region is open, and everything is open while the MPU is off", () => {
	const bare = bareProcessor();
	protect(bare, 0, GUARDED, 8, NOBODY);
	for (const address of [GUARDED - 4, GUARDED + 256]) {
		bare.core.registers[0] = address;
		bare.core.registers[1] = address;
		bare.program(STR_R0_R1, LDR_R0_R1);
		bare.step(2);
		assert.equal(bare.word(address), address);
	}
	bare.core.protection.write(CTRL, PRIVDEFENA);
	bare.core.protect();
	bare.core.registers[1] = GUARDED;
	bare.program(STR_R0_R1);
	bare.step();
	assert.deepEqual(codes(bare), []);
});

test("a region for reading refuses stores; the highest number decides where regions overlap", () => {
	const bare = bareProcessor();
	protect(bare, 1, GUARDED, 10, READ_ONLY);
	bare.core.registers[1] = GUARDED;
	bare.program(LDR_R0_R1, STR_R0_R1);
	bare.step();
	assert.deepEqual(codes(bare), []);
	bare.step();
	assert.deepEqual(codes(bare), ["mpu-data"]);
	assert.match(bare.faults[0].text, /region 1/);

	protect(bare, 2, GUARDED + 256, 8, EVERYBODY);
	leaveHandler(bare);
	bare.core.registers[1] = GUARDED + 256;
	bare.program(STR_R0_R1);
	bare.step();
	assert.equal(bare.faults.length, 1);
});

test("a subregion that is switched off leaves its eighth to what lies below", () => {
	const bare = bareProcessor();
	// As the SDK guards a stack: 32 bytes of a region of 256.
	protect(bare, 0, GUARDED, 8, NOBODY | XN | (0xfb << 8));
	for (const [offset, refused] of [[0x3c, false], [0x40, true], [0x5c, true], [0x60, false]] as const) {
		leaveHandler(bare);
		bare.faults.length = 0;
		bare.core.registers[1] = GUARDED + offset;
		bare.program(STR_R0_R1);
		bare.step();
		assert.deepEqual(codes(bare), refused ? ["mpu-data"] : [], `at ${offset}`);
	}
});

test("code is not fetched where XN stands, where nothing may be read, or across the edge", () => {
	for (const attributes of [EVERYBODY | XN, NOBODY]) {
		const bare = bareProcessor();
		protect(bare, 0, GUARDED, 8, attributes);
		bare.core.registers[1] = GUARDED | 1;
		bare.program(BX_R1);
		bare.step(2);
		assert.deepEqual(codes(bare), ["mpu-execute"]);
		assert.equal(bare.faults[0].programCounter, GUARDED);
	}
	const bare = bareProcessor();
	bare.setWord(GUARDED - 4, (NOP << 16) | NOP);
	protect(bare, 0, GUARDED, 8, EVERYBODY | XN);
	bare.core.programCounter = GUARDED - 4;
	bare.step(2);
	assert.deepEqual(codes(bare), []);
	bare.step();
	assert.deepEqual(codes(bare), ["mpu-execute"]);
});

test("without PRIVDEFENA, what no region covers is refused; the private peripheral bus and vectors never are", () => {
	const read: number[] = [];
	const bare = bareProcessor({ read: (address) => read.push(address) });
	protect(bare, 0, 0x20000000, 12, EVERYBODY, ENABLE);
	bare.core.registers[13] = 0x20000f00;
	bare.core.registers[1] = 0xe000ed00 | 0;
	bare.program(LDR_R0_R1);
	bare.step();
	assert.deepEqual(codes(bare), []);
	assert.deepEqual(read, [0xe000ed00]);
	bare.core.registers[1] = 0x40000000;
	bare.program(LDR_R0_R1);
	bare.step();
	assert.deepEqual(codes(bare), ["mpu-data"]);

	const elsewhere = bareProcessor();
	protect(elsewhere, 0, 0x20000000, 8, NOBODY);
	elsewhere.core.registers[1] = 0x20000000;
	elsewhere.program(LDR_R0_R1);
	elsewhere.step();
	assert.equal(elsewhere.core.programCounter, HANDLER, "its vector lies in the region");
});

test("HardFault is let off, unless HFNMIENA", () => {
	for (const [control, lockedUp] of [[ENABLE | PRIVDEFENA, false], [ENABLE | PRIVDEFENA | HFNMIENA, true]] as const) {
		const bare = bareProcessor();
		bare.setWord(HANDLER, (NOP << 16) | LDR_R0_R1);
		protect(bare, 0, GUARDED, 8, NOBODY, control);
		bare.core.registers[1] = GUARDED;
		bare.program(LDR_R0_R1);
		bare.step(2);
		assert.equal(bare.core.lockedUp, lockedUp);
	}
});

test("without privilege: what users may, no private peripheral bus, no MSR and no CPS; a handler has it back", () => {
	const bare = bareProcessor({ read: () => 7 });
	bare.setWord(0x20000000 + 4 * 11, (HANDLER + 0x20) | 1);
	bare.setWord(HANDLER + 0x20, 0x4770_6008 | 0); // str r0, [r1]; bx lr
	protect(bare, 0, 0x20000000, 18, EVERYBODY);
	protect(bare, 1, GUARDED, 8, USERS_READ);
	protect(bare, 2, GUARDED + 256, 8, PRIVILEGED);
	bare.core.registers[0] = 0x77;
	bare.core.registers[1] = GUARDED;
	bare.core.registers[2] = 1;
	bare.program(...MSR_CONTROL_R2, SVC, 0xb672 /* cpsid i */, ...MRS_R4_MSP, ...MSR_MSP_R1, ...MRS_R5_CONTROL, LDR_R0_R1, STR_R0_R1);
	bare.step(4);
	assert.equal(bare.word(GUARDED), 0x77, "the handler of SVC stored");
	bare.step(4);
	assert.equal(bare.core.primask, 0);
	assert.equal(bare.core.registers[13], STACK);
	assert.deepEqual([bare.core.registers[4], bare.core.registers[5]], [0, 1]);
	assert.equal(bare.core.readSpecial(8), STACK, "a debugger sees it all the same");
	bare.step();
	assert.deepEqual(codes(bare), []);
	bare.step();
	assert.deepEqual(codes(bare), ["mpu-data"]);

	for (const [address, code] of [[GUARDED + 256, "mpu-data"], [0xe000e010 | 0, "unprivileged"], [0xd0000000 | 0, "mpu-data"]] as const) {
		leaveHandler(bare);
		bare.core.writeSpecial(20, 1);
		bare.faults.length = 0;
		bare.core.registers[1] = address;
		bare.program(LDR_R0_R1);
		bare.step();
		assert.deepEqual(codes(bare), [code]);
	}
});

test("a stack that runs into its guard faults by push, by store and by an interrupt's frame", () => {
	for (const [name, sp, program] of [
		["push", GUARDED + 256, [PUSH_R0]],
		["store", GUARDED + 252, [STR_R0_SP]],
		["svc", GUARDED + 256 + 16, [SVC, NOP]],
	] as const) {
		const bare = bareProcessor();
		protect(bare, 0, GUARDED, 8, NOBODY);
		// Thread mode on the process stack, so that HardFault finds a stack of its own.
		bare.core.registers[13] = STACK;
		bare.core.writeSpecial(9, sp);
		bare.core.writeSpecial(20, 2);
		bare.program(...program);
		bare.step(2);
		assert.ok(codes(bare).includes("mpu-data"), name);
		// HardFault takes the place of the SVC whose frame was refused; its own frame would go into the guard too.
		assert.equal(bare.core.lockedUp, name !== "svc", name);
		assert.equal(bare.core.ipsr, name === "svc" ? 3 : 0, name);
	}
});

test("MPU registers: eight regions, RBAR chooses the region, bits that do not exist read as zero", () => {
	const chip = bareChip();
	const read = (offset: number): number => chip.read(0xe000ed90 + offset, 4) >>> 0;
	const write = (offset: number, value: number): void => chip.write(0xe000ed90 + offset, 4, value);
	assert.equal(read(0), 0x800);
	write(RBAR, 0x2000abff);
	assert.equal(read(8), 7);
	assert.equal(read(RBAR), 0x2000ab07);
	write(RASR, 0xffffffff);
	assert.equal(read(RASR), 0x1707ff3f);
	write(8, 3);
	assert.equal(read(RASR), 0);
});

test("the MPU watches a program on the chip, says so as a violation, and costs no cycles", () => {
	const chip = bareChip();
	chip.poke(0x20000200, 2, STR_R0_R1);
	chip.poke(0x20000202, 2, 0xe7fd); // and again
	chip.core.registers[1] = 0x20030000;
	chip.core.programCounter = 0x20000200;
	chip.write(0xe000ed90 + RBAR, 4, 0x20020000 | 0x10);
	chip.write(0xe000ed90 + RASR, 4, (7 << 1) | 1);
	chip.write(0xe000ed90 + CTRL, 4, ENABLE | PRIVDEFENA);
	const from = chip.core.cycles;
	pass(chip, 4000);
	assert.equal(chip.core.cycles - from, 4000);
	assert.equal(chip.violations.list.length, 0);
	chip.core.registers[1] = 0x20020010;
	pass(chip, 10);
	assert.equal(chip.violations.list[0].code, "mpu-data");
});
