// Keeps a network, and gets a page by plain HTTP every ten minutes. Tells once a day, and at the end, what memory is used and
// what became of the network.

import { arena } from "base/instrumentation";
import { uptimeMs } from "base/uptime";
import config from "mc/config";
import { instrumentation } from "instrumentation";
import { networkInstrumentation } from "network/instrumentation";
import Keeper from "wifi/keeper";
import { later } from "./later.ts";
import { plainFetch } from "../failures-app/plain-fetch.ts";

const { ssid, password, url, fetches, everyMs, tellEvery, startMs } = config as unknown as {
	ssid: string; password: string; url: string; fetches: number; everyMs: number; tellEvery: number; startMs: number;
};

later(startMs);
let changes = 0;
const keeper = new Keeper({ ssid, password, onChanged: () => changes++ });
await keeper.joined();
// Names, connections and what is made at first use are there after two.
for (let fetch = -2; fetch <= fetches; fetch++) {
	const begunMs = uptimeMs();
	try {
		const response = await plainFetch(url, { timeoutMs: 30_000 });
		const text = await response.text();
		if (response.status !== 200 || text.length !== 1000) {
			console.log(`fetch ${fetch} ${response.status} ${text.length}`);
		}
	} catch (error) {
		console.log(`fetch ${fetch} failed`, error);
	}
	// TIME-WAIT of lwIP is over by the time that figures are told.
	await new Promise((resolve) => setTimeout(resolve, everyMs - (uptimeMs() - begunMs)));
	if (fetch >= 0 && fetch % tellEvery === 0 || fetch === fetches) {
		tell(fetch);
	}
}
keeper.close();
console.log("end");

function tell(fetch: number): void {
	const { packets, segments, connections, connectionsWaiting, sockets, heap } = networkInstrumentation();
	const pools = `${connections.used - connectionsWaiting} ${sockets.used} ${packets.used} ${segments.used} ${heap.used} ${instrumentation().nativeHeap.used}`;
	console.log(`behind ${fetch} keeper ${keeper.state} ${keeper.network?.address} ${keeper.failures} ${changes} pools ${pools} free ${arena().free}`);
}
