/** DHCPv6 without state (RFC 8415): tells the DNS server to who asks for information, and who asks for an address that there is none. */
import { ipv6Bytes } from "./addresses.ts";

export const DHCPV6_SERVER_PORT = 547;
export const DHCPV6_CLIENT_PORT = 546;

const SOLICIT = 1;
const ADVERTISE = 2;
const REPLY = 7;
const INFORMATION_REQUEST = 11;

const OPTION_CLIENT_ID = 1;
const OPTION_SERVER_ID = 2;
const OPTION_STATUS = 13;
const OPTION_DNS = 23;
const STATUS_NO_ADDRESSES = 2;
/** DUID of the hardware address (11.4): type 3, Ethernet. */
const DUID_ETHERNET = [0, 3, 0, 1];

const HEADER_BYTES = 4;
const OPTION_HEADER_BYTES = 4;

export interface Dhcpv6Answer {
	message: Uint8Array;
	/** For transcripts. */
	text: string;
}

/** @returns the answer; undefined for what this server does not answer; a sentence on what is wrong. */
export function answerDhcpv6(message: Uint8Array, mac: Uint8Array, dns: bigint): Dhcpv6Answer | string | undefined {
	const options = readOptions(message);
	if (typeof options === "string") {
		return options;
	}
	const serverId = [...DUID_ETHERNET, ...mac];
	const named = options.get(OPTION_SERVER_ID);
	if (named && !(named.length === serverId.length && named.every((byte, index) => byte === serverId[index]))) {
		return undefined; // for another server
	}
	const clientId = options.get(OPTION_CLIENT_ID);
	const ids = [...(clientId ? option(OPTION_CLIENT_ID, clientId) : []), ...option(OPTION_SERVER_ID, serverId)];
	const answer = (kind: number, more: number[], text: string): Dhcpv6Answer => ({ message: Uint8Array.from([kind, ...message.subarray(1, HEADER_BYTES), ...ids, ...more]), text });
	switch (message[0]) {
		case INFORMATION_REQUEST:
			return answer(REPLY, option(OPTION_DNS, ipv6Bytes(dns)), "dhcpv6 DNS server told");
		case SOLICIT:
			return clientId ? answer(ADVERTISE, option(OPTION_STATUS, [0, STATUS_NO_ADDRESSES]), "dhcpv6 no addresses") : "a DHCPv6 SOLICIT without a client identifier";
		default:
			return undefined;
	}
}

function readOptions(message: Uint8Array): Map<number, Uint8Array> | string {
	if (message.length < HEADER_BYTES) {
		return `a DHCPv6 message of ${message.length} bytes`;
	}
	const options = new Map<number, Uint8Array>();
	let at = HEADER_BYTES;
	while (at < message.length) {
		const end = at + OPTION_HEADER_BYTES + ((message[at + 2] << 8) | message[at + 3]);
		if (!(end <= message.length)) {
			return `a DHCPv6 message of ${message.length} bytes whose option at ${at} goes beyond it`;
		}
		options.set((message[at] << 8) | message[at + 1], message.subarray(at + OPTION_HEADER_BYTES, end));
		at = end;
	}
	return options;
}

function option(code: number, bytes: Iterable<number>): number[] {
	const value = [...bytes];
	return [code >>> 8, code & 0xff, value.length >>> 8, value.length & 0xff, ...value];
}
