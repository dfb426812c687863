/** Small blocks: what software reads, how time and frequency go (RP2040 datasheet). */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { bareChip, LOOP, pass } from "./bare-chip.ts";

const RESETS = 0x4000c000;
const CLOCKS = 0x40008000;
const XOSC = 0x40024000;
const PLL_SYS = 0x40028000;
const TIMER = 0x40054000;
const WATCHDOG = 0x40058000;
const REF_CTRL = 0x40008030;
const SSI = 0x18000000;
const IO_QSPI_SS = 0x4001800c;

test("the chip is an RP2040 B2", () => {
	const chip = bareChip();
	assert.equal(chip.peek(0x40000000, 4), 0x20002927);
	assert.equal(chip.peek(0xd0000000, 4), 0);
});

test("clk_sys follows crystal and PLL, and time with it", () => {
	const chip = bareChip();
	assert.equal(chip.clock.frequencyHz, 6_500_000);
	chip.poke(XOSC, 4, 0xfabaa0);
	chip.poke(CLOCKS + 0x30, 4, 2); // clk_ref from XOSC
	assert.equal(chip.clock.frequencyHz, 12_000_000);
	chip.poke(RESETS + 0x3000, 4, 1 << 12);
	chip.poke(PLL_SYS + 8, 4, 125); // FBDIV: 1500 MHz
	chip.poke(PLL_SYS + 0xc, 4, (6 << 16) | (2 << 12));
	chip.poke(PLL_SYS + 4, 4, 0);
	chip.poke(CLOCKS + 0x3c, 4, 1);
	assert.equal(chip.clock.frequencyHz, 125_000_000);
	const from = chip.clock.micros;
	pass(chip, 125_000);
	assert.ok(Math.abs(chip.clock.micros - from - 1000) < 0.1);
});

test("the frequency counter measures what runs", () => {
	const chip = bareChip();
	const measure = (source: number): number => {
		chip.poke(CLOCKS + 0x94, 4, source);
		while (!(chip.peek(CLOCKS + 0x98, 4) & 0x10)) {
			pass(chip, 100);
		}
		return chip.peek(CLOCKS + 0x9c, 4) >>> 5;
	};
	assert.equal(measure(5), 0, "the crystal is off");
	chip.poke(XOSC, 4, 0xfabaa0);
	for (const [source, kilohertz] of [[3, 6_500], [5, 12_000], [9, 6_500], [1, 0], [13, 0]]) {
		assert.equal(measure(source), kilohertz);
	}
	const PLL_SYS = 0x40028000;
	chip.poke(RESETS, 4, 0);
	chip.poke(PLL_SYS + 8, 4, 125);
	chip.poke(PLL_SYS + 0xc, 4, (6 << 16) | (2 << 12));
	chip.poke(PLL_SYS + 4, 4, 4);
	assert.equal(measure(1), 125_000);
	chip.poke(PLL_SYS + 4, 4, 0x2d);
	assert.equal(measure(1), 0, "switched off");
	chip.poke(CLOCKS + 0x70, 4, 120 << 8);
	chip.poke(CLOCKS + 0x6c, 4, (3 << 5) | (1 << 11));
	assert.equal(measure(13), 100, "clk_rtc from the crystal");
});

test("a byte takes its time on the UART's wire", () => {
	const chip = bareChip();
	const UART = 0x40034000;
	chip.poke(RESETS, 4, 0);
	chip.poke(CLOCKS + 0x48, 4, 1 << 11); // clk_peri from clk_sys: 6.5 MHz
	chip.poke(0x40014004, 4, 2); // GPIO 0 and 1: UART0
	chip.poke(0x4001400c, 4, 2);
	chip.poke(UART + 0x24, 4, 3); // 4 * 6.5 MHz / (64 * 3 + 34): 115,044 baud
	chip.poke(UART + 0x28, 4, 34);
	chip.poke(UART + 0x2c, 4, 0x70);
	chip.poke(UART + 0x30, 4, 0x301);
	let text = "";
	chip.uarts[0].onByte = (byte) => {
		text += String.fromCharCode(byte);
	};
	const from = chip.clock.micros;
	for (const character of "hi") {
		chip.poke(UART, 4, character.charCodeAt(0));
	}
	assert.equal(chip.peek(UART + 0x18, 4) & 8, 8);
	while (chip.peek(UART + 0x18, 4) & 8) {
		pass(chip, 10);
	}
	assert.equal(text, "hi");
	const took = chip.clock.micros - from;
	assert.ok(Math.abs(took - (20 * 1e6) / 115_044) < 4, `${took}`);
	chip.uarts[0].receive(0x41);
	assert.equal(chip.peek(UART + 0x18, 4) & 0x10, 0);
	assert.equal(chip.peek(UART, 4), 0x41);
});

test("a UART hears nothing without a pin, tells what is wrong with a byte, and loops back", () => {
	const chip = bareChip();
	const UART = 0x40038000;
	chip.poke(RESETS, 4, 0);
	chip.poke(CLOCKS + 0x48, 4, 1 << 11);
	chip.poke(UART + 0x24, 4, 1);
	chip.poke(UART + 0x2c, 4, 0x70);
	chip.poke(UART + 0x30, 4, 0x301);
	chip.uarts[1].send([1]);
	pass(chip, 1000);
	assert.equal(chip.peek(UART + 0x18, 4) & 0x10, 0x10);
	chip.poke(0x40014004 + 8 * 5, 4, 2); // GPIO 5: UART1 receive
	chip.uarts[1].send([2]);
	chip.uarts[1].send([3], "parity");
	chip.uarts[1].send([0], "break");
	pass(chip, 1000);
	assert.deepEqual([chip.peek(UART, 4), chip.peek(UART, 4), chip.peek(UART, 4)], [2, 0x203, 0x500]);
	chip.poke(UART + 0x30, 4, 0x381);
	chip.poke(UART, 4, 0x55);
	pass(chip, 1000);
	assert.equal(chip.peek(UART, 4), 0x55);
});

test("the timer counts ticks, and an alarm fires at its own", () => {
	const chip = bareChip();
	assert.equal(chip.peek(TIMER + 0x28, 4), 0);
	pass(chip, 65_000);
	assert.equal(chip.peek(TIMER + 0x28, 4), 0, "no tick yet");
	chip.poke(WATCHDOG + 0x2c, 4, 0x20d); // 2 us
	pass(chip, 13_000);
	const now = chip.peek(TIMER + 0x28, 4);
	assert.ok(now >= 999 && now <= 1001, `${now}`);
	chip.poke(TIMER + 0x38, 4, 1);
	chip.poke(TIMER + 0x10, 4, now + 500);
	assert.equal(chip.peek(TIMER + 0x20, 4), 1);
	pass(chip, 6_450);
	assert.equal(chip.core.irqLines & 1, 0);
	pass(chip, 100);
	assert.equal(chip.core.irqLines & 1, 1);
	assert.equal(chip.peek(TIMER + 0x20, 4), 0);
	chip.poke(TIMER + 0x34, 4, 1);
	assert.equal(chip.core.irqLines & 1, 0);
	assert.equal(chip.peek(TIMER + 0x0c, 4) > now, true);
	assert.equal(chip.peek(TIMER + 0x08, 4), 0);
});

test("the tick is enabled by a reset and lacks its divider alone: a program that writes CYCLES has a timer", () => {
	const chip = bareChip();
	assert.equal(chip.peek(WATCHDOG + 0x2c, 4), 0x200, "enabled, not running");
	chip.poke(WATCHDOG + 0x1000 + 0x2c, 4, 13);
	assert.equal(chip.peek(WATCHDOG + 0x2c, 4), 0x60d);
	pass(chip, 13_000);
	const now = chip.peek(TIMER + 0x28, 4);
	assert.ok(now >= 999 && now <= 1001, `${now}`);
	chip.poke(WATCHDOG + 0x2c, 4, 13);
	pass(chip, 6_500);
	assert.equal(chip.peek(TIMER + 0x28, 4), now, "it stands");
});

test("a tick is CYCLES of clk_ref, whatever that is, for the timer, its alarms and the watchdog", () => {
	const chip = bareChip();
	const count = (): number => chip.peek(TIMER + 0x28, 4);
	const about = (got: number, expected: number): void => assert.ok(Math.abs(got - expected) <= 2, `${got}, not ${expected}`);
	chip.poke(WATCHDOG + 0x2c, 4, 0x200 | 65); // 10 us of the ring
	chip.poke(TIMER + 0x38, 4, 1);
	chip.poke(WATCHDOG + 4, 4, 2 * 3_000); // falls twice a tick
	chip.poke(WATCHDOG, 4, 1 << 30);
	pass(chip, 65_000);
	about(count(), 1000);
	about((chip.peek(WATCHDOG, 4) & 0xffffff) / 2, 2000);
	chip.poke(TIMER + 0x10, 4, 1500);
	chip.poke(XOSC, 4, 0xfabaa0);
	chip.poke(REF_CTRL, 4, 2); // 12 MHz, clk_sys too: 65 cycles a tick as before
	pass(chip, 65 * 450);
	about(count(), 1450);
	assert.equal(chip.core.irqLines & 1, 0);
	chip.poke(WATCHDOG + 0x2c, 4, 0x200 | 130);
	pass(chip, 130 * 45);
	about(count(), 1495);
	assert.equal(chip.core.irqLines & 1, 0);
	pass(chip, 130 * 10);
	assert.equal(chip.core.irqLines & 1, 1);
	about((chip.peek(WATCHDOG, 4) & 0xffffff) / 2, 1495);
	pass(chip, 130 * 1490);
	assert.equal(chip.resets.length, 0);
	pass(chip, 130 * 10);
	assert.equal(chip.resets.length, 1);
});

test("RESETS really resets: a pin's function, a PIO, an UART", () => {
	const chip = bareChip();
	chip.poke(RESETS, 4, 0);
	chip.poke(0x40014004, 4, 5);
	chip.poke(0x502000c8, 4, 0x12340000);
	chip.poke(0x40034024, 4, 77);
	assert.equal(chip.peek(RESETS + 8, 4), 0x1ffffff);
	chip.poke(RESETS + 0x2000, 4, (1 << 5) | (1 << 10) | (1 << 22));
	assert.equal(chip.peek(RESETS + 8, 4), 0x1ffffff & ~((1 << 5) | (1 << 10) | (1 << 22)));
	chip.poke(RESETS + 0x3000, 4, 0x1ffffff);
	assert.equal(chip.peek(0x40014004, 4), 0x1f);
	assert.equal(chip.peek(0x502000c8, 4), 0x10000);
	assert.equal(chip.peek(0x40034024, 4), 0);
});

test("who speaks to a block that is held in reset is told so; a debugger may look", () => {
	const chip = bareChip();
	chip.debugRead(0x40034018, 4);
	assert.equal(chip.violations.list.length, 0);
	chip.poke(0x40034024, 4, 77);
	chip.peek(0x40034024, 4);
	assert.deepEqual(chip.violations.list.map(({ level, code, count }) => ({ level, code, count })), [{ level: "info", code: "block-in-reset", count: 2 }]);
	assert.match(chip.violations.list[0].text, /UART0/);
	chip.poke(RESETS, 4, 0);
	chip.peek(0x40034024, 4);
	assert.equal(chip.violations.list[0].count, 2);
});

test("atomic aliases set, clear and toggle; narrow writes arrive on all lanes", () => {
	const chip = bareChip();
	chip.poke(WATCHDOG + 0x0c, 4, 0xf0);
	chip.poke(WATCHDOG + 0x200c, 4, 0x0f);
	assert.equal(chip.peek(WATCHDOG + 0x0c, 4), 0xff);
	chip.poke(WATCHDOG + 0x300c, 4, 0x3c);
	assert.equal(chip.peek(WATCHDOG + 0x0c, 4), 0xc3);
	chip.poke(WATCHDOG + 0x100c, 4, 0xff);
	assert.equal(chip.peek(WATCHDOG + 0x0c, 4), 0x3c);
	chip.poke(WATCHDOG + 0x0c, 1, 0x5a);
	assert.equal(chip.peek(WATCHDOG + 0x0c, 4), 0x5a5a5a5a);
	assert.equal(chip.peek(WATCHDOG + 0x0d, 1), 0x5a);
});

test("the divider: quotients, remainders, division by zero", () => {
	const chip = bareChip();
	const SIO = 0xd0000000;
	const divide = (signed: boolean, a: number, b: number): [number, number] => {
		chip.poke(SIO + (signed ? 0x68 : 0x60), 4, a);
		chip.poke(SIO + (signed ? 0x6c : 0x64), 4, b);
		assert.equal(chip.peek(SIO + 0x78, 4), 3);
		const remainder = chip.peek(SIO + 0x74, 4);
		const quotient = chip.peek(SIO + 0x70, 4);
		assert.equal(chip.peek(SIO + 0x78, 4), 1);
		return [quotient, remainder];
	};
	assert.deepEqual(divide(false, 0xffffffff, 10), [429496729, 5]);
	assert.deepEqual(divide(true, -7, 2), [(-3) >>> 0, (-1) >>> 0]);
	assert.deepEqual(divide(true, 0x80000000, -1), [0x80000000, 0]);
	assert.deepEqual(divide(false, 5, 0), [0xffffffff, 5]);
	assert.deepEqual(divide(true, -5, 0), [1, (-5) >>> 0]);
	assert.deepEqual(divide(true, 0, 0), [0xffffffff, 0]);
});

test("spin locks are taken once", () => {
	const chip = bareChip();
	assert.equal(chip.peek(0xd0000104, 4), 2);
	assert.equal(chip.peek(0xd0000104, 4), 0);
	assert.equal(chip.peek(0xd000005c, 4), 2);
	chip.poke(0xd0000104, 4, 1);
	assert.equal(chip.peek(0xd0000104, 4), 2);
});

test("pins: output, read-back, pull, override, edge interrupt", () => {
	const chip = bareChip();
	const SIO = 0xd0000000;
	chip.poke(0x40014004 + 8 * 3, 4, 5);
	chip.poke(SIO + 0x24, 4, 1 << 3);
	chip.poke(SIO + 0x14, 4, 1 << 3);
	assert.equal(chip.pins.pin(3).level, true);
	assert.equal((chip.peek(SIO + 4, 4) >>> 3) & 1, 1);
	chip.poke(0x40014004 + 8 * 3, 4, 5 | (1 << 8));
	assert.equal(chip.pins.pin(3).level, false, "inverted");
	// GPIO 4: input with pull-up; the board pulls it low; edge-low interrupt
	chip.poke(0x4001c000 + 4 + 4 * 4, 4, 0x4a);
	assert.equal((chip.peek(SIO + 4, 4) >>> 4) & 1, 1);
	chip.poke(0x40014100, 4, 4 << 16);
	chip.pins.pin(4).drive(false);
	assert.equal((chip.core.irqLines >>> 13) & 1, 1);
	assert.equal(chip.peek(0x40014120, 4), 4 << 16);
	chip.poke(0x400140f0, 4, 4 << 16);
	assert.equal((chip.core.irqLines >>> 13) & 1, 0);
	chip.pins.pin(4).drive(undefined);
	assert.equal((chip.peek(SIO + 4, 4) >>> 4) & 1, 1);
});

test("SysTick counts processor cycles down and pends its exception", () => {
	const chip = bareChip();
	const SYST = 0xe000e010;
	chip.poke(SYST + 4, 4, 999);
	chip.poke(SYST + 8, 4, 0);
	chip.poke(SYST, 4, 5);
	const from = chip.core.cycles;
	pass(chip, 500);
	const passed = chip.core.cycles - from;
	assert.equal(chip.peek(SYST + 8, 4), 1000 - passed);
	pass(chip, 600);
	assert.equal(chip.peek(SYST, 4), 0x10005);
	assert.equal(chip.peek(SYST, 4), 5);
});

/** Sends one flash command through the SSI as the SDK's flash_do_cmd does. */
function flashCommand(chip: Chip, bytes: number[]): number[] {
	chip.poke(IO_QSPI_SS, 4, 2 << 8);
	for (const byte of bytes) {
		chip.poke(SSI + 0x60, 4, byte);
	}
	const answer: number[] = [];
	while (answer.length < bytes.length) {
		pass(chip, 50);
		while (chip.peek(SSI + 0x28, 4) & 8) {
			answer.push(chip.peek(SSI + 0x60, 4));
		}
	}
	chip.poke(IO_QSPI_SS, 4, 3 << 8);
	return answer;
}

/** A chip whose SSI sends bytes to the flash. */
function chipWithSsi(): ReturnType<typeof bareChip> {
	const chip = bareChip();
	chip.poke(SSI + 8, 4, 0);
	chip.poke(SSI + 0x14, 4, 4);
	chip.poke(SSI, 4, 7 << 16);
	chip.poke(SSI + 0x10, 4, 1);
	chip.poke(SSI + 8, 4, 1);
	return chip;
}

test("the flash behind the SSI: identity, unique id, erase and program with busy times", () => {
	const chip = chipWithSsi();
	assert.deepEqual(flashCommand(chip, [0x9f, 0, 0, 0]).slice(1), [0xef, 0x40, 0x15]);
	assert.deepEqual(flashCommand(chip, [0x4b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).slice(5), [0xe6, 1, 2, 3, 4, 5, 6, 7]);
	chip.core.flash[0x5000] = 0;
	flashCommand(chip, [0x20, 0, 0x50, 0]);
	assert.equal(chip.core.flash[0x5000], 0, "not without write enable");
	assert.ok(chip.violations.list.some((entry) => entry.code === "flash-write-disabled"));
	flashCommand(chip, [0x06]);
	assert.equal(flashCommand(chip, [0x05, 0])[1], 2);
	flashCommand(chip, [0x20, 0, 0x50, 0]);
	assert.equal(chip.core.flash[0x5000], 0xff);
	assert.equal(flashCommand(chip, [0x05, 0])[1], 1, "busy");
	pass(chip, 6_500 * 46);
	assert.equal(flashCommand(chip, [0x05, 0])[1], 0);
	flashCommand(chip, [0x06]);
	flashCommand(chip, [0x02, 0, 0x50, 0xfe, 1, 2, 3]);
	pass(chip, 6_500);
	assert.deepEqual([chip.core.flash[0x50fe], chip.core.flash[0x50ff], chip.core.flash[0x5000]], [1, 2, 3], "wraps in its page");
	assert.deepEqual(flashCommand(chip, [0x03, 0, 0x50, 0xfe, 0, 0]).slice(4), [1, 2]);
});

test("a command to a flash that erases or programs is a violation, unless it asks for the status; it does nothing", () => {
	const chip = chipWithSsi();
	chip.core.flash[0x6000] = 0x12;
	flashCommand(chip, [0x06]);
	flashCommand(chip, [0x20, 0, 0x50, 0]);
	assert.equal(flashCommand(chip, [0x05, 0])[1], 1);
	assert.deepEqual(chip.violations.list.filter(({ level }) => level === "error"), []);
	assert.equal(flashCommand(chip, [0x03, 0, 0x60, 0, 0])[4], 0xff, "it does not drive its output");
	flashCommand(chip, [0x06]);
	assert.deepEqual(chip.violations.list.filter(({ level }) => level === "error").map(({ code, count }) => ({ code, count })), [{ code: "flash-busy", count: 2 }]);
	pass(chip, 6_500 * 46);
	assert.equal(flashCommand(chip, [0x03, 0, 0x60, 0, 0])[4], 0x12);
	assert.equal(flashCommand(chip, [0x05, 0])[1], 0, "write enable was not heard");
});

test("a byte of ones leaves what is in flash; another that would set a bit is a violation, and clears what it can", () => {
	const chip = chipWithSsi();
	chip.core.flash.set([0x0f, 0x0f], 0x5000);
	flashCommand(chip, [0x06]);
	flashCommand(chip, [0x02, 0, 0x50, 0, 0xff, 0x07]);
	pass(chip, 6_500);
	assert.deepEqual([...chip.core.flash.subarray(0x5000, 0x5002)], [0x0f, 0x07]);
	const errors = (): unknown => chip.violations.list.filter(({ level }) => level === "error").map(({ code, count }) => ({ code, count }));
	assert.deepEqual(errors(), [], "drivers pad a page with ones");
	flashCommand(chip, [0x06]);
	flashCommand(chip, [0x02, 0, 0x50, 0, 0xf3]);
	pass(chip, 6_500);
	assert.equal(chip.core.flash[0x5000], 0x03);
	assert.deepEqual(errors(), [{ code: "flash-program-unerased", count: 1 }]);
});

test("the boot ROM takes no store, and says so once with a count", () => {
	const chip = bareChip();
	// str r1, [r0] twice with r0 = 0
	chip.poke(LOOP + 0x20, 4, 0x60016001);
	chip.core.registers[0] = 0;
	chip.core.registers[1] = 0x55;
	chip.core.programCounter = LOOP + 0x20;
	const before = chip.peek(0, 4);
	pass(chip, 3);
	assert.equal(chip.peek(0, 4), before);
	assert.deepEqual(chip.violations.list.map(({ level, code, count }) => ({ level, code, count })), [{ level: "warning", code: "rom-store", count: 2 }]);
	chip.core.registers[1] = before;
	chip.core.programCounter = LOOP + 0x20;
	pass(chip, 3);
	assert.equal(chip.violations.list[0].count, 2, "storing back what is there is none, as TinyUSB does for endpoint 0");
});

test("SRAM is seen unstriped at 0x21000000", () => {
	const chip = bareChip();
	chip.poke(0x20000000, 4, 0x11111111);
	chip.poke(0x20000004, 4, 0x22222222);
	chip.poke(0x20000010, 4, 0x33333333);
	assert.equal(chip.peek(0x21000000, 4), 0x11111111);
	assert.equal(chip.peek(0x21010000, 4), 0x22222222);
	assert.equal(chip.peek(0x21000004, 4), 0x33333333);
});

test("a clock event that returns a promise stops virtual time until it settles", async () => {
	const chip = bareChip();
	let settle: () => void = () => {};
	const order: string[] = [];
	chip.clock.schedule(100, () => new Promise<void>((resolve) => { settle = resolve; }));
	chip.clock.schedule(100, () => { order.push("second"); });
	const waiting = chip.advance(chip.core.cycles + 10_000);
	assert.ok(waiting);
	const at = chip.core.cycles;
	setImmediate(() => { order.push("host"); settle(); });
	await waiting;
	assert.equal(chip.core.cycles, at);
	chip.advance(chip.core.cycles + 10_000);
	assert.deepEqual(order, ["host", "second"]);
});
