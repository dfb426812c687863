/** SPI1 as a slave (RP2040 datasheet 4.4.3), which SPI0 clocks over four jumpers, or the board itself. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { bareChip, pass } from "./bare-chip.ts";

const MASTER = 0x4003c000;
const SLAVE = 0x40040000;
const SSPCR0 = 0x00;
const SSPCR1 = 0x04;
const SSPDR = 0x08;
const SSPSR = 0x0c;
const SSPCPSR = 0x10;
const SSPIMSC = 0x14;
const SSPRIS = 0x18;
const ENABLE = 2;
const MS = 4;
const SOD = 8;
const NOT_EMPTY = 4;
const BUSY = 16;
const OVERRUN = 1;
const TIMEOUT = 2;
/** SSPCR0: 8 bits, SPH, SPO. */
const framesOf = (mode: number): number => 7 | ((mode & 1) << 7) | ((mode & 2) << 5);

// The master's GPIO 16 to 19 and the slave's 8 to 11: receive, select, clock, transmit.
const SELECT = 9;
const CLOCK = 10;
const DATA = 8;
const ANSWER = 11;

/** clk_peri 6.5 MHz, 10 cycles a bit. */
function chipWith(mode: number, options: { jumpers?: boolean; control1?: number } = {}): Chip {
	const chip = bareChip();
	chip.poke(0x4000c000, 4, 0);
	chip.poke(0x40008048, 4, 1 << 11);
	if (options.jumpers ?? true) {
		for (const [one, other] of [[17, SELECT], [18, CLOCK], [19, DATA], [16, ANSWER]]) {
			chip.pins.join(one, other);
		}
	}
	for (const block of [SLAVE, MASTER]) {
		chip.poke(block + SSPCPSR, 4, 10);
		chip.poke(block + SSPCR0, 4, framesOf(mode));
	}
	chip.poke(SLAVE + SSPCR1, 4, MS | (options.control1 ?? 0));
	chip.poke(SLAVE + SSPCR1, 4, MS | (options.control1 ?? 0) | ENABLE);
	for (const pin of [16, 17, 18, 19, 8, 9, 10, 11]) {
		chip.poke(0x40014004 + 8 * pin, 4, 1);
	}
	chip.poke(MASTER + SSPCR1, 4, ENABLE);
	return chip;
}

const put = (chip: Chip, block: number, ...words: number[]): void => words.forEach((word) => chip.poke(block + SSPDR, 4, word));
const taken = (chip: Chip, block: number): number[] => {
	const words: number[] = [];
	while (chip.peek(block + SSPSR, 4) & NOT_EMPTY) {
		words.push(chip.peek(block + SSPDR, 4));
	}
	return words;
};

for (const mode of [0, 1, 2, 3]) {
	test(`words go both ways at the master's clock in mode ${mode}`, () => {
		const chip = chipWith(mode);
		put(chip, SLAVE, 0xa5, 0x80, 0x01, 0xff);
		put(chip, MASTER, 0x12, 0xfe, 0x81, 0x00);
		pass(chip, 40);
		assert.equal(chip.peek(SLAVE + SSPSR, 4) & BUSY, BUSY);
		pass(chip, 400);
		assert.deepEqual(taken(chip, SLAVE), [0x12, 0xfe, 0x81, 0x00]);
		assert.deepEqual(taken(chip, MASTER), [0xa5, 0x80, 0x01, 0xff]);
		assert.equal(chip.peek(SLAVE + SSPSR, 4) & BUSY, 0);
		assert.equal((chip.pins.outputEnabled >>> ANSWER) & 1, 0, "not selected, it lets go of its output");
	});
}

test("a slave without words sends zeros, and with SOD nothing, and takes what comes", () => {
	for (const control1 of [0, SOD]) {
		const chip = chipWith(3, { control1 });
		put(chip, MASTER, 7);
		pass(chip, 40);
		assert.equal((chip.pins.outputEnabled >>> ANSWER) & 1, control1 ? 0 : 1);
		pass(chip, 100);
		assert.deepEqual(taken(chip, MASTER), [0]);
		assert.deepEqual(taken(chip, SLAVE), [7]);
	}
});

test("the ninth word that nobody takes is lost, and one that lies there for 32 bits interrupts", () => {
	const chip = chipWith(1);
	chip.poke(SLAVE + SSPIMSC, 4, TIMEOUT | OVERRUN);
	for (let word = 1; word <= 8; word++) {
		put(chip, MASTER, word);
		pass(chip, 100);
	}
	assert.equal(chip.peek(SLAVE + SSPRIS, 4) & (OVERRUN | TIMEOUT), 0);
	pass(chip, 320);
	assert.equal(chip.peek(SLAVE + SSPRIS, 4) & (OVERRUN | TIMEOUT), TIMEOUT);
	assert.equal((chip.core.irqLines >>> 19) & 1, 1);
	put(chip, MASTER, 9);
	pass(chip, 100);
	assert.equal(chip.peek(SLAVE + SSPRIS, 4) & OVERRUN, OVERRUN);
	assert.deepEqual(taken(chip, SLAVE), [1, 2, 3, 4, 5, 6, 7, 8]);
});

/** Bits of the board, each a clock up and down. */
function clockIn(chip: Chip, bits: number[]): number[] {
	return bits.map((bit) => {
		chip.pins.pin(DATA).drive(bit === 1);
		const answer = (chip.pins.level >>> ANSWER) & 1;
		chip.pins.pin(CLOCK).drive(true);
		chip.pins.pin(CLOCK).drive(false);
		return answer;
	});
}

test("in mode 0 a word begins with the select line: more clocks under the same one bring nothing, a shorter word is dropped", () => {
	const chip = chipWith(0, { jumpers: false });
	const select = chip.pins.pin(SELECT);
	chip.pins.pin(CLOCK).drive(false);
	select.drive(true);
	put(chip, SLAVE, 0xc3, 0x3c, 0x55);
	clockIn(chip, [1, 1, 1, 1, 1, 1, 1, 1]);
	assert.deepEqual(taken(chip, SLAVE), [], "not selected");
	select.drive(false);
	assert.deepEqual(clockIn(chip, [0, 1, 0, 1, 1, 0, 1, 0]), [1, 1, 0, 0, 0, 0, 1, 1]);
	clockIn(chip, [1, 1, 1, 1, 1, 1, 1, 1]);
	assert.deepEqual(taken(chip, SLAVE), [0x5a]);
	select.drive(true);
	select.drive(false);
	clockIn(chip, [1, 1, 1]);
	select.drive(true);
	select.drive(false);
	assert.deepEqual(clockIn(chip, [0, 0, 0, 0, 0, 0, 1, 1]), [0, 1, 0, 1, 0, 1, 0, 1]);
	assert.deepEqual(taken(chip, SLAVE), [0x03]);
});
