// An app with all of fetch that also has a name in the local network: it fits, and pages come over HTTPS and from neighbours.

import assert from "node:assert/strict";
import { duplexPair, type Duplex } from "node:stream";
import { issue } from "../../../tools/certificates/issue.ts";
import { deviceTest } from "../../support/device.ts";
import { respondWith, TlsServer } from "../../support/tls-server.ts";

const host = "site.example";
const neighbour = "board.local";

function plainPage(): Duplex {
	const [near, far] = duplexPair();
	far.on("error", () => {});
	far.once("data", () => far.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nneighbour"));
	return near;
}

async function scene() {
	const { chainPem, keyPem } = await issue({ names: [host] });
	const server = new TlsServer({ certificateChainPem: chainPem, keyPem, respond: respondWith("the page") });
	return {
		app: "test/device/mdns/beside-fetch",
		hosts: {
			[host]: { ports: { 443: { connect: () => server.connect() } } },
			[neighbour]: { address: "192.168.4.40", ports: { 80: { connect: plainPage } } },
		},
		configuration: { urls: [`https://${host}/`, `http://${neighbour}/`, "http://nobody.local/", `https://${neighbour}/`] },
		until: /^end\r?$/m,
	};
}

deviceTest("fetch and a name in the local network have room in one app, and fetch knows the names of neighbours", scene, (run) => {
	assert.equal(run.end.reason, "matched", run.console);
	for (const line of [
		/^named pico\r?$/m, /^https:\/\/site\.example\/ 200 the page\r?$/m, /^http:\/\/board\.local\/ 200 neighbour\r?$/m,
		/^http:\/\/nobody\.local\/ ENOTFOUND: .*nobody in the local network has this name/m, /^https:\/\/board\.local\/ ECONNREFUSED/m,
	]) {
		assert.match(run.console, line);
	}
});
