/** The TCP of everybody behind the router: finds or makes the connection of a segment, and who answers on it. Over IPv4 and IPv6. */
import type { Clock, Random } from "../wires.ts";
import { formatAddress, type Address } from "./addresses.ts";
import type { TcpService } from "./dns-over-tcp.ts";
import { CLIENT, CLIENT_IPV6, type Hosts } from "./hosts.ts";
import type { NetworkFaults, TcpPeer } from "./options.ts";
import { PROTOCOL_TCP, type Packet } from "./packets.ts";
import type { PeerLink, PeerListener, Peers } from "./peers.ts";
import { MAXIMUM_SEGMENT_BYTES, TcpConnection } from "./tcp-connection.ts";
import { ACK, FIN, RST, SYN, emitTcp, parseTcp, sequenceAdd, type TcpSegment } from "./tcp-segments.ts";

const FIRST_CLIENT_PORT = 49_152;

/** Sends a packet of a protocol towards the device. */
export type SendPacket = (protocol: number, source: Address, destination: Address, payload: Uint8Array) => void;

interface Connection {
	tcp: TcpConnection;
	link: PeerLink;
}

export interface TcpLayerOptions {
	clock: Clock;
	random: Random;
	hosts: Pick<Hosts, "exists" | "at" | "peerAt">;
	peers: Peers;
	/** Who of the simulator itself answers on a port, before any peer. */
	service?(address: Address, port: number): TcpService | undefined;
	faults: NetworkFaults;
	/** Of the way between the device and everybody, one direction. */
	remoteMicros: number;
	trace: ((line: string) => void) | undefined;
	send: SendPacket;
}

export class TcpLayer {
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #hosts: TcpLayerOptions["hosts"];
	readonly #peers: Peers;
	readonly #service: NonNullable<TcpLayerOptions["service"]>;
	readonly #faults: NetworkFaults;
	readonly #remoteMicros: number;
	readonly #trace: ((line: string) => void) | undefined;
	readonly #send: SendPacket;
	readonly #connections = new Map<string, Connection>();
	#clientPort = FIRST_CLIENT_PORT;

	constructor(options: TcpLayerOptions) {
		this.#clock = options.clock;
		this.#random = options.random;
		this.#hosts = options.hosts;
		this.#peers = options.peers;
		this.#service = options.service ?? (() => undefined);
		this.#faults = options.faults;
		this.#remoteMicros = options.remoteMicros;
		this.#trace = options.trace;
		this.#send = options.send;
	}

	/** A segment from the device. @returns a sentence when it is malformed. */
	receive(packet: Packet): string | undefined {
		const segment = parseTcp(packet);
		if (typeof segment === "string") {
			return segment;
		}
		if (!this.#hosts.exists(packet.destination)) {
			this.#trace?.(`tcp to ${formatAddress(packet.destination)}:${segment.destinationPort}, where nobody is`);
			return undefined;
		}
		if (this.#faults.tcpSilentPorts?.includes(segment.destinationPort)) {
			return undefined;
		}
		const source = packet.source;
		const destination = packet.destination;
		this.#clock.schedule(this.#remoteMicros, () => this.#segment(source, destination, segment));
		return undefined;
	}

	#segment(device: Address, address: Address, segment: TcpSegment): void {
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
	#refuse(device: Address, address: Address, segment: TcpSegment): void {
		const length = segment.payload.length + (segment.flags & SYN ? 1 : 0) + (segment.flags & FIN ? 1 : 0);
		const known = (segment.flags & ACK) !== 0;
		this.#sendTcp(device, address, {
			sourcePort: segment.destinationPort, destinationPort: segment.sourcePort,
			sequence: known ? segment.acknowledge : 0, acknowledge: known ? 0 : sequenceAdd(segment.sequence, length),
			flags: known ? RST : RST | ACK, window: 0, payload: new Uint8Array(),
		});
	}

	#open(key: string, device: Address, address: Address, syn: TcpSegment): void {
		const name = this.#hosts.at(address)?.name ?? formatAddress(address);
		const port = syn.destinationPort;
		const at = `tcp ${name}:${port} (${syn.sourcePort})`;
		const tcp = this.#connection(key, at, () => link, device, address, port, syn.sourcePort, syn);
		const listener = this.#listener(at, tcp, () => {
			this.#connections.delete(key);
			this.#refuse(device, address, syn);
		});
		const link: PeerLink = this.#service(address, port)?.open(listener) ?? this.#peers.open(name, port, this.#hosts.peerAt(address, port), listener);
		this.#connections.set(key, { tcp, link });
	}

	/** What the connection does with what comes from the device. */
	#connection(key: string, at: string, link: () => PeerLink, device: Address, address: Address, sourcePort: number, destinationPort: number, syn?: TcpSegment): TcpConnection {
		const tcp = new TcpConnection(this.#clock, {
			send: (segment) => this.#sendTcp(device, address, { ...segment, sourcePort, destinationPort }),
			received: (bytes) => link().send(bytes),
			unread: () => link().unread,
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
		}, syn, this.#random.next32(), typeof device === "number" ? MAXIMUM_SEGMENT_BYTES.ipv4 : MAXIMUM_SEGMENT_BYTES.ipv6);
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
			read: () => tcp.read(),
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
	connect(device: Address, port: number, peer: TcpPeer, client: Address = typeof device === "number" ? CLIENT : CLIENT_IPV6): void {
		const sourcePort = this.#clientPort;
		this.#clientPort = sourcePort === 65_535 ? FIRST_CLIENT_PORT : sourcePort + 1;
		const key = `${client}:${sourcePort}:${port}`;
		const at = `tcp client ${sourcePort} of port ${port}`;
		const tcp = this.#connection(key, at, () => link, device, client, sourcePort, port);
		const link: PeerLink = this.#peers.open("client", port, peer, this.#listener(at, tcp, () => {
			this.#connections.delete(key);
		}));
		this.#connections.set(key, { tcp, link });
	}

	#sendTcp(device: Address, address: Address, segment: TcpSegment): void {
		const bytes = emitTcp(address, device, segment);
		this.#clock.schedule(this.#remoteMicros, () => this.#send(PROTOCOL_TCP, address, device, bytes));
	}
}
