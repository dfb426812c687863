// The simplest HTTP client: a name, a TCP connection, a request, and what the server says until it closes (RFC 9112).
// Nothing here is secret or proven; for that there is fetch, which does all of this over TLS in one call.

import config from "mc/config";
import TCP from "embedded:io/socket/tcp";
import Resolver from "embedded:network/dns/resolver/udp";
import { join } from "wifi";

const { host } = config as unknown as { host: string };
const request = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

await join();

new Resolver().resolve({ host }, (error, address) => {
	if (error) throw error;
	let asked = false;
	const decoder = new TextDecoder();
	new TCP({
		address: address!,
		port: 80,
		onWritable() {
			if (!asked) this.write(new TextEncoder().encode(request));
			asked = true;
		},
		onReadable() {
			trace(decoder.decode(this.read() as ArrayBuffer, { stream: true }));
		},
		onError({ code, message }) {
			console.log(code === "ECLOSED" ? "\nthe server closed the connection" : message);
		},
	});
});
