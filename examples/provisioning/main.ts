// A board that asks for its network. Without one it opens a network of its own, "picofetch-setup", whose passphrase stands in
// manifest.json (give each board its own: npm run build -- --app examples/provisioning --config setup=PASSPHRASE). Join it with a phone:
// the page comes by itself, or at http://192.168.73.1/. What the user enters there is tried, kept in flash, and joined at each start.

import type { CodedError } from "base/error";
import config from "mc/config";
import { join, type Joined } from "wifi";
import { keptNetwork, provision } from "wifi/provisioning";

const ssid = "picofetch-setup";

/** The kept network, unless it is out of reach or its passphrase has changed. */
async function joinKept(): Promise<Joined | undefined> {
	const kept = keptNetwork();
	try {
		return kept && await join(kept);
	} catch (error) {
		console.log(`${(error as CodedError).code}: ${(error as Error).message}`);
		return undefined;
	}
}

const network = await joinKept() ?? await provision({
	ssid,
	password: String(config.setup),
	title: "My board",
	onReady: address => console.log(`join "${ssid}" with a phone, then http://${address}/`),
	onTry: name => console.log(`trying ${name}`),
	onFailure: error => console.log(`${error.code}: ${error.message}`),
});
console.log(`joined ${network.ssid} as ${network.address}`);
