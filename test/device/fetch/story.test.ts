// The project's main.ts by the real firmware: the page, and each way in which it does not come.

import assert from "node:assert/strict";
import { issue } from "../../../tools/certificates/issue.ts";
import type { Recording, Report } from "../../../simulator/simulator.ts";
import { deviceTest, runDevice, type DeviceRun, type DeviceScene } from "../../support/device.ts";
import { respondWith, TlsServer, type TlsServerOptions } from "../../support/tls-server.ts";
import test from "node:test";

const host = "site.example";

interface Scene extends DeviceScene {
	readonly server: TlsServer;
}

async function scene(more: Partial<DeviceScene> = {}, options: Partial<TlsServerOptions> = {}): Promise<Scene> {
	const { chainPem, keyPem } = await issue({ names: [host] });
	const server = new TlsServer({ certificateChainPem: chainPem, keyPem, ...options });
	return { server, hosts: { [host]: { ports: { 443: { connect: () => server.connect() } } } }, configuration: { url: `https://${host}/` }, ...more };
}

function refused(code: string): (run: DeviceRun, scene: Scene) => void {
	return ({ outcome, console: text }, { server }) => {
		assert.deepEqual(outcome, { kind: "refused", code }, text);
		assert.equal(server.applicationBytes, 0);
	};
}

deviceTest("the whole story is told", () => scene({}, { respond: respondWith("the page\nin two lines\n") }), ({ console: text, outcome, report }) => {
	assert.deepEqual(outcome, { kind: "received", bytes: 22 }, text);
	checkReport(report);
	for (const line of [/^network {3}picofetch\r?$/m, /^address {3}192\.168\.4\.2\r?$/m, /^time {6}2026-01-15T12:00:0\d\.\d{3}Z\r?$/m,
		/^server {4}.*CN=site\.example\r?$/m, /^issuer {4}\S/m, /^protocol {2}TLSv1\.3, TLS_\w+\r?$/m, /^status {4}200 OK\r?$/m, /^the page\r?\nin two lines\r?$/m]) {
		assert.match(text, line);
	}
});

/** What the report says of a story that was told: read off the air, and by the processor. */
function checkReport({ milestones, connections = [], stack, virtualMs }: Report): void {
	const order = ["radioPowered", "usbConfigured", "radioFirmwareReady", "associated", "keyed", "address", "consoleFirstLine", "firstDnsAnswer", "firstTcpConnection", "firstTlsRecord"];
	assert.deepEqual(Object.keys(milestones), order);
	const times = Object.values(milestones);
	assert.deepEqual(times, [...times].sort((one, other) => one - other));
	assert.ok(times.at(-1)! < virtualMs * 1000);
	assert.equal(connections.length, 1);
	const { peer, port, openedBy, sentBytes, receivedBytes, retransmissions, tls } = connections[0]!;
	assert.deepEqual({ peer, port, openedBy, retransmissions }, { peer: host, port: 443, openedBy: "device", retransmissions: { device: 0, peer: 0 } });
	assert.deepEqual([tls?.records[0]?.from, tls?.records[0]?.type], ["device", "handshake"]);
	// All that went over the connection are records.
	for (const [from, bytes] of [["device", sentBytes], ["peer", receivedBytes]] as const) {
		assert.equal(tls!.records.filter(record => record.from === from).reduce((sum, { lengthBytes }) => sum + 5 + lengthBytes, 0), bytes, from);
	}
	assert.equal(stack.length, 1);
	assert.ok(stack[0]!.bytes > 1000 && stack[0]!.bytes < 8 * 1024, "of 8 KB");
}

deviceTest("a body that is cut short ends the story", () => scene({}, {
	respond(socket, _request, connection) {
		socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
		connection.cut();
	},
}), ({ outcome, console: text }) => assert.deepEqual(outcome, { kind: "refused", code: "ERR_HTTP_BODY_CUT" }, text));

deviceTest("a name server that does not answer ends the story", () => scene({
	faults: { dnsSilent: true },
	configuration: { url: `https://${host}/`, timeServer: "203.0.113.123" },
}), refused("EAI_AGAIN"));

deviceTest("a closed port ends the story", () => scene({ configuration: { url: `https://${host}:444/` } }), refused("ECONNREFUSED"));

/** What must be the same in two runs. */
function traces({ console: text, report, pcap }: DeviceRun): unknown {
	return { text, report, pcap: Buffer.from(pcap).toString("base64") };
}

test("a replayed run is the same run, twice: console, report and frames", async () => {
	let recording: Recording | undefined;
	const first = await runDevice(await scene({ seed: 7, record: recorded => recording = recorded }));
	assert.equal(first.outcome.kind, "received", first.console);
	const replays: DeviceRun[] = [];
	for (let run = 0; run < 2; run++) replays.push(await runDevice({ seed: 7, configuration: { url: `https://${host}/` }, hosts: { [host]: { connect: () => undefined } }, replay: recording! }));
	assert.equal(replays[0]!.console, first.console);
	assert.deepEqual(traces(replays[0]!), traces(replays[1]!));
});

test("two runs with a peer in virtual time are the same: console, report and frames", async () => {
	const runs: DeviceRun[] = [];
	for (let run = 0; run < 2; run++) runs.push(await runDevice({ seed: 3, configuration: { url: `https://${host}:444/` }, hosts: { [host]: { ports: {} } } }));
	assert.equal(runs[0]!.outcome.kind, "refused");
	assert.deepEqual(traces(runs[0]!), traces(runs[1]!));
});

test("another seed is another run", async () => {
	const one = await runDevice({ seed: 3, configuration: { url: `https://${host}:444/` }, hosts: { [host]: { ports: {} } } });
	const other = await runDevice({ seed: 4, configuration: { url: `https://${host}:444/` }, hosts: { [host]: { ports: {} } } });
	assert.notDeepEqual(one.pcap, other.pcap);
});
