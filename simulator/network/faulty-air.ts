/**
 * What happens to frames between the radio and its access points: each is counted and captured; by a seeded plan some get
 * lost, damaged, doubled, held back. Every fault draws from a stream of its own, so that one more changes nothing of the
 * others, and none draws while it is off.
 */
import type { Clock, Random } from "../wires.ts";
import type { AirFaults } from "./options.ts";
import { pcapHeader, pcapRecord } from "./pcap.ts";

const ETHER_HEADER_BYTES = 14;
/** Frames that carry a checksum of their own: IPv4 and IPv6. */
const CHECKED_ETHER_TYPES = [0x0800, 0x86dd];
/** A frame that is overtaken is this late: time for some of the next. */
const OVERTAKEN_MICROS = 4_000;

export type Direction = "up" | "down";

export interface FaultyAirOptions {
	clock: Clock;
	faults: AirFaults;
	/** A seeded stream for each name. */
	random(name: string): Random;
	/** Unix milliseconds at power-on, for the times of the capture. */
	epochMs: number;
	pcap: ((bytes: Uint8Array) => void) | undefined;
	/** Is shown each frame on the air. */
	look?: (frame: Uint8Array) => void;
}

/** Takes a frame that came through. @param damaged by the plan: its checksums are wrong. */
export type Receiver = (frame: Uint8Array, damaged: boolean) => void;

export class FaultyAir {
	readonly #options: FaultyAirOptions;
	readonly #streams = new Map<string, Random>();
	/** When the last frame of a direction came through: those behind it do not overtake it by chance. */
	readonly #lastAtMicros: Record<Direction, number> = { up: 0, down: 0 };
	readonly counts = { frames: 0, lost: 0, duplicated: 0, reordered: 0, corrupted: 0 };

	constructor(options: FaultyAirOptions) {
		this.#options = options;
		options.pcap?.(pcapHeader());
	}

	/** A frame is on the air. @param receive is called for it now, later, twice or never. It keeps the array. */
	carry(direction: Direction, frame: Uint8Array, receive: Receiver): void {
		const { faults } = this.#options;
		this.counts.frames++;
		const lost = faults.dropFrames?.includes(this.counts.frames) || this.#happens("loss", faults.loss);
		const damaged = !lost && isChecked(frame) && this.#happens("corrupt", faults.corrupt);
		const carried = damaged ? this.#damage(frame) : frame;
		// Lost frames are in the capture too: they were on the air.
		this.#capture(carried);
		if (lost) {
			this.counts.lost++;
			return;
		}
		this.#deliver(direction, carried, damaged, receive);
		if (this.#happens("duplicate", faults.duplicate)) {
			this.counts.duplicated++;
			this.#capture(carried);
			this.#deliver(direction, carried.slice(), damaged, receive);
		}
	}

	#deliver(direction: Direction, frame: Uint8Array, damaged: boolean, receive: Receiver): void {
		const { clock, faults } = this.#options;
		const jitter = faults.jitterMicros ? this.#fraction("jitter") * faults.jitterMicros : 0;
		const late = this.#happens("reorder", faults.reorder);
		let delay = (faults.delayMicros ?? 0) + jitter;
		if (late) {
			this.counts.reordered++;
			delay += OVERTAKEN_MICROS;
		} else if (faults.delayMicros || faults.jitterMicros) {
			this.#lastAtMicros[direction] = Math.max(this.#lastAtMicros[direction], clock.micros + delay);
			delay = this.#lastAtMicros[direction] - clock.micros;
		}
		if (delay > 0) {
			clock.schedule(delay, () => receive(frame, damaged));
		} else {
			receive(frame, damaged);
		}
	}

	/** One bit behind the Ethernet header, which every checksum of 16 bits sees. */
	#damage(frame: Uint8Array): Uint8Array {
		this.counts.corrupted++;
		const bit = Math.floor(this.#fraction("corrupt") * 8 * (frame.length - ETHER_HEADER_BYTES));
		const damaged = frame.slice();
		damaged[ETHER_HEADER_BYTES + (bit >>> 3)] ^= 1 << (bit & 7);
		return damaged;
	}

	#capture(frame: Uint8Array): void {
		const { clock, epochMs, look, pcap } = this.#options;
		look?.(frame);
		pcap?.(pcapRecord(epochMs * 1000 + clock.micros, frame));
	}

	#happens(fault: string, probability: number | undefined): boolean {
		return probability ? this.#fraction(fault) < probability : false;
	}

	#fraction(fault: string): number {
		const { faults, random } = this.#options;
		let stream = this.#streams.get(fault);
		if (!stream) {
			stream = random(`air ${fault}${faults.seed === undefined ? "" : ` ${faults.seed}`}`);
			this.#streams.set(fault, stream);
		}
		return stream.next32() / 2 ** 32;
	}
}

function isChecked(frame: Uint8Array): boolean {
	return frame.length > ETHER_HEADER_BYTES && CHECKED_ETHER_TYPES.includes((frame[12] << 8) | frame[13]);
}
