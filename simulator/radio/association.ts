/**
 * The station side of the firmware: join, four-way handshake, leave, and the order of events in which a host learns of
 * them. The orders are those seen on real boards; PROTOCOL.md, section 8.5.
 */
import type { Random } from "../wires.ts";
import { pairwiseMasterKey, type AccessPoint, type Air, type Station } from "./air.ts";
import { EVENT, EVENT_STATUS, FLAG_LINK_UP, LINK_REASON, PRUNE_REASON, SUPPLICANT, SUPPLICANT_REASON, type RadioEvent } from "./events.ts";
import type { PowerCycle } from "./power-cycle.ts";
import { beaconElements } from "./scan-result.ts";

/** What the host configured before it starts to join. */
export interface JoinSettings {
	/** WSEC: 0 open, b1 TKIP, b2 AES. */
	wirelessSecurity: number;
	/** WPA_AUTH: 0 open, 0x80 WPA2-PSK, 0x40000 SAE. */
	wpaAuth: number;
	/** mfp: 0 no protected management frames, 1 possible, 2 required. */
	managementFrameProtection: number;
	/** sup_wpa: the firmware does the four-way handshake. */
	supplicant: boolean;
	/** sup_wpa_tmo, ms. */
	supplicantTimeoutMs: number;
	/** The passphrase (8 to 63 bytes), or 64 hexadecimal digits. */
	passphrase: Uint8Array | undefined;
}

/** Time line of a join. A real chip takes 0.3 to 3 s to find a network, depending on how much it scans. */
const FOUND_MICROS = 120_000;
const SCANNED_ALL_MICROS = 1_200_000;
const JITTER_MICROS = 20_000;
const STEP_MICROS = 1_500;
const HANDSHAKE_MICROS = 25_000;
const BEACON_LOSS_MICROS = 4_000_000;

const WPA2_PSK = 0x80;
const SAE = 0x40000;
const AES = 0x04;
const MFP_REQUIRED = 2;

export interface AssociationOwner {
	/** 6 bytes. */
	readonly mac: Uint8Array;
	/** Highest channel that the locale allows, 0 without a regulatory table. */
	readonly highestChannel: number;
	event(event: RadioEvent): void;
	receive(frame: Uint8Array): void;
}

export class Association implements Station {
	readonly #power: PowerCycle;
	readonly #random: Random;
	readonly #air: Air;
	readonly #owner: AssociationOwner;
	#accessPoint: AccessPoint | undefined;
	/** Frames flow. */
	#open = false;
	/** Counts attempts: what an earlier one has scheduled is void. */
	#attempt = 0;

	constructor(power: PowerCycle, random: Random, air: Air, owner: AssociationOwner) {
		this.#power = power;
		this.#random = random;
		this.#air = air;
		this.#owner = owner;
	}

	get mac(): Uint8Array {
		return this.#owner.mac;
	}

	/** Associated with; its keys may still be missing. */
	get accessPoint(): AccessPoint | undefined {
		return this.#accessPoint;
	}

	/** Starts to join. The outcome comes as events. */
	join(ssid: Uint8Array, settings: JoinSettings): void {
		this.#drop();
		const attempt = ++this.#attempt;
		const name = Buffer.from(ssid).toString();
		const jitter = this.#random.next32() % JITTER_MICROS;
		const heard = this.#air.accessPoints.filter((candidate) =>
			candidate.ssid === name && candidate.channel <= this.#owner.highestChannel);
		if (!heard.length) {
			this.#after(attempt, SCANNED_ALL_MICROS + jitter, () =>
				this.#owner.event({ type: EVENT.setSsid, status: EVENT_STATUS.noNetworks }));
			return;
		}
		const best = heard.reduce((one, other) => (other.rssiDbm > one.rssiDbm ? other : one));
		this.#after(attempt, FOUND_MICROS + jitter, () => this.#found(attempt, best, settings));
	}

	/** The host leaves. Only an association that exists ends with events. */
	leave(): void {
		this.#attempt++;
		const accessPoint = this.#drop();
		if (accessPoint) {
			this.#owner.event({ type: EVENT.disassoc, address: accessPoint.bssid });
			this.#owner.event({ type: EVENT.link, reason: LINK_REASON.disassociated, address: accessPoint.bssid });
		}
	}

	/** An Ethernet frame from the host. @returns false when the radio is not connected. */
	transmit(frame: Uint8Array): boolean {
		if (!this.#open || !this.#accessPoint) {
			return false;
		}
		this.#accessPoint.transmit(this, frame);
		return true;
	}

	receive(frame: Uint8Array): void {
		if (this.#open) {
			this.#owner.receive(frame);
		}
	}

	deauthenticate(reason: number): void {
		this.#attempt++;
		const accessPoint = this.#drop();
		if (!accessPoint) {
			return;
		}
		const address = accessPoint.bssid;
		this.#owner.event({ type: EVENT.pskSupplicant, status: SUPPLICANT.keyed, reason: SUPPLICANT_REASON.deauthenticated, address });
		this.#owner.event({ type: EVENT.deauthIndication, reason, address });
		this.#owner.event({ type: EVENT.link, reason: LINK_REASON.disassociated, address });
	}

	#found(attempt: number, accessPoint: AccessPoint, settings: JoinSettings): void {
		const wantsKeys = settings.wpaAuth !== 0 || settings.wirelessSecurity !== 0;
		const fits = accessPoint.security === "open" ? !wantsKeys
			: (settings.wpaAuth & (WPA2_PSK | SAE)) !== 0 && (settings.wirelessSecurity & AES) !== 0;
		const address = accessPoint.bssid;
		if (!fits) {
			this.#owner.event({ type: EVENT.prune, reason: PRUNE_REASON.rsnMismatch, address });
			this.#owner.event({ type: EVENT.setSsid, status: EVENT_STATUS.noNetworks, address });
			return;
		}
		// "WPA2 or WPA3" is SAE with a passphrase for WPA2 beside it, and protected management frames not required.
		if (settings.wpaAuth === SAE && (!settings.passphrase || settings.managementFrameProtection === MFP_REQUIRED)) {
			this.#power.log.violation("warning", "radio-unmodelled-sae", "the host asks for WPA3 (SAE) only, which the model does not have");
			this.#owner.event({ type: EVENT.setSsid, status: EVENT_STATUS.fail, address });
			return;
		}
		this.#accessPoint = accessPoint;
		const elements = beaconElements(accessPoint);
		const steps: RadioEvent[] = [
			{ type: EVENT.auth, address },
			{ type: EVENT.assocRequestElements, address, data: elements },
			{ type: EVENT.assocResponseElements, address, data: elements },
			{ type: EVENT.assoc, address },
			{ type: EVENT.link, flags: FLAG_LINK_UP, address },
			{ type: EVENT.join, address },
			// The host asked by name and the network was joined, keys or not.
			{ type: EVENT.setSsid, address },
		];
		steps.forEach((step, index) => {
			this.#after(attempt, index * STEP_MICROS, () => this.#owner.event(step));
		});
		const associatedMicros = steps.length * STEP_MICROS;
		if (accessPoint.security === "open") {
			this.#after(attempt, (steps.length - 1) * STEP_MICROS, () => this.#connect(accessPoint));
			return;
		}
		if (!settings.supplicant) {
			this.#power.log.violation("warning", "radio-unmodelled-host-supplicant", "sup_wpa is 0: a four-way handshake by the host is not modelled");
		}
		const key = settings.supplicant ? masterKey(settings.passphrase, accessPoint.ssid) : undefined;
		if (key && accessPoint.acceptsKey(key)) {
			this.#after(attempt, associatedMicros + HANDSHAKE_MICROS, () => {
				this.#connect(accessPoint);
				this.#owner.event({ type: EVENT.pskSupplicant, status: SUPPLICANT.keyed, address });
			});
			return;
		}
		// Message 2 carries a wrong check: the access point ignores it and message 3 never comes.
		this.#after(attempt, associatedMicros + settings.supplicantTimeoutMs * 1000, () => {
			this.#owner.event({ type: EVENT.pskSupplicant, status: SUPPLICANT.waitingM3, reason: SUPPLICANT_REASON.fourWayTimeout, address });
			this.#owner.event({ type: EVENT.link, reason: LINK_REASON.disassociated, address });
			this.#drop();
		});
	}

	#connect(accessPoint: AccessPoint): void {
		this.#open = true;
		accessPoint.connect(this);
		this.#watchBeacons(this.#attempt, accessPoint, false);
	}

	/** An access point that is gone is missed after one to two periods, without another word. */
	#watchBeacons(attempt: number, accessPoint: AccessPoint, missed: boolean): void {
		this.#after(attempt, BEACON_LOSS_MICROS, () => {
			const gone = !this.#air.accessPoints.includes(accessPoint);
			if (gone && missed) {
				this.#attempt++;
				this.#drop();
				this.#owner.event({ type: EVENT.link, reason: LINK_REASON.beaconLoss, address: accessPoint.bssid });
				return;
			}
			this.#watchBeacons(attempt, accessPoint, gone);
		});
	}

	#drop(): AccessPoint | undefined {
		const accessPoint = this.#accessPoint;
		this.#accessPoint = undefined;
		this.#open = false;
		accessPoint?.disconnect(this);
		return accessPoint;
	}

	#after(attempt: number, delayMicros: number, action: () => void): void {
		this.#power.after(delayMicros, () => {
			if (attempt === this.#attempt) {
				action();
			}
		});
	}
}

function masterKey(passphrase: Uint8Array | undefined, ssid: string): Uint8Array | undefined {
	if (!passphrase || passphrase.length < 8) {
		return undefined;
	}
	if (passphrase.length === 64) {
		return new Uint8Array(Buffer.from(Buffer.from(passphrase).toString("latin1"), "hex"));
	}
	return pairwiseMasterKey(passphrase, Buffer.from(ssid));
}
