// Reads DER (X.690): elements where they stand.

export interface Element {
	readonly tag: number;
	readonly content: Uint8Array;
	/** With tag and length. */
	readonly whole: Uint8Array;
}

/** The elements that follow one another in `bytes`. @throws RangeError when a length does not fit */
export function elements(bytes: Uint8Array): Element[] {
	const list: Element[] = [];
	for (let at = 0; at < bytes.length;) {
		const first = bytes[at + 1] ?? 0;
		const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
		const start = at + 2 + lengthBytes;
		const length = lengthBytes === 0 ? first : bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
		const end = start + length;
		if (first === 0x80 || lengthBytes > 4 || end > bytes.length) {
			throw new RangeError("der: an element is longer than what it stands in");
		}
		list.push({ tag: bytes[at]!, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
		at = end;
	}
	return list;
}

/** The elements inside the one element that `bytes` is. */
export function parts(bytes: Uint8Array): Element[] {
	return elements(elements(bytes)[0]?.content ?? new Uint8Array(0));
}
