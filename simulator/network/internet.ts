/**
 * Everything behind the access point, as far as a device can see it: the router with its IPv4 and IPv6 side, and the
 * named hosts with their TCP and UDP ports. Takes and gives Ethernet frames.
 */
import type { Clock, Log, Random } from "../wires.ts";
import { formatAddress, formatMac, parseIpv4, sameBytes } from "./addresses.ts";
import { dnsOverTcp } from "./dns-over-tcp.ts";
import { DnsService } from "./dns-service.ts";
import { GroupMemberships } from "./group-memberships.ts";
import { Hosts, ROUTER, ROUTER_IPV6, parseGroup } from "./hosts.ts";
import { Ipv4Network } from "./ipv4-network.ts";
import { Ipv6Network } from "./ipv6-network.ts";
import type { Link } from "./link.ts";
import type { NetworkFaults, NetworkOptions, TcpPeer } from "./options.ts";
import { ETHER_HEADER_BYTES, ETHER_TYPE_ARP, ETHER_TYPE_IPV4, ETHER_TYPE_IPV6, emitEthernet } from "./packets.ts";
import type { Peers } from "./peers.ts";
import { TcpLayer, type SendPacket } from "./tcp-layer.ts";
import { LOCAL_MICROS, UdpLayer } from "./udp-layer.ts";

const DEFAULT_LATENCY_MICROS = 4_000;
const DNS_PORT = 53;
/** RFC 791, 3.2: every link carries this. */
const LEAST_MTU = 68;

export interface InternetOptions {
	clock: Clock;
	random: Random;
	log: Log;
	network: NetworkOptions;
	/** Unix milliseconds at power-on. */
	epochMs: number;
	faults: NetworkFaults;
	peers: Peers;
	/** 6 bytes, of the router. */
	mac: Uint8Array;
	trace: ((line: string) => void) | undefined;
	/** Sends a frame towards the device. */
	send(frame: Uint8Array): void;
}

export class Internet {
	readonly #log: Log;
	readonly #mac: Uint8Array;
	readonly #trace: ((line: string) => void) | undefined;
	readonly #tcp: TcpLayer;
	readonly #udp: UdpLayer;
	readonly #memberships: GroupMemberships;
	readonly #ipv4: Ipv4Network;
	readonly #ipv6: Ipv6Network | undefined;
	#damaged = false;
	#deviceMac: Uint8Array | undefined;

	/** @throws on a host or an answer that cannot be. */
	constructor(options: InternetOptions) {
		const { clock, log, network, faults, trace, peers, random, epochMs } = options;
		if (faults.dnsAnswer !== undefined && parseIpv4(faults.dnsAnswer) === undefined) {
			throw new Error(`dnsAnswer: "${faults.dnsAnswer}" is not an IPv4 address`);
		}
		if (!((network.mtu ?? LEAST_MTU) >= LEAST_MTU)) {
			throw new Error(`mtu: ${network.mtu} is less than ${LEAST_MTU} bytes`);
		}
		this.#log = log;
		this.#mac = options.mac;
		this.#trace = trace;
		const hosts = new Hosts(network);
		// Half of the latency each way.
		const remoteMicros = (network.latencyMicros ?? DEFAULT_LATENCY_MICROS) / 2;
		const malformed = (text: string) => this.#malformed(text);
		const link: Link = {
			mac: options.mac,
			send: (etherType, payload, to = this.#deviceMac) => {
				if (to) {
					options.send(emitEthernet(to, options.mac, etherType, payload));
				}
			},
		};
		const send: SendPacket = (protocol, source, destination, payload) => {
			if (typeof source === "number" && typeof destination === "number") {
				this.#ipv4.send(protocol, source, destination, payload);
			} else if (typeof source === "bigint" && typeof destination === "bigint") {
				this.#ipv6?.send(protocol, source, destination, payload);
			}
		};
		const dns = new DnsService({ clock, hosts, faults, trace, malformed });
		const nameServer = dnsOverTcp(clock, dns, LOCAL_MICROS + (faults.dnsDelayMicros ?? 0));
		const memberships = new GroupMemberships(trace);
		this.#memberships = memberships;
		const udp = new UdpLayer({ clock, hosts, dns, memberships, faults, epochMs, remoteMicros, trace, malformed, send });
		this.#udp = udp;
		this.#tcp = new TcpLayer({
			clock, random, hosts, peers, faults, remoteMicros, trace, send,
			service: (address, port) => port === DNS_PORT && (address === ROUTER || address === ROUTER_IPV6) ? nameServer : undefined,
		});
		const layers = { clock, log, link, hosts, udp, tcp: this.#tcp, memberships, mtu: network.mtu, remoteMicros, trace, malformed };
		this.#ipv4 = new Ipv4Network({ ...layers, network, faults });
		this.#ipv6 = network.ipv6 === false ? undefined : new Ipv6Network(layers);
	}

	/** The address that the device was given, dotted; undefined before. */
	get deviceAddress(): string | undefined {
		const { deviceAddress } = this.#ipv4;
		return deviceAddress === undefined ? undefined : formatAddress(deviceAddress);
	}

	/** The IPv6 address in our network that the device spoke from last. */
	get deviceIpv6Address(): string | undefined {
		const address = this.#ipv6?.deviceAddress;
		return address === undefined ? undefined : formatAddress(address);
	}

	/** What the device called itself to the DHCP server; undefined when it did not say. */
	get hostName(): string | undefined {
		return this.#ipv4.hostName;
	}

	/** What the DHCP server did. */
	get dhcpCounts(): Ipv4Network["dhcpCounts"] {
		return this.#ipv4.dhcpCounts;
	}

	/** The device left: its connections are dropped without a word. */
	deviceLeft(): void {
		this.#memberships.clear();
		this.#ipv4.deviceLeft();
		this.#ipv6?.deviceLeft();
	}

	/** A frame from the device. @param damaged on its way, by order: what is wrong with it is not the device's fault. */
	receive(frame: Uint8Array, damaged = false): void {
		this.#damaged = damaged;
		if (frame.length < ETHER_HEADER_BYTES) {
			return;
		}
		const source = frame.slice(6, 12);
		const destination = frame.subarray(0, 6);
		const etherType = (frame[12] << 8) | frame[13];
		const payload = frame.subarray(ETHER_HEADER_BYTES);
		const forUs = sameBytes(destination, this.#mac) || (destination[0] & 1) === 1;
		if (!forUs) {
			this.#trace?.(`frame to ${formatMac(destination)}, whom nobody knows`);
			return;
		}
		this.#deviceMac = source;
		switch (etherType) {
			case ETHER_TYPE_ARP:
				this.#ipv4.arp(payload);
				break;
			case ETHER_TYPE_IPV4:
				this.#ipv4.receive(payload);
				break;
			case ETHER_TYPE_IPV6:
				this.#ipv6?.receive(payload);
				break;
			default:
				this.#log.violation("info", "network-ether-type", `a frame of type 0x${etherType.toString(16)}, which is not modelled`);
		}
	}

	/** Connects to a port of the device: `peer` speaks for the client. @param ipv6 by its IPv6 address, if it has one. */
	connect(port: number, peer: TcpPeer, ipv6 = false): void {
		const device = ipv6 ? this.#ipv6?.deviceAddress : this.#ipv4.likelyAddress;
		if (device === undefined) {
			throw new Error("the device has no IPv6 address in this network");
		}
		this.#tcp.connect(device, port, peer);
	}

	/** The groups that the device has joined. */
	get groups(): string[] {
		return this.#memberships.groups.map(formatAddress);
	}

	/**
	 * The router sends a datagram to a group.
	 *
	 * @param to such as "239.1.2.3:5000". @returns false when the device has not joined it, and so is not reached.
	 * @throws when `to` is no group.
	 */
	sendToGroup(to: string, datagram: Uint8Array): boolean {
		const { group, port } = parseGroup(to);
		return this.#udp.sendToGroup(typeof group === "number" ? ROUTER : ROUTER_IPV6, group, port, datagram);
	}

	/** Asks the device for an echo. @param answered the round trip in virtual microseconds; not called for none. */
	ping(lengthBytes: number, answered: (micros: number) => void, ipv6 = false): void {
		if (ipv6) {
			this.#ipv6?.ping(lengthBytes, answered);
		} else {
			this.#ipv4.ping(lengthBytes, answered);
		}
	}

	#malformed(text: string): void {
		if (this.#damaged) {
			this.#trace?.(`dropped: ${text}`);
			return;
		}
		this.#log.violation("error", "network-malformed", `the device sent ${text}`);
	}
}
