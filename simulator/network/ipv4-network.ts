/** The router's IPv4 side: ARP, DHCP, ICMP, and the way to UDP and TCP. */
import type { Clock, Log } from "../wires.ts";
import { formatIpv4, formatMac, parseIpv4 as dottedIpv4 } from "./addresses.ts";
import { DhcpServer, type DhcpAnswer } from "./dhcp-server.ts";
import { Reassembly, cut } from "./fragments.ts";
import type { GroupMemberships } from "./group-memberships.ts";
import { FIRST_LEASE, MASK, ROUTER, type Hosts } from "./hosts.ts";
import type { Link } from "./link.ts";
import type { NetworkFaults, NetworkOptions } from "./options.ts";
import {
	BROADCAST_IPV4, BROADCAST_MAC, ETHER_TYPE_ARP, ETHER_TYPE_IPV4, IPV4_HEADER_BYTES, PROTOCOL_ICMP, PROTOCOL_IGMP, PROTOCOL_TCP, PROTOCOL_UDP, UNREACHABLE_HOST, UNREACHABLE_PORT,
	answerEcho, emitArp, emitEchoRequest, emitIpv4, emitUdp, emitUnreachable, parseArp, parseEchoReply, parseIpv4, parseUdp, type Ipv4, type Udp,
} from "./packets.ts";
import type { TcpLayer } from "./tcp-layer.ts";
import { LOCAL_MICROS, type UdpLayer } from "./udp-layer.ts";

const DHCP_SERVER_PORT = 67;
const DHCP_CLIENT_PORT = 68;
const MULTICAST_PREFIX = 0xe;
const PING_IDENTIFIER = 0x5046;
const DEFAULT_MTU = 1500;
/** Whoever announces the device's address. */
const OTHER_MAC = Uint8Array.from([0x02, 0x50, 0x46, 0x00, 0x02, 0x01]);

function isMulticast(address: number): boolean {
	return address >>> 28 === MULTICAST_PREFIX;
}

/** RFC 1112, 6.4: the lower 23 bits. */
function groupMac(group: number): Uint8Array {
	return Uint8Array.from([0x01, 0x00, 0x5e, (group >>> 16) & 0x7f, (group >>> 8) & 0xff, group & 0xff]);
}

export interface Ipv4NetworkOptions {
	clock: Clock;
	log: Log;
	link: Link;
	hosts: Hosts;
	network: NetworkOptions;
	faults: NetworkFaults;
	udp: UdpLayer;
	tcp: TcpLayer;
	memberships: GroupMemberships;
	/** Of the way between the device and everybody, one direction. */
	remoteMicros: number;
	trace: ((line: string) => void) | undefined;
	malformed(text: string): void;
}

export class Ipv4Network {
	readonly #options: Ipv4NetworkOptions;
	readonly #dhcp: DhcpServer;
	readonly #reassembly: Reassembly;
	readonly #mtu: number;
	readonly #dhcpCounts = { bound: 0, renewed: 0, rebound: 0, refused: 0 };
	readonly #pings = new Map<number, { sentAtMicros: number; answered: (micros: number) => void }>();
	#deviceIp: number | undefined;
	#identification = 1;
	#pingSequence = 0;

	/** What the device called itself when it last got its address or kept it; undefined when it did not say. */
	hostName: string | undefined;

	constructor(options: Ipv4NetworkOptions) {
		this.#options = options;
		this.#reassembly = new Reassembly(() => options.clock.micros);
		this.#mtu = options.network.mtu ?? DEFAULT_MTU;
		this.#dhcp = new DhcpServer({ first: FIRST_LEASE, mask: MASK, router: ROUTER }, options.network.dhcp, options.faults.dhcp);
		for (const { address, atMicros } of options.faults.announces ?? []) {
			const own = dottedIpv4(address) ?? 0;
			options.clock.schedule(atMicros, () => options.link.send(ETHER_TYPE_ARP, emitArp(OTHER_MAC, own, undefined, own), BROADCAST_MAC));
		}
	}

	/** That the device was given, or announced as its own; undefined before. */
	get deviceAddress(): number | undefined {
		return this.#deviceIp;
	}

	/** What the DHCP server did, and how often it was told that an address is another host's. */
	get dhcpCounts(): { bound: number; renewed: number; rebound: number; refused: number; declined: number } {
		return { ...this.#dhcpCounts, declined: this.#dhcp.declined };
	}

	/** Where connections to the device go, lease or not. */
	get likelyAddress(): number {
		return this.#deviceIp ?? FIRST_LEASE;
	}

	deviceLeft(): void {
		this.#deviceIp = undefined;
	}

	/** Asks for the device's hardware address, then for an echo. @param answered the round trip in virtual microseconds; not called for none. */
	ping(lengthBytes: number, answered: (micros: number) => void): void {
		const { clock, link } = this.#options;
		const sequence = ++this.#pingSequence & 0xffff;
		const device = this.likelyAddress;
		this.#pings.set(sequence, { sentAtMicros: clock.micros, answered });
		link.send(ETHER_TYPE_ARP, emitArp(link.mac, ROUTER, undefined, device), BROADCAST_MAC);
		clock.schedule(LOCAL_MICROS, () => this.send(PROTOCOL_ICMP, ROUTER, device, emitEchoRequest(PING_IDENTIFIER, sequence, lengthBytes)));
	}

	send(protocol: number, source: number, destination: number, payload: Uint8Array, mac?: Uint8Array): void {
		this.#identification = (this.#identification + 1) & 0xffff;
		const to = mac ?? (isMulticast(destination) ? groupMac(destination) : undefined);
		const { link } = this.#options;
		if (IPV4_HEADER_BYTES + payload.length <= this.#mtu) {
			link.send(ETHER_TYPE_IPV4, emitIpv4(protocol, source, destination, this.#identification, payload), to);
			return;
		}
		for (const piece of cut(payload, this.#mtu - IPV4_HEADER_BYTES)) {
			link.send(ETHER_TYPE_IPV4, emitIpv4(protocol, source, destination, this.#identification, piece.bytes, piece), to);
		}
	}

	arp(payload: Uint8Array): void {
		const { clock, hosts, link, malformed } = this.#options;
		const arp = parseArp(payload);
		if (!arp) {
			malformed(`an ARP packet of ${payload.length} bytes that cannot be read`);
			return;
		}
		// An announcement (RFC 5227 section 2.3): an address that nobody gave, and that is free.
		if (arp.targetIp === arp.senderIp && ((arp.senderIp ^ ROUTER) & MASK) === 0 && !hosts.exists(arp.senderIp)) {
			this.#deviceIp = arp.senderIp;
		}
		// The router speaks for everybody in the local network but the device itself.
		const ours = ((arp.targetIp ^ ROUTER) & MASK) === 0 && arp.targetIp !== arp.senderIp && hosts.exists(arp.targetIp);
		if (arp.request && ours) {
			clock.schedule(LOCAL_MICROS, () =>
				link.send(ETHER_TYPE_ARP, emitArp(link.mac, arp.targetIp, arp.senderMac, arp.senderIp), arp.senderMac));
		}
	}

	receive(payload: Uint8Array): void {
		const { faults, hosts, log, malformed, memberships, tcp } = this.#options;
		const packet = parseIpv4(payload);
		if (typeof packet === "string") {
			malformed(packet);
			return;
		}
		if (packet.fragmentOffset || packet.moreFragments) {
			const { source, destination, protocol, identification, fragmentOffset: offsetBytes, moreFragments: more } = packet;
			const whole = this.#reassembly.add(`${source} ${destination} ${protocol} ${identification}`, { offsetBytes, more, bytes: packet.payload });
			if (whole === undefined) {
				return;
			}
			if (typeof whole === "string") {
				malformed(whole);
				return;
			}
			packet.payload = whole;
		}
		if (packet.source !== 0 && packet.source !== this.likelyAddress) {
			log.violation("warning", "network-foreign-source", `a packet from ${formatIpv4(packet.source)}; the device's address is ${formatIpv4(this.likelyAddress)}`);
			return;
		}
		switch (packet.protocol) {
			case PROTOCOL_UDP:
				this.#udp(packet);
				break;
			case PROTOCOL_TCP: {
				const fault = tcp.receive(packet);
				if (fault !== undefined) {
					malformed(fault);
				}
				break;
			}
			case PROTOCOL_ICMP:
				if (faults.unreachable?.includes(formatIpv4(packet.destination))) {
					this.#unreachable(packet, ROUTER, UNREACHABLE_HOST);
				} else if (hosts.exists(packet.destination)) {
					this.#icmp(packet);
				}
				break;
			case PROTOCOL_IGMP: {
				const fault = memberships.igmp(packet.payload);
				if (fault !== undefined) {
					malformed(fault);
				}
				break;
			}
			default:
				// Others ask for no answer.
				break;
		}
	}

	#delayTo(address: number): number {
		return address === ROUTER || address === BROADCAST_IPV4 ? LOCAL_MICROS : this.#options.remoteMicros;
	}

	#icmp(packet: Ipv4): void {
		const { clock, malformed } = this.#options;
		const reply = answerEcho(packet.payload);
		if (typeof reply === "string") {
			malformed(reply);
			return;
		}
		if (reply) {
			clock.schedule(2 * this.#delayTo(packet.destination), () => this.send(PROTOCOL_ICMP, packet.destination, packet.source, reply));
			return;
		}
		const answer = parseEchoReply(packet.payload);
		const ping = answer?.identifier === PING_IDENTIFIER ? this.#pings.get(answer.sequence) : undefined;
		if (answer && ping) {
			this.#pings.delete(answer.sequence);
			ping.answered(clock.micros - ping.sentAtMicros);
		}
	}

	#udp(packet: Ipv4): void {
		const { malformed, network, udp } = this.#options;
		const datagram = parseUdp(packet);
		if (typeof datagram === "string") {
			malformed(datagram);
			return;
		}
		if (datagram.destinationPort === DHCP_SERVER_PORT) {
			this.#answerDhcp(datagram, packet.destination === ROUTER);
			return;
		}
		if (isMulticast(packet.destination)) {
			udp.receiveGroup(packet);
			return;
		}
		if (packet.destination === BROADCAST_IPV4 || (packet.destination & ~MASK) === (~MASK & 0xff)) {
			return;
		}
		udp.receive(packet, () => this.#unreachable(packet, packet.destination, UNREACHABLE_PORT));
	}

	/** @param from who says so. */
	#unreachable(packet: Ipv4, from: number, code: number): void {
		const quoted = { ...packet, header: packet.header.slice(), payload: packet.payload.slice() };
		this.#options.clock.schedule(this.#delayTo(packet.destination) * 2, () =>
			this.send(PROTOCOL_ICMP, from, packet.source, emitUnreachable(code, quoted)));
	}

	#answerDhcp(datagram: Udp, unicast: boolean): void {
		const answer = this.#dhcp.answer(datagram.payload, unicast);
		if (typeof answer === "string") {
			this.#options.malformed(answer);
			return;
		}
		if (answer && !this.#options.faults.dhcpSilent) {
			this.#options.clock.schedule(LOCAL_MICROS, () => this.#tell(answer));
		}
	}

	#tell({ kind, address, broadcast, clientMac, hostName, message }: DhcpAnswer): void {
		const { trace } = this.#options;
		if (kind === "bound" || kind === "renewed" || kind === "rebound" || kind === "refused") {
			this.#dhcpCounts[kind]++;
			trace?.(kind === "bound" ? `dhcp ${formatIpv4(address)} for ${formatMac(clientMac)}${hostName === undefined ? "" : ` (${JSON.stringify(hostName)})`}` : `dhcp ${formatIpv4(address)} ${kind}`);
			if (kind !== "refused") {
				this.#deviceIp = address;
				this.hostName = hostName;
			}
		}
		const destination = broadcast ? BROADCAST_IPV4 : address;
		const datagram = emitUdp(ROUTER, destination, { sourcePort: DHCP_SERVER_PORT, destinationPort: DHCP_CLIENT_PORT, payload: message });
		this.send(PROTOCOL_UDP, ROUTER, destination, datagram, broadcast ? BROADCAST_MAC : clientMac);
	}
}
