/**
 * Everything behind the access point, as far as a device can see it: the router with its DHCP and DNS server, an NTP
 * server, and the named hosts with their TCP and UDP ports. Takes and gives Ethernet frames.
 */
import type { Clock, Log, Random } from "../wires.ts";
import { formatIpv4, formatMac, parseIpv4 as parseAddress, sameBytes } from "./addresses.ts";
import { answerDhcp, type Lease } from "./dhcp-server.ts";
import { answerDns } from "./dns-server.ts";
import { answerNtp } from "./ntp-server.ts";
import type { HostOptions, NetworkFaults, NetworkOptions, TcpPeer } from "./options.ts";
import {
	BROADCAST_IPV4, BROADCAST_MAC, ETHER_HEADER_BYTES, ETHER_TYPE_ARP, ETHER_TYPE_IPV4, ETHER_TYPE_IPV6, PROTOCOL_ICMP,
	PROTOCOL_TCP, PROTOCOL_UDP, UNREACHABLE_PORT, answerEcho, emitArpReply, emitEthernet, emitIpv4, emitUdp,
	emitUnreachable, parseArp, parseIpv4, parseUdp, type Ipv4, type Udp,
} from "./packets.ts";
import type { PeerLink, PeerListener, Peers } from "./peers.ts";
import { TcpConnection } from "./tcp-connection.ts";
import { ACK, FIN, RST, SYN, emitTcp, parseTcp, sequenceAdd, type TcpSegment } from "./tcp-segments.ts";

/** The local network: router, DHCP and DNS server at .1, the device at .2. */
const ROUTER = 0xc0a80401;
const DEVICE = 0xc0a80402;
const MASK = 0xffffff00;
/** TEST-NET-3 (RFC 5737): hosts from .10 on, the NTP server at .123, whoever connects to the device at .200. */
const FIRST_HOST = 0xcb00710a;
const CLIENT = 0xcb0071c8;
const FIRST_CLIENT_PORT = 49_152;
const NTP_SERVER = 0xcb00717b;

const DHCP_SERVER_PORT = 67;
const DHCP_CLIENT_PORT = 68;
const DNS_PORT = 53;
const NTP_PORT = 123;
const MULTICAST_PREFIX = 0xe;

/** Answers from the local network come after this. */
const LOCAL_MICROS = 500;

const NTP_NAMES = [
	"pool.ntp.org", "0.pool.ntp.org", "1.pool.ntp.org", "2.pool.ntp.org", "3.pool.ntp.org", "time.cloudflare.com",
	"time.google.com", "time.nist.gov", "time.windows.com", "time.apple.com",
];

interface Host {
	name: string;
	address: number;
	options: HostOptions;
}

interface Connection {
	tcp: TcpConnection;
	link: PeerLink;
}

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
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #log: Log;
	readonly #epochMs: number;
	readonly #faults: NetworkFaults;
	readonly #peers: Peers;
	readonly #mac: Uint8Array;
	readonly #trace: ((line: string) => void) | undefined;
	readonly #send: (frame: Uint8Array) => void;
	readonly #hosts: readonly Host[];
	readonly #ntpNames: ReadonlySet<string>;
	readonly #remoteMicros: number;
	readonly #connections = new Map<string, Connection>();

	#damaged = false;
	#deviceMac: Uint8Array | undefined;
	#deviceIp: number | undefined;
	#identification = 1;
	#clientPort = FIRST_CLIENT_PORT;

	constructor(options: InternetOptions) {
		this.#clock = options.clock;
		this.#random = options.random;
		this.#log = options.log;
		this.#epochMs = options.epochMs;
		this.#faults = options.faults;
		this.#peers = options.peers;
		this.#mac = options.mac;
		this.#trace = options.trace;
		this.#send = options.send;
		this.#hosts = hostsOf(options.network);
		this.#ntpNames = new Set(options.network.ntpNames ?? NTP_NAMES);
		// Half of the latency each way.
		this.#remoteMicros = (options.network.latencyMicros ?? 4000) / 2;
	}

	/** The address that the device was given, dotted; undefined before. */
	get deviceAddress(): string | undefined {
		return this.#deviceIp === undefined ? undefined : formatIpv4(this.#deviceIp);
	}

	/** The device left: its connections are dropped without a word. */
	deviceLeft(): void {
		this.#deviceIp = undefined;
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
				this.#arp(payload);
				break;
			case ETHER_TYPE_IPV4:
				this.#ipv4(payload);
				break;
			case ETHER_TYPE_IPV6:
				// Router solicitations and the like: there is no IPv6 here.
				break;
			default:
				this.#log.violation("info", "network-ether-type", `a frame of type 0x${etherType.toString(16)}, which is not modelled`);
		}
	}

	#malformed(text: string): void {
		if (this.#damaged) {
			this.#trace?.(`dropped: ${text}`);
			return;
		}
		this.#log.violation("error", "network-malformed", `the device sent ${text}`);
	}

	// ---- Ethernet and IP ------------------------------------------------------------------------------------------------

	#arp(payload: Uint8Array): void {
		const arp = parseArp(payload);
		if (!arp) {
			this.#malformed(`an ARP packet of ${payload.length} bytes that cannot be read`);
			return;
		}
		if (arp.request && arp.targetIp === ROUTER) {
			this.#later(LOCAL_MICROS, () => {
				this.#send(emitEthernet(arp.senderMac, this.#mac, ETHER_TYPE_ARP, emitArpReply(this.#mac, ROUTER, arp.senderMac, arp.senderIp)));
			});
		}
	}

	#ipv4(payload: Uint8Array): void {
		const packet = parseIpv4(payload);
		if (typeof packet === "string") {
			this.#malformed(packet);
			return;
		}
		if (packet.fragment) {
			this.#log.violation("warning", "network-unmodelled-fragment", "the device sent a fragment; they are not put together");
			return;
		}
		if (packet.source !== 0 && packet.source !== DEVICE) {
			this.#log.violation("warning", "network-foreign-source", `a packet from ${formatIpv4(packet.source)}; the device's address is ${formatIpv4(DEVICE)}`);
			return;
		}
		switch (packet.protocol) {
			case PROTOCOL_UDP:
				this.#udp(packet);
				break;
			case PROTOCOL_TCP:
				this.#tcp(packet);
				break;
			case PROTOCOL_ICMP:
				this.#icmp(packet);
				break;
			default:
				// IGMP and others ask for no answer.
				break;
		}
	}

	/** @returns true when somebody has this address. */
	#exists(address: number): boolean {
		return address === ROUTER || address === NTP_SERVER || address === CLIENT || this.#hosts.some((host) => host.address === address);
	}

	#delayTo(address: number): number {
		return address === ROUTER || address === BROADCAST_IPV4 ? LOCAL_MICROS : this.#remoteMicros;
	}

	#sendIp(protocol: number, source: number, destination: number, payload: Uint8Array, mac = this.#deviceMac): void {
		if (!mac) {
			return;
		}
		this.#identification = (this.#identification + 1) & 0xffff;
		const packet = emitIpv4(protocol, source, destination, this.#identification, payload);
		this.#send(emitEthernet(mac, this.#mac, ETHER_TYPE_IPV4, packet));
	}

	#later(delayMicros: number, action: () => void): void {
		this.#clock.schedule(delayMicros, action);
	}

	#icmp(packet: Ipv4): void {
		const reply = answerEcho(packet.payload);
		if (typeof reply === "string") {
			this.#malformed(reply);
		} else if (reply && this.#exists(packet.destination)) {
			this.#later(2 * this.#delayTo(packet.destination), () => this.#sendIp(PROTOCOL_ICMP, packet.destination, packet.source, reply));
		}
	}

	// ---- UDP --------------------------------------------------------------------------------------------------------------

	#udp(packet: Ipv4): void {
		const datagram = parseUdp(packet);
		if (typeof datagram === "string") {
			this.#malformed(datagram);
			return;
		}
		if (datagram.destinationPort === DHCP_SERVER_PORT) {
			this.#dhcp(datagram);
			return;
		}
		if (packet.destination >>> 28 === MULTICAST_PREFIX || packet.destination === BROADCAST_IPV4 || (packet.destination & ~MASK) === (~MASK & 0xff)) {
			return;
		}
		const reply = (payload: Uint8Array, delayMicros: number) => {
			this.#later(delayMicros, () => this.#sendUdp(packet.destination, packet.source, {
				sourcePort: datagram.destinationPort, destinationPort: datagram.sourcePort, payload,
			}));
		};
		if (datagram.destinationPort === DNS_PORT && packet.destination === ROUTER) {
			this.#dns(datagram, (answer) => reply(answer, LOCAL_MICROS * 2));
			return;
		}
		if (datagram.destinationPort === NTP_PORT && (packet.destination === NTP_SERVER || packet.destination === ROUTER)) {
			this.#ntp(datagram, (answer) => reply(answer, this.#remoteMicros));
			return;
		}
		const host = this.#hosts.find((entry) => entry.address === packet.destination);
		const handler = host?.options.udp?.[datagram.destinationPort];
		if (handler) {
			this.#later(this.#remoteMicros, () => handler(datagram.payload, (answer) => reply(answer.slice(), this.#remoteMicros)));
		} else if (this.#exists(packet.destination)) {
			const quoted = { ...packet, header: packet.header.slice(), payload: packet.payload.slice() };
			this.#later(this.#delayTo(packet.destination) * 2, () =>
				this.#sendIp(PROTOCOL_ICMP, packet.destination, packet.source, emitUnreachable(UNREACHABLE_PORT, quoted)));
		}
	}

	#sendUdp(source: number, destination: number, datagram: Udp, mac?: Uint8Array): void {
		this.#sendIp(PROTOCOL_UDP, source, destination, emitUdp(source, destination, datagram), mac);
	}

	#dhcp(datagram: Udp): void {
		const lease: Lease = { address: DEVICE, mask: MASK, router: ROUTER };
		const answer = answerDhcp(datagram.payload, lease);
		if (typeof answer === "string") {
			this.#malformed(answer);
			return;
		}
		if (!answer || this.#faults.dhcpSilent) {
			return;
		}
		this.#later(LOCAL_MICROS, () => {
			if (answer.bound) {
				this.#deviceIp = lease.address;
				this.#trace?.(`dhcp ${formatIpv4(lease.address)} for ${formatMac(answer.clientMac)}`);
			}
			this.#sendUdp(ROUTER, answer.broadcast ? BROADCAST_IPV4 : lease.address, {
				sourcePort: DHCP_SERVER_PORT, destinationPort: DHCP_CLIENT_PORT, payload: answer.message,
			}, answer.broadcast ? BROADCAST_MAC : answer.clientMac);
		});
	}

	#dns(datagram: Udp, reply: (answer: Uint8Array) => void): void {
		const answer = answerDns(datagram.payload, (name) => this.#lookUp(name));
		if (typeof answer === "string") {
			this.#malformed(answer);
			return;
		}
		this.#trace?.(`dns ${answer.text}${this.#faults.dnsSilent ? " (not answered: fault)" : ""}`);
		if (!this.#faults.dnsSilent) {
			reply(answer.message);
		}
	}

	#lookUp(name: string): string | undefined {
		const host = this.#hosts.find((entry) => entry.name === name);
		if (this.#faults.dnsAnswer !== undefined) {
			return this.#faults.dnsAnswer;
		}
		return host ? formatIpv4(host.address) : this.#ntpNames.has(name) ? formatIpv4(NTP_SERVER) : undefined;
	}

	#ntp(datagram: Udp, reply: (answer: Uint8Array) => void): void {
		// The request arrives, and the time is told, after half of the way.
		const tell = () => {
			const answer = answerNtp(datagram.payload, this.#epochMs + this.#clock.micros / 1000 + (this.#faults.ntpOffsetMs ?? 0));
			if (typeof answer === "string") {
				this.#malformed(answer);
			} else if (!this.#faults.ntpSilent) {
				reply(answer);
			}
		};
		this.#later(this.#remoteMicros, tell);
	}

	// ---- TCP --------------------------------------------------------------------------------------------------------------

	#tcp(packet: Ipv4): void {
		const segment = parseTcp(packet);
		if (typeof segment === "string") {
			this.#malformed(segment);
			return;
		}
		if (!this.#exists(packet.destination)) {
			this.#trace?.(`tcp to ${formatIpv4(packet.destination)}:${segment.destinationPort}, where nobody is`);
			return;
		}
		if (this.#faults.tcpSilentPorts?.includes(segment.destinationPort)) {
			return;
		}
		const source = packet.source;
		const destination = packet.destination;
		this.#later(this.#remoteMicros, () => this.#segment(source, destination, segment));
	}

	#segment(device: number, address: number, segment: TcpSegment): void {
		const key = `${address}:${segment.destinationPort}:${segment.sourcePort}`;
		let connection = this.#connections.get(key);
		const opens = (segment.flags & (SYN | ACK | RST)) === SYN;
		if (connection?.tcp.state === "time-wait" && opens) {
			this.#connections.delete(key);
			connection = undefined;
		}
		if (connection) {
			connection.tcp.receive(segment);
		} else if (opens) {
			this.#open(key, device, address, segment);
		} else if (!(segment.flags & RST)) {
			this.#refuse(device, address, segment);
		}
	}

	/** Nobody knows the connection: RFC 9293, 3.10.7.1. */
	#refuse(device: number, address: number, segment: TcpSegment): void {
		const length = segment.payload.length + (segment.flags & SYN ? 1 : 0) + (segment.flags & FIN ? 1 : 0);
		const known = (segment.flags & ACK) !== 0;
		this.#sendTcp(device, address, {
			sourcePort: segment.destinationPort, destinationPort: segment.sourcePort,
			sequence: known ? segment.acknowledge : 0, acknowledge: known ? 0 : sequenceAdd(segment.sequence, length),
			flags: known ? RST : RST | ACK, window: 0, payload: new Uint8Array(),
		});
	}

	#open(key: string, device: number, address: number, syn: TcpSegment): void {
		const host = this.#hosts.find((entry) => entry.address === address);
		const name = host?.name ?? formatIpv4(address);
		const port = syn.destinationPort;
		const at = `tcp ${name}:${port} (${syn.sourcePort})`;
		const tcp = this.#connection(key, at, () => link, device, address, port, syn.sourcePort, syn);
		const link: PeerLink = this.#peers.open(name, port, this.#peerAt(host, port), this.#listener(at, tcp, () => {
			this.#connections.delete(key);
			this.#refuse(device, address, syn);
		}));
		this.#connections.set(key, { tcp, link });
	}

	/** What the connection does with what comes from the device. */
	#connection(key: string, at: string, link: () => PeerLink, device: number, address: number, sourcePort: number, destinationPort: number, syn?: TcpSegment): TcpConnection {
		const tcp = new TcpConnection(this.#clock, {
			send: (segment) => this.#sendTcp(device, address, { ...segment, sourcePort, destinationPort }),
			received: (bytes) => link().send(bytes),
			receivedEnd: () => {
				this.#trace?.(`${at}: the device ended`);
				link().end();
			},
			broken: (reason) => {
				this.#trace?.(`${at}: ${reason === "reset" ? "reset by the device" : "the device does not answer any more"}`);
				link().destroy();
			},
			paused: (pause) => link().pause(pause),
			gone: () => {
				if (this.#connections.get(key)?.tcp === tcp) {
					this.#connections.delete(key);
				}
			},
		}, syn, this.#random.next32());
		return tcp;
	}

	/** What the connection does with what comes from the peer. */
	#listener(at: string, tcp: TcpConnection, refused: () => void): PeerListener {
		return {
			opened: () => {
				this.#trace?.(`${at}: opened`);
				tcp.accept();
			},
			refused: () => {
				this.#trace?.(`${at}: refused`);
				refused();
			},
			bytes: (bytes) => tcp.write(bytes),
			end: () => {
				this.#trace?.(`${at}: the peer ended`);
				tcp.end();
			},
			reset: () => {
				this.#trace?.(`${at}: the peer broke off`);
				tcp.reset();
			},
		};
	}

	/** Connects to a port of the device: `peer` speaks for the client. */
	connect(port: number, peer: TcpPeer): void {
		const device = DEVICE;
		const sourcePort = this.#clientPort;
		this.#clientPort = sourcePort === 65_535 ? FIRST_CLIENT_PORT : sourcePort + 1;
		const key = `${CLIENT}:${sourcePort}:${port}`;
		const at = `tcp client ${sourcePort} of port ${port}`;
		const tcp = this.#connection(key, at, () => link, device, CLIENT, sourcePort, port);
		const link: PeerLink = this.#peers.open("client", port, peer, this.#listener(at, tcp, () => {
			this.#connections.delete(key);
		}));
		this.#connections.set(key, { tcp, link });
	}

	#peerAt(host: Host | undefined, port: number): TcpPeer | undefined {
		return host?.options.ports?.[port] ?? host?.options.tcp;
	}

	#sendTcp(device: number, address: number, segment: TcpSegment): void {
		const bytes = emitTcp(address, device, segment);
		this.#later(this.#remoteMicros, () => this.#sendIp(PROTOCOL_TCP, address, device, bytes));
	}
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost):\d+$/;

/** @throws on a peer that is not on this machine, and on an address that is none. */
function hostsOf(network: NetworkOptions): Host[] {
	return Object.entries(network.hosts ?? {}).map(([name, entry], index) => {
		const options: HostOptions = typeof entry === "string" || "connect" in entry ? { tcp: entry } : entry;
		for (const peer of [options.tcp, ...Object.values(options.ports ?? {})]) {
			if (typeof peer === "string" && !LOOPBACK.test(peer)) {
				throw new Error(`host "${name}": "${peer}" is not a server on this machine; give 127.0.0.1:PORT`);
			}
		}
		const address = options.address === undefined ? FIRST_HOST + index : parseAddress(options.address);
		if (address === undefined) {
			throw new Error(`host "${name}": "${options.address}" is not an IPv4 address`);
		}
		return { name: name.toLowerCase(), address, options };
	});
}
