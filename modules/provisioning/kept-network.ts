// The network that a user gave the board, kept in flash: one value, so that power may fail at any moment.

import type { JoinOptions } from "../wifi/join.ts";
import Preference from "../storage/preference/preference.ts";

/** What `join` needs for it. */
export interface KeptNetwork {
	readonly ssid: string;
	readonly password?: string;
	readonly security?: NonNullable<JoinOptions["security"]>;
}

const domain = "wifi";
const key = "network";

/** The network that was kept last; undefined when none is. */
export function keptNetwork(): KeptNetwork | undefined {
	const text = Preference.get(domain, key);
	if (typeof text !== "string") return undefined;
	const { ssid, password, security } = JSON.parse(text) as KeptNetwork;
	return { ssid, ...password !== undefined && { password }, ...security !== undefined && { security } };
}

/** Keeps a network instead of the last. @throws CodedError ENOSPC, EIO of `Preference.set` */
export function keepNetwork({ ssid, password, security }: KeptNetwork): void {
	Preference.set(domain, key, JSON.stringify({ ssid, password, security }));
}

/** Forgets it: the next start asks again. The passphrase stays readable in flash until its sector is erased. Harmless when there is none. */
export function forgetNetwork(): void {
	Preference.delete(domain, key);
}
