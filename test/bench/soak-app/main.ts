// Fetches again and again, and tells of each fetch what came. soak.ts knows what should have come.

import { arena } from "base/instrumentation";
import config from "mc/config";
import fetch from "fetch";
import { join } from "wifi";
import { synchronizeClock } from "network/ntp";

await join();
await synchronizeClock({ server: config.timeServer });
const response = await fetch(`https://${config.host}/open`);
console.log(`open, ${arena().free} bytes free`);
await response.bytes();
for (let number = 0; number < config.count; number++) {
	const scheme = number % config.secureEvery === 0 ? "https" : "http";
	console.log(`fetch ${number} ${await outcome(`${scheme}://${config.host}/${number}`)} free ${arena().free}`);
}
console.log("over");

async function outcome(url: string): Promise<string> {
	try {
		const response = await fetch(url);
		let length = 0;
		let hash = 0;
		for await (const piece of response.body) {
			length += piece.length;
			for (let at = 0; at < piece.length; at++) hash = (Math.imul(hash, 31) + piece[at]!) >>> 0;
		}
		return `${response.status} ${length} ${hash}`;
	} catch (error) {
		const { cause } = error as { cause?: { code?: string } };
		return cause?.code ?? String(error);
	}
}
