/**
 * The analogue to digital converter: five channels of 12 bits, single and free-running conversions, round robin, FIFO
 * (RP2040 datasheet 4.9). GPIO 26 to 29 are channels 0 to 3, the temperature sensor is channel 4.
 */
import type { Dma } from "../core/dma.ts";
import { Block } from "../core/registers.ts";
import type { VirtualClock } from "../core/virtual-clock.ts";

const CHANNELS = 5;
const TEMPERATURE_CHANNEL = 4;
const FIRST_PIN = 26;
const IRQ_ADC_FIFO = 22;
const DREQ_ADC = 36;
const FIFO_DEPTH = 4;
const REFERENCE_VOLTS = 3.3;
/** clk_adc, and the cycles of one conversion (4.9.2). */
const CLOCK_HZ = 48_000_000;
const CONVERSION_CYCLES = 96;

const ENABLE = 1 << 0;
const SENSOR_ENABLE = 1 << 1;
const START_ONE = 1 << 2;
const START_MANY = 1 << 3;
const READY = 1 << 8;
const ERROR_STICKY = 1 << 10;
const CONTROL_WRITABLE = 0x001f700b;
const FIFO_ENABLE = 1 << 0;
const FIFO_SHIFT = 1 << 1;
const FIFO_REQUEST = 1 << 3;
const FIFO_UNDER = 1 << 10;
const FIFO_OVER = 1 << 11;
const FIFO_WRITABLE = 0x0f00000f;

const PAD_INPUT_ENABLE = 0x40;
const PAD_PULLS = 0x0c;

export interface AdcWiring {
	/** PADS_BANK0's register of a GPIO. */
	pad(pin: number): number;
	/** Doubtful use of the pads. */
	warn(code: string, text: string): void;
}

export class Adc extends Block {
	readonly #clock: VirtualClock;
	readonly #dma: Dma;
	readonly #wiring: AdcWiring;
	readonly #setInterrupt: (irq: number, high: boolean) => void;
	/** Volts on GPIO 26 to 29; undefined: nothing is connected, a pull decides. */
	readonly volts: (number | undefined)[] = [undefined, undefined, undefined, undefined];
	/** Volts that the board itself has on GPIO 26 to 29; undefined: the pin is free. */
	boardVolts: (pin: number) => number | undefined = () => undefined;
	/** Of the die. */
	celsius = 27;
	#control = 0;
	#result = 0;
	#fifoControl = 0;
	#fifoFlags = 0;
	#fifo: number[] = [];
	#divider = 0;
	#interruptEnable = 0;
	#interruptForce = 0;
	#busy = false;
	#cancel: (() => void) | undefined;
	#cancelNext: (() => void) | undefined;

	constructor(clock: VirtualClock, dma: Dma, wiring: AdcWiring, setInterrupt: (irq: number, high: boolean) => void, unknown: (text: string) => void) {
		super("ADC", unknown);
		this.#clock = clock;
		this.#dma = dma;
		this.#wiring = wiring;
		this.#setInterrupt = setInterrupt;
	}

	reset(): void {
		this.#cancel?.();
		this.#cancelNext?.();
		this.#cancel = this.#cancelNext = undefined;
		this.#control = this.#result = this.#fifoControl = this.#fifoFlags = this.#divider = 0;
		this.#interruptEnable = this.#interruptForce = 0;
		this.#fifo = [];
		this.#busy = false;
		this.#update();
	}

	get #channel(): number {
		return (this.#control >>> 12) & 7;
	}

	#start(): void {
		if (this.#busy || !(this.#control & ENABLE)) {
			return;
		}
		this.#busy = true;
		const channel = this.#channel;
		this.#cancel = this.#clock.schedule((CONVERSION_CYCLES * 1e6) / CLOCK_HZ, () => this.#convert(channel));
	}

	#convert(channel: number): void {
		this.#busy = false;
		const volts = this.#voltsOf(channel);
		const code = Math.max(0, Math.min(4095, Math.floor((volts / REFERENCE_VOLTS) * 4096)));
		this.#result = code;
		if (this.#fifoControl & FIFO_ENABLE) {
			if (this.#fifo.length >= FIFO_DEPTH) {
				this.#fifoFlags |= FIFO_OVER;
			} else {
				this.#fifo.push(this.#fifoControl & FIFO_SHIFT ? code >>> 4 : code);
			}
		}
		const round = (this.#control >>> 16) & 0x1f;
		if (round) {
			let next = this.#channel;
			do {
				next = (next + 1) % CHANNELS;
			} while (!(round & (1 << next)));
			this.#control = (this.#control & ~0x7000) | (next << 12);
		}
		this.#update();
		if (this.#control & START_MANY) {
			const cycles = 1 + ((this.#divider >>> 8) & 0xffff) + (this.#divider & 0xff) / 256;
			const pause = Math.max(0, cycles - CONVERSION_CYCLES);
			this.#cancelNext = this.#clock.schedule((pause * 1e6) / CLOCK_HZ, () => {
				if (this.#control & START_MANY) {
					this.#start();
				}
			});
		}
	}

	#voltsOf(channel: number): number {
		if (channel === TEMPERATURE_CHANNEL) {
			// 4.9.5: 0.706 V at 27 degrees, 1.721 mV less for each degree.
			return this.#control & SENSOR_ENABLE ? 0.706 - (this.celsius - 27) * 0.001721 : 0;
		}
		if (channel > TEMPERATURE_CHANNEL) {
			return 0;
		}
		const pin = FIRST_PIN + channel;
		const pad = this.#wiring.pad(pin);
		if (pad & PAD_INPUT_ENABLE) {
			this.#wiring.warn("adc-digital-input", `the ADC samples GPIO ${pin} while its digital input is on: it draws current between the logic levels (datasheet 4.9.1)`);
		}
		if (pad & PAD_PULLS) {
			this.#wiring.warn("adc-pull", `the ADC samples GPIO ${pin} while a pull of the pad is on: it bends the voltage (datasheet 4.9.1)`);
		}
		return this.volts[channel] ?? this.boardVolts(pin) ?? (pad & 0x08 ? REFERENCE_VOLTS : 0);
	}

	#update(): void {
		const threshold = (this.#fifoControl >>> 24) & 0xf;
		const raw = this.#fifo.length >= threshold && this.#fifo.length > 0 ? 1 : 0;
		this.#raw = raw;
		this.#setInterrupt(IRQ_ADC_FIFO, ((raw & this.#interruptEnable) | this.#interruptForce) !== 0);
		if (this.#fifoControl & FIFO_REQUEST && this.#fifo.length) {
			this.#dma.setDREQ(DREQ_ADC);
		} else {
			this.#dma.clearDREQ(DREQ_ADC);
		}
	}

	#raw = 0;

	protected read(offset: number): number | undefined {
		switch (offset) {
			case 0x00: return this.#control | (this.#control & ENABLE && !this.#busy ? READY : 0);
			case 0x04: return this.#result;
			case 0x08:
				return (
					this.#fifoControl | this.#fifoFlags | (this.#fifo.length << 16) |
					(this.#fifo.length ? 0 : 1 << 8) | (this.#fifo.length >= FIFO_DEPTH ? 1 << 9 : 0)
				);
			case 0x0c: {
				const value = this.#fifo.shift();
				if (value === undefined) {
					this.#fifoFlags |= FIFO_UNDER;
				}
				this.#update();
				return value ?? 0;
			}
			case 0x10: return this.#divider;
			case 0x14: return this.#raw;
			case 0x18: return this.#interruptEnable;
			case 0x1c: return this.#interruptForce;
			case 0x20: return (this.#raw & this.#interruptEnable) | this.#interruptForce;
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		switch (offset) {
			case 0x00:
				this.#control = (value & CONTROL_WRITABLE) | (this.#control & ERROR_STICKY & ~this.rawValue);
				if (!(value & ENABLE)) {
					this.#cancel?.();
					this.#busy = false;
				}
				if (value & (START_ONE | START_MANY)) {
					this.#start();
				}
				break;
			case 0x08:
				this.#fifoControl = value & FIFO_WRITABLE;
				this.#fifoFlags &= ~(this.rawValue & (FIFO_OVER | FIFO_UNDER));
				break;
			case 0x10: this.#divider = value & 0xffffff; break;
			case 0x18: this.#interruptEnable = value & 1; break;
			case 0x1c: this.#interruptForce = value & 1; break;
			default: return false;
		}
		this.#update();
		return true;
	}
}
