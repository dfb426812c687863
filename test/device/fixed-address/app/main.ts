// Joins with the addresses of the configuration, one after another, and asks a time server by name each time.

import config from "mc/config";
import { synchronizeClock } from "network/ntp";
import { join } from "wifi";
import WiFi, { type FixedAddress } from "embedded:network/interface/wifi";

const { ssid, password, tries } = config as unknown as { ssid: string; password: string; tries: (FixedAddress | null)[] };
const wifi = new WiFi();

async function outcome<T>(of: Promise<T>, tell: (value: T) => unknown): Promise<string> {
	try {
		return String(tell(await of));
	} catch (error) {
		return `${(error as { code?: string }).code}: ${(error as Error).message}`;
	}
}

for (const fixed of tries) {
	await new Promise(resolve => setTimeout(resolve, 20)); // the console holds 2 KB
	console.log(`join ${await outcome(join({ ssid, password, timeoutMs: 10_000, ...fixed && { fixed } }), ({ address, gateway }) => `${address} ${gateway} ${wifi.connection}`)}`);
	console.log(`time ${await outcome(synchronizeClock({ server: "pool.ntp.org" }), () => "ok")}`);
	await new Promise(resolve => setTimeout(resolve, Number(config.staysMs ?? 0)));
	if (wifi.failure) console.log(`left ${wifi.failure.code}: ${wifi.connection} ${wifi.failure.message}`);
	if (config.leaves) {
		wifi.disconnect();
		await new Promise(resolve => setTimeout(resolve, 500));
	}
}
console.log("end");
