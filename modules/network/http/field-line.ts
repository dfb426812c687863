// A header or trailer line (RFC 9112 section 5): read here, written nowhere but where it is checked.

import { isFieldValue, isToken, withoutBlanks } from "../../web/field-syntax.ts";

export interface Field {
	/** In lower case. */
	readonly name: string;
	/** Without blanks around it. */
	readonly value: string;
}

/** The field of a line; undefined when it is none. A line that goes on the one before (obs-fold) is none. */
export function parseField(line: string): Field | undefined {
	const colon = line.indexOf(":");
	const name = line.slice(0, Math.max(colon, 0));
	const value = withoutBlanks(line.slice(colon + 1));
	return isToken(name) && isFieldValue(value) ? { name: name.toLowerCase(), value } : undefined;
}

/** Whether a list such as Connection's has an option, which is in lower case. */
export function hasOption(list: string | undefined, option: string): boolean {
	return list?.toLowerCase().split(",").some(part => withoutBlanks(part) === option) ?? false;
}
