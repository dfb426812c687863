// The wall clock of the board: unset at boot, set by NTP or by the script. Date follows it.

const set = native<(unixMs: number) => boolean>("xs_time_set");
const isSet = native<() => boolean>("xs_time_is_set");

/**
 * Sets the clock to `unixMs`, milliseconds since 1970-01-01T00:00:00Z.
 *
 * @throws RangeError when it is no time: negative, not finite, or behind the year 9999
 */
export function setTime(unixMs: number): void {
	if (!(unixMs >= 0 && unixMs < 253402300800000) || !set(Math.floor(unixMs))) {
		throw new RangeError(`${unixMs} is no time; give milliseconds since 1970`);
	}
}

/** True once the clock has been set since boot. Until then Date counts from boot, and TLS refuses. */
export function isTimeSet(): boolean {
	return isSet();
}
