// What the tests of ping run on the device: the hosts of config.hosts one after another, or at once. Then one connection to config.listen
// is answered with the other side's address. "end" is the last line.

import config from "mc/config";
import Listener from "embedded:io/socket/listener";
import { ping } from "network/ping";
import { join } from "wifi";

const { hosts, lengthBytes, timeoutMs, waitMs = 0, together = false, network = true, listen } = config as {
	waitMs?: number; hosts: string[]; lengthBytes?: number; timeoutMs?: number; together?: boolean; network?: boolean; listen?: number;
};

async function ask(host: string): Promise<void> {
	try {
		const { address, timeMs } = await ping(host, { lengthBytes, timeoutMs });
		console.log(`${host} ok ${address} ${timeMs > 0.1 && timeMs < 100 ? "in time" : timeMs}`);
	} catch (error) {
		const { code, message } = error as { code?: string; message?: string };
		console.log(`${host} ${code}: ${message}`);
	}
}

if (network) {
	await join();
	await new Promise<void>(resolve => setTimeout(resolve, waitMs));
}
if (together) {
	await Promise.all(hosts.map(ask));
} else {
	for (const host of hosts) {
		await ask(host);
	}
}
if (listen !== undefined) {
	await new Promise<void>(resolve => {
		const listener = new Listener({
			port: listen,
			onReadable() {
				const socket = this.read()!;
				socket.write(new TextEncoder().encode(`you are ${socket.remoteAddress}\n`));
				socket.close();
				listener.close();
				resolve();
			},
		});
	});
}
console.log("end");
