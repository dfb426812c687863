// Where the name and the passphrase of the Wi-Fi network come from. They are never printed and never committed.

import { readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { UserError } from "../user-error.ts";

export interface NetworkSettings {
	readonly ssid?: string;
	readonly password?: string;
}

const localFile = join(resolve(import.meta.dirname, "../.."), "network.json");

/**
 * Settings of the command line, else of PICOFETCH_SSID and PICOFETCH_PASSWORD, else of the ignored file network.json
 * (`{"ssid": "...", "password": "..."}`). A source that names the network brings its passphrase too: they are not mixed.
 * @throws UserError when one cannot be used with WPA2 (IEEE 802.11: SSID of 1 to 32 bytes, passphrase of 8 to 63)
 */
export function networkSettings(given: NetworkSettings, environment: NodeJS.ProcessEnv = process.env, file: string = localFile): NetworkSettings {
	if (given.ssid === undefined && given.password !== undefined) {
		throw new UserError("--password was given without --ssid: name the network too");
	}
	if (given.ssid !== undefined) {
		return checked(given, "--ssid and --password");
	}
	if (environment.PICOFETCH_SSID !== undefined) {
		return checked({ ssid: environment.PICOFETCH_SSID, password: environment.PICOFETCH_PASSWORD }, "PICOFETCH_SSID and PICOFETCH_PASSWORD");
	}
	const local = readLocal(file);
	return local === undefined ? {} : checked(local, relative(process.cwd(), file));
}

function checked({ ssid, password }: { ssid?: unknown; password?: unknown }, from: string): NetworkSettings {
	const ssidBytes = typeof ssid === "string" ? Buffer.byteLength(ssid) : 0;
	if (typeof ssid !== "string" || ssidBytes < 1 || ssidBytes > 32) {
		throw new UserError(`${from}: found a network name of ${ssidBytes} bytes, expected 1 to 32`);
	}
	if (password === undefined || password === "") {
		return { ssid };
	}
	const passwordBytes = typeof password === "string" ? Buffer.byteLength(password) : 0;
	if (typeof password !== "string" || passwordBytes < 8 || passwordBytes > 63) {
		throw new UserError(`${from}: found a passphrase of ${passwordBytes} bytes, expected 8 to 63`);
	}
	return { ssid, password };
}

function readLocal(file: string): { ssid?: unknown; password?: unknown } | undefined {
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
