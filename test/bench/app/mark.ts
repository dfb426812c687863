// Marks on pins of the board, for who measures from outside: a simulator, or a logic analyser.

const raise = native<(pin: number) => void>("xs_mark_raise");

/** GP2 to GP5, each raised once. */
const pins = { main: 2, address: 3, firstByte: 4, whole: 5 } as const;

/** Raises the pin of this moment. */
export function mark(moment: keyof typeof pins): void {
	raise(pins[moment]);
}
