/** What the UART's receiver tells of bytes that are wrong or lost (RP2040 datasheet 4.2.8, UARTDR, UARTRSR, UARTRIS). */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { bareChip } from "./bare-chip.ts";

const UART0 = 0x40034000;
const DATA = UART0;
const STATUS = UART0 + 0x04;
const LINE = UART0 + 0x2c;
const CONTROL = UART0 + 0x30;
const RAW = UART0 + 0x3c;
const CLEAR = UART0 + 0x44;
const RECEIVE = 1 << 4;
const OVERRUN = 1 << 10;
const FIFO_BYTES = 32;

/** UART0 on GPIO 1, with its FIFOs. */
function listening(): Chip {
	const chip = bareChip();
	chip.poke(0x4000c000, 4, 0);
	chip.poke(0x40014000 + 4 + 8, 4, 2);
	chip.poke(LINE, 4, 0x70);
	chip.poke(CONTROL, 4, 0x301);
	return chip;
}

test("a byte that finds no room is told at once in UARTRSR, and with the next byte that finds some", () => {
	const chip = listening();
	for (let byte = 0; byte < FIFO_BYTES + 1; byte++) {
		chip.uarts[0].receive(byte);
	}
	assert.equal(chip.peek(STATUS, 4), 8);
	assert.equal(chip.peek(RAW, 4) & OVERRUN, OVERRUN);
	for (let byte = 0; byte < FIFO_BYTES; byte++) {
		assert.equal(chip.peek(DATA, 4), byte);
	}
	chip.poke(STATUS, 4, 0);
	assert.equal(chip.peek(STATUS, 4), 0);
	chip.uarts[0].receive(0x41);
	chip.uarts[0].receive(0x42);
	assert.deepEqual([chip.peek(DATA, 4), chip.peek(DATA, 4)], [0x841, 0x42]);
	assert.equal(chip.peek(STATUS, 4), 0);
});

test("errors of a byte come with it, in UARTRSR behind it, and as interrupts of their own", () => {
	const chip = listening();
	const errors = [0x100, 0x200, 0x400];
	errors.forEach((error, index) => {
		chip.uarts[0].receive(error | 0x55);
		assert.equal((chip.peek(RAW, 4) >>> 7) & 7, 1 << index);
		assert.equal(chip.peek(DATA, 4), error | 0x55);
		assert.equal(chip.peek(STATUS, 4), error >>> 8);
		chip.poke(CLEAR, 4, 0x7ff);
	});
	chip.uarts[0].receive(0x55);
	chip.peek(DATA, 4);
	assert.equal(chip.peek(STATUS, 4), 0);
});

test("the receive interrupt falls when fewer bytes are left than its level", () => {
	const chip = listening();
	chip.poke(UART0 + 0x34, 4, 2 << 3);
	for (let byte = 0; byte < 16; byte++) {
		chip.uarts[0].receive(byte);
	}
	assert.equal(chip.peek(RAW, 4) & RECEIVE, RECEIVE);
	chip.peek(DATA, 4);
	assert.equal(chip.peek(RAW, 4) & RECEIVE, 0);
});
