/** The board as a TLS server: Node's clients, clients that speak nonsense, stop half-way, flood or dawdle, on the whole firmware. */
import assert from "node:assert/strict";
import type { Duplex } from "node:stream";
import test from "node:test";
import { connect, type ConnectionOptions, type EphemeralKeyInfo, type TLSSocket } from "node:tls";
import { issue, type Issued } from "../../../tools/certificates/issue.ts";
import type { PicoW } from "../../../simulator/simulator.ts";
import { sceneBoard } from "../../support/device.ts";

const name = "board.example";
const root: Issued = await issue({ subject: "Root", issuer: "self", ca: true });
const between: Issued = await issue({ subject: "Between", issuer: root, ca: true });
const leaf: Issued = await issue({ names: [name], issuer: between });

async function board(faults = {}): Promise<PicoW> {
	const made = await sceneBoard({
		app: "test/device/tls/listener",
		configuration: { key: leaf.keyPem, certificate: leaf.chainPem, otherKey: root.keyPem },
		faults,
	});
	const end = await made.run({ until: /^listening .*\r$/m, timeoutMicros: 20e6 });
	assert.equal(end.reason, "matched", made.console.text);
	return made;
}

/** A client of Node's that proves the board as any client would. */
class Client {
	readonly socket: TLSSocket;
	readonly #stream: Duplex;
	text = "";
	error: NodeJS.ErrnoException | undefined;
	secure = false;
	closed = false;

	constructor(device: PicoW, options: ConnectionOptions = {}) {
		this.#stream = device.radio!.connect(443);
		this.socket = connect({ socket: this.#stream, servername: name, ca: root.certificatePem, ALPNProtocols: ["echo"], ...options });
		this.socket.on("secureConnect", () => { this.secure = true; });
		this.socket.on("data", bytes => { this.text += bytes.toString("latin1"); });
		this.socket.on("error", error => { this.error = error; });
		for (const event of ["end", "close", "error"]) this.socket.on(event, () => { this.closed = true; });
	}

	/** FIN, whatever TLS would say first. */
	leave(): void {
		this.#stream.end();
		this.socket.destroy();
	}
}

async function until(device: PicoW, done: () => boolean, seconds = 30): Promise<void> {
	for (let tenths = 0; !done(); tenths++) {
		assert.ok(tenths < seconds * 20, device.console.text);
		await device.run({ timeoutMicros: 50_000 });
	}
}

/** An ordinary client gets through, and the arena is empty afterwards: whatever was done before has left nothing. */
async function isWell(device: PicoW): Promise<void> {
	const client = new Client(device);
	client.socket.write("well?\n");
	await until(device, () => client.text === "well?\n");
	client.socket.write("bye\n");
	await until(device, () => client.closed);
	assert.match(device.console.text, /closed 0\r\n$/);
	assert.equal(client.error, undefined);
	assert.deepEqual(device.report().violations.filter(({ level }) => level === "error"), []);
	device.close();
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
	test(`a client of ${version} proves the board by its chain, agrees on a protocol, and gets its bytes back`, async () => {
		const device = await board();
		assert.match(device.console.text, /^mismatch ERR_TLS_KEY_MISMATCH\r\nnothing ERR_TLS_OPTION\r\nsecond ENOMEM\r\nlistening 443 socket\/tcp\/tls\r$/m);
		const client = new Client(device, { minVersion: version, maxVersion: version });
		const sent = "0123456789".repeat(1500);
		client.socket.write(sent);
		await until(device, () => client.text.length >= sent.length);
		assert.equal(client.text, sent);
		assert.deepEqual([client.socket.authorized, client.socket.getProtocol(), client.socket.alpnProtocol], [true, version, "echo"]);
		assert.match(device.console.text, new RegExp(`^open 203\\.0\\.113\\.200 ${version} echo ""\\r$`, "m"));
		client.socket.end();
		await until(device, () => /ended ECLOSED 0/.test(device.console.text));
		await isWell(device);
	});
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
	test(`a client of ${version} that would rather have X25519 is brought to P-256, which takes half the time`, async () => {
		const device = await board();
		const client = new Client(device, { minVersion: version, maxVersion: version, ecdhCurve: "X25519:P-256" });
		await until(device, () => client.secure);
		assert.equal((client.socket.getEphemeralKeyInfo() as EphemeralKeyInfo).name, "prime256v1");
		client.socket.end();
		await until(device, () => client.closed);
		await isWell(device);
	});
}

test("a network that loses frames changes nothing", async () => {
	const device = await board({ loss: 0.05 });
	await isWell(device);
});

test("a second client that does not fit is reset and told of, and the first one goes on", async () => {
	const device = await board();
	const first = new Client(device);
	await until(device, () => first.secure);
	const second = new Client(device);
	await until(device, () => second.closed);
	assert.match(device.console.text, /^failed ERR_TLS_BUSY client\r$/m);
	first.socket.write("still here\n");
	await until(device, () => first.text === "still here\n");
	first.socket.end();
	await until(device, () => first.closed);
	await isWell(device);
});

function rawClient(device: PicoW): { stream: Duplex; closed: () => boolean } {
	let closed = false;
	const stream = device.radio!.connect(443);
	stream.resume().on("error", () => {}).on("end", () => { closed = true; }).on("close", () => { closed = true; });
	return { stream, closed: () => closed };
}

const nonsense: readonly { readonly what: string; readonly code: RegExp; readonly send: (stream: Duplex) => void }[] = [
	{ what: "HTTP without TLS", code: /ERR_TLS_PROTOCOL/, send: stream => stream.write("GET / HTTP/1.1\r\nHost: board\r\n\r\n") },
	{ what: "random bytes", code: /ERR_TLS_PROTOCOL/, send: stream => stream.write(Buffer.from(Array.from({ length: 900 }, (_, index) => (index * 73 + 11) & 255))) },
	{ what: "a record that says it is 64 KB", code: /ERR_TLS_PROTOCOL/, send: stream => stream.write(Buffer.concat([Buffer.from([22, 3, 1, 255, 255]), Buffer.alloc(3000)])) },
	{ what: "a ClientHello of nothing", code: /ERR_TLS_PROTOCOL/, send: stream => stream.write(Buffer.from([22, 3, 1, 0, 4, 1, 0, 0, 0])) },
	{ what: "application data first", code: /ERR_TLS_PROTOCOL/, send: stream => stream.write(Buffer.concat([Buffer.from([23, 3, 3, 0, 40]), Buffer.alloc(40)])) },
	{ what: "an alert first", code: /ERR_TLS_ALERT/, send: stream => stream.write(Buffer.from([21, 3, 3, 0, 2, 2, 40])) },
	{ what: "silence", code: /ETIMEDOUT/, send: () => {} },
	{ what: "half a header", code: /ETIMEDOUT/, send: stream => stream.write(Buffer.from([22, 3])) },
	{ what: "its end at once", code: /ERR_TLS_CUT/, send: stream => stream.end() },
];

for (const { what, code, send } of nonsense) {
	test(`a client that sends ${what} is sent away once, with its code, and the next one is served`, async () => {
		const device = await board();
		const { stream, closed } = rawClient(device);
		await device.run({ timeoutMicros: 200_000 });
		send(stream);
		await until(device, () => closed() && /^failed /m.test(device.console.text));
		const told = [...device.console.text.matchAll(/^failed (\S+) client\r$/gm)];
		assert.equal(told.length, 1, device.console.text);
		assert.match(told[0]![1]!, code);
		await isWell(device);
	});
}

test("a client that asks for another protocol alone is refused by the alert for that", async () => {
	const device = await board();
	const other = new Client(device, { ALPNProtocols: ["h2"] });
	await until(device, () => other.closed);
	assert.match(String(other.error?.code), /NO_APPLICATION_PROTOCOL/);
	await isWell(device);
});

test("old versions and suites without ECDHE or AEAD are refused", async () => {
	const device = await board();
	for (const options of [
		{ minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" },
		{ minVersion: "TLSv1.2", maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA256" },
		{ minVersion: "TLSv1.2", maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256" },
	] as const) {
		const client = new Client(device, options);
		await until(device, () => client.closed);
		assert.equal(client.secure, false);
	}
	await isWell(device);
});

test("half handshakes by the dozen leave nothing", async () => {
	const device = await board();
	for (let i = 0; i < 12; i++) {
		const client = new Client(device);
		await device.run({ timeoutMicros: 20_000 * (i + 1) });
		client.leave();
		await device.run({ timeoutMicros: 300_000 });
	}
	await isWell(device);
});

test("a flood of connections is reset but for the one that fits, and the board serves again", async () => {
	const device = await board();
	const clients = Array.from({ length: 40 }, () => rawClient(device));
	await device.run({ timeoutMicros: 5e6 });
	assert.match(device.console.text, /^failed ERR_TLS_BUSY client\r$/m);
	for (const { stream } of clients) stream.end();
	await device.run({ timeoutMicros: 20e6 });
	await isWell(device);
});

test("a listener that is closed lets the connection live that was read, and nothing listens any more", async () => {
	const device = await board();
	const client = new Client(device);
	client.socket.write("stop\n");
	await until(device, () => /^stopped undefined\r$/m.test(device.console.text));
	client.socket.write("more\n");
	await until(device, () => client.text === "stop\nmore\n");
	const late = rawClient(device);
	await until(device, () => late.closed());
	client.socket.end();
	await until(device, () => /ended ECLOSED 0/.test(device.console.text));
	device.close();
});
