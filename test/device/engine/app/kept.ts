// What a preloaded module keeps: it lies in flash when the program starts, and is written to by the cases.

export class Account {
	#owner: string;
	#balance = 0;
	#moves: number[] = [];
	label = "account";

	constructor(owner: string) {
		this.#owner = owner;
	}

	put(amount: number): void {
		this.#balance += amount;
		this.#moves.push(amount);
	}

	tell(): string {
		return `${this.label} of ${this.#owner}: ${this.#balance} by ${this.#moves.join("+")}`;
	}
}

export const account = new Account("Ada");
export const untouched = new Account("Bob");

export let count = 0;
export function increment(): void {
	count++;
}

export const day = new Date(Date.UTC(2026, 0, 15, 12));
export const invalidDay = new Date(NaN);

export const words = /(\w)(\w*)/g;
export const plain = /o+/;

export const list = [3, 1, 2];
export const nested = { name: "kept", list: [1, { two: 2 }], when: day, nothing: null };

interface Ring {
	name: string;
	next?: Ring;
}
export const ring: Ring = { name: "first", next: { name: "second" } };
ring.next!.next = ring;

/** More than the chunks that are free at first: copying them to RAM collects on the way. */
export const pages = Array.from({ length: 64 }, (_, page) => Array.from({ length: 30 }, (_, line) => page + line));
export const table = new Map([["one", 1], ["two", 2]]);
export const settled = Promise.resolve("early");
export const awaited = await settled;

let turns = 0;
const step = { by: 1 };
/** Alike in all that lies in flash: names, lengths, the variables that their methods use. */
export class Left {
	turn(): number {
		return turns += step.by;
	}
}
export class Right {
	turn(): number {
		return turns -= step.by;
	}
}
const maker = (start: number) => ({ next: () => start++ });
export const makers = [maker(10), maker(20)];
