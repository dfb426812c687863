/**
 * GPIO 0-29 as words of 30 bits: who drives, what the pads and overrides make of it, what the board drives against it,
 * interrupts of IO_BANK0. Replaces the pins of rp2040js, which walk all pins at each read and never see their own output.
 *
 * RP2040 datasheet, sections 2.19.2 (function select), 2.19.3 (interrupts), 2.19.4 (pads), 2.19.6 (registers).
 */
import type { BitListener, Pin } from "../wires.ts";
import { SIGNAL_COUNT, isUartReceive, signalOf } from "./pin-functions.ts";

export const PIN_COUNT = 30;
/** Whose interrupts: core 0's, core 1's, or those that wake a dormant oscillator. */
export type PinInterrupts = 0 | 1 | 2;
export const DORMANT_WAKE = 2;
const ALL = 0x3fffffff;

const FUNCTION_PWM = 4;
const FUNCTION_SIO = 5;
const FUNCTION_PIO0 = 6;
const FUNCTION_PIO1 = 7;

/** A pad after reset: input enabled, pull-down, Schmitt trigger, 4 mA (datasheet table 343). */
const PAD_RESET = 0x56;
/** GPIO 26 to 29, the ADC's, have their digital input off after reset since revision B2 (erratum RP2040-E6). */
const FIRST_ANALOG_PIN = 26;
const PAD_OUTPUT_DISABLE = 0x80;
const PAD_INPUT_ENABLE = 0x40;
const PAD_PULL_UP = 0x08;
const PAD_PULL_DOWN = 0x04;

/** What is to happen at a cycle, in the order of the cycles. */
interface Pending {
	atCycle: number;
	/** Of a delayed drive by the board; -1 for what a block does. */
	pin: number;
	act: () => void;
}

export interface PinsOwner {
	/** Of the present action, clk_sys. */
	readonly cycles: number;
	/** IRQ 13 of one of the cores, or the dormant wake. */
	setInterrupt(whose: PinInterrupts, high: boolean): void;
	/** A delayed drive waits: `runPending` must be called at its cycle. */
	pendingDrive(): void;
	/** A state machine reads one of these pins, or may soon. */
	reads(pins: number): boolean;
	/** A pin has another function, or somebody else looks at pins. */
	watchChanged(): void;
}

export class Pins {
	readonly #owner: PinsOwner;
	/** What the blocks behind the multiplexer put out. */
	sioOut = 0;
	sioOe = 0;
	pio0Out = 0;
	pio0Oe = 0;
	pio1Out = 0;
	pio1Oe = 0;
	pwmOut = 0;
	pwmOe = 0;
	/** UART, SPI, I2C and clock outputs, by signal, and what they make on the pins that they are given to. */
	#signalHigh = 0;
	#signalDriven = 0;
	readonly #signalPins = new Uint32Array(SIGNAL_COUNT);
	#serialOut = 0;
	#serialOe = 0;

	/** IO_BANK0 GPIOx_CTRL and PADS_BANK0 registers. */
	readonly control = new Uint32Array(PIN_COUNT);
	readonly pad = new Uint32Array(PIN_COUNT);

	// Derived from the two above.
	#sio = 0;
	#pio0 = 0;
	#pio1 = 0;
	#pwm = 0;
	#outInvert = 0;
	#outLow = 0;
	#outHigh = 0;
	#oeInvert = 0;
	#oeOff = 0;
	#oeOn = 0;
	#inInvert = 0;
	#inLow = 0;
	#inHigh = 0;
	#inputEnable = 0;
	#pullUp = 0;
	/** Both pulls: the pad holds the level that it has (datasheet 2.19.4.1). */
	#keeper = 0;
	#outputDisable = 0;

	// What the board drives.
	#boardMask = 0;
	#boardLevel = 0;
	#boardPullUp = 0;
	readonly #jumpers: [number, number][] = [];
	#pending: Pending[] = [];

	/** On the wires. */
	level = 0;
	/** Driven by the RP2040. */
	outputEnabled = 0;
	/** As the blocks inside see them. */
	input = 0;
	/** Input before its last change, and the cycle of that change (for the PIO's synchronisers). */
	previousInput = 0;
	inputChangedAt = 0;

	#listeners: (() => void)[][] = Array.from({ length: PIN_COUNT }, () => []);
	#listened = 0;

	// Interrupts: raw edges, and for each core and the dormant wake enable and force bits as words per kind.
	#edgeLow = 0;
	#edgeHigh = 0;
	readonly #enable = [new Uint32Array(4), new Uint32Array(4), new Uint32Array(4)] as const;
	readonly #force = [new Uint32Array(4), new Uint32Array(4), new Uint32Array(4)] as const;
	/** Pins of which somebody wants to be told. */
	#enabled = 0;

	/** Cycle at which the present changes happen; set by the PIO, whose steps lie behind the processor's count. */
	now = 0;
	/** Pins whose board side a UART's receiver hears, and what it is told with. */
	#received = 0;
	onReceived: ((pin: number) => void) | undefined;
	/** Called when an input changed: sleeping state machines may go on. */
	onInput: (() => void) | undefined;
	/** Inputs that the PWM counts by, and who is told of their changes. */
	#counted = 0;
	onCounted: (() => void) | undefined;
	/** Who is clocked by inputs of signals. */
	readonly #followers = new Map<object, { signals: number[]; act: () => void }>();
	#followed = 0;
	#observed = 0;
	#observers: (() => void)[] = [];

	constructor(owner: PinsOwner) {
		this.#owner = owner;
		this.resetBank();
		this.resetPads();
	}

	/** Reset of IO_BANK0: functions to none, overrides and interrupts off. */
	resetBank(): void {
		this.control.fill(0x1f);
		this.#edgeLow = this.#edgeHigh = 0;
		for (const whose of [0, 1, 2]) {
			this.#enable[whose].fill(0);
			this.#force[whose].fill(0);
		}
		this.#enabled = 0;
		this.#updateInterrupts();
		this.#deriveControl();
		this.changed();
		this.#tellFollowers();
		this.#owner.watchChanged();
	}

	resetPads(): void {
		this.pad.fill(PAD_RESET);
		this.pad.fill(PAD_RESET & ~PAD_INPUT_ENABLE, FIRST_ANALOG_PIN);
		this.#derivePads();
		this.changed();
	}

	setControl(pin: number, value: number): void {
		this.control[pin] = value & 0x3003331f;
		this.#deriveControl();
		this.changed();
		this.#tellFollowers();
		this.#owner.watchChanged();
	}

	setPad(pin: number, value: number): void {
		this.pad[pin] = value & 0xff;
		this.#derivePads();
		this.changed();
	}

	/** The pin as the board sees it. */
	pin(index: number): Pin {
		const pins = this;
		const bit = 1 << index;
		return {
			get level() {
				return (pins.level & bit) !== 0;
			},
			get outputEnabled() {
				return (pins.outputEnabled & bit) !== 0;
			},
			onChange(listener) {
				pins.#listeners[index].push(listener);
				pins.#listened |= bit;
				pins.#owner.watchChanged();
			},
			drive(level, afterCycles = 0) {
				if (afterCycles > 0) {
					pins.#await({ atCycle: pins.cycle + afterCycles, pin: index, act: () => pins.#drive(index, level) });
					if (!pins.now) {
						pins.#owner.pendingDrive();
					}
					return;
				}
				if (pins.#pending.length) {
					pins.#pending = pins.#pending.filter((entry) => entry.pin !== index);
				}
				pins.#drive(index, level);
			},
		};
	}

	/** Calls `observer` at each change of level or driver of these pins (and perhaps of others), also by the board. */
	observe(mask: number, observer: () => void): void {
		this.#observed |= mask;
		this.#observers.push(observer);
		this.#owner.watchChanged();
	}

	get counted(): number {
		return this.#counted;
	}

	set counted(mask: number) {
		this.#counted = mask;
		this.#owner.watchChanged();
	}

	/** Somebody would see what happens on one of these pins: the board, a dump, an interrupt, the PWM, a state machine. */
	isWatched(mask: number): boolean {
		return mask !== 0 && (((this.#observed | this.#listened | this.#counted | this.#enabled) & mask) !== 0 || this.#owner.reads(mask));
	}

	/** The level of a signal that comes in: of any of its pins. */
	inputOf(signal: number): boolean {
		return (this.input & this.#signalPins[signal]) !== 0;
	}

	/** Calls `act` after each change of these signals' inputs or pins, until it is called again; no signals: never. One for each `who`. */
	follow(who: object, signals: number[], act: () => void): void {
		this.#followers.set(who, { signals, act });
		this.#deriveFollowed();
	}

	#deriveFollowed(): void {
		this.#followed = 0;
		for (const { signals } of this.#followers.values()) {
			for (const signal of signals) {
				this.#followed |= this.#signalPins[signal];
			}
		}
	}

	#tellFollowers(): void {
		for (const { signals, act } of this.#followers.values()) {
			if (signals.length) {
				act();
			}
		}
	}

	/** The pins that a signal is given to. */
	pinsOf(signal: number): number {
		return this.#signalPins[signal];
	}

	/** The board drives one of these pins. */
	isDrivenByBoard(mask: number): boolean {
		return (this.#boardMask & mask) !== 0;
	}

	/** Resistors of the board hold these pins high while nobody drives them. */
	pullUpByBoard(mask: number): void {
		this.#boardPullUp |= mask;
		this.#settle(false);
	}

	/** A jumper wire of the board between two pins: each has the level that the other drives. */
	join(one: number, other: number): void {
		this.#jumpers.push([one, other]);
		for (const [from, to] of [[this.pin(one), this.pin(other)], [this.pin(other), this.pin(one)]]) {
			let driven: boolean | undefined;
			const pass = (): void => {
				const now = from.outputEnabled ? from.level : undefined;
				if (now !== driven) {
					driven = now;
					to.drive(now);
				}
			};
			from.onChange(pass);
			pass();
		}
	}

	/** The pins that are one wire with this one, itself among them. */
	joinedWith(index: number): number[] {
		const wire = new Set([index]);
		for (const pin of wire) {
			for (const [one, other] of this.#jumpers) {
				if (pin === one || pin === other) {
					wire.add(one).add(other);
				}
			}
		}
		return [...wire];
	}

	/** A block puts a level onto its signal, or (undefined) lets go of it. */
	setSignal(signal: number, level: boolean | undefined): void {
		const bit = 1 << signal;
		const high = level ? this.#signalHigh | bit : this.#signalHigh & ~bit;
		const driven = level === undefined ? this.#signalDriven & ~bit : this.#signalDriven | bit;
		if (high === this.#signalHigh && driven === this.#signalDriven) {
			return;
		}
		this.#signalHigh = high;
		this.#signalDriven = driven;
		const pins = this.#signalPins[signal];
		if (pins) {
			this.#serialOut = level ? this.#serialOut | pins : this.#serialOut & ~pins;
			this.#serialOe = level === undefined ? this.#serialOe & ~pins : this.#serialOe | pins;
			this.changed();
		}
	}

	#drive(index: number, level: boolean | undefined): void {
		const bit = 1 << index;
		if (level === undefined) {
			this.#boardMask &= ~bit;
		} else {
			this.#boardMask |= bit;
			if (level) {
				this.#boardLevel |= bit;
			} else {
				this.#boardLevel &= ~bit;
			}
		}
		this.#settle(false);
		if (this.#received & bit) {
			this.onReceived?.(index);
		}
	}

	/** The present cycle, inside and outside of the PIO's steps. */
	get cycle(): number {
		return this.now || this.#owner.cycles;
	}

	/** Calls `act` at a cycle, exactly: the state machines have reached it and have not gone on. */
	at(cycle: number, act: () => void): void {
		this.#await({ atCycle: cycle, pin: -1, act });
		if (!this.now) {
			this.#owner.pendingDrive();
		}
	}

	#await(entry: Pending): void {
		const pending = this.#pending;
		let index = pending.length;
		while (index > 0 && pending[index - 1].atCycle > entry.atCycle) {
			index--;
		}
		pending.splice(index, 0, entry);
	}

	/** The cycle of the next delayed drive, or Infinity. */
	get nextPending(): number {
		return this.#pending.length ? this.#pending[0].atCycle : Infinity;
	}

	/** Does what waits up to `cycle`. */
	runPending(cycle: number): void {
		while (this.#pending.length && this.#pending[0].atCycle <= cycle) {
			(this.#pending.shift() as Pending).act();
		}
	}

	/** Something the RP2040 puts out, or an override or a pad, changed. */
	changed(): void {
		this.#settle(true);
	}

	// ---- bits of a state machine that only a listener hears ---------------------------------------------------------

	/** Who hears bits of a state machine without their edges, where nothing could tell the difference, and on which GPIOs. */
	heard: { readonly data: number; readonly clock: number; readonly by: BitListener; readonly edges: boolean } | undefined;

	/**
	 * True while both lines are plainly those of PIO `block`, which drives the clock and (`outwards`) the data, and nothing
	 * follows from their levels but what the listener does, who alone may drive the data.
	 */
	isQuiet(data: number, clock: number, block: 0 | 1, outwards: boolean): boolean {
		const dataBit = 1 << data;
		const clockBit = 1 << clock;
		const both = dataBit | clockBit;
		const altered = this.#outInvert | this.#outLow | this.#outHigh | this.#oeInvert | this.#oeOff | this.#oeOn
			| this.#inInvert | this.#inLow | this.#inHigh | this.#outputDisable;
		if (
			((block ? this.#pio1 : this.#pio0) & both) !== both || ((altered | this.#counted | this.#enabled) & both)
			|| !(this.outputEnabled & clockBit) || ((this.outputEnabled & dataBit) !== 0) !== outwards
			|| this.#listeners[data].length || this.#listeners[clock].length !== 1
		) {
			return false;
		}
		for (const { pin } of this.#pending) {
			if (pin !== data) {
				return false;
			}
		}
		return true;
	}

	/** A dump or the like shows one of these pins. */
	isObserved(mask: number): boolean {
		return (this.#observed & mask) !== 0;
	}

	/** A line of the listener's gets a level: what `changed` does, and who would be told of it is told otherwise. */
	setQuietly(bit: number, high: boolean): void {
		if (((this.level & bit) !== 0) === high) {
			return;
		}
		this.level ^= bit;
		if (this.#inputEnable & bit) {
			if (this.now !== this.inputChangedAt) {
				this.previousInput = this.input;
				this.inputChangedAt = this.now;
			}
			this.input ^= bit;
			if (high) {
				this.#edgeHigh |= bit;
			} else {
				this.#edgeLow |= bit;
			}
		}
	}

	#settle(byChip: boolean): void {
		let out = (this.sioOut & this.#sio) | (this.pio0Out & this.#pio0) | (this.pio1Out & this.#pio1) | (this.pwmOut & this.#pwm) | this.#serialOut;
		out = ((out ^ this.#outInvert) & ~this.#outLow) | this.#outHigh;
		let oe = (this.sioOe & this.#sio) | (this.pio0Oe & this.#pio0) | (this.pio1Oe & this.#pio1) | (this.pwmOe & this.#pwm) | this.#serialOe;
		oe = (((oe ^ this.#oeInvert) & ~this.#oeOff) | this.#oeOn) & ~this.#outputDisable;
		const board = this.#boardMask;
		const level = (oe & out) | (~oe & ((board & this.#boardLevel) | (~board & (this.#pullUp | this.#boardPullUp | (this.#keeper & this.level)))));
		const different = (level ^ this.level) | (oe ^ this.outputEnabled);
		this.level = level;
		this.outputEnabled = oe;
		if (different & this.#observed) {
			for (const observer of this.#observers) {
				observer();
			}
		}
		const input = ((((level & this.#inputEnable) ^ this.#inInvert) & ~this.#inLow) | this.#inHigh) & ALL;
		if (input !== this.input) {
			const rising = input & ~this.input;
			const falling = ~input & this.input;
			const now = this.now || this.#owner.cycles;
			if (now !== this.inputChangedAt) {
				this.previousInput = this.input;
				this.inputChangedAt = now;
			}
			this.input = input;
			this.#edgeHigh |= rising;
			this.#edgeLow |= falling;
			if ((rising | falling) & this.#enabled) {
				this.#updateInterrupts();
			}
			this.onInput?.();
			if ((rising | falling) & this.#counted) {
				this.onCounted?.();
			}
			if ((rising | falling) & this.#followed) {
				this.#tellFollowers();
			}
		}
		if (byChip && different & this.#listened) {
			let told = different & this.#listened;
			while (told) {
				const index = 31 - Math.clz32(told & -told);
				told &= told - 1;
				const listeners = this.#listeners[index];
				for (let which = 0; which < listeners.length; which++) {
					listeners[which]();
				}
			}
		}
	}

	#deriveControl(): void {
		this.#sio = this.#pio0 = this.#pio1 = this.#pwm = 0;
		this.#outInvert = this.#outLow = this.#outHigh = 0;
		this.#oeInvert = this.#oeOff = this.#oeOn = 0;
		this.#inInvert = this.#inLow = this.#inHigh = 0;
		this.#serialOut = this.#serialOe = this.#received = 0;
		this.#signalPins.fill(0);
		for (let index = 0; index < PIN_COUNT; index++) {
			const control = this.control[index];
			const bit = 1 << index;
			switch (control & 0x1f) {
				case FUNCTION_PWM: this.#pwm |= bit; break;
				case FUNCTION_SIO: this.#sio |= bit; break;
				case FUNCTION_PIO0: this.#pio0 |= bit; break;
				case FUNCTION_PIO1: this.#pio1 |= bit; break;
				default: this.#giveSignal(signalOf(control & 0x1f, index), bit);
			}
			switch ((control >>> 8) & 3) {
				case 1: this.#outInvert |= bit; break;
				case 2: this.#outLow |= bit; break;
				case 3: this.#outHigh |= bit; break;
			}
			switch ((control >>> 12) & 3) {
				case 1: this.#oeInvert |= bit; break;
				case 2: this.#oeOff |= bit; break;
				case 3: this.#oeOn |= bit; break;
			}
			switch ((control >>> 16) & 3) {
				case 1: this.#inInvert |= bit; break;
				case 2: this.#inLow |= bit; break;
				case 3: this.#inHigh |= bit; break;
			}
		}
		this.#deriveFollowed();
	}

	#giveSignal(signal: number, bit: number): void {
		if (isUartReceive(signal)) {
			this.#received |= bit;
		}
		if (signal < 0) {
			return;
		}
		this.#signalPins[signal] |= bit;
		if ((this.#signalHigh >>> signal) & 1) {
			this.#serialOut |= bit;
		}
		if ((this.#signalDriven >>> signal) & 1) {
			this.#serialOe |= bit;
		}
	}

	#derivePads(): void {
		this.#inputEnable = this.#pullUp = this.#keeper = this.#outputDisable = 0;
		for (let index = 0; index < PIN_COUNT; index++) {
			const pad = this.pad[index];
			const bit = 1 << index;
			if (pad & PAD_INPUT_ENABLE) {
				this.#inputEnable |= bit;
			}
			if (pad & PAD_PULL_UP) {
				if (pad & PAD_PULL_DOWN) {
					this.#keeper |= bit;
				} else {
					this.#pullUp |= bit;
				}
			}
			if (pad & PAD_OUTPUT_DISABLE) {
				this.#outputDisable |= bit;
			}
		}
	}

	/** The pins that are given to a function of the multiplexer (datasheet 2.19.2). */
	selected(functionSelect: number): number {
		let result = 0;
		for (let index = 0; index < PIN_COUNT; index++) {
			if ((this.control[index] & 0x1f) === functionSelect) {
				result |= 1 << index;
			}
		}
		return result;
	}

	/** True while the RP2040's own pull-up holds the pin. */
	pulledUp(index: number): boolean {
		return ((this.#pullUp >>> index) & 1) !== 0;
	}

	/** GPIOx_STATUS. */
	status(index: number): number {
		const bit = (word: number) => (word >>> index) & 1;
		const out = this.sioOut & this.#sio | this.pio0Out & this.#pio0 | this.pio1Out & this.#pio1 | this.pwmOut & this.#pwm | this.#serialOut;
		const oe = this.sioOe & this.#sio | this.pio0Oe & this.#pio0 | this.pio1Oe & this.#pio1 | this.pwmOe & this.#pwm | this.#serialOe;
		const toPad = ((out ^ this.#outInvert) & ~this.#outLow) | this.#outHigh;
		return (
			(bit(out) << 8) | (bit(toPad) << 9) | (bit(oe) << 12) | (bit(this.outputEnabled) << 13) |
			(bit(this.level & this.#inputEnable) << 17) | (bit(this.input) << 19)
		);
	}

	// ---- interrupts: four bits a pin (level low, level high, edge low, edge high), eight pins a register ------------

	#raw(kind: number): number {
		switch (kind) {
			case 0: return ~this.input & ALL;
			case 1: return this.input;
			case 2: return this.#edgeLow;
			default: return this.#edgeHigh;
		}
	}

	#gather(register: number, word: (kind: number) => number): number {
		let result = 0;
		for (let pin = 0; pin < 8; pin++) {
			for (let kind = 0; kind < 4; kind++) {
				if ((word(kind) >>> (register * 8 + pin)) & 1) {
					result |= 1 << (pin * 4 + kind);
				}
			}
		}
		return result >>> 0;
	}

	#scatter(register: number, value: number, words: Uint32Array): void {
		for (let pin = 0; pin < 8 && register * 8 + pin < PIN_COUNT; pin++) {
			for (let kind = 0; kind < 4; kind++) {
				const bit = 1 << (register * 8 + pin);
				if ((value >>> (pin * 4 + kind)) & 1) {
					words[kind] |= bit;
				} else {
					words[kind] &= ~bit;
				}
			}
		}
	}

	rawInterrupts(register: number): number {
		return this.#gather(register, (kind) => this.#raw(kind));
	}

	clearEdges(register: number, value: number): void {
		const cleared = new Uint32Array(4);
		this.#scatter(register, value, cleared);
		this.#edgeLow &= ~cleared[2];
		this.#edgeHigh &= ~cleared[3];
		this.#updateInterrupts();
	}

	interruptEnable(whose: PinInterrupts, register: number): number {
		return this.#gather(register, (kind) => this.#enable[whose][kind]);
	}

	setInterruptEnable(whose: PinInterrupts, register: number, value: number): void {
		this.#scatter(register, value, this.#enable[whose]);
		this.#enabled = 0;
		for (const words of this.#enable) {
			this.#enabled |= words[0] | words[1] | words[2] | words[3];
		}
		this.#updateInterrupts();
		this.#owner.watchChanged();
	}

	interruptForce(whose: PinInterrupts, register: number): number {
		return this.#gather(register, (kind) => this.#force[whose][kind]);
	}

	setInterruptForce(whose: PinInterrupts, register: number, value: number): void {
		this.#scatter(register, value, this.#force[whose]);
		this.#updateInterrupts();
	}

	interruptStatus(whose: PinInterrupts, register: number): number {
		return this.#gather(register, (kind) => this.#active(whose, kind));
	}

	/** Something of DORMANT_WAKE_INTS stands. */
	get wakes(): boolean {
		return [0, 1, 2, 3].some((kind) => this.#active(DORMANT_WAKE, kind) !== 0);
	}

	#active(whose: PinInterrupts, kind: number): number {
		return (this.#raw(kind) & this.#enable[whose][kind]) | this.#force[whose][kind];
	}

	#updateInterrupts(): void {
		for (const whose of [0, 1, 2] as const) {
			let active = 0;
			for (let kind = 0; kind < 4; kind++) {
				active |= this.#active(whose, kind);
			}
			this.#owner.setInterrupt(whose, active !== 0);
		}
	}
}
