// Sends numbered words to an echo server and compares what comes back, word by word.

import TCP from "embedded:io/socket/tcp";

function word(index: number): number {
	return Math.imul(index + 1, 0x9e37_79b1);
}

/** @param lengthBytes a multiple of 4. @returns bytes that came back right. */
export function echo(address: string, port: number, lengthBytes: number): Promise<number> {
	return new Promise((resolve, reject) => {
		let sent = 0;
		let received = 0;
		const send = (tcp: TCP, room: number) => {
			while (room >= 4 && sent < lengthBytes) {
				const words = new Int32Array(Math.min(room, lengthBytes - sent, 1460) >> 2);
				for (let index = 0; index < words.length; index++) {
					words[index] = word((sent >> 2) + index);
				}
				room = tcp.write(words);
				sent += words.byteLength;
			}
		};
		new TCP({
			address,
			port,
			onWritable(count) {
				send(this, count);
			},
			onReadable(count) {
				const words = new Int32Array(this.read(count & ~3) ?? new ArrayBuffer(0));
				for (let index = 0; index < words.length; index++) {
					if (words[index] !== word((received >> 2) + index)) {
						this.close();
						reject(new Error(`word ${(received >> 2) + index} is ${words[index]}`));
						return;
					}
				}
				received += words.byteLength;
				if (received === lengthBytes) {
					this.close();
					resolve(received);
				}
			},
			onError: reject,
		});
	});
}
