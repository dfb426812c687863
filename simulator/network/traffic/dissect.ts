/**
 * What a frame on the air carries, for those who only look: IPv4 and IPv6 down to the transport's bytes. What is cut short
 * or damaged is told as far as it can be read.
 */
import { SocketAddress } from "node:net";
import { checksumAdd, checksumEnd, formatIpv4, formatMac, sameBytes } from "../addresses.ts";
import { ETHER_HEADER_BYTES, ETHER_TYPE_ARP, ETHER_TYPE_IPV4, ETHER_TYPE_IPV6, PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from "../packets.ts";

export interface Packet {
	fromDevice: boolean;
	/** As text; of Ethernet, where there is no IP. */
	source: string;
	destination: string;
	/** IP's, undefined for other frames. */
	protocol: number | undefined;
	etherType: number;
	/** What IP carries, else what Ethernet carries. */
	payload: Uint8Array;
	/** The transport's checksum is right; true where there is none. */
	whole: boolean;
}

const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
const PROTOCOL_ICMP6 = 58;
const MAC_BYTES = 6;

/** @param router its MAC: frames of all others are the device's. @returns undefined for what is no Ethernet frame. */
export function dissect(frame: Uint8Array, router: Uint8Array): Packet | undefined {
	if (frame.length < ETHER_HEADER_BYTES) {
		return undefined;
	}
	const etherType = (frame[12] << 8) | frame[13];
	const plain: Packet = {
		fromDevice: !sameBytes(frame.subarray(MAC_BYTES, 2 * MAC_BYTES), router),
		source: formatMac(frame.subarray(MAC_BYTES, 2 * MAC_BYTES)),
		destination: formatMac(frame.subarray(0, MAC_BYTES)),
		protocol: undefined,
		etherType,
		payload: frame.subarray(ETHER_HEADER_BYTES),
		whole: true,
	};
	const header = etherType === ETHER_TYPE_IPV4 ? ipv4(plain.payload) : etherType === ETHER_TYPE_IPV6 ? ipv6(plain.payload) : undefined;
	if (!header) {
		return plain;
	}
	const { addresses, protocol, payload } = header;
	const half = addresses.length / 2;
	const pseudo = checksumAdd(addresses, protocol + payload.length);
	const checked = protocol === PROTOCOL_TCP || (protocol === PROTOCOL_UDP && (payload[6] | payload[7]) !== 0);
	return {
		...plain,
		source: address(addresses.subarray(0, half)),
		destination: address(addresses.subarray(half)),
		protocol,
		payload,
		whole: !checked || checksumEnd(checksumAdd(payload, pseudo)) === 0,
	};
}

/** Protocol of a packet in a word. */
export function protocolName({ etherType, protocol }: Packet): string {
	switch (protocol) {
		case PROTOCOL_TCP: return "TCP";
		case PROTOCOL_UDP: return "UDP";
		case PROTOCOL_ICMP: return "ICMP";
		case PROTOCOL_ICMP6: return "ICMPv6";
		case undefined: return etherType === ETHER_TYPE_ARP ? "ARP" : `0x${etherType.toString(16).padStart(4, "0")}`;
		default: return `IP ${protocol}`;
	}
}

/** An IPv6 address as it is written in this folder, whoever wrote it. */
export function canonicalAddress(text: string): string {
	return text.includes(":") ? new SocketAddress({ family: "ipv6", address: text }).address : text;
}

interface IpHeader {
	/** Source and destination, one behind the other. */
	addresses: Uint8Array;
	protocol: number;
	payload: Uint8Array;
}

function ipv4(bytes: Uint8Array): IpHeader | undefined {
	const headerBytes = (bytes[0] & 15) * 4;
	const length = (bytes[2] << 8) | bytes[3];
	if (bytes.length < IPV4_HEADER_BYTES || headerBytes < IPV4_HEADER_BYTES || length < headerBytes || length > bytes.length) {
		return undefined;
	}
	return { addresses: bytes.subarray(12, 20), protocol: bytes[9], payload: bytes.subarray(headerBytes, length) };
}

/** Extension headers are not looked behind. */
function ipv6(bytes: Uint8Array): IpHeader | undefined {
	const length = (bytes[4] << 8) | bytes[5];
	if (bytes.length < IPV6_HEADER_BYTES + length) {
		return undefined;
	}
	return { addresses: bytes.subarray(8, 40), protocol: bytes[6], payload: bytes.subarray(IPV6_HEADER_BYTES, IPV6_HEADER_BYTES + length) };
}

function address(bytes: Uint8Array): string {
	if (bytes.length === 4) {
		return formatIpv4(((bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3]) >>> 0);
	}
	return canonicalAddress(Buffer.from(bytes).toString("hex").replace(/(.{4})(?=.)/g, "$1:"));
}
