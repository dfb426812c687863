// What the tests of groups run on the device: joins one, speaks, listens, leaves. "end" is the last line.

import MulticastUDP from "embedded:io/socket/udp/multicast";
import { join } from "wifi";

const group = "239.1.2.3";
const port = 5000;

function attempt(what: string, act: () => void): void {
	try {
		act();
		console.log(`${what} ok`);
	} catch (error) {
		const { code, message } = error as { code?: string; message?: string };
		console.log(`${what} ${code}: ${message}`);
	}
}

function pause(ms: number): Promise<void> {
	return new Promise(resolve => setTimeout(resolve, ms));
}

await join();
for (const multicast of ["192.0.2.1", "here", ""]) {
	attempt(`group "${multicast}"`, () => new MulticastUDP({ multicast }));
}
const socket = new MulticastUDP({
	multicast: group,
	port,
	onReadable() {
		for (let datagram = this.read(); datagram; datagram = this.read()) {
			console.log(`heard ${new Uint8Array(datagram).join(",")} from ${datagram.address}:${datagram.port}`);
		}
	},
});
socket.write(Uint8Array.of(1), group, port);
await pause(500);
const others: MulticastUDP[] = [];
for (let index = 0; index < 4; index++) {
	attempt(`member ${index}`, () => others.push(new MulticastUDP({ multicast: `239.1.2.${index + 3}` })));
}
others.forEach(other => other.close());
socket.write(Uint8Array.of(2), group, port);
await pause(500);
socket.close();
socket.close();
const left = new MulticastUDP({ multicast: "239.1.2.9", port: port + 1 });
left.write(Uint8Array.of(3), group, port);
await pause(500);
left.close();
console.log("end");
