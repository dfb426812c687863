/**
 * A station that joins the network which the device opens: it looks for the name, proves that it knows the password, asks
 * for an address, and connects to the device's ports. All times are virtual.
 */
import type { Clock, Log, Random } from "../wires.ts";
import { pairwiseMasterKey, type AccessPoint, type Station } from "../radio/air.ts";
import { formatAddress, formatMac, parseMac, sameBytes } from "./addresses.ts";
import { emitDhcpRequest, parseDhcpReply, type DhcpReply } from "./dhcp-client.ts";
import type { FaultyAir } from "./faulty-air.ts";
import type { ClientSettings, TcpPeer } from "./options.ts";
import {
	BROADCAST_IPV4, BROADCAST_MAC, ETHER_HEADER_BYTES, ETHER_TYPE_ARP, ETHER_TYPE_IPV4, PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP,
	answerEcho, emitArp, emitEthernet, emitIpv4, emitUdp, parseArp, parseIpv4, parseUdp,
} from "./packets.ts";
import type { Peers } from "./peers.ts";
import { TcpLayer } from "./tcp-layer.ts";

const LOOK_EVERY_MICROS = 100_000;
const HANDSHAKE_MICROS = 50_000;
const DHCP_AGAIN_MICROS = 2_000_000;
const ARP_AGAIN_MICROS = 500_000;
const DHCP_SERVER_PORT = 67;
const DHCP_CLIENT_PORT = 68;

/** How far it is: it looks for the network, was not let in, was sent away, has joined, has an address and knows the router's. */
export type ClientState = "looking" | "refused" | "sent away" | "joined" | "addressed";

export interface ClientStationOptions {
	settings: ClientSettings;
	clock: Clock;
	log: Log;
	random: Random;
	air: FaultyAir;
	peers: Peers;
	/** The networks that the device has on the air. */
	networks(): readonly AccessPoint[];
	trace: ((line: string) => void) | undefined;
}

export class ClientStation implements Station {
	readonly mac: Uint8Array;
	readonly #options: ClientStationOptions;
	readonly #tcp: TcpLayer;
	readonly #transaction: number;
	readonly #waiting: (() => void)[] = [];
	#state: ClientState = "looking";
	#accessPoint: AccessPoint | undefined;
	#lease: DhcpReply | undefined;
	#routerMac: Uint8Array | undefined;
	#identification = 0;

	/** @throws with a sentence on a setting that cannot be. @param index counts the clients, 0 the first. */
	constructor(options: ClientStationOptions, index = 0) {
		const { settings, clock, peers, random, trace } = options;
		this.#options = options;
		const mac = settings.mac === undefined ? Uint8Array.from([0x02, 0x50, 0x46, 0x00, 0x01, index + 1]) : parseMac(settings.mac);
		if (!mac || mac[0] & 1) {
			throw new Error(`client of "${settings.ssid}": "${settings.mac}" is no address of a station, such as 02:50:46:00:01:01`);
		}
		this.mac = mac;
		this.#transaction = random.next32();
		this.#tcp = new TcpLayer({
			clock, random, peers, trace, faults: {}, remoteMicros: 0,
			hosts: { exists: (address) => address === this.#lease?.address, at: () => undefined, peerAt: () => undefined },
			send: (protocol, source, destination, payload) => this.#send(protocol, source as number, destination as number, payload),
		});
		clock.schedule(settings.joinAfterMicros ?? 0, () => this.#look());
	}

	get state(): ClientState {
		return this.#state;
	}

	/** Its address and the router's, dotted, once it is addressed. */
	get addresses(): { own: string; router: string } | undefined {
		const lease = this.#lease;
		return lease && { own: formatAddress(lease.address), router: formatAddress(lease.router ?? lease.server) };
	}

	/** Connects to a TCP port of the device, as soon as it can. `peer` speaks for the client. */
	connect(port: number, peer: TcpPeer): void {
		const open = () => {
			const lease = this.#lease as DhcpReply;
			this.#tcp.connect(lease.router ?? lease.server, port, peer, lease.address);
		};
		if (this.#state === "addressed") {
			open();
		} else {
			this.#waiting.push(open);
		}
	}

	/** Leaves the network, and does not come back. */
	leave(): void {
		const accessPoint = this.#accessPoint;
		this.#gone("sent away", "left");
		accessPoint?.disconnect(this);
	}

	deauthenticate(reason: number): void {
		this.#gone("sent away", `sent away (reason ${reason})`);
	}

	// ---- joining ------------------------------------------------------------------------------------------------------

	#look(): void {
		const { clock, networks, settings } = this.#options;
		const found = networks().find(({ ssid }) => ssid === settings.ssid);
		if (!found) {
			clock.schedule(LOOK_EVERY_MICROS, () => this.#look());
			return;
		}
		clock.schedule(HANDSHAKE_MICROS, () => this.#join(found));
	}

	#join(accessPoint: AccessPoint): void {
		if (!knowsSecret(accessPoint, this.#options.settings.password)) {
			this.#gone("refused", `not let in: ${accessPoint.security} asks for another password`);
			return;
		}
		this.#state = "joined";
		this.#accessPoint = accessPoint;
		this.#say(`joined ${accessPoint.ssid} (${accessPoint.security}, channel ${accessPoint.channel})`);
		accessPoint.connect(this);
		this.#askForAddress();
	}

	#gone(state: ClientState, why: string): void {
		this.#state = state;
		this.#accessPoint = undefined;
		this.#lease = undefined;
		this.#say(why);
	}

	// ---- address --------------------------------------------------------------------------------------------------------

	#askForAddress(): void {
		if (this.#state !== "joined" || this.#lease) {
			return;
		}
		this.#sendDhcp();
		this.#options.clock.schedule(DHCP_AGAIN_MICROS, () => this.#askForAddress());
	}

	#sendDhcp(offer?: DhcpReply): void {
		const payload = emitDhcpRequest(this.mac, this.#transaction, offer);
		const datagram = emitUdp(0, BROADCAST_IPV4, { sourcePort: DHCP_CLIENT_PORT, destinationPort: DHCP_SERVER_PORT, payload });
		this.#send(PROTOCOL_UDP, 0, BROADCAST_IPV4, datagram);
	}

	#dhcp(message: Uint8Array): void {
		const reply = parseDhcpReply(message, this.#transaction);
		if (typeof reply === "string") {
			this.#malformed(reply);
		} else if (reply?.kind === "offer" && !this.#lease) {
			this.#sendDhcp(reply);
		} else if (reply?.kind === "acknowledgement" && !this.#lease) {
			this.#lease = reply;
			this.#say(`address ${this.addresses?.own}, router ${this.addresses?.router}`);
			this.#askForRouter();
		}
	}

	/** The hardware address of the router, which is the device. */
	#askForRouter(): void {
		const lease = this.#lease;
		if (this.#state !== "joined" || !lease) {
			return;
		}
		this.#frame(ETHER_TYPE_ARP, emitArp(this.mac, lease.address, undefined, lease.router ?? lease.server), BROADCAST_MAC);
		this.#options.clock.schedule(ARP_AGAIN_MICROS, () => this.#askForRouter());
	}

	#arp(payload: Uint8Array): void {
		const arp = parseArp(payload);
		const lease = this.#lease;
		if (!arp) {
			this.#malformed(`an ARP packet of ${payload.length} bytes that cannot be read`);
			return;
		}
		if (!lease) {
			return;
		}
		if (arp.request && arp.targetIp === lease.address) {
			this.#frame(ETHER_TYPE_ARP, emitArp(this.mac, lease.address, arp.senderMac, arp.senderIp), arp.senderMac);
		} else if (!arp.request && arp.senderIp === (lease.router ?? lease.server) && this.#state === "joined") {
			this.#routerMac = arp.senderMac;
			this.#state = "addressed";
			for (const open of this.#waiting.splice(0)) {
				open();
			}
		}
	}

	// ---- frames -----------------------------------------------------------------------------------------------------------

	/** A frame of the device. */
	receive(frame: Uint8Array): void {
		this.#options.air.carry("up", frame, (came, damaged) => this.#received(came, damaged));
	}

	#received(frame: Uint8Array, damaged: boolean): void {
		const forUs = frame.length >= ETHER_HEADER_BYTES && (sameBytes(frame.subarray(0, 6), this.mac) || (frame[0] & 1) === 1);
		// What the plan damaged is dropped by its checksums, and by this.
		if (!forUs || damaged || !this.#accessPoint) {
			return;
		}
		const payload = frame.subarray(ETHER_HEADER_BYTES);
		switch ((frame[12] << 8) | frame[13]) {
			case ETHER_TYPE_ARP:
				this.#arp(payload);
				break;
			case ETHER_TYPE_IPV4:
				this.#ipv4(payload);
				break;
		}
	}

	#ipv4(bytes: Uint8Array): void {
		const packet = parseIpv4(bytes);
		if (typeof packet === "string") {
			this.#malformed(packet);
			return;
		}
		switch (packet.protocol) {
			case PROTOCOL_UDP: {
				const datagram = parseUdp(packet);
				if (typeof datagram === "string") {
					this.#malformed(datagram);
				} else if (datagram.destinationPort === DHCP_CLIENT_PORT) {
					this.#dhcp(datagram.payload);
				}
				break;
			}
			case PROTOCOL_TCP: {
				const fault = this.#tcp.receive(packet);
				if (fault !== undefined) {
					this.#malformed(fault);
				}
				break;
			}
			case PROTOCOL_ICMP: {
				const reply = answerEcho(packet.payload);
				if (reply instanceof Uint8Array && packet.destination === this.#lease?.address) {
					this.#send(PROTOCOL_ICMP, packet.destination, packet.source, reply);
				}
				break;
			}
		}
	}

	#send(protocol: number, source: number, destination: number, payload: Uint8Array): void {
		this.#identification = (this.#identification + 1) & 0xffff;
		const to = destination === BROADCAST_IPV4 ? BROADCAST_MAC : this.#routerMac;
		if (to) {
			this.#frame(ETHER_TYPE_IPV4, emitIpv4(protocol, source, destination, this.#identification, payload), to);
		}
	}

	#frame(etherType: number, payload: Uint8Array, to: Uint8Array): void {
		const accessPoint = this.#accessPoint;
		if (accessPoint) {
			this.#options.air.carry("down", emitEthernet(to, this.mac, etherType, payload), (frame) => accessPoint.transmit(this, frame));
		}
	}

	#malformed(text: string): void {
		this.#options.log.violation("error", "network-malformed", `the device sent ${text}`);
	}

	#say(text: string): void {
		this.#options.trace?.(`client ${formatMac(this.mac)}: ${text}`);
	}
}

function knowsSecret(accessPoint: AccessPoint, password: string | undefined): boolean {
	const { security, ssid } = accessPoint;
	if (security === "open" || password === undefined) {
		return security === "open" && password === undefined;
	}
	return security.includes("wpa3") ? accessPoint.acceptsPassword(Buffer.from(password)) : accessPoint.acceptsKey(pairwiseMasterKey(password, ssid));
}
