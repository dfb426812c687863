// How `npm run flash` ends beside 0, and beside 1 for what has to be put right first.

/** Time is over, and there was no drive to write to. */
export const exitNoDrive = 2;
/** The drive went away, or took no more, before all was on it. */
export const exitCut = 3;
/** All is on the board, and it did not come back. */
export const exitNotBack = 4;
