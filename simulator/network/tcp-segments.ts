/** TCP segments (RFC 9293, section 3.1): parse and emit; and arithmetic on sequence numbers. */
import type { Address } from "./addresses.ts";
import { PROTOCOL_TCP, transportChecksum, type Packet } from "./packets.ts";

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

const HEADER_BYTES = 20;
const OPTION_END = 0;
const OPTION_NONE = 1;
const OPTION_MAXIMUM_SEGMENT = 2;

export interface TcpSegment {
	sourcePort: number;
	destinationPort: number;
	sequence: number;
	acknowledge: number;
	flags: number;
	window: number;
	/** Of the maximum segment size option. */
	maximumSegmentBytes?: number;
	payload: Uint8Array;
}

/** @returns the segment, or a sentence on what is wrong with it. */
export function parseTcp(packet: Packet): TcpSegment | string {
	const bytes = packet.payload;
	if (bytes.length < HEADER_BYTES) {
		return `a TCP segment of ${bytes.length} bytes`;
	}
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const headerBytes = (bytes[12] >>> 4) * 4;
	if (headerBytes < HEADER_BYTES || headerBytes > bytes.length) {
		return `a TCP segment of ${bytes.length} bytes with a header of ${headerBytes}`;
	}
	if (transportChecksum(PROTOCOL_TCP, packet.source, packet.destination, bytes) !== 0) {
		return "a TCP segment with a wrong checksum";
	}
	const segment: TcpSegment = {
		sourcePort: view.getUint16(0),
		destinationPort: view.getUint16(2),
		sequence: view.getUint32(4),
		acknowledge: view.getUint32(8),
		flags: bytes[13],
		window: view.getUint16(14),
		payload: bytes.slice(headerBytes),
	};
	for (let at = HEADER_BYTES; at < headerBytes && bytes[at] !== OPTION_END;) {
		if (bytes[at] === OPTION_NONE) {
			at++;
			continue;
		}
		const length = at + 1 < headerBytes ? bytes[at + 1] : 0;
		if (length < 2 || at + length > headerBytes) {
			return `TCP option ${bytes[at]} reaches beyond the header`;
		}
		if (bytes[at] === OPTION_MAXIMUM_SEGMENT && length === 4) {
			segment.maximumSegmentBytes = view.getUint16(at + 2);
		}
		at += length;
	}
	return segment;
}

export function emitTcp(source: Address, destination: Address, segment: TcpSegment): Uint8Array {
	const optionBytes = segment.maximumSegmentBytes === undefined ? 0 : 4;
	const bytes = new Uint8Array(HEADER_BYTES + optionBytes + segment.payload.length);
	const view = new DataView(bytes.buffer);
	view.setUint16(0, segment.sourcePort);
	view.setUint16(2, segment.destinationPort);
	view.setUint32(4, segment.sequence >>> 0);
	view.setUint32(8, segment.acknowledge >>> 0);
	bytes[12] = ((HEADER_BYTES + optionBytes) / 4) << 4;
	bytes[13] = segment.flags;
	view.setUint16(14, segment.window);
	if (segment.maximumSegmentBytes !== undefined) {
		bytes[20] = OPTION_MAXIMUM_SEGMENT;
		bytes[21] = 4;
		view.setUint16(22, segment.maximumSegmentBytes);
	}
	bytes.set(segment.payload, HEADER_BYTES + optionBytes);
	view.setUint16(16, transportChecksum(PROTOCOL_TCP, source, destination, bytes));
	return bytes;
}

/** a + n in the space of sequence numbers. */
export function sequenceAdd(a: number, n: number): number {
	return (a + n) >>> 0;
}

/** a - b, signed: negative when `a` is older. */
export function sequenceDifference(a: number, b: number): number {
	return (a - b) | 0;
}
