// Values of options that several commands read.

import { InvalidArgumentError } from "commander";

/** A time limit. */
export function seconds(text: string): number {
	const value = Number(text);
	if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError("A number of seconds above 0 is expected.");
	return value;
}

/** A TCP port to listen on; 0 is any that is free. */
export function port(text: string): number {
	const value = Number(text);
	if (text.trim() === "" || !Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError("A port from 0 to 65535 is expected.");
	return value;
}

/** A count. */
export function wholeNumber(text: string): number {
	const value = Number(text);
	if (text.trim() === "" || !Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("A whole number is expected.");
	return value;
}
