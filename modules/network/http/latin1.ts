// Text of which each character is a byte: what the heads of HTTP messages are made of (RFC 9110 section 5.5).

/** Bytes turned into text by one call: each is an argument, and the engine's stack is small. */
const pieceBytes = 64;

/** The characters U+0000 to U+00FF of some bytes. */
export function latin1Text(bytes: Uint8Array): string {
	let text = "";
	for (let at = 0; at < bytes.length; at += pieceBytes) {
		text += String.fromCharCode.apply(undefined, bytes.subarray(at, at + pieceBytes) as unknown as number[]);
	}
	return text;
}

/** The bytes of text whose characters are all below U+0100. */
export function latin1Bytes(text: string): Uint8Array<ArrayBuffer> {
	return Uint8Array.from(text, character => character.charCodeAt(0));
}
