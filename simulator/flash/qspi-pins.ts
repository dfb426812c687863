/**
 * The six pins of the flash: SCLK, SS and SD0 to SD3, with IO_QSPI and PADS_QSPI in front of them (RP2040 datasheet
 * 2.19.6.2 and 2.19.6.4) and the BOOTSEL button behind SS. Between commands the SSI holds SCLK low and SS high, and the
 * data pins float. Not modelled: interrupts of these pins.
 */
import { Block } from "../core/registers.ts";
import type { Ssi } from "./ssi.ts";

const PIN_COUNT = 6;
const ALL = (1 << PIN_COUNT) - 1;
const PIN_SS = 1;
const SS = 1 << PIN_SS;
const SCLK = 1;

const FUNCTION_XIP = 0;
const FUNCTION_SIO = 5;
const FUNCTION_NONE = 0x1f;

/** OUTOVER, OEOVER and INOVER: as it is, inverted, always 0, always 1. */
const overridden = (bit: number, override: number): number => [bit, bit ^ 1, 0, 1][override & 3];

const PAD_INPUT_ENABLE = 0x40;
const PAD_PULL_UP = 0x08;
const PAD_PULL_DOWN = 0x04;
const PAD_RESET = [0x56, 0x5a, 0x52, 0x52, 0x52, 0x52];

export class QspiPins {
	readonly control = new Uint32Array(PIN_COUNT).fill(FUNCTION_NONE);
	readonly pad = Uint8Array.from(PAD_RESET);
	/** What SIO's GPIO_HI registers drive, a bit a pin. */
	sioOut = 0;
	sioOe = 0;
	/** The button pulls SS to ground by 1 k (schematics of the Pico W): a pin that drives is stronger. */
	bootselPressed = false;

	/** Levels that SIO's GPIO_HI_IN reads, a bit a pin. */
	get input(): number {
		let word = 0;
		for (let pin = 0; pin < PIN_COUNT; pin++) {
			word |= ((this.status(pin) >>> 19) & 1) << pin;
		}
		return word;
	}

	/** A pin's STATUS, without its interrupt. */
	status(pin: number): number {
		const control = this.control[pin];
		const [out, oe] = this.#peripheral(pin, control & 0x1f);
		const toPad = overridden(out, control >>> 8);
		const oeToPad = overridden(oe, control >>> 12);
		const fromPad = this.pad[pin] & PAD_INPUT_ENABLE ? (oeToPad ? toPad : this.#resting(pin)) : 0;
		return (out << 8) | (toPad << 9) | (oe << 12) | (oeToPad << 13) | (fromPad << 17) | (overridden(fromPad, control >>> 16) << 19);
	}

	#peripheral(pin: number, selected: number): [out: number, oe: number] {
		switch (selected) {
			case FUNCTION_XIP: return [(SS >>> pin) & 1, ((SCLK | SS) >>> pin) & 1];
			case FUNCTION_SIO: return [(this.sioOut >>> pin) & 1, (this.sioOe >>> pin) & 1];
			default: return [0, 0];
		}
	}

	/** The level of a pin that the chip does not drive: the button's, its pull's, and what floats is high. */
	#resting(pin: number): number {
		if (pin === PIN_SS && this.bootselPressed) {
			return 0;
		}
		return (this.pad[pin] & (PAD_PULL_UP | PAD_PULL_DOWN)) === PAD_PULL_DOWN ? 0 : 1;
	}

	/** Gives all pins to the SSI, as the boot ROM does. */
	selectXip(): void {
		this.control.fill(FUNCTION_XIP);
	}

	setSio(out: number, oe: number): void {
		this.sioOut = out & ALL;
		this.sioOe = oe & ALL;
	}
}

const OVERRIDE_LOW = 2;
const OVERRIDE_HIGH = 3;

/** IO_QSPI: a STATUS and a CTRL for each pin. */
export class IoQspi extends Block {
	readonly #pins: QspiPins;
	readonly #ssi: Ssi;

	constructor(pins: QspiPins, ssi: Ssi, unknown: (text: string) => void) {
		super("IO_QSPI", unknown);
		this.#pins = pins;
		this.#ssi = ssi;
		this.reset();
	}

	reset(): void {
		this.#pins.control.fill(FUNCTION_NONE);
		this.#ssi.forceSelect(undefined);
	}

	protected read(offset: number): number | undefined {
		if (offset < 8 * PIN_COUNT) {
			return offset & 4 ? this.#pins.control[offset >> 3] : this.#pins.status(offset >> 3);
		}
		return offset < 0x60 ? 0 : undefined;
	}

	protected write(offset: number, value: number): boolean {
		if (offset < 8 * PIN_COUNT) {
			if (offset & 4) {
				const pin = offset >> 3;
				this.#pins.control[pin] = value;
				if (pin === PIN_SS) {
					const override = (value >>> 8) & 3;
					this.#ssi.forceSelect(override === OVERRIDE_LOW ? true : override === OVERRIDE_HIGH ? false : undefined);
				}
			}
			return true;
		}
		return offset < 0x60 && value === 0;
	}
}

/** PADS_QSPI: VOLTAGE_SELECT and a register for each pad. */
export class PadsQspi extends Block {
	readonly #pins: QspiPins;
	#voltageSelect = 0;

	constructor(pins: QspiPins, unknown: (text: string) => void) {
		super("PADS_QSPI", unknown);
		this.#pins = pins;
	}

	reset(): void {
		this.#voltageSelect = 0;
		this.#pins.pad.set(PAD_RESET);
	}

	protected read(offset: number): number | undefined {
		return offset === 0 ? this.#voltageSelect : this.#pins.pad[(offset >> 2) - 1];
	}

	protected write(offset: number, value: number): boolean {
		const pin = (offset >> 2) - 1;
		if (pin >= PIN_COUNT) {
			return false;
		}
		if (offset === 0) {
			this.#voltageSelect = value & 1;
		} else {
			this.#pins.pad[pin] = value;
		}
		return true;
	}
}
