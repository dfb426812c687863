// Pins that are read and written together: ECMA-419, IO class "digital bank".
//
// Below it: SIO of the RP2040 (digitalbank.c). No call blocks.

import { CodedError } from "../../base/error.ts";
import { callback, format, integer } from "../options/options.ts";

/** What a bank is made of. Masks have bit n for GPIO n. Callbacks run with `this` as the bank. */
export interface DigitalBankOptions {
	/** The pins, as a mask of GPIO 0 to 28. 23, 24, 25 and 29 belong to the radio. */
	pins: number;
	/** `DigitalBank.Input` and so on; all pins have the same. */
	mode: number;
	/** The RP2040 has one bank. Default 0. */
	bank?: 0;
	/** Pins that call `onReadable` when they go from 0 to 1. */
	rises?: number;
	/** Pins that call `onReadable` when they go from 1 to 0. */
	falls?: number;
	/** Pins on which 0 stands for the high level, reading, writing and for edges. Default 0: none. */
	invert?: number;
	/** Outputs: what they show first. Default 0. */
	initialValue?: number;
	/** Numbers only. */
	format?: "number";
	/** Pins of `rises` and `falls` have changed: those, as a mask. Several changes before the call are told once. */
	onReadable?: (this: DigitalBank, triggered: number) => void;
}

/** The pins, in C. */
type Handle = object;

const open = native<(owner: number, pins: number, mode: number, rises: number, falls: number, invert: number, initial: number, told: (triggered: number) => void) => Handle>("xs_digitalbank_open");
const readPins = native<(handle: Handle) => number>("xs_digitalbank_read");
const writePins = native<(handle: Handle, levels: number) => void>("xs_digitalbank_write");
const closeHandle = native<(handle: Handle) => void>("xs_digitalbank_close");

const allPins = 0x3fffffff;
const modes = [0, 1, 2, 3, 8, 9];
const firstOutput = 8;
const ownerBank = 1;

/** A group of digital inputs or outputs. It lives until `close()`, also when nobody holds it. */
export default class DigitalBank {
	static readonly Input = 0;
	static readonly InputPullUp = 1;
	static readonly InputPullDown = 2;
	/** Both pulls: the pin keeps the level that was last on it (RP2040 datasheet 2.19.4.1). */
	static readonly InputPullUpDown = 3;
	static readonly Output = 8;
	/** 0 drives low, 1 lets go. */
	static readonly OutputOpenDrain = 9;

	#handle: Handle | undefined;
	readonly #mode: number;
	readonly #pins: number;

	/**
	 * Takes the pins and sets them up.
	 *
	 * @param owner for `Digital`, which is a bank of one pin: whose name an error has.
	 * @throws TypeError, RangeError: an option is wrong. CodedError EBUSY: a pin is in use, by whom is said; ENOMEM.
	 */
	constructor(options: DigitalBankOptions, owner = ownerBank) {
		const pins = integer("pins", options.pins, 1, allPins);
		const mode = integer("mode", options.mode, 0, 9);
		const rises = integer("rises", options.rises ?? 0, 0, allPins);
		const falls = integer("falls", options.falls ?? 0, 0, allPins);
		const invert = integer("invert", options.invert ?? 0, 0, allPins) & pins;
		const onReadable = callback("onReadable", options.onReadable);
		integer("bank", options.bank ?? 0, 0, 0);
		format(options.format ?? "number", ["number"]);
		if (!modes.includes(mode)) {
			throw new RangeError(`mode: found ${mode}, expected one of the class's own: Input, InputPullUp, InputPullDown, InputPullUpDown, Output, OutputOpenDrain`);
		}
		if ((rises | falls) & ~pins) {
			throw new RangeError("rises and falls: found pins that are not in `pins`");
		}
		if ((rises | falls) !== 0 !== (onReadable !== undefined)) {
			throw new TypeError("onReadable goes with the edges that call it (rises, falls; edge of Digital): found only one of the two");
		}
		if (mode >= firstOutput && onReadable) {
			throw new TypeError("onReadable: found on an output, expected an input");
		}
		this.#mode = mode;
		this.#pins = pins;
		// An inverted pin's rise is a fall on the wire.
		const onWire = (first: number, other: number): number => (first & ~invert) | (other & invert);
		this.#handle = open(owner, pins, mode, onWire(rises, falls), onWire(falls, rises), invert, integer("initialValue", options.initialValue ?? 0, 0, allPins) & pins, triggered => {
			if (this.#handle) {
				onReadable?.call(this, triggered);
			}
		});
	}

	/** Numbers only. */
	get format(): "number" {
		return "number";
	}

	set format(value: "number") {
		format(value, ["number"]);
	}

	/** The levels of the pins, as a mask. Outputs read what is on the wire. @throws CodedError ECLOSED. */
	read(): number {
		return readPins(this.#opened());
	}

	/** Sets the pins whose bits are set, clears the others of the bank, all in the same cycle. @throws TypeError on inputs; CodedError ECLOSED. */
	write(levels: number): void {
		const handle = this.#opened();
		if (this.#mode < firstOutput) {
			throw new TypeError("write: the pins are inputs");
		}
		writePins(handle, integer("value", levels, 0, allPins) & this.#pins);
	}

	/** Gives the pins back, as after a reset. No callback comes afterwards. Harmless twice. */
	close(): void {
		const handle = this.#handle;
		this.#handle = undefined;
		if (handle) {
			closeHandle(handle);
		}
	}

	#opened(): Handle {
		if (!this.#handle) {
			throw new CodedError("ECLOSED", "digital: it is closed");
		}
		return this.#handle;
	}
}
