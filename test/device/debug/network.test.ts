// The project's own main.ts as a debug build: script stands at a breakpoint in the middle of a response, the network does not.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { PicoW } from "../../../simulator/simulator.ts";
import { buildApp } from "../../../tools/build/build-app.ts";
import { withRecords } from "../../../tools/build/records.ts";
import { assembleUf2 } from "../../../tools/build/uf2-file.ts";
import { authority } from "../../../tools/certificates/authority.ts";
import { issue } from "../../../tools/certificates/issue.ts";
import { xsbugCommands as commands } from "../../../tools/debug/xsbug-messages.ts";
import { simulatedNetwork } from "../../../tools/start/simulated-network.ts";
import { outcome, storyEnd } from "../../../tools/start/story.ts";
import { powerOn } from "../../support/device.ts";
import { TlsServer } from "../../support/tls-server.ts";
import { XsbugClient } from "../../support/xsbug-client.ts";

const host = "site.example";
const { ssid, password } = simulatedNetwork;
const bodyBytes = 6_000;
/** Of an IPv4 packet, in a record of a capture: behind the record's head (16) and Ethernet's (14), RFC 791 3.1. */
const sourceAddressAt = 16 + 14 + 12;

test("half a minute at a breakpoint within a response: its bytes are taken meanwhile, and the page is whole", async () => {
	const { chainPem, keyPem } = await issue({ names: [host] });
	let sendBody = (): void => assert.fail("no request has come");
	const server = new TlsServer({
		certificateChainPem: chainPem,
		keyPem,
		respond(socket) {
			socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bodyBytes}\r\nConnection: close\r\n\r\n`);
			sendBody = () => socket.write("x".repeat(bodyBytes));
		},
	});
	const { elf, image, configuration } = await buildApp({ debug: true, quiet: true });
	let framesOfDevice = 0;
	const board = new PicoW({
		seed: 1,
		epochMs: powerOn.getTime(),
		network: {
			accessPoints: [simulatedNetwork],
			hosts: { [host]: { ports: { 443: { connect: () => server.connect() } } } },
			pcap: record => {
				framesOfDevice += Number(Buffer.from(record.subarray(sourceAddressAt, sourceAddressAt + 4)).equals(Buffer.from([192, 168, 4, 2])));
			},
		},
	});
	board.loadUf2(assembleUf2({
		elf,
		image: withRecords(image, { configuration: { ...configuration, url: `https://${host}/` }, ssid, password, roots: [(await authority()).certificateDer] }),
	}));
	const client = new XsbugClient(board);
	client.open();
	await client.next("login");
	const line = readFileSync("main.ts", "utf8").split("\n").findIndex(each => each.includes("console.log(`status")) + 1;
	client.send(commands.setBreakpoint({ path: "main.ts", line }));
	const stop = await client.stop(30_000);
	assert.deepEqual([stop.path, stop.line], ["main.ts", line]);
	await board.run({ timeoutMicros: 15e6 });
	const before = framesOfDevice;
	sendBody();
	await board.run({ timeoutMicros: 15e6 });
	assert.ok(framesOfDevice - before >= 2, `${framesOfDevice - before} frames: each second segment is acknowledged (RFC 1122, 4.2.3.2)`);
	client.send(commands.motion("go"));
	const end = await board.run({ until: storyEnd, timeoutMicros: 20e6 });
	assert.equal(end.reason, "matched", board.console.text);
	assert.deepEqual(outcome(board.console.text), { kind: "received", bytes: bodyBytes }, board.console.text);
	assert.deepEqual(board.violations.filter(({ level }) => level === "error"), []);
	board.close();
});
