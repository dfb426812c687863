/** IO_BANK0 and PADS_BANK0: the registers in front of the pins (RP2040 datasheet 2.19.6.1 and 2.19.6.3). */
import { Block } from "../core/registers.ts";
import { DORMANT_WAKE, PIN_COUNT, type Pins } from "../core/pins.ts";

export class IoBank extends Block {
	readonly #pins: Pins;

	constructor(pins: Pins, unknown: (text: string) => void) {
		super("IO_BANK0", unknown);
		this.#pins = pins;
	}

	reset(): void {
		this.#pins.resetBank();
	}

	protected read(offset: number): number | undefined {
		if (offset < 8 * PIN_COUNT) {
			return offset & 4 ? this.#pins.control[offset >> 3] : this.#pins.status(offset >> 3);
		}
		const register = (offset >> 2) & 3;
		switch (offset & ~0xf) {
			case 0x0f0: return this.#pins.rawInterrupts(register);
			case 0x100: return this.#pins.interruptEnable(0, register);
			case 0x110: return this.#pins.interruptForce(0, register);
			case 0x120: return this.#pins.interruptStatus(0, register);
			case 0x130: return this.#pins.interruptEnable(1, register);
			case 0x140: return this.#pins.interruptForce(1, register);
			case 0x150: return this.#pins.interruptStatus(1, register);
			case 0x160: return this.#pins.interruptEnable(DORMANT_WAKE, register);
			case 0x170: return this.#pins.interruptForce(DORMANT_WAKE, register);
			case 0x180: return this.#pins.interruptStatus(DORMANT_WAKE, register);
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		if (offset < 8 * PIN_COUNT) {
			if (offset & 4) {
				this.#pins.setControl(offset >> 3, value);
			}
			return true;
		}
		const register = (offset >> 2) & 3;
		switch (offset & ~0xf) {
			case 0x0f0: this.#pins.clearEdges(register, this.rawValue); return true;
			case 0x100: this.#pins.setInterruptEnable(0, register, value); return true;
			case 0x110: this.#pins.setInterruptForce(0, register, value); return true;
			case 0x130: this.#pins.setInterruptEnable(1, register, value); return true;
			case 0x140: this.#pins.setInterruptForce(1, register, value); return true;
			case 0x160: this.#pins.setInterruptEnable(DORMANT_WAKE, register, value); return true;
			case 0x170: this.#pins.setInterruptForce(DORMANT_WAKE, register, value); return true;
			default: return false;
		}
	}
}

export class Pads extends Block {
	readonly #pins: Pins;
	#voltageSelect = 0;
	/** SWCLK and SWD (datasheet tables 374, 375). */
	#debug = [0xda, 0x5a];

	constructor(pins: Pins, unknown: (text: string) => void) {
		super("PADS_BANK0", unknown);
		this.#pins = pins;
	}

	reset(): void {
		this.#voltageSelect = 0;
		this.#pins.resetPads();
	}

	protected read(offset: number): number | undefined {
		if (offset === 0) {
			return this.#voltageSelect;
		}
		const pin = (offset >> 2) - 1;
		return pin < PIN_COUNT ? this.#pins.pad[pin] : this.#debug[pin - PIN_COUNT];
	}

	protected write(offset: number, value: number): boolean {
		const pin = (offset >> 2) - 1;
		if (offset === 0) {
			this.#voltageSelect = value & 1;
		} else if (pin < PIN_COUNT) {
			this.#pins.setPad(pin, value);
		} else if (pin < PIN_COUNT + 2) {
			this.#debug[pin - PIN_COUNT] = value & 0xff;
		} else {
			return false;
		}
		return true;
	}
}
