// Sockets before the radio was ever on, and behind that.

import Listener from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import { join } from "wifi";

async function tell(when: string): Promise<void> {
	for (const [what, open] of [["listener", () => new Listener({ port: 80 })], ["udp", () => new UDP({})]] as const) {
		try {
			open().close();
			console.log(`${when} ${what} ok`);
		} catch (error) {
			console.log(`${when} ${what} ${(error as { code?: string }).code}: ${(error as Error).message}`);
		}
	}
	const code = await new Promise<string>(resolve => {
		try {
			new TCP({ address: "203.0.113.250", port: 9, onError: error => resolve(error.code) });
		} catch (error) {
			resolve((error as { code: string }).code);
		}
	});
	console.log(`${when} tcp ${code}`);
}

await tell("before");
await join();
await tell("behind");
console.log("end");
