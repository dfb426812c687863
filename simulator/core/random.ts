/** Seeded numbers: each user draws from a stream of its own, named, so that one more user changes nobody else's. */
import type { Random } from "../wires.ts";

/** SplitMix32 (Steele, Lea, Flood 2014, 32-bit form): one word of state, every seed is as good as another. */
export class SeededRandom implements Random {
	#state: number;

	/**
	 * @param seed the run's seed.
	 * @param stream the name of the user.
	 */
	constructor(seed: number, stream: string) {
		// FNV-1a over the name, so that streams start far apart.
		let hash = 0x811c9dc5;
		for (let index = 0; index < stream.length; index++) {
			hash = Math.imul(hash ^ stream.charCodeAt(index), 0x01000193);
		}
		this.#state = (seed ^ hash) >>> 0;
		this.next32();
	}

	next32(): number {
		this.#state = (this.#state + 0x9e3779b9) >>> 0;
		let value = this.#state;
		value = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
		value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
		return (value ^ (value >>> 15)) >>> 0;
	}
}
