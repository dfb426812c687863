// Throws where the TypeScript's lines and those of the JavaScript made of it differ.

interface Reading {
	readonly value: number;
}

function check(reading: Reading): void {
	if (reading.value > 1) {
		throw new Error("too much");
	}
}

check({ value: 2 });
