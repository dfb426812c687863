/**
 * An access point: compares passphrases, and passes frames between its station and the network behind it.
 */
import type { Clock } from "../wires.ts";
import { pairwiseMasterKey, type AccessPoint, type Station } from "../radio/air.ts";
import type { Security } from "../radio/security.ts";
import { parseMac, sameBytes } from "./addresses.ts";
import type { FaultyAir, Receiver } from "./faulty-air.ts";
import type { AccessPointSettings } from "./options.ts";
import { isPresent } from "./presence.ts";

/** 20 Mbit/s, which a CYW43439 on a good link reaches. */
const MICROS_PER_BYTE = 8 / 20;
/** Preamble, contention and acknowledgement of a frame on the air. */
const MICROS_PER_FRAME = 120;
const DEFAULT_CHANNEL = 6;
const DEFAULT_RSSI_DBM = -48;
/** Message 1 of the handshake four times, a second apart, as hostapd sends it. */
const DEFAULT_HANDSHAKE_TIMEOUT_MS = 4000;

export interface AccessPointOptions {
	settings: AccessPointSettings;
	clock: Clock;
	trace: ((line: string) => void) | undefined;
	/** What is between it and its station. */
	air: FaultyAir;
	/** A frame from the station. @param damaged on the way, by order. */
	receive: Receiver;
	left(): void;
}

export class SimulatedAccessPoint implements AccessPoint {
	readonly ssid: string;
	readonly bssid: Uint8Array;
	readonly channel: number;
	readonly rssiDbm: number;
	readonly security: Security;
	readonly hidden: boolean;
	readonly handshakeTimeoutMs: number;
	readonly #options: AccessPointOptions;
	readonly #password: string;
	#key: Uint8Array | undefined;
	#station: Station | undefined;
	#sendsAway: AccessPointSettings["deauthenticates"];
	#airFreeAtMicros = 0;

	/** @throws with a sentence on a setting that cannot be. @param index counts the access points, 0 the first. */
	constructor(options: AccessPointOptions, index = 0) {
		const { settings } = options;
		this.#options = options;
		this.ssid = settings.ssid;
		this.#password = settings.password ?? "";
		this.security = settings.security ?? (this.#password ? "wpa2" : "open");
		this.channel = settings.channel ?? DEFAULT_CHANNEL;
		this.rssiDbm = settings.rssiDbm ?? DEFAULT_RSSI_DBM;
		this.hidden = settings.hidden ?? false;
		this.handshakeTimeoutMs = settings.handshakeTimeoutMs ?? DEFAULT_HANDSHAKE_TIMEOUT_MS;
		this.bssid = bssidOf(settings, index);
		this.#sendsAway = settings.deauthenticates;
		check(this, this.#password, settings);
	}

	/** It is on the air now. */
	get present(): boolean {
		return isPresent(this.#options.settings, this.#options.clock.micros);
	}

	/** A station is connected. */
	get hasStation(): boolean {
		return this.#station !== undefined;
	}

	acceptsKey(key: Uint8Array): boolean {
		this.#key ??= pairwiseMasterKey(this.#password, this.ssid);
		const right = sameBytes(key, this.#key);
		if (!right) {
			this.#options.trace?.("access point: message 2 of the handshake has a wrong check (passphrase)");
		}
		return right;
	}

	acceptsPassword(password: Uint8Array): boolean {
		const right = sameBytes(password, Buffer.from(this.#password));
		if (!right) {
			this.#options.trace?.("access point: the confirm message of SAE is wrong (password)");
		}
		return right;
	}

	get tellMessage(): ((text: string) => void) | undefined {
		const { trace } = this.#options;
		return trace && ((text) => trace(`${this.ssid}: ${text}`));
	}

	connect(station: Station): void {
		this.#station = station;
		this.#options.trace?.("access point: station connected");
		const away = this.#sendsAway;
		if (away) {
			this.#sendsAway = undefined;
			this.#options.clock.schedule(away.afterMicros, () => this.deauthenticate(away.reason));
		}
	}

	disconnect(station: Station): void {
		if (this.#station === station) {
			this.#station = undefined;
			this.#options.trace?.("access point: station left");
			this.#options.left();
		}
	}

	transmit(station: Station, frame: Uint8Array): void {
		const { air, receive } = this.#options;
		if (station === this.#station) {
			air.carry("up", frame, (came, damaged) => {
				if (this.present) {
					receive(came, damaged);
				}
			});
		}
	}

	/** A frame to the station; without one it goes nowhere. */
	send(frame: Uint8Array): void {
		const { air, clock } = this.#options;
		const start = Math.max(clock.micros, this.#airFreeAtMicros);
		this.#airFreeAtMicros = start + MICROS_PER_FRAME + frame.length * MICROS_PER_BYTE;
		clock.schedule(this.#airFreeAtMicros - clock.micros, () => {
			if (this.#station) {
				air.carry("down", frame, (came) => {
					if (this.present) {
						this.#station?.receive(came);
					}
				});
			}
		});
	}

	/** Sends the station away. @param reason IEEE 802.11 reason code. */
	deauthenticate(reason: number): void {
		this.#station?.deauthenticate(reason);
	}
}

function bssidOf({ ssid, bssid }: AccessPointSettings, index: number): Uint8Array {
	// Locally administered.
	const bytes = bssid === undefined ? Uint8Array.from([0x02, 0x50, 0x46, 0x00, 0x00, index + 1]) : parseMac(bssid);
	if (!bytes || bytes[0] & 1) {
		throw new Error(`access point "${ssid}": "${bssid}" is no address of one, such as 02:50:46:00:00:01`);
	}
	return bytes;
}

/** @throws with a sentence on what cannot be. */
function check(accessPoint: AccessPoint, password: string, { vanishes }: AccessPointSettings): void {
	const { ssid, security, channel, rssiDbm } = accessPoint;
	const refuse = (what: string): never => {
		throw new Error(`access point "${ssid}": ${what}`);
	};
	const nameBytes = Buffer.byteLength(ssid);
	if (nameBytes < 1 || nameBytes > 32) {
		refuse(`the name has ${nameBytes} bytes; 1 to 32 are possible`);
	}
	const passwordBytes = Buffer.byteLength(password);
	const longest = security === "wpa3" ? 128 : 63;
	if (security === "open" ? passwordBytes > 0 : passwordBytes < 8 || passwordBytes > longest) {
		refuse(security === "open" ? "an open network has no password" : `the password has ${passwordBytes} bytes; ${security} asks for 8 to ${longest}`);
	}
	if (!Number.isInteger(channel) || channel < 1 || channel > 14) {
		refuse(`channel ${channel}; 1 to 14 are possible`);
	}
	if (!(rssiDbm >= -100 && rssiDbm <= 0)) {
		refuse(`a signal of ${rssiDbm} dBm; -100 to 0 are possible`);
	}
	if (vanishes && !(vanishes.forMicros > 0 && vanishes.forMicros < vanishes.everyMicros)) {
		refuse("it vanishes for longer than it takes to vanish again");
	}
}
