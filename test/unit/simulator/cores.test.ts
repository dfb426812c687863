/** The second core: launch, FIFOs, events, locks, and what each core has for itself (RP2040 datasheet 2.3, 2.4, 2.8.2). */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { PicoW } from "../../../simulator/simulator.ts";
import { bareChip, LOOP, pass } from "./bare-chip.ts";
import { image, uf2 } from "./tiny-program.ts";

const SIO = 0xd0000000;
const FIFO_ST = SIO + 0x50;
const FIFO_WR = SIO + 0x54;
const FIFO_RD = SIO + 0x58;
const VALID = 1;
const READY = 2;
const OVERFLOW = 4;
const UNDERFLOW = 8;
const PSM_FRCE_OFF = 0x40010004;
const PSM_PROC1 = 0x10000;
const PSM_SIO = 0x4000;
const GPIO_OUT = 0xd0000010;
const SPINLOCK_5 = 0xd0000114;
const SET = 0x2000;
const CLEAR = 0x3000;

/** Where core 1's programs stand, its vectors and its stack. */
const PROGRAM = 0x20001000;
const VECTORS = 0x20002000;
const STACK = 0x20008000;
const RESULT = 0x20003000;
/** Of the boot ROM, between one word and its answer. */
const ANSWER_CYCLES = 100;

const NOP = 0xbf00;
const WFE = 0xbf20;
const WFI = 0xbf30;
const SEV = 0xbf40;
const SLEEP = [WFI, 0xe7fd];

function program(chip: Chip, address: number, halfwords: number[]): void {
	halfwords.forEach((halfword, index) => chip.poke(address + 2 * index, 2, halfword));
}

/** Core 0 sends a word, as software does, and takes what comes back. */
function ask(chip: Chip, word: number): number {
	chip.write(FIFO_WR, 4, word);
	chip.core.onSendEvent?.();
	pass(chip, ANSWER_CYCLES);
	return chip.read(FIFO_RD, 4);
}

/** A chip whose core 1 has been launched into `halfwords`. */
function launched(halfwords: number[], prepare: (chip: Chip) => void = () => {}): Chip {
	const chip = bareChip();
	pass(chip, ANSWER_CYCLES);
	assert.equal(chip.read(FIFO_RD, 4), 0, "core 1 is ready");
	program(chip, PROGRAM, halfwords);
	prepare(chip);
	for (const word of [0, 0, 1, VECTORS, STACK, PROGRAM | 1]) {
		assert.equal(ask(chip, word), word);
	}
	return chip;
}

/** ldr r4, =SIO; ldr r5, =RESULT; then `halfwords`; at most 14 of them, so that the two words lie behind. */
function withBases(halfwords: number[]): number[] {
	assert.ok(halfwords.length <= 14);
	const padded = [...halfwords, ...Array<number>(14 - halfwords.length).fill(NOP)];
	return [0x4c07, 0x4d08, ...padded, SIO & 0xffff, SIO >>> 16, RESULT & 0xffff, RESULT >>> 16];
}

test("the boot ROM answers each word of a launch, and core 1 begins with vector table, stack and entry", () => {
	// str CPUID, sp and VTOR's address to RESULT
	const chip = launched(withBases([
		0x6820, 0x6028, // ldr r0, [r4]; str r0, [r5]
		0x4668, 0x6068, // mov r0, sp; str r0, [r5, #4]
		0x4670, 0x60a8, // mov r0, lr; str r0, [r5, #8]
		...SLEEP,
	]));
	pass(chip, 100);
	assert.deepEqual([0, 4].map((offset) => chip.peek(RESULT + offset, 4)), [1, STACK]);
	assert.equal(chip.second.vtor, VECTORS);
	assert.ok(chip.peek(RESULT + 8, 4) < 0x4000, "a return leads into the boot ROM");
	assert.equal(chip.read(SIO, 4), 0, "and core 0 is core 0");
	assert.equal(chip.second.sleeping, true);
	assert.deepEqual(chip.violations.list, []);
});

test("a launch that is wrong begins anew: 0 is the answer", () => {
	const chip = bareChip();
	pass(chip, ANSWER_CYCLES);
	chip.read(FIFO_RD, 4);
	assert.equal(ask(chip, 7), 0, "1 was expected");
	for (const word of [1, VECTORS, STACK]) {
		assert.equal(ask(chip, word), word);
	}
	assert.equal(ask(chip, 0), 0, "no entry is at 0");
	assert.equal(ask(chip, 1), 1, "from the beginning");
});

test("core 1 that was never launched costs nothing, whatever core 0 sends as events", () => {
	const chip = bareChip();
	pass(chip, ANSWER_CYCLES);
	const before = chip.second.activeCycles;
	program(chip, LOOP, [SEV, 0xe7fd]);
	pass(chip, 100_000);
	assert.equal(chip.second.activeCycles, before);
	assert.equal(chip.second.sleeping, true);
});

test("the FIFOs are eight deep each way, and tell of what was lost", () => {
	const chip = launched(SLEEP);
	assert.equal(chip.read(FIFO_ST, 4), READY);
	assert.equal(chip.read(FIFO_RD, 4), 0);
	assert.equal(chip.read(FIFO_ST, 4), READY | UNDERFLOW);
	for (let word = 1; word <= 8; word++) {
		chip.write(FIFO_WR, 4, word);
		assert.equal(chip.read(FIFO_ST, 4), (word < 8 ? READY : 0) | UNDERFLOW);
	}
	chip.write(FIFO_WR, 4, 9);
	assert.equal(chip.read(FIFO_ST, 4), OVERFLOW | UNDERFLOW);
	chip.write(FIFO_ST, 4, UNDERFLOW);
	assert.equal(chip.read(FIFO_ST, 4), OVERFLOW);
	chip.write(FIFO_ST, 4, OVERFLOW);
	assert.equal(chip.read(FIFO_ST, 4), 0);
});

test("each core has the interrupt of its own FIFO end, which lasts while a word or an error is there", () => {
	const IRQ_HANDLER = PROGRAM + 0x80;
	// Core 1: forget what the launch left pending in IRQ 16, enable it, sleep. The handler takes the word, adds 1, sends it back.
	const chip = launched(
		// ldr r0, =NVIC_ICPR; movs r1, #1; lsls r1, #16; str r1, [r0]; subs r0, #0x180; str r1, [r0]
		[0x4804, 0x2101, 0x0409, 0x6001, 0x38ff, 0x3881, 0x6001, ...SLEEP, NOP, 0xe280, 0xe000],
		(fresh) => {
			fresh.poke(VECTORS + 4 * 32, 4, IRQ_HANDLER | 1);
			// ldr r0, =SIO; ldr r1, [r0, #0x58]; adds r1, #1; str r1, [r0, #0x54]; bx lr
			program(fresh, IRQ_HANDLER, [0x4802, 0x6d81, 0x3101, 0x6541, 0x4770, NOP, SIO & 0xffff, SIO >>> 16]);
		},
	);
	pass(chip, 50);
	const bit = 1 << 15;
	chip.core.unpend(bit);
	assert.equal(chip.core.irqPending & bit, 0);
	chip.write(FIFO_WR, 4, 41);
	pass(chip, 100);
	assert.equal(chip.read(FIFO_ST, 4), VALID | READY);
	assert.equal(chip.core.irqPending & bit, bit, "core 0 is told");
	assert.equal(chip.core.irqPending & (1 << 16), 0, "and not of core 1's end");
	assert.equal(chip.second.irqPending & (1 << 16), 0, "which is empty again");
	assert.equal(chip.read(FIFO_RD, 4), 42);
	chip.core.unpend(bit);
	assert.equal(chip.core.irqPending & bit, 0);
	chip.read(FIFO_RD, 4);
	assert.equal(chip.core.irqPending & bit, bit, "an empty FIFO was read");
});

test("SEV of a core ends one WFE of the other", () => {
	// sev; wfe takes the event of its own; wfe; str r5, [r5]; wfe; str r5, [r5, #4]
	const chip = launched(withBases([SEV, WFE, WFE, 0x602d, WFE, 0x606d, ...SLEEP]));
	pass(chip, 200);
	assert.equal(chip.second.sleeping, true);
	assert.equal(chip.peek(RESULT, 4), 0);
	program(chip, LOOP + 0x40, [SEV, 0xe7fe]);
	chip.core.programCounter = LOOP + 0x40;
	pass(chip, 100);
	assert.equal(chip.peek(RESULT, 4), RESULT, "past the first");
	assert.equal(chip.peek(RESULT + 4, 4), 0, "and not past the second");
	chip.core.programCounter = LOOP + 0x40;
	pass(chip, 100);
	assert.equal(chip.peek(RESULT + 4, 4), RESULT);

	// The other way: core 0 sleeps in WFE until core 1, woken by a word, says so.
	const other = launched(withBases([
		0x6d20, 0x0840, 0xd3fc, // ldr r0, [r4, #0x50]; lsrs r0, #1; bcc
		SEV, ...SLEEP,
	]));
	other.core.eventRegister = false;
	program(other, LOOP + 0x40, [WFE, 0x2501, 0xe7fe]);
	other.core.programCounter = LOOP + 0x40;
	other.core.registers[5] = 0;
	pass(other, 1000);
	assert.equal(other.core.sleeping, true, "core 1 turns, core 0 sleeps");
	const activeBefore = other.core.activeCycles;
	other.write(FIFO_WR, 4, 1);
	pass(other, 100);
	assert.equal(other.core.registers[5], 1);
	assert.ok(other.core.activeCycles - activeBefore < 100);
});

test("divider and interpolators of the cores know nothing of each other; spin locks are one", () => {
	// Core 1: dividend 1000, divisor 7; interp0 accum0 = 5; claims spin lock 3; stores CPUID.
	const chip = launched([
		0x4c08, 0x4d09, 0x4809, 0x6620, // ldr r4, =SIO; ldr r5, =RESULT; ldr r0, =1000; str r0, [r4, #0x60]
		0x2007, 0x6660, // movs r0, #7; str r0, [r4, #0x64]
		0x3480, 0x6020, // adds r4, #0x80; str r0, [r4]
		0x348c, 0x6820, 0x6028, // adds r4, #0x8c: spin lock 3; ldr r0, [r4]; str r0, [r5]
		0x3c9c, 0x6820, 0x6068, // subs r4, #0x9c: quotient; ldr r0, [r4]; str r0, [r5, #4]
		...SLEEP, NOP, NOP,
		SIO & 0xffff, SIO >>> 16, RESULT & 0xffff, RESULT >>> 16, 1000, 0,
	]);
	pass(chip, 200);
	chip.write(SIO + 0x60, 4, 50);
	chip.write(SIO + 0x64, 4, 5);
	chip.write(SIO + 0x80, 4, 9);
	assert.equal(chip.read(SIO + 0x70, 4), 10);
	assert.equal(chip.read(SIO + 0x80, 4), 9);
	assert.equal(chip.peek(RESULT, 4), 1 << 3, "core 1 has the lock");
	assert.equal(chip.peek(RESULT + 4, 4), 142);
	assert.equal(chip.read(SIO + 0x10c, 4), 0, "so core 0 has not");
	chip.write(SIO + 0x10c, 4, 1);
	assert.equal(chip.read(SIO + 0x10c, 4), 1 << 3, "anybody may free it");
});

test("SysTick, masks and handlers are each core's own", () => {
	const HANDLER = PROGRAM + 0x80;
	// Core 1: SysTick reload 99, from clk_sys with interrupt; sleep. Its handler counts in RESULT.
	const chip = launched(
		[0x4804, 0x2163, 0x6141, 0x6181, 0x2107, 0x6101, WFI, 0xe7fd, NOP, NOP, 0xe000, 0xe000],
		(fresh) => {
			fresh.poke(VECTORS + 4 * 15, 4, HANDLER | 1);
			// ldr r0, =RESULT; ldr r1, [r0]; adds r1, #1; str r1, [r0]; bx lr
			program(fresh, HANDLER, [0x4802, 0x6801, 0x3101, 0x6001, 0x4770, NOP, RESULT & 0xffff, RESULT >>> 16]);
		},
	);
	pass(chip, 1_000);
	const before = chip.peek(RESULT, 4);
	pass(chip, 10_000);
	assert.equal(chip.peek(RESULT, 4) - before, 100);
	assert.equal(chip.core.ipsr, 0);
	assert.equal(chip.core.pendingSystick, false);
	assert.equal(chip.read(0xe000e010, 4), 0, "core 0's SysTick is off");
	chip.write(0xe000e100, 4, 1 << 5);
	assert.equal(chip.second.irqEnabled, 0);
});

test("a pin's edge interrupts the core that asked for it", () => {
	const HANDLER = PROGRAM + 0x80;
	const chip = launched(
		[0x4802, 0x2101, 0x0349, 0x6001, WFI, 0xe7fd, 0xe100, 0xe000], // IRQ 13 on
		(fresh) => {
			fresh.poke(VECTORS + 4 * 29, 4, HANDLER | 1);
			// ldr r0, =RESULT; str r0, [r0]; ldr r0, =INTR0; movs r1, #8; str r1, [r0]; bx lr
			program(fresh, HANDLER, [0x4802, 0x6000, 0x4803, 0x2108, 0x6001, 0x4770, RESULT & 0xffff, RESULT >>> 16, 0x40f0, 0x4001]);
		},
	);
	chip.write(0x4000c000 + CLEAR, 4, 1 << 5);
	chip.write(0x40014130, 4, 8); // PROC1_INTE0: GPIO 0, edge high
	pass(chip, 50);
	chip.pins.pin(0).drive(true);
	pass(chip, 100);
	assert.equal(chip.peek(RESULT, 4), RESULT);
	assert.equal(chip.read(0x40014100, 4), 0, "PROC0_INTE0");
	assert.equal(chip.core.irqPending & (1 << 13), 0);
});

test("the power-on state machine holds core 1 in reset and lets it go, back into the boot ROM", () => {
	// ldr r0, [r5]; adds r0, #1; str r0, [r5]; b: counts for ever
	const chip = launched(withBases([0x6828, 0x3001, 0x6028, 0xe7fb]));
	pass(chip, 1_000);
	assert.ok(chip.peek(RESULT, 4) > 100);
	chip.write(FIFO_WR, 4, 0x1234);
	chip.write(PSM_FRCE_OFF + SET, 4, PSM_PROC1);
	assert.equal(chip.read(PSM_FRCE_OFF, 4), PSM_PROC1);
	assert.equal(chip.read(PSM_FRCE_OFF + 8, 4), 0x0ffff, "DONE");
	const counted = chip.peek(RESULT, 4);
	chip.core.onSendEvent?.();
	pass(chip, 1_000);
	assert.equal(chip.peek(RESULT, 4), counted, "held");
	chip.write(PSM_FRCE_OFF + CLEAR, 4, PSM_PROC1);
	pass(chip, ANSWER_CYCLES);
	assert.equal(chip.read(FIFO_RD, 4), 0, "it says that it is back, its FIFO emptied");
	for (const word of [0, 0, 1, VECTORS, STACK, PROGRAM | 1]) {
		assert.equal(ask(chip, word), word);
	}
	pass(chip, 1_000);
	assert.ok(chip.peek(RESULT, 4) > counted);
});

test("the power-on state machine begins SIO anew: no pin is driven, no lock is taken", () => {
	const chip = bareChip();
	chip.write(GPIO_OUT, 4, 1 << 3);
	assert.notEqual(chip.read(SPINLOCK_5, 4), 0);
	assert.equal(chip.read(SPINLOCK_5, 4), 0, "taken");
	chip.write(PSM_FRCE_OFF + SET, 4, PSM_SIO);
	chip.write(PSM_FRCE_OFF + CLEAR, 4, PSM_SIO);
	assert.equal(chip.read(GPIO_OUT, 4), 0);
	assert.notEqual(chip.read(SPINLOCK_5, 4), 0);
	assert.deepEqual(chip.violations.list, []);
});

test("registers are reached in the order of their cycles", () => {
	// Core 1 toggles GPIO 2 every 5 cycles; core 0 reads the level in a loop of its own and sees half of all reads high.
	const chip = launched(withBases([0x2004, 0x61e0, NOP, 0xe7fc]), (fresh) => {
		fresh.write(0x4000c000 + CLEAR, 4, (1 << 5) | (1 << 8));
		fresh.write(0x40014014, 4, 5);
		fresh.write(SIO + 0x24, 4, 4);
	});
	// ldr r0, [r4, #4] (GPIO_IN); lsrs r0, #3; bcc over; adds r6, #1; over: adds r7, #1; b
	program(chip, LOOP + 0x40, [0x6860, 0x08c0, 0xd300, 0x3601, 0x3701, 0xe7f9]);
	chip.core.registers.set([SIO | 0, 0, 0, 0], 4);
	chip.core.programCounter = LOOP + 0x40;
	pass(chip, 70_000);
	const [high, all] = [chip.core.registers[6], chip.core.registers[7]];
	assert.ok(all > 9_000 && Math.abs(high / all - 0.5) < 0.02, `${high} of ${all}`);
});

test("a core 1 that locks up is told of, and core 0 goes on", () => {
	const chip = launched([0xde01], (fresh) => fresh.poke(VECTORS + 12, 4, 0));
	const { core } = chip;
	const before = core.activeCycles;
	pass(chip, 1_000);
	assert.equal(chip.second.lockedUp, true);
	assert.deepEqual(chip.violations.list.map(({ code }) => code), ["undefined-instruction", "lock-up"]);
	assert.match(chip.violations.list[0].text, /^core 1: undefined instruction/);
	assert.ok(core.activeCycles - before >= 1_000);
	assert.equal(chip.halt, undefined);
});

test("core 1 goes on when core 0 locks up", () => {
	const chip = launched(withBases([0x6828, 0x3001, 0x6028, 0xe7fb])); // counts for ever in RESULT
	program(chip, LOOP + 0x40, [0xde01]);
	chip.core.vtor = VECTORS;
	chip.core.programCounter = LOOP + 0x40;
	pass(chip, 100);
	assert.equal(chip.halt?.kind, "locked-up");
	const before = chip.peek(RESULT, 4);
	pass(chip, 1_000);
	assert.ok(chip.peek(RESULT, 4) > before + 100);
	chip.write(PSM_FRCE_OFF + SET, 4, PSM_PROC1);
	assert.equal(chip.standing, true, "until it is held in reset as well");
});

/** Core 0 launches core 1; both add 1 to a word 10,000 times, under spin lock 0 if `locked`, and say that they are done. */
function counting(locked: boolean): number[] {
	return [
		0x4c0e, 0xa50f, // ldr r4, =SIO; adr r5, words
		0x2600, // restart: movs r6, #0
		0x59a8, 0x2800, 0xd105, // next: ldr r0, [r5, r6]; cmp r0, #0; bne push
		0x6d21, 0x0849, 0xd301, 0x6da1, 0xe7fa, // drain: FIFO_ST; lsrs r1, #1; bcc drained; FIFO_RD; b drain
		SEV, // drained
		0x6560, SEV, // push: FIFO_WR
		0x6d21, 0x0849, 0xd201, WFE, 0xe7fa, // pop: FIFO_ST; lsrs r1, #1; bcs got; wfe; b pop
		0x6da1, 0x4288, 0xd1eb, // got: FIFO_RD; cmp r0, r1; bne restart
		0x3604, 0x2e18, 0xd1e9, // adds r6, #4; cmp r6, #24; bne next
		0xf000, 0xf814, // bl count
		...SLEEP, NOP,
		0x0000, 0xd000,
		0, 0, 0, 0, 1, 0, 0x0100, 0x1000, 0x0000, 0x2003, 0x0199, 0x1000, // words: 0, 0, 1, vectors, stack, core1
		0xf000, 0xf801, 0xe7eb, // core1: bl count; b sleep
		0x4c0c, 0x4d0c, 0x4e0d, 0x4f0d, 0x4b0e, // count: SIO, counter, turns, locked, spin lock
		0x2f00, 0xd002, // again: cmp r7, #0; beq add
		0x6818, 0x2800, 0xd0fc, // claim: ldr r0, [r3]; cmp r0, #0; beq claim
		0x6828, 0x3001, 0x6028, // add: ldr r0, [r5]; adds r0, #1; str r0, [r5]
		0x2f00, 0xd000, 0x601f, // cmp r7, #0; beq free; str r7, [r3]
		0x3e01, 0xd1f2, // free: subs r6, #1; bne again
		0x6820, 0x0080, 0x3004, 0x2101, 0x5029, 0x4770, // done[CPUID] = 1; bx lr
		NOP,
		0x0000, 0xd000, 0x0000, 0x2000, 10_000, 0, locked ? 1 : 0, 0, 0x0100, 0xd000,
	];
}

async function count(locked: boolean): Promise<{ words: number[]; board: PicoW }> {
	const board = new PicoW();
	board.loadUf2(uf2(image(counting(locked))));
	await board.run({ timeoutMicros: 300_000 });
	assert.ok(board.core.sleeping && board.secondCore.sleeping, "both are done");
	const memory = Buffer.from(board.read(0x20000000, 12));
	return { words: [0, 4, 8].map((offset) => memory.readUInt32LE(offset)), board };
}

test("a counter under a spin lock takes every addition of both cores, in two runs alike", async () => {
	const [first, second] = [await count(true), await count(true)];
	assert.deepEqual(first.words, [20_000, 1, 1]);
	assert.deepEqual(first.board.report(), second.board.report());
	assert.ok((first.board.report().secondCore?.activeCycles ?? 0) > 100_000);
});

test("without the lock additions are lost, in two runs alike", async () => {
	const [first, second] = [await count(false), await count(false)];
	assert.deepEqual(first.words.slice(1), [1, 1]);
	assert.ok(first.words[0] >= 10_000 && first.words[0] < 20_000, `${first.words[0]}`);
	assert.deepEqual(first.words, second.words);
	assert.deepEqual(first.board.report(), second.board.report());
});
