// Sends a datagram to an address once a second, and shows what comes back. To answer it: nc -u -l 5000

import config from "mc/config";
import UDP from "embedded:io/socket/udp";
import { join } from "wifi";

const { address, port } = config as unknown as { address: string; port: number };

await join();

let number = 0;
const socket = new UDP({
	onReadable(count) {
		for (; count > 0; count--) {
			const datagram = this.read()!;
			console.log(`${datagram.address}:${datagram.port} says`, new Uint8Array(datagram));
		}
	},
});
setInterval(() => socket.write(Uint8Array.of(++number), address, port), 1000);
