// Where the name, the passphrase and the protection of the Wi-Fi network come from. The passphrase is never printed, and none is committed.

import { readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { UserError } from "../user-error.ts";

export interface NetworkSettings {
	readonly ssid?: string;
	readonly password?: string;
	/** How it is protected. Default: "wpa2" with a passphrase, "open" without. */
	readonly security?: Security;
}

/** Protections that `join` of "wifi" knows. */
export const securities = ["open", "wpa2", "wpa2/wpa3", "wpa3"] as const;
export type Security = (typeof securities)[number];

const localFile = join(resolve(import.meta.dirname, "../.."), "network.json");

/**
 * Settings of the command line, else of PICOFETCH_SSID, PICOFETCH_PASSWORD and PICOFETCH_SECURITY, else of the ignored file network.json
 * (`{"ssid": "...", "password": "...", "security": "..."}`). A source that names the network brings the rest too: they are not mixed.
 * @throws UserError when one cannot be used (IEEE 802.11: SSID of 1 to 32 bytes, passphrase of 8 to 63 or a key of 64 hexadecimal digits)
 */
export function networkSettings(given: NetworkSettings, environment: NodeJS.ProcessEnv = process.env, file: string = localFile): NetworkSettings {
	if (given.ssid === undefined) {
		const idle = (["password", "security"] as const).find(name => given[name] !== undefined);
		if (idle !== undefined) throw new UserError(`--${idle} was given without --ssid: name the network too`);
	} else {
		return checked(given, "--ssid, --password and --security");
	}
	if (environment.PICOFETCH_SSID !== undefined) {
		return checked({ ssid: environment.PICOFETCH_SSID, password: environment.PICOFETCH_PASSWORD, security: environment.PICOFETCH_SECURITY }, "PICOFETCH_SSID, PICOFETCH_PASSWORD and PICOFETCH_SECURITY");
	}
	const local = readLocal(file);
	return local === undefined ? {} : checked(local, relative(process.cwd(), file));
}

function checked({ ssid, password, security }: Unchecked, from: string): NetworkSettings {
	const ssidBytes = typeof ssid === "string" ? Buffer.byteLength(ssid) : 0;
	if (typeof ssid !== "string" || ssidBytes < 1 || ssidBytes > 32) {
		throw new UserError(`${from}: found a network name of ${ssidBytes} bytes, expected 1 to 32`);
	}
	const protection = checkedSecurity(security, from);
	if (password === undefined || password === "") {
		if (protection !== undefined && protection !== "open") throw new UserError(`${from}: found no passphrase, which security ${JSON.stringify(protection)} asks for`);
		return { ssid, ...protection && { security: protection } };
	}
	if (protection === "open") throw new UserError(`${from}: found a passphrase, which security "open" has no use for`);
	const passwordBytes = typeof password === "string" ? Buffer.byteLength(password) : 0;
	if (typeof password !== "string" || passwordBytes < 8 || passwordBytes > 63 && !/^[0-9a-f]{64}$/i.test(password)) {
		throw new UserError(`${from}: found a passphrase of ${passwordBytes} bytes, expected 8 to 63, or 64 hexadecimal digits`);
	}
	return { ssid, password, ...protection && { security: protection } };
}

function checkedSecurity(security: unknown, from: string): Security | undefined {
	if (security === undefined) return undefined;
	const found = securities.find(name => name === security);
	if (found === undefined) throw new UserError(`${from}: found security ${JSON.stringify(security)}, expected ${securities.join(", ")}`);
	return found;
}

type Unchecked = { readonly [name in keyof NetworkSettings]?: unknown };

function readLocal(file: string): Unchecked | undefined {
	let text: string;
	try {
		text = readFileSync(file, "utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") {
			return undefined;
		}
		throw error;
	}
	try {
		const value: unknown = JSON.parse(text);
		if (typeof value === "object" && value !== null) {
			return value;
		}
	} catch {
		// The text is not shown: it may hold the passphrase.
	}
	throw new UserError(`${relative(process.cwd(), file)}: found no JSON object, expected {"ssid": "...", "password": "..."}`);
}
