/** Sleep, events, interrupts and faults of the core (ARMv6-M Architecture Reference Manual, chapters B1 and A6). */
import assert from "node:assert/strict";
import test from "node:test";
import { bareProcessor, CODE, HANDLER, STACK } from "./bare-processor.ts";

const SEV = 0xbf40;
const WFE = 0xbf20;
const WFI = 0xbf30;
const NOP = 0xbf00;
const CPSID = 0xb672;
const CPSIE = 0xb662;
const IRQ_HANDLER = 0x200000c0;

function withInterrupt(irq: number) {
	const bare = bareProcessor();
	bare.setWord(0x20000000 + 4 * (16 + irq), IRQ_HANDLER | 1);
	bare.setWord(IRQ_HANDLER, 0x4770bf00); // nop; bx lr
	bare.core.irqEnabled = 1 << irq;
	return bare;
}

test("an event sent before WFE lets it pass once", () => {
	const bare = bareProcessor();
	bare.program(SEV, WFE, WFE, NOP);
	bare.step(2);
	assert.equal(bare.core.sleeping, false);
	bare.step();
	assert.equal(bare.core.sleeping, true);
	bare.core.sendEvent();
	assert.equal(bare.core.sleeping, false);
	assert.equal(bare.core.eventRegister, false);
});

test("SEVONPEND wakes WFE for an interrupt that is not enabled", () => {
	const bare = bareProcessor();
	bare.program(WFE, NOP);
	bare.core.scr = 0x10;
	bare.step();
	assert.equal(bare.core.sleeping, true);
	bare.core.setInterrupt(3, true);
	assert.equal(bare.core.sleeping, false);
	bare.step();
	assert.equal(bare.core.programCounter, CODE + 4);
});

test("WFI under PRIMASK wakes for a pending interrupt, whose handler runs only when unmasked", () => {
	const bare = withInterrupt(7);
	bare.program(CPSID, WFI, NOP, CPSIE, NOP);
	bare.step(2);
	assert.equal(bare.core.sleeping, true);
	bare.core.setInterrupt(7, true);
	bare.step();
	assert.equal(bare.core.sleeping, false);
	assert.equal(bare.core.programCounter, CODE + 6, "the instruction behind WFI ran");
	assert.equal(bare.core.ipsr, 0);
	bare.step(2);
	assert.equal(bare.core.ipsr, 16 + 7, "and the handler after CPSIE");
	assert.equal(bare.core.programCounter, IRQ_HANDLER + 2);
});

test("WFE under PRIMASK does not wake for an interrupt without SEVONPEND", () => {
	const bare = withInterrupt(7);
	bare.program(CPSID, WFE, NOP);
	bare.step(2);
	bare.core.setInterrupt(7, true);
	bare.step();
	assert.equal(bare.core.sleeping, true);
});

test("an exception saves eight words, and its return restores them with the flags", () => {
	const bare = withInterrupt(2);
	const { core } = bare;
	bare.program(NOP, NOP);
	core.registers.set([1, 2, 3, 4]);
	core.registers[12] = 12;
	core.registers[13] = STACK + 4;
	core.registers[14] = 0x20000201;
	core.setFlags(0xa0000000);
	core.setInterrupt(2, true);
	bare.step();
	assert.equal(core.ipsr, 18);
	assert.equal(core.registers[13], STACK + 4 - 0x24, "aligned to eight bytes");
	assert.equal(core.registers[14] >>> 0, 0xfffffff9);
	const frame = STACK + 4 - 0x24;
	assert.deepEqual([0, 4, 8, 12, 16, 20, 24, 28].map((at) => bare.word(frame + at)), [1, 2, 3, 4, 12, 0x20000201, CODE, 0xa1000200]);
	core.registers.set([0, 0, 0, 0]);
	core.setFlags(0);
	core.setInterrupt(2, false);
	bare.step();
	assert.equal(core.programCounter, CODE);
	assert.equal(core.registers[13], STACK + 4);
	assert.deepEqual([...core.registers.slice(0, 4)], [1, 2, 3, 4]);
	assert.equal(core.xpsr, 0xa1000000);
});

test("a line that stays high pends again when its handler returns; a pulse does not", () => {
	for (const stays of [true, false]) {
		const bare = withInterrupt(2);
		bare.program(NOP, NOP);
		bare.core.setInterrupt(2, true);
		bare.step();
		bare.core.setInterrupt(2, stays);
		bare.step();
		assert.equal((bare.core.irqPending >>> 2) & 1, stays ? 1 : 0);
	}
});

test("the higher priority preempts, the lower waits, equal ones go by number", () => {
	const bare = withInterrupt(4);
	const { core } = bare;
	bare.setWord(0x20000000 + 4 * (16 + 5), IRQ_HANDLER | 1);
	core.irqEnabled |= 1 << 5;
	bare.program(NOP, NOP);
	core.pend((1 << 5) | (1 << 4));
	assert.equal(core.pendingException, 20);
	core.irqPriority[4] = 2;
	core.irqPriority[5] = 1;
	assert.equal(core.pendingException, 21);
	core.unpend(1 << 5);
	bare.step();
	assert.equal(core.ipsr, 20);
	core.pend(1 << 5);
	bare.step();
	assert.equal(core.ipsr, 21, "preempted");
	core.pend(1 << 4);
	core.handleExceptions();
	assert.equal(core.ipsr, 21, "the lower one waits");
});

const faulting: [string, number[], string][] = [
	["a misaligned word load", [0x6801], "misaligned"], // ldr r1, [r0] with r0 = STACK + 2
	["a misaligned halfword store", [0x8041 | 0], "misaligned"], // strh r1, [r0, #2] with r0 = STACK + 1 below
	["an undefined instruction", [0xde01], "undefined-instruction"],
	["an undefined 32-bit instruction", [0xf7f0, 0xa000], "undefined-instruction"],
	["a breakpoint without debugger", [0xbe00], "breakpoint"],
	["a branch to an address without Thumb bit", [0x4710], "thumb-bit"], // bx r2
	["a load from where nothing is", [0x6819], "unmapped-read"], // ldr r1, [r3]
	["a jump to where nothing is", [0x4720, 0], "execute-outside"], // bx r4
];

for (const [name, halfwords, code] of faulting) {
	test(`${name} enters HardFault with the address of the instruction`, () => {
		const bare = bareProcessor();
		const { core } = bare;
		bare.program(...halfwords);
		core.registers[0] = STACK + (halfwords[0] === 0x8041 ? 1 : 2);
		core.registers[1] = 0x1234;
		core.registers[2] = 0x20000200;
		core.registers[3] = 0x60000000;
		core.registers[4] = 0x60000001;
		bare.step(code === "execute-outside" ? 2 : 1);
		assert.equal(bare.faults.length, 1);
		assert.equal(bare.faults[0].code, code);
		assert.equal(core.ipsr, 3);
		assert.equal(core.programCounter, HANDLER);
		assert.equal(bare.word(core.registers[13] + 24), code === "execute-outside" ? 0x60000000 : CODE);
		assert.equal(core.registers[1], 0x1234, "the register of the load is as before");
	});
}

test("SVC that PRIMASK or priorities refuse is a HardFault that returns behind it; in HardFault's handler the core locks up", () => {
	const SVC = 0xdf00;
	const bare = bareProcessor();
	bare.setWord(0x20000000 + 4 * 11, IRQ_HANDLER | 1);
	bare.setWord(IRQ_HANDLER, 0xe7fedf00);	// the call's handler calls again
	bare.program(SVC, NOP);
	bare.step(1);
	bare.core.handleExceptions();
	assert.equal(bare.core.ipsr, 11);
	bare.step(1);
	bare.core.handleExceptions();
	assert.equal(bare.core.ipsr, 3, "it may not preempt itself");
	assert.equal(bare.word(bare.core.registers[13] + 24), IRQ_HANDLER + 2);
	const masked = bareProcessor();
	masked.program(CPSID, SVC, NOP);
	masked.step(2);
	masked.core.handleExceptions();
	assert.equal(masked.core.ipsr, 3);
	assert.equal(masked.word(masked.core.registers[13] + 24), CODE + 4);
	assert.equal(masked.faults.length, 0, "software may mean it so");
	masked.setWord(HANDLER, SVC);
	masked.core.programCounter = HANDLER;
	masked.step(1);
	masked.core.handleExceptions();
	assert.equal(masked.core.lockedUp, true);
	assert.equal(masked.faults.at(-1)?.code, "lock-up");
	assert.match(masked.faults.at(-1)?.text ?? "", /^SVC in the handler of HardFault or NMI/);
});

test("a return by an EXC_RETURN that there is not is a fault", () => {
	const bare = withInterrupt(1);
	bare.program(NOP, NOP);
	bare.core.setInterrupt(1, true);
	bare.step();
	bare.core.setInterrupt(1, false);
	bare.core.registers[14] = 0xfffffff5 | 0;
	bare.step();
	assert.deepEqual(bare.faults.map(({ code, programCounter }) => ({ code, programCounter })), [{ code: "exception-return", programCounter: IRQ_HANDLER + 2 }]);
	assert.equal(bare.core.ipsr, 3);
});

test("a fault inside HardFault locks the core up", () => {
	const bare = bareProcessor();
	bare.program(0xde01);
	bare.step();
	bare.setWord(HANDLER, 0xde01de01);
	bare.step();
	assert.equal(bare.core.lockedUp, true);
	assert.equal(bare.faults.at(-1)?.code, "lock-up");
});

test("the process stack is used in thread mode and comes back by EXC_RETURN", () => {
	const bare = withInterrupt(1);
	const { core } = bare;
	// msr psp, r0; movs r1, #2; msr control, r1; nop
	bare.program(0xf380, 0x8809, 0x2102, 0xf381, 0x8814, NOP, NOP);
	core.registers[0] = 0x20008000;
	bare.step(3);
	assert.equal(core.registers[13], 0x20008000);
	core.setInterrupt(1, true);
	bare.step();
	assert.equal(core.registers[13], STACK, "the handler has the main stack");
	assert.equal(core.registers[14] >>> 0, 0xfffffffd);
	assert.equal(bare.word(0x20008000 - 0x20 + 24), CODE + 10);
	core.setInterrupt(1, false);
	bare.step();
	assert.equal(core.registers[13], 0x20008000);
});

test("cycles are those of the Cortex-M0+ manual", () => {
	const table: [string, number[], number][] = [
		["movs", [0x2001], 1], ["ldr from SRAM", [0x6801], 2], ["str to SRAM", [0x6001], 2], ["b", [0xe7fe], 2],
		["bl", [0xf000, 0xf800], 3], ["bx lr", [0x4770], 2], ["push {r0-r3, lr}", [0xb50f], 6], ["ldm r0!, {r1-r4}", [0xc81e], 5],
		["muls", [0x4341], 1], ["mrs", [0xf3ef, 0x8000], 3], ["dsb", [0xf3bf, 0x8f4f], 3], ["add pc, r1", [0x448f], 2],
	];
	for (const [name, halfwords, cycles] of table) {
		const bare = bareProcessor();
		bare.program(...halfwords);
		bare.core.registers[0] = STACK;
		bare.core.registers[14] = CODE | 1;
		const before = bare.core.cycles;
		bare.step();
		assert.equal(bare.core.cycles - before, cycles, name);
	}
});

test("BL reaches 16 MB both ways", () => {
	for (const [high, low, offset] of [[0xf000, 0xf801, 2], [0xf7ff, 0xfffe, -4], [0xf400, 0xd000, -(1 << 24)], [0xf3ff, 0xd7ff, (1 << 24) - 2]] as const) {
		const bare = bareProcessor();
		bare.program(high, low);
		bare.step();
		assert.equal(bare.core.programCounter, (CODE + 4 + offset) >>> 0);
		assert.equal(bare.core.registers[14], CODE + 5);
	}
});
