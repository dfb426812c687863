/** The router's IPv6 side: neighbour discovery, router advertisements to who asks, ICMPv6, and the way to UDP and TCP. */
import type { Clock, Log } from "../wires.ts";
import { formatAddress } from "./addresses.ts";
import { DHCPV6_CLIENT_PORT, DHCPV6_SERVER_PORT, answerDhcpv6 } from "./dhcpv6-server.ts";
import { Reassembly, cut } from "./fragments.ts";
import type { GroupMemberships } from "./group-memberships.ts";
import { PREFIX_IPV6, ROUTER_IPV6, type Hosts } from "./hosts.ts";
import {
	ALL_NODES, FRAGMENT_HEADER_BYTES, IPV6_HEADER_BYTES, PROTOCOL_FRAGMENT, PROTOCOL_HOP_BY_HOP, PROTOCOL_ICMPV6, UNSPECIFIED_IPV6,
	behindHopByHop, emitEchoReplyIpv6, emitEchoRequestIpv6, emitFragmentIpv6, emitIpv6, emitNeighbourAdvertisement,
	emitRouterAdvertisement, emitUnreachableIpv6, isMulticastIpv6, linkLocal, parseFragmentIpv6, parseIcmpv6, parseIpv6Packet, type Ipv6,
} from "./ipv6-packets.ts";
import type { Link } from "./link.ts";
import { ETHER_TYPE_IPV6, PROTOCOL_TCP, PROTOCOL_UDP, emitUdp, parseUdp } from "./packets.ts";
import type { TcpLayer } from "./tcp-layer.ts";
import { LOCAL_MICROS, type UdpLayer } from "./udp-layer.ts";

const LIFETIME_SECONDS = 1800;
const DEFAULT_MTU = 1500;
/** RFC 8200, 5. */
const LEAST_MTU = 1280;
/** RFC 2464, 7: behind it the last 4 bytes of the group. */
const MULTICAST_MAC = [0x33, 0x33];
const PING_IDENTIFIER = 0x5046;

export interface Ipv6NetworkOptions {
	clock: Clock;
	log: Log;
	link: Link;
	hosts: Hosts;
	udp: UdpLayer;
	tcp: TcpLayer;
	memberships: GroupMemberships;
	/** Default 1500. */
	mtu: number | undefined;
	/** Of the way between the device and everybody, one direction. */
	remoteMicros: number;
	trace: ((line: string) => void) | undefined;
	malformed(text: string): void;
}

export class Ipv6Network {
	readonly #options: Ipv6NetworkOptions;
	/** The router's on this link. */
	readonly #local: bigint;
	readonly #pings = new Map<number, { sentAtMicros: number; answered: (micros: number) => void }>();
	readonly #reassembly: Reassembly;
	readonly #mtu: number;
	#pingSequence = 0;
	#identification = 1;
	#deviceAddress: bigint | undefined;

	constructor(options: Ipv6NetworkOptions) {
		this.#options = options;
		this.#local = linkLocal(options.link.mac);
		this.#reassembly = new Reassembly(() => options.clock.micros);
		this.#mtu = Math.max(options.mtu ?? DEFAULT_MTU, LEAST_MTU);
	}

	/** The device's address in our network: the last one that it spoke from. */
	get deviceAddress(): bigint | undefined {
		return this.#deviceAddress;
	}

	deviceLeft(): void {
		this.#deviceAddress = undefined;
	}

	/** Asks the device for an echo. @param answered the round trip in virtual microseconds; not called for none. */
	ping(lengthBytes: number, answered: (micros: number) => void): void {
		const { clock } = this.#options;
		if (this.#deviceAddress !== undefined) {
			const sequence = ++this.#pingSequence & 0xffff;
			this.#pings.set(sequence, { sentAtMicros: clock.micros, answered });
			this.#send(emitEchoRequestIpv6(ROUTER_IPV6, this.#deviceAddress, PING_IDENTIFIER, sequence, lengthBytes));
		}
	}

	send(protocol: number, source: bigint, destination: bigint, payload: Uint8Array): void {
		if (IPV6_HEADER_BYTES + payload.length <= this.#mtu) {
			this.#send(emitIpv6(protocol, source, destination, payload));
			return;
		}
		const identification = this.#identification++;
		for (const piece of cut(payload, this.#mtu - IPV6_HEADER_BYTES - FRAGMENT_HEADER_BYTES)) {
			this.#send(emitIpv6(PROTOCOL_FRAGMENT, source, destination, emitFragmentIpv6({ ...piece, protocol, identification })));
		}
	}

	receive(bytes: Uint8Array): void {
		const packet = parseIpv6Packet(bytes);
		if (typeof packet === "string") {
			this.#options.malformed(packet);
			return;
		}
		if (packet.source >> 64n === PREFIX_IPV6 >> 64n) {
			this.#deviceAddress = packet.source;
		}
		this.#take(packet);
	}

	/** What a packet, or a header in front, holds. */
	#take(packet: Ipv6): void {
		const { clock, hosts, log, malformed, tcp, udp } = this.#options;
		switch (packet.protocol) {
			case PROTOCOL_ICMPV6:
				this.#icmp(packet);
				break;
			case PROTOCOL_UDP:
				if (isMulticastIpv6(packet.destination)) {
					this.#groupDatagram(packet);
				} else {
					udp.receive(packet, () => {
						clock.schedule(2 * this.#delayTo(packet.destination), () => this.#send(emitUnreachableIpv6(packet)));
					});
				}
				break;
			case PROTOCOL_TCP: {
				const fault = tcp.receive(packet);
				if (fault !== undefined) {
					malformed(fault);
				}
				break;
			}
			case PROTOCOL_HOP_BY_HOP: {
				const behind = behindHopByHop(packet.payload);
				if (typeof behind === "string") {
					malformed(behind);
				} else if (behind.protocol !== PROTOCOL_HOP_BY_HOP) {
					this.#take({ ...packet, ...behind });
				}
				break;
			}
			case PROTOCOL_FRAGMENT:
				this.#fragment(packet);
				break;
			default:
				log.violation("info", "network-ipv6-protocol", `an IPv6 packet of protocol ${packet.protocol} to ${formatAddress(packet.destination)}, which is not modelled${hosts.exists(packet.destination) ? "" : "; nobody is there"}`);
		}
	}

	#fragment(packet: Ipv6): void {
		const { malformed } = this.#options;
		const piece = parseFragmentIpv6(packet.payload);
		const whole = typeof piece === "string" ? piece : this.#reassembly.add(`${packet.source} ${packet.destination} ${piece.identification}`, piece);
		if (typeof whole === "string") {
			malformed(whole);
		} else if (whole && typeof piece !== "string" && piece.protocol !== PROTOCOL_FRAGMENT) {
			this.#take({ ...packet, protocol: piece.protocol, payload: whole });
		}
	}

	#groupDatagram(packet: Ipv6): void {
		const { clock, link, malformed, trace, udp } = this.#options;
		const datagram = parseUdp(packet);
		if (typeof datagram === "string" || datagram.destinationPort !== DHCPV6_SERVER_PORT) {
			udp.receiveGroup(packet);
			return;
		}
		const answer = answerDhcpv6(datagram.payload, link.mac, ROUTER_IPV6);
		if (typeof answer === "string") {
			malformed(answer);
		} else if (answer) {
			trace?.(answer.text);
			const reply = { sourcePort: DHCPV6_SERVER_PORT, destinationPort: DHCPV6_CLIENT_PORT, payload: answer.message };
			clock.schedule(LOCAL_MICROS, () => this.send(PROTOCOL_UDP, this.#local, packet.source, emitUdp(this.#local, packet.source, reply)));
		}
	}

	#isRouter(address: bigint): boolean {
		return address === ROUTER_IPV6 || address === this.#local;
	}

	#delayTo(address: bigint): number {
		return this.#isRouter(address) ? LOCAL_MICROS : this.#options.remoteMicros;
	}

	#icmp(packet: Ipv6): void {
		const { clock, hosts, link, malformed, trace } = this.#options;
		const message = parseIcmpv6(packet);
		if (typeof message === "string") {
			malformed(message);
			return;
		}
		const asker = packet.source === UNSPECIFIED_IPV6 ? ALL_NODES : packet.source;
		switch (message.kind) {
			case "echo":
				if (this.#isRouter(packet.destination) || hosts.exists(packet.destination)) {
					clock.schedule(2 * this.#delayTo(packet.destination), () =>
						this.#send(emitEchoReplyIpv6(packet.destination, packet.source, message.message)));
				}
				break;
			case "echo reply": {
				const ping = message.identifier === PING_IDENTIFIER ? this.#pings.get(message.sequence) : undefined;
				this.#pings.delete(message.sequence);
				ping?.answered(clock.micros - ping.sentAtMicros);
				break;
			}
			case "router solicitation":
				trace?.(`ipv6 router advertised to ${formatAddress(asker)}`);
				clock.schedule(LOCAL_MICROS, () => this.#send(emitRouterAdvertisement(this.#local, asker, {
					mac: link.mac, prefix: PREFIX_IPV6, dns: ROUTER_IPV6, lifetimeSeconds: LIFETIME_SECONDS, mtu: this.#mtu,
				})));
				break;
			case "neighbour solicitation":
				// Whoever looks whether an address is free is told when it is the router's.
				if (this.#isRouter(message.target)) {
					clock.schedule(LOCAL_MICROS, () =>
						this.#send(emitNeighbourAdvertisement(message.target, asker, message.target, link.mac, asker !== ALL_NODES)));
				}
				break;
			case "other": {
				const fault = this.#options.memberships.mld(packet.payload);
				if (fault !== undefined) {
					malformed(fault);
				}
				break;
			}
		}
	}

	#send(packet: Uint8Array): void {
		const group = packet[24] === 0xff ? Uint8Array.from([...MULTICAST_MAC, ...packet.subarray(36, 40)]) : undefined;
		this.#options.link.send(ETHER_TYPE_IPV6, packet, group);
	}
}
