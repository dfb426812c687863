// What the tests of mDNS run on the device: one name and its services, for config.stayMs. "end" is the last line.

import config from "mc/config";
import MDNS, { type MDNSOptions } from "network/mdns";
import { join } from "wifi";

const { stayMs, hostName = "pico", services, wifiName, wrong = [] } = config as { stayMs: number; wifiName?: string; wrong?: MDNSOptions[] } & MDNSOptions;

function pause(ms: number): Promise<void> {
	return new Promise(resolve => setTimeout(resolve, ms));
}

function attempt(options: MDNSOptions): void {
	try {
		new MDNS(options).close();
		console.log("taken");
	} catch (error) {
		const { code, message } = error as { code?: string; message?: string };
		console.log(`${code}: ${message}`);
	}
}

await join({ hostName: wifiName });
wrong.forEach(attempt);
const mdns = new MDNS({ ...wifiName === undefined && { hostName }, services, onNamed: name => console.log(`named ${name}`) });
attempt({ hostName: "other" });
await pause(stayMs);
console.log(`is ${mdns.hostName}`);
mdns.close();
mdns.close();
await pause(100);
attempt({ hostName: "other" });
console.log("end");
