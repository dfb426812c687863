/**
 * SPI (PL022; RP2040 datasheet 4.4) as a master in Motorola format: FIFOs, the time of a word on the wire, interrupts, DMA
 * requests, loop-back, and devices on the pins that are given to the block. Its edges are on the pins for who looks. A word
 * takes its bits' time and no more, so between words that follow at once the select line rises for no time at all (with SPH 0;
 * with SPH 1 it stays low). As a slave the block is `SpiSlave`.
 */
import type { Dma } from "../core/dma.ts";
import { LevelPlan, type PlannedLevel } from "../core/level-plan.ts";
import { spiSignals } from "../core/pin-functions.ts";
import type { Pins } from "../core/pins.ts";
import { Block } from "../core/registers.ts";
import type { VirtualClock } from "../core/virtual-clock.ts";
import type { SpiDevice, SpiPlace } from "../wires.ts";
import { SpiSlave } from "./spi-slave.ts";

const FIFO_DEPTH = 8;
const TIMEOUT_BITS = 32;
const FUNCTION_SPI = 1;
const LOOP_BACK = 1 << 0;
const ENABLE = 1 << 1;
const SLAVE = 1 << 2;
const SLAVE_OUTPUT_OFF = 1 << 3;
const INTERRUPT_OVERRUN = 1 << 0;
const INTERRUPT_TIMEOUT = 1 << 1;
const INTERRUPT_RECEIVE = 1 << 2;
const INTERRUPT_TRANSMIT = 1 << 3;

/** A GPIO belongs to SPI1 when bit 3 is set (table 2 of section 1.4.3); its two lowest bits say: receive, select, clock, transmit. */
const roleReceive = 0;
const roleClock = 2;
const roleTransmit = 3;
const blockOf = (pin: number): number => (pin >>> 3) & 1;

export interface SpiWiring {
	index: 0 | 1;
	irq: number;
	dreqTransmit: number;
	dreqReceive: number;
	/** clk_peri, Hz. */
	peripheralHz(): number;
}

export class Spi extends Block {
	readonly #clock: VirtualClock;
	readonly #pins: Pins;
	readonly #dma: Dma;
	readonly #wiring: SpiWiring;
	readonly #setInterrupt: (irq: number, high: boolean) => void;
	readonly #note: (text: string) => void;
	readonly #plan: LevelPlan;
	readonly #signals: ReturnType<typeof spiSignals>;
	/** What a wire of the board has brought of the present word, the first bit highest; undefined while nobody looks. */
	#heard: number | undefined;
	readonly #devices: { device: SpiDevice; place: SpiPlace }[] = [];
	#control0 = 0;
	#control1 = 0;
	#prescale = 0;
	#mask = 0;
	#overrun = 0;
	#timedOut = 0;
	#cancelTimeout: (() => void) | undefined;
	#dmaControl = 0;
	readonly #transmit: number[] = [];
	readonly #received: number[] = [];
	readonly #slave: SpiSlave;
	#cancel: (() => void) | undefined;

	constructor(clock: VirtualClock, pins: Pins, dma: Dma, wiring: SpiWiring, setInterrupt: (irq: number, high: boolean) => void, unknown: (text: string) => void) {
		super(`SPI${wiring.index}`, unknown);
		this.#clock = clock;
		this.#pins = pins;
		this.#dma = dma;
		this.#wiring = wiring;
		this.#setInterrupt = setInterrupt;
		this.#note = unknown;
		this.#plan = new LevelPlan(clock, pins);
		this.#signals = spiSignals(wiring.index);
		this.#slave = new SpiSlave(pins, this.#signals, {
			isSlave: () => (this.#control1 & (ENABLE | SLAVE)) === (ENABLE | SLAVE),
			mayDrive: () => !(this.#control1 & SLAVE_OUTPUT_OFF),
			mode: () => this.#mode,
			bits: () => this.#bits,
			transmit: this.#transmit,
			loaded: () => this.#update(),
			received: (word) => {
				this.#take(word);
				this.#update();
			},
		});
	}

	/** Puts a device of the board onto the block's pins. */
	attach(device: SpiDevice, place: SpiPlace): void {
		this.#devices.push({ device, place });
	}

	reset(): void {
		this.#cancel?.();
		this.#cancel = undefined;
		this.#control0 = this.#control1 = this.#prescale = this.#mask = this.#overrun = this.#dmaControl = 0;
		this.#transmit.length = this.#received.length = 0;
		this.#watchReceived();
		this.#plan.clear();
		this.#slave.configured();
		this.#rest();
		this.#update();
	}

	/** A master's outputs while nothing is sent: not selected, the clock at its idle level, data let go until it is at work. */
	#rest(): void {
		if (this.#control1 & SLAVE) {
			this.#pins.setSignal(this.#signals.select, undefined);
			this.#pins.setSignal(this.#signals.clock, undefined);
			return;
		}
		this.#pins.setSignal(this.#signals.select, true);
		this.#pins.setSignal(this.#signals.clock, (this.#mode & 2) !== 0);
		if (!(this.#control1 & ENABLE)) {
			this.#pins.setSignal(this.#signals.transmit, undefined);
		}
	}

	/** The edges of a word, half a bit apart. With SPH the first edge of a bit brings the data, otherwise the last one of the bit before. */
	#showBits(word: number): void {
		const { select, clock, transmit, receive } = this.#signals;
		const half = 5e5 / this.hz;
		const bits = this.#bits;
		const idle = (this.#mode & 2) !== 0;
		const late = this.#mode & 1;
		const plan: PlannedLevel[] = [];
		if (!late) {
			plan.push({ afterMicros: 0, signal: clock, level: idle }, { afterMicros: 0, signal: select, level: true });
		}
		plan.push({ afterMicros: 0, signal: select, level: false });
		for (let bit = 0; bit < bits; bit++) {
			const level = ((word >>> (bits - 1 - bit)) & 1) === 1;
			const afterMicros = 2 * bit * half;
			if (late) {
				plan.push({ afterMicros, signal: clock, level: !idle }, { afterMicros, signal: transmit, level }, { afterMicros: afterMicros + half, signal: clock, level: idle });
			} else {
				plan.push({ afterMicros, signal: clock, level: idle }, { afterMicros, signal: transmit, level }, { afterMicros: afterMicros + half, signal: clock, level: !idle });
			}
		}
		this.#plan.add(plan);
		if (this.#pins.isDrivenByBoard(this.#pins.pinsOf(receive))) {
			this.#heard = 0;
			for (let bit = 0; bit < bits; bit++) {
				this.#plan.at((2 * bit + 1) * half, () => {
					const level = (this.#pins.level & this.#pins.pinsOf(receive)) !== 0 ? 1 : 0;
					this.#heard = ((this.#heard ?? 0) << 1) | level;
				});
			}
		}
	}

	/** Bits a second; 0 when the prescaler is not set. */
	get hz(): number {
		return this.#prescale ? this.#wiring.peripheralHz() / (this.#prescale * (1 + ((this.#control0 >>> 8) & 0xff))) : 0;
	}

	get #bits(): number {
		return (this.#control0 & 15) + 1;
	}

	/** SPO is the higher bit of the mode's number, SPH the lower. */
	get #mode(): number {
		return ((this.#control0 >>> 5) & 2) | ((this.#control0 >>> 7) & 1);
	}

	#shift(): void {
		if (this.#cancel || !this.#transmit.length || (this.#control1 & (ENABLE | SLAVE)) !== ENABLE) {
			return;
		}
		if (!this.hz) {
			this.#note(`${this.name}: a word is to be sent and SSPCPSR is 0`);
			return;
		}
		const word = this.#transmit.shift() as number;
		this.#heard = undefined;
		const { select, clock, transmit, receive } = this.#signals;
		const pins = this.#pins.pinsOf(select) | this.#pins.pinsOf(clock) | this.#pins.pinsOf(transmit);
		if (!(this.#control1 & LOOP_BACK) && (this.#pins.isWatched(pins) || this.#pins.isDrivenByBoard(this.#pins.pinsOf(receive)))) {
			this.#showBits(word);
		}
		this.#cancel = this.#clock.schedule((this.#bits * 1e6) / this.hz, () => {
			this.#cancel = undefined;
			const answer = this.#control1 & LOOP_BACK ? word : this.#exchange(word) | (this.#heard ?? 0);
			if (!this.#transmit.length) {
				this.#rest();
			}
			this.#take(answer & ((1 << this.#bits) - 1));
			this.#shift();
			this.#update();
		});
	}

	#take(word: number): void {
		if (this.#received.length < FIFO_DEPTH) {
			this.#received.push(word);
		} else {
			this.#overrun = INTERRUPT_OVERRUN;
		}
		this.#watchReceived();
	}

	/** One word over the pins: devices that see the clock and are selected take it, and one of them answers. */
	#exchange(word: number): number {
		const given = this.#pins.selected(FUNCTION_SPI);
		const has = (pin: number | undefined, role: number): boolean =>
			pin !== undefined && ((given >>> pin) & 1) === 1 && (pin & 3) === role && blockOf(pin) === this.#wiring.index;
		let answer = 0;
		for (const { device, place } of this.#devices) {
			if (!has(place.clock, roleClock) || (place.select !== undefined && ((this.#pins.level >>> place.select) & 1) !== (place.selectHigh ? 1 : 0))) {
				continue;
			}
			const seen = has(place.out, roleTransmit) ? word : 0;
			const put = device.exchange(seen, this.#bits, this.#mode);
			if (has(place.in, roleReceive)) {
				answer |= put;
			}
		}
		return answer;
	}

	/** Words that lie in the FIFO for 32 bit times, in which nothing came and nothing was taken, are told (SSPRTINTR), if that may interrupt. */
	#watchReceived(): void {
		this.#cancelTimeout?.();
		this.#cancelTimeout = undefined;
		if (!this.#received.length) {
			this.#timedOut = 0;
		} else if (this.#mask & INTERRUPT_TIMEOUT && this.hz) {
			this.#cancelTimeout = this.#clock.schedule((TIMEOUT_BITS * 1e6) / this.hz, () => {
				this.#cancelTimeout = undefined;
				this.#timedOut = INTERRUPT_TIMEOUT;
				this.#update();
			});
		}
	}

	get #raw(): number {
		return (
			this.#overrun | this.#timedOut | (this.#received.length >= FIFO_DEPTH / 2 ? INTERRUPT_RECEIVE : 0) |
			(this.#transmit.length <= FIFO_DEPTH / 2 ? INTERRUPT_TRANSMIT : 0)
		);
	}

	#update(): void {
		const { irq, dreqTransmit, dreqReceive } = this.#wiring;
		this.#setInterrupt(irq, (this.#raw & this.#mask) !== 0);
		if (this.#dmaControl & 2 && this.#transmit.length < FIFO_DEPTH) {
			this.#dma.setDREQ(dreqTransmit);
		} else {
			this.#dma.clearDREQ(dreqTransmit);
		}
		if (this.#dmaControl & 1 && this.#received.length) {
			this.#dma.setDREQ(dreqReceive);
		} else {
			this.#dma.clearDREQ(dreqReceive);
		}
	}

	protected read(offset: number): number | undefined {
		switch (offset) {
			case 0x00: return this.#control0;
			case 0x04: return this.#control1;
			case 0x08: {
				const word = this.#received.shift() ?? 0;
				this.#watchReceived();
				this.#update();
				return word;
			}
			case 0x0c:
				return (
					(this.#transmit.length ? 0 : 1) | (this.#transmit.length < FIFO_DEPTH ? 2 : 0) | (this.#received.length ? 4 : 0) |
					(this.#received.length >= FIFO_DEPTH ? 8 : 0) | (this.#cancel || this.#transmit.length || this.#slave.isBusy ? 16 : 0)
				);
			case 0x10: return this.#prescale;
			case 0x14: return this.#mask;
			case 0x18: return this.#raw;
			case 0x1c: return this.#raw & this.#mask;
			case 0x24: return this.#dmaControl;
			case 0xfe0: return 0x22;
			case 0xfe4: return 0x10;
			case 0xfe8: return 0x34;
			case 0xfec: return 0;
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		switch (offset) {
			case 0x00:
				this.#control0 = value & 0xffff;
				if (value & 0x30) {
					this.#note(`${this.name}: only Motorola's frame format is modelled`);
				}
				this.#slave.configured();
				break;
			case 0x04:
				this.#control1 = value & 0xf;
				this.#slave.configured();
				this.#shift();
				break;
			case 0x08:
				if (this.#transmit.length < FIFO_DEPTH) {
					this.#transmit.push(value & ((1 << this.#bits) - 1));
					this.#shift();
					this.#slave.written();
				}
				break;
			case 0x10: this.#prescale = value & 0xfe; break;
			case 0x14:
				this.#mask = value & 0xf;
				this.#watchReceived();
				break;
			case 0x20:
				this.#overrun &= ~this.rawValue;
				this.#timedOut &= ~this.rawValue;
				break;
			case 0x24: this.#dmaControl = value & 3; break;
			default: return false;
		}
		if (!this.#cancel) {
			this.#rest();
		}
		this.#update();
		return true;
	}
}
