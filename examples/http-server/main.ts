// A web server on the board: a page that shows how long it has run, and a switch for its LED.
// Whoever is in the network can see and switch: it asks for no name and no secret.

import Listener from "embedded:io/socket/listener";
import HTTPServer from "embedded:network/http/server";
import LED from "led";
import MDNS from "network/mdns";
import { join } from "wifi";

const { address } = await join();
const led = new LED();
const began = Date.now();

/** What is at a path: status and text. */
function answer(method: string, path: string): [status: number, text: string] {
	if (path === "/led" && method === "POST") {
		if (led.lit) led.off();
		else led.on();
	} else if (path !== "/" || method !== "GET") return [404, "there is nothing here\n"];
	return [200, `The LED is ${led.lit ? "on" : "off"}; the board has run for ${Math.floor((Date.now() - began) / 1000)} s.\n`];
}

const server = new HTTPServer({
	io: Listener,
	port: 80,
	onConnect(client) {
		let text = new Uint8Array();
		let asked: [method: string, path: string] = ["", ""];
		client.accept({
			onRequest({ method, path }) {
				asked = [method, path];
			},
			onResponse(response) {
				const [status, line] = answer(...asked);
				text = new TextEncoder().encode(line);
				console.log(`${client.remoteAddress} ${asked.join(" ")} ${status}`);
				response.status = status;
				response.headers.set("content-type", "text/plain").set("content-length", String(text.length));
				this.respond(response);
			},
			onWritable(count) {
				const piece = text.subarray(0, count);
				text = text.subarray(piece.length);
				this.write(piece);
			},
		});
	},
});
console.log(`http://${address}:${server.port}/`);
new MDNS({
	hostName: "picofetch",
	services: [{ type: "_http._tcp", port: server.port! }],
	onNamed: (name) => console.log(`http://${name}.local/`),
});
