// Whether an app leaves RAM for the C library's heap, from which the script's arena is taken at the start, and after it what regular
// expressions and the SDK take and give back.

import { defaultArenaBytes, type Creation } from "../freeze/freeze-input.ts";
import { UserError } from "../user-error.ts";
import type { Elf } from "./elf.ts";

/** Bytes that an app has to leave. A regular expression takes its program and 16 bytes for each step back. */
const leastBytes = 4_096;

/**
 * @param symbols of the firmware: `__end__` and `__HeapLimit` are the heap's ends
 * @throws UserError when the arena is larger than what is there, or leaves less than 4 KB
 */
export function checkRamLeft(symbols: Elf["symbols"], { static: arenaBytes = defaultArenaBytes }: Creation): void {
	const addressOf = (name: string) => {
		const symbol = symbols.get(name);
		if (symbol === undefined) throw new Error(`the ELF has no symbol ${name}: the SDK's linker script sets it`);
		return symbol.address;
	};
	const most = addressOf("__HeapLimit") - addressOf("__end__") - leastBytes;
	if (arenaBytes <= most) return;
	throw new UserError(`creation.static: found ${arenaBytes} bytes for script, expected ${most} at most: more is not left of the RAM beside this firmware, ` +
		`and ${leastBytes} bytes for the C library. npm run size says who takes it.`);
}
