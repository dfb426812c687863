/**
 * IPv6 (RFC 8200), ICMPv6 (RFC 4443), neighbour discovery (RFC 4861): parse and emit. A parser answers undefined or a
 * sentence for what cannot be used; nothing is read beyond a checked length.
 */
import { ipv6Bytes, ipv6FromBytes } from "./addresses.ts";
import { transportChecksum } from "./packets.ts";

export const PROTOCOL_HOP_BY_HOP = 0;
export const PROTOCOL_FRAGMENT = 44;
export const PROTOCOL_ICMPV6 = 58;

export const UNSPECIFIED_IPV6 = 0n;
export const ALL_NODES = (0xff02n << 112n) | 1n;

export const IPV6_HEADER_BYTES = 40;
export const FRAGMENT_HEADER_BYTES = 8;
const HOP_LIMIT = 64;
/** Neighbour discovery never comes from behind a router. */
const HOP_LIMIT_NEIGHBOUR = 255;

export interface Ipv6 {
	protocol: number;
	source: bigint;
	destination: bigint;
	hopLimit: number;
	payload: Uint8Array;
	/** Header and payload, for ICMP errors. */
	whole: Uint8Array;
}

export function isMulticastIpv6(address: bigint): boolean {
	return address >> 120n === 0xffn;
}

/** fe80::/10, with an identifier made of the hardware address (RFC 4291, appendix A). */
export function linkLocal(mac: Uint8Array): bigint {
	return ipv6FromBytes(Uint8Array.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]]));
}

/** @returns the packet, or a sentence on what is wrong with it. */
export function parseIpv6Packet(bytes: Uint8Array): Ipv6 | string {
	if (bytes.length < IPV6_HEADER_BYTES) {
		return `an IPv6 packet of ${bytes.length} bytes`;
	}
	const length = (bytes[4] << 8) | bytes[5];
	if (bytes[0] >>> 4 !== 6 || IPV6_HEADER_BYTES + length > bytes.length) {
		return `an IPv6 packet with version ${bytes[0] >>> 4} and ${length} bytes behind its header, in ${bytes.length}`;
	}
	const whole = bytes.slice(0, IPV6_HEADER_BYTES + length);
	return {
		protocol: bytes[6], hopLimit: bytes[7], whole, payload: whole.subarray(IPV6_HEADER_BYTES),
		source: ipv6FromBytes(bytes.subarray(8, 24)), destination: ipv6FromBytes(bytes.subarray(24, 40)),
	};
}

export function emitIpv6(protocol: number, source: bigint, destination: bigint, payload: Uint8Array, hopLimit = HOP_LIMIT): Uint8Array {
	const bytes = new Uint8Array(IPV6_HEADER_BYTES + payload.length);
	bytes.set([0x60, 0, 0, 0, payload.length >>> 8, payload.length & 0xff, protocol, hopLimit]);
	bytes.set(ipv6Bytes(source), 8);
	bytes.set(ipv6Bytes(destination), 24);
	bytes.set(payload, IPV6_HEADER_BYTES);
	return bytes;
}

const UNREACHABLE = 1;
const UNREACHABLE_PORT = 4;
const ECHO_REQUEST = 128;
const ECHO_REPLY = 129;
const ROUTER_SOLICITATION = 133;
const ROUTER_ADVERTISEMENT = 134;
const NEIGHBOUR_SOLICITATION = 135;
const NEIGHBOUR_ADVERTISEMENT = 136;
const FIRST_NEIGHBOUR_TYPE = ROUTER_SOLICITATION;
const LAST_NEIGHBOUR_TYPE = 137;

/** The O flag: DHCPv6 has more to tell, though no addresses (RFC 4861, 4.2). */
const ADVERTISES_OTHER = 0x40;

const OPTION_SOURCE_MAC = 1;
const OPTION_TARGET_MAC = 2;
const OPTION_PREFIX = 3;
const OPTION_MTU = 5;
/** RFC 8106. */
const OPTION_DNS = 25;

export type Icmpv6 =
	| { kind: "echo"; message: Uint8Array }
	| { kind: "echo reply"; identifier: number; sequence: number }
	| { kind: "router solicitation" }
	| { kind: "neighbour solicitation"; target: bigint }
	| { kind: "other"; type: number };

/** @returns the message, or a sentence on what is wrong with it. */
export function parseIcmpv6({ source, destination, hopLimit, payload }: Ipv6): Icmpv6 | string {
	if (payload.length < 8) {
		return `an ICMPv6 message of ${payload.length} bytes`;
	}
	if (transportChecksum(PROTOCOL_ICMPV6, source, destination, payload) !== 0) {
		return "an ICMPv6 message with a wrong checksum";
	}
	const type = payload[0];
	if (type >= FIRST_NEIGHBOUR_TYPE && type <= LAST_NEIGHBOUR_TYPE && hopLimit !== HOP_LIMIT_NEIGHBOUR) {
		return `neighbour discovery (type ${type}) with a hop limit of ${hopLimit}, not 255`;
	}
	switch (type) {
		case ECHO_REQUEST:
			return { kind: "echo", message: payload };
		case ECHO_REPLY:
			return { kind: "echo reply", identifier: (payload[4] << 8) | payload[5], sequence: (payload[6] << 8) | payload[7] };
		case ROUTER_SOLICITATION:
			return { kind: "router solicitation" };
		case NEIGHBOUR_SOLICITATION:
			return payload.length < 24 ? `a neighbour solicitation of ${payload.length} bytes`
				: { kind: "neighbour solicitation", target: ipv6FromBytes(payload.subarray(8, 24)) };
		default:
			return { kind: "other", type };
	}
}

/** A whole packet around an ICMPv6 message, whose checksum is filled in. */
function emitIcmpv6(source: bigint, destination: bigint, message: Uint8Array): Uint8Array {
	message[2] = message[3] = 0;
	const sum = transportChecksum(PROTOCOL_ICMPV6, source, destination, message);
	message[2] = sum >>> 8;
	message[3] = sum & 0xff;
	const neighbour = message[0] >= FIRST_NEIGHBOUR_TYPE && message[0] <= LAST_NEIGHBOUR_TYPE;
	return emitIpv6(PROTOCOL_ICMPV6, source, destination, message, neighbour ? HOP_LIMIT_NEIGHBOUR : HOP_LIMIT);
}

export function emitEchoRequestIpv6(source: bigint, destination: bigint, identifier: number, sequence: number, lengthBytes: number): Uint8Array {
	const message = new Uint8Array(8 + lengthBytes).map((_, index) => index);
	message.set([ECHO_REQUEST, 0, 0, 0, identifier >>> 8, identifier & 0xff, sequence >>> 8, sequence & 0xff]);
	return emitIcmpv6(source, destination, message);
}

/** @param request its message. */
export function emitEchoReplyIpv6(source: bigint, destination: bigint, request: Uint8Array): Uint8Array {
	const message = request.slice();
	message[0] = ECHO_REPLY;
	return emitIcmpv6(source, destination, message);
}

/** "Port unreachable", with as much of the packet as fits the least MTU (RFC 4443, 3.1). */
export function emitUnreachableIpv6(packet: Ipv6): Uint8Array {
	return emitIcmpv6(packet.destination, packet.source, Uint8Array.from([UNREACHABLE, UNREACHABLE_PORT, 0, 0, 0, 0, 0, 0, ...packet.whole.subarray(0, 1232)]));
}

export interface Ipv6Piece {
	protocol: number;
	identification: number;
	offsetBytes: number;
	more: boolean;
	bytes: Uint8Array;
}

/** What stands behind a fragment header (RFC 8200, 4.5). */
export function parseFragmentIpv6(payload: Uint8Array): Ipv6Piece | string {
	if (payload.length < FRAGMENT_HEADER_BYTES) {
		return `an IPv6 fragment of ${payload.length} bytes`;
	}
	const data = new DataView(payload.buffer, payload.byteOffset);
	const place = data.getUint16(2);
	return { protocol: payload[0], offsetBytes: place & 0xfff8, more: (place & 1) === 1, identification: data.getUint32(4), bytes: payload.subarray(FRAGMENT_HEADER_BYTES) };
}

/** The payload of a packet that is one of several. */
export function emitFragmentIpv6({ protocol, identification, offsetBytes, more, bytes }: Ipv6Piece): Uint8Array {
	const payload = new Uint8Array(FRAGMENT_HEADER_BYTES + bytes.length);
	const data = new DataView(payload.buffer);
	payload[0] = protocol;
	data.setUint16(2, offsetBytes | (more ? 1 : 0));
	data.setUint32(4, identification);
	payload.set(bytes, FRAGMENT_HEADER_BYTES);
	return payload;
}

/** What stands behind a hop-by-hop header (RFC 8200, 4.3), whose options change nothing here. */
export function behindHopByHop(payload: Uint8Array): { protocol: number; payload: Uint8Array } | string {
	const length = payload.length < 2 ? Infinity : 8 * (payload[1] + 1);
	return length > payload.length ? `an IPv6 hop-by-hop header in ${payload.length} bytes` : { protocol: payload[0], payload: payload.subarray(length) };
}

/** What a router tells of itself and its network. */
export interface Advertisement {
	mac: Uint8Array;
	/** Of 64 bits. */
	prefix: bigint;
	dns: bigint;
	lifetimeSeconds: number;
	mtu: number;
}

export function emitRouterAdvertisement(source: bigint, destination: bigint, { mac, prefix, dns, lifetimeSeconds, mtu }: Advertisement): Uint8Array {
	const word = (value: number) => [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
	return emitIcmpv6(source, destination, Uint8Array.from([
		ROUTER_ADVERTISEMENT, 0, 0, 0, 64, ADVERTISES_OTHER, lifetimeSeconds >>> 8, lifetimeSeconds & 0xff, ...word(0), ...word(0),
		OPTION_SOURCE_MAC, 1, ...mac,
		OPTION_MTU, 1, 0, 0, ...word(mtu),
		// On this link, and good for addresses of one's own making.
		OPTION_PREFIX, 4, 64, 0xc0, ...word(2 * lifetimeSeconds), ...word(lifetimeSeconds), ...word(0), ...ipv6Bytes(prefix),
		OPTION_DNS, 3, 0, 0, ...word(lifetimeSeconds), ...ipv6Bytes(dns),
	]));
}

/** @param solicited answers a solicitation. */
export function emitNeighbourAdvertisement(source: bigint, destination: bigint, target: bigint, mac: Uint8Array, solicited: boolean): Uint8Array {
	// Router, solicited, override.
	const flags = 0x80 | (solicited ? 0x40 : 0) | 0x20;
	return emitIcmpv6(source, destination, Uint8Array.from([
		NEIGHBOUR_ADVERTISEMENT, 0, 0, 0, flags, 0, 0, 0, ...ipv6Bytes(target), OPTION_TARGET_MAC, 1, ...mac,
	]));
}
