// What the build wants of the firmware's ELF: what is loaded where, its symbols by name, its build id.

import { type ElfSection, elfSections, type ElfSegment, elfSegments, elfSymbols, TYPE_FUNCTION } from "../../simulator/flash/elf.ts";

export interface ElfSymbol {
	readonly name: string;
	readonly address: number;
	readonly sizeBytes: number;
	readonly isFunction: boolean;
}

export interface Elf {
	readonly segments: readonly ElfSegment[];
	readonly sections: readonly ElfSection[];
	/** Global and local symbols that have a name; of two with one name the global one. */
	readonly symbols: ReadonlyMap<string, ElfSymbol>;
	/** 40 hexadecimal digits of the note .note.gnu.build-id. */
	readonly buildId: string;
}

/** @throws Error when `file` is not a whole 32-bit little-endian ELF, or has no build id */
export function readElf(file: Uint8Array): Elf {
	const sections = elfSections(file);
	return { segments: elfSegments(file).segments, sections, symbols: symbolsByName(file), buildId: readBuildId(sections) };
}

function symbolsByName(file: Uint8Array): Map<string, ElfSymbol> {
	const symbols = new Map<string, ElfSymbol>();
	for (const { name, address, sizeBytes, type, isGlobal } of elfSymbols(file)) {
		if (name !== "" && (isGlobal || !symbols.has(name))) symbols.set(name, { name, address, sizeBytes, isFunction: type === TYPE_FUNCTION });
	}
	return symbols;
}

/** The note: lengths of name and description, type 3 (NT_GNU_BUILD_ID), "GNU\0", the SHA-1. */
function readBuildId(sections: readonly ElfSection[]): string {
	for (const { name, bytes } of sections) {
		if (name === ".build_id" || name === ".note.gnu.build-id") {
			return Buffer.from(bytes.subarray(16, 36)).toString("hex");
		}
	}
	throw new Error("elf: there is no build id in it; link it with --build-id=sha1");
}
