// An analogue input: ECMA-419, IO class "analog input", and the temperature of the chip.
//
// Below it: the RP2040's ADC (analog.c), with 3.3 V of the board (ADC_VREF) as its full scale.

import { CodedError } from "../../base/error.ts";
import { format, integer } from "../options/options.ts";

/** What an input is made of: a pin or a channel. */
export interface AnalogOptions {
	/** GPIO 26, 27 or 28. 29 belongs to the radio. */
	pin?: number;
	/** In place of `pin`: 0 to 2 are GPIO 26 to 28, 4 is the temperature sensor. */
	channel?: number;
	/** Bits of the values that `read` gives, 1 to 12. Default 12. */
	resolution?: number;
	/** Numbers only. */
	format?: "number";
}

/** The channel, in C. */
type Handle = object;

const open = native<(channel: number) => Handle>("xs_analog_open");
const readChannel = native<(handle: Handle, bits: number) => number>("xs_analog_read");
const closeHandle = native<(handle: Handle) => void>("xs_analog_close");

const firstPin = 26;
const lastPin = 29;
const temperatureChannel = 4;
const bitsOfConverter = 12;
const fullScaleVolts = 3.3;
// RP2040 datasheet 4.9.5.
const sensorVoltsAt27 = 0.706;
const sensorVoltsPerDegree = 0.001721;

/** An analogue input. It keeps its pin until `close()`, also when nobody holds it. */
export default class Analog {
	#handle: Handle | undefined;
	readonly #channel: number;
	readonly #resolution: number;

	/** @throws TypeError, RangeError: an option is wrong. CodedError EBUSY: pin or channel is in use, by whom is said. */
	constructor(options: AnalogOptions) {
		const { pin, channel, resolution = bitsOfConverter } = options;
		if ((pin === undefined) === (channel === undefined)) {
			throw new TypeError("pin, channel: expected one of the two");
		}
		format(options.format ?? "number", ["number"]);
		this.#channel = channel === undefined ? integer("pin", pin, firstPin, lastPin) - firstPin : integer("channel", channel, 0, temperatureChannel);
		this.#resolution = integer("resolution", resolution, 1, bitsOfConverter);
		this.#handle = open(this.#channel);
	}

	/** Numbers only. */
	get format(): "number" {
		return "number";
	}

	set format(value: "number") {
		format(value, ["number"]);
	}

	/** Bits of the values that `read` gives. */
	get resolution(): number {
		return this.#resolution;
	}

	/** 0 to 2^resolution - 1: 0 V to 3.3 V. Takes 2 us. @throws CodedError ECLOSED. */
	read(): number {
		return readChannel(this.#opened(), this.#resolution);
	}

	/**
	 * Degrees Celsius of the chip, of channel 4; good for changes, some degrees off without calibration (datasheet 4.9.5). Takes 2 us.
	 *
	 * @throws TypeError on another channel; CodedError ECLOSED.
	 */
	celsius(): number {
		if (this.#channel !== temperatureChannel) {
			throw new TypeError(`celsius: channel ${this.#channel} has no sensor, expected ${temperatureChannel}`);
		}
		const volts = (readChannel(this.#opened(), bitsOfConverter) * fullScaleVolts) / (1 << bitsOfConverter);
		return 27 - (volts - sensorVoltsAt27) / sensorVoltsPerDegree;
	}

	/** Gives the pin back, as the board has it after start. Harmless twice. */
	close(): void {
		const handle = this.#handle;
		this.#handle = undefined;
		if (handle) {
			closeHandle(handle);
		}
	}

	#opened(): Handle {
		if (!this.#handle) {
			throw new CodedError("ECLOSED", "analog: it is closed");
		}
		return this.#handle;
	}
}
