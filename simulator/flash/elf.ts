/** The parts of a 32-bit little-endian ELF that a simulator needs (System V ABI, chapters 4 and 5). */

export interface ElfSegment {
	/** Where the bytes lie before the program runs: in flash, also of initialised data. */
	loadAddress: number;
	data: Uint8Array;
}

export interface ElfSymbol {
	start: number;
	end: number;
	name: string;
}

const MAGIC = 0x7f454c46;
const HEADER_BYTES = 52;
const PROGRAM_HEADER_BYTES = 32;
const TYPE_EXECUTABLE = 2;
const MACHINE_ARM = 40;
const SEGMENT_LOAD = 1;
const SECTION_SYMBOLS = 2;
const TYPE_OBJECT = 1;
const TYPE_FUNCTION = 2;

/** By its first bytes. */
export function isElf(file: Uint8Array): boolean {
	return file.length >= 4 && viewOf(file).getUint32(0, false) === MAGIC;
}

function viewOf(file: Uint8Array): DataView {
	return new DataView(file.buffer, file.byteOffset, file.byteLength);
}

/** @throws Error when it is not a whole 32-bit little-endian ELF. */
function header(file: Uint8Array): DataView {
	const view = viewOf(file);
	if (!isElf(file) || file.length < HEADER_BYTES || file[4] !== 1 || file[5] !== 1) {
		throw new Error("ELF: not a 32-bit little-endian ELF file");
	}
	return view;
}

/** What is to be loaded, and the entry. @throws Error that says what was found, and what was expected. */
export function elfSegments(file: Uint8Array): { entry: number; segments: ElfSegment[] } {
	const view = header(file);
	const [type, machine] = [view.getUint16(16, true), view.getUint16(18, true)];
	if (machine !== MACHINE_ARM) {
		throw new Error(`ELF: for machine ${machine}, expected ${MACHINE_ARM} (ARM)`);
	}
	if (type !== TYPE_EXECUTABLE) {
		throw new Error(`ELF: of type ${type}, expected ${TYPE_EXECUTABLE}: a linked program, not an object file or a library`);
	}
	const start = view.getUint32(28, true);
	const size = view.getUint16(42, true);
	const count = view.getUint16(44, true);
	if (count && (size < PROGRAM_HEADER_BYTES || start + size * count > file.length)) {
		throw new Error("ELF: cut short, its program headers are not in the file");
	}
	const segments: ElfSegment[] = [];
	for (let index = 0; index < count; index++) {
		const at = start + index * size;
		const [offset, loadAddress, length] = [4, 12, 16].map((field) => view.getUint32(at + field, true));
		if (view.getUint32(at, true) !== SEGMENT_LOAD || !length) {
			continue;
		}
		if (offset + length > file.length) {
			throw new Error(`ELF: cut short, ${length} bytes at ${offset} for 0x${loadAddress.toString(16)} are not in the file`);
		}
		segments.push({ loadAddress, data: file.subarray(offset, offset + length) });
	}
	if (!segments.length) {
		throw new Error("ELF: nothing in it is to be loaded");
	}
	return { entry: view.getUint32(24, true), segments };
}

/** The functions, by address. */
export function functionSymbols(file: Uint8Array): ElfSymbol[] {
	const symbols = symbolsOf(file, TYPE_FUNCTION).map((symbol) => ({ ...symbol, start: symbol.start & ~1, end: (symbol.start & ~1) + symbol.end - symbol.start }));
	// Functions written in assembler often have no size: they reach to the next one.
	symbols.forEach((symbol, index) => {
		if (symbol.end === symbol.start) {
			symbol.end = symbols.slice(index).find((other) => other.start > symbol.start)?.start ?? symbol.start + 2;
		}
	});
	return symbols;
}

/** The variables, by address. */
export function objectSymbols(file: Uint8Array): ElfSymbol[] {
	return symbolsOf(file, TYPE_OBJECT);
}

function symbolsOf(file: Uint8Array, type: number): ElfSymbol[] {
	const view = header(file);
	const sections = view.getUint32(32, true);
	const sectionBytes = view.getUint16(46, true);
	const symbols: ElfSymbol[] = [];
	for (let index = 0; index < view.getUint16(48, true); index++) {
		const at = sections + index * sectionBytes;
		if (view.getUint32(at + 4, true) !== SECTION_SYMBOLS) {
			continue;
		}
		const strings = view.getUint32(sections + view.getUint32(at + 24, true) * sectionBytes + 16, true);
		const start = view.getUint32(at + 16, true);
		const end = start + view.getUint32(at + 20, true);
		for (let symbol = start; symbol < end; symbol += 16) {
			const value = view.getUint32(symbol + 4, true);
			const size = view.getUint32(symbol + 8, true);
			if ((view.getUint8(symbol + 12) & 15) === type && value) {
				const nameAt = strings + view.getUint32(symbol, true);
				const name = Buffer.from(file.subarray(nameAt, file.indexOf(0, nameAt))).toString();
				symbols.push({ start: value, end: value + size, name });
			}
		}
	}
	return symbols.sort((a, b) => a.start - b.start);
}
