// One pin as a digital input or output: ECMA-419, IO class "digital".
//
// Below it: a bank of one pin (digitalbank.ts). No call blocks.

import { callback, integer } from "../options/options.ts";
import DigitalBank from "./digitalbank.ts";

/** What a pin is made of. Callbacks run with `this` as the Digital. */
export interface DigitalOptions {
	/** GPIO 0 to 28. 23, 24, 25 and 29 belong to the radio. */
	pin: number;
	/** `Digital.Input` and so on. */
	mode: number;
	/** Which changes call `onReadable`: `Digital.Rising`, `Digital.Falling`, or both by `|`. */
	edge?: number;
	/** True: 0 stands for the high level. Default false. */
	invert?: boolean;
	/** An output: what it shows first, 0 or 1. Default 0. */
	initialValue?: number;
	/** Numbers only. */
	format?: "number";
	/** The pin has changed in a way that `edge` names; several changes before the call are told once. */
	onReadable?: (this: Digital) => void;
}

const ownerDigital = 0;
const highestPin = 29;

/** A digital input or output. It lives until `close()`, also when nobody holds it. */
export default class Digital {
	static readonly Input = 0;
	static readonly InputPullUp = 1;
	static readonly InputPullDown = 2;
	/** Both pulls: the pin keeps the level that was last on it (RP2040 datasheet 2.19.4.1). */
	static readonly InputPullUpDown = 3;
	static readonly Output = 8;
	/** 0 drives low, 1 lets go. */
	static readonly OutputOpenDrain = 9;
	static readonly Rising = 1;
	static readonly Falling = 2;

	readonly #bank: DigitalBank;
	readonly #pin: number;

	/**
	 * Takes the pin and sets it up.
	 *
	 * @throws TypeError, RangeError: an option is wrong. CodedError EBUSY: the pin is in use, by whom is said; ENOMEM.
	 */
	constructor(options: DigitalOptions) {
		const { mode, edge = 0, invert = false, initialValue = 0 } = options;
		const pin = integer("pin", options.pin, 0, highestPin);
		const onReadable = callback("onReadable", options.onReadable);
		integer("edge", edge, 0, Digital.Rising | Digital.Falling);
		this.#pin = pin;
		this.#bank = new DigitalBank({
			pins: 1 << pin, mode,
			rises: edge & Digital.Rising ? 1 << pin : 0,
			falls: edge & Digital.Falling ? 1 << pin : 0,
			invert: invert ? 1 << pin : 0,
			initialValue: integer("initialValue", initialValue, 0, 1) << pin,
			...options.format && { format: options.format },
			...onReadable && { onReadable: () => onReadable.call(this) },
		}, ownerDigital);
	}

	/** Numbers only. */
	get format(): "number" {
		return this.#bank.format;
	}

	set format(value: "number") {
		this.#bank.format = value;
	}

	/** 0 or 1. @throws CodedError ECLOSED. */
	read(): number {
		return this.#bank.read() >>> this.#pin;
	}

	/** @param value 0 or 1. @throws TypeError on an input; RangeError; CodedError ECLOSED. */
	write(value: number): void {
		this.#bank.write(integer("value", value, 0, 1) << this.#pin);
	}

	/** Gives the pin back, as after a reset. No callback comes afterwards. Harmless twice. */
	close(): void {
		this.#bank.close();
	}
}
