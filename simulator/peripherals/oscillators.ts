/**
 * The two oscillators (RP2040 datasheet 2.16 XOSC, 2.17 ROSC): on, off, or dormant until something outside wakes them. The
 * crystal is stable, and the ring has its frequency, at once.
 */
import { Block } from "../core/registers.ts";
import type { Random } from "../wires.ts";

const DISABLED = 0xd1e;
const ENABLED = 0xfab;
/** DORMANT: what stops an oscillator, and what it reads as while it runs. */
const COMA = 0x636f6d61;
const WAKE = 0x77616b65;

/** What both have in common: CTRL.ENABLE and DORMANT. */
abstract class Oscillator extends Block {
	readonly #changed: () => void;
	#hz: number;
	protected control = 0;
	protected on: boolean;
	protected badWrite = 0;
	readonly #onAfterReset: boolean;
	#dormant = false;

	constructor(name: string, hz: number, onAfterReset: boolean, changed: () => void, unknown: (text: string) => void) {
		super(name, unknown);
		this.#hz = hz;
		this.#changed = changed;
		this.on = this.#onAfterReset = onAfterReset;
	}

	reset(): void {
		this.on = this.#onAfterReset;
		this.#dormant = false;
		this.badWrite = 0;
	}

	/** 0 while it stands. */
	get hz(): number {
		return this.on && !this.#dormant ? this.#hz : 0;
	}

	/** It stands until `wake`. */
	get dormant(): boolean {
		return this.#dormant;
	}

	wake(): void {
		if (this.#dormant) {
			this.#dormant = false;
			this.#changed();
		}
	}

	protected writeControl(value: number): void {
		this.control = value & 0xffffff;
		const enable = this.control >>> 12;
		if (enable === ENABLED || enable === DISABLED) {
			this.on = enable === ENABLED;
			this.#changed();
		} else if (enable) {
			this.badWrite = 0x01000000;
		}
	}

	protected get dormantWord(): number {
		return this.#dormant ? COMA : WAKE;
	}

	protected writeDormant(value: number): void {
		if (value === COMA || value === WAKE) {
			this.#dormant = value === COMA;
			this.#changed();
		} else {
			this.badWrite = 0x01000000;
		}
	}
}

/** The crystal of a Pico W. */
export class CrystalOscillator extends Oscillator {
	#startUp = 0xc4;

	/** @param changed is told when it begins or ceases to run. */
	constructor(hz: number, changed: () => void, unknown: (text: string) => void) {
		super("XOSC", hz, false, changed, unknown);
	}

	override reset(): void {
		super.reset();
		this.control = 0;
		this.#startUp = 0xc4;
	}

	protected read(offset: number): number | undefined {
		switch (offset) {
			case 0x00: return this.control;
			// STATUS: STABLE, BADWRITE, ENABLED
			case 0x04: return (this.hz ? 0x80000000 : 0) | this.badWrite | (this.on ? 0x1000 : 0);
			case 0x08: return this.dormantWord;
			case 0x0c: return this.#startUp;
			case 0x1c: return 0;
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		switch (offset) {
			case 0x00: this.writeControl(value); return true;
			case 0x04: this.badWrite &= ~this.rawValue; return true;
			case 0x08: this.writeDormant(value); return true;
			case 0x0c: this.#startUp = value & 0x103fff; return true;
			case 0x1c: return true;	// COUNT is over when it is read
			default: return false;
		}
	}
}

/** The ring: runs from power-on; its random bit comes from the run's seed, or is stuck. */
export class RingOscillator extends Oscillator {
	readonly #random: Random;
	readonly #stuck: boolean;
	readonly #registers = new Uint32Array(6);

	/** @param changed is told when it begins or ceases to run. */
	constructor(hz: number, random: Random, stuck: boolean, changed: () => void, unknown: (text: string) => void) {
		super("ROSC", hz, true, changed, unknown);
		this.#random = random;
		this.#stuck = stuck;
		this.reset();
	}

	override reset(): void {
		super.reset();
		this.control = 0xaa0;
		this.#registers.fill(0);
		this.#registers[4] = 0xaa0;
	}

	protected read(offset: number): number | undefined {
		switch (offset) {
			case 0x00: return this.control;
			case 0x04: case 0x08: case 0x10: case 0x14: return this.#registers[offset >> 2];
			case 0x0c: return this.dormantWord;
			// STATUS: STABLE, BADWRITE, DIV_RUNNING, ENABLED
			case 0x18: return (this.on ? 0x80011000 : 0) | this.badWrite;
			case 0x1c: return this.#stuck ? 1 : this.#random.next32() >>> 31;
			case 0x20: return 0;
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		switch (offset) {
			case 0x00: this.writeControl(value); return true;
			case 0x04: case 0x08: case 0x10: case 0x14: this.#registers[offset >> 2] = value; return true;
			case 0x0c: this.writeDormant(value); return true;
			case 0x18: this.badWrite &= ~this.rawValue; return true;
			case 0x20: return true;
			default: return false;
		}
	}
}
