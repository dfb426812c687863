// The wall clock of the board: unset at boot, set by NTP or by the script. Date follows it.

import { CodedError } from "../base/error.ts";

const set = native<(unixMs: number) => boolean>("xs_time_set");
const isSet = native<() => boolean>("xs_time_is_set");
const bound = native<(latest: boolean) => number>("xs_time_bound");

/** What the clock can be set to, both ends included. */
export interface TimeBounds {
	/** The day on which the image was built, or, if that is later, the beginning of a certificate that was proven since: a fact that is kept in flash. */
	readonly earliest: Date;
	/** 20 years behind the day of the build. */
	readonly latest: Date;
}

/** @returns what the clock can be set to. */
export function timeBounds(): TimeBounds {
	return { earliest: new Date(bound(false)), latest: new Date(bound(true)) };
}

/**
 * Sets the clock to `unixMs`, milliseconds since 1970-01-01T00:00:00Z.
 *
 * @throws RangeError when it is no time: negative, not finite, or behind the year 9999; CodedError ERR_TIME_OUT_OF_BOUNDS when it
 * cannot be the time, see `timeBounds`.
 */
export function setTime(unixMs: number): void {
	if (!(unixMs >= 0 && unixMs < 253402300800000)) {
		throw new RangeError(`${unixMs} is no time; give milliseconds since 1970`);
	}
	if (!set(Math.floor(unixMs))) {
		const { earliest, latest } = timeBounds();
		throw new CodedError("ERR_TIME_OUT_OF_BOUNDS", `time ${new Date(unixMs).toISOString()}: it cannot be. It is ${day(earliest)} at least, by the day of the build or a certificate that was proven since, and the image is good until ${day(latest)}.`);
	}
}

function day(date: Date): string {
	return date.toISOString().slice(0, 10);
}

/** True once the clock has been set since boot. Until then Date counts from boot, and TLS refuses. */
export function isTimeSet(): boolean {
	return isSet();
}

/**
 * True when, since the clock was set, a proven server has said that it is another time, by more than an hour: `fetch` compares, and
 * warns on the console. One of both is wrong, and nobody knows which: it moves no clock, and nothing is trusted more or less for it.
 * Who set the clock by NTP may ask again, or ask other servers.
 */
export const isTimeDoubted = native<() => boolean>("xs_time_is_doubted");

/** For who meets proven servers: takes note that one of them says another time. @returns true for the first since the clock was set. */
export const doubtTime = native<() => boolean>("xs_time_doubt");
