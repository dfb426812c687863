/** Oscillators that stand, wake and are not there (RP2040 datasheet 2.11.3, 2.11.5, 2.15.3, 2.16, 2.17). */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { bareChip, LOOP, pass } from "./bare-chip.ts";

const CLOCKS = 0x40008000;
const REF_CTRL = CLOCKS + 0x30;
const RTC_CTRL = CLOCKS + 0x6c;
const RTC_DIV = CLOCKS + 0x70;
const FC0_SRC = CLOCKS + 0x94;
const FC0_RESULT = CLOCKS + 0x9c;
const XOSC = 0x40024000;
const XOSC_DORMANT = XOSC + 8;
const ROSC = 0x40060000;
const ROSC_DORMANT = ROSC + 0xc;
const COMA = 0x636f6d61;
const TIMER_LOW = 0x40054028;
const WATCHDOG = 0x40058000;
const WATCHDOG_TICK = WATCHDOG + 0x2c;
const IO_BANK0 = 0x40014000;
const INTR1 = IO_BANK0 + 0xf4;
const DORMANT_WAKE_INTE1 = IO_BANK0 + 0x164;
const DORMANT_WAKE_INTS1 = IO_BANK0 + 0x184;
const RTC = 0x4005c000;
const BUSCTRL = 0x40030000;
/** GPIO 10, rising edge: in the second of the registers, four bits a pin. */
const PIN = 10;
const PIN_ROSE = 8 << (4 * (PIN - 8));

/** From the crystal, with the ring off. */
function byCrystal(): Chip {
	const chip = bareChip();
	chip.poke(XOSC, 4, 0xfabaa0);
	chip.poke(REF_CTRL, 4, 2);
	chip.poke(ROSC, 4, 0xd1eaa0);
	chip.poke(WATCHDOG_TICK, 4, 0x20c);
	return chip;
}

/** What it stands still for. */
function halt(chip: Chip): string | undefined {
	return chip.halt?.kind;
}

/** Lets virtual time pass, with and without clk_sys. */
function passMicros(chip: Chip, micros: number): void {
	let over = false;
	chip.clock.schedule(micros, () => {
		over = true;
		chip.stop = true;
	});
	chip.stop = false;
	while (!over && !chip.standing) {
		chip.advance(Infinity);
	}
	chip.stop = false;
}

test("a dormant crystal stops the core, TIMER and watchdog until a pin wakes it, and then all go on where they were", () => {
	const chip = byCrystal();
	chip.poke(WATCHDOG + 4, 4, 2 * 5_000);
	chip.poke(WATCHDOG, 4, 0x40000000);
	passMicros(chip, 1_000);
	chip.poke(DORMANT_WAKE_INTE1, 4, PIN_ROSE);
	const timer = chip.peek(TIMER_LOW, 4);
	const { cycles } = chip.core;
	chip.poke(XOSC_DORMANT, 4, COMA);
	assert.equal(halt(chip), "dormant");
	passMicros(chip, 1e6);
	assert.equal(chip.core.cycles, cycles);
	assert.equal(chip.resets.length, 0, "the watchdog has no tick");
	chip.pins.pin(PIN).drive(true);
	assert.equal(halt(chip), undefined);
	assert.equal(chip.peek(DORMANT_WAKE_INTS1, 4), PIN_ROSE);
	assert.equal(chip.peek(TIMER_LOW, 4), timer);
	passMicros(chip, 1_000);
	assert.equal(chip.peek(TIMER_LOW, 4), timer + 1_000);
	assert.ok(chip.core.cycles - cycles >= 12_000, "12 MHz for a millisecond");
	passMicros(chip, 3_500);
	assert.equal(chip.resets.length, 1, "5 ms of ticks are over");
	assert.deepEqual(chip.violations.list.filter(({ level }) => level === "error"), []);
});

test("an oscillator that is to sleep while something asks it to wake goes on", () => {
	const chip = byCrystal();
	chip.poke(DORMANT_WAKE_INTE1, 4, PIN_ROSE);
	chip.pins.pin(PIN).drive(true);
	chip.poke(XOSC_DORMANT, 4, COMA);
	assert.equal(halt(chip), undefined);
	assert.equal(chip.peek(XOSC + 4, 4) >>> 31, 1);
	chip.poke(INTR1, 4, PIN_ROSE);
	chip.poke(XOSC_DORMANT, 4, COMA);
	assert.equal(halt(chip), "dormant");
});

test("an oscillator that clk_sys does not come from may be dormant without it", () => {
	const chip = bareChip();
	chip.poke(XOSC, 4, 0xfabaa0);
	chip.poke(XOSC_DORMANT, 4, COMA);
	assert.equal(halt(chip), undefined);
	assert.equal(chip.peek(XOSC_DORMANT, 4), COMA);
	assert.equal(chip.peek(XOSC + 4, 4) >>> 31, 0, "not stable");
	pass(chip, 1000);
	chip.poke(ROSC_DORMANT, 4, COMA);
	assert.equal(halt(chip), "dormant", "the ring is what clk_sys comes from");
	assert.equal(chip.standing, true, "nothing is left that could wake it");
});

test("the RTC counts by a clock from outside while all else sleeps, and its alarm wakes the crystal", () => {
	const chip = byCrystal();
	chip.poke(IO_BANK0 + 4 + 8 * 20, 4, 8);
	chip.setInputHz(0, 46_875);
	chip.poke(RTC_DIV, 4, 0x100);
	chip.poke(RTC_CTRL, 4, (1 << 11) | (4 << 5));
	chip.poke(FC0_SRC, 4, 6);
	assert.equal(chip.peek(FC0_RESULT, 4) >>> 5, 46);
	chip.poke(RTC, 4, 46_874);
	chip.poke(RTC + 4, 4, (2026 << 12) | (1 << 8) | 1);
	chip.poke(RTC + 8, 4, 0);
	chip.poke(RTC + 0xc, 4, 0x10);
	chip.poke(RTC + 0xc, 4, 1);
	chip.poke(RTC + 0x14, 4, (1 << 28) | 10);
	chip.poke(RTC + 0x10, 4, 1 << 28);
	chip.poke(RTC + 0x24, 4, 1);
	chip.poke(XOSC_DORMANT, 4, COMA);
	const before = chip.clock.micros;
	for (let turn = 0; turn < 100 && chip.halt; turn++) {
		chip.advance(chip.core.cycles + 1);
	}
	assert.ok(Math.abs(chip.clock.micros - before - 10e6) < 1);
	assert.equal(chip.peek(RTC + 0x1c, 4) & 63, 10);
});

test("the RTC keeps the part of a second that it has counted when its clock becomes another", () => {
	const chip = byCrystal();
	chip.poke(RTC_DIV, 4, 256 << 8);
	chip.poke(RTC_CTRL, 4, (1 << 11) | (3 << 5));
	chip.poke(RTC, 4, 46_874);
	chip.poke(RTC + 0xc, 4, 0x11);
	passMicros(chip, 500_000);
	chip.poke(RTC_DIV, 4, 512 << 8);	// half as fast
	passMicros(chip, 990_000);
	assert.equal(chip.peek(RTC + 0x1c, 4) & 63, 0);
	passMicros(chip, 20_000);
	assert.equal(chip.peek(RTC + 0x1c, 4) & 63, 1);
});

test("clk_sys from a crystal that was never switched on, or from a pin that nobody drives, stands", () => {
	for (const source of [2, 1 | (1 << 5)]) {
		const chip = bareChip();
		chip.poke(REF_CTRL, 4, source);
		assert.equal(halt(chip), "clock-stopped");
	}
	const chip = bareChip();
	chip.poke(IO_BANK0 + 4 + 8 * 22, 4, 8);
	chip.setInputHz(1, 1_000_000);
	chip.poke(REF_CTRL, 4, 1 | (2 << 5));
	assert.equal(chip.clock.frequencyHz, 1_000_000);
	assert.equal(chip.core.programCounter, LOOP);
});

test("BUSCTRL keeps priorities and selections, and has taken them at once", () => {
	const chip = bareChip();
	chip.poke(0x4000f000, 4, 1 << 1);	// out of reset
	chip.poke(BUSCTRL, 4, 0x11);
	assert.deepEqual([0, 4, 8, 0xc].map((offset) => chip.peek(BUSCTRL + offset, 4)), [0x11, 1, 0, 0x1f]);
	chip.poke(BUSCTRL + 0xc, 4, 2);
	assert.equal(chip.peek(BUSCTRL + 0xc, 4), 2);
	assert.deepEqual(chip.violations.list.filter(({ code }) => code.startsWith("unmodelled")), []);
});
