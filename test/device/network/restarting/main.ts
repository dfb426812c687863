// Fails in the midst of what config.during names, at each start; the manifest then begins the script anew, with the network left up.

import config from "mc/config";
import { instrumentation } from "instrumentation";
import { networkInstrumentation } from "network/instrumentation";
import TCP from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import Resolver from "embedded:network/dns/resolver/udp";
import WiFi from "embedded:network/interface/wifi";
import { synchronizeClock } from "network/ntp";
import { join } from "wifi";

const { during, address } = config as unknown as { during: string; address: string };

function fail(): never {
	throw new Error(`in the midst of ${during}`);
}

/** None of these may end by itself before the failure. */
function early(what: unknown): void {
	console.log("early", what);
}

const ways: Readonly<Record<string, () => unknown>> = {
	joining() {
		const wifi = new WiFi();
		wifi.disconnect();
		wifi.close();
		join().then(early, early);
		setTimeout(fail, 1);
	},
	scanning() {
		new WiFi().scan({ onFound() {}, onComplete: () => early("scanned") });
		setTimeout(fail, 50);
	},
	resolving() {
		new Resolver().resolve({ host: "nobody.example" }, early);
		setTimeout(fail, 0);
	},
	connecting() {
		new TCP({ address, port: 11, onError: early });
		setTimeout(fail, 300);
	},
	receiving() {
		new TCP({
			address,
			port: 7,
			onWritable(count) {
				this.write(new Uint8Array(count));
			},
			onReadable: fail,
			onError: early,
		});
	},
	datagrams() {
		const socket = new UDP({ onReadable: fail });
		for (let count = 0; count < 3; count++) socket.write(new Uint8Array(100), address, 5000);
	},
	"setting the clock"() {
		synchronizeClock().then(early, early);
		setTimeout(fail, 1);
	},
	async "a handshake"() {
		await synchronizeClock();
		fetch(`https://${config["host"]}/long`).then(early, early);
		setTimeout(fail, 200);
	},
	async "a body"() {
		await synchronizeClock();
		const { body } = await fetch(`https://${config["host"]}/long`);
		for await (const piece of body!) {
			if (piece.length > 0) fail();
		}
	},
};

function figures(): string {
	const { connections, connectionsWaiting, listeners, packets, segments } = networkInstrumentation();
	const { arena, nativeHeap } = instrumentation();
	return [connections.used - connectionsWaiting, listeners.used, packets.used, segments.used, arena.unused, nativeHeap.used].join(" ");
}

console.log("start", figures());
const network = await join();
console.log("address", network.address);
await ways[during]!();
