/**
 * The pins as a value change dump, which GTKWave and PulseView open (IEEE 1364-2005, chapter 18). Times are virtual
 * nanoseconds. Only what SIO, PIO, PWM and the board put onto a wire is seen: UART, SPI and I2C exchange whole words.
 */
import type { Pins } from "./core/pins.ts";

/** GPIO 0 to 29, and the LED of the board, which hangs on the radio. */
export type DumpedPin = number | "led";

export interface ValueChangeDumpOptions {
	/** Called with each piece of the file. */
	write: (text: string) => void;
	/** Default: all. */
	pins?: readonly DumpedPin[];
}

/** What the radio's wires are called in the Pico W's data sheet. */
const RADIO_NAMES: Readonly<Record<number, string>> = { 23: "WL_ON", 24: "WL_D", 25: "WL_CS", 29: "WL_CLK" };
const GPIO_COUNT = 30;
/** Identifiers are printable characters, from "!" on. */
const FIRST_IDENTIFIER = 33;
const LED_IDENTIFIER = String.fromCharCode(FIRST_IDENTIFIER + 2 * GPIO_COUNT);
const PIECE_CHARACTERS = 65_536;

/**
 * Reads a list such as `0-5,25,led`.
 *
 * @throws Error that says what is wrong with it.
 */
export function parsePinList(text: string): DumpedPin[] {
	const pins = new Set<DumpedPin>();
	for (const part of text.split(",")) {
		const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
		const [from, to] = [Number(first), Number(last ?? first)];
		if (part === "led") {
			pins.add("led");
		} else if (first !== undefined && from <= to && to < GPIO_COUNT) {
			for (let pin = from; pin <= to; pin++) {
				pins.add(pin);
			}
		} else {
			throw new Error(`"${part}" names no pins: GPIOs from 0 to 29 and "led" are expected, such as 0-5,25,led`);
		}
	}
	return [...pins];
}

export class ValueChangeDump {
	readonly #options: ValueChangeDumpOptions;
	readonly #pins: Pins;
	readonly #nanos: () => number;
	/** The GPIOs that are dumped. */
	readonly #mask: number;
	readonly #withLed: boolean;
	#text = "";
	/** The time whose values are collected, and the last one that stands in the file. */
	#atNanos = 0;
	#writtenNanos = -1;
	// Now, and as they stand in the file.
	#level = 0;
	#driven = 0;
	#led = false;
	#writtenLevel = 0;
	#writtenDriven = 0;
	#writtenLed = false;

	/** @param nanos of virtual time; @param epochMs of power-on, for the file's head. */
	constructor(options: ValueChangeDumpOptions, pins: Pins, nanos: () => number, epochMs: number) {
		this.#options = options;
		this.#pins = pins;
		this.#nanos = nanos;
		const chosen = options.pins ?? [...Array(GPIO_COUNT).keys(), "led" as const];
		this.#withLed = chosen.includes("led");
		this.#mask = chosen.reduce<number>((mask, pin) => (pin === "led" ? mask : mask | (1 << pin)), 0);
		this.#head(epochMs);
		pins.observe(this.#mask, () => this.#changed());
	}

	/** The LED went on or off. */
	led(on: boolean): void {
		this.#advance();
		this.#led = on;
	}

	/** Writes what is still held back, and the time until which nothing changed any more. */
	close(): void {
		this.#advance();
		this.#settle();
		if (this.#atNanos > this.#writtenNanos) {
			this.#text += `#${this.#atNanos}\n`;
			this.#writtenNanos = this.#atNanos;
		}
		this.#flush();
	}

	#changed(): void {
		this.#advance();
		this.#level = this.#pins.level;
		this.#driven = this.#pins.outputEnabled;
	}

	/** To the present time. What changed at an earlier one is settled: of several changes at one time, the last stands. */
	#advance(): void {
		const nanos = Math.max(Math.round(this.#nanos()), this.#atNanos);
		if (nanos > this.#atNanos) {
			this.#settle();
			this.#atNanos = nanos;
		}
	}

	#settle(): void {
		const levels = (this.#level ^ this.#writtenLevel) & this.#mask;
		const drives = (this.#driven ^ this.#writtenDriven) & this.#mask;
		const led = this.#withLed && this.#led !== this.#writtenLed;
		if (!(levels || drives || led)) {
			return;
		}
		if (this.#atNanos > this.#writtenNanos) {
			this.#text += `#${this.#atNanos}\n`;
			this.#writtenNanos = this.#atNanos;
		}
		this.#values(levels, drives, led);
		this.#writtenLevel = this.#level;
		this.#writtenDriven = this.#driven;
		this.#writtenLed = this.#led;
		if (this.#text.length >= PIECE_CHARACTERS) {
			this.#flush();
		}
	}

	#values(levels: number, drives: number, led: boolean): void {
		for (let pin = 0; pin < GPIO_COUNT; pin++) {
			if ((levels >>> pin) & 1) {
				this.#text += `${(this.#level >>> pin) & 1}${levelIdentifier(pin)}\n`;
			}
			if ((drives >>> pin) & 1) {
				this.#text += `${(this.#driven >>> pin) & 1}${drivenIdentifier(pin)}\n`;
			}
		}
		if (led) {
			this.#text += `${this.#led ? 1 : 0}${LED_IDENTIFIER}\n`;
		}
	}

	#head(epochMs: number): void {
		const pins = [...Array(GPIO_COUNT).keys()].filter((pin) => (this.#mask >>> pin) & 1);
		this.#text = [
			`$date ${new Date(epochMs).toISOString()} at power-on $end`,
			"$version simulated Raspberry Pi Pico W $end",
			"$timescale 1 ns $end",
			// The level on the wire, whoever makes it ...
			"$scope module level $end",
			...pins.map((pin) => `$var wire 1 ${levelIdentifier(pin)} ${pinName(pin)} $end`),
			...(this.#withLed ? [`$var wire 1 ${LED_IDENTIFIER} LED $end`] : []),
			"$upscope $end",
			// ... and whether the RP2040 drives it.
			"$scope module driven $end",
			...pins.map((pin) => `$var wire 1 ${drivenIdentifier(pin)} ${pinName(pin)}_driven $end`),
			"$upscope $end",
			"$enddefinitions $end",
			"#0",
			"$dumpvars",
			"",
		].join("\n");
		this.#level = this.#writtenLevel = this.#pins.level;
		this.#driven = this.#writtenDriven = this.#pins.outputEnabled;
		this.#values(this.#mask, this.#mask, this.#withLed);
		this.#text += "$end\n";
		this.#writtenNanos = 0;
	}

	#flush(): void {
		this.#options.write(this.#text);
		this.#text = "";
	}
}

function pinName(pin: number): string {
	return RADIO_NAMES[pin] ? `GP${pin}_${RADIO_NAMES[pin]}` : `GP${pin}`;
}

function levelIdentifier(pin: number): string {
	return String.fromCharCode(FIRST_IDENTIFIER + pin);
}

function drivenIdentifier(pin: number): string {
	return String.fromCharCode(FIRST_IDENTIFIER + GPIO_COUNT + pin);
}
