// Values of options that several commands read.

import { InvalidArgumentError } from "commander";

/** A time limit. */
export function seconds(text: string): number {
	const value = Number(text);
	if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError("A number of seconds above 0 is expected.");
	return value;
}
