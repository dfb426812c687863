/**
 * Ethernet II, ARP (RFC 826), IPv4 (RFC 791), ICMP (RFC 792), UDP (RFC 768): parse and emit. A parser answers undefined or
 * a sentence for what cannot be used; nothing is read beyond a checked length.
 */
import { addressSum, checksumAdd, checksumEnd, type Address } from "./addresses.ts";

export const ETHER_HEADER_BYTES = 14;
export const ETHER_TYPE_IPV4 = 0x0800;
export const ETHER_TYPE_ARP = 0x0806;
export const ETHER_TYPE_IPV6 = 0x86dd;
export const BROADCAST_MAC = Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
export const BROADCAST_IPV4 = 0xffffffff;

export const PROTOCOL_ICMP = 1;
export const PROTOCOL_IGMP = 2;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;

export const IPV4_HEADER_BYTES = 20;
const TIME_TO_LIVE = 64;

function view(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

export function emitEthernet(destination: Uint8Array, source: Uint8Array, etherType: number, payload: Uint8Array): Uint8Array {
	const frame = new Uint8Array(ETHER_HEADER_BYTES + payload.length);
	frame.set(destination, 0);
	frame.set(source, 6);
	view(frame).setUint16(12, etherType);
	frame.set(payload, ETHER_HEADER_BYTES);
	return frame;
}

export interface Arp {
	request: boolean;
	senderMac: Uint8Array;
	senderIp: number;
	targetIp: number;
}

export function parseArp(bytes: Uint8Array): Arp | undefined {
	if (bytes.length < 28) {
		return undefined;
	}
	const data = view(bytes);
	const operation = data.getUint16(6);
	if (data.getUint16(0) !== 1 || data.getUint16(2) !== ETHER_TYPE_IPV4 || bytes[4] !== 6 || bytes[5] !== 4 || operation < 1 || operation > 2) {
		return undefined;
	}
	return { request: operation === 1, senderMac: bytes.slice(8, 14), senderIp: data.getUint32(14), targetIp: data.getUint32(24) };
}

/** @param targetMac undefined: this asks for it. */
export function emitArp(senderMac: Uint8Array, senderIp: number, targetMac: Uint8Array | undefined, targetIp: number): Uint8Array {
	const bytes = new Uint8Array(28);
	const data = view(bytes);
	data.setUint16(0, 1);
	data.setUint16(2, ETHER_TYPE_IPV4);
	bytes[4] = 6;
	bytes[5] = 4;
	data.setUint16(6, targetMac ? 2 : 1);
	bytes.set(senderMac, 8);
	data.setUint32(14, senderIp);
	bytes.set(targetMac ?? [], 18);
	data.setUint32(24, targetIp);
	return bytes;
}

export interface Ipv4 {
	protocol: number;
	source: number;
	destination: number;
	identification: number;
	/** Of a fragment, where its payload begins in the packet's; 0 of a whole packet. */
	fragmentOffset: number;
	/** Fragments with a higher offset follow. */
	moreFragments: boolean;
	payload: Uint8Array;
	/** The whole header, for ICMP errors. */
	header: Uint8Array;
}

/** @returns the packet, or a sentence on what is wrong with it. */
export function parseIpv4(bytes: Uint8Array): Ipv4 | string {
	if (bytes.length < IPV4_HEADER_BYTES) {
		return `an IPv4 packet of ${bytes.length} bytes`;
	}
	const data = view(bytes);
	const headerBytes = (bytes[0] & 0x0f) * 4;
	const length = data.getUint16(2);
	if (bytes[0] >>> 4 !== 4 || headerBytes < IPV4_HEADER_BYTES || length < headerBytes || length > bytes.length) {
		return `an IPv4 packet with version ${bytes[0] >>> 4}, header ${headerBytes}, length ${length} in ${bytes.length} bytes`;
	}
	const header = bytes.subarray(0, headerBytes);
	if (checksumEnd(checksumAdd(header)) !== 0) {
		return "an IPv4 packet with a wrong header checksum";
	}
	return {
		protocol: bytes[9],
		source: data.getUint32(12),
		destination: data.getUint32(16),
		identification: data.getUint16(4),
		fragmentOffset: (data.getUint16(6) & 0x1fff) * 8,
		moreFragments: (data.getUint16(6) & 0x2000) !== 0,
		payload: bytes.subarray(headerBytes, length),
		header,
	};
}

/** @param piece the payload is one of several (RFC 791, 3.1). */
export function emitIpv4(
	protocol: number, source: number, destination: number, identification: number, payload: Uint8Array, piece?: { offsetBytes: number; more: boolean },
): Uint8Array {
	const bytes = new Uint8Array(IPV4_HEADER_BYTES + payload.length);
	const data = view(bytes);
	bytes[0] = 0x45;
	data.setUint16(2, bytes.length);
	data.setUint16(4, identification & 0xffff);
	// Don't fragment, unless it is done already.
	data.setUint16(6, piece ? (piece.more ? 0x2000 : 0) | (piece.offsetBytes / 8) : 0x4000);
	bytes[8] = TIME_TO_LIVE;
	bytes[9] = protocol;
	data.setUint32(12, source);
	data.setUint32(16, destination);
	data.setUint16(10, checksumEnd(checksumAdd(bytes.subarray(0, IPV4_HEADER_BYTES))));
	bytes.set(payload, IPV4_HEADER_BYTES);
	return bytes;
}

/** What UDP, TCP and ICMP need of a packet, of IPv4 or IPv6. */
export interface Packet {
	source: Address;
	destination: Address;
	payload: Uint8Array;
}

/** Checksum of UDP, TCP and ICMPv6, over pseudo header and segment. 0 when a segment that carries its checksum is right. */
export function transportChecksum(protocol: number, source: Address, destination: Address, segment: Uint8Array): number {
	return checksumEnd(checksumAdd(segment, addressSum(source) + addressSum(destination) + protocol + segment.length));
}

export interface Udp {
	sourcePort: number;
	destinationPort: number;
	payload: Uint8Array;
}

export function parseUdp(packet: Packet): Udp | string {
	const bytes = packet.payload;
	if (bytes.length < 8) {
		return `a UDP datagram of ${bytes.length} bytes`;
	}
	const data = view(bytes);
	const length = data.getUint16(4);
	if (typeof packet.source === "bigint" && data.getUint16(6) === 0) {
		return "a UDP datagram over IPv6 without a checksum (RFC 8200, 8.1)";
	}
	if (length < 8 || length > bytes.length) {
		return `a UDP datagram of length ${length} in ${bytes.length} bytes`;
	}
	if (data.getUint16(6) !== 0 && transportChecksum(PROTOCOL_UDP, packet.source, packet.destination, bytes.subarray(0, length)) !== 0) {
		return "a UDP datagram with a wrong checksum";
	}
	return { sourcePort: data.getUint16(0), destinationPort: data.getUint16(2), payload: bytes.slice(8, length) };
}

export function emitUdp(source: Address, destination: Address, datagram: Udp): Uint8Array {
	const bytes = new Uint8Array(8 + datagram.payload.length);
	const data = view(bytes);
	data.setUint16(0, datagram.sourcePort);
	data.setUint16(2, datagram.destinationPort);
	data.setUint16(4, bytes.length);
	bytes.set(datagram.payload, 8);
	data.setUint16(6, transportChecksum(PROTOCOL_UDP, source, destination, bytes) || 0xffff);
	return bytes;
}

const ICMP_ECHO_REPLY = 0;
const ICMP_UNREACHABLE = 3;
const ICMP_ECHO_REQUEST = 8;
export const UNREACHABLE_HOST = 1;
export const UNREACHABLE_PORT = 3;

/** An echo request with `lengthBytes` of data. */
export function emitEchoRequest(identifier: number, sequence: number, lengthBytes: number): Uint8Array {
	const bytes = new Uint8Array(8 + lengthBytes).map((_, index) => index);
	bytes[0] = ICMP_ECHO_REQUEST;
	bytes[1] = bytes[2] = bytes[3] = 0;
	view(bytes).setUint16(4, identifier);
	view(bytes).setUint16(6, sequence);
	view(bytes).setUint16(2, checksumEnd(checksumAdd(bytes)));
	return bytes;
}

/** @returns identifier and sequence of an echo reply; undefined for other messages. */
export function parseEchoReply(message: Uint8Array): { identifier: number; sequence: number } | undefined {
	return message.length < 8 || message[0] !== ICMP_ECHO_REPLY || checksumEnd(checksumAdd(message)) !== 0 ? undefined
		: { identifier: view(message).getUint16(4), sequence: view(message).getUint16(6) };
}

/** @returns the reply to an echo request; undefined for other messages; a sentence on what is wrong. */
export function answerEcho(message: Uint8Array): Uint8Array | string | undefined {
	if (message.length < 8) {
		return `an ICMP message of ${message.length} bytes`;
	}
	if (checksumEnd(checksumAdd(message)) !== 0) {
		return "an ICMP message with a wrong checksum";
	}
	if (message[0] !== ICMP_ECHO_REQUEST) {
		return undefined;
	}
	const reply = message.slice();
	reply[0] = ICMP_ECHO_REPLY;
	reply[2] = reply[3] = 0;
	view(reply).setUint16(2, checksumEnd(checksumAdd(reply)));
	return reply;
}

/** "Destination unreachable", with the header and 8 bytes of the packet. */
export function emitUnreachable(code: number, packet: Ipv4): Uint8Array {
	const quoted = packet.payload.subarray(0, 8);
	const bytes = new Uint8Array(8 + packet.header.length + quoted.length);
	bytes[0] = ICMP_UNREACHABLE;
	bytes[1] = code;
	bytes.set(packet.header, 8);
	bytes.set(quoted, 8 + packet.header.length);
	view(bytes).setUint16(2, checksumEnd(checksumAdd(bytes)));
	return bytes;
}
