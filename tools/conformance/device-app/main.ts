// The device's side of `npm run conformance`: a TLS client that speaks to one server as config says, and tells what came of it. What
// it is sent it sends back with each bit turned, as BoringSSL's shim does, so that a runner sees bytes go both ways.

import config from "mc/config";
import TLSSocket, { type TLSClientOptions } from "embedded:io/socket/tcp/tls";
import { setTime } from "time";
import { join } from "wifi";

const { address, port, tls, now, connections, greeting } = config as unknown as {
	readonly address: string;
	readonly port: number;
	readonly tls: TLSClientOptions;
	/** Unix milliseconds: what the clock is set to. */
	readonly now: number;
	/** One after another. */
	readonly connections: number;
	/** Sent once the server is proven; empty for nothing. */
	readonly greeting: string;
};

/** Bytes that wait for room to be sent, at most. */
const waitingMax = 20_000;

await join();
setTime(now);
for (let number = 0; number < connections; number++) {
	console.log(`end ${await converse()}`);
}
console.log("over");

/** One connection, to its end: the code of its error and the sentence. */
function converse(): Promise<string> {
	return new Promise((resolve) => {
		let waiting = Uint8Array.from(greeting, (letter) => letter.charCodeAt(0));
		let isProven = false;
		let room = 0;
		const send = (socket: TLSSocket) => {
			while (waiting.length > 0 && room > 0) {
				const piece = waiting.subarray(0, room);
				waiting = waiting.slice(piece.length);
				room = socket.write(piece);
			}
		};
		try {
			new TLSSocket({
				address,
				port,
				tls,
				onWritable(count) {
					if (!isProven) {
						isProven = true;
						console.log(`proven ${JSON.stringify(this.session)}`);
					}
					room = count;
					send(this);
				},
				onReadable(count) {
					const bytes = new Uint8Array(this.read(count)!);
					const more = new Uint8Array(waiting.length + bytes.length);
					more.set(waiting);
					more.set(bytes.map((byte) => byte ^ 0xff), waiting.length);
					waiting = more;
					if (waiting.length > waitingMax) {
						this.close();
						resolve("ERR_ECHO_FULL the server sends and does not read");
						return;
					}
					send(this);
				},
				onError(error) {
					resolve(`${error.code} ${error.message}`);
				},
			});
		} catch (error) {
			const { code, name, message } = error as { code?: string; name: string; message: string };
			resolve(`${code ?? name} ${message}`);
		}
	});
}
