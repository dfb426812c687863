// A web server on the board that proves itself: HTTPS, for two clients at a time. Key and certificate come with the build, never with
// these sources; this makes both, for a board that is called board.local:
//
//     openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 365 -subj "/CN=board.local" \
//         -addext "subjectAltName=DNS:board.local" -keyout key.pem -out certificate.pem
//     npm run flash -- --app examples/https-server --config "key=$(cat key.pem)" --config "certificate=$(cat certificate.pem)"
//     curl --cacert certificate.pem --resolve board.local:443:192.168.4.2 https://board.local/
//
// The key then stands in the .uf2, and in the board's flash: who has either can pretend to be this board.

import config from "mc/config";
import TLSListener from "embedded:io/socket/listener/tls";
import HTTPServer from "embedded:network/http/server";
import { join } from "wifi";

const { address } = await join();
const began = Date.now();

const server = new HTTPServer({
	io: TLSListener,
	port: 443,
	tls: { key: config.key, certificate: config.certificate, applicationLayerProtocol: "http/1.1" },
	idleMs: 5000,	// a client that only waits keeps another one out
	onError(error: Error) {
		console.log(error.message);
	},
	onConnect(client) {
		let text = new Uint8Array();
		let path = "";
		client.accept({
			onRequest(request) {
				path = request.path;
			},
			onResponse(response) {
				response.status = path === "/" ? 200 : 404;
				const line = path === "/" ? `The board has run for ${Math.floor((Date.now() - began) / 1000)} s.\n` : "there is nothing here\n";
				text = new TextEncoder().encode(line);
				console.log(`${client.remoteAddress} ${path} ${response.status}`);
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
console.log(`https://${address}:${server.port}/`);
