/** The RTC's calendar (RP2040 datasheet 4.8): what a moment becomes, and when, without a step for each second. */

/** Numbers as the RTC's fields hold them; software can set any, also a 63rd second. */
export interface Moment {
	year: number;
	month: number;
	day: number;
	weekday: number;
	hour: number;
	minute: number;
	second: number;
}

/** What turns when the units below it are over, the shortest first. */
const UNITS = ["minute", "hour", "day", "month", "year"] as const;
export type Unit = (typeof UNITS)[number];

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAY_SECONDS = 86_400;
/** The year has 12 bits. */
const YEARS = 4096;

/** @param leapYears every fourth year is one, unless software says that this century's first is none (datasheet 4.8.4). */
function daysOfMonth({ year, month }: Moment, leapYears: boolean): number {
	return (DAYS[month - 1] ?? 31) + (month === 2 && leapYears && year % 4 === 0 ? 1 : 0);
}

/** Days until the month or the year turns, the present one among them. A number beyond its range turns at once. */
function daysToTurn(moment: Moment, unit: "month" | "year", leapYears: boolean): number {
	let days = Math.max(daysOfMonth(moment, leapYears) - moment.day, 0) + 1;
	if (unit === "year") {
		for (let month = moment.month + 1; month <= 12; month++) {
			days += daysOfMonth({ ...moment, month }, leapYears);
		}
	}
	return days;
}

/** Seconds until `unit` turns: 1 or more. */
export function secondsToTurn(moment: Moment, unit: Unit, leapYears: boolean): number {
	const toMinute = Math.max(60 - moment.second, 1);
	const toHour = toMinute + 60 * Math.max(59 - moment.minute, 0);
	const toDay = toHour + 3600 * Math.max(23 - moment.hour, 0);
	switch (unit) {
		case "minute": return toMinute;
		case "hour": return toHour;
		case "day": return toDay;
		default: return toDay + DAY_SECONDS * (daysToTurn(moment, unit, leapYears) - 1);
	}
}

/** The next second. */
function tick(moment: Moment, leapYears: boolean): void {
	if (++moment.second < 60) {
		return;
	}
	moment.second = 0;
	if (++moment.minute < 60) {
		return;
	}
	moment.minute = 0;
	if (++moment.hour < 24) {
		return;
	}
	moment.hour = 0;
	moment.weekday = (moment.weekday + 1) % 7;
	if (++moment.day <= daysOfMonth(moment, leapYears)) {
		return;
	}
	moment.day = 1;
	if (++moment.month <= 12) {
		return;
	}
	moment.month = 1;
	moment.year = (moment.year + 1) % YEARS;
}

/** Lets `unit` turn: its last second, and the one behind it. */
export function turn(moment: Moment, unit: Unit, leapYears: boolean): void {
	if (unit === "month" || unit === "year") {
		moment.weekday = (moment.weekday + daysToTurn(moment, unit, leapYears) - 1) % 7;
		moment.month = unit === "year" ? 12 : moment.month;
		moment.day = daysOfMonth(moment, leapYears);
	}
	moment.hour = unit === "minute" || unit === "hour" ? moment.hour : 23;
	moment.minute = unit === "minute" ? moment.minute : 59;
	moment.second = 59;
	tick(moment, leapYears);
}

/** Lets `seconds` pass, however many. */
export function pass(moment: Moment, seconds: number, leapYears: boolean): void {
	let left = seconds;
	for (const unit of [...UNITS].reverse()) {
		for (let next = secondsToTurn(moment, unit, leapYears); next <= left; next = secondsToTurn(moment, unit, leapYears)) {
			turn(moment, unit, leapYears);
			left -= next;
			if (unit === "year") {
				// From a first of January on, all years together come again but for the day of the week.
				const cycleDays = 365 * YEARS + (leapYears ? YEARS / 4 : 0);
				const cycles = Math.floor(left / (cycleDays * DAY_SECONDS));
				left -= cycles * cycleDays * DAY_SECONDS;
				moment.weekday = (moment.weekday + cycles * (cycleDays % 7)) % 7;
			}
		}
	}
	moment.second += left;
}
