/**
 * The way out of the simulated network: names and TCP of the real Internet, through this machine. Only public addresses are
 * reached: nothing of this machine, and nothing of the networks that it is in.
 */
import { lookup } from "node:dns/promises";
import type { TcpPeer } from "./options.ts";

export interface Gateway {
	/** @param name in lower case. @returns dotted IPv4, undefined when the name has none. */
	lookUp(name: string): Promise<string | undefined>;
	/** Who answers at a public address. @param address dotted IPv4. */
	peer(address: string, port: number): TcpPeer;
}

/** By the resolver and the sockets of this machine. */
export const hostGateway: Gateway = {
	async lookUp(name) {
		try {
			return (await lookup(name, { family: 4 })).address;
		} catch {
			return undefined;
		}
	},
	peer: (address, port) => `${address}:${port}`,
};

/** Networks that are not of the public Internet (IANA special-purpose registry, RFC 6890): address and length of the prefix. */
const SPECIAL: readonly (readonly [network: number, bits: number])[] = [
	[0x00000000, 8], [0x0a000000, 8], [0x64400000, 10], [0x7f000000, 8], [0xa9fe0000, 16], [0xac100000, 12], [0xc0000000, 24], [0xc0000200, 24],
	[0xc0a80000, 16], [0xc6120000, 15], [0xc6336400, 24], [0xcb007100, 24], [0xe0000000, 3],
];

export function isPublic(address: number): boolean {
	return !SPECIAL.some(([network, bits]) => (address ^ network) >>> (32 - bits) === 0);
}
