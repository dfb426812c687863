// What may stand in a header (RFC 9110 sections 5.1, 5.5 and 5.6.2). Used by Headers and by network/http.
//
// The engine's regular expressions keep a state for each character that a quantifier takes, in memory, and find nothing
// when that runs out. So text of any length is searched for the one character that may not be there.

const notInToken = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
const notInValue = /[^\t\x20-\x7e\x80-\xff]/;

/** A method, or a header's name. */
export function isToken(text: string): boolean {
	return text !== "" && !notInToken.test(text);
}

/** A header's value, blanks around it allowed. */
export function isFieldValue(text: string): boolean {
	return !notInValue.test(text);
}

/** Without blanks and tabs at both ends. */
export function withoutBlanks(text: string): string {
	let start = 0;
	let end = text.length;
	while (start < end && isBlank(text[start]!)) start++;
	while (end > start && isBlank(text[end - 1]!)) end--;
	return text.slice(start, end);
}

function isBlank(character: string): boolean {
	return character === " " || character === "\t";
}
