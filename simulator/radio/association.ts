/**
 * The station side of the firmware: join, four-way handshake, leave, and the order of events in which a host learns of
 * them. The orders are those seen on real boards; PROTOCOL.md, section 8.5.
 */
import type { Random } from "../wires.ts";
import { pairwiseMasterKey, type AccessPoint, type Air, type Station } from "./air.ts";
import {
	AUTH_REASON, AUTH_TYPE, DISCONNECT_REASON, EVENT, EVENT_STATUS, FLAG_LINK_UP, LINK_REASON, PRUNE_REASON, SUPPLICANT, SUPPLICANT_REASON,
	type RadioEvent,
} from "./events.ts";
import type { PowerCycle } from "./power-cycle.ts";
import { beaconElements } from "./scan-result.ts";
import { agree, isCipherMismatch, type Method } from "./security.ts";
import { acknowledges, heard } from "./signal.ts";

/** Whom the host asks for. */
export interface JoinTarget {
	ssid: Uint8Array;
	/** 6 bytes. Default: any access point of that name. */
	bssid?: Uint8Array;
	/** Default: any. */
	channel?: number;
}

/** What the host configured before it starts to join. */
export interface JoinSettings {
	/** WSEC, WPA_AUTH and mfp, see `OfferedSecurity`. */
	wirelessSecurity: number;
	wpaAuth: number;
	managementFrameProtection: number;
	/** sup_wpa: the firmware does the four-way handshake. */
	supplicant: boolean;
	/** sup_wpa_tmo, ms. */
	supplicantTimeoutMs: number;
	/** The passphrase (8 to 63 bytes), or 64 hexadecimal digits. */
	passphrase: Uint8Array | undefined;
	/** "sae_password". */
	password: Uint8Array | undefined;
}

/** Time line of a join. A real chip takes 0.3 to 3 s to find a network, depending on how much it scans. */
const FOUND_MICROS = 120_000;
const SCANNED_ALL_MICROS = 1_200_000;
const JITTER_MICROS = 20_000;
const STEP_MICROS = 1_500;
const HANDSHAKE_MICROS = 25_000;
/** Two exchanges of points on a curve, which the chip computes itself (fit). */
const SAE_MICROS = 180_000;
/** Message 1 is sent again after this while no right answer comes, as hostapd does. */
const MESSAGE_RETRY_MICROS = 1_000_000;
/** The messages of IEEE 802.11-2020, 12.4 (SAE) and 12.7.6 (four-way handshake), and at which part of its time each is there (fit). */
const SAE_MESSAGES: readonly Message[] = [
	[0.4, "SAE commit of the station"], [0.5, "SAE commit of the access point"], [0.9, "SAE confirm of the station"],
];
const SAE_ACCEPTED: readonly Message[] = [[0, "SAE confirm of the access point"]];
const SAE_REJECTED: readonly Message[] = [[0, "SAE rejected by the access point"]];
const HANDSHAKE_MESSAGES: readonly Message[] = [
	[0.2, "EAPOL message 1 of 4, of the access point: its nonce"], [0.4, "EAPOL message 2 of 4, of the station: its nonce, with its check"],
	[0.6, "EAPOL message 3 of 4, of the access point: the group key"], [0.8, "EAPOL message 4 of 4, of the station: keys are installed"],
];
type Message = readonly [part: number, text: string];

/** Tries of a frame that nobody acknowledges, up to the firmware's time for it. */
const UNACKNOWLEDGED_MICROS = 600_000;
const BEACON_LOSS_MICROS = 4_000_000;

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
	#method: Method = "open";
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
	join(target: JoinTarget, settings: JoinSettings): void {
		this.#drop();
		const attempt = ++this.#attempt;
		const jitter = this.#random.next32() % JITTER_MICROS;
		const candidates = heard(this.#air, this.#owner.highestChannel).filter((one) => isTarget(one, target));
		if (!candidates.length) {
			this.#after(attempt, SCANNED_ALL_MICROS + jitter, () =>
				this.#owner.event({ type: EVENT.setSsid, status: EVENT_STATUS.noNetworks }));
			return;
		}
		this.#after(attempt, FOUND_MICROS + jitter, () => this.#found(attempt, candidates, settings));
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
		const method = this.#method;
		const keyed = this.#open;
		const accessPoint = this.#drop();
		if (!accessPoint) {
			return;
		}
		const address = accessPoint.bssid;
		if (method !== "open") {
			this.#owner.event({
				type: EVENT.pskSupplicant, status: keyed ? SUPPLICANT.keyed : SUPPLICANT.waitingM3, reason: SUPPLICANT_REASON.deauthenticated, address,
			});
		}
		this.#owner.event({ type: EVENT.deauthIndication, reason, address });
		this.#owner.event({ type: EVENT.link, reason: LINK_REASON.disassociated, address });
	}

	/** The strongest with which the settings agree is joined; the others are told of. @param candidates strongest first. */
	#found(attempt: number, candidates: readonly AccessPoint[], settings: JoinSettings): void {
		const offer = { ...settings, hasPassphrase: settings.passphrase !== undefined, hasPassword: settings.password !== undefined };
		for (const accessPoint of candidates) {
			const method = agree(accessPoint.security, offer);
			if (method) {
				this.#authenticate(attempt, accessPoint, method, settings);
				return;
			}
			const reason = isCipherMismatch(accessPoint.security, offer) ? PRUNE_REASON.cipherMismatch : PRUNE_REASON.rsnMismatch;
			this.#owner.event({ type: EVENT.prune, reason, address: accessPoint.bssid });
		}
		this.#owner.event({ type: EVENT.setSsid, status: EVENT_STATUS.noNetworks, address: candidates[candidates.length - 1].bssid });
	}

	#authenticate(attempt: number, accessPoint: AccessPoint, method: Method, settings: JoinSettings): void {
		const address = accessPoint.bssid;
		const authType = method === "sae" ? AUTH_TYPE.sae : AUTH_TYPE.open;
		if (!acknowledges(accessPoint)) {
			this.#after(attempt, UNACKNOWLEDGED_MICROS, () => {
				this.#owner.event({ type: EVENT.transmitFailed, status: EVENT_STATUS.timeout, address });
				this.#owner.event({ type: EVENT.auth, status: EVENT_STATUS.timeout, authType, address });
				this.#owner.event({ type: EVENT.setSsid, status: EVENT_STATUS.fail, address });
			});
			return;
		}
		if (method !== "sae") {
			this.#associate(attempt, accessPoint, method, settings);
			return;
		}
		this.#tell(attempt, accessPoint, SAE_MESSAGES, SAE_MICROS);
		this.#after(attempt, SAE_MICROS, () => {
			if (settings.password && accessPoint.acceptsPassword(settings.password)) {
				this.#tell(attempt, accessPoint, SAE_ACCEPTED, 0);
				this.#associate(attempt, accessPoint, method, settings);
				return;
			}
			this.#tell(attempt, accessPoint, SAE_REJECTED, 0);
			this.#owner.event({ type: EVENT.auth, status: EVENT_STATUS.fail, reason: AUTH_REASON.saeRejected, authType, address });
			this.#after(attempt, STEP_MICROS, () => this.#owner.event({ type: EVENT.setSsid, status: EVENT_STATUS.fail, address }));
		});
	}

	#associate(attempt: number, accessPoint: AccessPoint, method: Method, settings: JoinSettings): void {
		const address = accessPoint.bssid;
		this.#accessPoint = accessPoint;
		this.#method = method;
		const elements = beaconElements(accessPoint);
		const steps: RadioEvent[] = [
			{ type: EVENT.auth, authType: method === "sae" ? AUTH_TYPE.sae : AUTH_TYPE.open, address },
			{ type: EVENT.assocRequestElements, address, data: elements },
			{ type: EVENT.assocResponseElements, address, data: elements },
			{ type: EVENT.assoc, address },
			{ type: EVENT.link, flags: FLAG_LINK_UP, address },
			{ type: EVENT.join, address },
			// The host asked by name and the network was joined, keys or not.
			{ type: EVENT.setSsid, address },
		];
		steps.forEach((step, index) => {
			this.#after(attempt, index * STEP_MICROS, () => {
				this.#owner.event(step);
				// Without keys to wait for, hosts send as soon as they are told of the link (GR takes its interface up by it).
				if (step.type === EVENT.link && method === "open") {
					this.#connect(accessPoint);
				}
			});
		});
		const associatedMicros = steps.length * STEP_MICROS;
		if (method === "open") {
			return;
		}
		if (!settings.supplicant) {
			this.#power.log.violation("warning", "radio-unmodelled-host-supplicant", "sup_wpa is 0: a four-way handshake by the host is not modelled");
		}
		const { supplicant } = settings;
		if (supplicant && hasKey(accessPoint, method, settings)) {
			this.#tell(attempt, accessPoint, HANDSHAKE_MESSAGES, HANDSHAKE_MICROS, associatedMicros);
			this.#after(attempt, associatedMicros + HANDSHAKE_MICROS, () => {
				this.#connect(accessPoint);
				this.#owner.event({ type: EVENT.pskSupplicant, status: SUPPLICANT.keyed, address });
			});
			return;
		}
		const patienceMicros = 1000 * Math.min(accessPoint.handshakeTimeoutMs, settings.supplicantTimeoutMs);
		for (let sent = 0; sent + HANDSHAKE_MICROS < patienceMicros; sent += MESSAGE_RETRY_MICROS) {
			this.#tell(attempt, accessPoint, HANDSHAKE_MESSAGES.slice(0, supplicant ? 2 : 1), HANDSHAKE_MICROS, associatedMicros + sent);
		}
		// Message 2 carries a wrong check: the access point ignores it and message 3 never comes. Who loses patience first ends it.
		if (accessPoint.handshakeTimeoutMs < settings.supplicantTimeoutMs) {
			this.#after(attempt, associatedMicros + accessPoint.handshakeTimeoutMs * 1000, () =>
				this.deauthenticate(DISCONNECT_REASON.previousAuthenticationInvalid));
			return;
		}
		this.#after(attempt, associatedMicros + settings.supplicantTimeoutMs * 1000, () => {
			this.#owner.event({ type: EVENT.pskSupplicant, status: SUPPLICANT.waitingM3, reason: SUPPLICANT_REASON.fourWayTimeout, address });
			this.#owner.event({ type: EVENT.link, reason: LINK_REASON.disassociated, address });
			this.#drop();
		});
	}

	/** Messages that only a log shows. Without one, nothing is scheduled. */
	#tell(attempt: number, { tellMessage }: AccessPoint, messages: readonly Message[], spanMicros: number, fromMicros = 0): void {
		if (tellMessage) {
			for (const [part, text] of messages) {
				this.#after(attempt, fromMicros + part * spanMicros, () => tellMessage(text));
			}
		}
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

function isTarget(accessPoint: AccessPoint, { ssid, bssid, channel }: JoinTarget): boolean {
	return accessPoint.ssid === Buffer.from(ssid).toString()
		&& (bssid === undefined || Buffer.from(bssid).equals(accessPoint.bssid))
		&& (channel === undefined || channel === accessPoint.channel);
}

/** SAE has brought the key of the handshake with it. */
function hasKey(accessPoint: AccessPoint, method: Method, { passphrase }: JoinSettings): boolean {
	if (method === "sae") {
		return true;
	}
	const key = masterKey(passphrase, accessPoint.ssid);
	return key !== undefined && accessPoint.acceptsKey(key);
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
