/**
 * The DMA controller: twelve channels, paced by data requests, by its timers or by nothing, with chaining, rings, byte
 * swap and the sniffer (RP2040 datasheet 2.5). A paced channel moves a word as soon as its request stands; an unpaced
 * one moves a word a cycle.
 */
import { Block } from "./registers.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export const CHANNELS = 12;
const IRQ_DMA_0 = 11;
const IRQ_DMA_1 = 12;
const TREQ_PERMANENT = 0x3f;
const TREQ_TIMER_0 = 0x3b;

const CONTROL_ENABLE = 1;
const CONTROL_INCREMENT_READ = 1 << 4;
const CONTROL_INCREMENT_WRITE = 1 << 5;
const CONTROL_RING_WRITE = 1 << 10;
const CONTROL_QUIET = 1 << 21;
const CONTROL_SWAP = 1 << 22;
const CONTROL_SNIFF = 1 << 23;
const CONTROL_BUSY = 1 << 24;
const CONTROL_WRITABLE = 0x00ffffff;
const CONTROL_ERRORS = 0x60000000;

/** Words an unpaced channel moves before it looks at the clock again. */
const BURST_WORDS = 64;

/** The bus as the DMA controller sees it. */
export interface DmaBus {
	/** A read or write by DMA; `dmaError` is called when nothing is there. */
	dmaRead(address: number, size: 1 | 2 | 4): number;
	dmaWrite(address: number, size: 1 | 2 | 4, value: number): void;
}

interface Channel {
	readonly index: number;
	read: number;
	write: number;
	count: number;
	reload: number;
	control: number;
	busy: boolean;
	cancel: (() => void) | undefined;
}

export class Dma extends Block {
	readonly #bus: DmaBus;
	readonly #clock: VirtualClock;
	readonly #setInterrupt: (irq: number, high: boolean) => void;
	readonly #channels: Channel[] = Array.from({ length: CHANNELS }, (_, index) => ({
		index, read: 0, write: 0, count: 0, reload: 0, control: index << 11, busy: false, cancel: undefined,
	}));
	/** Requests that stand, by number. */
	readonly #requests = new Uint8Array(64);
	/** Busy channels by the request they wait for. */
	readonly #waiters = new Uint16Array(64);
	#raw = 0;
	#enable0 = 0;
	#enable1 = 0;
	#force0 = 0;
	#force1 = 0;
	readonly #timers = new Uint32Array(4);
	#sniffControl = 0;
	#sniffData = 0;

	constructor(bus: DmaBus, clock: VirtualClock, setInterrupt: (irq: number, high: boolean) => void, unknown: (text: string) => void) {
		super("DMA", unknown);
		this.#bus = bus;
		this.#clock = clock;
		this.#setInterrupt = setInterrupt;
	}

	reset(): void {
		for (const channel of this.#channels) {
			this.#stop(channel);
			channel.read = channel.write = channel.count = channel.reload = 0;
			channel.control = channel.index << 11;
		}
		this.#raw = this.#enable0 = this.#enable1 = this.#force0 = this.#force1 = 0;
		this.#timers.fill(0);
		this.#sniffControl = this.#sniffData = 0;
		this.#updateInterrupts();
	}

	// ---- requests; the names are those that rp2040js' peripherals call ----------------------------------------------

	setDREQ(request: number): void {
		this.#requests[request] = 1;
		if (this.#waiters[request]) {
			this.#raised.push(request);
			if (!this.#serving) {
				this.#serve();
			}
		}
	}

	clearDREQ(request: number): void {
		this.#requests[request] = 0;
	}

	/** Requests to look after. One raised by the very access of a transfer waits here until that transfer is complete. */
	readonly #raised: number[] = [];
	#serving = false;

	#serve(): void {
		this.#serving = true;
		for (let request = this.#raised.shift(); request !== undefined; request = this.#raised.shift()) {
			for (let waiting = this.#waiters[request]; waiting && this.#requests[request]; waiting &= waiting - 1) {
				const channel = this.#channels[31 - Math.clz32(waiting & -waiting)];
				while (channel.busy && this.#requests[request]) {
					this.#move(channel);
				}
			}
		}
		this.#serving = false;
	}

	// ---- channels ---------------------------------------------------------------------------------------------------

	#start(channel: Channel): void {
		if (channel.busy || !(channel.control & CONTROL_ENABLE)) {
			return;
		}
		channel.count = channel.reload;
		if (!channel.count) {
			this.#finish(channel);
			return;
		}
		channel.busy = true;
		this.#pace(channel);
	}

	#pace(channel: Channel): void {
		const request = (channel.control >>> 15) & 0x3f;
		if (request === TREQ_PERMANENT) {
			this.#burst(channel);
		} else if (request >= TREQ_TIMER_0) {
			this.#tick(channel, request - TREQ_TIMER_0);
		} else {
			this.#waiters[request] |= 1 << channel.index;
			if (this.#requests[request]) {
				this.setDREQ(request);
			}
		}
	}

	#burst(channel: Channel): void {
		const words = Math.min(BURST_WORDS, channel.count);
		channel.cancel = this.#clock.schedule((words * 1e6) / this.#clock.frequencyHz, () => {
			channel.cancel = undefined;
			this.#serving = true;
			for (let word = 0; word < words && channel.busy; word++) {
				this.#move(channel);
			}
			this.#serve();
			if (channel.busy) {
				this.#burst(channel);
			}
		});
	}

	/** Pacing timer: X / Y transfers per clk_sys cycle (datasheet 2.5.7, TIMER0). */
	#tick(channel: Channel, timer: number): void {
		const x = this.#timers[timer] >>> 16;
		const y = this.#timers[timer] & 0xffff;
		if (!x || !y) {
			return;
		}
		channel.cancel = this.#clock.schedule(((Math.max(y, x) / x) * 1e6) / this.#clock.frequencyHz, () => {
			channel.cancel = undefined;
			this.#serving = true;
			this.#move(channel);
			this.#serve();
			if (channel.busy) {
				this.#tick(channel, timer);
			}
		});
	}

	#move(channel: Channel): void {
		const { control } = channel;
		const size = (1 << ((control >>> 2) & 3)) as 1 | 2 | 4;
		let value = this.#bus.dmaRead(channel.read, size);
		if (control & CONTROL_SWAP) {
			value = swapped(value, size);
		}
		// Behind the channel's byte swap (datasheet table 147, SNIFF_CTRL.BSWAP).
		if (control & CONTROL_SNIFF && (this.#sniffControl & 1) && ((this.#sniffControl >>> 1) & 15) === channel.index) {
			this.#sniff(value, size);
		}
		// Counted before the write: it may make the peripheral ask for the next word at once.
		const to = channel.write;
		if (control & CONTROL_INCREMENT_READ) {
			channel.read = advance(channel.read, size, control, false);
		}
		if (control & CONTROL_INCREMENT_WRITE) {
			channel.write = advance(channel.write, size, control, true);
		}
		channel.count--;
		const last = channel.count === 0;
		if (last) {
			this.#stop(channel);
		}
		this.#bus.dmaWrite(to, size, value);
		if (last) {
			this.#finish(channel);
		}
	}

	#stop(channel: Channel): void {
		channel.busy = false;
		channel.cancel?.();
		channel.cancel = undefined;
		this.#waiters[(channel.control >>> 15) & 0x3f] &= ~(1 << channel.index);
	}

	#finish(channel: Channel): void {
		if (!(channel.control & CONTROL_QUIET)) {
			this.#raw |= 1 << channel.index;
			this.#updateInterrupts();
		}
		const next = (channel.control >>> 11) & 15;
		if (next !== channel.index && next < CHANNELS) {
			this.#start(this.#channels[next]);
		}
	}

	#updateInterrupts(): void {
		this.#setInterrupt(IRQ_DMA_0, ((this.#raw & this.#enable0) | this.#force0) !== 0);
		this.#setInterrupt(IRQ_DMA_1, ((this.#raw & this.#enable1) | this.#force1) !== 0);
	}

	/**
	 * SNIFF_CTRL.CALC (datasheet table 147): CRC-32 and CRC-16-CCITT with the highest bit of a transfer first, or (reversed)
	 * with the lowest (datasheet 2.5.5.2), parity, sum.
	 */
	#sniff(value: number, size: 1 | 2 | 4): void {
		const word = this.#sniffControl & 0x200 ? swapped(value, size) : value;
		const kind = (this.#sniffControl >>> 5) & 15;
		const lowestFirst = kind === 1 || kind === 3;
		for (let index = 0; index < size; index++) {
			let byte = (word >>> (8 * (lowestFirst ? index : size - 1 - index))) & 0xff;
			if (lowestFirst) {
				byte = reverse(byte) >>> 24;
			}
			if (kind <= 1) {
				this.#sniffData ^= byte << 24;
				for (let bit = 0; bit < 8; bit++) {
					this.#sniffData = this.#sniffData < 0 ? (this.#sniffData << 1) ^ 0x04c11db7 : this.#sniffData << 1;
				}
			} else if (kind <= 3) {
				this.#sniffData ^= byte << 8;
				for (let bit = 0; bit < 8; bit++) {
					this.#sniffData = this.#sniffData & 0x8000 ? (this.#sniffData << 1) ^ 0x1021 : this.#sniffData << 1;
				}
				this.#sniffData &= 0xffff;
			}
		}
		if (kind === 14) {
			let parity = word ^ (word >>> 16);
			parity ^= parity >>> 8;
			parity ^= parity >>> 4;
			this.#sniffData ^= (0x6996 >>> (parity & 15)) & 1;
		} else if (kind === 15) {
			this.#sniffData = (this.#sniffData + word) | 0;
		}
	}

	// ---- registers --------------------------------------------------------------------------------------------------

	protected read(offset: number): number | undefined {
		if (offset < CHANNELS * 0x40) {
			const channel = this.#channels[offset >> 6];
			switch (FIELDS[(offset & 0x3f) >> 2]) {
				case "read": return channel.read;
				case "write": return channel.write;
				case "count": return channel.count;
				default: return channel.control | (channel.busy ? CONTROL_BUSY : 0);
			}
		}
		switch (offset) {
			case 0x400: case 0x410: return this.#raw;
			case 0x404: return this.#enable0;
			case 0x408: return this.#force0;
			case 0x40c: return (this.#raw & this.#enable0) | this.#force0;
			case 0x414: return this.#enable1;
			case 0x418: return this.#force1;
			case 0x41c: return (this.#raw & this.#enable1) | this.#force1;
			case 0x420: case 0x424: case 0x428: case 0x42c: return this.#timers[(offset - 0x420) >> 2];
			case 0x430: return 0;
			case 0x434: return this.#sniffControl;
			case 0x438: {
				let value = this.#sniffControl & 0x400 ? reverse(this.#sniffData) : this.#sniffData;
				if (this.#sniffControl & 0x800) {
					value = ~value;
				}
				return value;
			}
			case 0x440: case 0x444: return 0;
			case 0x448: return CHANNELS;
		}
		if (offset >= 0x800 && offset < 0x800 + CHANNELS * 0x40) {
			return offset & 4 ? this.#channels[(offset - 0x800) >> 6].reload : 0;
		}
		return undefined;
	}

	protected write(offset: number, value: number): boolean {
		if (offset < CHANNELS * 0x40) {
			this.#writeChannel(this.#channels[offset >> 6], offset & 0x3f, value);
			return true;
		}
		switch (offset) {
			case 0x400: case 0x40c: case 0x41c: this.#raw &= ~this.rawValue; break;
			case 0x404: this.#enable0 = value & 0xffff; break;
			case 0x408: this.#force0 = value & 0xffff; break;
			case 0x414: this.#enable1 = value & 0xffff; break;
			case 0x418: this.#force1 = value & 0xffff; break;
			case 0x420: case 0x424: case 0x428: case 0x42c: this.#timers[(offset - 0x420) >> 2] = value; return true;
			case 0x430:
				for (const channel of this.#channels) {
					if (value & (1 << channel.index)) {
						this.#start(channel);
					}
				}
				return true;
			case 0x434: this.#sniffControl = value & 0xfff; return true;
			case 0x438: this.#sniffData = value | 0; return true;
			case 0x444:
				for (const channel of this.#channels) {
					if (value & (1 << channel.index)) {
						this.#stop(channel);
					}
				}
				return true;
			default: return offset >= 0x800;
		}
		this.#updateInterrupts();
		return true;
	}

	#writeChannel(channel: Channel, offset: number, value: number): void {
		switch (FIELDS[offset >> 2]) {
			case "read": channel.read = value; break;
			case "write": channel.write = value; break;
			case "count": channel.reload = value; break;
			default: {
				const wasBusy = channel.busy;
				if (wasBusy) {
					this.#waiters[(channel.control >>> 15) & 0x3f] &= ~(1 << channel.index);
					channel.cancel?.();
					channel.cancel = undefined;
				}
				channel.control = (channel.control & CONTROL_ERRORS & ~value) | (value & CONTROL_WRITABLE);
				if (wasBusy && channel.control & CONTROL_ENABLE) {
					this.#pace(channel);
				}
			}
		}
		// The last register of each of the four layouts is the trigger; zero triggers nothing (datasheet 2.5.2.1).
		if ((offset & 0xf) === 0xc) {
			if (value) {
				this.#start(channel);
			} else if (channel.control & CONTROL_QUIET) {
				this.#raw |= 1 << channel.index;
				this.#updateInterrupts();
			}
		}
	}
}

/** The four layouts of a channel's registers (datasheet table 119). */
const FIELDS = [
	"read", "write", "count", "control",
	"control", "read", "write", "count",
	"control", "count", "read", "write",
	"control", "write", "count", "read",
] as const;

function advance(address: number, size: number, control: number, isWrite: boolean): number {
	const ring = (control >>> 6) & 15;
	if (ring && ((control & CONTROL_RING_WRITE) !== 0) === isWrite) {
		const mask = (1 << ring) - 1;
		return ((address & ~mask) | ((address + size) & mask)) >>> 0;
	}
	return (address + size) >>> 0;
}

function swap(value: number): number {
	return ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}

function swapped(value: number, size: 1 | 2 | 4): number {
	return size === 4 ? swap(value) : size === 2 ? ((value & 0xff) << 8) | ((value >>> 8) & 0xff) : value;
}

function reverse(value: number): number {
	let bits = ((value & 0x55555555) << 1) | ((value >>> 1) & 0x55555555);
	bits = ((bits & 0x33333333) << 2) | ((bits >>> 2) & 0x33333333);
	bits = ((bits & 0x0f0f0f0f) << 4) | ((bits >>> 4) & 0x0f0f0f0f);
	return swap(bits);
}
