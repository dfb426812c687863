/**
 * RTC (RP2040 datasheet 4.8): a calendar of seconds that clk_rtc and its divider count, and an alarm that compares the
 * fields it is told to. Nothing is scheduled for the seconds: the time is computed when it is asked for, and an event
 * waits only for a second in which an alarm begins or ends, however fast software lets them follow each other.
 */
import type { VirtualClock } from "../core/virtual-clock.ts";
import { Block } from "../core/registers.ts";
import { type Moment, pass, secondsToTurn, turn, type Unit } from "./calendar.ts";

const IRQ_RTC = 25;
const CONTROL_ENABLE = 1;
const CONTROL_ACTIVE = 2;
const CONTROL_LOAD = 0x10;
const CONTROL_FORCE_NOT_LEAP = 0x100;
const MATCH_ENABLE = 1 << 28;
const MATCH_ACTIVE = 1 << 29;
const MATCH_YEAR = 1 << 26;
const MATCH_MONTH = 1 << 25;
const MATCH_DAY = 1 << 24;
const MATCH_WEEKDAY = 1 << 31;
const MATCH_HOUR = 1 << 30;
const MATCH_MINUTE = 1 << 29;
const MATCH_SECOND = 1 << 28;
/** The bits of a date (SETUP_0) and of a time (SETUP_1). */
const DATE_BITS = 0xffff1f;
const TIME_BITS = 0x71f3f3f;
/** What an alarm may compare, the longest unit first: which unit, of a moment, in which alarm register, if this bit is set, where. */
const COMPARED: [Unit | "second", keyof Moment, 0 | 1, enable: number, shift: number, mask: number][] = [
	["year", "year", 0, MATCH_YEAR, 12, 0xfff],
	["month", "month", 0, MATCH_MONTH, 8, 15],
	["day", "day", 0, MATCH_DAY, 0, 31],
	["day", "weekday", 1, MATCH_WEEKDAY, 24, 7],
	["hour", "hour", 1, MATCH_HOUR, 16, 31],
	["minute", "minute", 1, MATCH_MINUTE, 8, 63],
	["second", "second", 1, MATCH_SECOND, 0, 63],
];
/** Turns of the calendar that are looked through for an alarm before an event goes on with it: there may be no such moment. */
const SEARCHED_TURNS = 512;

export class Rtc extends Block {
	readonly #clock: VirtualClock;
	readonly #sourceHz: () => number;
	readonly #setInterrupt: (irq: number, high: boolean) => void;
	#divider = 0;
	#setup0 = 0;
	#setup1 = 0;
	#control = 0;
	#alarm0 = 0;
	#alarm1 = 0;
	#interruptEnable = 0;
	#interruptForce = 0;
	#now: Moment = { year: 0, month: 1, day: 1, weekday: 0, hour: 0, minute: 0, second: 0 };
	/** When the second of `#now` began, and how long a second is, as far as it was told. */
	#since = 0;
	#period = Infinity;
	#matched = false;
	#cancel: (() => void) | undefined;
	/** What a read of RTC_0 holds for RTC_1. */
	#latchedDate = 0;

	/** @param sourceHz clk_rtc, 0 while it is off. */
	constructor(clock: VirtualClock, sourceHz: () => number, setInterrupt: (irq: number, high: boolean) => void, unknown: (text: string) => void) {
		super("RTC", unknown);
		this.#clock = clock;
		this.#sourceHz = sourceHz;
		this.#setInterrupt = setInterrupt;
	}

	reset(): void {
		this.#divider = this.#setup0 = this.#setup1 = this.#control = this.#alarm0 = this.#alarm1 = 0;
		this.#interruptEnable = this.#interruptForce = this.#latchedDate = 0;
		this.#now = { year: 0, month: 1, day: 1, weekday: 0, hour: 0, minute: 0, second: 0 };
		this.#matched = false;
		this.#period = Infinity;
		this.#stoodPart = 0;
		this.#cancel?.();
		this.#cancel = undefined;
		this.#update();
	}

	/** clk_rtc, the divider or the switch may be another: the part of a second that was counted counts on. */
	sourceChanged(): void {
		const hz = this.#sourceHz();
		const period = this.#control & CONTROL_ENABLE && hz ? ((this.#divider + 1) * 1e6) / hz : Infinity;
		if (period === this.#period) {
			return;
		}
		this.#catchUp();
		const part = this.#period === Infinity ? this.#stoodPart : (this.#clock.micros - this.#since) / this.#period;
		this.#period = period;
		this.#stoodPart = part;
		this.#since = period === Infinity ? this.#clock.micros : this.#clock.micros - part * period;
		this.#watch();
	}

	/** While nothing counts: how much of the second was over. */
	#stoodPart = 0;

	/** Counts the seconds that have passed. */
	#catchUp(): void {
		const period = this.#period;
		if (period === Infinity) {
			return;
		}
		// A hair of a nanosecond absorbs the rounding of the instants that were scheduled.
		const passed = Math.floor((this.#clock.micros - this.#since) / period + 1e-9);
		if (passed > 0) {
			pass(this.#now, passed, this.#leapYears);
			this.#since += passed * period;
		}
	}

	get #leapYears(): boolean {
		return !(this.#control & CONTROL_FORCE_NOT_LEAP);
	}

	/**
	 * The alarm is compared at the beginning of each second, and stands for that second; not where it is switched on within.
	 * The core sees the interrupt by cycles: events are no denser.
	 */
	#watch(): void {
		this.#cancel?.();
		this.#cancel = undefined;
		const period = this.#period;
		if (!(this.#alarm0 & MATCH_ENABLE) || period === Infinity) {
			return;
		}
		const seconds = this.#secondsToChange();
		if (seconds === Infinity) {
			return;
		}
		const delayMicros = this.#since + seconds * period - this.#clock.micros;
		this.#cancel = this.#clock.schedule(Math.max(delayMicros, 1e6 / this.#clock.frequencyHz), () => {
			this.#cancel = undefined;
			this.#catchUp();
			this.#matched = this.#mismatch(this.#now) === undefined;
			this.#update();
			this.#watch();
		});
	}

	/** Seconds until the alarm may begin or end; there it is looked at anew. */
	#secondsToChange(): number {
		const moment = { ...this.#now };
		let seconds = 1;
		pass(moment, 1, this.#leapYears);
		let unit = this.#mismatch(moment);
		if (this.#matched) {
			return unit ? 1 : this.#secondsMatching(moment) + seconds;
		}
		for (let turns = 0; unit && turns < SEARCHED_TURNS; turns++) {
			if (unit === "second") {
				const wanted = this.#alarm1 & 63;
				if (moment.second < wanted && wanted < 60) {
					return seconds + wanted - moment.second;
				}
				unit = "minute";
			}
			seconds += secondsToTurn(moment, unit, this.#leapYears);
			turn(moment, unit, this.#leapYears);
			unit = this.#mismatch(moment);
		}
		return seconds;
	}

	/** Seconds for which a moment that matches goes on to do so: until the smallest of the compared numbers is another. */
	#secondsMatching(moment: Moment): number {
		const unit = COMPARED.findLast((row) => this.#compares(row))?.[0];
		return unit === undefined ? Infinity : unit === "second" ? 1 : secondsToTurn(moment, unit, this.#leapYears);
	}

	#compares([, , register, enable]: (typeof COMPARED)[number]): boolean {
		return ((register ? this.#alarm1 : this.#alarm0) & enable) !== 0;
	}

	/** The longest unit in which a moment is not the alarm's; undefined when it is the alarm's. */
	#mismatch(moment: Moment): Unit | "second" | undefined {
		const row = COMPARED.find((row) => {
			const [, field, register, , shift, mask] = row;
			return this.#compares(row) && moment[field] !== (((register ? this.#alarm1 : this.#alarm0) >>> shift) & mask);
		});
		return row?.[0];
	}

	get #raw(): number {
		return this.#matched && this.#alarm0 & MATCH_ENABLE ? 1 : 0;
	}

	/** Its interrupt line is high. */
	get interrupting(): boolean {
		return ((this.#raw & this.#interruptEnable) | this.#interruptForce) !== 0;
	}

	#update(): void {
		this.#setInterrupt(IRQ_RTC, this.interrupting);
	}

	protected read(offset: number): number | undefined {
		this.#catchUp();
		const now = this.#now;
		switch (offset) {
			case 0x00: return this.#divider;
			case 0x04: return this.#setup0;
			case 0x08: return this.#setup1;
			case 0x0c: return this.#control | (this.#control & CONTROL_ENABLE ? CONTROL_ACTIVE : 0);
			case 0x10: return this.#alarm0 | (this.#alarm0 & MATCH_ENABLE ? MATCH_ACTIVE : 0);
			case 0x14: return this.#alarm1;
			case 0x18: return this.#latchedDate;
			case 0x1c:
				// The date is held for the read that follows, so that both belong to one second.
				this.#latchedDate = (now.year << 12) | (now.month << 8) | now.day;
				return (now.weekday << 24) | (now.hour << 16) | (now.minute << 8) | now.second;
			case 0x20: return this.#raw;
			case 0x24: return this.#interruptEnable;
			case 0x28: return this.#interruptForce;
			case 0x2c: return (this.#raw & this.#interruptEnable) | this.#interruptForce;
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		this.#catchUp();
		switch (offset) {
			case 0x00: this.#divider = value & 0xffff; break;
			case 0x04: this.#setup0 = value & DATE_BITS; return true;
			case 0x08: this.#setup1 = value & TIME_BITS; return true;
			case 0x0c:
				this.#control = value & (CONTROL_ENABLE | CONTROL_FORCE_NOT_LEAP);
				if (value & CONTROL_LOAD) {
					this.#load();
				}
				break;
			case 0x10: this.#alarm0 = value & (DATE_BITS | MATCH_ENABLE | MATCH_YEAR | MATCH_MONTH | MATCH_DAY); break;
			case 0x14: this.#alarm1 = value & (TIME_BITS | MATCH_WEEKDAY | MATCH_HOUR | MATCH_MINUTE | MATCH_SECOND); break;
			case 0x24: this.#interruptEnable = value & 1; break;
			case 0x28: this.#interruptForce = value & 1; break;
			default: return offset <= 0x2c;
		}
		this.#matched &&= (this.#alarm0 & MATCH_ENABLE) !== 0;
		this.sourceChanged();
		this.#watch();
		this.#update();
		return true;
	}

	#load(): void {
		const [date, time] = [this.#setup0, this.#setup1];
		this.#now = {
			year: date >>> 12, month: (date >>> 8) & 15, day: date & 31,
			weekday: (time >>> 24) & 7, hour: (time >>> 16) & 31, minute: (time >>> 8) & 63, second: time & 63,
		};
		this.#since = this.#clock.micros;
		this.#stoodPart = 0;
	}
}
