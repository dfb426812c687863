/** What happens to frames between the radio and its access points: each is counted and captured, and some get lost by order. */
import type { Clock, Random } from "../wires.ts";
import type { NetworkFaults } from "./options.ts";
import { pcapHeader, pcapRecord } from "./pcap.ts";

const ETHER_TYPE_IPV4 = 0x0800;
const PROTOCOL_UDP = 17;
const DHCP_PORTS = [67, 68];

export interface LossyAirOptions {
	clock: Clock;
	random: Random;
	faults: NetworkFaults;
	/** Unix milliseconds at power-on, for the times of the capture. */
	epochMs: number;
	pcap: ((bytes: Uint8Array) => void) | undefined;
}

export class LossyAir {
	readonly #options: LossyAirOptions;
	readonly counts = { frames: 0, lost: 0 };

	constructor(options: LossyAirOptions) {
		this.#options = options;
		options.pcap?.(pcapHeader());
	}

	/** A frame is on the air. @returns false when it gets lost. */
	passes(frame: Uint8Array): boolean {
		const { clock, epochMs, faults, pcap, random } = this.#options;
		this.counts.frames++;
		// Lost frames are in the capture too: they were on the air.
		pcap?.(pcapRecord(epochMs * 1000 + clock.micros, frame));
		const drawn = faults.dropRate ? random.next32() / 2 ** 32 < faults.dropRate : false;
		const lost = faults.dropFrames?.includes(this.counts.frames) || (drawn && !isDhcp(frame));
		if (lost) {
			this.counts.lost++;
		}
		return !lost;
	}
}

function isDhcp(frame: Uint8Array): boolean {
	if (frame.length < 42 || ((frame[12] << 8) | frame[13]) !== ETHER_TYPE_IPV4 || frame[23] !== PROTOCOL_UDP) {
		return false;
	}
	return DHCP_PORTS.includes((frame[36] << 8) | frame[37]);
}
