/**
 * What flash costs: the XIP cache as the processor sees it, for figures "with the XIP model". 16 KB, two ways, lines of
 * eight bytes (RP2040 datasheet 2.6.3); the older way of a set is replaced.
 */

const SETS = 1024;
/**
 * A line over four wires in continuous read mode: 8 clocks of address and mode, 4 of waiting, 16 of data, each two
 * cycles at the SDK's divider for the W25Q080, and 4 for the way through the SSI.
 */
export const MISS_CYCLES = 2 * (8 + 4 + 16) + 4;

export class XipCache {
	/** Line numbers, both ways of each set; -1 is empty. */
	readonly #lines = new Int32Array(2 * SETS).fill(-1);
	/** The way used last. */
	readonly #recent = new Uint8Array(SETS);
	accesses = 0;
	hits = 0;

	flush(): void {
		this.#lines.fill(-1);
	}

	/** Forgets the line that holds this offset, as a store to the flash's address does. */
	invalidate(offset: number): void {
		const line = offset >>> 3;
		const set = line & (SETS - 1);
		for (const way of [2 * set, 2 * set + 1]) {
			if (this.#lines[way] === line) {
				this.#lines[way] = -1;
			}
		}
	}

	/** @param offset into flash. @returns cycles to wait. */
	access(offset: number): number {
		const line = offset >>> 3;
		const set = line & (SETS - 1);
		this.accesses++;
		if (this.#lines[2 * set] === line) {
			this.#recent[set] = 0;
			this.hits++;
			return 0;
		}
		if (this.#lines[2 * set + 1] === line) {
			this.#recent[set] = 1;
			this.hits++;
			return 0;
		}
		const way = this.#recent[set] ^ 1;
		this.#lines[2 * set + way] = line;
		this.#recent[set] = way;
		return MISS_CYCLES;
	}
}
