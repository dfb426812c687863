/**
 * What flash costs: the XIP cache as both processors and DMA see it, for figures "with the XIP model" (RP2040 datasheet
 * 2.6.3). 16 KB, two ways, lines of eight bytes; of a set, the way that was not used last is replaced. It holds the lines' names
 * and not their bytes: a line that software forgot to flush behind an erase or program is told of, and reads as flash is now.
 */

const SETS = 1024;
const LINE_BYTES = 8;
/** Zeroing the tags takes "just over 1024 clock cycles", and who wants flash in the meantime waits (2.6.3.2). */
export const FLUSH_CYCLES = 1024;
/**
 * A line over four wires in continuous read mode: 8 clocks of address and mode, 4 of waiting, 16 of data, each two
 * cycles at the SDK's divider for the W25Q080, and 4 for the way through the SSI.
 */
export const MISS_CYCLES = 2 * (8 + 4 + 16) + 4;
/** The same for the one word that goes past the cache. */
export const WORD_CYCLES = 2 * (8 + 4 + 8) + 4;

/** The aliases of flash by their address bits (2.6.3.1): 0x11 and 0x13 do not allocate, 0x12 and 0x13 are not looked up. */
const NOT_ALLOCATING = 0x01000000;
const NOT_CACHEABLE = 0x02000000;

export class XipCache {
	/** Line numbers, both ways of each set; -1 is empty. */
	readonly #lines = new Int32Array(2 * SETS).fill(-1);
	/** The way used last. */
	readonly #recent = new Uint8Array(SETS);
	/** Lines, where they are held, whose flash was erased or programmed since. */
	readonly #stale = new Uint8Array(2 * SETS);
	#flushedAt = 0;
	/** CTRL.EN; without it, every access goes to flash. */
	enabled = true;
	/** What XIP_CTRL's CTR_ACC and CTR_HIT count: accesses by any alias, and those that the cache answered. */
	accesses = 0;
	hits = 0;
	/** A line was read that does not hold what is in flash any more. */
	onStale: ((offset: number) => void) | undefined;

	/** The XIP block comes out of reset; the boot ROM gives it the time that the flush takes. */
	reset(): void {
		this.flush(-FLUSH_CYCLES);
		this.enabled = true;
		this.accesses = this.hits = 0;
	}

	/** Empties the cache, from `cycle` on. */
	flush(cycle: number): void {
		this.#lines.fill(-1);
		this.#stale.fill(0);
		this.#flushedAt = cycle + FLUSH_CYCLES;
	}

	/** Cycles from `cycle` to the end of the flush. */
	flushRest(cycle: number): number {
		return Math.max(0, this.#flushedAt - cycle);
	}

	/** Forgets the line that holds this offset, as a store to the flash's address does. */
	invalidate(offset: number): void {
		const held = this.#find(offset >>> 3);
		if (held >= 0) {
			this.#lines[held] = -1;
		}
	}

	/** Flash was erased or programmed there: what the cache holds of it is no longer so. */
	flashChanged(offset: number, lengthBytes: number): void {
		for (let line = offset >>> 3; line * LINE_BYTES < offset + lengthBytes; line++) {
			const held = this.#find(line);
			if (held >= 0) {
				this.#stale[held] = 1;
			}
		}
	}

	/** @returns where the line is held, or -1. */
	#find(line: number): number {
		const first = 2 * (line & (SETS - 1));
		return this.#lines[first] === line ? first : this.#lines[first + 1] === line ? first + 1 : -1;
	}

	/** A load or fetch. @param address 0x10000000 to 0x13ffffff, whose alias counts; @returns cycles to wait, from `cycle` on. */
	access(address: number, cycle: number): number {
		const offset = address & 0xffffff;
		const line = offset >>> 3;
		const set = line & (SETS - 1);
		const wait = cycle < this.#flushedAt ? this.#flushedAt - cycle : 0;
		this.accesses++;
		if (!this.enabled) {
			return wait + WORD_CYCLES;
		}
		const held = this.#find(line);
		if (held >= 0 && !(address & NOT_CACHEABLE)) {
			this.#recent[set] = held & 1;
			this.hits++;
			if (this.#stale[held]) {
				this.onStale?.(offset);
			}
			return wait;
		}
		if (address & NOT_ALLOCATING) {
			return wait + WORD_CYCLES;
		}
		const way = held >= 0 ? held & 1 : this.#recent[set] ^ 1;
		this.#lines[2 * set + way] = line;
		this.#stale[2 * set + way] = 0;
		this.#recent[set] = way;
		return wait + MISS_CYCLES;
	}
}
