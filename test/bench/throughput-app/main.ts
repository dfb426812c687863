// Takes in all that one server has to say, then sends as much to another: plain TCP, from and to one buffer of 4 KB.

import TCP from "embedded:io/socket/tcp";
import Resolver from "embedded:network/dns/resolver/udp";
import { join } from "wifi";

const resolver = new Resolver();
const buffer = new Uint8Array(4096);

function address(host: string): Promise<string> {
	return new Promise((resolve, reject) => {
		resolver.resolve({ host }, (error, found) => error ? reject(error) : resolve(found!));
	});
}

/** @returns how many bytes came until the server closed. */
async function takeIn(host: string): Promise<number> {
	const from = await address(host);
	return new Promise((resolve, reject) => {
		let received = 0;
		new TCP({
			address: from,
			port: 5001,
			onReadable(count) {
				while (count > 0) {
					const taken = this.read(count < buffer.length ? buffer.subarray(0, count) : buffer) as number;
					received += taken;
					count -= taken;
				}
			},
			onError(error) {
				if (error.code === "ECLOSED") resolve(received);
				else reject(error);
			},
		});
	});
}

/** Resolves when the last byte was handed over. */
async function send(host: string, bytes: number): Promise<void> {
	const to = await address(host);
	return new Promise((resolve, reject) => {
		let left = bytes;
		new TCP({
			address: to,
			port: 5001,
			onWritable(count) {
				while (count > 0 && left > 0) {
					const piece = Math.min(count, buffer.length, left);
					count = this.write(piece < buffer.length ? buffer.subarray(0, piece) : buffer) as number;
					left -= piece;
				}
				if (left === 0) {
					this.close();
					resolve();
				}
			},
			onError: reject,
		});
	});
}

await join();
const received = await takeIn("source.example");
await send("sink.example", received);
console.log("moved", received);
