// What a debugger is to look into: locals, objects, private fields, a call inside a call.

export interface Reading {
	readonly sensor: string;
	readonly values: number[];
	readonly where: { readonly row: number; readonly column: number };
}

function average(values: readonly number[]): number {
	let sum = 0;
	for (const value of values) {
		sum += value;
	}
	return sum / values.length;
}

export class Station {
	readonly #secret = "7 & <8>";
	readonly name: string;

	constructor(name: string) {
		this.name = name;
	}

	measure(turn: number): number {
		const reading: Reading = { sensor: `${this.name} ${this.#secret}`, values: [turn, turn * 2, 6], where: { row: turn, column: -1 } };
		const mean = average(reading.values);
		return mean + reading.where.row;
	}
}
