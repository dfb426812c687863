/** Where the processor spent its time: samples of the program counter, put together by the functions of an ELF file. */

import { ROM_BYTES } from "./core/processor.ts";
import { type ElfSymbol, functionSymbols } from "./flash/elf.ts";

export interface ProfileRow {
	/** Symbol, or `0x…` of the 256 bytes around when no function is there. */
	name: string;
	samples: number;
	/** Of all samples, 0 to 1. */
	share: number;
}

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

function find(functions: ElfSymbol[], address: number): ElfSymbol | undefined {
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
