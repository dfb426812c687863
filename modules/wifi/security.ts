// How a Wi-Fi network is protected: of those that the board joins (wifi.ts) and of the one that it opens (access-point.ts).

import { CodedError } from "../base/error.ts";

/** In the order of station_security of station.h. */
const securities = ["open", "wpa2", "wpa2/wpa3", "wpa3"] as const;

export type Security = typeof securities[number];

/**
 * What C is told of a protection: its number, and the key, which an open network has none of.
 * @param name of whom an error speaks
 * @param most characters of the password
 * @throws CodedError EINVAL (no such protection), ERR_WIFI_PASSPHRASE (its length cannot be)
 */
export function protection(name: string, security: Security, password: string, most: number): [number: number, key: string] {
	const number = securities.indexOf(security);
	if (number < 0) {
		throw new CodedError("EINVAL", `${name}: security "${security}", expected ${securities.join(", ")}`);
	}
	if (security === "open") return [number, ""];
	const key = String(password);
	if (key.length < 8 || key.length > most) {
		throw new CodedError("ERR_WIFI_PASSPHRASE", `${name}: a passphrase has 8 to 63 characters, this one ${key.length}`);
	}
	return [number, key];
}
