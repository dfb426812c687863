/** I2C as a master (RP2040 datasheet 4.3), against a device that writes down what it sees. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import type { I2cDevice } from "../../../simulator/wires.ts";
import { bareChip, pass } from "./bare-chip.ts";

const I2C0 = 0x40044000;
const READ = 0x100;
const STOP = 0x200;
const RESTART = 0x400;
const FIRST_DATA_BYTE = 0x800;

function device(address: number, seen: string[], more: Partial<I2cDevice> = {}): I2cDevice {
	let next = 1;
	return {
		address,
		start: (reads) => (seen.push(reads ? "start read" : "start write"), true),
		write: (byte) => (seen.push(`${byte}`), byte !== 0xee),
		read: () => (seen.push("read"), next++),
		stop: () => void seen.push("stop"),
		...more,
	};
}

/** GPIO 4 and 5 are I2C0; 6.5 MHz and 65 cycles a bit: 100 kHz. */
function i2cChip(address = 0x42): Chip {
	const chip = bareChip();
	chip.poke(0x4000c000, 4, 0);
	chip.poke(0x40014004 + 8 * 4, 4, 3);
	chip.poke(0x40014004 + 8 * 5, 4, 3);
	chip.poke(I2C0 + 0x1c, 4, 25);
	chip.poke(I2C0 + 0x20, 4, 25);
	chip.poke(I2C0 + 4, 4, address);
	chip.poke(I2C0 + 0x6c, 4, 1);
	return chip;
}

function settle(chip: Chip): void {
	for (let look = 0; look < 1000 && chip.peek(I2C0 + 0x70, 4) & 0x20; look++) {
		pass(chip, 20);
	}
}

test("bytes are written and read, with a repeated start between them and the bits' time", () => {
	const chip = i2cChip();
	const seen: string[] = [];
	chip.i2cs[0].attach(device(0x42, seen), { data: 4, clock: 5 });
	const from = chip.clock.micros;
	for (const command of [7, READ | RESTART, READ | STOP]) {
		chip.poke(I2C0 + 0x10, 4, command);
	}
	settle(chip);
	assert.deepEqual(seen, ["start write", "7", "start read", "read", "read", "stop"]);
	// 10 + 9 + 11 + 18 + 1 bits of 10 us
	assert.ok(Math.abs(chip.clock.micros - from - 490) < 20, `${chip.clock.micros - from}`);
	assert.equal(chip.peek(I2C0 + 0x78, 4), 2);
	assert.deepEqual([chip.peek(I2C0 + 0x10, 4), chip.peek(I2C0 + 0x10, 4)], [1 | FIRST_DATA_BYTE, 2]);
	assert.equal(chip.peek(I2C0 + 0x34, 4) & 0x640, 0x600, "STOP and START were seen, no abort");
});

test("an address that nobody has aborts, empties the FIFO and sends a STOP", () => {
	const chip = i2cChip(0x10);
	const seen: string[] = [];
	chip.i2cs[0].attach(device(0x42, seen), { data: 4, clock: 5 });
	chip.poke(I2C0 + 0x30, 4, 0x40);
	chip.poke(I2C0 + 0x10, 4, 1);
	chip.poke(I2C0 + 0x10, 4, 2 | STOP);
	settle(chip);
	assert.equal((chip.core.irqLines >>> 23) & 1, 1);
	assert.equal(chip.peek(I2C0 + 0x80, 4) & 0x1ffff, 1);
	assert.equal(chip.peek(I2C0 + 0x74, 4), 0);
	chip.poke(I2C0 + 0x10, 4, 3);
	assert.equal(chip.peek(I2C0 + 0x74, 4), 0, "held empty until the abort is cleared");
	chip.peek(I2C0 + 0x54, 4);
	assert.equal(chip.peek(I2C0 + 0x80, 4), 0);
	assert.equal((chip.core.irqLines >>> 23) & 1, 0);
	assert.deepEqual(seen, []);
});

test("a byte that is not acknowledged aborts with its own source", () => {
	const chip = i2cChip();
	const seen: string[] = [];
	chip.i2cs[0].attach(device(0x42, seen), { data: 4, clock: 5 });
	for (const command of [1, 0xee, 2, 3 | STOP]) {
		chip.poke(I2C0 + 0x10, 4, command);
	}
	settle(chip);
	assert.equal(chip.peek(I2C0 + 0x80, 4), 8 | (2 << 23) | 0);
	assert.deepEqual(seen, ["start write", "1", "238", "stop"]);
});

test("without pull-ups nothing moves; with the pads' own it does", () => {
	const chip = i2cChip();
	const seen: string[] = [];
	chip.i2cs[0].attach(device(0x42, seen), { data: 4, clock: 5, pullUps: false });
	chip.poke(I2C0 + 0x10, 4, 1 | STOP);
	pass(chip, 20_000);
	assert.deepEqual(seen, []);
	assert.equal(chip.peek(I2C0 + 0x70, 4) & 0x20, 0x20);
	chip.poke(0x4001c004 + 4 * 4, 4, 0x5a);
	chip.poke(0x4001c004 + 4 * 5, 4, 0x5a);
	settle(chip);
	assert.deepEqual(seen, ["start write", "1", "stop"]);
});

test("a clock that is held for ever stops the block until it is disabled", () => {
	const chip = i2cChip();
	const seen: string[] = [];
	chip.i2cs[0].attach(device(0x42, seen, { stretchMicros: Infinity }), { data: 4, clock: 5 });
	chip.poke(I2C0 + 0x10, 4, 1 | STOP);
	pass(chip, 50_000);
	assert.deepEqual(seen, ["start write"]);
	assert.equal(chip.peek(I2C0 + 0x70, 4) & 0x20, 0x20);
	chip.poke(0x4000c000, 4, 1 << 3);
	assert.equal(chip.peek(I2C0 + 0x70, 4) & 0x20, 0);
	assert.deepEqual(seen, ["start write", "stop"]);
});

test("the address takes no write while the block is enabled, which is noted", () => {
	const chip = i2cChip();
	chip.poke(I2C0 + 4, 4, 0x11);
	assert.equal(chip.peek(I2C0 + 4, 4), 0x42);
	assert.deepEqual(chip.violations.list.map(({ code }) => code), ["unmodelled-i2c0"]);
});

test("a byte that is read lies in the FIFO at once, and its acknowledgement waits for the next command", () => {
	const chip = i2cChip();
	const seen: string[] = [];
	chip.i2cs[0].attach(device(0x42, seen, { acknowledged: (yes) => void seen.push(yes ? "more" : "enough") }), { data: 4, clock: 5 });
	chip.poke(I2C0 + 0x10, 4, READ);
	pass(chip, 65 * 30);
	assert.equal(chip.peek(I2C0 + 0x78, 4), 1);
	assert.deepEqual(seen, ["start read", "read"]);
	chip.poke(I2C0 + 0x10, 4, READ);
	pass(chip, 65 * 30);
	chip.poke(I2C0 + 0x10, 4, 9 | RESTART | STOP);
	settle(chip);
	assert.deepEqual(seen, ["start read", "read", "more", "read", "enough", "start write", "9", "stop"]);
});

test("a device holds the clock low for as long as it likes", () => {
	const chip = i2cChip();
	const seen: string[] = [];
	chip.pins.observe(1 << 5, () => {});
	let letGo: (() => void) | undefined;
	chip.i2cs[0].attach(device(0x42, seen, { hold: (free) => { letGo = free; } }), { data: 4, clock: 5 });
	chip.poke(I2C0 + 0x10, 4, READ | STOP);
	pass(chip, 65 * 1000);
	assert.deepEqual(seen, ["start read"]);
	assert.equal((chip.pins.level >>> 5) & 1, 0);
	letGo?.();
	settle(chip);
	assert.deepEqual(seen, ["start read", "read", "stop"]);
});

test("a transfer outlives that the block is disabled between two bytes, as the SDK does", () => {
	const chip = i2cChip();
	const seen: string[] = [];
	chip.i2cs[0].attach(device(0x42, seen), { data: 4, clock: 5 });
	for (const command of [1, 2, 3 | STOP]) {
		chip.poke(I2C0 + 0x10, 4, command);
		pass(chip, 65 * 30);
		chip.poke(I2C0 + 0x6c, 4, 0);
		chip.poke(I2C0 + 0x6c, 4, 1);
	}
	assert.deepEqual(seen, ["start write", "1", "2", "3", "stop"]);
});
