// The root app's story with a name in the local network, and pages of config.urls one behind the other. "end" is the last line.

import config from "mc/config";
import MDNS from "network/mdns";
import { synchronizeClock } from "network/ntp";
import { join } from "wifi";

await join();
await new Promise<void>((resolve) => {
	new MDNS({
		hostName: "pico",
		services: [{ type: "_http._tcp", port: 80, txt: { path: "/" } }],
		onNamed(name) {
			console.log(`named ${name}`);
			resolve();
		},
	});
});
await synchronizeClock({ server: config.timeServer });
for (const url of config.urls as string[]) {
	try {
		const response = await fetch(url);
		console.log(`${url} ${response.status} ${await response.text()}`);
	} catch (error) {
		const { code, message } = (error as Error).cause as { code?: string; message?: string };
		console.log(`${url} ${code}: ${message}`);
	}
}
console.log("end");
