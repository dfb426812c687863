// Each example does on the device what its first lines say.

import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import test from "node:test";
import { connect as connectTls } from "node:tls";
import { authority } from "../../../tools/certificates/authority.ts";
import { issue } from "../../../tools/certificates/issue.ts";
import { deviceTest, sceneBoard, type DeviceRun, type DeviceScene } from "../../support/device.ts";

function example(behaviour: string, name: string, scene: Partial<DeviceScene>, check: (run: DeviceRun) => void): void {
	deviceTest(behaviour, { app: `examples/${name}`, ...scene }, run => {
		assert.equal(run.end.reason, "matched", run.console);
		check(run);
	});
}

example("hello counts the seconds", "hello", { network: false, until: /^hello, 3 s/m }, run => {
	assert.equal(run.console, "hello, 1 s after main.ts began\r\nhello, 2 s after main.ts began\r\nhello, 3 s after main.ts began\r\n");
});

example("scan shows a table of the networks in reach", "scan", { until: /^└.*\r$/m }, run => {
	assert.match(run.console, /│ 'picofetch' +│ 6 +│ -48 +│ true +│/);
});

example("http-get prints what the server says until it closes", "http-get", {
	hosts: {
		"example.com": {
			ports: {
				80: {
					connect() {
						const [near, far] = duplexPair();
						far.once("data", (request: Buffer) => far.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<p>${request.toString().split("\r\n").slice(0, 2).join("|")}</p>`));
						return near;
					},
				},
			},
		},
	},
	until: /the server closed the connection/,
}, run => {
	assert.match(run.console, /^HTTP\/1\.1 200 OK\r\nConnection: close\r\n\r\n<p>GET \/ HTTP\/1\.1\|Host: example\.com<\/p>\r\nthe server closed/);
});

example("udp shows what comes back", "udp", {
	hosts: { "other.example": { address: "203.0.113.50", udp: { 5000: (datagram: Uint8Array, reply: (answer: Uint8Array) => void) => reply(Uint8Array.of(...datagram, 7)) } } },
	configuration: { address: "203.0.113.50" },
	until: /says Uint8Array\(2\) \[ 2, 7 \]/,
}, run => {
	assert.match(run.console, /^203\.0\.113\.50:5000 says Uint8Array\(2\) \[ 1, 7 \]\r\n203/);
});

example("clock shows the time of the network, each minute", "clock", { until: /12:02 UTC/, timeoutMs: 200_000 }, run => {
	assert.match(run.console, /^2026-01-15 12:00 UTC\r\n2026-01-15 12:01 UTC\r\n2026-01-15 12:02 UTC\r\n$/);
});

test("http-server shows its page, switches the LED, and knows nothing else", async () => {
	const device = await sceneBoard({ app: "examples/http-server" });
	assert.equal((await device.run({ until: /^http:\/\/192\.168\.4\.2:80\/\r$/m, timeoutMicros: 20e6 })).reason, "matched", device.console.text);
	const client = device.radio!.connect(80);
	let text = "";
	client.setEncoding("latin1").on("data", (piece: string) => { text += piece; });
	const ask = async (request: string, answered: RegExp): Promise<void> => {
		text = "";
		client.write(`${request} HTTP/1.1\r\nHost: board\r\n\r\n`);
		for (let tenths = 0; !answered.test(text); tenths++) {
			assert.ok(tenths < 50, `${text}\n${device.console.text}`);
			await device.run({ timeoutMicros: 100_000 });
		}
	};
	await ask("GET /", /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/plain\r\ncontent-length: \d+\r\n\r\nThe LED is off; the board has run for \d+ s\.\n$/);
	await ask("POST /led", /The LED is on;/);
	assert.equal(device.radio!.led, true);
	await ask("GET /nothing", /^HTTP\/1\.1 404 Not Found\r\n[^]*there is nothing here\n$/);
	await device.run({ timeoutMicros: 2e6 });
	assert.match(device.console.text, /^http:\/\/picofetch\.local\/\r$/m);
	assert.deepEqual(device.report().violations.filter(({ level }) => level === "error"), []);
	device.close();
});

test("https-server proves itself to two clients at a time, with key and certificate of its configuration", async () => {
	const served = await issue({ names: ["board.local"] });
	const device = await sceneBoard({ app: "examples/https-server", configuration: { key: served.keyPem, certificate: served.certificatePem } });
	assert.equal((await device.run({ until: /^https:\/\/192\.168\.4\.2:443\/\r$/m, timeoutMicros: 20e6 })).reason, "matched", device.console.text);
	assert.ok(!device.console.text.includes("PRIVATE"));
	const texts = ["", ""];
	const ca = (await authority()).certificatePem;
	texts.forEach((_, index) => {
		const client = connectTls({ socket: device.radio!.connect(443), servername: "board.local", ca });
		client.setEncoding("latin1").on("data", (piece: string) => { texts[index] += piece; });
		client.write(`GET /${index === 0 ? "" : "nothing"} HTTP/1.1\r\nHost: board.local\r\n\r\n`);
	});
	for (let tenths = 0; texts.some(text => !text.endsWith("\n")); tenths++) {
		assert.ok(tenths < 100, `${texts.join()}\n${device.console.text}`);
		await device.run({ timeoutMicros: 100_000 });
	}
	assert.match(texts[0]!, /^HTTP\/1\.1 200 OK\r\n[^]*The board has run for \d+ s\.\n$/);
	assert.match(texts[1]!, /^HTTP\/1\.1 404 /);
	assert.deepEqual(device.report().violations.filter(({ level }) => level === "error"), []);
	device.close();
});

test("echo-server sends back what it is sent, and tells who comes and goes", async () => {
	const device = await sceneBoard({ app: "examples/echo-server" });
	assert.equal((await device.run({ until: /^listening at 192\.168\.4\.2:7\r$/m, timeoutMicros: 20e6 })).reason, "matched", device.console.text);
	const client = device.radio!.connect(7);
	const pieces: Buffer[] = [];
	client.on("data", bytes => pieces.push(bytes));
	const sent = Buffer.alloc(20_000, "0123456789");
	client.end(sent);
	assert.equal((await device.run({ until: /has gone \(ECLOSED\)\r$/m, timeoutMicros: 60e6 })).reason, "matched", device.console.text);
	await device.run({ timeoutMicros: 1e6 });
	assert.deepEqual(Buffer.concat(pieces), sent);
	assert.match(device.console.text, /^203\.0\.113\.200:49152 is here\r\n203\.0\.113\.200:49152 has gone \(ECLOSED\)\r$/m);
	device.close();
});
