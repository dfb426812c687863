// A program of chance for both cores of a board, in SRAM: what lock-step tests execute beside real firmware, which has one core.

import { PicoW } from "../../simulator/simulator.ts";
import { Chance } from "../bench/random.ts";

const SRAM = 0x20000000;
const SIO = 0xd0000000;
const NOP = 0xbf00;
/** Where each core's part of the program lies: vectors, handler, code, stack. */
const PARTS = [SRAM + 0x1000, SRAM + 0x9000] as const;
const SHARED = SRAM + 0x20000;
const PART_STACK = 0x7000;
const PART_CODE = 0x200;

/**
 * Both cores stir the same words, take the same spin locks, send each other words and events, divide, and are interrupted by SysTick and
 * by what comes in the FIFO. Core 0 launches core 1 as the Pico SDK does.
 */
function pair(board: PicoW, programSeed: number): void {
	const halfwords = (address: number, list: readonly number[]): void => board.write(address, Uint8Array.from(list.flatMap((halfword) => [halfword & 0xff, halfword >>> 8])));
	const words = (list: readonly number[]): number[] => list.flatMap((word) => [word & 0xffff, word >>> 16]);
	PARTS.forEach((part, core) => {
		const handler = part + 0x100;
		halfwords(part, words([part + PART_STACK, part + PART_CODE | 1, ...Array<number>(46).fill(handler | 1)]));
		// ldr r0, =SIO; ldr r1, [r0, #FIFO_RD]; str r1, [r0, #FIFO_ST] clears its flags; count in a word of its own
		halfwords(handler, [0x4804, 0x6d81, 0x6501, 0x4904, 0x680a, 0x3201, 0x600a, 0x4770, NOP, NOP, ...words([SIO, part + 0xf0])]);
		halfwords(part + PART_CODE, program(new Chance(2 * programSeed + core), core === 0));
	});
	const { core } = board;
	core.setMainStack(PARTS[0] + PART_STACK);
	core.vtor = PARTS[0];
	core.programCounter = PARTS[0] + PART_CODE;
}

/** ldr rN, =word, from the pool right behind a branch over it; keeps the alignment of an even count of halfwords. */
function constant(register: number, word: number): number[] {
	return [0x4800 | register << 8, 0xe001, word & 0xffff, word >>> 16];
}

function program(chance: Chance, launches: boolean): number[] {
	const code: number[] = [];
	const put = (...halfwords: number[]): void => { code.push(...halfwords); };
	put(...constant(7, SIO));
	if (launches) {
		for (const word of [0, 0, 1, PARTS[1], PARTS[1] + PART_STACK, PARTS[1] + PART_CODE | 1]) {
			put(...constant(0, word));
			// before a 0 all that waits is taken: ldr r1, [r7, #FIFO_ST]; lsrs r1, #1; bcc +1; ldr r1, [r7, #FIFO_RD]; b back
			put(...word === 0 ? [0x6d39, 0x0849, 0xd301, 0x6db9, 0xe7fa] : [], 0x6578, 0xbf40); // str r0, [r7, #FIFO_WR]; sev
			put(0x6d39, 0x0849, 0xd3fc, 0x6db9); // the answer: ldr r1, [r7, #FIFO_ST]; lsrs r1, #1; bcc back; ldr r1, [r7, #FIFO_RD]
			if (code.length & 1) {
				put(NOP);
			}
		}
	}
	// SysTick at intervals of its own, and the FIFO's interrupt
	put(...constant(0, 0xe000e010), ...constant(1, 300 + chance.below(900)), 0x6041, 0x2107, 0x6001, NOP);
	put(...constant(0, 0xe000e100), ...constant(1, launches ? 1 << 15 : 1 << 16), 0x6001, NOP);
	const loop = code.length;
	for (let instruction = 0; instruction < 700; instruction++) {
		const [a, b, c] = [chance.below(5), chance.below(5), chance.below(5)];
		switch (chance.below(16)) {
			case 0: case 1: case 2: case 3:
				put(0x4000 | chance.below(16) << 6 | a << 3 | b); // ANDS to MVNS
				break;
			case 4:
				put(chance.below(3) << 11 | chance.below(32) << 6 | a << 3 | b); // shifts by an immediate
				break;
			case 5:
				put(0x1800 | chance.below(4) << 9 | a << 6 | b << 3 | c); // ADDS and SUBS of three
				break;
			case 6:
				put(0x2000 | chance.below(4) << 11 | a << 8 | chance.below(256)); // MOVS, CMP, ADDS, SUBS of a byte
				break;
			case 7:
				put(0xd000 | chance.below(14) << 8 | chance.below(3), NOP, 0xb200 | chance.below(4) << 6 | a << 3 | b); // a branch over an extension
				break;
			case 8:
				put(chance.pick([0x6000, 0x6800]) | chance.below(32) << 6 | 6 << 3 | a); // a shared word: STR, LDR
				break;
			case 9:
				put(chance.pick([0x7000, 0x7800, 0x8000, 0x8800]) | chance.below(32) << 6 | 6 << 3 | a); // STRB, LDRB, STRH, LDRH
				break;
			case 10:
				put(0x2500 | 4 * chance.below(31), 0x5000 | chance.below(8) << 9 | 5 << 6 | 6 << 3 | a); // all of them by r5
				break;
			case 11:
				put(0x4635, chance.pick([0xc000, 0xc800]) | 5 << 8 | 1 + chance.below(31)); // mov r5, r6; STM or LDM of r0 to r4
				break;
			case 12:
				// PUSH, POP; sub sp, #8; STR and LDR by sp; add sp, #8; mov r5, sp
				put(0xb400 | 1 + chance.below(31), 0xbc00 | 1 + chance.below(31), 0xb082, 0x9000 | a << 8 | 1, 0x9800 | b << 8, 0xb002, 0x466d);
				break;
			case 13:
				put(chance.pick([0x6000, 0x6800]) | chance.pick([0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x04]) << 6 | 7 << 3 | a); // the divider, GPIO_OUT
				break;
			case 14:
				put(...chance.pick([
					[0x6800 | 0x14 << 6 | 7 << 3 | a, 0x6000 | 0x15 << 6 | 7 << 3 | b], // FIFO_ST, a word to the other core
					[0x6800 | 0x16 << 6 | 7 << 3 | a], // a word from it
					[0xbf40, 0xbf20], // SEV, WFE
					[0xba00 | chance.pick([0, 1, 3]) << 6 | a << 3 | b], // REV, REV16, REVSH
				]));
				break;
			default:
				put(0x2580, 0x006d, 0x443d, chance.pick([0x6828, 0x6028]) | a); // r5 = SIO + 0x100: spin lock 0 is asked for, or let go
		}
		// The stack's pointer comes back where one PUSH was longer than its POP; the bases, where something wrote over them.
		if (instruction % 20 === 19 || instruction === 0) {
			put(...code.length & 1 ? [NOP] : [], ...constant(5, (launches ? PARTS[0] : PARTS[1]) + PART_STACK - 0x100), 0x46ad, NOP, ...constant(6, SHARED + 4 * chance.below(4)));
		}
	}
	// b back is too short: ldr r0, =loop; bx r0
	put(...code.length & 1 ? [NOP] : [], ...constant(0, (launches ? PARTS[0] : PARTS[1]) + PART_CODE + 2 * loop | 1), 0x4700);
	return code;
}

/** A board that is to run such a program, the same for the same seed. */
export function twoCores(programSeed: number): PicoW {
	const board = new PicoW();
	pair(board, programSeed);
	return board;
}
