// A pulse width modulated output: ECMA-419, IO class "pulse-width modulation".
//
// Below it: a slice of the RP2040's PWM (pwm.c). No call blocks.

import { CodedError } from "../../base/error.ts";
import { format, integer } from "../options/options.ts";

/** What an output is made of. */
export interface PWMOptions {
	/** GPIO 0 to 28. 23, 24, 25 and 29 belong to the radio. GPIO n and n + 16 are the same output: one of them at a time. */
	pin: number;
	/**
	 * Periods a second, 8 to 62,500,000, fractions allowed. GPIO 2n, 2n + 1 and those 16 higher have the same. Default 1000.
	 */
	hz?: number;
	/** Bits of the values that `write` takes, 1 to 16 and no finer than the period's steps. Default 10, or fewer where 10 do not fit. */
	resolution?: number;
	/** Numbers only. */
	format?: "number";
}

/** The output, in C. */
type Handle = object;

const open = native<(pin: number, hz: number, resolution: number) => Handle>("xs_pwm_open");
const writeValue = native<(handle: Handle, value: number) => void>("xs_pwm_write");
const stepsOf = native<(hz: number) => number>("xs_pwm_steps");
const hzOf = native<(handle: Handle) => number>("xs_pwm_hz");
const closeHandle = native<(handle: Handle) => void>("xs_pwm_close");

const highestPin = 29;
const finestBits = 16;
const usualBits = 10;
/** 125 MHz by a divider of 255 15/16 and a counter of 65,535. */
const lowestHz = 7.5;
const highestHz = 62_500_000;

/** A pulse width modulated output: low until the first `write`. It runs until `close()`, also when nobody holds it. */
export default class PWM {
	#handle: Handle | undefined;
	readonly #resolution: number;

	/**
	 * Takes the pin and starts.
	 *
	 * @throws TypeError, RangeError: an option is wrong. CodedError EBUSY: the pin or its output is in use, or a pin that shares the
	 * frequency has another one.
	 */
	constructor(options: PWMOptions) {
		const { hz = 1000 } = options;
		const pin = integer("pin", options.pin, 0, highestPin);
		format(options.format ?? "number", ["number"]);
		if (typeof hz !== "number") {
			throw new TypeError(`hz: found ${typeof hz}, expected a number`);
		}
		if (!(hz >= lowestHz && hz <= highestHz)) {
			throw new RangeError(`hz: found ${hz}, expected ${lowestHz} to ${highestHz}`);
		}
		const steps = stepsOf(hz);
		const finest = 31 - Math.clz32(steps + 1);
		const resolution = options.resolution === undefined ? Math.min(finest, usualBits) : integer("resolution", options.resolution, 1, finestBits);
		if (resolution > finest) {
			throw new RangeError(`resolution: found ${resolution} bits, a period of ${hz} Hz has ${steps} steps: at most ${finest} bits`);
		}
		this.#resolution = resolution;
		this.#handle = open(pin, hz, resolution);
	}

	/** Numbers only. */
	get format(): "number" {
		return "number";
	}

	set format(value: "number") {
		format(value, ["number"]);
	}

	/** Bits of the values that `write` takes. */
	get resolution(): number {
		return this.#resolution;
	}

	/** Periods a second that the divider really gives. */
	get hz(): number {
		return hzOf(this.#opened());
	}

	/**
	 * Sets how long the output is high, from the next period on.
	 *
	 * @param value 0: never; 2^resolution - 1: always.
	 * @throws RangeError; CodedError ECLOSED.
	 */
	write(value: number): void {
		writeValue(this.#opened(), integer("value", value, 0, (1 << this.#resolution) - 1));
	}

	/** Stops, and gives the pin back, as after a reset. Harmless twice. */
	close(): void {
		const handle = this.#handle;
		this.#handle = undefined;
		if (handle) {
			closeHandle(handle);
		}
	}

	#opened(): Handle {
		if (!this.#handle) {
			throw new CodedError("ECLOSED", "pwm: it is closed");
		}
		return this.#handle;
	}
}
