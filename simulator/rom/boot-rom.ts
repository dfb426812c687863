/**
 * A stand-in for the RP2040's boot ROM, of our own making: the same vector and function tables at the same places, the
 * same boot path, each function an undefined instruction that the processor hands to this file, with the time the real
 * one takes. RP2040 datasheet 2.7 (boot sequence) and 2.8 (contents of the boot ROM).
 */
import { FLASH_START, type Processor, ROM_BYTES, SRAM_BYTES, SRAM_START } from "../core/processor.ts";
import { PAGE_PROGRAM_MICROS, PAGE_BYTES, SECTOR_BYTES, SECTOR_ERASE_MICROS, BLOCK_64K_ERASE_MICROS, type SerialFlash } from "../flash/serial-flash.ts";
import type { Ssi } from "../flash/ssi.ts";
import { crc32 } from "./crc32.ts";
import { doubleFunctions, type FloatFunction, singleFunctions } from "./soft-float.ts";

/** What the ROM's functions reach of the chip. */
export interface RomHost {
	/** The one that executes. */
	readonly core: Processor;
	/** What its CPUID says. */
	readonly coreIndex: 0 | 1;
	/** Its end of the FIFOs between the cores. */
	readonly fifo: { readonly valid: boolean; readonly ready: boolean; read(): number; write(value: number): void };
	readonly flash: SerialFlash;
	readonly ssi: Ssi;
	/** Watchdog scratch registers: how software passes a boot request over a reset. */
	readonly scratch: Uint32Array;
	readByte(address: number): number;
	readWord(address: number): number;
	writeByte(address: number, value: number): void;
	writeWord(address: number, value: number): void;
	/** The processor is busy in the ROM for so long. */
	busyMicros(micros: number): void;
	/** Flash answers to XIP (true) or to commands (false). */
	setXip(on: boolean): void;
	/** Empties the XIP cache and switches it on; cycles that it takes. */
	flushCache(): number;
	/** Blocks the real ROM takes out of reset before it looks at the flash. */
	releaseFlashBlocks(): void;
	/** Somebody holds the BOOTSEL button. */
	bootselPressed(): boolean;
	/** USB boot loader: the drive RPI-RP2. */
	bootsel(reason: string, activityMask: number, disableMask: number): void;
	violation(level: "error" | "warning" | "info", code: string, text: string): void;
}

/** RP2350's boot ROM looks for a block of its own in the first 4 KB (RP2350 datasheet 5.1.5.1). */
const RP2350_BLOCK_START = 0xffffded3;

function isForRp2350(flash: Uint8Array): boolean {
	const view = new DataView(flash.buffer, flash.byteOffset, 4096);
	for (let at = 0; at < 4096; at += 4) {
		if (view.getUint32(at, true) === RP2350_BLOCK_START) {
			return true;
		}
	}
	return false;
}

/** SRAM where the second stage is loaded (datasheet 2.7.1). */
const BOOT2_ADDRESS = 0x20041f00;
const BOOT2_BYTES = 256;
const WATCHDOG_MAGIC = 0xb007c0d3;
/** Initial stack pointer: below the second stage, which lies at the top of SRAM. */
const STACK_TOP = BOOT2_ADDRESS;
/** Reset to the second stage: oscillator start, flash read and CRC at clk_sys from the ring oscillator. */
const BOOT_MICROS = 2_000;

const TRAP = 0xde00;
const FUNCTIONS_AT = 0x0100;
const DATA_AT = 0x0200;
const SINGLE_AT = 0x0242;
const CODE_AT = 0x0400;

/**
 * How core 1 is launched (datasheet 2.8.2): it empties its FIFO and sends 0; then each word that comes is sent back. A 1
 * begins, and vector table, stack pointer and entry follow it; a 0 where one of them is expected begins anew.
 */
type LaunchStep =
	| { kind: "greet" }
	/** `word` is on its way to core 0; then `step` words of the four have come. */
	| { kind: "answer"; word: number; step: number }
	| { kind: "listen"; step: number };

/** From a word's arrival to the answer: the ROM's two loops over FIFO_ST. */
const LAUNCH_WORD_CYCLES = 25;

export class BootRom {
	readonly #host: RomHost;
	readonly #traps = new Map<number, () => number>();
	#next = CODE_AT;
	readonly #view: DataView;
	/** Where a watchdog's entry point returns to: the boot goes on with the flash. */
	#resume = 0;
	#idle = 0;
	/** Core 1 waits in `wait_for_vector`: where in its conversation with core 0. */
	#launch: LaunchStep = { kind: "greet" };
	#waitForVector = 0;
	/** How often core 1 was sent to an entry. */
	launches = 0;
	/** Core 1 is outside `wait_for_vector`. */
	launched = false;
	/** Names of what was called, with counts: the report's view of ROM use. */
	readonly calls = new Map<string, number>();

	constructor(host: RomHost) {
		this.#host = host;
		this.#view = new DataView(host.core.rom.buffer);
		this.#build();
		host.core.onRomTrap = (address) => this.#run(address);
	}

	#run(address: number): number {
		const trap = this.#traps.get(address);
		if (!trap) {
			this.#host.core.busFault("undefined-instruction", `execution at ROM address 0x${address.toString(16)}, where no function is`);
			return 0;
		}
		return trap();
	}

	/** Lays out one function; returns its address with Thumb bit. */
	#function(name: string, run: (r: Int32Array) => number): number {
		return this.#trap(() => {
			this.#count(name);
			return run(this.#host.core.registers);
		});
	}

	#count(name: string): void {
		this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
	}

	/** The same for what nobody calls by name. */
	#trap(run: () => number): number {
		const at = this.#next;
		this.#next += 4;
		this.#view.setUint16(at, TRAP, true);
		this.#traps.set(at, run);
		return at | 1;
	}

	#build(): void {
		const view = this.#view;
		// WFI and a branch back to it: for the core that has nothing to do, and for faults inside the ROM.
		const idle = this.#next;
		view.setUint16(idle, 0xbf30, true);
		view.setUint16(idle + 2, 0xe7fd, true);
		this.#next += 4;

		this.#idle = idle | 1;
		this.#waitForVector = this.#trap(() => this.#waitForLaunch());
		view.setUint32(0x00, STACK_TOP, true);
		view.setUint32(0x04, this.#trap(() => {
			if (this.#host.coreIndex) {
				return this.#waitForLaunch();
			}
			this.#count("boot");
			return this.#boot();
		}), true);
		this.#resume = this.#function("flash_boot", () => this.#flashBoot());
		view.setUint32(0x08, idle | 1, true);
		view.setUint32(0x0c, idle | 1, true);
		for (const vector of [0x2c, 0x38, 0x3c]) {
			view.setUint32(vector, idle | 1, true);
		}
		// 'M', 'u', 1, and version 3, which is what B2 silicon carries
		view.setUint32(0x10, 0x0301754d, true);
		view.setUint16(0x14, FUNCTIONS_AT, true);
		view.setUint16(0x16, DATA_AT, true);
		view.setUint16(0x18, this.#function("table_lookup", (r) => this.#lookup(r)), true);

		this.#table(FUNCTIONS_AT, [
			["P3", this.#function("popcount32", (r) => { r[0] = popcount(r[0]); return 22; })],
			["R3", this.#function("reverse32", (r) => { r[0] = reverse(r[0]); return 24; })],
			["L3", this.#function("clz32", (r) => { r[0] = Math.clz32(r[0]); return 13; })],
			["T3", this.#function("ctz32", (r) => { r[0] = r[0] ? 31 - Math.clz32(r[0] & -r[0]) : 32; return 13; })],
			["MS", this.#function("memset", (r) => this.#set(r))],
			["S4", this.#function("memset4", (r) => this.#set(r))],
			["MC", this.#function("memcpy", (r) => this.#copy(r))],
			["C4", this.#function("memcpy44", (r) => this.#copy(r))],
			["UB", this.#function("reset_usb_boot", (r) => this.#usbBoot(r[0], r[1]))],
			["IF", this.#function("connect_internal_flash", () => this.#connect())],
			["EX", this.#function("flash_exit_xip", () => this.#exitXip())],
			["RE", this.#function("flash_range_erase", (r) => this.#erase(r))],
			["RP", this.#function("flash_range_program", (r) => this.#program(r))],
			["FC", this.#function("flash_flush_cache", () => this.#flushCache())],
			["CX", this.#function("flash_enter_cmd_xip", () => { this.#host.setXip(true); return 100; })],
			["WV", this.#waitForVector],
		]);

		const singleAt = SINGLE_AT + 2;
		const doubleAt = singleAt + 0x80 + 4;
		this.#floats(singleAt, singleFunctions);
		this.#floats(doubleAt, doubleFunctions);
		const copyright = doubleAt + 0x84;
		const text = "boot ROM stand-in";
		for (let index = 0; index < text.length; index++) {
			view.setUint8(copyright + index, text.charCodeAt(index));
		}
		const revision = copyright + 20;
		view.setUint32(revision, 0x00000003, true);
		this.#table(DATA_AT, [["GR", revision], ["CR", copyright], ["SF", singleAt], ["SD", doubleAt]]);
	}

	/** Rows of code and pointer, 16 bits each, ended by zero. */
	#table(at: number, rows: [string, number][]): void {
		let offset = at;
		for (const [name, pointer] of rows) {
			this.#view.setUint16(offset, name.charCodeAt(0) | (name.charCodeAt(1) << 8), true);
			this.#view.setUint16(offset + 2, pointer, true);
			offset += 4;
		}
		this.#view.setUint16(offset, 0, true);
	}

	/** 32 pointers; the byte two before them is their number. */
	#floats(at: number, functions: FloatFunction[]): void {
		const host = this.#host;
		const setFlags = (negative: boolean, zero: boolean, carry: boolean): void => {
			const { core } = host;
			core.n = negative ? -1 : 0;
			core.z = zero ? 0 : 1;
			core.c = carry ? 1 : 0;
			core.v = 0;
		};
		this.#view.setUint8(at - 2, functions.length);
		for (const entry of functions) {
			const pointer = this.#function(entry.name, (r) => {
				entry.call(r, setFlags);
				return entry.cycles;
			});
			this.#view.setUint32(at + entry.offset, pointer, true);
		}
	}

	#lookup(r: Int32Array): number {
		let at = r[0] >>> 0;
		let cycles = 8;
		while (at < ROM_BYTES) {
			const code = this.#view.getUint16(at, true);
			cycles += 8;
			if (!code) {
				break;
			}
			if (code === (r[1] & 0xffff)) {
				r[0] = this.#view.getUint16(at + 2, true);
				return cycles;
			}
			at += 4;
		}
		r[0] = 0;
		return cycles;
	}

	// ---- memory -----------------------------------------------------------------------------------------------------

	#plain(address: number, length: number): { bytes: Uint8Array; offset: number } | undefined {
		const { core } = this.#host;
		const start = address >>> 0;
		if (start >= SRAM_START && start + length <= SRAM_START + SRAM_BYTES) {
			return { bytes: core.sram, offset: start - SRAM_START };
		}
		if (start >= FLASH_START && start + length <= FLASH_START + core.flashBytes && !core.xipCache) {
			return { bytes: core.flash, offset: start - FLASH_START };
		}
		return undefined;
	}

	#copy(r: Int32Array): number {
		const length = r[2] >>> 0;
		const to = this.#plain(r[0], length);
		const from = this.#plain(r[1], length);
		if (to && from && to.bytes === this.#host.core.sram) {
			const { bytes } = to;
			if (from.bytes === bytes && from.offset < to.offset && from.offset + length > to.offset) {
				// Overlapping, forward: the first bytes repeat, as in the ROM's ascending copy.
				for (let index = 0; index < length; index++) {
					bytes[to.offset + index] = bytes[from.offset + index];
				}
			} else {
				bytes.set(from.bytes.subarray(from.offset, from.offset + length), to.offset);
			}
		} else if (!((r[0] | r[1] | length) & 3)) {
			for (let index = 0; index < length; index += 4) {
				this.#host.writeWord((r[0] >>> 0) + index, this.#host.readWord((r[1] >>> 0) + index));
			}
		} else {
			for (let index = 0; index < length; index++) {
				this.#host.writeByte((r[0] >>> 0) + index, this.#host.readByte((r[1] >>> 0) + index));
			}
		}
		return (r[0] ^ r[1]) & 3 ? 10 + 7 * length : 36 + Math.ceil(length * 0.8135);
	}

	#set(r: Int32Array): number {
		const length = r[2] >>> 0;
		const to = this.#plain(r[0], length);
		if (to && to.bytes === this.#host.core.sram) {
			to.bytes.fill(r[1], to.offset, to.offset + length);
		} else {
			for (let index = 0; index < length; index++) {
				this.#host.writeByte((r[0] >>> 0) + index, r[1] & 0xff);
			}
		}
		return 26 + Math.ceil(length * 0.5127);
	}

	// ---- flash ------------------------------------------------------------------------------------------------------

	#connect(): number {
		return 300;
	}

	#exitXip(): number {
		this.#host.setXip(false);
		this.#host.ssi.commandMode();
		return 6_000;
	}

	#flushCache(): number {
		// The ROM also gives the chip select back to the SSI here.
		this.#host.ssi.forceSelect(undefined);
		return 200 + this.#host.flushCache();
	}

	#erase(r: Int32Array): number {
		const { flash } = this.#host;
		const [start, length, block] = [r[0] >>> 0, r[1] >>> 0, r[2] >>> 0];
		if (start % SECTOR_BYTES || length % SECTOR_BYTES || start + length > flash.sizeBytes) {
			this.#host.violation("error", "flash-erase-range", `flash_range_erase(0x${start.toString(16)}, ${length}): not whole sectors of the flash`);
			return 20;
		}
		this.#xipMustBeOff("flash_range_erase");
		let at = start;
		let micros = 0;
		while (at < start + length) {
			const whole = block === 0x10000 && at % block === 0 && at + block <= start + length;
			const bytes = whole ? block : SECTOR_BYTES;
			flash.erase(at, bytes);
			micros += whole ? BLOCK_64K_ERASE_MICROS : SECTOR_ERASE_MICROS;
			at += bytes;
		}
		this.#host.busyMicros(micros);
		return 100;
	}

	#program(r: Int32Array): number {
		const { flash } = this.#host;
		const [start, from, length] = [r[0] >>> 0, r[1] >>> 0, r[2] >>> 0];
		if (start % PAGE_BYTES || length % PAGE_BYTES || start + length > flash.sizeBytes) {
			this.#host.violation("error", "flash-program-range", `flash_range_program(0x${start.toString(16)}, ${length} bytes): not whole pages of the flash`);
			return 20;
		}
		this.#xipMustBeOff("flash_range_program");
		for (let at = 0; at < length; at += PAGE_BYTES) {
			const page = new Uint8Array(PAGE_BYTES);
			for (let index = 0; index < PAGE_BYTES; index++) {
				page[index] = this.#host.readByte(from + at + index);
			}
			flash.program(start + at, page);
		}
		this.#host.busyMicros((length / PAGE_BYTES) * PAGE_PROGRAM_MICROS);
		return 100;
	}

	#xipMustBeOff(name: string): void {
		if (this.#host.core.flashBytes) {
			this.#host.violation("error", "flash-command-in-xip", `${name} without connect_internal_flash and flash_exit_xip before`);
		}
	}

	// ---- boot -------------------------------------------------------------------------------------------------------

	#usbBoot(activityMask: number, disableMask: number): number {
		this.#host.bootsel("reset_usb_boot", activityMask >>> 0, disableMask >>> 0);
		return 1;
	}

	/** Reset vector. Leaves the processor at the second stage, at a watchdog's entry, or in the USB boot loader. */
	#boot(): number {
		const { core, scratch } = this.#host;
		const r = core.registers;
		if (scratch[4] === WATCHDOG_MAGIC && this.#isEntry(scratch)) {
			scratch[4] = 0;
			core.setMainStack(scratch[6]);
			r[14] = this.#resume;
			r[15] = scratch[7] & ~1;
			return 200;
		}
		return this.#flashBoot();
	}

	/** True while core 1 waits here for a word of core 0, asleep. */
	get listening(): boolean {
		return this.#launch.kind === "listen";
	}

	/** Core 1 was reset. */
	resetLaunch(): void {
		this.#launch = { kind: "greet" };
		this.launched = false;
	}

	/** One turn of `wait_for_vector`; it stays there until core 1 has an entry. */
	#waitForLaunch(): number {
		const { core, fifo } = this.#host;
		const r = core.registers;
		const here = this.#waitForVector & ~1;
		const launch = this.#launch;
		this.launched = false;
		r[15] = here;
		switch (launch.kind) {
			case "greet":
				while (fifo.valid) {
					fifo.read();
				}
				this.#launch = { kind: "answer", word: 0, step: 0 };
				return 10;
			case "answer":
				if (!fifo.ready) {
					core.waitForEvent();
					return 5;
				}
				fifo.write(launch.word);
				core.onSendEvent?.();
				if (launch.step === 4) {
					this.launches++;
					this.launched = true;
					this.#launch = { kind: "greet" };
					r[14] = this.#idle;
					r[15] = launch.word & ~1;
					if (!(launch.word & 1)) {
						core.busFault("thumb-bit", `launch of core 1 at 0x${launch.word.toString(16)}, without Thumb bit`);
					}
					return 8;
				}
				this.#launch = { kind: "listen", step: launch.step };
				core.waitForEvent();
				return 5;
			case "listen": {
				if (!fifo.valid) {
					core.waitForEvent();
					return 5;
				}
				const word = fifo.read();
				const { step } = launch;
				if (word === 0 || (step === 0 && word !== 1)) {
					this.#launch = { kind: "greet" };
				} else {
					if (step === 1) {
						core.vtor = word & ~0xff;
					} else if (step === 2) {
						core.setMainStack(word);
					}
					this.#launch = { kind: "answer", word, step: step + 1 };
				}
				return LAUNCH_WORD_CYCLES;
			}
		}
	}

	#isEntry(scratch: Uint32Array): boolean {
		// (scratch5 XOR scratch7) + magic == 0 modulo 2^32 (datasheet 2.7.1)
		return (((scratch[5] ^ scratch[7]) >>> 0) + WATCHDOG_MAGIC) % 0x100000000 === 0;
	}

	#flashBoot(): number {
		const { core } = this.#host;
		const r = core.registers;
		this.#host.releaseFlashBlocks();
		if (this.#host.bootselPressed()) {
			this.#host.bootsel("BOOTSEL is held", 0, 0);
			return 1;
		}
		const image = core.flash.subarray(0, BOOT2_BYTES);
		core.sram.set(image, BOOT2_ADDRESS - SRAM_START);
		const stored = (image[252] | (image[253] << 8) | (image[254] << 16) | (image[255] << 24)) >>> 0;
		const computed = crc32(image.subarray(0, 252));
		if (stored !== computed) {
			const blank = image.every((byte) => byte === 0xff);
			this.#host.bootsel(
				blank
					? "the flash is empty"
					: `the second stage's CRC32 is 0x${stored.toString(16)}, 0x${computed.toString(16)} was computed${
						isForRp2350(core.flash) ? ": the program is for the RP2350, and this board has an RP2040" : ""}`,
				0,
				0,
			);
			return 1;
		}
		this.#host.busyMicros(BOOT_MICROS);
		core.setMainStack(STACK_TOP);
		r[14] = 0;
		r[15] = BOOT2_ADDRESS;
		return 1;
	}
}

function popcount(value: number): number {
	let bits = value - ((value >>> 1) & 0x55555555);
	bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
	return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function reverse(value: number): number {
	let bits = ((value & 0x55555555) << 1) | ((value >>> 1) & 0x55555555);
	bits = ((bits & 0x33333333) << 2) | ((bits >>> 2) & 0x33333333);
	bits = ((bits & 0x0f0f0f0f) << 4) | ((bits >>> 4) & 0x0f0f0f0f);
	return (bits << 24) | ((bits & 0xff00) << 8) | ((bits >>> 8) & 0xff00) | (bits >>> 24);
}
