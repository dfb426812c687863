// The clock that only goes forward, whatever happens to the wall clock.

/** Milliseconds since the board began, with microseconds behind the point. */
export const uptimeMs = native<() => number>("xs_uptime_milliseconds");
