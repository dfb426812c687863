/** The simulated radio with a host on its pins and access points around it. */
import type { AccessPoint } from "../../../simulator/radio/air.ts";
import { pairwiseMasterKey } from "../../../simulator/radio/air.ts";
import { Cyw43439, type Cyw43439Options } from "../../../simulator/radio/cyw43439.ts";
import { BitBangingHost, type Order } from "./bit-banging-host.ts";

export const NVRAM = Uint8Array.from(Buffer.from("manfid=0x2d0\0boardtype=0x0887\0macaddr=00:A0:50:b5:59:5e\0\0"));
/** Anything behind a vector table. */
export const FIRMWARE = new Uint8Array(120 * 1024).map((_, index) => index < 8 ? [0, 0, 0, 0, 0x41, 1, 0, 0][index] : (index * 31) & 0xff);
const CLM = new Uint8Array(984).fill(0x42);

/** An access point that counts its stations and keeps what they send. */
export function accessPoint(options: Partial<AccessPoint> = {}): AccessPoint & { sent: Uint8Array[]; stations: number } {
	return {
		ssid: "home", bssid: Uint8Array.from([2, 0, 0, 0, 0, 1]), channel: 6, rssiDbm: -50, security: "wpa2", hidden: false, handshakeTimeoutMs: 4000,
		sent: [], stations: 0,
		acceptsPassword: (password) => Buffer.from(password).toString() === "correct horse",
		acceptsKey(key) {
			return Buffer.from(key).equals(Buffer.from(pairwiseMasterKey("correct horse", this.ssid)));
		},
		connect() {
			this.stations++;
		},
		disconnect() {
			this.stations--;
		},
		transmit(_station, frame) {
			this.sent.push(frame);
		},
		...options,
	};
}

/** A host before power-up. */
export function board(order: Order, accessPoints: AccessPoint[] = [], options: Partial<Cyw43439Options> = {}) {
	const host = new BitBangingHost(order);
	const radio = new Cyw43439({ pins: host.pins, clock: host.clock, random: host.random, log: host.log, air: { accessPoints }, ...options });
	return { host, radio };
}

/** A host with a running, configured firmware. */
export function running(order: Order, accessPoints: AccessPoint[] = [], options: Partial<Cyw43439Options> = {}) {
	const { host, radio } = board(order, accessPoints, options);
	start(host);
	return { host, radio };
}

/** From power to a configured firmware. */
export function start(host: BitBangingHost): void {
	host.powerUp();
	host.startBus();
	host.startFirmware(FIRMWARE, NVRAM);
	host.configure(CLM);
}
