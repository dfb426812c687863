/**
 * A program as compilers and build tools hand it out: .uf2 for the boot loader's drive, .elf for a debugger, .bin as it
 * lies in flash. The first two are told by their first bytes.
 */
import { elfSegments, isElf } from "./elf.ts";
import { parseUf2 } from "./uf2.ts";

export interface ProgramFile {
	/** Payloads with their addresses in flash or SRAM. */
	blocks: { address: number; data: Uint8Array }[];
	/** Where to begin, with Thumb bit, of a program that lies in SRAM alone; others boot from flash. */
	entry?: number;
}

const FLASH_START = 0x10000000;
const FLASH_END = 0x11000000;
const SRAM_START = 0x20000000;
const SRAM_END = 0x20042000;
const UF2_MAGIC = 0x0a324655;
/** What the flash chip of a Pico W holds. */
const BIN_LIMIT = 2 * 1024 * 1024;

/**
 * @param name of the file: `.bin` says that it has no form of its own.
 * @throws Error that says what was found, and what was expected.
 */
export function parseProgram(file: Uint8Array, name: string): ProgramFile {
	if (isElf(file)) {
		return fromElf(file);
	}
	const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
	if (/\.uf2$/i.test(name) || (file.length >= 4 && view.getUint32(0, true) === UF2_MAGIC)) {
		return parseUf2(file);
	}
	if (/\.bin$/i.test(name)) {
		if (file.length < 256 || file.length > BIN_LIMIT) {
			throw new Error(`BIN: ${file.length} bytes, expected an image of the flash from its start, 256 to ${BIN_LIMIT} bytes`);
		}
		return { blocks: [{ address: FLASH_START, data: file }] };
	}
	throw new Error(`${name}: no program: expected a .uf2, an ELF file, or an image of the flash whose name ends with .bin`);
}

function fromElf(file: Uint8Array): ProgramFile {
	const { entry, segments } = elfSegments(file);
	const blocks = segments.map(({ loadAddress, data }) => ({ address: loadAddress, data }));
	const inside = (address: number, start: number, end: number, length: number): boolean => address >= start && address + length <= end;
	for (const { address, data } of blocks) {
		if (!inside(address, FLASH_START, FLASH_END, data.length) && !inside(address, SRAM_START, SRAM_END, data.length)) {
			throw new Error(`ELF: ${data.length} bytes for 0x${address.toString(16)}, which is neither flash nor SRAM of an RP2040`);
		}
	}
	return blocks.every(({ address }) => address >= SRAM_START) ? { blocks, entry } : { blocks };
}
