// A board that has run for long already.

/** The board's clock goes on at this many milliseconds since its start. To be called before anything waits. */
export const later = native<(uptimeMs: number) => void>("xs_week_later");
