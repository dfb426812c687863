/**
 * SSI, the serial interface to the flash; IO_QSPI's override of the chip select frames commands (qspi-pins.ts).
 * RP2040 datasheet 4.10.13. Frames are exchanged with the flash at once; busy and fill levels follow the baud rate. Reads of many
 * frames in the XIP format, which DMA takes out of the FIFO, come frame by frame.
 */
import type { Dma } from "../core/dma.ts";
import { Block } from "../core/registers.ts";
import type { VirtualClock } from "../core/virtual-clock.ts";
import type { SerialFlash } from "./serial-flash.ts";

const STATUS_BUSY = 1;
const STATUS_TRANSMIT_NOT_FULL = 2;
const STATUS_TRANSMIT_EMPTY = 4;
const STATUS_RECEIVE_NOT_EMPTY = 8;
const STATUS_RECEIVE_FULL = 16;
const FIFO_DEPTH = 16;
const TRANSFER_MODE_EEPROM_READ = 3;
const DMA_RECEIVE = 1;
const DREQ_XIP_SSIRX = 39;
/** In the XIP format the data come over four wires, behind 8 clocks of address and mode and 4 of waiting. */
const XIP_WIRES = 4;
const XIP_HEAD_CLOCKS = 12;

/** What a read of many frames needs. */
export interface SsiBulk {
	clock: VirtualClock;
	dma: Dma;
	/** The flash as it is read. */
	memory: Uint8Array;
}

export class Ssi extends Block {
	readonly #flash: SerialFlash;
	readonly #cycles: () => number;
	readonly #bulk: SsiBulk;
	#cancelBulk: (() => void) | undefined;
	/** 0x00 to 0xf8, as written. */
	readonly #registers = new Uint32Array(64);
	#received: { readyAt: number; value: number }[] = [];
	/** The cycle at which the last frame's last bit has left. */
	#busyUntil = 0;
	/** Level that IO_QSPI forces on the chip select, undefined when the SSI has it. */
	#forced: boolean | undefined;
	/** The SSI was enabled: for XIP (true: EEPROM read mode, in which it answers the bus), or for plain frames. */
	onMode: ((xip: boolean) => void) | undefined;

	constructor(flash: SerialFlash, cycles: () => number, bulk: SsiBulk, unknown: (text: string) => void) {
		super("SSI", unknown);
		this.#flash = flash;
		this.#bulk = bulk;
		this.#cycles = cycles;
		this.reset();
	}

	reset(): void {
		this.#registers.fill(0);
		this.#registers[0x2c >> 2] = 0x3f;
		this.#empty();
		this.#busyUntil = 0;
	}

	#empty(): void {
		this.#received = [];
		this.#cancelBulk?.();
		this.#cancelBulk = undefined;
		this.#request();
	}

	#request(): void {
		const { dma } = this.#bulk;
		if (this.#registers[0x4c >> 2] & DMA_RECEIVE && this.#received.length) {
			dma.setDREQ(DREQ_XIP_SSIRX);
		} else {
			dma.clearDREQ(DREQ_XIP_SSIRX);
		}
	}

	/** `frames` of four bytes from `offset`, highest byte first as the SSI has them outside XIP. */
	#readBulk(offset: number, frames: number, clocks: number): void {
		const { clock, memory } = this.#bulk;
		const cycles = clocks * (this.#registers[0x14 >> 2] || 2);
		this.#busyUntil = this.#cycles() + cycles;
		this.#cancelBulk = clock.schedule((cycles * 1e6) / clock.frequencyHz, () => {
			this.#cancelBulk = undefined;
			if (this.#received.length < FIFO_DEPTH) {
				const [a, b, c, d] = [0, 1, 2, 3].map((index) => memory[(offset + index) & 0xffffff]);
				this.#received.push({ readyAt: this.#cycles(), value: ((a << 24) | (b << 16) | (c << 8) | d) >>> 0 });
			}
			if (frames > 1) {
				this.#readBulk(offset + 4, frames - 1, this.#frameBits / XIP_WIRES);
			}
			this.#request();
		});
	}

	/** As the boot ROM leaves it for plain commands: 8-bit frames, both directions, clk_sys / 6. */
	commandMode(): void {
		this.#registers[0x08 >> 2] = 0;
		this.#registers[0x14 >> 2] = 6;
		this.#registers[0x00 >> 2] = 7 << 16;
		this.#registers[0xf4 >> 2] = 0;
		this.#registers[0x10 >> 2] = 1;
		this.#registers[0x08 >> 2] = 1;
		this.#empty();
	}

	/** IO_QSPI's output override of SS: low selects, high deselects, undefined gives it back. */
	forceSelect(low: boolean | undefined): void {
		if (low === this.#forced) {
			return;
		}
		this.#settle();
		this.#forced = low;
		if (low) {
			this.#flash.select();
		} else {
			this.#flash.deselect();
		}
	}

	/** The SSI lets the chip select go when its last frame has left. */
	#settle(): void {
		if (this.#forced === undefined && this.#cycles() >= this.#busyUntil) {
			this.#flash.deselect();
		}
	}

	get #frameBits(): number {
		return ((this.#registers[0] >>> 16) & 31) + 1;
	}

	#transmit(value: number): void {
		const enabled = this.#registers[0x08 >> 2] & 1;
		if (!enabled) {
			return;
		}
		this.#settle();
		const bits = this.#frameBits;
		const baud = this.#registers[0x14 >> 2] || 2;
		const now = this.#cycles();
		const standard = ((this.#registers[0] >>> 21) & 3) === 0;
		const mode = (this.#registers[0] >>> 8) & 3;
		if (!standard || mode === TRANSFER_MODE_EEPROM_READ) {
			const frames = (this.#registers[0x04 >> 2] & 0xffff) + 1;
			if (frames > 1) {
				// 24 bits of address and 8 of mode, which is to go on.
				this.#readBulk(value >>> 8, frames, XIP_HEAD_CLOCKS + bits / XIP_WIRES);
				return;
			}
			// The dummy read with which boot2 puts the flash into continuous read mode: address and mode bits on four
			// lines, then data. Nothing of it is looked at.
			this.#busyUntil = Math.max(now, this.#busyUntil) + bits * baud;
			return;
		}
		if (this.#forced === undefined) {
			this.#flash.select();
		}
		let answer = 0;
		for (let shift = bits - 8; shift >= 0; shift -= 8) {
			answer = (answer << 8) | this.#flash.exchange((value >>> shift) & 0xff);
		}
		this.#busyUntil = Math.max(now, this.#busyUntil) + bits * baud;
		if (this.#received.length < FIFO_DEPTH) {
			this.#received.push({ readyAt: this.#busyUntil, value: answer >>> 0 });
		}
	}

	get #receivedCount(): number {
		const now = this.#cycles();
		let count = 0;
		while (count < this.#received.length && this.#received[count].readyAt <= now) {
			count++;
		}
		return count;
	}

	get #waitingFrames(): number {
		const left = this.#busyUntil - this.#cycles();
		const frame = this.#frameBits * (this.#registers[0x14 >> 2] || 2);
		return left <= frame ? 0 : Math.min(FIFO_DEPTH, Math.ceil(left / frame) - 1);
	}

	protected read(offset: number): number | undefined {
		switch (offset) {
			case 0x20: return this.#waitingFrames;
			case 0x24: return this.#receivedCount;
			case 0x28: {
				this.#settle();
				const received = this.#receivedCount;
				const waiting = this.#waitingFrames;
				return (
					(this.#cycles() < this.#busyUntil ? STATUS_BUSY : 0) |
					(waiting < FIFO_DEPTH ? STATUS_TRANSMIT_NOT_FULL : 0) |
					(waiting === 0 ? STATUS_TRANSMIT_EMPTY : 0) |
					(received ? STATUS_RECEIVE_NOT_EMPTY : 0) |
					(received === FIFO_DEPTH ? STATUS_RECEIVE_FULL : 0)
				);
			}
			case 0x30: case 0x34: case 0x38: case 0x3c: case 0x40: case 0x44: case 0x48: return 0;
			case 0x58: return 0x51535049;
			case 0x5c: return 0x3430312a;
			case 0x60: {
				const value = this.#receivedCount ? (this.#received.shift() as { value: number }).value : 0;
				this.#request();
				return value;
			}
		}
		return offset <= 0xf8 ? this.#registers[offset >> 2] : undefined;
	}

	protected write(offset: number, value: number): boolean {
		if (offset === 0x60) {
			this.#transmit(value);
			return true;
		}
		if (offset > 0xf8) {
			return false;
		}
		this.#registers[offset >> 2] = value;
		if (offset === 0x08) {
			if (value & 1) {
				this.onMode?.(((this.#registers[0] >>> 8) & 3) === TRANSFER_MODE_EEPROM_READ);
			} else {
				this.#empty();
				this.#settle();
			}
		} else if (offset === 0x4c) {
			this.#request();
		}
		return true;
	}
}
