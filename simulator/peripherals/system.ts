/**
 * Small blocks around the cores: RESETS, PSM, SYSINFO, BUSCTRL, VREG_AND_CHIP_RESET, XIP_CTRL. Each is what software of the
 * Pico SDK reads and writes, from the RP2040 datasheet sections named.
 */
import type { Dma } from "../core/dma.ts";
import { Block } from "../core/registers.ts";
import type { VirtualClock } from "../core/virtual-clock.ts";
import type { XipCache } from "../core/xip-cache.ts";

/** Bits of RESETS, in order (datasheet table 202). */
export const RESET_BLOCKS = [
	"adc", "busctrl", "dma", "i2c0", "i2c1", "io_bank0", "io_qspi", "jtag", "pads_bank0", "pads_qspi", "pio0", "pio1",
	"pll_sys", "pll_usb", "pwm", "rtc", "spi0", "spi1", "syscfg", "sysinfo", "tbman", "timer", "uart0", "uart1", "usbctrl",
] as const;

export type ResetBlock = (typeof RESET_BLOCKS)[number];

const ALL_BLOCKS = 0x1ffffff;

/** RESETS (datasheet 2.14): a block whose bit is set really loses its state. */
export class Resets extends Block {
	readonly #resetBlock: (block: ResetBlock) => void;
	/** Blocks that are held in reset. */
	held = ALL_BLOCKS;
	#watchdogSelect = 0;

	constructor(resetBlock: (block: ResetBlock) => void, unknown: (text: string) => void) {
		super("RESETS", unknown);
		this.#resetBlock = resetBlock;
	}

	reset(): void {
		this.#watchdogSelect = 0;
		this.#hold(ALL_BLOCKS);
	}

	#hold(value: number): void {
		const entering = value & ~this.held;
		this.held = value & ALL_BLOCKS;
		for (let bit = 0; bit < RESET_BLOCKS.length; bit++) {
			if (entering & (1 << bit)) {
				this.#resetBlock(RESET_BLOCKS[bit]);
			}
		}
	}

	protected read(offset: number): number | undefined {
		switch (offset) {
			case 0x0: return this.held;
			case 0x4: return this.#watchdogSelect;
			case 0x8: return ~this.held & ALL_BLOCKS;
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		switch (offset) {
			case 0x0: this.#hold(value); return true;
			case 0x4: this.#watchdogSelect = value & ALL_BLOCKS; return true;
			case 0x8: return true;
			default: return false;
		}
	}
}

const PSM_ALL = 0x1ffff;
const PSM_SIO = 0x4000;
const PSM_PROC1 = 0x10000;

/** PSM (datasheet 2.13): of the domains that it can hold in reset, core 1 is modelled, and SIO begins anew. */
export class PowerOnStateMachine extends Block {
	readonly #holdSecondCore: (held: boolean) => void;
	readonly #resetSio: () => void;
	readonly #unmodelled: (text: string) => void;
	#forceOn = 0;
	#forceOff = 0;
	#watchdogSelect = 0;

	constructor(holdSecondCore: (held: boolean) => void, resetSio: () => void, unknown: (text: string) => void) {
		super("PSM", unknown);
		this.#holdSecondCore = holdSecondCore;
		this.#resetSio = resetSio;
		this.#unmodelled = unknown;
	}

	reset(): void {
		this.#forceOn = this.#forceOff = this.#watchdogSelect = 0;
	}

	/** FRCE_ON goes before FRCE_OFF. */
	get #held(): number {
		return this.#forceOff & ~this.#forceOn;
	}

	protected read(offset: number): number | undefined {
		switch (offset) {
			case 0x0: return this.#forceOn;
			case 0x4: return this.#forceOff;
			case 0x8: return this.#watchdogSelect;
			case 0xc: return PSM_ALL & ~this.#held;
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		const before = this.#held;
		switch (offset) {
			case 0x0: this.#forceOn = value & PSM_ALL; break;
			case 0x4: this.#forceOff = value & PSM_ALL; break;
			case 0x8: this.#watchdogSelect = value & PSM_ALL; return true;
			default: return false;
		}
		const held = this.#held;
		if ((held ^ before) & PSM_PROC1) {
			this.#holdSecondCore((held & PSM_PROC1) !== 0);
		}
		if (held & ~before & PSM_SIO) {
			this.#resetSio();
		}
		if (held & ~before & ~(PSM_PROC1 | PSM_SIO)) {
			this.#unmodelled(`PSM: FRCE_OFF 0x${held.toString(16)}: of these only core 1 and SIO are held in reset`);
		}
		return true;
	}
}

/** SYSINFO (datasheet 2.20): the chip is a B2, as every Pico W carries. */
export class SystemInfo extends Block {
	constructor(unknown: (text: string) => void) {
		super("SYSINFO", unknown);
	}

	reset(): void {}

	protected read(offset: number): number | undefined {
		switch (offset) {
			case 0x00: return 0x20002927; // CHIP_ID: revision 2, part 2, manufacturer 0x927
			case 0x04: return 0x2; // PLATFORM: ASIC
			case 0x40: return 0xb9e0df77; // GITREF_RP2040; any value will do
			default: return undefined;
		}
	}

	protected write(): boolean {
		return false;
	}
}

/** BUSCTRL (datasheet 2.1.5): priorities are kept and taken at once; what the counters would count is not modelled, they stand at 0. */
export class BusControl extends Block {
	#priority = 0;
	readonly #selected = new Uint32Array(4);

	constructor(unknown: (text: string) => void) {
		super("BUSCTRL", unknown);
	}

	reset(): void {
		this.#priority = 0;
		this.#selected.fill(0x1f);
	}

	protected read(offset: number): number | undefined {
		switch (offset) {
			case 0x00: return this.#priority;
			case 0x04: return 1;
			case 0x08: case 0x10: case 0x18: case 0x20: return 0;
			case 0x0c: case 0x14: case 0x1c: case 0x24: return this.#selected[(offset - 0x0c) >> 3];
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		switch (offset) {
			case 0x00: this.#priority = value & 0x1111; return true;
			case 0x04: case 0x08: case 0x10: case 0x18: case 0x20: return true;
			case 0x0c: case 0x14: case 0x1c: case 0x24: this.#selected[(offset - 0x0c) >> 3] = value & 0x1f; return true;
			default: return false;
		}
	}
}

/** What begins the whole chip anew: power, or the RUN pin (datasheet 2.12.1). */
export type PowerCause = "power" | "run-pin";

/** VREG_AND_CHIP_RESET (datasheet 2.10.6, 2.12.8): regulator at 1.1 V, and what the last reset was. */
export class ChipReset extends Block {
	#voltage = 0xb1;
	#brownOut = 0x91;
	/** CHIP_RESET: bit 8 power-on, 16 RUN pin, 20 debugger, 24 rescue. */
	#cause = 0x100;

	constructor(unknown: (text: string) => void) {
		super("VREG_AND_CHIP_RESET", unknown);
	}

	reset(): void {}	// outlives every reset of the system

	powerOn(cause: PowerCause): void {
		this.#voltage = 0xb1;
		this.#brownOut = 0x91;
		this.#cause = cause === "power" ? 0x100 : 0x10000;
	}

	protected read(offset: number): number | undefined {
		switch (offset) {
			case 0x0: return this.#voltage | 0x1000; // ROK
			case 0x4: return this.#brownOut;
			case 0x8: return this.#cause;
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		switch (offset) {
			case 0x0: this.#voltage = value & 0xf3; return true;
			case 0x4: this.#brownOut = value & 0xf1; return true;
			case 0x8: this.#cause &= ~(this.rawValue & 0x01000000); return true;
			default: return false;
		}
	}
}

const DREQ_XIP_STREAM = 37;
const STREAM_DEPTH = 2;
/** A word over four wires, as a line of the cache comes: 8 clocks of address and mode, 4 of waiting, 8 of data, at clk_sys / 2. */
const STREAM_WORD_CYCLES = 2 * (8 + 4 + 8) + 4;

/** XIP_CTRL (datasheet 2.6.3.6): the cache's switches and counters, and the stream that reads flash beside it. */
export class XipControl extends Block {
	readonly #flash: Uint8Array;
	readonly #clock: VirtualClock;
	readonly #dma: Dma;
	readonly #wait: (cycles: number) => void;
	#fifo: number[] = [];
	#cancelWord: (() => void) | undefined;
	#control = 3;
	#streamAddress = 0;
	#streamCount = 0;
	/** Where it is modelled. */
	cache: XipCache | undefined;

	/** @param wait holds the bus, and with it who reads, for so many cycles. */
	constructor(flash: Uint8Array, clock: VirtualClock, dma: Dma, wait: (cycles: number) => void, unknown: (text: string) => void) {
		super("XIP_CTRL", unknown);
		this.#flash = flash;
		this.#clock = clock;
		this.#dma = dma;
		this.#wait = wait;
	}

	reset(): void {
		this.#control = 3;
		this.cache?.reset();
		this.#streamAddress = this.#streamCount = 0;
		this.#fifo = [];
		this.#stream();
	}

	/** What the boot ROM's flash_flush_cache does: an empty cache that is on. @returns cycles that it takes. */
	flushAndEnable(): number {
		this.#setControl(this.#control | 1);
		this.cache?.flush(this.#clock.cycles);
		return this.#flushRest;
	}

	/** A cache without power cannot be on (POWER_DOWN). */
	#setControl(value: number): void {
		this.#control = value & 8 ? value & 0xa : value & 3;
		if (this.cache) {
			this.cache.enabled = (this.#control & 1) !== 0;
		}
	}

	get #flushRest(): number {
		return this.cache?.flushRest(this.#clock.cycles) ?? 0;
	}

	/** The cache is off and has power: it is 16 KB of memory. */
	get lendsMemory(): boolean {
		return (this.#control & 9) === 0;
	}

	/** CTRL.ERR_BADWRITE: stores to the addresses of flash that are not cached or not allocating are bus errors. */
	get refusesWrites(): boolean {
		return (this.#control & 2) !== 0;
	}

	/** The stream's next word; also behind 0x50400000. Zero when none has come yet. */
	readStream(): number {
		const word = this.#fifo.shift() ?? 0;
		this.#stream();
		return word;
	}

	/** Fetches as long as there is room, and asks DMA to take what is there. */
	#stream(): void {
		if (this.#streamCount && this.#fifo.length < STREAM_DEPTH) {
			this.#cancelWord ??= this.#clock.schedule((STREAM_WORD_CYCLES * 1e6) / this.#clock.frequencyHz, () => {
				this.#cancelWord = undefined;
				const offset = this.#streamAddress & 0xfffffc;
				this.#streamAddress += 4;
				this.#streamCount--;
				const { [offset]: a, [offset + 1]: b, [offset + 2]: c, [offset + 3]: d } = this.#flash;
				this.#fifo.push((a | (b << 8) | (c << 16) | (d << 24)) >>> 0);
				this.#stream();
			});
		} else {
			this.#cancelWord?.();
			this.#cancelWord = undefined;
		}
		if (this.#fifo.length) {
			this.#dma.setDREQ(DREQ_XIP_STREAM);
		} else {
			this.#dma.clearDREQ(DREQ_XIP_STREAM);
		}
	}

	protected read(offset: number): number | undefined {
		switch (offset) {
			case 0x00: return this.#control;
			case 0x04:
				this.#wait(this.#flushRest);
				return 0;
			// FLUSH_READY, FIFO_EMPTY, FIFO_FULL
			case 0x08: return (this.#flushRest ? 0 : 1) | (this.#fifo.length ? 0 : 2) | (this.#fifo.length === STREAM_DEPTH ? 4 : 0);
			case 0x0c: return Math.min(this.cache?.hits ?? 0, 0xffffffff);
			case 0x10: return Math.min(this.cache?.accesses ?? 0, 0xffffffff);
			case 0x14: return this.#streamAddress;
			case 0x18: return this.#streamCount;
			case 0x1c: return this.readStream();
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		switch (offset) {
			case 0x00: this.#setControl(value); return true;
			case 0x04:
				if (value & 1) {
					this.cache?.flush(this.#clock.cycles);
				}
				return true;
			case 0x0c: if (this.cache) { this.cache.hits = 0; } return true;
			case 0x10: if (this.cache) { this.cache.accesses = 0; } return true;
			case 0x14: this.#streamAddress = value & ~3; return true;
			case 0x18:
				this.#streamCount = value & 0x3fffff;
				this.#stream();
				return true;
			default: return false;
		}
	}
}
