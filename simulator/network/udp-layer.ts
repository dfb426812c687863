/** The UDP of everybody behind the router: DNS, NTP and the named hosts. Over IPv4 and IPv6; DHCP is IPv4's own. */
import type { Clock } from "../wires.ts";
import { parseIpv4, type Address } from "./addresses.ts";
import { answerDns } from "./dns-server.ts";
import { NTP_SERVER, ROUTER, ROUTER_IPV6, type Hosts, type NameRecord } from "./hosts.ts";
import { answerNtp } from "./ntp-server.ts";
import type { NetworkFaults, UdpPeer, UdpReply } from "./options.ts";
import { PROTOCOL_UDP, emitUdp, parseUdp, type Packet, type Udp } from "./packets.ts";
import type { SendPacket } from "./tcp-layer.ts";

const DNS_PORT = 53;
const NTP_PORT = 123;
/** Who speaks in groups, unless a test says otherwise. */
const NEIGHBOUR = "192.168.4.250";
/** Answers from the local network come after this. */
export const LOCAL_MICROS = 500;

export interface UdpLayerOptions {
	clock: Clock;
	hosts: Hosts;
	faults: NetworkFaults;
	/** Unix milliseconds at power-on. */
	epochMs: number;
	/** Of the way between the device and everybody, one direction. */
	remoteMicros: number;
	trace: ((line: string) => void) | undefined;
	/** The device sent what cannot be read. */
	malformed(text: string): void;
	send: SendPacket;
}

export class UdpLayer {
	readonly #options: UdpLayerOptions;
	/** Names of the real Internet, as they were told last. */
	readonly #outside = new Map<string, NameRecord | undefined>();

	constructor(options: UdpLayerOptions) {
		this.#options = options;
	}

	/** A datagram from the device to one receiver. @param unreachable tells the device that nobody listens there. */
	receive(packet: Packet, unreachable: () => void): void {
		const { clock, hosts, remoteMicros } = this.#options;
		const datagram = parseUdp(packet);
		if (typeof datagram === "string") {
			this.#options.malformed(datagram);
			return;
		}
		const reply = (payload: Uint8Array, delayMicros: number, { address, port = datagram.destinationPort, afterMicros = 0 }: UdpReply = {}) => {
			const source = address === undefined ? packet.destination : parseIpv4(address)!;
			clock.schedule(delayMicros + afterMicros, () => this.#send(source, packet.source, { sourcePort: port, destinationPort: datagram.sourcePort, payload }));
		};
		const toRouter = packet.destination === ROUTER || packet.destination === ROUTER_IPV6;
		if (datagram.destinationPort === DNS_PORT && toRouter) {
			this.#dns(datagram, (answer) => reply(answer, LOCAL_MICROS * 2 + (this.#options.faults.dnsDelayMicros ?? 0)));
			return;
		}
		if (datagram.destinationPort === NTP_PORT && (packet.destination === NTP_SERVER || toRouter)) {
			this.#ntp(datagram, (answer) => reply(answer, remoteMicros));
			return;
		}
		const handler = hosts.at(packet.destination)?.options.udp?.[datagram.destinationPort];
		if (handler) {
			clock.schedule(remoteMicros, () => handler(
				datagram.payload, (answer, as) => reply(answer.slice(), remoteMicros, as), { port: datagram.sourcePort },
			));
		} else if (hosts.exists(packet.destination)) {
			unreachable();
		}
	}

	/** A datagram from the device to a group. */
	receiveGroup(packet: Packet, handler: UdpPeer): void {
		const { clock, malformed } = this.#options;
		const datagram = parseUdp(packet);
		if (typeof datagram === "string") {
			malformed(datagram);
			return;
		}
		const reply = (payload: Uint8Array, { address = NEIGHBOUR, port = datagram.destinationPort, afterMicros = 0, to = "group" }: UdpReply = {}) => {
			const copy = payload.slice();
			clock.schedule(LOCAL_MICROS + afterMicros, () => this.#send(parseIpv4(address)!, to === "group" ? packet.destination : packet.source, {
				sourcePort: port, destinationPort: to === "group" ? datagram.destinationPort : datagram.sourcePort, payload: copy,
			}));
		};
		clock.schedule(LOCAL_MICROS, () => handler(datagram.payload, reply, { port: datagram.sourcePort }));
	}

	#send(source: Address, destination: Address, datagram: Udp): void {
		this.#options.send(PROTOCOL_UDP, source, destination, emitUdp(source, destination, datagram));
	}

	#dns(datagram: Udp, reply: (answer: Uint8Array) => void): void {
		const { faults, trace } = this.#options;
		const unknown = new Set<string>();
		const answer = answerDns(datagram.payload, (name) => {
			const record = this.#lookUp(name);
			if (!record) {
				unknown.add(name);
			}
			return record;
		}, faults);
		if (typeof answer === "string") {
			this.#options.malformed(answer);
			return;
		}
		if (unknown.size && this.#options.hosts.hasOutside) {
			// Virtual time stands while the real Internet is asked.
			this.#options.clock.schedule(0, () => this.#dnsOutside(datagram, unknown, reply));
			return;
		}
		trace?.(`dns ${answer.text}${faults.dnsSilent ? " (not answered: fault)" : ""}`);
		if (!faults.dnsSilent) {
			reply(answer.message);
		}
	}

	async #dnsOutside(datagram: Udp, names: ReadonlySet<string>, reply: (answer: Uint8Array) => void): Promise<void> {
		for (const name of names) {
			this.#outside.set(name, await this.#options.hosts.lookUpOutside(name));
		}
		const answer = answerDns(datagram.payload, (name) => this.#lookUp(name) ?? this.#outside.get(name), this.#options.faults);
		if (typeof answer !== "string") {
			this.#options.trace?.(`dns ${answer.text} (by the gateway)`);
			reply(answer.message);
		}
	}

	#lookUp(name: string): NameRecord | undefined {
		const { faults, hosts } = this.#options;
		const forced = faults.dnsAnswer === undefined ? undefined : parseIpv4(faults.dnsAnswer);
		return forced === undefined ? hosts.lookUp(name) : { ipv4: forced };
	}

	#ntp(datagram: Udp, reply: (answer: Uint8Array) => void): void {
		const { clock, epochMs, faults, remoteMicros } = this.#options;
		// The request arrives, and the time is told, after half of the way.
		clock.schedule(remoteMicros, () => {
			const answer = answerNtp(datagram.payload, epochMs + clock.micros / 1000 + (faults.ntpOffsetMs ?? 0));
			if (typeof answer === "string") {
				this.#options.malformed(answer);
			} else if (!faults.ntpSilent) {
				reply(answer);
			}
		});
	}
}
