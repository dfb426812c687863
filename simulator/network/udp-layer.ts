/** The UDP of everybody behind the router: DNS, NTP, the named hosts and groups. Over IPv4 and IPv6; DHCP is IPv4's own. */
import type { Clock } from "../wires.ts";
import { parseAddress, type Address } from "./addresses.ts";
import type { DnsService } from "./dns-service.ts";
import type { GroupMemberships } from "./group-memberships.ts";
import { ROUTER, ROUTER_IPV6, type Host, type Hosts } from "./hosts.ts";
import { MDNS_GROUP, MDNS_GROUP_IPV6, MDNS_PORT, answerMdns } from "./mdns-responder.ts";
import { answerNtp } from "./ntp-server.ts";
import type { NetworkFaults, UdpReply } from "./options.ts";
import { PROTOCOL_UDP, emitUdp, parseUdp, type Packet, type Udp } from "./packets.ts";
import type { SendPacket } from "./tcp-layer.ts";

const DNS_PORT = 53;
const NTP_PORT = 123;
/** Answers from the local network come after this. */
export const LOCAL_MICROS = 500;

export interface UdpLayerOptions {
	clock: Clock;
	hosts: Hosts;
	dns: DnsService;
	memberships: GroupMemberships;
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
			const source = address === undefined ? packet.destination : parseAddress(address);
			if (source === undefined) {
				throw new Error(`a reply from "${address}", which is no address`);
			}
			clock.schedule(delayMicros + afterMicros, () => this.#send(source, packet.source, { sourcePort: port, destinationPort: datagram.sourcePort, payload }));
		};
		const toRouter = packet.destination === ROUTER || packet.destination === ROUTER_IPV6;
		if (datagram.destinationPort === DNS_PORT && toRouter) {
			this.#options.dns.ask(datagram.payload, true, (answer) => reply(answer, LOCAL_MICROS * 2 + (this.#options.faults.dnsDelayMicros ?? 0)));
			return;
		}
		if (datagram.destinationPort === NTP_PORT && (hosts.isTimeServer(packet.destination) || toRouter)) {
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

	#send(source: Address, destination: Address, datagram: Udp): void {
		this.#options.send(PROTOCOL_UDP, source, destination, emitUdp(source, destination, datagram));
	}

	/** A datagram from the device to a group: whoever of the hosts listens hears it. */
	receiveGroup(packet: Packet): void {
		const { clock, hosts, malformed, trace } = this.#options;
		const datagram = parseUdp(packet);
		if (typeof datagram === "string") {
			malformed(datagram);
			return;
		}
		const { source: device, destination: group } = packet;
		const { sourcePort, destinationPort: port, payload } = datagram;
		const answer = (host: Host, toGroup: boolean, bytes: Uint8Array, { address, port: fromPort = port, afterMicros = 0 }: UdpReply = {}): void => {
			const from = address !== undefined ? parseAddress(address) : typeof group === "number" ? host.address : host.ipv6;
			if (from !== undefined) {
				clock.schedule(LOCAL_MICROS + afterMicros, () => {
					if (toGroup) {
						this.sendToGroup(from, group, port, bytes, fromPort);
					} else {
						this.#send(from, device, { sourcePort: fromPort, destinationPort: sourcePort, payload: bytes });
					}
				});
			}
		};
		for (const host of hosts.listeningTo(group, port)) {
			clock.schedule(LOCAL_MICROS, () => host.options.groups?.[host.groups.get(`${group}:${port}`) ?? ""]?.(payload, {
				toSender: (bytes, as) => answer(host, false, bytes.slice(), as), toGroup: (bytes, as) => answer(host, true, bytes.slice(), as),
			}));
		}
		if (port === MDNS_PORT && (group === MDNS_GROUP || group === MDNS_GROUP_IPV6)) {
			const answers = answerMdns(payload, sourcePort, (name) => hosts.lookUp(name));
			if (typeof answers === "string") {
				malformed(answers);
				return;
			}
			for (const { name, message, legacy } of answers) {
				const host = hosts.named(name);
				trace?.(`mdns ${name} answers`);
				if (host) {
					clock.schedule(LOCAL_MICROS, () => answer(host, !legacy, message));
				}
			}
		}
	}

	/** A datagram to a group, from its port unless another is named. @returns false when the device does not listen to it: it is not sent there. */
	sendToGroup(source: Address, group: Address, port: number, payload: Uint8Array, sourcePort = port): boolean {
		if (!this.#options.memberships.reaches(group)) {
			return false;
		}
		this.#send(source, group, { sourcePort, destinationPort: port, payload });
		return true;
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
