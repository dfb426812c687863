// Reads the extensions of a ClientHello (RFC 8446 section 4.1.2) as a client sent it: what a server is offered.

/** The extension's content, or undefined when it is not there, or when the bytes are no whole ClientHello. */
export function clientHelloExtension(record: Uint8Array, wanted: number): Uint8Array | undefined {
	return clientHelloExtensions(record).get(wanted);
}

/** All of them by their number; empty when the bytes are no whole ClientHello. */
export function clientHelloExtensions(record: Uint8Array): Map<number, Uint8Array> {
	const found = new Map<number, Uint8Array>();
	const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
	// The record's header, the message's, version and random.
	let at = 5 + 4 + 2 + 32;
	if (record.length < at || record[0] !== 22 || record[5] !== 1 || record.length < 5 + view.getUint16(3)) return found;
	at += 1 + record[at]!;	// session ID
	at += 2 + view.getUint16(at);	// cipher suites
	at += 1 + record[at]!;	// compression methods
	const end = at + 2 + view.getUint16(at);
	for (at += 2; at + 4 <= end;) {
		const length = view.getUint16(at + 2);
		found.set(view.getUint16(at), record.subarray(at + 4, at + 4 + length));
		at += 4 + length;
	}
	return found;
}
