/**
 * SIO, the single-cycle block of both cores: GPIO and spin locks, which they share; divider, interpolators and the end of
 * the FIFOs between them, of which each has its own. RP2040 datasheet 2.3.1. The interpolators are rp2040js'.
 */
import { Block } from "../core/registers.ts";
import type { Pins } from "../core/pins.ts";
import type { QspiPins } from "../flash/qspi-pins.ts";

/** The part of rp2040js' interpolator that is used (it does not export the class by name). */
export interface Interpolator {
	accum0: number; accum1: number; base0: number; base1: number; base2: number;
	ctrl0: number; ctrl1: number;
	result0: number; result1: number; result2: number; smresult0: number; smresult1: number;
	update(): void;
	writeback(): void;
	setBase01(value: number): void;
}

const PIN_MASK = 0x3fffffff;
const FIFO_DEPTH = 8;
const FIFO_STATUS_VALID = 1;
const FIFO_STATUS_READY = 2;
const FIFO_STATUS_OVERFLOW = 4;
const FIFO_STATUS_UNDERFLOW = 8;
const DIVIDER_READY = 1;
const DIVIDER_DIRTY = 2;

/** What each core has for itself. */
interface CoreSide {
	readonly interpolators: Interpolator[];
	/** Words of the other core that wait to be read. */
	readonly fifo: number[];
	/** The sticky bits of FIFO_ST. */
	fifoErrors: number;
	dividend: number;
	divisor: number;
	quotient: number;
	remainder: number;
	dirty: number;
}

export class Sio extends Block {
	readonly #pins: Pins;
	readonly #flashPins: QspiPins;
	readonly #sides: readonly [CoreSide, CoreSide];
	readonly #fifoInterrupt: (core: 0 | 1, high: boolean) => void;
	/** Whose access is under way. */
	core: 0 | 1 = 0;
	#locks = 0;

	/**
	 * @param flashPins GPIO_HI.
	 * @param interpolators two for each core.
	 * @param fifoInterrupt SIO_IRQ_PROC0 or SIO_IRQ_PROC1, a level.
	 */
	constructor(
		pins: Pins,
		flashPins: QspiPins,
		interpolators: readonly [Interpolator[], Interpolator[]],
		fifoInterrupt: (core: 0 | 1, high: boolean) => void,
		unknown: (text: string) => void,
	) {
		super("SIO", unknown);
		this.#pins = pins;
		this.#flashPins = flashPins;
		this.#fifoInterrupt = fifoInterrupt;
		const side = (core: 0 | 1): CoreSide => ({
			interpolators: interpolators[core], fifo: [], fifoErrors: 0, dividend: 0, divisor: 0, quotient: 0, remainder: 0, dirty: 0,
		});
		this.#sides = [side(0), side(1)];
	}

	reset(): void {
		this.#pins.sioOut = 0;
		this.#pins.sioOe = 0;
		this.#pins.changed();
		this.#flashPins.setSio(0, 0);
		this.#locks = 0;
		for (const core of [0, 1] as const) {
			const side = this.#sides[core];
			side.fifo.length = side.fifoErrors = side.dividend = side.divisor = side.quotient = side.remainder = side.dirty = 0;
			for (const lane of side.interpolators) {
				lane.accum0 = lane.accum1 = lane.base0 = lane.base1 = lane.base2 = lane.ctrl0 = lane.ctrl1 = 0;
				lane.update();
			}
			this.#updateFifo(core);
		}
	}

	/** How many words wait for a core. */
	waiting(core: 0 | 1): number {
		return this.#sides[core].fifo.length;
	}

	#updateFifo(core: 0 | 1): void {
		const { fifo, fifoErrors } = this.#sides[core];
		this.#fifoInterrupt(core, fifo.length !== 0 || fifoErrors !== 0);
	}

	#pushFifo(value: number): void {
		const other = (this.core ^ 1) as 0 | 1;
		const { fifo } = this.#sides[other];
		if (fifo.length < FIFO_DEPTH) {
			fifo.push(value);
			this.#updateFifo(other);
		} else {
			this.#sides[this.core].fifoErrors |= FIFO_STATUS_OVERFLOW;
			this.#updateFifo(this.core);
		}
	}

	#popFifo(): number {
		const side = this.#sides[this.core];
		const value = side.fifo.shift();
		if (value === undefined) {
			side.fifoErrors |= FIFO_STATUS_UNDERFLOW;
		}
		this.#updateFifo(this.core);
		return value ?? 0;
	}

	protected read(offset: number): number | undefined {
		const side = this.#sides[this.core];
		switch (offset) {
			case 0x000: return this.core; // CPUID
			case 0x004: return this.#pins.input;
			case 0x008: return this.#flashPins.input;
			case 0x010: return this.#pins.sioOut;
			case 0x020: return this.#pins.sioOe;
			case 0x014: case 0x018: case 0x01c: case 0x024: case 0x028: case 0x02c: return 0;
			case 0x030: return this.#flashPins.sioOut;
			case 0x040: return this.#flashPins.sioOe;
			case 0x034: case 0x038: case 0x03c: case 0x044: case 0x048: case 0x04c: return 0;
			case 0x050:
				return (
					side.fifoErrors | (side.fifo.length ? FIFO_STATUS_VALID : 0) |
					(this.waiting((this.core ^ 1) as 0 | 1) < FIFO_DEPTH ? FIFO_STATUS_READY : 0)
				);
			case 0x054: return 0;
			case 0x058: return this.#popFifo();
			case 0x05c: return this.#locks;
			case 0x060: case 0x068: return side.dividend;
			case 0x064: case 0x06c: return side.divisor;
			case 0x070: side.dirty = 0; return side.quotient;
			case 0x074: return side.remainder;
			case 0x078: return DIVIDER_READY | side.dirty;
		}
		if (offset >= 0x100 && offset < 0x180) {
			const bit = 1 << ((offset - 0x100) >> 2);
			if (this.#locks & bit) {
				return 0;
			}
			this.#locks |= bit;
			return bit;
		}
		if (offset >= 0x080 && offset < 0x100) {
			return this.#readInterpolator(side.interpolators[offset < 0x0c0 ? 0 : 1], offset & 0x3f);
		}
		return undefined;
	}

	#readInterpolator(lane: Interpolator, register: number): number {
		switch (register) {
			case 0x00: return lane.accum0;
			case 0x04: return lane.accum1;
			case 0x08: return lane.base0;
			case 0x0c: return lane.base1;
			case 0x10: return lane.base2;
			case 0x14: case 0x18: case 0x1c: {
				const value = register === 0x14 ? lane.result0 : register === 0x18 ? lane.result1 : lane.result2;
				lane.writeback();
				return value;
			}
			case 0x20: return lane.result0;
			case 0x24: return lane.result1;
			case 0x28: return lane.result2;
			case 0x2c: return lane.ctrl0;
			case 0x30: return lane.ctrl1;
			case 0x34: return lane.smresult0;
			case 0x38: return lane.smresult1;
			default: return 0;
		}
	}

	protected write(offset: number, value: number): boolean {
		const pins = this.#pins;
		const high = this.#flashPins;
		const side = this.#sides[this.core];
		switch (offset) {
			case 0x010: pins.sioOut = value & PIN_MASK; pins.changed(); return true;
			case 0x014: pins.sioOut |= value & PIN_MASK; pins.changed(); return true;
			case 0x018: pins.sioOut &= ~value; pins.changed(); return true;
			case 0x01c: pins.sioOut ^= value & PIN_MASK; pins.changed(); return true;
			case 0x020: pins.sioOe = value & PIN_MASK; pins.changed(); return true;
			case 0x024: pins.sioOe |= value & PIN_MASK; pins.changed(); return true;
			case 0x028: pins.sioOe &= ~value; pins.changed(); return true;
			case 0x02c: pins.sioOe ^= value & PIN_MASK; pins.changed(); return true;
			case 0x030: high.setSio(value, high.sioOe); return true;
			case 0x034: high.setSio(high.sioOut | value, high.sioOe); return true;
			case 0x038: high.setSio(high.sioOut & ~value, high.sioOe); return true;
			case 0x03c: high.setSio(high.sioOut ^ value, high.sioOe); return true;
			case 0x040: high.setSio(high.sioOut, value); return true;
			case 0x044: high.setSio(high.sioOut, high.sioOe | value); return true;
			case 0x048: high.setSio(high.sioOut, high.sioOe & ~value); return true;
			case 0x04c: high.setSio(high.sioOut, high.sioOe ^ value); return true;
			case 0x050:
				side.fifoErrors &= ~value;
				this.#updateFifo(this.core);
				return true;
			case 0x054: this.#pushFifo(value); return true;
			case 0x060: case 0x064: this.#divide(offset === 0x060, value, false); return true;
			case 0x068: case 0x06c: this.#divide(offset === 0x068, value, true); return true;
			case 0x070: side.quotient = value; side.dirty = DIVIDER_DIRTY; return true;
			case 0x074: side.remainder = value; side.dirty = DIVIDER_DIRTY; return true;
		}
		if (offset >= 0x100 && offset < 0x180) {
			this.#locks &= ~(1 << ((offset - 0x100) >> 2));
			return true;
		}
		if (offset >= 0x080 && offset < 0x100) {
			return this.#writeInterpolator(side.interpolators[offset < 0x0c0 ? 0 : 1], offset & 0x3f, value);
		}
		return false;
	}

	#writeInterpolator(lane: Interpolator, register: number, value: number): boolean {
		switch (register) {
			case 0x00: lane.accum0 = value; break;
			case 0x04: lane.accum1 = value; break;
			case 0x08: lane.base0 = value; break;
			case 0x0c: lane.base1 = value; break;
			case 0x10: lane.base2 = value; break;
			case 0x2c: lane.ctrl0 = value; break;
			case 0x30: lane.ctrl1 = value; break;
			case 0x34: lane.accum0 += value; break;
			case 0x38: lane.accum1 += value; break;
			case 0x3c: lane.setBase01(value); return true;
			default: return false;
		}
		lane.update();
		return true;
	}

	/** The result is there at once; silicon takes eight cycles, which software waits by itself (datasheet 2.3.1.5). */
	#divide(isDividend: boolean, value: number, signed: boolean): void {
		const side = this.#sides[this.core];
		if (isDividend) {
			side.dividend = value >>> 0;
		} else {
			side.divisor = value >>> 0;
		}
		const a = signed ? side.dividend | 0 : side.dividend;
		const b = signed ? side.divisor | 0 : side.divisor;
		if (b === 0) {
			// Datasheet 2.3.1.5: quotient all ones, or plus one for a negative dividend; the dividend remains.
			side.quotient = signed && a < 0 ? 1 : 0xffffffff;
			side.remainder = side.dividend;
		} else {
			side.quotient = Math.trunc(a / b) >>> 0;
			side.remainder = (a % b) >>> 0;
		}
		side.dirty = DIVIDER_DIRTY;
	}
}
