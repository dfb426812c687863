// "afterFailure": "restart": the script begins anew in the midst of what the network does for it, the network stays, and nothing leaks.

import assert from "node:assert/strict";
import { duplexPair, type Duplex } from "node:stream";
import { issue } from "../../../tools/certificates/issue.ts";
import { deviceTest } from "../../support/device.ts";
import { TlsServer } from "../../support/tls-server.ts";

const host = "site.example";
const address = "198.51.100.7";

function echoPeer(): Duplex {
	const [near, far] = duplexPair();
	far.on("error", () => {});
	far.pipe(far);
	return near;
}

async function scene(during: string) {
	const { chainPem, keyPem } = await issue({ names: [host] });
	const server = new TlsServer({
		certificateChainPem: chainPem,
		keyPem,
		respond(socket) {
			socket.write("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
			socket.end(Buffer.alloc(60_000, "0123456789"));
		},
	});
	return {
		app: "test/device/network/restarting",
		hosts: {
			[host]: {
				address,
				ports: { 7: { connect: echoPeer }, 443: { connect: () => server.connect() } },
				udp: { 5000: (datagram: Uint8Array, reply: (answer: Uint8Array) => void) => reply(datagram) },
			},
		},
		faults: { tcpSilentPorts: [11] },
		configuration: { during, host, address },
		until: /^picofetch: the script failed 5 times in a row within a minute, so it does not begin anew\r?$/m,
	};
}

for (const during of ["joining", "scanning", "resolving", "connecting", "receiving", "datagrams", "setting the clock", "a handshake", "a body"]) {
	deviceTest(`a script that fails in the midst of ${during} begins anew, and finds the network up and nothing lost`, () => scene(during), run => {
		assert.equal(run.end.reason, "matched", run.console);
		const [script] = run.console.split("picofetch: the script failed 5 times");
		assert.doesNotMatch(script!, /^early/m, run.console);
		assert.equal([...run.console.matchAll(/^address 192\.168\.4\.2\r$/gm)].length, 5, run.console);
		assert.equal([...run.console.matchAll(new RegExp(`^Uncaught Error: in the midst of ${during}\\r$`, "gm"))].length, 5);
		const [, ...anew] = [...run.console.matchAll(/^start (.*?)\r$/gm)].map(([, figures]) => figures);
		assert.deepEqual(anew, Array.from(anew, () => anew[0]), "connections, listeners, frames, segments, arena, heap of C");
		assert.deepEqual(run.report.resets, []);
	});
}
