// A program of chance for both cores of a board, in SRAM: what lock-step tests execute beside real firmware, which has one core.

import { PicoW } from "../../simulator/simulator.ts";
import { Chance } from "./chance.ts";

const SRAM = 0x20000000;
const SIO = 0xd0000000;
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
		halfwords(handler, [0x4804, 0x6d81, 0x6501, 0x4904, 0x680a, 0x3201, 0x600a, 0x4770, 0xbf00, 0xbf00, ...words([SIO, part + 0xf0])]);
		halfwords(part + PART_CODE, program(new Chance(programSeed, `core ${core}`), core === 0));
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
				put(0xbf00);
			}
		}
	}
	// SysTick at intervals of its own, and the FIFO's interrupt
	put(...constant(0, 0xe000e010), ...constant(1, 300 + chance.below(900)), 0x6041, 0x2107, 0x6001, 0xbf00);
	put(...constant(0, 0xe000e100), ...constant(1, launches ? 1 << 15 : 1 << 16), 0x6001, 0xbf00);
	const loop = code.length;
	for (let instruction = 0; instruction < 700; instruction++) {
		const [a, b, c] = [chance.below(5), chance.below(5), chance.below(5)];
		switch (chance.below(16)) {
			case 0: case 1: case 2: case 3: put(0x4000 | chance.below(16) << 6 | a << 3 | b); break;
			case 4: put(chance.below(3) << 11 | chance.below(32) << 6 | a << 3 | b); break;
			case 5: put(0x1800 | chance.below(4) << 9 | a << 6 | b << 3 | c); break;
			case 6: put(0x2000 | chance.below(4) << 11 | a << 8 | chance.below(256)); break;
			case 7: put(0xd000 | chance.below(14) << 8 | chance.below(3), 0xbf00, 0xb200 | chance.below(4) << 6 | a << 3 | b); break;
			case 8: put(chance.of([0x6000, 0x6800]) | chance.below(32) << 6 | 6 << 3 | a); break;
			case 9: put(chance.of([0x7000, 0x7800, 0x8000, 0x8800]) | chance.below(32) << 6 | 6 << 3 | a); break;
			case 10: put(0x2500 | 4 * chance.below(31), chance.of([0x5000, 0x5200, 0x5400, 0x5600, 0x5800, 0x5a00, 0x5c00, 0x5e00]) | 5 << 6 | 6 << 3 | a); break;
			case 11: put(0x4635, chance.of([0xc000, 0xc800]) | 5 << 8 | 1 + chance.below(31)); break; // mov r5, r6; stm or ldm of r0 to r4
			case 12: put(0xb400 | 1 + chance.below(31), 0xbc00 | 1 + chance.below(31), 0xb082, 0x9000 | a << 8 | 1, 0x9800 | b << 8, 0xb002, 0x466d); break;
			case 13: put((chance.below(2) ? 0x6000 : 0x6800) | chance.of([0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x04]) << 6 | 7 << 3 | a); break; // divider, GPIO_OUT
			case 14: put(...chance.of([[0x6800 | 0x14 << 6 | 7 << 3 | a, 0x6000 | 0x15 << 6 | 7 << 3 | b], [0x6800 | 0x16 << 6 | 7 << 3 | a], [0xbf40, 0xbf20], [0xba00 | chance.of([0, 1, 3]) << 6 | a << 3 | b]])); break;
			default: put(0x2580, 0x006d, 0x443d, chance.below(2) ? 0x6828 | a : 0x6028 | a); break; // r5 = SIO + 0x100: spin lock 0
		}
		// The stack's pointer comes back where one PUSH was longer than its POP; the bases, where something wrote over them.
		if (instruction % 20 === 19 || instruction === 0) {
			put(...code.length & 1 ? [0xbf00] : [], ...constant(5, (launches ? PARTS[0] : PARTS[1]) + PART_STACK - 0x100), 0x46ad, 0xbf00, ...constant(6, SHARED + 4 * chance.below(4)));
		}
	}
	// b back is too short: ldr r0, =loop; bx r0
	put(...code.length & 1 ? [0xbf00] : [], ...constant(0, (launches ? PARTS[0] : PARTS[1]) + PART_CODE + 2 * loop | 1), 0x4700);
	return code;
}

/** A board that is to run such a program, the same for the same seed. */
export function twoCores(programSeed: number): PicoW {
	const board = new PicoW();
	pair(board, programSeed);
	return board;
}
