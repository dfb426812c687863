// Chance for tests that make up programs and operands: whole numbers, choices, and words at which processors go wrong.

import { SeededRandom } from "../../simulator/core/random.ts";

/** Values at which carries and signs change. */
const EDGES = [0, 1, 2, 31, 32, 33, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff];

export class Chance {
	readonly #random: SeededRandom;

	constructor(seed: number, name: string) {
		this.#random = new SeededRandom(seed, name);
	}

	below(end: number): number {
		return this.#random.next32() % end;
	}

	of<Item>(items: readonly Item[]): Item {
		return items[this.below(items.length)] as Item;
	}

	word(): number {
		return this.below(2) ? this.of(EDGES) : this.#random.next32();
	}
}
