/**
 * Events of the firmware: numbers, and the Ethernet frame of type 0x886C that carries one to the host.
 *
 * PROTOCOL.md, sections 6.4 and 7.
 */

export const EVENT = {
	setSsid: 0,
	join: 1,
	auth: 3,
	authIndication: 4,
	deauth: 5,
	deauthIndication: 6,
	assoc: 7,
	assocIndication: 8,
	disassoc: 11,
	disassocIndication: 12,
	link: 16,
	transmitFailed: 20,
	prune: 23,
	pskSupplicant: 46,
	escanResult: 69,
	assocRequestElements: 87,
	assocResponseElements: 88,
	authorized: 136,
} as const;

export const EVENT_STATUS = { success: 0, fail: 1, timeout: 2, noNetworks: 3, abort: 4, noAck: 5, partial: 8, newScan: 9 } as const;

/** For `pskSupplicant` the status is the supplicant's state. */
export const SUPPLICANT = { authenticated: 4, keyed: 6, waitingM3: 8 } as const;
export const SUPPLICANT_REASON = { other: 0, deauthenticated: 14, fourWayTimeout: 15 } as const;
export const LINK_REASON = { beaconLoss: 1, disassociated: 2, interfaceDisabled: 4 } as const;
export const PRUNE_REASON = { cipherMismatch: 1, rsnMismatch: 8, accessPointBlocked: 18 } as const;
/** Of `deauthIndication` and `disassocIndication`: IEEE 802.11-2020, 9.4.1.7. */
export const DISCONNECT_REASON = { unspecified: 1, previousAuthenticationInvalid: 2, leaving: 3, leavingNetwork: 8 } as const;
/** Of `auth`: how it was tried, and what it failed by. */
export const AUTH_TYPE = { open: 0, sae: 3 } as const;
export const AUTH_REASON = { saeRejected: 16 } as const;

/** Flag of `link` and `join`: the link is up. */
export const FLAG_LINK_UP = 0x0001;

export interface RadioEvent {
	type: number;
	status?: number;
	reason?: number;
	flags?: number;
	authType?: number;
	/** 6 bytes: access point or peer. */
	address?: Uint8Array;
	data?: Uint8Array;
	/** Default 0, the station. */
	interfaceIndex?: number;
}

const HEADER_BYTES = 72;
const ETHER_TYPE_EVENT = 0x886c;

/** @param mac of the host's interface, 6 bytes. @returns the Ethernet frame. */
export function emitEvent(event: RadioEvent, mac: Uint8Array): Uint8Array {
	const data = event.data ?? new Uint8Array();
	const frame = new Uint8Array(HEADER_BYTES + data.length);
	const view = new DataView(frame.buffer);
	frame.set(mac, 0);
	frame.set(mac, 6);
	// A locally administered source, as firmware sends it.
	frame[6] |= 0x02;
	view.setUint16(12, ETHER_TYPE_EVENT);
	view.setUint16(14, 0x8001);
	view.setUint16(16, frame.length - 18);
	frame.set([0x00, 0x10, 0x18], 19);
	view.setUint16(22, 1);
	view.setUint16(24, 2);
	view.setUint16(26, event.flags ?? 0);
	view.setUint32(28, event.type);
	view.setUint32(32, event.status ?? 0);
	view.setUint32(36, event.reason ?? 0);
	view.setUint32(40, event.authType ?? 0);
	view.setUint32(44, data.length);
	frame.set(event.address ?? new Uint8Array(6), 48);
	const interfaceIndex = event.interfaceIndex ?? 0;
	frame.set(Buffer.from(interfaceIndex ? `wl0.${interfaceIndex}` : "wl0"), 54);
	frame[70] = frame[71] = interfaceIndex;
	frame.set(data, HEADER_BYTES);
	return frame;
}

/** An event in words, for the log. */
export function describeEvent({ type, status = 0, reason = 0, flags = 0, interfaceIndex = 0 }: RadioEvent): string {
	const statusName = nameOf(type === EVENT.pskSupplicant ? SUPPLICANT : EVENT_STATUS, status);
	return `${nameOf(EVENT, type) ?? type} status ${status}${statusName ? ` (${statusName})` : ""} reason ${reason} flags ${flags}${interfaceIndex ? ` of interface ${interfaceIndex}` : ""}`;
}

function nameOf(table: Readonly<Record<string, number>>, value: number): string | undefined {
	return Object.keys(table).find((name) => table[name] === value);
}
