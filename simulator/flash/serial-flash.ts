/**
 * The 2 MB serial flash of the Pico W (W25Q16JV) behind the SSI: commands, status, erase and program with their times.
 * Its memory is the array the processor reads through XIP.
 *
 * Winbond W25Q16JV data sheet: section 8 (commands), 9.6 (typical times).
 */

/** What flash operations have changed since power-on. */
export interface FlashCounts {
	erases: number;
	programs: number;
	/** Bytes programmed. */
	bytes: number;
}

export const SECTOR_BYTES = 4096;
export const PAGE_BYTES = 256;

/** Typical times, W25Q16JV 9.6. */
export const SECTOR_ERASE_MICROS = 45_000;
export const BLOCK_32K_ERASE_MICROS = 120_000;
export const BLOCK_64K_ERASE_MICROS = 150_000;
export const CHIP_ERASE_MICROS = 5_000_000;
export const PAGE_PROGRAM_MICROS = 400;
const STATUS_WRITE_MICROS = 10_000;

const STATUS_BUSY = 1;
const STATUS_WRITE_ENABLED = 2;

export class SerialFlash {
	readonly #memory: Uint8Array;
	readonly #micros: () => number;
	readonly #violation: (code: string, text: string) => void;
	readonly sizeBytes: number;
	/** Eight bytes, as command 4B answers. */
	readonly uniqueId: Uint8Array;
	readonly counts: FlashCounts = { erases: 0, programs: 0, bytes: 0 };

	/** Told of what was erased or programmed. */
	onChange: ((offset: number, lengthBytes: number) => void) | undefined;
	#busyUntilMicros = 0;
	#writeEnabled = false;
	#status1 = 0;
	/** QE (bit 1) is set on a Pico: boot2 found it so or set it. */
	#status2 = 0;
	#selected = false;
	#command: number[] = [];

	/**
	 * @param memory at least `sizeBytes` long; @param micros the virtual time.
	 * @param violation told when software does what the data sheet forbids.
	 */
	constructor(
		memory: Uint8Array,
		sizeBytes: number,
		uniqueId: Uint8Array,
		micros: () => number,
		violation: (code: string, text: string) => void,
	) {
		this.#memory = memory;
		this.sizeBytes = sizeBytes;
		this.uniqueId = uniqueId;
		this.#micros = micros;
		this.#violation = violation;
	}

	get busy(): boolean {
		return this.#micros() < this.#busyUntilMicros;
	}

	/** Chip select goes low. */
	select(): void {
		if (!this.#selected) {
			this.#selected = true;
			this.#command = [];
		}
	}

	/** Chip select goes high: erase and program start now. */
	deselect(): void {
		if (!this.#selected) {
			return;
		}
		this.#selected = false;
		this.#execute();
		this.#command = [];
	}

	/** One byte each way; 0xff when the flash does not drive its output. */
	exchange(byte: number): number {
		if (!this.#selected) {
			return 0xff;
		}
		const bytes = this.#command;
		bytes.push(byte & 0xff);
		const count = bytes.length;
		const command = bytes[0];
		if (count === 1) {
			return 0xff;
		}
		switch (command) {
			case 0x05: return this.#statusByte();
			case 0x35: return this.#status2;
			case 0x15: return 0;
		}
		if (this.busy) {
			return 0xff;
		}
		switch (command) {
			case 0x9f: return [0xef, 0x40, 0x15][(count - 2) % 3];
			case 0x4b: return count > 5 ? this.uniqueId[(count - 6) % 8] : 0xff;
			case 0xab: return count > 4 ? 0x14 : 0xff;
			case 0x90: return count > 4 ? [0xef, 0x14][(count - 5) % 2] : 0xff;
			case 0x03: return count > 4 ? this.#memory[(this.#address + count - 5) % this.sizeBytes] : 0xff;
			case 0x0b: return count > 5 ? this.#memory[(this.#address + count - 6) % this.sizeBytes] : 0xff;
			case 0x5a: return 0xff;
			default: return 0xff;
		}
	}

	#statusByte(): number {
		return this.#status1 | (this.busy ? STATUS_BUSY : 0) | (this.#writeEnabled ? STATUS_WRITE_ENABLED : 0);
	}

	get #address(): number {
		return ((this.#command[1] << 16) | (this.#command[2] << 8) | this.#command[3]) % this.sizeBytes;
	}

	#execute(): void {
		const bytes = this.#command;
		const command = bytes[0];
		if (command === undefined) {
			return;
		}
		if (this.busy) {
			if (command !== 0x05 && command !== 0x35 && command !== 0x15) {
				this.#violation("flash-busy", `flash command 0x${command.toString(16)} while an erase or program is under way`);
			}
			return;
		}
		switch (command) {
			case 0x06: this.#writeEnabled = true; return;
			case 0x04: this.#writeEnabled = false; return;
			case 0x01: case 0x31:
				if (this.#enabled(command)) {
					if (command === 0x01) {
						this.#status1 = bytes[1] & 0xfc;
						this.#status2 = bytes[2] ?? 0;
					} else {
						this.#status2 = bytes[1] ?? 0;
					}
					this.#busyUntilMicros = this.#micros() + STATUS_WRITE_MICROS;
				}
				return;
			case 0x20: this.#erase(command, SECTOR_BYTES, SECTOR_ERASE_MICROS); return;
			case 0x52: this.#erase(command, 0x8000, BLOCK_32K_ERASE_MICROS); return;
			case 0xd8: this.#erase(command, 0x10000, BLOCK_64K_ERASE_MICROS); return;
			case 0xc7: case 0x60: this.#erase(command, this.sizeBytes, CHIP_ERASE_MICROS); return;
			case 0x02: {
				if (bytes.length > 4 && this.#enabled(command)) {
					this.program(this.#address, Uint8Array.from(bytes.slice(4)));
					this.#busyUntilMicros = this.#micros() + PAGE_PROGRAM_MICROS;
				}
			}
		}
	}

	#enabled(command: number): boolean {
		if (!this.#writeEnabled) {
			this.#violation("flash-write-disabled", `flash command 0x${command.toString(16)} without write enable (06)`);
			return false;
		}
		this.#writeEnabled = false;
		return true;
	}

	#erase(command: number, lengthBytes: number, micros: number): void {
		const needsAddress = lengthBytes !== this.sizeBytes;
		if ((needsAddress && this.#command.length < 4) || !this.#enabled(command)) {
			return;
		}
		const start = needsAddress ? this.#address - (this.#address % lengthBytes) : 0;
		this.erase(start, lengthBytes);
		this.#busyUntilMicros = this.#micros() + micros;
	}

	/** Sets `lengthBytes` from `offset` to 0xff, at once; the caller owes the time. */
	erase(offset: number, lengthBytes: number): void {
		this.counts.erases++;
		this.#memory.fill(0xff, offset, Math.min(offset + lengthBytes, this.sizeBytes));
		this.onChange?.(offset, lengthBytes);
	}

	/** Clears bits, within one page (it wraps there, as the chip does), at once; the caller owes the time. A byte of ones leaves what is there. */
	program(offset: number, data: Uint8Array): void {
		this.counts.programs++;
		this.counts.bytes += data.length;
		const page = offset - (offset % PAGE_BYTES);
		for (let index = 0; index < data.length; index++) {
			const at = page + ((offset - page + index) % PAGE_BYTES);
			if (data[index] !== 0xff && data[index] & ~this.#memory[at]) {
				this.#violation("flash-program-unerased", `program at flash offset 0x${at.toString(16)} would set bits that are not erased`);
			}
			this.#memory[at] &= data[index];
		}
		this.onChange?.(page, PAGE_BYTES);
	}
}
