/** A capture file in the classic format (draft-ietf-opsawg-pcap), Ethernet frames, times in microseconds. */

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const LINK_TYPE_ETHERNET = 1;
const LONGEST_FRAME_BYTES = 65535;

/** The head of the file. */
export function pcapHeader(): Uint8Array {
	const bytes = new Uint8Array(24);
	const view = new DataView(bytes.buffer);
	view.setUint32(0, MAGIC_MICROSECONDS, true);
	view.setUint16(4, 2, true);
	view.setUint16(6, 4, true);
	view.setUint32(16, LONGEST_FRAME_BYTES, true);
	view.setUint32(20, LINK_TYPE_ETHERNET, true);
	return bytes;
}

/** @param atMicros Unix time in microseconds, fractions are cut. */
export function pcapRecord(atMicros: number, frame: Uint8Array): Uint8Array {
	const bytes = new Uint8Array(16 + frame.length);
	const view = new DataView(bytes.buffer);
	const whole = Math.floor(atMicros);
	view.setUint32(0, Math.floor(whole / 1e6), true);
	view.setUint32(4, whole % 1e6, true);
	view.setUint32(8, frame.length, true);
	view.setUint32(12, frame.length, true);
	bytes.set(frame, 16);
	return bytes;
}
