/**
 * RTC (RP2040 datasheet 4.8): a calendar of seconds that clk_rtc and its divider count, and an alarm that compares the
 * fields it is told to. Nothing is scheduled for the seconds: the time is computed when it is asked for, and an event
 * waits only while an alarm is on.
 */
import type { VirtualClock } from "../core/virtual-clock.ts";
import { Block } from "../core/registers.ts";

const IRQ_RTC = 25;
const CONTROL_ENABLE = 1;
const CONTROL_ACTIVE = 2;
const CONTROL_LOAD = 0x10;
/** Leap years are every fourth, unless software says that this century's first is none (datasheet 4.8.4). */
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
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

interface Moment {
	year: number;
	month: number;
	day: number;
	weekday: number;
	hour: number;
	minute: number;
	second: number;
}

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
		for (let second = 0; second < passed; second++) {
			this.#count();
		}
		this.#since += passed * period;
	}

	#count(): void {
		const now = this.#now;
		this.#matched = false;
		if (++now.second < 60) {
			return;
		}
		now.second = 0;
		if (++now.minute < 60) {
			return;
		}
		now.minute = 0;
		if (++now.hour < 24) {
			return;
		}
		now.hour = 0;
		now.weekday = (now.weekday + 1) % 7;
		const leap = now.month === 2 && now.year % 4 === 0 && !(this.#control & CONTROL_FORCE_NOT_LEAP);
		if (++now.day <= (DAYS[now.month - 1] ?? 31) + (leap ? 1 : 0)) {
			return;
		}
		now.day = 1;
		if (++now.month <= 12) {
			return;
		}
		now.month = 1;
		now.year = (now.year + 1) & 0xfff;
	}

	/** The alarm is compared at the beginning of each second, and stands for that second; not where it is switched on within. */
	#watch(): void {
		this.#cancel?.();
		this.#cancel = undefined;
		const period = this.#period;
		if (!(this.#alarm0 & MATCH_ENABLE) || period === Infinity) {
			return;
		}
		this.#cancel = this.#clock.schedule(this.#since + period - this.#clock.micros, () => {
			this.#cancel = undefined;
			this.#catchUp();
			this.#matched = this.#matches();
			this.#update();
			this.#watch();
		});
	}

	#matches(): boolean {
		const now = this.#now;
		const [date, time] = [this.#alarm0, this.#alarm1];
		return (
			(!(date & MATCH_YEAR) || now.year === ((date >>> 12) & 0xfff)) &&
			(!(date & MATCH_MONTH) || now.month === ((date >>> 8) & 15)) &&
			(!(date & MATCH_DAY) || now.day === (date & 31)) &&
			(!(time & MATCH_WEEKDAY) || now.weekday === ((time >>> 24) & 7)) &&
			(!(time & MATCH_HOUR) || now.hour === ((time >>> 16) & 31)) &&
			(!(time & MATCH_MINUTE) || now.minute === ((time >>> 8) & 63)) &&
			(!(time & MATCH_SECOND) || now.second === (time & 63))
		);
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
