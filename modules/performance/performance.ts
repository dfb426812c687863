// performance.now (W3C High Resolution Time): a clock that only goes forward, whatever happens to the wall clock.

const micros = native<() => number>("xs_performance_micros");

export const performance = {
	/** Milliseconds since the board began, with microseconds behind the point. Never goes back. */
	now(): number {
		return micros() / 1000;
	},
	/** The wall clock's time at which the board began, in milliseconds since 1970: moves when the clock is set. */
	get timeOrigin(): number {
		return Date.now() - micros() / 1000;
	},
	toJSON(): { timeOrigin: number } {
		return { timeOrigin: performance.timeOrigin };
	},
};
