// Seeded chance for soaks and tests: mulberry32, so that a seed that was printed gives the same run again.

/** Words at which carries and signs change. */
const edges = [0, 1, 2, 31, 32, 33, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff];

export class Chance {
	#state: number;

	constructor(seed: number) {
		this.#state = seed >>> 0;
	}

	/** From 0 up to, but without, `limit`. */
	below(limit: number): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
	}

	/** True once in `times`, on average. */
	once(times: number): boolean {
		return this.below(times) === 0;
	}

	pick<Value>(values: readonly Value[]): Value {
		return values[this.below(values.length)]!;
	}

	/** 32 bits: every other time at an edge, where processors go wrong. */
	word(): number {
		return this.below(2) ? this.pick(edges) : this.below(2 ** 32);
	}

	/** Printable text. */
	text(length: number): string {
		let text = "";
		while (text.length < length) text += String.fromCharCode(0x21 + this.below(0x5e));
		return text;
	}

	/** The text in pieces of chance lengths, none empty. */
	split(text: string, mostPieces: number): string[] {
		const cuts = new Set<number>();
		for (let pieces = 1 + this.below(mostPieces); pieces > 1; pieces--) cuts.add(1 + this.below(Math.max(1, text.length - 1)));
		const at = [0, ...[...cuts].sort((one, other) => one - other), text.length];
		return at.slice(1).map((end, index) => text.slice(at[index], end)).filter(piece => piece !== "");
	}
}
