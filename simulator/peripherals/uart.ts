/**
 * UART (PL011; RP2040 datasheet 4.2): FIFOs, interrupts, DMA requests, the time that a byte takes on the wire, and its bits
 * there for who looks.
 */
import { Block } from "../core/registers.ts";
import type { Dma } from "../core/dma.ts";
import { LevelPlan } from "../core/level-plan.ts";
import { uartSignals } from "../core/pin-functions.ts";
import type { Pins } from "../core/pins.ts";
import type { VirtualClock } from "../core/virtual-clock.ts";

const FIFO_DEPTH = 32;
const FLAG_BUSY = 1 << 3;
const FLAG_RECEIVE_EMPTY = 1 << 4;
const FLAG_TRANSMIT_FULL = 1 << 5;
const FLAG_RECEIVE_FULL = 1 << 6;
const FLAG_TRANSMIT_EMPTY = 1 << 7;
const LINE_BREAK = 1 << 0;
const LINE_PARITY = 1 << 1;
const LINE_EVEN_PARITY = 1 << 2;
const LINE_FIFO_ENABLE = 1 << 4;
const LINE_STICK_PARITY = 1 << 7;
const CONTROL_ENABLE = 1 << 0;
const CONTROL_LOOP_BACK = 1 << 7;
const CONTROL_TRANSMIT = 1 << 8;
const CONTROL_RECEIVE = 1 << 9;
const CONTROL_REQUEST_TO_SEND = 1 << 11;
const INTERRUPT_RECEIVE = 1 << 4;
const INTERRUPT_TRANSMIT = 1 << 5;
const INTERRUPT_RECEIVE_TIMEOUT = 1 << 6;
/** Bytes in the transmit FIFO at or below which the interrupt rises: IFLS 2:0, datasheet table 427. */
const TRANSMIT_LEVELS = [4, 8, 16, 24, 28];
const RECEIVE_LEVELS = [4, 8, 16, 24, 28];
const INTERRUPT_OVERRUN = 1 << 10;
/** In UARTDR: a byte before this one was lost; in UARTRSR: one was lost since UARTECR was written. */
const OVERRUN_BIT = 1 << 11;
const STATUS_OVERRUN = 1 << 3;
/** Bit times after which received bytes are told even below their level. */
const RECEIVE_TIMEOUT_BITS = 32;

/** What the receiver finds wrong with a byte: bits 11:8 of UARTDR (datasheet table 421). A break is a byte without stop bit too. */
export type UartError = "framing" | "parity" | "break";
const ERROR_BITS: Readonly<Record<UartError, number>> = { framing: 0x100, parity: 0x200, break: 0x500 };

export interface UartWiring {
	irq: number;
	dreqTransmit: number;
	dreqReceive: number;
	/** clk_peri, Hz. */
	peripheralHz(): number;
	/** A GPIO is given to this signal of the block. */
	hasPin(signal: "transmit" | "receive"): boolean;
}

export class Uart extends Block {
	readonly #clock: VirtualClock;
	readonly #pins: Pins;
	readonly #plan: LevelPlan;
	readonly #signals: ReturnType<typeof uartSignals>;
	readonly #dma: Dma;
	readonly #wiring: UartWiring;
	readonly #setInterrupt: (irq: number, high: boolean) => void;
	#transmit: number[] = [];
	#shifting = false;
	#received: number[] = [];
	/** UARTRSR: of the byte that was read last, and (bit 3) that one was lost. */
	#status = 0;
	/** One was lost: the next that finds room tells of it. */
	#lost = false;
	#integer = 0;
	#fraction = 0;
	#line = 0;
	#control = 0x300;
	#levels = 0x12;
	#mask = 0;
	#raw = 0;
	#dmaControl = 0;
	#cancelTimeout: (() => void) | undefined;
	/** Bytes of the board on their way. */
	#arriving: number[] = [];
	#cancelArrival: (() => void) | undefined;
	/** A byte has left the wire. */
	onByte: ((byte: number) => void) | undefined;

	constructor(index: 0 | 1, clock: VirtualClock, pins: Pins, dma: Dma, wiring: UartWiring, setInterrupt: (irq: number, high: boolean) => void, unknown: (text: string) => void) {
		super(`UART${index}`, unknown);
		this.#clock = clock;
		this.#pins = pins;
		this.#plan = new LevelPlan(clock, pins);
		this.#signals = uartSignals(index);
		this.#dma = dma;
		this.#wiring = wiring;
		this.#setInterrupt = setInterrupt;
	}

	reset(): void {
		this.#transmit = [];
		this.#received = [];
		this.#status = 0;
		this.#lost = false;
		this.#integer = this.#fraction = this.#line = this.#mask = this.#raw = this.#dmaControl = 0;
		this.#control = 0x300;
		this.#levels = 0x12;
		this.#cancelTimeout?.();
		this.#cancelTimeout = undefined;
		this.#cancelArrival?.();
		this.#cancelArrival = undefined;
		this.#arriving = [];
		this.#plan.clear();
		this.#hearing = false;
		this.#rest();
		this.#update();
	}

	/** What its outputs show while nothing is sent: TX high unless a break is asked for, RTS (active low) by UARTCR. */
	#rest(): void {
		this.#pins.setSignal(this.#signals.transmit, !(this.#line & LINE_BREAK));
		this.#pins.setSignal(this.#signals.requestToSend, !(this.#control & CONTROL_REQUEST_TO_SEND));
	}

	/** Bytes are still to leave. */
	get sending(): boolean {
		return this.#shifting;
	}

	/** Bits a second, as the divider registers say; 0 when they are not set. */
	get baud(): number {
		const divider = 64 * this.#integer + this.#fraction;
		return divider ? (4 * this.#wiring.peripheralHz()) / divider : 0;
	}

	/** Something of the board, a jumper say, drove the receiver's pin: a falling edge between bytes begins one. */
	lineChanged(): void {
		if (this.#hearing || this.#pins.inputOf(this.#signals.receive) || !this.#receives) {
			return;
		}
		this.#hearing = true;
		const frame: number[] = [];
		const bits = 1 + this.#dataBits + (this.#line & LINE_PARITY ? 1 : 0) + 1;
		const take = (): void => {
			frame.push(this.#pins.inputOf(this.#signals.receive) ? 1 : 0);
			if (frame[0] === 1) {
				this.#hearing = false; // no start bit, a disturbance
			} else if (frame.length === bits) {
				this.#heard(frame);
			} else {
				this.#plan.at(this.#bitMicros, take);
			}
		};
		// Each bit in its middle.
		this.#plan.at(this.#bitMicros / 2, take);
	}

	/** What the line brought: start bit, data, parity, first stop bit. */
	#heard(frame: number[]): void {
		this.#hearing = false;
		const data = frame.slice(1, 1 + this.#dataBits);
		const byte = data.reduce((value, bit, index) => value | (bit << index), 0);
		const broken = !frame.includes(1);
		const parityWrong = (this.#line & LINE_PARITY) !== 0 && frame[1 + this.#dataBits] !== this.#parityOf(byte);
		const errors = broken ? ERROR_BITS.break : (frame.at(-1) === 0 ? ERROR_BITS.framing : 0) | (parityWrong ? ERROR_BITS.parity : 0);
		this.receive(byte | errors);
	}

	/** A byte is on its way over the line. */
	#hearing = false;

	get #receives(): boolean {
		return (this.#control & (CONTROL_ENABLE | CONTROL_RECEIVE | CONTROL_LOOP_BACK)) === (CONTROL_ENABLE | CONTROL_RECEIVE);
	}

	get #dataBits(): number {
		return 5 + ((this.#line >>> 5) & 3);
	}

	/** The parity bit that UARTLCR_H asks for. */
	#parityOf(byte: number): number {
		const even = this.#line & LINE_EVEN_PARITY ? 1 : 0;
		let ones = 0;
		for (let bit = 0; bit < this.#dataBits; bit++) {
			ones += (byte >>> bit) & 1;
		}
		return this.#line & LINE_STICK_PARITY ? 1 - even : even ? ones & 1 : 1 - (ones & 1);
	}

	/** Bytes arrive from outside, one after the other at the block's own baud rate. @param error what is wrong with them. */
	send(bytes: Iterable<number>, error?: UartError): void {
		for (const byte of bytes) {
			this.#arriving.push(byte | (error ? ERROR_BITS[error] : 0));
		}
		this.#arrive();
	}

	#arrive(): void {
		if (this.#cancelArrival || !this.#arriving.length) {
			return;
		}
		this.#cancelArrival = this.#clock.schedule(this.#frameBits * this.#bitMicros, () => {
			this.#cancelArrival = undefined;
			this.receive(this.#arriving.shift() as number);
			this.#arrive();
		});
	}

	/** Bytes at which the receive interrupt rises (UARTIFLS). */
	get #receiveLevel(): number {
		return this.#depth === 1 ? 1 : (RECEIVE_LEVELS[(this.#levels >>> 3) & 7] ?? 16);
	}

	/** A byte arrives from outside, now. Lost while the receiver is off or no pin is given to it. */
	receive(byte: number): void {
		if ((this.#control & (CONTROL_ENABLE | CONTROL_RECEIVE)) !== (CONTROL_ENABLE | CONTROL_RECEIVE) || !this.#wiring.hasPin("receive")) {
			return;
		}
		this.#take(byte);
	}

	#take(byte: number): void {
		if (this.#received.length >= this.#depth) {
			this.#raw |= INTERRUPT_OVERRUN;
			this.#status |= STATUS_OVERRUN;
			this.#lost = true;
		} else {
			this.#received.push(this.#lost ? byte | OVERRUN_BIT : byte);
			this.#lost = false;
			// Framing, parity and break, in the order of the byte's own bits.
			this.#raw |= ((byte >>> 8) & 7) << 7;
		}
		if (this.#received.length >= this.#receiveLevel) {
			this.#raw |= INTERRUPT_RECEIVE;
		}
		this.#cancelTimeout?.();
		this.#cancelTimeout = this.#clock.schedule(RECEIVE_TIMEOUT_BITS * this.#bitMicros, () => {
			if (this.#received.length) {
				this.#raw |= INTERRUPT_RECEIVE_TIMEOUT;
				this.#update();
			}
		});
		this.#update();
	}

	get #depth(): number {
		return this.#line & LINE_FIFO_ENABLE ? FIFO_DEPTH : 1;
	}

	get #bitMicros(): number {
		return 1e6 / (this.baud || 115_200);
	}

	/** Start, 5 to 8 data bits, parity, 1 or 2 stop bits. */
	get #frameBits(): number {
		return 7 + ((this.#line >>> 5) & 3) + ((this.#line >>> 1) & 1) + ((this.#line >>> 3) & 1);
	}

	#shift(): void {
		if (this.#shifting || !this.#transmit.length || (this.#control & (CONTROL_ENABLE | CONTROL_TRANSMIT)) !== (CONTROL_ENABLE | CONTROL_TRANSMIT)) {
			return;
		}
		this.#shifting = true;
		const byte = this.#transmit.shift() as number;
		if (!(this.#control & CONTROL_LOOP_BACK) && this.#pins.isWatched(this.#pins.pinsOf(this.#signals.transmit))) {
			this.#showBits(byte);
		}
		this.#clock.schedule(this.#frameBits * this.#bitMicros, () => {
			this.#shifting = false;
			if (this.#control & CONTROL_LOOP_BACK) {
				this.#take(byte);
			} else if (this.#wiring.hasPin("transmit")) {
				this.onByte?.(byte);
			}
			this.#rest();
			this.#shift();
			this.#update();
		});
		if (this.#transmit.length <= (this.#depth === 1 ? 0 : TRANSMIT_LEVELS[this.#levels & 7] ?? 16)) {
			this.#raw |= INTERRUPT_TRANSMIT;
		}
	}

	/** Start bit, data from the lowest, parity, stop bits (4.2.2.3). */
	#showBits(byte: number): void {
		const bits = [0];
		for (let bit = 0; bit < this.#dataBits; bit++) {
			bits.push((byte >>> bit) & 1);
		}
		if (this.#line & LINE_PARITY) {
			bits.push(this.#parityOf(byte));
		}
		bits.push(1);
		this.#plan.add(bits.map((bit, index) => ({ afterMicros: index * this.#bitMicros, signal: this.#signals.transmit, level: bit === 1 })));
	}

	#update(): void {
		this.#setInterrupt(this.#wiring.irq, (this.#raw & this.#mask) !== 0);
		const { dreqTransmit, dreqReceive } = this.#wiring;
		if (this.#dmaControl & 2 && this.#transmit.length < this.#depth) {
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
			case 0x00: {
				const byte = this.#received.shift() ?? 0;
				this.#status = (this.#status & STATUS_OVERRUN) | ((byte >>> 8) & 7);
				if (this.#received.length < this.#receiveLevel) {
					this.#raw &= ~INTERRUPT_RECEIVE;
				}
				if (!this.#received.length) {
					this.#raw &= ~INTERRUPT_RECEIVE_TIMEOUT;
				}
				this.#update();
				return byte;
			}
			case 0x04: return this.#status;
			case 0x18:
				return (
					(this.#shifting || this.#transmit.length ? FLAG_BUSY : 0) | (this.#received.length ? 0 : FLAG_RECEIVE_EMPTY) |
					(this.#transmit.length >= this.#depth ? FLAG_TRANSMIT_FULL : 0) |
					(this.#received.length >= this.#depth ? FLAG_RECEIVE_FULL : 0) | (this.#transmit.length ? 0 : FLAG_TRANSMIT_EMPTY)
				);
			case 0x20: return 0;
			case 0x24: return this.#integer;
			case 0x28: return this.#fraction;
			case 0x2c: return this.#line;
			case 0x30: return this.#control;
			case 0x34: return this.#levels;
			case 0x38: return this.#mask;
			case 0x3c: return this.#raw;
			case 0x40: return this.#raw & this.#mask;
			case 0x44: return 0;
			case 0x48: return this.#dmaControl;
			case 0xfe0: return 0x11;
			case 0xfe4: return 0x10;
			case 0xfe8: return 0x34;
			case 0xfec: return 0;
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		switch (offset) {
			case 0x00:
				if (this.#transmit.length < this.#depth) {
					this.#transmit.push(value & 0xff);
					this.#raw &= ~INTERRUPT_TRANSMIT;
					this.#shift();
				}
				break;
			case 0x04: this.#status = 0; break;
			case 0x20: break;
			case 0x24: this.#integer = value & 0xffff; break;
			case 0x28: this.#fraction = value & 0x3f; break;
			case 0x2c: this.#line = value & 0xff; break;
			case 0x30: this.#control = value & 0xffff; this.#shift(); break;
			case 0x34: this.#levels = value & 0x3f; break;
			case 0x38: this.#mask = value & 0x7ff; break;
			case 0x44: this.#raw &= ~this.rawValue; break;
			case 0x48: this.#dmaControl = value & 7; break;
			default: return false;
		}
		if (!this.#shifting) {
			this.#rest();
		}
		this.#update();
		return true;
	}
}
