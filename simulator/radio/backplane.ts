/**
 * Function 1: the backplane behind a window of 32 KB, the registers of the gSPI core, the two cores that a driver resets,
 * 512 KB of RAM, and the start of the firmware in it. Any download is accepted: the vendor's firmware is licensed for the
 * vendor's chips and never needed here.
 *
 * PROTOCOL.md, section 5.
 */
import { writeFirmwareConsole } from "./firmware-console.ts";
import type { BusFunction } from "./gspi-words.ts";
import type { PowerCycle } from "./power-cycle.ts";

export const RAM_BYTES = 512 * 1024;

/** Function 1 addresses above the window. */
const REGISTERS = 0x10000;
const REGISTERS_END = 0x10020;
const WATERMARK = 0x10008;
const WINDOW_LOW = 0x1000a;
const WINDOW_MIDDLE = 0x1000b;
const WINDOW_HIGH = 0x1000c;
const FRAME_CONTROL = 0x1000d;
const FRAME_CONTROL_ABORT = 0x01;
const CLOCK_CSR = 0x1000e;
const CLOCK_REQUESTS = 0x3f;
const ALP_AVAILABLE = 0x40;
const HT_AVAILABLE = 0x80;
const ALP_REQUESTS = 0x01 | 0x02 | 0x08 | 0x10;
const SLEEP_CSR = 0x1001f;
const KEEP_ON = 0x01;
const DEVICE_ON = 0x02;
const WINDOW_MASK = 0x7fff;
const WINDOW_BYTES = 0x8000;

/** Cores; a wrapper lies 0x100000 above its core. */
const CHIP_COMMON = 0x18000000;
const SDIO_CORE = 0x18002000;
const ARM_CORE = 0x18003000;
const SOCSRAM_CORE = 0x18004000;
const WRAPPER = 0x100000;
const CORE_BYTES = 0x1000;
const IO_CONTROL = 0x408;
const IO_CLOCK_ENABLE = 0x01;
const IO_CPU_HALT = 0x20;
const RESET_CONTROL = 0x800;
const IN_RESET = 0x01;
const CHIP_ID = 0x0feaa9af;
const SAVE_RESTORE_CONTROL1 = CHIP_COMMON + 0x508;
const SDIO_INT_STATUS = SDIO_CORE + 0x20;
const SDIO_INT_HOST_MASK = SDIO_CORE + 0x24;
const SDIO_FUNCTION_INT_MASK = SDIO_CORE + 0x34;
const SDIO_MAILBOXES = SDIO_CORE + 0x40;
const SOCSRAM_BANK_INDEX = SOCSRAM_CORE + 0x10;
const SOCSRAM_BANK_PDA = SOCSRAM_CORE + 0x44;
const REMAPPED_BANK = 3;

/** Seen on real boards: high-throughput clock 21 ms after the core's release, function 2 ready 84 ms later. */
const HT_DELAY_MICROS = 21_000;
const FUNCTION2_DELAY_MICROS = 84_000;
const ALP_DELAY_MICROS = 100;
/** The chip wakes in steps of its 32 kHz clock. */
const WAKE_DELAY_MICROS = 300;
const SMALLEST_FIRMWARE_BYTES = 100 * 1024;
/** Of the vector table at 0; the first word, elsewhere a stack pointer, is 0 in the vendor's images. */
const RESET_VECTOR = 4;
const THUMB = 1;
/** What the console in RAM says. */
const BOOT_TEXT = "simulated CYW43439: firmware ready\r\n";

/** Registers of the gSPI core, for the log. */
const REGISTER_NAMES: Readonly<Record<number, string>> = {
	[WATERMARK]: "WATERMARK",
	[WINDOW_LOW]: "WINDOW_LOW",
	[WINDOW_MIDDLE]: "WINDOW_MIDDLE",
	[WINDOW_HIGH]: "WINDOW_HIGH",
	[FRAME_CONTROL]: "FRAME_CONTROL",
	[CLOCK_CSR]: "CLOCK_CSR",
	[SLEEP_CSR]: "SLEEP_CSR",
};

interface Core {
	name: string;
	ioControl: number;
	resetControl: number;
}

/** What the backplane tells the rest of the chip. */
export interface BackplaneOwner {
	/** The firmware runs and function 2 is ready. @param nvram the text of the download, one `key=value` a line. */
	firmwareReady(nvram: string): void;
	/** The host dropped the frame it was reading. @returns false when there was none. */
	abortFrame(): boolean;
}

export class Backplane implements BusFunction {
	readonly #power: PowerCycle;
	readonly #owner: BackplaneOwner;
	readonly #extraBootMicros: number;

	/** RAM is lost without power; all ones are as good as any other rubbish. */
	readonly #ram = new Uint8Array(RAM_BYTES).fill(0xff);
	readonly #registers = new Uint8Array(REGISTERS_END - REGISTERS);
	readonly #arm: Core = { name: "ARM", ioControl: 0, resetControl: IN_RESET };
	readonly #socsram: Core = { name: "SOCSRAM", ioControl: 0, resetControl: IN_RESET };
	/** Plain storage of modelled registers without behaviour. */
	readonly #stored = new Map<number, number>();

	#alp = false;
	#ht = false;
	/** 0 (RAM) after power-up: drivers that cache it start from there. */
	#window = 0;
	#windowSet = false;
	#bankIndex = 0;
	#remapOff = false;
	#writtenBytes = 0;
	#released = false;
	#asleep = false;
	#wakeWrites = 0;
	#waking = false;

	/** @param extraBootMicros added to the time until HT_AVAIL, to try a driver's patience. */
	constructor(power: PowerCycle, owner: BackplaneOwner, extraBootMicros: number) {
		this.#power = power;
		this.#owner = owner;
		this.#extraBootMicros = extraBootMicros;
		this.#registers[SLEEP_CSR - REGISTERS] = DEVICE_ON;
	}

	/** True while the bus sleeps: function 2 and the backplane answer rubbish. */
	get asleep(): boolean {
		return this.#asleep;
	}

	name(address: number): string | undefined {
		if (address >= REGISTERS) {
			return REGISTER_NAMES[address];
		}
		const place = (this.#window + (address & WINDOW_MASK)) >>> 0;
		return `${place < RAM_BYTES ? "RAM " : ""}0x${place.toString(16).padStart(8, "0")}`;
	}

	read(address: number, lengthBytes: number, _incrementing: boolean, into: Uint8Array): void {
		if (address >= REGISTERS) {
			for (let index = 0; index < lengthBytes; index++) {
				into[index] = this.#readRegister(address + index);
			}
			return;
		}
		const base = this.#place(address, lengthBytes, "read");
		if (base === undefined) {
			into.fill(0xff, 0, lengthBytes);
			return;
		}
		if (base + lengthBytes <= RAM_BYTES) {
			into.set(this.#ram.subarray(base, base + lengthBytes));
			return;
		}
		for (let index = 0; index < lengthBytes; index++) {
			const at = base + index;
			into[index] = this.#readCore((at & ~3) >>> 0) >>> (8 * (at & 3));
		}
	}

	readDone(): void {
		// Nothing on the backplane that is modelled changes when it is read.
	}

	write(address: number, bytes: Uint8Array): void {
		if (address >= REGISTERS) {
			for (let index = 0; index < bytes.length; index++) {
				this.#writeRegister(address + index, bytes[index]);
			}
			return;
		}
		const base = this.#place(address, bytes.length, "write");
		if (base === undefined) {
			return;
		}
		if (base + bytes.length <= RAM_BYTES) {
			this.#writeRam(base, bytes);
			return;
		}
		if (bytes.length > 4 || (base & 3) + bytes.length > 4) {
			this.#power.log.violation("warning", "radio-core-burst", `${bytes.length} bytes written to core registers at 0x${base.toString(16)} in one transfer`);
			return;
		}
		const aligned = (base & ~3) >>> 0;
		let value = bytes.length === 4 ? 0 : this.#readCore(aligned);
		for (let index = 0; index < bytes.length; index++) {
			const shift = 8 * ((base & 3) + index);
			value = (value & ~(0xff << shift)) | (bytes[index] << shift);
		}
		this.#writeCore(aligned, value >>> 0);
	}

	/** The backplane address of a window access; undefined when it cannot be made. */
	#place(address: number, lengthBytes: number, what: string): number | undefined {
		const { log } = this.#power;
		if (this.#asleep) {
			log.violation("warning", "radio-asleep", `backplane ${what} while the bus sleeps (KSO clear)`);
			return undefined;
		}
		const offset = address & WINDOW_MASK;
		if (offset + lengthBytes > WINDOW_BYTES) {
			log.violation("error", "radio-window-crossed", `${what} of ${lengthBytes} B at 0x${offset.toString(16)} crosses the end of the 32 KB window`);
			return undefined;
		}
		if (!this.#windowSet) {
			log.violation("warning", "radio-window-unset", `backplane ${what} at 0x${offset.toString(16)} before the window was set; it lies at 0 after power-up`);
		}
		return this.#window + offset;
	}

	// ---- registers of the gSPI core ---------------------------------------------------------------------------------

	#readRegister(address: number): number {
		switch (address) {
			case CLOCK_CSR:
				return (this.#registers[CLOCK_CSR - REGISTERS] & CLOCK_REQUESTS)
					| (this.#alp ? ALP_AVAILABLE : 0) | (this.#ht ? HT_AVAILABLE : 0);
			case SLEEP_CSR:
				return this.#asleep ? (this.#waking ? KEEP_ON : 0) : this.#registers[SLEEP_CSR - REGISTERS];
			default:
				if (address >= REGISTERS_END) {
					this.#power.log.violation("error", "radio-register-unmapped", `function 1 has no register 0x${address.toString(16)}`);
					return 0;
				}
				return this.#registers[address - REGISTERS];
		}
	}

	#writeRegister(address: number, value: number): void {
		if (address >= REGISTERS_END) {
			this.#power.log.violation("error", "radio-register-unmapped", `function 1 has no register 0x${address.toString(16)}`);
			return;
		}
		this.#registers[address - REGISTERS] = value;
		switch (address) {
			case WINDOW_LOW:
				this.#setWindow(8, value & 0x80);
				break;
			case WINDOW_MIDDLE:
				this.#setWindow(16, value);
				break;
			case WINDOW_HIGH:
				this.#setWindow(24, value);
				break;
			case FRAME_CONTROL:
				if (value & FRAME_CONTROL_ABORT && !this.#owner.abortFrame()) {
					this.#power.log.violation("warning", "radio-abort-without-frame", "FRAME_CONTROL ended a read frame, but none was there");
				}
				this.#registers[FRAME_CONTROL - REGISTERS] = 0;
				break;
			case CLOCK_CSR:
				if (value & ALP_REQUESTS && !this.#alp) {
					this.#power.after(ALP_DELAY_MICROS, () => {
						this.#alp = true;
					});
				}
				break;
			case SLEEP_CSR:
				this.#writeSleep(value);
				break;
			case WATERMARK:
				break;
		}
	}

	#setWindow(shift: number, value: number): void {
		this.#windowSet = true;
		this.#window = ((this.#window & ~(0xff << shift)) | (value << shift)) >>> 0;
	}

	#writeSleep(value: number): void {
		const register = SLEEP_CSR - REGISTERS;
		this.#registers[register] = (value & KEEP_ON) | DEVICE_ON;
		if (!this.#released) {
			return;
		}
		if (!(value & KEEP_ON)) {
			this.#asleep = true;
			this.#waking = false;
			this.#wakeWrites = 0;
			return;
		}
		if (!this.#asleep) {
			return;
		}
		// Writes are taken over by the 32 kHz clock; the first one only starts it.
		this.#wakeWrites++;
		if (this.#wakeWrites >= 2 && !this.#waking) {
			this.#waking = true;
			this.#power.after(WAKE_DELAY_MICROS, () => {
				if (this.#waking) {
					this.#asleep = this.#waking = false;
				}
			});
		}
	}

	// ---- cores ------------------------------------------------------------------------------------------------------

	#wrapper(address: number): Core | undefined {
		switch ((address & ~(CORE_BYTES - 1)) >>> 0) {
			case ARM_CORE + WRAPPER: return this.#arm;
			case SOCSRAM_CORE + WRAPPER: return this.#socsram;
			default: return undefined;
		}
	}

	#readCore(address: number): number {
		const core = this.#wrapper(address);
		if (core) {
			switch (address & (CORE_BYTES - 1)) {
				case IO_CONTROL: return core.ioControl;
				case RESET_CONTROL: return core.resetControl;
				case RESET_CONTROL + 4: return 0;
			}
		}
		switch (address) {
			case CHIP_COMMON: return CHIP_ID;
			case SAVE_RESTORE_CONTROL1: return 1;
			case SOCSRAM_BANK_INDEX: return this.#bankIndex;
			case SDIO_INT_STATUS: case SDIO_INT_HOST_MASK: case SDIO_FUNCTION_INT_MASK:
			case SDIO_MAILBOXES: case SDIO_MAILBOXES + 4: case SDIO_MAILBOXES + 8: case SDIO_MAILBOXES + 12:
			case SOCSRAM_BANK_PDA:
				return this.#stored.get(address) ?? 0;
		}
		this.#unmodelled(address, "read");
		return 0;
	}

	#writeCore(address: number, value: number): void {
		const core = this.#wrapper(address);
		if (core) {
			switch (address & (CORE_BYTES - 1)) {
				case IO_CONTROL:
					core.ioControl = value;
					this.#coreChanged(core);
					return;
				case RESET_CONTROL:
					if (core.resetControl & IN_RESET && !(value & IN_RESET) && !(core.ioControl & IO_CLOCK_ENABLE)) {
						this.#power.log.violation("error", "radio-core-clock", `${core.name} core released from reset without its clock (IOCTRL bit 0)`);
					}
					core.resetControl = value & IN_RESET;
					this.#coreChanged(core);
					return;
			}
		}
		switch (address) {
			case SOCSRAM_BANK_INDEX:
				this.#bankIndex = value;
				return;
			case SOCSRAM_BANK_PDA:
				this.#stored.set(address, value);
				if (this.#bankIndex === REMAPPED_BANK && value === 0) {
					this.#remapOff = true;
				}
				return;
			case SDIO_INT_STATUS:
				this.#stored.set(address, (this.#stored.get(address) ?? 0) & ~value);
				return;
			case SDIO_INT_HOST_MASK: case SDIO_FUNCTION_INT_MASK:
			case SDIO_MAILBOXES: case SDIO_MAILBOXES + 4: case SDIO_MAILBOXES + 8: case SDIO_MAILBOXES + 12:
				this.#stored.set(address, value);
				return;
		}
		this.#unmodelled(address, "write");
	}

	#unmodelled(address: number, what: string): void {
		const core = (address >= CHIP_COMMON && address < CHIP_COMMON + 0x10000) || (address >= CHIP_COMMON + WRAPPER && address < CHIP_COMMON + WRAPPER + 0x10000);
		// A write to nothing is lost; what is read of it is nothing to go by.
		this.#power.log.violation(core ? "info" : what === "write" ? "warning" : "error", core ? "radio-unmodelled-core" : "radio-unmapped",
			`${what} of backplane address 0x${address.toString(16)}${core ? ", which is not modelled" : ": nothing is there"}`);
	}

	#coreChanged(core: Core): void {
		if (core === this.#arm && !this.#released && !(core.resetControl & IN_RESET)
			&& (core.ioControl & 0x03) === IO_CLOCK_ENABLE && !(core.ioControl & IO_CPU_HALT)) {
			this.#release();
		}
	}

	// ---- RAM and the firmware's start ---------------------------------------------------------------------------------

	#writeRam(base: number, bytes: Uint8Array): void {
		if (!(this.#arm.resetControl & IN_RESET) && !(this.#arm.ioControl & IO_CPU_HALT)) {
			this.#power.log.violation("error", "radio-ram-while-running", `RAM written at 0x${base.toString(16)} while the ARM core runs`);
		}
		if (this.#socsram.resetControl & IN_RESET) {
			this.#power.log.violation("error", "radio-ram-in-reset", `RAM written at 0x${base.toString(16)} while the SOCSRAM core is in reset`);
		}
		this.#ram.set(bytes, base);
		this.#writtenBytes += bytes.length;
	}

	#release(): void {
		const { log } = this.#power;
		this.#released = true;
		if (!this.#alp) {
			log.violation("error", "radio-release-without-clock", "the ARM core was released before ALP_AVAIL");
		}
		if (!this.#remapOff) {
			log.violation("error", "radio-bank-remap", "the ARM core was released with the remap of RAM bank 3 still on");
		}
		if (this.#writtenBytes < SMALLEST_FIRMWARE_BYTES) {
			log.violation("warning", "radio-firmware-short", `only ${this.#writtenBytes} bytes were downloaded`);
		}
		const resetVector = new DataView(this.#ram.buffer).getUint32(RESET_VECTOR, true);
		if (!(resetVector & THUMB) || resetVector >= this.#writtenBytes) {
			log.violation("warning", "radio-firmware-vectors", `the firmware's reset vector (its second word) is 0x${resetVector.toString(16)}, no address of Thumb code in it`);
		}
		const nvram = this.#nvram();
		if (nvram === undefined) {
			// Firmware without its board data never comes up.
			return;
		}
		this.#power.after(HT_DELAY_MICROS + this.#extraBootMicros, () => {
			this.#alp = this.#ht = true;
			this.#power.after(FUNCTION2_DELAY_MICROS, () => {
				writeFirmwareConsole(this.#ram, BOOT_TEXT);
				this.#owner.firmwareReady(nvram);
			});
		});
	}

	/** Checks the footer in the last word of RAM and the text before it. */
	#nvram(): string | undefined {
		const { log } = this.#power;
		const footer = new DataView(this.#ram.buffer).getUint32(RAM_BYTES - 4, true);
		const words = footer & 0xffff;
		if ((footer >>> 16) !== (~words & 0xffff)) {
			log.violation("error", "radio-nvram-footer", `the footer 0x${footer.toString(16)} in the last word of RAM is not length and complement`);
			return undefined;
		}
		const length = words * 4;
		if (length === 0 || length > 0x1000) {
			log.violation("error", "radio-nvram-length", `the footer tells ${length} bytes of NVRAM`);
			return undefined;
		}
		const text = Buffer.from(this.#ram.subarray(RAM_BYTES - 4 - length, RAM_BYTES - 4)).toString("latin1");
		const end = text.indexOf("\0\0");
		if (end < 0 || length - end > 8 || !/^[\x20-\x7e]+=/.test(text)) {
			log.violation("error", "radio-nvram-text", `no NUL-separated key=value text ends right before the footer (${length} bytes)`);
			return undefined;
		}
		return text.slice(0, end).replaceAll("\0", "\n");
	}
}
