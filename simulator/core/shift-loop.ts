/**
 * Finds, in the memory of a PIO block, the loop of two instructions by which serial protocols shift a word: a bit out of
 * the OSR or into the ISR, and a jump back as long as X or Y counts, with the clock as the side-set of both (RP2040
 * datasheet 3.4, encodings). The gSPI programs of the drivers in use are such loops.
 */

export interface ShiftLoop {
	/** The program counter stands at the shift; else at the jump. */
	readonly atShift: boolean;
	/** OUT PINS, 1; else IN PINS, 1. */
	readonly outwards: boolean;
	/** JMP X--; else JMP Y--. */
	readonly countsX: boolean;
	/** The clock rises with the shift; else with the jump. */
	readonly riseAtShift: boolean;
}

const SIDE = 0x1000;
/** Opcode and operands, without the side-set and without a delay: a loop with delays is none of these. */
const FORM = 0xefff;
const OUT_PINS_1 = 0x6001;
const IN_PINS_1 = 0x4001;
const JUMP_X = 0x0040;
const JUMP_Y = 0x0080;

/** By direction, counter, edge and place: the answers are made once. */
const LOOPS: readonly ShiftLoop[] = Array.from({ length: 16 }, (_, kind) => ({
	atShift: (kind & 1) !== 0, outwards: (kind & 2) !== 0, countsX: (kind & 4) !== 0, riseAtShift: (kind & 8) !== 0,
}));

/** The loop that an instruction belongs to. For side-sets of one pin, without SIDE_EN. */
export function shiftLoopAt(instructions: Uint16Array, programCounter: number, wrapTop: number): ShiftLoop | undefined {
	const present = instructions[programCounter];
	const atShift = present >>> 14 === 1;
	const start = atShift ? programCounter : (programCounter - 1) & 31;
	const shift = instructions[start];
	const jump = instructions[(start + 1) & 31];
	const outwards = (shift & FORM) === OUT_PINS_1;
	const countsX = (jump & FORM) === (JUMP_X | start);
	if (
		(!outwards && (shift & FORM) !== IN_PINS_1) || (!countsX && (jump & FORM) !== (JUMP_Y | start))
		|| !((shift ^ jump) & SIDE) || start === wrapTop
	) {
		return undefined;
	}
	return LOOPS[(atShift ? 1 : 0) | (outwards ? 2 : 0) | (countsX ? 4 : 0) | (shift & SIDE ? 8 : 0)];
}
