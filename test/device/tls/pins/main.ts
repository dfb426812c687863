// Connections with the pins of the configuration, one after another: told by how each began or ended.

import config from "mc/config";
import { setTime } from "time";
import TLSSocket from "embedded:io/socket/tcp/tls";
import { join } from "wifi";

const { address, host, now, tries } = config as unknown as { address: string; host: string; now: number; tries: (string[] | null)[] };

await join();
setTime(now);
for (const pins of tries) {
	const outcome = await new Promise<string>(resolve => {
		try {
			new TLSSocket({
				address, port: 443, tls: { host, ...pins && { pins } },
				onWritable() {
					resolve(`proven${this.session?.resumed ? ", resumed" : ""}`);
					setTimeout(() => this.close(), 200); // for its ticket
				},
				onError(error) {
					resolve(`${error.code}: ${error.message}`);
				},
			});
		} catch (error) {
			resolve(`${(error as { code?: string }).code}: ${(error as Error).message}`);
		}
	});
	console.log(`try ${outcome}`);
	await new Promise(resolve => setTimeout(resolve, 500));
}
console.log("done");
