/**
 * The network that the radio opens itself: its stations, the frames between them and the host, and the events by which the
 * host learns of them. It is an access point to others, as others are to the radio's own station. PROTOCOL.md, section 8.
 */
import { pairwiseMasterKey, type AccessPoint, type Station } from "./air.ts";
import type { BssSettings } from "./bss-settings.ts";
import { DISCONNECT_REASON, EVENT, FLAG_LINK_UP, LINK_REASON, PRUNE_REASON, type RadioEvent } from "./events.ts";
import { isProtected, securityElements, type Security } from "./security.ts";

/** A hand's breadth away. */
const RSSI_DBM = -35;
const HANDSHAKE_TIMEOUT_MS = 4000;
/** Stations that the firmware takes (fit: "maxassoc" is read back, no document tells it). */
export const MOST_STATIONS = 10;
const AUTHENTICATION_SAE = 3;

export interface HostedNetworkOwner {
	/** 6 bytes. */
	readonly mac: Uint8Array;
	event(event: RadioEvent): void;
	/** A frame of a station for the host. */
	receive(frame: Uint8Array, interfaceIndex: number): void;
}

export class HostedNetwork implements AccessPoint {
	readonly ssid: string;
	readonly bssid: Uint8Array;
	readonly channel: number;
	readonly security: Security;
	readonly rssiDbm = RSSI_DBM;
	readonly hidden = false;
	readonly handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS;
	readonly #interfaceIndex: number;
	readonly #settings: BssSettings;
	readonly #owner: HostedNetworkOwner;
	readonly #stations: Station[] = [];

	/** @param security of the settings, looked at by the caller. */
	constructor(interfaceIndex: number, channel: number, security: Security, settings: BssSettings, owner: HostedNetworkOwner) {
		this.#interfaceIndex = interfaceIndex;
		this.#settings = settings;
		this.#owner = owner;
		this.ssid = Buffer.from(settings.ssid).toString();
		this.bssid = owner.mac.slice();
		this.channel = channel;
		this.security = security;
	}

	/** Hardware addresses of its stations. */
	get stations(): readonly Uint8Array[] {
		return this.#stations.map(({ mac }) => mac);
	}

	/** It is on the air: the host's interface has a link. */
	start(): void {
		this.#event({ type: EVENT.link, flags: FLAG_LINK_UP, address: this.bssid });
	}

	/** The host takes it off the air. */
	stop(): void {
		for (const station of [...this.#stations]) {
			this.#remove(station);
			station.deauthenticate(DISCONNECT_REASON.leaving);
		}
		this.#event({ type: EVENT.link, reason: LINK_REASON.interfaceDisabled, address: this.bssid });
	}

	acceptsKey(key: Uint8Array): boolean {
		const { passphrase } = this.#settings;
		return passphrase !== undefined && Buffer.from(pairwiseMasterKey(passphrase, this.ssid)).equals(key);
	}

	acceptsPassword(password: Uint8Array): boolean {
		const mine = this.#settings.password;
		return mine !== undefined && Buffer.from(mine).equals(password);
	}

	connect(station: Station): void {
		const address = station.mac;
		// The host joined WPA3 with this interface before, and did not set it back (embassy 4709, 4976).
		const leftOver = this.#settings.authentication === AUTHENTICATION_SAE && !this.security.includes("wpa3");
		if (leftOver || this.#stations.length >= MOST_STATIONS) {
			this.#event({ type: EVENT.prune, reason: leftOver ? PRUNE_REASON.cipherMismatch : PRUNE_REASON.accessPointBlocked, address });
			station.deauthenticate(DISCONNECT_REASON.unspecified);
			return;
		}
		this.#remove(station);
		this.#stations.push(station);
		this.#event({ type: EVENT.authIndication, address });
		this.#event({ type: EVENT.assocIndication, address, data: Uint8Array.from(securityElements(this.security)) });
		if (isProtected(this.security)) {
			this.#event({ type: EVENT.authorized, address });
		}
	}

	disconnect(station: Station): void {
		if (this.#remove(station)) {
			this.#event({ type: EVENT.disassocIndication, reason: DISCONNECT_REASON.leavingNetwork, address: station.mac });
		}
	}

	/** A frame of a station: for the host, for another station, or for both. */
	transmit(station: Station, frame: Uint8Array): void {
		if (!this.#stations.includes(station)) {
			return;
		}
		this.#toStations(frame, station);
		this.#owner.receive(frame, this.#interfaceIndex);
	}

	/** A frame of the host. */
	send(frame: Uint8Array): void {
		this.#toStations(frame);
	}

	#toStations(frame: Uint8Array, except?: Station): void {
		const group = (frame[0] & 1) === 1;
		for (const station of this.#stations) {
			if (station !== except && (group || Buffer.from(station.mac).equals(frame.subarray(0, 6)))) {
				station.receive(frame.slice());
			}
		}
	}

	#remove(station: Station): boolean {
		const index = this.#stations.indexOf(station);
		if (index >= 0) {
			this.#stations.splice(index, 1);
		}
		return index >= 0;
	}

	#event(event: RadioEvent): void {
		this.#owner.event({ ...event, interfaceIndex: this.#interfaceIndex });
	}
}
