// Reads the firmware's 32-bit little-endian ELF (System V ABI, "Object Files"): what is loaded where, and the symbols.

export interface Segment {
	/** Where the bytes lie in flash (the load address). */
	readonly loadAddress: number;
	/** Where they are used: the same for code in flash, an address in RAM for initialised data. */
	readonly address: number;
	readonly bytes: Uint8Array;
}

export interface Section {
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
	readonly name: string;
	readonly address: number;
	readonly sizeBytes: number;
	readonly isFunction: boolean;
}

export interface Elf {
	readonly entry: number;
	readonly segments: readonly Segment[];
	readonly sections: readonly Section[];
	/** Global and local symbols that have a name; of two with one name the global one. */
	readonly symbols: ReadonlyMap<string, ElfSymbol>;
	/** 40 hexadecimal digits of the note .note.gnu.build-id. */
	readonly buildId: string;
}

const SHT_SYMTAB = 2;
const SHT_NOBITS = 8;
const SHF_ALLOC = 2;
const PT_LOAD = 1;
const STT_FUNC = 2;
const STB_GLOBAL = 1;

/** @throws Error when `file` is not a whole 32-bit little-endian ELF, or has no build id */
export function readElf(file: Uint8Array): Elf {
	const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
	// 7f 45 4c 46, class 1 (32 bits), data 1 (little endian)
	if (file.length < 52 || view.getUint32(0) !== 0x7f454c46 || view.getUint16(4) !== 0x0101) {
		throw new Error("elf: not a 32-bit little-endian ELF file");
	}
	const sections = readSections(file, view);
	return {
		entry: view.getUint32(24, true),
		segments: readSegments(file, view),
		sections,
		symbols: readSymbols(file, view),
		buildId: readBuildId(sections),
	};
}

function readSegments(file: Uint8Array, view: DataView): Segment[] {
	const start = view.getUint32(28, true);
	const size = view.getUint16(42, true);
	const segments: Segment[] = [];
	for (let index = 0; index < view.getUint16(44, true); index++) {
		const header = start + index * size;
		const fileBytes = view.getUint32(header + 16, true);
		if (view.getUint32(header, true) === PT_LOAD && fileBytes > 0) {
			segments.push({
				loadAddress: view.getUint32(header + 12, true),
				address: view.getUint32(header + 8, true),
				bytes: part(file, view.getUint32(header + 4, true), fileBytes),
			});
		}
	}
	return segments;
}

function readSections(file: Uint8Array, view: DataView): Section[] {
	const names = sectionHeader(view, view.getUint16(50, true));
	const sections: Section[] = [];
	for (let index = 1; index < view.getUint16(48, true); index++) {
		const header = sectionHeader(view, index);
		const hasBytes = header.type !== SHT_NOBITS;
		sections.push({
			name: text(file, names.offset + header.name),
			address: header.address,
			sizeBytes: header.size,
			allocated: (header.flags & SHF_ALLOC) !== 0,
			hasBytes,
			bytes: hasBytes ? part(file, header.offset, header.size) : new Uint8Array(0),
		});
	}
	return sections;
}

function readSymbols(file: Uint8Array, view: DataView): Map<string, ElfSymbol> {
	const symbols = new Map<string, ElfSymbol>();
	for (let index = 1; index < view.getUint16(48, true); index++) {
		const table = sectionHeader(view, index);
		if (table.type !== SHT_SYMTAB) {
			continue;
		}
		const strings = sectionHeader(view, table.link);
		for (let offset = table.offset; offset < table.offset + table.size; offset += 16) {
			const name = text(file, strings.offset + view.getUint32(offset, true));
			const information = view.getUint8(offset + 12);
			if (name !== "" && (information >> 4 === STB_GLOBAL || !symbols.has(name))) {
				symbols.set(name, {
					name,
					address: view.getUint32(offset + 4, true),
					sizeBytes: view.getUint32(offset + 8, true),
					isFunction: (information & 15) === STT_FUNC,
				});
			}
		}
	}
	return symbols;
}

function sectionHeader(view: DataView, index: number) {
	const header = view.getUint32(32, true) + index * view.getUint16(46, true);
	return {
		name: view.getUint32(header, true),
		type: view.getUint32(header + 4, true),
		flags: view.getUint32(header + 8, true),
		address: view.getUint32(header + 12, true),
		offset: view.getUint32(header + 16, true),
		size: view.getUint32(header + 20, true),
		link: view.getUint32(header + 24, true),
	};
}

/** The note: lengths of name and description, type 3 (NT_GNU_BUILD_ID), "GNU\0", the SHA-1. */
function readBuildId(sections: readonly Section[]): string {
	for (const { name, bytes } of sections) {
		if (name === ".build_id" || name === ".note.gnu.build-id") {
			return Buffer.from(bytes.subarray(16, 36)).toString("hex");
		}
	}
	throw new Error("elf: there is no build id in it; link it with --build-id=sha1");
}

function part(file: Uint8Array, offset: number, length: number): Uint8Array {
	if (offset + length > file.length) {
		throw new Error("elf: the file is cut short");
	}
	return file.subarray(offset, offset + length);
}

function text(file: Uint8Array, offset: number): string {
	const end = file.indexOf(0, offset);
	return Buffer.from(file.buffer, file.byteOffset + offset, end - offset).toString("latin1");
}
