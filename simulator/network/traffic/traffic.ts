/** Looks at the frames on the air: milestones of the device, its connections, and a line for each frame. */
import { decode } from "dns-packet";
import type { Clock, Milestone } from "../../wires.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../packets.ts";
import { type ConnectionReport, Connections } from "./connections.ts";
import { canonicalAddress, dissect } from "./dissect.ts";
import { dhcpMessageType, type PacketSummary, summarize } from "./summary.ts";

export interface TrafficOptions {
	clock: Clock;
	/** MAC of the router. */
	router: Uint8Array;
	milestone(name: Milestone): void;
}

const DNS_PORT = 53;
const DHCP_CLIENT_PORT = 68;
const UDP_HEADER_BYTES = 8;
/** RFC 2132, section 9.6. */
const DHCP_ACK = 5;
/** Names that are remembered. */
const MOST_NAMES = 1_000;

export class Traffic {
	readonly #options: TrafficOptions;
	readonly #connections: Connections;
	readonly #names = new Map<string, string>();
	/** Is told of each frame that is one. */
	onPacket: ((summary: PacketSummary) => void) | undefined;

	constructor(options: TrafficOptions) {
		this.#options = options;
		this.#connections = new Connections({
			opened: () => {},
			accepted: () => options.milestone("firstTcpConnection"),
			tlsRecord: () => options.milestone("firstTlsRecord"),
		});
	}

	/** In the order in which they were opened. */
	get connections(): readonly ConnectionReport[] {
		return this.#connections.list;
	}

	/** Connections that the list has no room for. */
	get connectionsNotListed(): number {
		return this.#connections.notListed;
	}

	/** A frame is on the air. */
	frame(frame: Uint8Array): void {
		const packet = dissect(frame, this.#options.router);
		if (!packet) {
			return;
		}
		const atMicros = Math.round(this.#options.clock.micros * 1000) / 1000;
		this.onPacket?.(summarize(packet, frame.length, atMicros));
		if (!packet.whole) {
			return;
		}
		if (packet.protocol === PROTOCOL_TCP) {
			this.#connections.segment(packet, atMicros, (address) => this.#names.get(address));
		} else if (packet.protocol === PROTOCOL_UDP && !packet.fromDevice && packet.payload.length >= UDP_HEADER_BYTES) {
			const { payload } = packet;
			const message = payload.subarray(UDP_HEADER_BYTES);
			if (((payload[2] << 8) | payload[3]) === DHCP_CLIENT_PORT && dhcpMessageType(message) === DHCP_ACK) {
				this.#options.milestone("address");
			} else if (((payload[0] << 8) | payload[1]) === DNS_PORT) {
				this.#options.milestone("firstDnsAnswer");
				this.#learnNames(message);
			}
		}
	}

	#learnNames(message: Uint8Array): void {
		let packet;
		try {
			packet = decode(Buffer.from(message));
		} catch {
			return;	// a fault's doing; the device has to judge it
		}
		const name = packet.questions?.[0]?.name;
		for (const answer of packet.answers ?? []) {
			if (name !== undefined && (answer.type === "A" || answer.type === "AAAA") && this.#names.size < MOST_NAMES) {
				this.#names.set(canonicalAddress(answer.data), name);
			}
		}
	}
}
