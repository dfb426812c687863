/** `--client "SSID,password=...,get=/path"`: who joins the network that the device opens, as a command line writes it. */
import { keyAndValue, parseMicros, splitList } from "./option-text.ts";
import type { ClientSettings } from "./options.ts";

/** How the option is written, for help and for sentences. */
export const CLIENT_KEYS = "password=TEXT, get=/PATH, join=TIME, mac=02:50:46:00:01:01";

/** @throws with a sentence that names what is allowed. */
export function parseClient(text: string): ClientSettings {
	const [ssid = "", ...entries] = splitList(text);
	if (ssid === "") {
		throw new Error("the name of the device's network is expected first, then what differs from the default, each behind a comma");
	}
	return entries.reduce((settings, entry) => ({ ...settings, ...setting(...keyAndValue(entry)) }), { ssid } as ClientSettings);
}

function setting(key: string, value: string | undefined): Partial<ClientSettings> {
	switch (key) {
		case "password":
			return { password: value ?? "" };
		case "get":
			if (!value?.startsWith("/")) {
				throw new Error(`get=${value ?? ""}: a path is expected, such as get=/index.html`);
			}
			return { get: value };
		case "join":
			return { joinAfterMicros: parseMicros(key, value) };
		case "mac":
			return { mac: value ?? "" };
		default:
			throw new Error(`"${key}" is no setting of a client; allowed are ${CLIENT_KEYS}`);
	}
}
