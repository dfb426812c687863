/** A clk_sys that stands and is brought back (RP2040 datasheet 2.15.5). */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { bareChip, LOOP, pass } from "./bare-chip.ts";

const RESETS = 0x4000c000;
const CLOCKS = 0x40008000;
const PLL_SYS = 0x40028000;
const REF_CTRL = CLOCKS + 0x30;
const SYS_CTRL = CLOCKS + 0x3c;
const SYS_SELECTED = CLOCKS + 0x44;
const RESUS_CTRL = CLOCKS + 0x78;
const RESUS_STATUS = CLOCKS + 0x7c;
const INTE = CLOCKS + 0xbc;
const INTS = CLOCKS + 0xc4;
const ICSR = 0xe000ed04;
const XOSC_CTRL = 0x40024000;
const SET = 0x2000;
const CLEAR = 0x3000;

/** clk_ref from the crystal, clk_sys at 125 MHz from its PLL. */
function chipAt125(): Chip {
	const chip = bareChip();
	chip.poke(RESETS, 4, 0);
	chip.poke(XOSC_CTRL, 4, 0xfabaa0);
	chip.poke(REF_CTRL, 4, 2);
	chip.poke(PLL_SYS + 8, 4, 125);
	chip.poke(PLL_SYS + 0xc, 4, (6 << 16) | (2 << 12));
	chip.poke(PLL_SYS + 4, 4, 0);
	chip.poke(SYS_CTRL, 4, 1);
	assert.equal(chip.clock.frequencyHz, 125_000_000);
	return chip;
}

test("a clk_sys that stands comes from clk_ref after the time-out, with an interrupt, until it is cleared", () => {
	const chip = chipAt125();
	chip.poke(INTE, 4, 1);
	chip.write(0xe000e100, 4, 1 << 17);
	chip.core.primask = 1;
	chip.poke(RESUS_CTRL, 4, (1 << 8) | 60);
	const { cycles } = chip.core;
	const { micros } = chip.clock;
	assert.equal(chip.peek(PLL_SYS, 4) >>> 31, 1);
	chip.poke(PLL_SYS + 4, 4, 0x2d);
	assert.equal(chip.peek(PLL_SYS, 4) >>> 31, 0, "no lock without its oscillator");
	assert.equal(chip.core.cycles, cycles, "no cycle of clk_sys while it stands");
	assert.ok(Math.abs(chip.clock.micros - micros - 5) < 0.001, "60 cycles of the crystal's 12 MHz");
	assert.equal(chip.clock.frequencyHz, 12_000_000);
	assert.equal(chip.peek(RESUS_STATUS, 4), 1);
	assert.equal(chip.peek(SYS_SELECTED, 4), 1);
	assert.equal(chip.peek(INTS, 4), 1);
	assert.equal((chip.read(ICSR, 4) >>> 12) & 0x3f, 16 + 17);

	// As the SDK's handler does it: clk_sys to clk_ref, then let go.
	chip.poke(SYS_CTRL, 4, 0);
	chip.poke(RESUS_CTRL + SET, 4, 1 << 16);
	chip.poke(RESUS_CTRL + CLEAR, 4, 1 << 16);
	assert.equal(chip.peek(RESUS_STATUS, 4), 0);
	assert.equal(chip.peek(INTS, 4), 0);
	assert.equal(chip.clock.frequencyHz, 12_000_000);
	chip.poke(PLL_SYS + 4, 4, 0);
	chip.poke(SYS_CTRL, 4, 1);
	assert.equal(chip.clock.frequencyHz, 125_000_000);
	assert.equal(chip.violations.hasErrors, false);
});

test("software can force it, and what it cleared too early stands again", () => {
	const chip = chipAt125();
	chip.poke(RESUS_CTRL, 4, (1 << 12) | (1 << 8) | 255);
	assert.equal(chip.clock.frequencyHz, 12_000_000);
	chip.poke(PLL_SYS + 4, 4, 0x2d);
	assert.equal(chip.clock.frequencyHz, 12_000_000);
	chip.poke(RESUS_CTRL, 4, (1 << 16) | (1 << 8) | 255);
	assert.equal(chip.peek(RESUS_STATUS, 4), 1, "its source still gives nothing");
});

test("without resuscitation the chip stands, says so, and a watchdog brings it back", () => {
	const chip = chipAt125();
	chip.poke(PLL_SYS + 4, 4, 0x2d);
	assert.deepEqual(chip.halt, { kind: "clock-stopped" });
	assert.match(chip.violations.list.find(({ code }) => code === "clock-stopped")?.text ?? "", /clk_sys stands/);
	pass(chip, 1000);
	assert.equal(chip.core.programCounter, LOOP);
	assert.equal(chip.standing, true);

	const watched = chipAt125();
	watched.poke(0x40058000 + 0x2c, 4, (1 << 9) | 12); // TICK
	watched.poke(0x40058000 + 4, 4, 2000);
	watched.poke(0x40058000, 4, 1 << 30);
	watched.poke(PLL_SYS + 4, 4, 0x2d);
	assert.equal(watched.standing, false);
	pass(watched, 1_000_000);
	assert.equal(watched.resets.length, 1);
	assert.equal(watched.clock.frequencyHz, 6_500_000);
});

test("a reset of the PLL under clk_sys stops it; a reset of the chip does not", () => {
	const chip = chipAt125();
	chip.poke(RESETS + SET, 4, 1 << 12);
	assert.deepEqual(chip.halt, { kind: "clock-stopped" });
	const other = chipAt125();
	other.reset("system reset request");
	pass(other, 10);
	assert.equal(other.clock.frequencyHz, 6_500_000);
	assert.equal(other.violations.list.some(({ code }) => code === "clock-stopped"), false);
});

test("dividers read back as written, those without fraction with two bits", () => {
	const chip = bareChip();
	for (const [offset, written, read] of [[0x34, 0xffffffff, 0x300], [0x40, 0x12345, 0x12345], [0x58, 0x3ff, 0x300], [0x64, 0x200, 0x200], [0x70, 0x70080, 0x70080]]) {
		chip.poke(CLOCKS + offset, 4, written);
		assert.equal(chip.peek(CLOCKS + offset, 4), read);
	}
});
