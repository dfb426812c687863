/** The low mark of the main stack: each way in which the stack pointer goes down, and each in which a stack begins. */
import assert from "node:assert/strict";
import test from "node:test";
import { bareProcessor, STACK } from "./bare-processor.ts";

const HANDLER_OF_IRQ = 0x200000c0;

function bare(...program: number[]) {
	const made = bareProcessor();
	made.core.setMainStack(STACK);
	made.program(...program);
	return made;
}

const below: [string, number[], number][] = [
	["PUSH", [0xb5f0, 0xbdf0], 20], // push {r4-r7, lr}
	["SUB sp", [0xb084, 0xb004], 16], // sub sp, #16; add sp, #16
	["MOV sp", [0x466b, 0x3b20, 0x469d], 32], // mov r3, sp; subs r3, #32; mov sp, r3
	["ADD sp with a register", [0x230c, 0x425b, 0x449d], 12], // movs r3, #12; negs r3, r3; add sp, r3
	["SUB sp and PUSH in it", [0xb081, 0xb401, 0xbc01, 0xb001], 8],
];

for (const [name, program, bytes] of below) {
	test(`${name} lowers the mark by ${bytes} bytes, and what is given back leaves it`, () => {
		const { core, step } = bare(...program);
		core.registers[14] = 0x20000201;
		step(program.length);
		assert.equal(core.stackStart - core.lowestStack, bytes);
	});
}

test("an interrupt's frame lowers the mark", () => {
	const { core, setWord, step } = bare(0xbf00, 0xbf00);
	setWord(0x20000000 + 4 * (16 + 5), HANDLER_OF_IRQ | 1);
	setWord(HANDLER_OF_IRQ, 0x47704770); // bx lr
	core.irqEnabled = 1 << 5;
	core.setInterrupt(5, true);
	core.handleExceptions();
	assert.equal(core.stackStart - core.lowestStack, 32);
	core.setInterrupt(5, false);
	step();
	assert.equal(core.registers[13], STACK);
	assert.equal(core.stackStart - core.lowestStack, 32);
});

test("MSR begins a stack anew; a thread's stack is not the main one", () => {
	const { core, step } = bare(
		0xb5ff, // push {r0-r7, lr}
		0xf380, 0x8808, // msr msp, r0
		0xb410, // push {r4}
		0xf381, 0x8809, // msr psp, r1
		0xf382, 0x8814, // msr control, r2
		0xb5ff, // push {r0-r7, lr}, onto the thread's stack
	);
	core.registers.set([0x20008000, 0x20004000, 2]);
	step(3);
	assert.deepEqual([core.stackStart, core.lowestStack], [0x20008000, 0x20008000 - 4]);
	step(3);
	assert.equal(core.registers[13], 0x20004000 - 36);
	assert.deepEqual([core.stackStart, core.lowestStack], [0x20008000, 0x20008000 - 4]);
});
