// Bytes as ECMA-419 takes them: its Byte Buffers (4th edition, clause 6) are buffers and views, and a view means its part alone.

/** The bytes of any buffer or view, in place. */
export function bytesOf(value: ArrayBufferLike | ArrayBufferView): Uint8Array {
	return value instanceof Uint8Array ? value
		: ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value);
}
