/** What the radio is told bit by bit is what it would learn from edges: the same words, in the same cycles. */
import assert from "node:assert/strict";
import test from "node:test";
import { SeededRandom } from "../../../simulator/core/random.ts";
import { GspiBits, type WordPort } from "../../../simulator/radio/gspi-bits.ts";
import type { BitListener } from "../../../simulator/wires.ts";
import { bareChip, LOOP, pass } from "../simulator/bare-chip.ts";

const PIO = 0x50200000;
const FDEBUG = PIO + 8;
const TXF0 = PIO + 0x10;
const RXF0 = PIO + 0x20;
const INSTR_MEM0 = PIO + 0x48;
const CLKDIV = PIO + 0xc8;
const EXECCTRL = PIO + 0xcc;
const SHIFTCTRL = PIO + 0xd0;
const INSTR = PIO + 0xd8;
const PINCTRL = PIO + 0xdc;
const SYNC_BYPASS = PIO + 0x38;
const DMA = 0x50000000;
const IO_BANK0 = 0x40014000;
const PADS_BANK0 = 0x4001c000;
const FUNCTION_PIO0 = 6;
const SRAM_OUT = 0x20001000;
const SRAM_IN = 0x20002000;
/** GPIOs. */
const DATA = 24;
const SELECT = 25;
const CLOCK = 29;
const REG_ON = 23;

/** The programs of the drivers at work (side-set of the clock in bit 12): bits out, turn, bits in. */
const PROGRAMS = {
	"sampled at the falling edge": [0x6001, 0x1040, 0xe080, 0xb042, 0x4001, 0x1084],
	"sampled at the rising edge": [0x6001, 0x1040, 0xe080, 0xb042, 0xa042, 0x5001, 0x0085],
	"without a pause": [0x6001, 0x1040, 0xe080, 0x5001, 0x0083],
} as const;

interface Scene {
	readonly program: keyof typeof PROGRAMS;
	/** In 256ths. */
	readonly divider: number;
	readonly highSpeed: boolean;
	readonly bypass: boolean;
	/** Bits of a word of the FIFOs. */
	readonly threshold: number;
	/** The clock's own input is on. */
	readonly clockInput: boolean;
	readonly outputDelayNanos: number;
	/** The core reads this register all the time; 0: it turns in a loop. */
	readonly polls: number;
	readonly seed: number;
}

/** Everything that anybody can see of some transfers. */
function transcript(scene: Scene, byEdges: boolean): { lines: string[]; bits: number } {
	const chip = bareChip();
	const random = new SeededRandom(scene.seed, "transfers");
	const lines: string[] = [];
	let bits = 0;
	const told = (text: string): void => {
		lines.push(`${chip.clock.cycles} ${chip.clock.micros.toFixed(3)} ${text}`);
	};
	let words = 0;
	let answersAfter = 1;
	// What the chip sets going is seen as soon.
	const soon = (): void => void chip.clock.schedule(0.02, () => told("soon after"));
	const port: WordPort = {
		highSpeed: scene.highSpeed,
		begin: () => {
			words = 0;
			told("selected");
		},
		onlyStatus: false,
		hostWord: (word) => {
			told(`word ${word.toString(16)}`);
			soon();
			return ++words === answersAfter;
		},
		chipWord: () => {
			const word = random.next32();
			told(`answer ${word.toString(16)}`);
			soon();
			return word;
		},
		end: (loose, clocks) => told(`deselected, ${loose} loose, ${clocks} clocks`),
	};
	const pin = (index: number) => chip.pins.pin(index);
	const gspi = new GspiBits({
		regOn: pin(REG_ON), data: pin(DATA), chipSelect: pin(SELECT), clock: pin(CLOCK),
		listen: (listener: BitListener) => {
			chip.pins.heard = {
				data: DATA, clock: CLOCK, edges: byEdges, by: {
					get quietEdges() {
						return listener.quietEdges;
					},
					clockRose() {
						bits++;
						listener.clockRose();
					},
				},
			};
		},
	}, chip.clock, { violation: (level, code, text) => told(`${level} ${code}: ${text}`) }, () => port, scene.outputDelayNanos);
	gspi.setInterrupt(false);
	chip.clock.frequencyHz = 125_000_000;

	// SIO drives power and chip select, low data first; then the pins are the machine's.
	const control = (index: number, value: number) => chip.poke(IO_BANK0 + 4 + 8 * index, 4, value);
	chip.poke(0xd0000020, 4, (1 << REG_ON) | (1 << SELECT));
	chip.poke(0xd0000010, 4, 1 << SELECT);
	control(REG_ON, 5);
	control(SELECT, 5);
	chip.poke(0xd0000014, 4, 1 << REG_ON);
	control(DATA, FUNCTION_PIO0);
	control(CLOCK, FUNCTION_PIO0);
	PROGRAMS[scene.program].forEach((instruction, index) => chip.poke(INSTR_MEM0 + 4 * index, 4, instruction));
	chip.poke(EXECCTRL, 4, (PROGRAMS[scene.program].length - 1) << 12);
	const shiftControl = ((scene.threshold & 31) << 25) | ((scene.threshold & 31) << 20) | (1 << 17) | (1 << 16);
	chip.poke(SHIFTCTRL, 4, shiftControl);
	chip.poke(PINCTRL, 4, ((1 << 29) | (1 << 26) | (1 << 20) | (DATA << 15) | (CLOCK << 10) | (DATA << 5) | DATA) >>> 0);
	chip.poke(SYNC_BYPASS, 4, scene.bypass ? 1 << DATA : 0);
	chip.poke(CLKDIV, 4, scene.divider << 8);
	chip.poke(PADS_BANK0 + 4 + 4 * CLOCK, 4, scene.clockInput ? 0x56 : 0x16);
	// SIDE_PINDIR for one instruction: the clock's direction.
	chip.poke(EXECCTRL, 4, ((PROGRAMS[scene.program].length - 1) << 12) | 0x20000000);
	chip.poke(INSTR, 4, 0xb042);
	chip.poke(EXECCTRL, 4, (PROGRAMS[scene.program].length - 1) << 12);
	pass(chip, 10_000);
	if (scene.polls) {
		// ldr r1, [r0]; b .-2
		chip.poke(LOOP, 2, 0x6801);
		chip.poke(LOOP + 2, 2, 0xe7fd);
		chip.core.programCounter = LOOP;
		chip.core.registers[0] = scene.polls;
	}

	for (let transfer = 0; transfer < 8; transfer++) {
		answersAfter = 1 + (random.next32() % 3);
		const outBits = answersAfter * 32 - (random.next32() % 8 === 0 ? 5 : 0);
		const inBits = (1 + (random.next32() % 5)) * 32 - (random.next32() % 4 === 0 ? 3 : 0);
		chip.poke(0xd0000018, 4, 1 << SELECT);
		chip.poke(PIO, 4, 0x110);	// restart, clock restart, not yet on
		chip.poke(SHIFTCTRL, 4, (1 << 17) | 0x40000000);	// empties the FIFOs
		chip.poke(SHIFTCTRL, 4, (1 << 17));
		for (const [count, where] of [[outBits, 1], [inBits, 2]] as const) {
			chip.poke(TXF0, 4, count - 1);
			chip.poke(INSTR, 4, 0x6000 | (where << 5));	// OUT X or Y, 32
		}
		chip.poke(SHIFTCTRL, 4, shiftControl);
		chip.poke(INSTR, 4, 0xe081);	// SET PINDIRS, 1
		chip.poke(INSTR, 4, 0x0000);	// JMP 0
		for (let word = 0; word < 16; word++) {
			chip.poke(SRAM_OUT + 4 * word, 4, random.next32());
		}
		chip.poke(DMA + 0x40, 4, RXF0);
		chip.poke(DMA + 0x44, 4, SRAM_IN);
		chip.poke(DMA + 0x48, 4, Math.floor(inBits / scene.threshold));
		chip.poke(DMA + 0x4c, 4, 1 | (2 << 2) | (1 << 5) | (1 << 11) | (4 << 15));
		chip.poke(DMA, 4, SRAM_OUT);
		chip.poke(DMA + 4, 4, TXF0);
		chip.poke(DMA + 8, 4, Math.ceil(outBits / scene.threshold) + (random.next32() % 3));
		chip.poke(DMA + 0xc, 4, 1 | (2 << 2) | (1 << 4) | (0 << 11) | (0 << 15));
		chip.poke(PIO, 4, 1);
		// Stopped here and there, and looked at.
		for (let look = 0; look < 12; look++) {
			pass(chip, 1 + (random.next32() % 400));
			if (random.next32() % 4 === 0) {
				chip.poke(TXF0, 4, 0x12345678);
			}
			told(`pins ${chip.pins.level.toString(16)} in ${chip.pins.input.toString(16)} was ${chip.pins.previousInput.toString(16)} at ${chip.pins.inputChangedAt}`
				+ ` edges ${chip.peek(IO_BANK0 + 0xfc, 4).toString(16)} pc ${chip.peek(PIO + 0xd4, 4)} levels ${chip.peek(PIO + 0xc, 4)} debug ${chip.peek(FDEBUG, 4)}`
				+ ` dma ${chip.peek(DMA + 0x48, 4)} r1 ${chip.core.registers[1]} core ${chip.core.cycles}`);
			chip.poke(IO_BANK0 + 0xfc, 4, 0xffffffff);
		}
		pass(chip, 20_000);
		chip.poke(PIO, 4, 0);
		chip.poke(0xd0000014, 4, 1 << SELECT);
		told(`took ${[0, 1, 2, 3, 4].map((word) => chip.peek(SRAM_IN + 4 * word, 4).toString(16))}`);
		pass(chip, 100);
	}
	return { lines, bits };
}

const random = new SeededRandom(7, "scenes");
for (const program of Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[]) {
	test(`the radio hears the same from bits as from edges: ${program}`, async () => {
		let bits = 0;
		for (let round = 0; round < 24; round++) {
			const scene: Scene = {
				program,
				divider: [0x200, 0x200, 0x100, 0x280, 0x340, 0x2a5, 0x800][random.next32() % 7],
				highSpeed: random.next32() % 4 !== 0,
				bypass: random.next32() % 3 !== 0,
				threshold: [32, 32, 24, 13, 8][random.next32() % 5],
				clockInput: random.next32() % 2 === 0,
				outputDelayNanos: [0, 8, 16, 24, 40][random.next32() % 5],
				polls: [0, FDEBUG, DMA + 0x4c, 0xd0000004, 0x40054028, PIO + 0xd4, PIO + 0x3c][random.next32() % 7],
				seed: round,
			};
			const heard = transcript(scene, false);
			const seen = transcript(scene, true);
			assert.deepEqual(heard.lines, seen.lines, JSON.stringify(scene));
			bits += heard.bits;
		}
		assert.ok(bits > 5_000, `only ${bits} bits came without edges`);
	});
}
