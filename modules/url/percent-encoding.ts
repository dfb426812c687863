// Percent-encoding (URL Standard, section 1.3): text as UTF-8, each byte that may not stand where it is as %XX.

/** What is encoded in each part of a URL, beside control characters and everything beyond ASCII (URL Standard, section 1.3). */
export const encodedIn = {
	path: " \"#<>?^`{}",
	query: " \"#<>'",
	fragment: " \"<>`",
	userInfo: " \"#<>?^`{}/:;=@[]|\\",
} as const;

/** Encodes what may not stand in this part; what is encoded already stays. A lone surrogate becomes U+FFFD. */
export function percentEncoded(text: string, part: keyof typeof encodedIn): string {
	const encoded: string = encodedIn[part];
	let result = "";
	for (const character of text) {
		const plain = character > "\x1f" && character < "\x7f" && !encoded.includes(character);
		result += plain ? character : percentBytes(character);
	}
	return result;
}

/** Every byte of one character as %XX. */
export function percentBytes(character: string): string {
	const code = character.codePointAt(0)!;
	if (code >= 0xd800 && code <= 0xdfff) return "%EF%BF%BD";
	if (code < 0x80) return percent(code);
	return encodeURIComponent(character);
}

function percent(byte: number): string {
	return `%${byte < 16 ? "0" : ""}${byte.toString(16).toUpperCase()}`;
}
