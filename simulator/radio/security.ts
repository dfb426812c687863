/**
 * How a network is protected: what its beacons tell of it (IEEE 802.11-2020, 9.4.2.24, and WPA 1 as vendors wrote it down),
 * and on which of it a station and an access point agree. PROTOCOL.md, section 8.
 */

/** From none to SAE alone. With two, a station takes the better one that it can. */
export type Security = "open" | "wpa" | "wpa/wpa2" | "wpa2" | "wpa2/wpa3" | "wpa3";

/** How a station proves itself: nothing, the four-way handshake over TKIP or CCMP, SAE and the handshake behind it. */
export type Method = "open" | "wpa" | "wpa2" | "sae";

/** In order of preference. */
const METHODS: Record<Security, readonly Method[]> = {
	"open": ["open"],
	"wpa": ["wpa"],
	"wpa/wpa2": ["wpa2", "wpa"],
	"wpa2": ["wpa2"],
	"wpa2/wpa3": ["sae", "wpa2"],
	"wpa3": ["sae"],
};

/** In the order of the type. */
export const SECURITIES = Object.keys(METHODS) as readonly Security[];

/** The host's settings that decide. */
export interface OfferedSecurity {
	/** WSEC: 0 open, b1 TKIP, b2 AES. */
	wirelessSecurity: number;
	/** WPA_AUTH: 0 open, 0x4 WPA-PSK, 0x80 WPA2-PSK, 0x40000 SAE. */
	wpaAuth: number;
	/** mfp: 0 no protected management frames, 1 possible, 2 required. */
	managementFrameProtection: number;
	/** A passphrase was set. With SAE in WPA_AUTH it means "or WPA2". */
	hasPassphrase: boolean;
	/** "sae_password" was set. */
	hasPassword: boolean;
}

export const TKIP = 0x02;
export const AES = 0x04;
export const WPA_PSK = 0x4;
export const WPA2_PSK = 0x80;
export const SAE = 0x40000;
export const MFP_REQUIRED = 2;

/** @returns the method that both have, undefined: the beacon's elements and the host's settings do not fit. */
export function agree(security: Security, offer: OfferedSecurity): Method | undefined {
	return METHODS[security].find((method) => takes(method, offer));
}

/** @returns true when a network that is not agreed with lacks nothing but a cipher of the host's. */
export function isCipherMismatch(security: Security, offer: OfferedSecurity): boolean {
	return offer.wirelessSecurity !== 0 && agree(security, { ...offer, wirelessSecurity: TKIP | AES }) !== undefined;
}

function takes(method: Method, offer: OfferedSecurity): boolean {
	const { wirelessSecurity, wpaAuth, managementFrameProtection, hasPassphrase, hasPassword } = offer;
	switch (method) {
		case "open":
			return wpaAuth === 0 && wirelessSecurity === 0;
		case "wpa":
			return (wpaAuth & WPA_PSK) !== 0 && (wirelessSecurity & TKIP) !== 0 && managementFrameProtection !== MFP_REQUIRED;
		case "wpa2": {
			// "WPA2 or WPA3" is SAE with a passphrase for WPA2 beside it, and protected management frames not required.
			const asked = (wpaAuth & WPA2_PSK) !== 0 || ((wpaAuth & SAE) !== 0 && hasPassphrase);
			return asked && (wirelessSecurity & AES) !== 0 && managementFrameProtection !== MFP_REQUIRED;
		}
		case "sae":
			// SAE goes with protected management frames (WPA3 specification 3.0, 2.3).
			return (wpaAuth & SAE) !== 0 && hasPassword && (wirelessSecurity & AES) !== 0 && managementFrameProtection !== 0;
	}
}

/** @returns whether keys are needed: the privacy bit of the capabilities. */
export function isProtected(security: Security): boolean {
	return security !== "open";
}

const RSN = [0x00, 0x0f, 0xac];
const WPA_VENDOR = [0x00, 0x50, 0xf2];
const SUITE_TKIP = 2;
const SUITE_CCMP = 4;
const AKM_PSK = 2;
const AKM_SAE = 8;
const ELEMENT_RSN = 48;
const ELEMENT_VENDOR = 221;
/** RSN capabilities: protected management frames. */
const MFP_CAPABLE_BIT = 0x80;
const MFP_REQUIRED_BIT = 0x40;

/** The elements of a beacon that tell of it; none for an open network. */
export function securityElements(security: Security): number[] {
	switch (security) {
		case "open": return [];
		case "wpa": return wpaElement();
		case "wpa/wpa2": return [...rsnElement(SUITE_TKIP, [AKM_PSK], 0), ...wpaElement()];
		case "wpa2": return rsnElement(SUITE_CCMP, [AKM_PSK], 0);
		case "wpa2/wpa3": return rsnElement(SUITE_CCMP, [AKM_PSK, AKM_SAE], MFP_CAPABLE_BIT);
		case "wpa3": return rsnElement(SUITE_CCMP, [AKM_SAE], MFP_CAPABLE_BIT | MFP_REQUIRED_BIT);
	}
}

/** Version 1, group cipher, CCMP for one station, key managements, capabilities. */
function rsnElement(groupCipher: number, keyManagements: readonly number[], capabilities: number): number[] {
	const body = [
		1, 0, ...RSN, groupCipher, 1, 0, ...RSN, SUITE_CCMP,
		keyManagements.length, 0, ...keyManagements.flatMap((suite) => [...RSN, suite]), capabilities, 0,
	];
	return [ELEMENT_RSN, body.length, ...body];
}

/** The vendor's element of WPA 1: TKIP and a pre-shared key. */
function wpaElement(): number[] {
	const body = [
		...WPA_VENDOR, 1, 1, 0, ...WPA_VENDOR, SUITE_TKIP, 1, 0, ...WPA_VENDOR, SUITE_TKIP, 1, 0, ...WPA_VENDOR, AKM_PSK,
	];
	return [ELEMENT_VENDOR, body.length, ...body];
}
