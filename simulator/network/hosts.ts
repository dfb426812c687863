/** Who is in the simulated internet: the router, the named hosts, the time server, whoever connects to the device. */
import { formatAddress, parseAddress, parseIpv4, parseIpv6, type Address } from "./addresses.ts";
import { isPublic, type Gateway } from "./gateway.ts";
import type { HostOptions, NetworkOptions, TcpPeer } from "./options.ts";

/** The local network: router, DHCP and DNS server at .1, the device from .2 on. */
export const ROUTER = 0xc0a80401;
export const FIRST_LEASE = 0xc0a80402;
export const MASK = 0xffffff00;
/** TEST-NET-3 (RFC 5737): hosts from .10 on, the time servers from .123 on, whoever connects to the device at .200. */
const FIRST_HOST = 0xcb00710a;
export const CLIENT = 0xcb0071c8;
const FIRST_TIME_SERVER = 0xcb00717b;
const FIRST_TIME_SERVER_IPV6 = (0x20010db8n << 96n) | 0x7b00n;
/** The same in a unique local network (RFC 4193), fd50:4650:0:4::/64; the client in the documentation's 2001:db8::/32. */
export const PREFIX_IPV6 = 0xfd5046500000_0004n << 64n;
export const ROUTER_IPV6 = PREFIX_IPV6 | 1n;
export const CLIENT_IPV6 = (0x20010db8n << 96n) | 0x200n;

const NTP_NAMES = [
	"pool.ntp.org", "0.pool.ntp.org", "1.pool.ntp.org", "2.pool.ntp.org", "3.pool.ntp.org", "time.cloudflare.com",
	"time.google.com", "time.nist.gov", "time.windows.com", "time.apple.com",
];

export interface Host {
	name: string;
	address: number | undefined;
	ipv6: bigint | undefined;
	/** The name that this one stands for. */
	alias: string | undefined;
	/** Names of `options.groups` by group and port. */
	groups: ReadonlyMap<string, string>;
	options: HostOptions;
}

/** What a name stands for. */
export interface NameRecord {
	ipv4?: number;
	ipv6?: bigint;
	alias?: string;
}

export class Hosts {
	readonly #hosts: readonly Host[];
	readonly #ntpNames: readonly string[];
	readonly #gateway: Gateway | undefined;

	/** @throws on a peer that is not on this machine, and on an address that is none. */
	constructor(network: NetworkOptions) {
		this.#hosts = hostsOf(network);
		this.#ntpNames = network.ntpNames ?? NTP_NAMES;
		this.#gateway = network.gateway;
	}

	/** The named host with this address. */
	at(address: Address): Host | undefined {
		return this.#hosts.find((host) => host.address === address || host.ipv6 === address);
	}

	/** @param name in lower case. */
	named(name: string): Host | undefined {
		return this.#hosts.find((host) => host.name === name);
	}

	/** Those that listen to a group's port. */
	listeningTo(group: Address, port: number): Host[] {
		return this.#hosts.filter(({ groups }) => groups.has(`${group}:${port}`));
	}

	/** @returns true when somebody has this address. */
	exists(address: Address): boolean {
		return [ROUTER, CLIENT, ROUTER_IPV6, CLIENT_IPV6].some((known) => known === address) || this.isTimeServer(address) || this.at(address) !== undefined
			|| this.#isOutside(address);
	}

	/** Somebody there tells the time. */
	isTimeServer(address: Address): boolean {
		const index = typeof address === "number" ? address - FIRST_TIME_SERVER : Number(address - FIRST_TIME_SERVER_IPV6);
		return index >= 0 && index < this.#ntpNames.length;
	}

	/** Who answers on a TCP port; undefined: nobody. */
	peerAt(address: Address, port: number): TcpPeer | undefined {
		const host = this.at(address);
		return host?.options.ports?.[port] ?? host?.options.tcp
			?? (!host && this.#isOutside(address) ? this.#gateway?.peer(formatAddress(address), port) : undefined);
	}

	/** A name of the real Internet. @param name in lower case. */
	async lookUpOutside(name: string): Promise<NameRecord | undefined> {
		const address = parseIpv4(await this.#gateway?.lookUp(name) ?? "");
		return address !== undefined && isPublic(address) ? { ipv4: address } : undefined;
	}

	/** There is a real Internet behind this one. */
	get hasOutside(): boolean {
		return this.#gateway !== undefined;
	}

	#isOutside(address: Address): boolean {
		return this.#gateway !== undefined && typeof address === "number" && isPublic(address);
	}

	/** @param name in lower case. */
	lookUp(name: string): NameRecord | undefined {
		const host = this.#hosts.find((entry) => entry.name === name);
		if (host) {
			const { address, ipv6, alias } = host;
			return alias === undefined ? { ...(address !== undefined && { ipv4: address }), ...(ipv6 !== undefined && { ipv6 }) } : { alias };
		}
		const server = this.#ntpNames.indexOf(name);
		return server >= 0 ? { ipv4: FIRST_TIME_SERVER + server, ipv6: FIRST_TIME_SERVER_IPV6 + BigInt(server) } : undefined;
	}
}

/** @throws unless `text` is a group with a port, such as "239.1.2.3:5000" or "[ff02::fb]:5353". */
export function parseGroup(text: string): { group: Address; port: number } {
	const match = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(text);
	const group = match && parseAddress(match[1] ?? match[2]);
	const port = Number(match?.[3]);
	const isGroup = typeof group === "number" ? group >>> 28 === 0xe : typeof group === "bigint" && group >> 120n === 0xffn;
	if (group === undefined || group === null || !isGroup || !(port > 0 && port < 65_536)) {
		throw new Error(`"${text}" is no group with a port, such as 239.1.2.3:5000 or [ff02::fb]:5353`);
	}
	return { group, port };
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost):\d+$/;

function hostsOf(network: NetworkOptions): Host[] {
	return Object.entries(network.hosts ?? {}).map(([name, entry], index) => {
		const options: HostOptions = typeof entry === "string" || "connect" in entry ? { tcp: entry } : entry;
		for (const peer of [options.tcp, ...Object.values(options.ports ?? {})]) {
			if (typeof peer === "string" && !LOOPBACK.test(peer)) {
				throw new Error(`host "${name}": "${peer}" is not a server on this machine; give 127.0.0.1:PORT`);
			}
		}
		const address = options.address === undefined ? FIRST_HOST + index : options.address === null ? undefined : parseIpv4(options.address);
		if (address === undefined && options.address !== null) {
			throw new Error(`host "${name}": "${options.address}" is not an IPv4 address`);
		}
		const ipv6 = options.ipv6 === undefined ? undefined : parseIpv6(options.ipv6);
		if (options.ipv6 !== undefined && ipv6 === undefined) {
			throw new Error(`host "${name}": "${options.ipv6}" is not an IPv6 address`);
		}
		const groups = new Map(Object.keys(options.groups ?? {}).map((text) => {
			const { group, port } = parseGroup(text);
			return [`${group}:${port}`, text];
		}));
		return { name: name.toLowerCase(), address, ipv6, alias: options.alias?.toLowerCase(), groups, options };
	});
}
