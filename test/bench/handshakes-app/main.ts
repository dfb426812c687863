// Fetches from one server after another, and tells of each how it ended and what memory is left. soak-handshakes.ts knows what
// should have come.

import { arena } from "base/instrumentation";
import config from "mc/config";
import fetch from "fetch";
import { instrumentation } from "instrumentation";
import { synchronizeClock } from "network/ntp";
import { networkInstrumentation } from "network/instrumentation";
import { join } from "wifi";

const { hosts } = config as unknown as { hosts: string[] };

await join();
await synchronizeClock();
pools("begun");
for (const host of hosts) {
	console.log(`${host} ${await ended(`https://${host}/`)} free ${arena().free}`);
}
// A server that does not close keeps lwIP's end of a connection for 5 s.
await new Promise((resolve) => setTimeout(resolve, 20_000));
pools("over");

function pools(when: string): void {
	const { packets, segments, connections, connectionsWaiting } = networkInstrumentation();
	console.log(`${when} ${connections.used - connectionsWaiting} ${packets.used} ${segments.used} ${instrumentation().nativeHeap.used}`);
}

async function ended(url: string): Promise<string> {
	try {
		const response = await fetch(url);
		return `${response.status} ${(await response.bytes()).length}`;
	} catch (error) {
		const { cause } = error as { cause?: { code?: string } };
		return cause?.code ?? String(error);
	}
}
