// Values of options that several commands read.

import { type Command, InvalidArgumentError } from "commander";
import { UserError } from "./user-error.ts";

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

/**
 * Looks for a value that was forgotten, where the next option's name was taken for it: `--port --json`.
 * @throws UserError when an option's value is the name of another one
 */
export function refuseForgottenValues(command: Command): void {
	const names = new Set(command.options.flatMap(({ long, short }) => [long, short]));
	for (const option of command.options) {
		const value: unknown = command.getOptionValue(option.attributeName());
		const forgotten = [value].flat().find(one => typeof one === "string" && names.has(one));
		if (option.required && forgotten !== undefined) throw new UserError(`${option.long}: its value is missing before ${String(forgotten)}`);
	}
}
