/** What UART, SPI, I2C and clock outputs put onto their pins, bit by bit, for who looks (RP2040 datasheet 4.2 to 4.4 and 2.15). */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { bareChip, pass } from "./bare-chip.ts";

const RESETS = 0x4000c000;
const CLOCKS = 0x40008000;
const CTRL = 0x40014004;
const UART1 = 0x40038000;
const SPI0 = 0x4003c000;
const I2C0 = 0x40044000;
const PIO0 = 0x50200000;
const SPI = 1;
const UART = 2;
const I2C = 3;
const PIO = 6;
const CLOCK = 8;

/** clk_sys and clk_peri of 6.5 MHz, and functions of pins. */
function chipWith(functions: Record<number, number>): Chip {
	const chip = bareChip();
	chip.poke(RESETS, 4, 0);
	chip.poke(CLOCKS + 0x48, 4, 1 << 11);
	for (const [pin, choice] of Object.entries(functions)) {
		chip.poke(CTRL + 8 * Number(pin), 4, choice);
	}
	return chip;
}

interface Edge {
	pin: number;
	level: number;
	cycle: number;
}

function edgesOf(chip: Chip, pins: number[]): Edge[] {
	const edges: Edge[] = [];
	let before = chip.pins.level;
	chip.pins.observe(pins.reduce((mask, pin) => mask | (1 << pin), 0), () => {
		for (const pin of pins) {
			const level = (chip.pins.level >>> pin) & 1;
			if (level !== ((before >>> pin) & 1)) {
				edges.push({ pin, level, cycle: chip.pins.now || chip.core.cycles });
			}
		}
		before = chip.pins.level;
	});
	return edges;
}

function jumper(chip: Chip, from: number, to: number): void {
	const [source, target] = [chip.pins.pin(from), chip.pins.pin(to)];
	const drive = (): void => target.drive(source.outputEnabled ? source.level : undefined);
	source.onChange(drive);
	drive();
}

/** 65,000 baud: 100 cycles a bit; 8 data bits, then what `line` adds. */
function startUart(chip: Chip, line = 0x70): void {
	chip.poke(UART1 + 0x24, 4, 6);
	chip.poke(UART1 + 0x28, 4, 16);
	chip.poke(UART1 + 0x2c, 4, line);
	chip.poke(UART1 + 0x30, 4, 0x301);
}

test("a UART's byte is on its pin: start bit, data from the lowest, parity, stop bit", () => {
	for (const [line, byte, bits] of [
		[0x70, 0x53, "0110010101"],
		[0x76, 0x53, "01100101001"], // even parity of four ones
		[0x72, 0x53, "01100101011"], // odd
		[0x50, 0x53, "011001011"], // seven data bits
	] as const) {
		const chip = chipWith({ 4: UART });
		startUart(chip, line);
		const seen: number[] = [];
		edgesOf(chip, [4]);
		assert.equal((chip.pins.level >>> 4) & 1, 1, "idle is high");
		chip.poke(UART1, 4, byte);
		pass(chip, 50);
		for (let bit = 0; bit < bits.length; bit++) {
			seen.push((chip.pins.level >>> 4) & 1);
			pass(chip, 100);
		}
		assert.equal(seen.join(""), bits);
		assert.equal(chip.peek(UART1 + 0x18, 4) & 8, 0, "and the byte is over");
		assert.equal((chip.pins.level >>> 4) & 1, 1);
	}
});

test("where nobody looks, a byte has no edges, and the block's times are the same", () => {
	const run = (looked: boolean): number => {
		const chip = chipWith({ 4: UART });
		startUart(chip);
		const edges = looked ? edgesOf(chip, [4]) : [];
		let changes = 0;
		const { changed } = chip.pins;
		chip.pins.changed = function () {
			changes++;
			changed.call(this);
		};
		chip.poke(UART1, 4, 0x55);
		const from = chip.core.cycles;
		while (chip.peek(UART1 + 0x18, 4) & 8) {
			pass(chip, 2);
		}
		assert.equal(changes, looked ? 10 : 0);
		assert.equal(edges.length, changes);
		return chip.core.cycles - from;
	};
	assert.equal(run(true), run(false));
});

test("a state machine hears a UART over a jumper, and on the UART's own pin", () => {
	for (const pin of [3, 4]) {
		const chip = chipWith({ 4: UART, 3: PIO });
		startUart(chip);
		if (pin === 3) {
			jumper(chip, 4, 3);
		}
		// wait 0 pin 0 [12]; set x, 7; in pins, 1; jmp x-- 2 [6]; eight cycles a bit
		[0x2020 | (10 << 8), 0xe027, 0x4001, 0x0042 | (6 << 8)].forEach((word, at) => chip.poke(PIO0 + 0x48 + 4 * at, 4, word));
		chip.poke(PIO0 + 0xc8, 4, (12 << 16) | (128 << 8)); // 12.5: an eighth of a bit
		chip.poke(PIO0 + 0xcc, 4, 3 << 12); // wrap from 3
		chip.poke(PIO0 + 0xd0, 4, (1 << 18) | (1 << 16) | (8 << 20)); // to the right, autopush of 8
		chip.poke(PIO0 + 0xdc, 4, pin << 15);
		chip.poke(PIO0, 4, 1);
		chip.poke(UART1, 4, 0x53);
		chip.poke(UART1, 4, 0xa7);
		pass(chip, 2200);
		assert.deepEqual([chip.peek(PIO0 + 0x20, 4) >>> 24, chip.peek(PIO0 + 0x20, 4) >>> 24], [0x53, 0xa7]);
	}
});

test("a UART hears another one over a jumper: bytes, parity, frames that do not fit, breaks", () => {
	const UART0 = 0x40034000;
	const hear = (sent: number, received: number, byte: number): number => {
		const chip = chipWith({ 4: UART, 1: UART });
		startUart(chip, sent);
		for (const [offset, value] of [[0x24, 6], [0x28, 16], [0x2c, received], [0x30, 0x301]]) {
			chip.poke(UART0 + offset, 4, value);
		}
		jumper(chip, 4, 1);
		chip.poke(UART1, 4, byte);
		pass(chip, 1300);
		assert.equal(chip.peek(UART0 + 0x18, 4) & 0x10, 0, "something came");
		return chip.peek(UART0, 4);
	};
	assert.equal(hear(0x70, 0x70, 0x53), 0x53);
	assert.equal(hear(0x76, 0x76, 0x53), 0x53);
	assert.equal(hear(0x76, 0x72, 0x53), 0x253, "parity");
	assert.equal(hear(0x72, 0x70, 0x01), 0x101, "framing: the parity bit is where a stop bit should be");
	const chip = chipWith({ 4: UART, 1: UART });
	startUart(chip);
	for (const [offset, value] of [[0x24, 6], [0x28, 16], [0x2c, 0x70], [0x30, 0x301]]) {
		chip.poke(UART0 + offset, 4, value);
	}
	jumper(chip, 4, 1);
	chip.poke(UART1 + 0x2c, 4, 0x71);
	pass(chip, 2000);
	chip.poke(UART1 + 0x2c, 4, 0x70);
	assert.equal(chip.peek(UART0, 4), 0x500, "a break");
	pass(chip, 200);
	for (const byte of [0x41, 0x42, 0x43]) {
		chip.poke(UART1, 4, byte);
	}
	pass(chip, 3500);
	assert.deepEqual([1, 2, 3].map(() => chip.peek(UART0, 4)), [0x41, 0x42, 0x43]);
});

test("a break holds the line low", () => {
	const chip = chipWith({ 4: UART });
	startUart(chip);
	chip.poke(UART1 + 0x2c, 4, 0x71);
	assert.equal((chip.pins.level >>> 4) & 1, 0);
	chip.poke(UART1 + 0x2c, 4, 0x70);
	assert.equal((chip.pins.level >>> 4) & 1, 1);
});

for (const mode of [0, 1, 2, 3]) {
	test(`an SPI word in mode ${mode} is on its pins: selected, the clock's edges half a bit apart, data stable where it is taken`, () => {
		const chip = chipWith({ 5: SPI, 6: SPI, 7: SPI });
		chip.poke(SPI0 + 0x10, 4, 100); // 100 cycles a bit
		chip.poke(SPI0, 4, 7 | ((mode & 2) << 5) | ((mode & 1) << 7));
		chip.poke(SPI0 + 4, 4, 2);
		const edges = edgesOf(chip, [5, 6, 7]);
		const from = chip.core.cycles;
		const idle = mode >> 1;
		assert.equal((chip.pins.level >>> 6) & 1, idle);
		assert.equal((chip.pins.level >>> 5) & 1, 1);
		const word = 0xb2;
		let data = 0;
		let taken = 0;
		chip.poke(SPI0 + 8, 4, word);
		pass(chip, 1000);
		const clocks = edges.filter(({ pin }) => pin === 6);
		assert.equal(clocks.length, 16);
		clocks.forEach(({ cycle }, index) => assert.ok(Math.abs(cycle - from - 50 * (index + (mode & 1 ? 0 : 1))) <= 2, `${index}: ${cycle - from}`));
		for (const { pin, level } of edges) {
			if (pin === 7) {
				data = level;
			} else if (pin === 6 && (level !== idle) === !(mode & 1)) {
				taken = (taken << 1) | data;
			}
		}
		assert.equal(taken, word);
		assert.deepEqual(edges.filter(({ pin }) => pin === 5).map(({ level }) => level), [0, 1]);
	});
}

test("an SPI block hears itself over a jumper from its output to its input", () => {
	const chip = chipWith({ 4: SPI, 6: SPI, 7: SPI });
	chip.poke(SPI0 + 0x10, 4, 10);
	chip.poke(SPI0, 4, 15);
	chip.poke(SPI0 + 4, 4, 2);
	jumper(chip, 7, 4);
	for (const word of [0x1234, 0xffff, 0x8001]) {
		chip.poke(SPI0 + 8, 4, word);
	}
	pass(chip, 1000);
	assert.deepEqual([1, 2, 3].map(() => chip.peek(SPI0 + 8, 4)), [0x1234, 0xffff, 0x8001]);
});

test("an I2C transfer is on its pins: START, address, acknowledgements, bytes both ways, STOP", () => {
	const chip = chipWith({ 4: I2C, 5: I2C });
	chip.i2cs[0].attach({ address: 0x42, start: () => true, write: (byte) => byte !== 0xee, read: () => 0x96, stop() {} }, { data: 4, clock: 5 });
	chip.poke(I2C0 + 0x1c, 4, 25);
	chip.poke(I2C0 + 0x20, 4, 25);
	chip.poke(I2C0 + 4, 4, 0x42);
	chip.poke(I2C0 + 0x6c, 4, 1);
	const edges = edgesOf(chip, [4, 5]);
	assert.equal((chip.pins.level >>> 4) & 3, 3, "the board's resistors");
	for (const command of [0x17, 0x500, 0x300]) {
		chip.poke(I2C0 + 0x10, 4, command);
	}
	pass(chip, 6000);
	// What a logic analyser makes of it.
	const bus = { data: 1, clock: 1 };
	let text = "";
	for (const { pin, level } of edges) {
		if (pin === 5) {
			bus.clock = level;
			text += level ? `${bus.data}` : "";
		} else {
			bus.data = level;
			text += bus.clock ? (level ? "P" : "S") : "";
		}
	}
	// A bit of one more edge of the clock comes before START and STOP.
	const bits = text.replaceAll(/[01](?=[SP])/g, "");
	assert.equal(bits, ["S", "100001000", "000101110", "S", "100001010", "100101100", "100101101", "P"].join(""));
	assert.equal((chip.pins.level >>> 4) & 3, 3);
	assert.equal(chip.peek(I2C0 + 0x34, 4) & 0x40, 0);
});

test("a clock output toggles at its divided frequency while somebody looks", () => {
	const chip = chipWith({ 21: CLOCK });
	chip.poke(CLOCKS + 4, 4, 10 << 8);
	chip.poke(CLOCKS, 4, (6 << 5) | (1 << 11)); // clk_sys / 10
	const { nextCycle } = chip.clock;
	assert.equal(nextCycle, Infinity, "nobody looks: nothing is to happen");
	const edges = edgesOf(chip, [21]);
	pass(chip, 1000);
	assert.ok(edges.length >= 199 && edges.length <= 201, `${edges.length}`);
	edges.slice(1).forEach(({ cycle }, index) => assert.ok(Math.abs(cycle - edges[index].cycle - 5) <= 2));
	chip.poke(CLOCKS, 4, 0);
	edges.length = 0;
	pass(chip, 1000);
	assert.ok(edges.length <= 1);
});

test("a clock that is faster than clk_sys is seen at its cycles, and no denser", () => {
	const chip = chipWith({ 21: CLOCK });
	chip.poke(0x40024000, 4, 0xfabaa0);	// the crystal, while clk_sys comes from the slower ring oscillator
	chip.poke(CLOCKS + 4, 4, 1 << 8);
	chip.poke(CLOCKS, 4, (5 << 5) | (1 << 11));
	const edges = edgesOf(chip, [21]);
	pass(chip, 1000);
	assert.ok(edges.length > 100, `${edges.length}: it toggles`);
	assert.equal(new Set(edges.map(({ cycle }) => cycle)).size, edges.length, "one level in a cycle");
	assert.deepEqual(chip.violations.list, []);
});

test("the PWM counts a clock output over a jumper", () => {
	const chip = chipWith({ 21: CLOCK, 1: 4 });
	jumper(chip, 21, 1);
	chip.poke(CLOCKS + 4, 4, 100 << 8);
	chip.poke(0x40050000, 4, (2 << 4) | 1); // slice 0 by rising edges of B
	chip.poke(CLOCKS, 4, (6 << 5) | (1 << 11));
	pass(chip, 10_000);
	const count = chip.peek(0x40050008, 4);
	assert.ok(count >= 99 && count <= 100, `${count}`);
});
