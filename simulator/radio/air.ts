/**
 * What is on the air: the access points a radio can hear, and what a radio and an access point say to each other.
 * Implemented in `network/`, used by the firmware behaviour of the radio.
 */
import { pbkdf2Sync } from "node:crypto";
import type { Security } from "./security.ts";

/** A radio, as its access point sees it. */
export interface Station {
	/** 6 bytes. */
	readonly mac: Uint8Array;

	/** An Ethernet frame (no check sequence) came over the air. The station keeps the array. */
	receive(frame: Uint8Array): void;

	/** The access point ends the association. @param reason IEEE 802.11 reason code. */
	deauthenticate(reason: number): void;
}

/** An access point, as a radio sees it. */
export interface AccessPoint {
	/** At most 32 bytes of UTF-8. */
	readonly ssid: string;
	/** 6 bytes. */
	readonly bssid: Uint8Array;
	/** 1 to 14. */
	readonly channel: number;
	readonly rssiDbm: number;
	readonly security: Security;
	/** Its beacons bear no name; it answers who asks for it by name. */
	readonly hidden: boolean;
	/** For how long it waits for a right answer in the four-way handshake before it deauthenticates. */
	readonly handshakeTimeoutMs: number;

	/**
	 * Compares the pairwise master key of the four-way handshake of WPA and WPA2.
	 *
	 * @param key 32 bytes, see `pairwiseMasterKey`.
	 */
	acceptsKey(key: Uint8Array): boolean;

	/** Compares what SAE proves knowledge of. */
	acceptsPassword(password: Uint8Array): boolean;

	/**
	 * Tells the log of a message of SAE or of the four-way handshake, which radio and access point exchange among themselves: the
	 * firmware of the radio is the supplicant, and shows its host events alone. Undefined while no log wants it.
	 */
	readonly tellMessage?: ((text: string) => void) | undefined;

	/** The station is associated and, in a protected network, keyed: frames flow. */
	connect(station: Station): void;

	/** The station left. Harmless when it is not connected. */
	disconnect(station: Station): void;

	/** An Ethernet frame from a connected station. The access point keeps the array. */
	transmit(station: Station, frame: Uint8Array): void;
}

/** All that is on the air now, near or far. */
export interface Air {
	readonly accessPoints: readonly AccessPoint[];

	/** The radio opens a network of its own, or takes it off the air again. */
	announce?(network: AccessPoint, onAir: boolean): void;
}

/** WPA2-PSK: PBKDF2 with HMAC-SHA1, 4096 rounds, salt = SSID, 32 bytes (IEEE 802.11-2020, annex J.4.1). */
export function pairwiseMasterKey(passphrase: string | Uint8Array, ssid: string | Uint8Array): Uint8Array {
	return new Uint8Array(pbkdf2Sync(passphrase, ssid, 4096, 32, "sha1"));
}
