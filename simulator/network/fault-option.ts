/** `--faults "loss=0.05,delay=20ms,seed=7"`: what the air does to frames, as a command line writes it. */
import { keyAndValue, parseMicros, parseWhole, splitList } from "./option-text.ts";
import type { AirFaults } from "./options.ts";

/** How the option is written, for help and for sentences. */
export const FAULT_KEYS = "loss=0..1, duplicate=0..1, reorder=0..1, corrupt=0..1, delay=TIME, jitter=TIME, seed=NUMBER";

/** @throws with a sentence that names what is allowed. */
export function parseFaults(text: string): AirFaults {
	return splitList(text).reduce((faults, entry) => ({ ...faults, ...fault(...keyAndValue(entry)) }), {} as AirFaults);
}

function fault(key: string, value: string | undefined): AirFaults {
	switch (key) {
		case "loss": case "duplicate": case "reorder": case "corrupt":
			return { [key]: parseProbability(key, value) };
		case "delay":
			return { delayMicros: parseMicros(key, value) };
		case "jitter":
			return { jitterMicros: parseMicros(key, value) };
		case "seed":
			return { seed: parseWhole(key, value, 0, 2 ** 32 - 1) };
		default:
			throw new Error(`"${key}" is no fault of the air; allowed are ${FAULT_KEYS}`);
	}
}

function parseProbability(key: string, text: string | undefined): number {
	const value = Number(text);
	if (text === undefined || !/^\d*\.?\d+$/.test(text) || value > 1) {
		throw new Error(`${key}=${text ?? ""}: a probability from 0 to 1 is expected, such as 0.05`);
	}
	return value;
}
