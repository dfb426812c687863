/** CLOCKS with its frequency counter FC0 (RP2040 datasheet 2.15.6.2), which rp2040js' CLOCKS lacks. */
import type { Registers } from "../core/registers.ts";

const FIRST = 0x80;
const SOURCE = 0x94;
const STATUS = 0x98;
const RESULT = 0x9c;
const STATUS_DONE = 1 << 4;

export class ClocksWithCounter implements Registers {
	readonly #clocks: () => Registers;
	readonly #frequencyHz: (source: number) => number;
	readonly #registers = new Uint32Array(8);

	/**
	 * @param clocks the block without counter.
	 * @param frequencyHz of a source by its number in FC0_SRC; 0 when it stands or is not modelled.
	 */
	constructor(clocks: () => Registers, frequencyHz: (source: number) => number) {
		this.#clocks = clocks;
		this.#frequencyHz = frequencyHz;
	}

	#isOurs(offset: number): boolean {
		return offset >= FIRST && offset <= RESULT;
	}

	readUint32(offset: number): number {
		if (!this.#isOurs(offset)) {
			return this.#clocks().readUint32(offset);
		}
		switch (offset) {
			case STATUS: return STATUS_DONE;
			// kHz in bits 29:5, 1/32 kHz below
			case RESULT: return Math.round((this.#frequencyHz(this.#registers[(SOURCE - FIRST) >> 2]) / 1000) * 32) >>> 0;
			default: return this.#registers[(offset - FIRST) >> 2];
		}
	}

	writeUint32(offset: number, value: number): void {
		this.writeUint32Atomic(offset, value, 0);
	}

	writeUint32Atomic(offset: number, value: number, kind: number): void {
		if (!this.#isOurs(offset)) {
			this.#clocks().writeUint32Atomic(offset, value, kind);
			return;
		}
		const present = this.#registers[(offset - FIRST) >> 2];
		this.#registers[(offset - FIRST) >> 2] = kind === 1 ? present ^ value : kind === 2 ? present | value : kind === 3 ? present & ~value : value;
	}
}
