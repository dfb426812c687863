/** The one reader of 32-bit little-endian ELF files (System V ABI, chapters 4 and 5); also for tools that look into a program. */

export interface ElfSegment {
	/** Where the bytes lie before the program runs: in flash, also of initialised data. */
	loadAddress: number;
	data: Uint8Array;
}

export interface ElfSection {
	readonly name: string;
	readonly address: number;
	readonly sizeBytes: number;
	/** True when it takes memory of the target. */
	readonly allocated: boolean;
	/** False for sections that are only zeros: .bss. */
	readonly hasBytes: boolean;
	readonly bytes: Uint8Array;
}

export interface ElfSymbol {
	start: number;
	end: number;
	name: string;
}

/** A symbol as it stands in the file. */
export interface ElfSymbolEntry {
	readonly name: string;
	readonly address: number;
	readonly sizeBytes: number;
	readonly type: number;
	readonly isGlobal: boolean;
}

const MAGIC = 0x7f454c46;
const HEADER_BYTES = 52;
const PROGRAM_HEADER_BYTES = 32;
const SECTION_HEADER_BYTES = 40;
const TYPE_EXECUTABLE = 2;
const MACHINE_ARM = 40;
const SEGMENT_LOAD = 1;
const SECTION_SYMBOLS = 2;
const SECTION_NO_BITS = 8;
const SECTION_ALLOCATED = 2;
const SYMBOL_BYTES = 16;
const BINDING_GLOBAL = 1;
const TYPE_OBJECT = 1;
export const TYPE_FUNCTION = 2;

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

function symbolsOf(file: Uint8Array, wanted: number): ElfSymbol[] {
	return elfSymbols(file).filter(({ type, address }) => type === wanted && address)
		.map(({ name, address, sizeBytes }) => ({ start: address, end: address + sizeBytes, name })).sort((a, b) => a.start - b.start);
}

/** All sections but the first, which is none. @throws Error when it is not a whole 32-bit little-endian ELF. */
export function elfSections(file: Uint8Array): ElfSection[] {
	const headers = sectionHeaders(file);
	const names = headers[viewOf(file).getUint16(50, true)];
	return headers.slice(1).map(({ nameOffset, type, flags, address, offset, sizeBytes }) => {
		const hasBytes = type !== SECTION_NO_BITS;
		return {
			name: names ? text(file, names.offset + nameOffset) : "", address, sizeBytes, hasBytes,
			allocated: (flags & SECTION_ALLOCATED) !== 0,
			bytes: hasBytes ? part(file, offset, sizeBytes) : new Uint8Array(0),
		};
	});
}

/** All symbols, in the order of the file. @throws Error when it is not a whole 32-bit little-endian ELF. */
export function elfSymbols(file: Uint8Array): ElfSymbolEntry[] {
	const headers = sectionHeaders(file);
	return headers.filter(({ type }) => type === SECTION_SYMBOLS).flatMap(({ offset, sizeBytes, link }) => {
		const table = viewOf(part(file, offset, sizeBytes));
		const strings = headers[link];
		return Array.from({ length: Math.floor(sizeBytes / SYMBOL_BYTES) }, (_, index) => {
			const at = index * SYMBOL_BYTES;
			const information = table.getUint8(at + 12);
			return {
				name: strings ? text(file, strings.offset + table.getUint32(at, true)) : "",
				address: table.getUint32(at + 4, true),
				sizeBytes: table.getUint32(at + 8, true),
				type: information & 15,
				isGlobal: information >> 4 === BINDING_GLOBAL,
			};
		});
	});
}

function sectionHeaders(file: Uint8Array) {
	const view = header(file);
	const [start, size] = [view.getUint32(32, true), view.getUint16(46, true)];
	return Array.from({ length: view.getUint16(48, true) }, (_, index) => {
		const entry = viewOf(part(file, start + index * size, SECTION_HEADER_BYTES));
		const [nameOffset, type, flags, address, offset, sizeBytes, link] = [0, 4, 8, 12, 16, 20, 24].map(field => entry.getUint32(field, true)) as [number, number, number, number, number, number, number];
		return { nameOffset, type, flags, address, offset, sizeBytes, link };
	});
}

function part(file: Uint8Array, offset: number, length: number): Uint8Array {
	if (offset + length > file.length) {
		throw new Error(`ELF: cut short, ${length} bytes at ${offset} are not in the file`);
	}
	return file.subarray(offset, offset + length);
}

/** Up to the zero behind it. */
function text(file: Uint8Array, offset: number): string {
	const end = file.indexOf(0, offset);
	return end < 0 ? "" : Buffer.from(file.buffer, file.byteOffset + offset, end - offset).toString();
}
