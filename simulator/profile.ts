/** Where the processor spent its time: samples of the program counter, put together by the functions of an ELF file. */

import { ROM_BYTES } from "./core/processor.ts";

export interface ProfileRow {
	/** Symbol, or `0x…` of the 256 bytes around when no function is there. */
	name: string;
	samples: number;
	/** Of all samples, 0 to 1. */
	share: number;
}

interface FunctionSymbol {
	start: number;
	end: number;
	name: string;
}

const SECTION_SYMBOLS = 2;
const TYPE_FUNCTION = 2;

/** @returns rows, the hottest first. */
export function profileByFunction(samples: ReadonlyMap<number, number>, elf: Uint8Array): ProfileRow[] {
	const functions = functionSymbols(elf);
	const sums = new Map<string, number>();
	let all = 0;
	for (const [address, count] of samples) {
		const name = find(functions, address)?.name ?? (address < ROM_BYTES ? "boot ROM" : `0x${(address & ~0xff).toString(16)}`);
		sums.set(name, (sums.get(name) ?? 0) + count);
		all += count;
	}
	return [...sums].sort((a, b) => b[1] - a[1]).map(([name, count]) => ({ name, samples: count, share: count / all }));
}

/** The function symbols of a 32-bit little-endian ELF (System V ABI, chapter 4), by address. */
function functionSymbols(elf: Uint8Array): FunctionSymbol[] {
	const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
	if (elf.length < 52 || view.getUint32(0, false) !== 0x7f454c46 || elf[4] !== 1 || elf[5] !== 1) {
		throw new Error("profile: not a 32-bit little-endian ELF file");
	}
	const sections = view.getUint32(32, true);
	const sectionBytes = view.getUint16(46, true);
	const symbols: FunctionSymbol[] = [];
	for (let index = 0; index < view.getUint16(48, true); index++) {
		const header = sections + index * sectionBytes;
		if (view.getUint32(header + 4, true) !== SECTION_SYMBOLS) {
			continue;
		}
		const strings = view.getUint32(sections + view.getUint32(header + 24, true) * sectionBytes + 16, true);
		const start = view.getUint32(header + 16, true);
		const end = start + view.getUint32(header + 20, true);
		for (let at = start; at < end; at += 16) {
			const value = view.getUint32(at + 4, true) & ~1;
			const size = view.getUint32(at + 8, true);
			if ((view.getUint8(at + 12) & 15) === TYPE_FUNCTION && value) {
				const nameAt = strings + view.getUint32(at, true);
				const name = Buffer.from(elf.subarray(nameAt, elf.indexOf(0, nameAt))).toString();
				symbols.push({ start: value, end: value + size, name });
			}
		}
	}
	symbols.sort((a, b) => a.start - b.start);
	// Functions written in assembler often have no size: they reach to the next one.
	symbols.forEach((symbol, index) => {
		if (symbol.end === symbol.start) {
			symbol.end = symbols.slice(index).find((other) => other.start > symbol.start)?.start ?? symbol.start + 2;
		}
	});
	return symbols;
}

function find(functions: FunctionSymbol[], address: number): FunctionSymbol | undefined {
	let low = 0;
	let high = functions.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (functions[middle].start <= address) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	const candidate = functions[low - 1];
	return candidate && address < candidate.end ? candidate : undefined;
}
