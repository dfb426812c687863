/** RTC: the calendar, its divider, and the alarm (RP2040 datasheet 4.8). */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { type Moment as CalendarMoment, pass as passCalendar } from "../../../simulator/peripherals/calendar.ts";
import { bareChip, pass } from "./bare-chip.ts";

const RTC = 0x4005c000;
const CLKDIV_M1 = RTC;
const SETUP_0 = RTC + 0x04;
const SETUP_1 = RTC + 0x08;
const CTRL = RTC + 0x0c;
const IRQ_SETUP_0 = RTC + 0x10;
const IRQ_SETUP_1 = RTC + 0x14;
const RTC_1 = RTC + 0x18;
const RTC_0 = RTC + 0x1c;
const INTR = RTC + 0x20;
const INTE = RTC + 0x24;
const CLK_RTC_CTRL = 0x4000806c;
const CLK_RTC_DIV = 0x40008070;
const MATCH_ENABLE = 1 << 28;
const MATCH_SECOND = 1 << 28;
const MATCH_MINUTE = 1 << 29;

/** [year, month, day, weekday, hour, minute, second] */
type Moment = [number, number, number, number, number, number, number];

/** An RTC that counts from `moment`, with clk_rtc at 46,875 Hz from the crystal, while the core sleeps. */
function running(moment: Moment): Chip {
	const chip = bareChip();
	chip.core.sleeping = true;
	chip.write(0x4000f000, 4, 1 << 15);
	chip.write(0x40024000, 4, 0xfabaa0);	// the crystal
	chip.write(CLK_RTC_DIV, 4, 256 << 8);
	chip.write(CLK_RTC_CTRL, 4, (3 << 5) | (1 << 11));
	chip.write(CLKDIV_M1, 4, 46_874);
	const [year, month, day, weekday, hour, minute, second] = moment;
	chip.write(SETUP_0, 4, (year << 12) | (month << 8) | day);
	chip.write(SETUP_1, 4, (weekday << 24) | (hour << 16) | (minute << 8) | second);
	chip.write(CTRL, 4, 0x10);
	chip.write(CTRL, 4, 1);
	return chip;
}

function passSeconds(chip: Chip, seconds: number): void {
	pass(chip, Math.round(seconds * chip.clock.frequencyHz));
}

function now(chip: Chip): Moment {
	const time = chip.read(RTC_0, 4);
	const date = chip.read(RTC_1, 4);
	return [date >>> 12, (date >>> 8) & 15, date & 31, time >>> 24, (time >>> 16) & 31, (time >>> 8) & 63, time & 63];
}

const turns: [string, Moment, Moment][] = [
	["a second", [2026, 11, 25, 3, 21, 30, 14], [2026, 11, 25, 3, 21, 30, 15]],
	["a minute and an hour", [2026, 11, 25, 3, 21, 59, 59], [2026, 11, 25, 3, 22, 0, 0]],
	["a month of thirty days", [2026, 11, 30, 1, 23, 59, 59], [2026, 12, 1, 2, 0, 0, 0]],
	["February", [2026, 2, 28, 6, 23, 59, 59], [2026, 3, 1, 0, 0, 0, 0]],
	["February of a leap year", [2028, 2, 28, 1, 23, 59, 59], [2028, 2, 29, 2, 0, 0, 0]],
	["a leap day", [2028, 2, 29, 2, 23, 59, 59], [2028, 3, 1, 3, 0, 0, 0]],
	["a year", [2026, 12, 31, 4, 23, 59, 59], [2027, 1, 1, 5, 0, 0, 0]],
];

for (const [name, from, to] of turns) {
	test(`the calendar turns over ${name}`, () => {
		const chip = running(from);
		passSeconds(chip, 0.9);
		assert.deepEqual(now(chip), from);
		passSeconds(chip, 0.2);
		assert.deepEqual(now(chip), to);
		assert.deepEqual(chip.violations.list, []);
	});
}

test("a century without leap day is software's to say", () => {
	const chip = running([2100, 2, 28, 0, 23, 59, 59]);
	chip.write(CTRL, 4, 0x101);
	passSeconds(chip, 1.1);
	assert.deepEqual(now(chip), [2100, 3, 1, 1, 0, 0, 0]);
});

test("the date that is read belongs to the time that was read before it", () => {
	const chip = running([2026, 12, 31, 4, 23, 59, 59]);
	passSeconds(chip, 0.9);
	chip.read(RTC_0, 4);
	passSeconds(chip, 0.2);
	assert.equal(chip.read(RTC_1, 4) >>> 12, 2026);
	chip.read(RTC_0, 4);
	assert.equal(chip.read(RTC_1, 4) >>> 12, 2027);
});

test("the divider sets the pace, and nothing counts while the RTC or its clock is off", () => {
	const chip = running([2026, 11, 25, 3, 12, 0, 0]);
	chip.write(CTRL, 4, 0);
	assert.equal(chip.read(CTRL, 4), 0);
	chip.write(CLKDIV_M1, 4, 4_687 - 1);
	chip.write(CTRL, 4, 1);
	assert.equal(chip.read(CTRL, 4), 3, "enabled and active");
	passSeconds(chip, 1.05);
	assert.equal(now(chip)[6], 10);
	chip.write(CTRL, 4, 0);
	passSeconds(chip, 1);
	chip.write(CTRL, 4, 1);
	assert.equal(now(chip)[6], 10);
	chip.write(CLK_RTC_CTRL, 4, 0);
	passSeconds(chip, 1);
	assert.equal(now(chip)[6], 10);
});

test("an alarm compares what it is told to, at the beginning of a second, and stands for that second", () => {
	const chip = running([2026, 11, 25, 3, 12, 0, 30]);
	chip.write(INTE, 4, 1);
	chip.write(IRQ_SETUP_1, 4, MATCH_SECOND | 30);
	chip.write(IRQ_SETUP_0, 4, MATCH_ENABLE);
	assert.equal(chip.read(IRQ_SETUP_0, 4) >>> 28, 3, "enabled and active");
	passSeconds(chip, 59.9);
	assert.equal(chip.read(INTR, 4), 0, "not in the second in which it was switched on");
	passSeconds(chip, 0.2);
	assert.equal(chip.read(INTR, 4), 1);
	assert.equal((chip.core.irqLines >>> 25) & 1, 1);
	chip.write(IRQ_SETUP_0, 4, 0);
	assert.equal((chip.core.irqLines >>> 25) & 1, 0, "off is how it is cleared");
	chip.write(IRQ_SETUP_0, 4, MATCH_ENABLE);
	assert.equal(chip.read(INTR, 4), 0, "and it does not come twice");
	chip.write(IRQ_SETUP_1, 4, MATCH_SECOND | MATCH_MINUTE | (3 << 8) | 0);
	passSeconds(chip, 89.5);
	assert.equal(chip.read(INTR, 4), 0);
	passSeconds(chip, 0.6);
	assert.deepEqual(now(chip).slice(4), [12, 3, 0]);
	assert.equal(chip.read(INTR, 4), 1);
	passSeconds(chip, 1);
	assert.equal(chip.read(INTR, 4), 0, "the second is over");
});

/** Divider 1 from clk_sys: each cycle of the core is a second of the calendar. */
function racing(moment: Moment): Chip {
	const chip = running(moment);
	chip.write(CTRL, 4, 0);
	chip.write(CLK_RTC_DIV, 4, 1 << 8);
	chip.write(CLK_RTC_CTRL, 4, (2 << 5) | (1 << 11));	// the ring oscillator, as clk_sys
	chip.write(CLKDIV_M1, 4, 0);
	chip.write(CTRL, 4, 1);
	return chip;
}

test("a calendar that no reader looked at for years is right, whatever was set", () => {
	const moments: Moment[] = [[2027, 12, 31, 5, 23, 59, 58], [4095, 2, 29, 0, 31, 63, 63], [2100, 13, 0, 7, 4, 5, 6], [0, 0, 31, 6, 23, 0, 61], [2026, 15, 31, 3, 12, 0, 0]];
	for (const from of moments) {
		for (const seconds of [1, 59, 3_601, 86_401, 3_000_003]) {
			const [inSteps, atOnce] = [{ ...named(from) }, { ...named(from) }];
			for (let passed = 0; passed < seconds; passed++) {
				passCalendar(inSteps, 1, true);
			}
			passCalendar(atOnce, seconds, true);
			assert.deepEqual(atOnce, inSteps, `${seconds} s after ${from.join()}`);
		}
	}
	const later = named([2026, 11, 25, 3, 12, 0, 0]);
	// All 4096 years together have 1,496,064 days, 3 more than whole weeks.
	passCalendar(later, 1e6 * 1_496_064 * 86_400, true);
	assert.deepEqual(later, named([2026, 11, 25, (3 + 3e6) % 7, 12, 0, 0]));
});

function named([year, month, day, weekday, hour, minute, second]: Moment): CalendarMoment {
	return { year, month, day, weekday, hour, minute, second };
}

const alarms: [string, date: number, time: number][] = [
	["of every second", 0, 0],
	["of a minute", 0, MATCH_MINUTE | (7 << 8)],
	["of a second that no minute has", 0, MATCH_SECOND | 62],
	["of a day that no month has", (1 << 25) | (2 << 8) | (1 << 24) | 31, 0],
	["of a year", (1 << 26) | (2025 << 12), 0],
];
for (const [what, date, time] of alarms) {
	test(`an alarm ${what} costs next to nothing, however fast the RTC is told to count`, () => {
		const chip = racing([2026, 11, 25, 3, 12, 0, 0]);
		chip.write(INTE, 4, 1);
		chip.write(IRQ_SETUP_1, 4, time);
		chip.write(IRQ_SETUP_0, 4, date | MATCH_ENABLE);
		let events = 0;
		const { schedule } = chip.clock;
		chip.clock.schedule = (...event) => {
			events++;
			return schedule.apply(chip.clock, event);
		};
		pass(chip, 10_000_000);
		assert.ok(events < 10_000, `${events} events for 10 million seconds of the calendar`);
	});
}

test("an alarm begins and ends at its seconds when the RTC counts fast, and far away", () => {
	const chip = racing([2026, 11, 25, 3, 12, 0, 0]);
	chip.write(IRQ_SETUP_1, 4, MATCH_MINUTE | (2 << 8));
	chip.write(IRQ_SETUP_0, 4, MATCH_ENABLE);
	const raised: number[] = [];
	for (let second = 0; second < 4_000; second++) {
		if (chip.read(INTR, 4)) {
			raised.push(60 * now(chip)[5] + now(chip)[6]);
		}
		pass(chip, 1);
	}
	assert.deepEqual([raised.length, raised[0], raised[59], raised[60]], [120, 120, 179, 120]);
	chip.write(IRQ_SETUP_1, 4, 0);
	chip.write(IRQ_SETUP_0, 4, MATCH_ENABLE | (1 << 26) | (2027 << 12) | (1 << 25) | (3 << 8) | (1 << 24) | 1);
	while (!chip.read(INTR, 4)) {
		pass(chip, 50_000);
	}
	assert.deepEqual(now(chip).slice(0, 3), [2027, 3, 1]);
});
