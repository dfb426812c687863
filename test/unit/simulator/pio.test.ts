/** PIO against the RP2040 datasheet, chapter 3: time, stalls, FIFOs, shifts, pins. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { bareChip, pass } from "./bare-chip.ts";

const PIO = 0x50200000;
const CTRL = PIO;
const FSTAT = PIO + 4;
const FDEBUG = PIO + 8;
const FLEVEL = PIO + 0xc;
const TXF0 = PIO + 0x10;
const RXF0 = PIO + 0x20;
const IRQ = PIO + 0x30;
const SM0 = PIO + 0xc8;
const CLKDIV = SM0;
const EXECCTRL = SM0 + 4;
const SHIFTCTRL = SM0 + 8;
const ADDR = SM0 + 0xc;
const INSTR = SM0 + 0x10;
const PINCTRL = SM0 + 0x14;
const GPIO_CTRL = 0x40014004;
const FUNCTION_PIO0 = 6;

/** Instructions, datasheet 3.4. */
const jmp = (to: number, condition = 0): number => (condition << 5) | to;
const set = (to: number, value: number): number => 0xe000 | (to << 5) | value;
const out = (to: number, bits: number): number => 0x6000 | (to << 5) | (bits & 31);
const input = (from: number, bits: number): number => 0x4000 | (from << 5) | (bits & 31);
const PULL_BLOCK = 0x80a0;
const PUSH_BLOCK = 0x8020;
const mov = (to: number, from: number, operation = 0): number => 0xa000 | (to << 5) | (operation << 3) | from;
const PINS = 0;
const X = 1;
const Y = 2;
const PINDIRS = 4;
const delay = (cycles: number): number => cycles << 8;

function load(chip: Chip, instructions: number[], wrapTop = instructions.length - 1): void {
	instructions.forEach((instruction, index) => chip.poke(PIO + 0x48 + 4 * index, 4, instruction));
	chip.poke(EXECCTRL, 4, wrapTop << 12);
}

/** GPIO `pin` to PIO0, one pin each for SET and OUT. */
function usePin(chip: Chip, pin: number): void {
	chip.poke(GPIO_CTRL + 8 * pin, 4, FUNCTION_PIO0);
	chip.poke(PINCTRL, 4, (1 << 26) | (pin << 5) | (1 << 20) | pin | (pin << 15));
	chip.poke(INSTR, 4, set(PINDIRS, 1));
}

/** The cycles at which GPIO `pin` changed, relative to the first. */
function edges(chip: Chip, pin: number, cycles: number): number[] {
	const seen: number[] = [];
	chip.pins.pin(pin).onChange(() => seen.push(chip.clock.cycles));
	pass(chip, cycles);
	return seen.map((at) => at - seen[0]);
}

test("a toggling program changes the pin every instruction, at the divider's pace", () => {
	for (const [divider, expected] of [
		[1 << 16, [0, 1, 2, 3, 4, 5]],
		[2 << 16, [0, 2, 4, 6, 8, 10]],
		[(2 << 16) | (0x80 << 8), [0, 3, 5, 8, 10, 13]],
		[(1 << 16) | (0x40 << 8), [0, 1, 2, 3, 5, 6]],
	] as const) {
		const chip = bareChip();
		usePin(chip, 5);
		load(chip, [set(PINS, 1), set(PINS, 0)]);
		chip.poke(CLKDIV, 4, divider);
		chip.poke(CTRL, 4, 1 | (1 << 8));
		const seen = edges(chip, 5, 40).slice(0, 6);
		// The phase of a fractional divider may differ by one cycle; its rate may not.
		seen.forEach((at, index) => assert.ok(Math.abs(at - expected[index]) <= (divider & 0xffff ? 1 : 0), `${divider}: ${seen}`));
	}
});

test("delay cycles follow an instruction, and side-set takes bits from them", () => {
	const chip = bareChip();
	usePin(chip, 5);
	load(chip, [set(PINS, 1) | delay(3), set(PINS, 0) | delay(1)]);
	chip.poke(CTRL, 4, 1);
	assert.deepEqual(edges(chip, 5, 40).slice(0, 5), [0, 4, 6, 10, 12]);

	const sided = bareChip();
	sided.poke(GPIO_CTRL + 8 * 7, 4, FUNCTION_PIO0);
	sided.poke(PINCTRL, 4, (1 << 26) | (7 << 5));
	sided.poke(INSTR, 4, set(PINDIRS, 1));
	// One side-set pin, GPIO 7; four bits of delay are left.
	sided.poke(PINCTRL, 4, (1 << 29) | (7 << 10));
	load(sided, [0xa042 | (1 << 12) | (2 << 8), 0xa042 | (0 << 12)]);
	sided.poke(CTRL, 4, 1);
	assert.deepEqual(edges(sided, 7, 30).slice(0, 5), [0, 3, 4, 7, 8]);
});

test("a stalled machine holds its side-set, notes TXSTALL, and goes on with the first word", () => {
	const chip = bareChip();
	chip.poke(GPIO_CTRL + 8 * 7, 4, FUNCTION_PIO0);
	chip.poke(PINCTRL, 4, (1 << 26) | (7 << 5));
	chip.poke(INSTR, 4, set(PINDIRS, 1));
	chip.poke(PINCTRL, 4, (1 << 29) | (7 << 10));
	load(chip, [PULL_BLOCK | (1 << 12), jmp(1)]);
	chip.poke(CTRL, 4, 1);
	pass(chip, 20);
	assert.equal(chip.pins.pin(7).level, true);
	assert.equal(chip.peek(ADDR, 4), 0);
	assert.equal(chip.peek(FDEBUG, 4) & 0x1000000, 0x1000000);
	assert.equal(chip.pio.moving, false, "asleep");
	chip.poke(FDEBUG, 4, 0x1000000);
	assert.equal(chip.peek(FDEBUG, 4) & 0x1000000, 0x1000000, "set again while it stalls");
	chip.poke(TXF0, 4, 1);
	chip.poke(FDEBUG, 4, 0x1000000);
	pass(chip, 20);
	assert.equal(chip.peek(ADDR, 4), 1);
	assert.equal(chip.peek(FDEBUG, 4) & 0x1000000, 0);
});

test("autopull refills in the background, so that bits leave without a gap", () => {
	const chip = bareChip();
	usePin(chip, 5);
	load(chip, [out(PINS, 1)]);
	// Shift left, autopull at 32
	chip.poke(SHIFTCTRL, 4, (1 << 17) | (0 << 19));
	chip.poke(TXF0, 4, 0xaaaaaaaa);
	chip.poke(TXF0, 4, 0xaaaaaaaa);
	chip.poke(CTRL, 4, 1);
	const seen = edges(chip, 5, 100);
	assert.equal(seen.length, 64);
	assert.deepEqual(seen, Array.from({ length: 64 }, (_, index) => index));
});

test("OUT X and OUT Y forced by software while the machine stands take words in order", () => {
	const chip = bareChip();
	chip.poke(SHIFTCTRL, 4, 1 << 17);
	chip.poke(TXF0, 4, 0x12345678);
	chip.poke(INSTR, 4, out(X, 32));
	pass(chip, 4);
	chip.poke(TXF0, 4, 0x9abcdef0);
	chip.poke(INSTR, 4, out(Y, 32));
	pass(chip, 4);
	chip.poke(INSTR, 4, mov(6, X));
	chip.poke(INSTR, 4, PUSH_BLOCK);
	chip.poke(INSTR, 4, mov(6, Y));
	chip.poke(INSTR, 4, PUSH_BLOCK);
	assert.equal(chip.peek(RXF0, 4), 0x12345678);
	assert.equal(chip.peek(RXF0, 4), 0x9abcdef0);
});

test("OUT forced until the FIFO is empty leaves no old word in the OSR", () => {
	const chip = bareChip();
	load(chip, [out(X, 16), 0xc020, out(Y, 16), jmp(3)]); // out x, 16; irq wait 0; out y, 16; stay
	chip.poke(EXECCTRL, 4, 3 << 12);
	chip.poke(SHIFTCTRL, 4, (1 << 17) | (16 << 25)); // autopull at 16
	for (const word of [1, 2, 3, 4]) {
		chip.poke(TXF0, 4, word << 16);
	}
	chip.poke(CTRL, 4, 1);
	pass(chip, 20);
	assert.equal(chip.peek(FLEVEL, 4) & 15, 2, "two words are in the machine");
	let forced = 0;
	while (chip.peek(FLEVEL, 4) & 15) {
		chip.poke(INSTR, 4, out(3, 32));
		forced++;
	}
	assert.equal(forced, 3);
	chip.poke(INSTR, 4, jmp(2));
	chip.poke(IRQ, 4, 1);
	pass(chip, 20);
	chip.poke(TXF0, 4, 9 << 16);
	pass(chip, 20);
	assert.equal(chip.peek(ADDR, 4), 3);
	chip.poke(INSTR, 4, mov(6, Y));
	chip.poke(INSTR, 4, PUSH_BLOCK);
	assert.equal(chip.peek(RXF0, 4), 9, "the first word that came afterwards");
});

test("IN shifts either way and autopushes at its threshold; a full FIFO stalls it", () => {
	const chip = bareChip();
	// in y, 8 for ever, Y = 0x1f; right shift, autopush at 16
	load(chip, [input(Y, 8)]);
	chip.poke(INSTR, 4, set(Y, 0x1f));
	chip.poke(SHIFTCTRL, 4, (1 << 16) | (1 << 18) | (16 << 20));
	chip.poke(CTRL, 4, 1);
	pass(chip, 40);
	assert.equal((chip.peek(FLEVEL, 4) >>> 4) & 15, 4);
	assert.equal(chip.peek(FDEBUG, 4) & 1, 1);
	assert.equal(chip.peek(RXF0, 4), 0x1f1f0000);
	pass(chip, 4);
	assert.equal((chip.peek(FLEVEL, 4) >>> 4) & 15, 4, "the waiting word moved up");
});

test("joined FIFOs have eight words, and changing the join clears them", () => {
	const chip = bareChip();
	chip.poke(SHIFTCTRL, 4, 0x40000000);
	for (let index = 0; index < 9; index++) {
		chip.poke(TXF0, 4, index);
	}
	assert.equal(chip.peek(FLEVEL, 4) & 15, 8);
	assert.equal(chip.peek(FSTAT, 4) & 0x10000, 0x10000);
	assert.equal(chip.peek(FDEBUG, 4) & 0x10000, 0x10000, "the ninth is lost");
	chip.poke(SHIFTCTRL, 4, 0);
	assert.equal(chip.peek(FLEVEL, 4) & 15, 0);
	assert.equal(chip.peek(FSTAT, 4) & 0x1000000, 0x1000000);
});

test("restart clears shift counters and stalls, and keeps X, the program counter and the FIFOs", () => {
	const chip = bareChip();
	load(chip, [jmp(1), PULL_BLOCK]);
	chip.poke(INSTR, 4, set(X, 9));
	chip.poke(CTRL, 4, 1);
	pass(chip, 10);
	assert.equal(chip.peek(ADDR, 4), 1);
	chip.poke(CTRL, 4, 0);
	chip.poke(TXF0, 4, 7);
	chip.poke(CTRL, 4, 1 << 4);
	assert.equal(chip.peek(ADDR, 4), 1);
	assert.equal(chip.peek(FLEVEL, 4) & 15, 1);
	chip.poke(INSTR, 4, mov(6, X));
	chip.poke(INSTR, 4, PUSH_BLOCK);
	assert.equal(chip.peek(RXF0, 4), 9);
});

test("WAIT on a pin sleeps until the board moves it, and samples it two cycles late unless bypassed", () => {
	for (const bypass of [false, true]) {
		const chip = bareChip();
		usePin(chip, 5);
		chip.poke(INSTR, 4, set(PINDIRS, 0));
		load(chip, [0x2080 | (5 << 0), 0xc000, jmp(2)]); // wait 1 gpio 5; irq 0; loop
		chip.poke(PIO + 0x38, 4, bypass ? 1 << 5 : 0);
		chip.poke(CTRL, 4, 1);
		pass(chip, 50);
		assert.equal(chip.peek(IRQ, 4), 0);
		assert.equal(chip.pio.moving, false);
		const from = chip.core.cycles;
		chip.pins.pin(5).drive(true);
		let at = 0;
		while (!(chip.peek(IRQ, 4) & 1)) {
			pass(chip, 1);
			at = chip.core.cycles - from;
			assert.ok(at < 20);
		}
		assert.ok(bypass ? at <= 4 : at >= 3 && at <= 6, `${at} cycles, bypass ${bypass}`);
	}
});

test("IRQ with wait stops until software clears the flag; relative flags add the machine's number", () => {
	const chip = bareChip();
	load(chip, [0xc020 | 0x10 | 1, jmp(1)]); // irq wait 1 rel
	chip.poke(CTRL, 4, 1);
	pass(chip, 10);
	assert.equal(chip.peek(IRQ, 4), 2);
	assert.equal(chip.peek(ADDR, 4), 0);
	chip.poke(IRQ, 4, 2);
	pass(chip, 6);
	assert.equal(chip.peek(ADDR, 4), 1);
});

test("PIO interrupts reach the processor", () => {
	const chip = bareChip();
	chip.poke(PIO + 0x12c, 4, 1 << 8);
	chip.poke(PIO + 0x34, 4, 1);
	assert.equal((chip.core.irqLines >>> 7) & 1, 1);
	chip.poke(IRQ, 4, 1);
	assert.equal((chip.core.irqLines >>> 7) & 1, 0);
});

test("DMA feeds a machine as its FIFO drains, with byte swap", () => {
	const chip = bareChip();
	usePin(chip, 5);
	load(chip, [out(PINS, 1)]);
	chip.poke(SHIFTCTRL, 4, 1 << 17);
	for (let index = 0; index < 16; index++) {
		chip.poke(0x20001000 + 4 * index, 4, 0x55555555);
	}
	const DMA = 0x50000000;
	chip.poke(DMA, 4, 0x20001000);
	chip.poke(DMA + 4, 4, TXF0);
	chip.poke(DMA + 8, 4, 16);
	// enable, word, increment read, no chain (channel 0), DREQ 0, byte swap
	chip.poke(DMA + 0xc, 4, 1 | (2 << 2) | (1 << 4) | (1 << 22));
	chip.poke(CTRL, 4, 1);
	const seen = edges(chip, 5, 600);
	// 0101...: the pin is low at first, so the first of 512 bits changes nothing.
	assert.equal(seen.length, 511);
	assert.deepEqual(seen, Array.from({ length: 511 }, (_, index) => index));
	assert.equal(chip.peek(DMA + 0xc, 4) & (1 << 24), 0);
	assert.equal(chip.peek(DMA + 0x400, 4), 1);
});

test("DMA takes each received word once, also when the core starts it in the middle", () => {
	const chip = bareChip();
	load(chip, [mov(6, X), PUSH_BLOCK, jmp(0, 2)]); // X counts down, each value a word
	chip.poke(INSTR, 4, mov(X, 3, 1)); // X = all ones
	chip.poke(CTRL, 4, 1);
	const DMA = 0x50000000;
	// The core writes the trigger itself: str r1, [r0]; then turns.
	chip.poke(0x20000200, 4, 0xe7fe6001);
	chip.poke(DMA, 4, RXF0);
	chip.poke(DMA + 4, 4, 0x20001000);
	chip.poke(DMA + 8, 4, 100);
	chip.core.registers[0] = DMA + 0xc;
	chip.core.registers[1] = 1 | (2 << 2) | (1 << 5) | (4 << 15);
	chip.core.programCounter = 0x20000200;
	pass(chip, 1000);
	const words = new Uint32Array(chip.core.sram.buffer, 0x1000, 100);
	assert.deepEqual([...words], Array.from({ length: 100 }, (_, index) => 0xffffffff - index));
});

test("a delayed drive from the board arrives at its cycle", () => {
	const chip = bareChip();
	const from = chip.core.cycles;
	chip.pins.pin(9).drive(true, 10);
	chip.pins.pin(9).drive(false, 20);
	assert.equal(chip.pins.pin(9).level, false);
	pass(chip, 12);
	assert.equal(chip.pins.pin(9).level, true, `at ${chip.core.cycles - from}`);
	pass(chip, 12);
	assert.equal(chip.pins.pin(9).level, false);
});

test("a core asleep while a machine runs stays asleep, and an interrupt of the machine wakes it", () => {
	const chip = bareChip();
	// wfi; movs r0, #1; b .
	[0xbf30, 0x2001, 0xe7fe].forEach((halfword, index) => chip.poke(0x20000200 + 2 * index, 2, halfword));
	load(chip, [set(X, 31), jmp(1, 2) | delay(7), 0xc000, jmp(3)]); // 32 times 8 cycles, irq 0, loop
	chip.poke(CTRL, 4, 1);
	chip.poke(PIO + 0x12c, 4, 1 << 8);
	chip.poke(0xe000e100, 4, 1 << 7);
	chip.core.primask = 1;
	chip.core.registers[0] = 0;
	chip.core.programCounter = 0x20000200;
	pass(chip, 200);
	assert.equal(chip.core.sleeping, true);
	assert.ok(chip.core.activeCycles < 10);
	pass(chip, 100);
	assert.equal(chip.core.sleeping, false);
	assert.equal(chip.core.registers[0], 1);
});
