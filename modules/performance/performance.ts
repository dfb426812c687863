// performance.now (W3C High Resolution Time): a clock that only goes forward, whatever happens to the wall clock.

import { uptimeMs } from "../base/uptime.ts";

export const performance = {
	/** Milliseconds since the board began, with microseconds behind the point. Never goes back. */
	now(): number {
		return uptimeMs();
	},
	/** The wall clock's time at which the board began, in milliseconds since 1970: moves when the clock is set. */
	get timeOrigin(): number {
		return Date.now() - uptimeMs();
	},
	toJSON(): { timeOrigin: number } {
		return { timeOrigin: performance.timeOrigin };
	},
};
