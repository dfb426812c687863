/** Lists of `key=value` on a command line: what both `--ap` and `--faults` are written in. */

/** @param text `a=1,b=2,flag`; a comma that belongs to a value has a backslash before it. @returns what stands between commas. */
export function splitList(text: string): string[] {
	return text.split(/(?<!\\),/).map((part) => part.replaceAll("\\,", ","));
}

/** @returns key and value; the value of a bare word is undefined. */
export function keyAndValue(entry: string): [string, string | undefined] {
	const at = entry.indexOf("=");
	return at < 0 ? [entry.trim(), undefined] : [entry.slice(0, at).trim(), entry.slice(at + 1)];
}

const MICROS_OF = { us: 1, ms: 1_000, s: 1_000_000 } as const;

/** @throws with a sentence unless `text` is a time such as 20ms, 1.5s or 300us. */
export function parseMicros(key: string, text: string | undefined): number {
	const match = /^(\d+(?:\.\d+)?)(us|ms|s)$/.exec(text ?? "");
	if (!match) {
		throw new Error(`${key}=${text ?? ""}: a time with its unit is expected, such as 20ms or 1.5s`);
	}
	return Number(match[1]) * MICROS_OF[match[2] as keyof typeof MICROS_OF];
}

/** @throws with a sentence unless `text` is a whole number from `least` to `most`. */
export function parseWhole(key: string, text: string | undefined, least: number, most: number): number {
	const value = Number(text);
	if (text === undefined || !/^-?\d+$/.test(text) || value < least || value > most) {
		throw new Error(`${key}=${text ?? ""}: a whole number from ${least} to ${most} is expected`);
	}
	return value;
}
