/** The pulse width modulators (RP2040 datasheet 4.5): what can be seen on the pins. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { bareChip, pass } from "./bare-chip.ts";

const PWM = 0x40050000;

function pwmChip(...pins: number[]): Chip {
	const chip = bareChip();
	chip.poke(0x4000c000, 4, 0);
	for (const pin of pins) {
		chip.poke(0x40014004 + 8 * pin, 4, 4);
	}
	return chip;
}

/** Cycles at which a pin's level changes, with the level. */
function watch(chip: Chip, pin: number): [cycle: number, level: boolean][] {
	const edges: [number, boolean][] = [];
	const wire = chip.pins.pin(pin);
	wire.onChange(() => edges.push([chip.clock.cycles, wire.level]));
	return edges;
}

test("period and duty on both outputs, on both pins of a slice", () => {
	const chip = pwmChip(2, 3, 18);
	const [a, b, second] = [watch(chip, 2), watch(chip, 3), watch(chip, 18)];
	chip.poke(PWM + 0x14 + 4, 4, 2 << 4); // slice 1: two cycles a tick
	chip.poke(PWM + 0x14 + 0x10, 4, 99);
	chip.poke(PWM + 0x14 + 0xc, 4, 25 | (50 << 16));
	chip.poke(PWM + 0x14, 4, 1);
	pass(chip, 1000);
	const widths = (edges: [number, boolean][]) => edges.slice(1).map(([cycle, level], index) => [cycle - edges[index]![0], level] as const);
	assert.ok(a.length >= 8);
	for (const [cycles, risen] of widths(a)) {
		assert.ok(Math.abs(cycles - (risen ? 150 : 50)) <= 2, `${cycles}`);
	}
	for (const [cycles] of widths(b)) {
		assert.ok(Math.abs(cycles - 100) <= 2, `${cycles}`);
	}
	assert.deepEqual(second, a);
});

test("a new level and top count from the next wrap on; the counter can be read", () => {
	const chip = pwmChip(0);
	const edges = watch(chip, 0);
	chip.poke(PWM + 0x10, 4, 999);
	chip.poke(PWM + 0xc, 4, 500);
	chip.poke(PWM, 4, 1);
	pass(chip, 100);
	const counter = chip.peek(PWM + 8, 4);
	assert.ok(counter >= 100 && counter < 110, `${counter}`);
	chip.poke(PWM + 0xc, 4, 0);
	pass(chip, 300);
	assert.equal(chip.pins.pin(0).level, true);
	pass(chip, 2000);
	assert.deepEqual(edges.map(([, level]) => level), [true, false]);
	assert.equal(chip.peek(PWM + 0xa4, 4), 1);
});

test("a level above the top is always on, inversion turns it, a reset takes the pin low", () => {
	const chip = pwmChip(4);
	chip.poke(PWM + 2 * 0x14 + 0x10, 4, 9);
	chip.poke(PWM + 2 * 0x14 + 0xc, 4, 10);
	chip.poke(PWM + 2 * 0x14, 4, 1);
	const edges = watch(chip, 4);
	pass(chip, 100);
	assert.deepEqual(edges, []);
	assert.equal(chip.pins.pin(4).level, true);
	chip.poke(PWM + 2 * 0x14, 4, 5);
	pass(chip, 100);
	assert.equal(chip.pins.pin(4).level, false);
	chip.poke(0x4000c000, 4, 1 << 14);
	assert.equal(chip.peek(PWM + 0xa0, 4), 0);
});

test("phase-correct counting has the double period, around the middle", () => {
	const chip = pwmChip(6);
	const edges = watch(chip, 6);
	const slice = PWM + 3 * 0x14;
	chip.poke(slice + 0x10, 4, 99);
	chip.poke(slice + 0xc, 4, 30);
	chip.poke(slice, 4, 3);
	pass(chip, 1000);
	const rises = edges.filter(([, level]) => level).map(([cycle]) => cycle);
	for (let index = 2; index < rises.length; index++) {
		assert.ok(Math.abs(rises[index]! - rises[index - 1]! - 200) <= 2);
	}
	assert.ok(rises.length >= 4);
});

test("the wrap interrupt rises, and falls when it is acknowledged", () => {
	const chip = pwmChip();
	chip.poke(PWM + 0x10, 4, 49);
	chip.poke(PWM + 0xa8, 4, 1);
	chip.poke(PWM + 0xa0, 4, 1);
	pass(chip, 60);
	assert.equal((chip.core.irqLines >>> 4) & 1, 1);
	chip.poke(PWM + 0xa4, 4, 1);
	assert.equal((chip.core.irqLines >>> 4) & 1, 0);
});

test("a slice counts while input B is high, or its rising or falling edges", () => {
	const SLICE_2 = PWM + 2 * 0x14;
	const chip = pwmChip(5);
	const input = chip.pins.pin(5);
	const wave = (times: number, high: number, low: number): void => {
		for (let turn = 0; turn < times; turn++) {
			input.drive(true);
			pass(chip, high);
			input.drive(false);
			pass(chip, low);
		}
	};
	const counted = (mode: number, divider: number): number => {
		chip.poke(SLICE_2, 4, 0);
		chip.poke(SLICE_2 + 4, 4, divider);
		chip.poke(SLICE_2 + 8, 4, 0);
		chip.poke(SLICE_2, 4, (mode << 4) | 1);
		wave(10, 300, 700);
		return chip.peek(SLICE_2 + 8, 4);
	};
	assert.equal(input.outputEnabled, true, "B is an output until it is made an input");
	input.drive(false);
	const high = counted(1, 7 << 4);
	assert.ok(Math.abs(high - 3000 / 7) <= 3, `${high}: the divider keeps its rest from pulse to pulse`);
	assert.equal(input.outputEnabled, false);
	assert.equal(counted(2, 1 << 4), 10);
	assert.equal(counted(3, 1 << 4), 10);
	assert.equal(counted(2, (2 << 4) | 8), 4, "one count each two and a half edges");
	input.drive(true);
	chip.poke(SLICE_2, 4, 0);
	chip.poke(SLICE_2 + 8, 4, 0);
	chip.poke(SLICE_2, 4, (3 << 4) | 1);
	input.drive(false);
	assert.equal(chip.peek(SLICE_2 + 8, 4), 0, "the divider's rest of before is gone, and two and a half edges are not there");
	assert.deepEqual(chip.violations.list, []);
});

test("a counter that is set above TOP keeps its number, and comes to TOP by way of 0", () => {
	const chip = pwmChip(0);
	chip.poke(PWM + 0x10, 4, 9);
	chip.poke(PWM + 0xc, 4, 5);
	chip.poke(PWM + 8, 4, 1234);
	assert.equal(chip.peek(PWM + 8, 4), 1234);
	chip.poke(PWM + 0x10, 4, 2000);
	chip.poke(PWM + 0x10, 4, 9);
	assert.equal(chip.peek(PWM + 8, 4), 1234, "another TOP leaves the counter as it is");
	chip.poke(PWM + 4, 4, 2 << 4);
	chip.poke(PWM + 8, 4, 0xfff0);
	chip.poke(PWM, 4, 1);
	assert.equal(chip.pins.pin(0).level, false);
	const edges = watch(chip, 0);
	pass(chip, 80);
	assert.deepEqual(edges.slice(0, 3).map(([cycle, level]) => [cycle - edges[0]![0], level]), [[0, true], [10, false], [20, true]]);
	assert.equal(chip.peek(PWM + 0xa4, 4), 1);
});

test("a count is put in or left out where the divider has room for it", () => {
	const chip = pwmChip();
	const [ADVANCE, RETARD, HUNDRED_CYCLES] = [1 << 7, 1 << 6, 100 << 4];
	chip.poke(PWM + 4, 4, HUNDRED_CYCLES);
	chip.poke(PWM, 4, 1);
	pass(chip, 450);
	chip.poke(PWM, 4, ADVANCE | 1);
	assert.equal(chip.peek(PWM + 8, 4), 5);
	assert.equal(chip.peek(PWM, 4), 1, "the bit is clear again");
	chip.poke(PWM, 4, RETARD | 1);
	pass(chip, 100);
	assert.equal(chip.peek(PWM + 8, 4), 5);
	pass(chip, 100);
	assert.equal(chip.peek(PWM + 8, 4), 6);
	chip.poke(PWM, 4, 0);
	chip.poke(PWM + 4, 4, 1 << 4);
	chip.poke(PWM + 8, 4, 0);
	const began = chip.clock.cycles;
	chip.poke(PWM, 4, ADVANCE | 1);
	assert.equal(chip.peek(PWM + 8, 4), chip.clock.cycles - began, "at full speed there is none");
	assert.deepEqual(chip.violations.list, []);
});

test("a counter that goes by edges wraps, drives output A and interrupts", () => {
	const chip = pwmChip(4, 5);
	const SLICE_2 = PWM + 2 * 0x14;
	chip.poke(SLICE_2 + 4, 4, 1 << 4);
	chip.poke(SLICE_2 + 0x10, 4, 3);
	chip.poke(SLICE_2 + 0xc, 4, 2);
	chip.poke(SLICE_2, 4, (2 << 4) | 1);
	const levels: boolean[] = [];
	for (let edge = 0; edge < 8; edge++) {
		levels.push(chip.pins.pin(4).level);
		chip.pins.pin(5).drive(true);
		chip.pins.pin(5).drive(false);
	}
	assert.deepEqual(levels, [true, true, false, false, true, true, false, false]);
	assert.equal(chip.peek(PWM + 0xa4, 4), 1 << 2);
});
