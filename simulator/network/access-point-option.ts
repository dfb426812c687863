/** `--ap "SSID,password=...,security=..."`: an access point, as a command line writes it. */
import { SECURITIES, type Security } from "../radio/security.ts";
import { keyAndValue, parseMicros, parseWhole, splitList } from "./option-text.ts";
import type { AccessPointSettings } from "./options.ts";

/** How the option is written, for help and for sentences. */
export const ACCESS_POINT_KEYS =
	`password=TEXT, security=${SECURITIES.join("|")}, channel=1..14, rssi=-100..0, bssid=02:50:46:00:00:01, hidden, `
	+ "gone=TIME, back=TIME, vanishes=EVERY/FOR, deauthenticates=REASON@TIME";

/** @throws with a sentence that names what is allowed. */
export function parseAccessPoint(text: string): AccessPointSettings {
	const [ssid = "", ...entries] = splitList(text);
	if (ssid === "" || entries.includes("")) {
		throw new Error("the name of the network is expected first, then what differs from the default, each behind a comma");
	}
	return entries.reduce((settings, entry) => ({ ...settings, ...setting(...keyAndValue(entry)) }), { ssid } as AccessPointSettings);
}

function setting(key: string, value: string | undefined): Partial<AccessPointSettings> {
	switch (key) {
		case "password":
			return { password: value ?? "" };
		case "security":
			if (!SECURITIES.includes(value as Security)) {
				throw new Error(`security=${value ?? ""}: one of ${SECURITIES.join(", ")} is expected`);
			}
			return { security: value as Security };
		case "channel":
			return { channel: parseWhole(key, value, 1, 14) };
		case "rssi":
			return { rssiDbm: parseWhole(key, value, -100, 0) };
		case "bssid":
			return { bssid: value ?? "" };
		case "hidden":
			if (value !== undefined) {
				throw new Error("hidden stands alone, without a value");
			}
			return { hidden: true };
		case "gone":
			return { goneAtMicros: parseMicros(key, value) };
		case "back":
			return { backAtMicros: parseMicros(key, value) };
		case "vanishes": {
			const [every, duration] = (value ?? "").split("/");
			return { vanishes: { everyMicros: parseMicros(key, every), forMicros: parseMicros(`${key}=${every}/`, duration) } };
		}
		case "deauthenticates": {
			const [reason, after] = (value ?? "").split("@");
			return { deauthenticates: { reason: parseWhole(key, reason, 0, 65_535), afterMicros: parseMicros(`${key}=${reason}@`, after) } };
		}
		default:
			throw new Error(`"${key}" is no setting of an access point; allowed are ${ACCESS_POINT_KEYS}`);
	}
}
