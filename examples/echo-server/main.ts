// A TCP server that sends back what it is sent (RFC 862). Try it: nc ADDRESS 7

import Listener from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";
import { join } from "wifi";

/** What cannot be sent yet is not read: then the sender waits, and nothing piles up here. */
function echo(connection: TCP): void {
	const count = Math.min(connection.readable, connection.writable);
	if (count > 0) connection.write(connection.read(count)!);
}

const { address } = await join();
const listener = new Listener({
	port: 7,
	onReadable(count) {
		for (; count > 0; count--) {
			const from = this.read()!;
			const who = `${from.remoteAddress}:${from.remotePort}`;
			console.log(`${who} is here`);
			new TCP({
				from,
				onReadable() {
					echo(this);
				},
				onWritable() {
					echo(this);
				},
				onError({ code }) {
					console.log(`${who} has gone (${code})`);
				},
			});
		}
	},
});
console.log(`listening at ${address}:${listener.port}`);
