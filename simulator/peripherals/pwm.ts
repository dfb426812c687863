/**
 * The pulse width modulators: eight slices of one counter and two outputs, or one output and an input that the counter
 * goes by (RP2040 datasheet 4.5). A counter is computed when it is looked at; an event of the clock exists for the next
 * edge of an output or the next wrap only.
 */
import type { Dma } from "../core/dma.ts";
import type { Pins } from "../core/pins.ts";
import { Block } from "../core/registers.ts";
import type { VirtualClock } from "../core/virtual-clock.ts";

const SLICES = 8;
const IRQ_PWM_WRAP = 4;
const DREQ_PWM_WRAP_0 = 24;
const SLICE_BYTES = 0x14;

const ENABLE = 1 << 0;
const PHASE_CORRECT = 1 << 1;
const INVERT_A = 1 << 2;
const INVERT_B = 1 << 3;
const DIVIDER_MODE = 3 << 4;
/** A count more or less than the divider makes, while it makes fewer than one each cycle (4.5.2.7). */
const PHASE_RETARD = 1 << 6;
const PHASE_ADVANCE = 1 << 7;
/** The counter has 16 bits. */
const COUNTS = 0x10000;
/** DIVMODE (4.5.2.5): the divider counts always, while input B is high, or input B's edges. */
const MODE_HIGH = 1;
const MODE_RISING = 2;
const MODE_FALLING = 3;
const FUNCTION_PWM = 4;

interface Slice {
	readonly index: number;
	/** GPIOs of outputs A and B (table 525). */
	readonly pinsA: number;
	readonly pinsB: number;
	control: number;
	divider: number;
	/** As written: taken over when the counter wraps (4.5.2.3). */
	nextCompare: number;
	nextTop: number;
	compare: number;
	top: number;
	/** Ticks since the last wrap, at `sinceCycle`; negative: until a counter that was set above TOP, which it misses, is 0. */
	position: number;
	sinceCycle: number;
	/** Input B, and what the divider holds of it: cycles while it is low, sixteenths of edges. */
	high: boolean;
	held: number;
	cancel: (() => void) | undefined;
}

export class Pwm extends Block {
	readonly #clock: VirtualClock;
	readonly #pins: Pins;
	readonly #dma: Dma;
	readonly #setInterrupt: (irq: number, high: boolean) => void;
	readonly #slices: Slice[] = Array.from({ length: SLICES }, (_, index) => ({
		index,
		pinsA: (1 << (2 * index)) | (index < 7 ? 1 << (16 + 2 * index) : 0),
		pinsB: (1 << (2 * index + 1)) | (index < 7 ? 1 << (17 + 2 * index) : 0),
		control: 0, divider: 16, nextCompare: 0, nextTop: 0xffff, compare: 0, top: 0xffff, position: 0, sinceCycle: 0,
		high: false, held: 0, cancel: undefined,
	}));
	#raw = 0;
	#enable = 0;
	#force = 0;

	constructor(clock: VirtualClock, pins: Pins, dma: Dma, setInterrupt: (irq: number, high: boolean) => void, unknown: (text: string) => void) {
		super("PWM", unknown);
		this.#clock = clock;
		this.#pins = pins;
		this.#dma = dma;
		this.#setInterrupt = setInterrupt;
		pins.onCounted = () => this.#inputChanged();
	}

	reset(): void {
		for (const slice of this.#slices) {
			slice.cancel?.();
			Object.assign(slice, { control: 0, divider: 16, nextCompare: 0, nextTop: 0xffff, compare: 0, top: 0xffff, position: 0, high: false, held: 0, cancel: undefined });
		}
		this.#raw = this.#enable = this.#force = 0;
		this.#pins.pwmOut = 0;
		this.#pins.pwmOe = 0x3fffffff;
		this.#pins.counted = 0;
		this.#pins.changed();
		this.#update();
	}

	#mode(slice: Slice): number {
		return (slice.control & DIVIDER_MODE) >>> 4;
	}

	/** The divider runs by clk_sys now. */
	#runs(slice: Slice): boolean {
		const mode = this.#mode(slice);
		return (slice.control & ENABLE) !== 0 && (mode === 0 || (mode === MODE_HIGH && slice.high));
	}

	/** Both GPIOs of an input may be given to the PWM: either will do (4.5.2). */
	#inputOf(slice: Slice): boolean {
		return (this.#pins.input & this.#pins.selected(FUNCTION_PWM) & slice.pinsB) !== 0;
	}

	#inputChanged(): void {
		for (const slice of this.#slices) {
			const high = this.#inputOf(slice);
			if (high !== slice.high) {
				this.#takeInput(slice, high);
			}
		}
	}

	#takeInput(slice: Slice, high: boolean): void {
		const mode = this.#mode(slice);
		this.#settle(slice);
		if (mode === MODE_HIGH && slice.control & ENABLE) {
			if (high) {
				slice.sinceCycle = this.#clock.cycles - slice.held;
			} else {
				slice.held = this.#clock.cycles - slice.sinceCycle;
			}
		}
		slice.high = high;
		if (slice.control & ENABLE && mode === (high ? MODE_RISING : MODE_FALLING)) {
			slice.held += 16;
			const divider = 16 * this.#tickCycles(slice);
			this.#advance(slice, Math.floor(slice.held / divider));
			slice.held %= divider;
		}
		this.#apply(slice);
	}

	/** clk_sys cycles of a tick. DIV.INT 0 stands for 256. */
	#tickCycles(slice: Slice): number {
		return (slice.divider >>> 4 || 256) + (slice.divider & 15) / 16;
	}

	/** Ticks from wrap to wrap: phase-correct counting goes up and down again (4.5.2.1). */
	#period(slice: Slice): number {
		return (slice.top + 1) * (slice.control & PHASE_CORRECT ? 2 : 1);
	}

	#counter(slice: Slice): number {
		const { position, top } = slice;
		return position < 0 ? position + COUNTS : position <= top ? position : 2 * top + 1 - position;
	}

	#setCounter(slice: Slice, value: number): void {
		slice.position = value <= slice.top ? value : value - COUNTS;
	}

	/** Brings position and outputs of a slice to the present. */
	#settle(slice: Slice): void {
		if (this.#runs(slice)) {
			// None yet, while a count is left out.
			const ticks = Math.max(0, Math.floor((this.#clock.cycles - slice.sinceCycle) / this.#tickCycles(slice) + 1e-6));
			slice.sinceCycle += ticks * this.#tickCycles(slice);
			this.#advance(slice, ticks);
		}
	}

	#advance(slice: Slice, ticks: number): void {
		slice.position += ticks;
		if (slice.position >= this.#period(slice)) {
			slice.position %= this.#period(slice);
			slice.compare = slice.nextCompare;
			slice.top = slice.nextTop;
			this.#raw |= 1 << slice.index;
			this.#dma.setDREQ(DREQ_PWM_WRAP_0 + slice.index);
			this.#dma.clearDREQ(DREQ_PWM_WRAP_0 + slice.index);
			this.#update();
		}
	}

	#apply(slice: Slice): void {
		const counter = this.#counter(slice);
		const { control, compare } = slice;
		const a = counter < (compare & 0xffff) !== ((control & INVERT_A) !== 0);
		const b = counter < compare >>> 16 !== ((control & INVERT_B) !== 0);
		const before = this.#pins.pwmOut;
		const after = (before & ~(slice.pinsA | slice.pinsB)) | (a ? slice.pinsA : 0) | (b ? slice.pinsB : 0);
		if (after !== before) {
			this.#pins.pwmOut = after;
			this.#pins.changed();
		}
		this.#plan(slice);
	}

	#plan(slice: Slice): void {
		slice.cancel?.();
		slice.cancel = undefined;
		if (!this.#runs(slice)) {
			return;
		}
		const period = this.#period(slice);
		let next = period;
		for (const compare of [slice.compare & 0xffff, slice.compare >>> 16]) {
			const edges = slice.position < 0 ? [compare - COUNTS, 0] : slice.control & PHASE_CORRECT ? [compare, period - compare] : [compare];
			for (const edge of edges) {
				if (edge > slice.position && edge < next) {
					next = edge;
				}
			}
		}
		const cycles = slice.sinceCycle + (next - slice.position) * this.#tickCycles(slice) - this.#clock.cycles;
		slice.cancel = this.#clock.schedule((cycles * 1e6) / this.#clock.frequencyHz, () => {
			this.#settle(slice);
			this.#apply(slice);
		});
	}

	#setControl(slice: Slice, value: number): void {
		this.#settle(slice);
		const counter = this.#counter(slice);
		if (value & ENABLE && !(slice.control & ENABLE)) {
			slice.sinceCycle = this.#clock.cycles;
			slice.held = 0;
		}
		const turned = (value ^ slice.control) & PHASE_CORRECT;
		slice.control = value & 0x3f;
		if (turned) {
			this.#setCounter(slice, counter);
		}
		if (this.#runs(slice) && this.#tickCycles(slice) > 1) {
			this.#advance(slice, value & PHASE_ADVANCE ? 1 : 0);
			slice.sinceCycle += value & PHASE_RETARD ? this.#tickCycles(slice) : 0;
		}
		this.#pins.counted = value & DIVIDER_MODE ? this.#pins.counted | slice.pinsB : this.#pins.counted & ~slice.pinsB;
		slice.high = this.#inputOf(slice);
		this.#pins.pwmOe = value & DIVIDER_MODE ? this.#pins.pwmOe & ~slice.pinsB : this.#pins.pwmOe | slice.pinsB;
		this.#pins.changed();
		this.#apply(slice);
	}

	#update(): void {
		this.#setInterrupt(IRQ_PWM_WRAP, ((this.#raw & this.#enable) | this.#force) !== 0);
	}

	protected read(offset: number): number | undefined {
		if (offset < SLICES * SLICE_BYTES) {
			const slice = this.#slices[Math.floor(offset / SLICE_BYTES)];
			switch (offset % SLICE_BYTES) {
				case 0x00: return slice.control;
				case 0x04: return slice.divider;
				case 0x08: this.#settle(slice); return this.#counter(slice);
				case 0x0c: return slice.nextCompare;
				default: return slice.nextTop;
			}
		}
		switch (offset) {
			case 0xa0: return this.#slices.reduce((mask, { control, index }) => mask | ((control & ENABLE) << index), 0);
			case 0xa4: return this.#raw;
			case 0xa8: return this.#enable;
			case 0xac: return this.#force;
			case 0xb0: return (this.#raw & this.#enable) | this.#force;
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		if (offset < SLICES * SLICE_BYTES) {
			const slice = this.#slices[Math.floor(offset / SLICE_BYTES)];
			this.#settle(slice);
			switch (offset % SLICE_BYTES) {
				case 0x00: this.#setControl(slice, value); return true;
				case 0x04: slice.divider = value & 0xfff; break;
				case 0x08: this.#setCounter(slice, value & 0xffff); slice.sinceCycle = this.#clock.cycles; break;
				case 0x0c: slice.nextCompare = value >>> 0; break;
				default: slice.nextTop = value & 0xffff; break;
			}
			if (!(slice.control & ENABLE)) {
				slice.compare = slice.nextCompare;
				if (slice.top !== slice.nextTop) {
					const counter = this.#counter(slice);
					slice.top = slice.nextTop;
					this.#setCounter(slice, counter);
				}
			}
			this.#apply(slice);
			return true;
		}
		switch (offset) {
			case 0xa0:
				for (const slice of this.#slices) {
					if (((value >>> slice.index) & 1) !== (slice.control & ENABLE)) {
						this.#setControl(slice, (slice.control & ~ENABLE) | ((value >>> slice.index) & 1));
					}
				}
				break;
			case 0xa4: this.#raw &= ~this.rawValue; break;
			case 0xa8: this.#enable = value & 0xff; break;
			case 0xac: this.#force = value & 0xff; break;
			default: return false;
		}
		this.#update();
		return true;
	}
}
