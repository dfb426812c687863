/** SPI as a master (PL022; RP2040 datasheet 4.4), against a device that answers each word with its complement. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { bareChip, pass } from "./bare-chip.ts";

const SPI0 = 0x4003c000;
const SIO = 0xd0000000;

/** GPIO 16, 18, 19 are SPI0, GPIO 17 is a plain output; clk_peri 6.5 MHz, 650 kHz. */
function spiChip(control0 = 7): Chip {
	const chip = bareChip();
	chip.poke(0x4000c000, 4, 0);
	chip.poke(0x40008048, 4, 1 << 11);
	for (const pin of [16, 18, 19]) {
		chip.poke(0x40014004 + 8 * pin, 4, 1);
	}
	chip.poke(0x40014004 + 8 * 17, 4, 5);
	chip.poke(SIO + 0x24, 4, 1 << 17);
	chip.poke(SPI0 + 0x10, 4, 10);
	chip.poke(SPI0, 4, control0);
	chip.poke(SPI0 + 4, 4, 2);
	return chip;
}

function settle(chip: Chip): void {
	for (let look = 0; look < 1000 && chip.peek(SPI0 + 0xc, 4) & 16; look++) {
		pass(chip, 10);
	}
}

test("words go both ways in their time, to the device that is selected", () => {
	const chip = spiChip(7 | 0xc0);
	const seen: number[][] = [];
	chip.spis[0].attach({ exchange: (...word) => (seen.push(word), ~word[0]) }, { in: 16, clock: 18, out: 19, select: 17 });
	const from = chip.clock.micros;
	chip.poke(SPI0 + 8, 4, 0x12);
	chip.poke(SPI0 + 8, 4, 0x34);
	assert.equal(chip.peek(SPI0 + 0xc, 4) & 16, 16);
	settle(chip);
	assert.ok(Math.abs(chip.clock.micros - from - (16 * 10) / 6.5) < 4);
	assert.deepEqual([chip.peek(SPI0 + 8, 4), chip.peek(SPI0 + 8, 4)], [0xed, 0xcb]);
	chip.poke(SIO + 0x14, 4, 1 << 17);
	chip.poke(SPI0 + 8, 4, 0x56);
	settle(chip);
	assert.equal(chip.peek(SPI0 + 8, 4), 0);
	assert.deepEqual(seen, [[0x12, 8, 3], [0x34, 8, 3]]);
});

test("a full receive FIFO loses words and says so", () => {
	const chip = spiChip();
	chip.poke(SPI0 + 0x14, 4, 1);
	chip.poke(SPI0 + 4, 4, 3); // loop-back
	for (let word = 0; word < 9; word++) {
		chip.poke(SPI0 + 8, 4, word);
		pass(chip, 100);
	}
	assert.equal((chip.core.irqLines >>> 18) & 1, 1);
	assert.equal(chip.peek(SPI0 + 0x18, 4) & 1, 1);
	chip.poke(SPI0 + 0x20, 4, 1);
	assert.equal((chip.core.irqLines >>> 18) & 1, 0);
	assert.deepEqual(Array.from({ length: 8 }, () => chip.peek(SPI0 + 8, 4)), [0, 1, 2, 3, 4, 5, 6, 7]);
});

test("a word that nobody takes for 32 bits interrupts, until it is taken or acknowledged", () => {
	const chip = spiChip();
	const pending = (): number => (chip.core.irqLines >>> 18) & 1;
	chip.poke(SPI0 + 0x14, 4, 2);
	chip.poke(SPI0 + 4, 4, 3); // loop-back
	chip.poke(SPI0 + 8, 4, 1);
	pass(chip, 80 + 200);
	chip.poke(SPI0 + 8, 4, 2);
	pass(chip, 80 + 310);
	assert.equal(pending(), 0, "another word came in the meantime");
	pass(chip, 30);
	assert.equal(pending(), 1);
	assert.equal(chip.peek(SPI0 + 0x1c, 4), 2);
	chip.poke(SPI0 + 0x20, 4, 2);
	assert.equal(pending(), 0);
	chip.peek(SPI0 + 8, 4);
	pass(chip, 340);
	assert.equal(pending(), 1, "one is left");
	chip.peek(SPI0 + 8, 4);
	assert.equal(pending(), 0);
	pass(chip, 340);
	assert.equal(pending(), 0);
});
