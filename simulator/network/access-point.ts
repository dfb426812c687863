/**
 * A WPA2 access point: compares the passphrase, passes frames between its station and the network behind it, loses some
 * when a fault asks for it, and writes them all to a capture.
 */
import type { Clock, Random } from "../wires.ts";
import { pairwiseMasterKey, type AccessPoint, type Station } from "../radio/air.ts";
import { sameBytes } from "./addresses.ts";
import type { NetworkFaults } from "./options.ts";
import { pcapHeader, pcapRecord } from "./pcap.ts";

/** 20 Mbit/s, which a CYW43439 on a good link reaches. */
const MICROS_PER_BYTE = 8 / 20;
/** Preamble, contention and acknowledgement of a frame on the air. */
const MICROS_PER_FRAME = 120;
const ETHER_TYPE_IPV4 = 0x0800;
const PROTOCOL_UDP = 17;
const DHCP_PORTS = [67, 68];

export interface AccessPointOptions {
	ssid: string;
	/** Empty: an open network. */
	passphrase: string;
	/** 6 bytes. */
	bssid: Uint8Array;
	channel: number;
	rssiDbm: number;
	clock: Clock;
	random: Random;
	faults: NetworkFaults;
	/** Unix milliseconds at power-on, for the times of the capture. */
	epochMs: number;
	pcap: ((bytes: Uint8Array) => void) | undefined;
	/** Is shown each frame on the air. */
	look?: (frame: Uint8Array) => void;
	trace: ((line: string) => void) | undefined;
	/** A frame from the station. */
	receive(frame: Uint8Array): void;
	left(): void;
}

export class SimulatedAccessPoint implements AccessPoint {
	readonly #options: AccessPointOptions;
	readonly #key: Uint8Array | undefined;
	#station: Station | undefined;
	#airFreeAtMicros = 0;
	#frames = 0;
	#lost = 0;

	constructor(options: AccessPointOptions) {
		this.#options = options;
		this.#key = options.passphrase === "" ? undefined : pairwiseMasterKey(options.passphrase, options.ssid);
		options.pcap?.(pcapHeader());
	}

	get ssid(): string {
		return this.#options.ssid;
	}

	get bssid(): Uint8Array {
		return this.#options.bssid;
	}

	get channel(): number {
		return this.#options.channel;
	}

	get rssiDbm(): number {
		return this.#options.rssiDbm;
	}

	get security(): "open" | "wpa2" {
		return this.#key ? "wpa2" : "open";
	}

	/** Frames on the air so far, both ways, and how many of them were lost by a fault. */
	get counts(): { frames: number; lost: number } {
		return { frames: this.#frames, lost: this.#lost };
	}

	acceptsKey(key: Uint8Array): boolean {
		const right = this.#key !== undefined && sameBytes(key, this.#key);
		if (!right) {
			this.#options.trace?.("access point: message 2 of the handshake has a wrong check (passphrase)");
		}
		return right;
	}

	connect(station: Station): void {
		this.#station = station;
		this.#options.trace?.("access point: station connected");
	}

	disconnect(station: Station): void {
		if (this.#station === station) {
			this.#station = undefined;
			this.#options.trace?.("access point: station left");
			this.#options.left();
		}
	}

	transmit(station: Station, frame: Uint8Array): void {
		if (station !== this.#station) {
			return;
		}
		if (this.#pass(frame)) {
			this.#options.receive(frame);
		}
	}

	/** A frame to the station. */
	send(frame: Uint8Array): void {
		const { clock } = this.#options;
		const start = Math.max(clock.micros, this.#airFreeAtMicros);
		this.#airFreeAtMicros = start + MICROS_PER_FRAME + frame.length * MICROS_PER_BYTE;
		clock.schedule(this.#airFreeAtMicros - clock.micros, () => {
			if (this.#station && this.#pass(frame)) {
				this.#station.receive(frame);
			}
		});
	}

	/** Sends the station away. @param reason IEEE 802.11 reason code. */
	deauthenticate(reason: number): void {
		this.#station?.deauthenticate(reason);
	}

	/** Counts and captures a frame. @returns false when a fault loses it. */
	#pass(frame: Uint8Array): boolean {
		const { clock, epochMs, faults, look, pcap, random } = this.#options;
		this.#frames++;
		look?.(frame);
		// Lost frames are in the capture too: they were on the air.
		pcap?.(pcapRecord(epochMs * 1000 + clock.micros, frame));
		const drawn = faults.dropRate ? random.next32() / 2 ** 32 < faults.dropRate : false;
		const lost = faults.dropFrames?.includes(this.#frames) || (drawn && !isDhcp(frame));
		if (lost) {
			this.#lost++;
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
