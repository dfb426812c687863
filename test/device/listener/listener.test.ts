// Others connect to the board: listener and accepted connections by the real firmware.

import assert from "node:assert/strict";
import test from "node:test";
import type { Duplex } from "node:stream";
import type { PicoW } from "../../../simulator/simulator.ts";
import { sceneBoard } from "../../support/device.ts";
import { roughAir } from "../../support/rough-air.ts";

const app = "test/device/listener/app";

async function board(story: string, faults = {}): Promise<PicoW> {
	const made = await sceneBoard({ app, configuration: { story }, faults });
	const end = await made.run({ until: /^listening .*\r$/m, timeoutMicros: 20e6 });
	assert.equal(end.reason, "matched", made.console.text);
	return made;
}

/** A client's side: what has come, and how it ended. */
class Client {
	readonly stream: Duplex;
	readonly #pieces: Buffer[] = [];
	ended = false;
	closed = false;

	constructor(stream: Duplex) {
		this.stream = stream;
		stream.on("data", (bytes: Buffer) => this.#pieces.push(bytes)).on("end", () => { this.ended = true; }).on("close", () => { this.closed = true; }).on("error", () => {});
	}

	get bytes(): Buffer {
		return Buffer.concat(this.#pieces);
	}
}

function connected(device: PicoW): Client {
	return new Client(device.radio!.connect(7));
}

async function until(device: PicoW, done: () => boolean, seconds = 60): Promise<void> {
	for (let tenths = 0; !done(); tenths++) {
		assert.ok(tenths < seconds * 10, device.console.text);
		await device.run({ timeoutMicros: 100_000 });
	}
}

function pattern(lengthBytes: number, seed: number): Buffer {
	return Buffer.from(Uint8Array.from({ length: lengthBytes }, (_, index) => (index * 31 + (index >>> 8) * 7 + seed) & 255));
}

function unbroken(device: PicoW): void {
	assert.deepEqual(device.report().violations.filter(({ level }) => level === "error"), []);
	device.close();
}

const faults = { none: {}, "a network that loses frames": { loss: 0.05 }, "a network that loses, doubles and reorders a tenth of the frames": roughAir };

for (const [what, fault] of Object.entries(faults)) {
	test(`eight clients at once each get back what they sent, with ${what}`, async () => {
		const device = await board("echo", fault);
		const [, before] = /^figures (.*?)\r$/m.exec(device.console.text)!;
		const clients = Array.from({ length: 8 }, () => connected(device));
		clients.forEach(({ stream }, index) => stream.write(pattern(5000 + 1000 * index, index)));
		await until(device, () => clients.every(({ bytes }, index) => bytes.length >= 5000 + 1000 * index), 300);
		clients.forEach(({ bytes }, index) => assert.deepEqual(bytes, pattern(5000 + 1000 * index, index)));
		for (const { stream } of clients) stream.end();
		await until(device, () => clients.every(({ ended }) => ended), 120);
		await device.run({ timeoutMicros: 20e6 });
		const ends = [...device.console.text.matchAll(/^ended 203\.0\.113\.200 \d+ ECLOSED\r$/gm)];
		assert.equal(ends.length, 8, device.console.text);
		const after = [...device.console.text.matchAll(/^figures (.*?)\r$/gm)].at(-1)![1]!;
		// One listener more, nothing else.
		assert.equal(after, before!.replace(/^0 0/, "0 1"));
		unbroken(device);
	});
}

test("a client whose many small pieces nobody reads takes the network from nobody, and loses nothing", async () => {
	const device = await board("first not read");
	const first = connected(device);
	for (let piece = 0; piece < 30; piece++) {
		first.stream.write(Uint8Array.of(piece));
		await device.run({ timeoutMicros: 20_000 });
	}
	const second = connected(device);
	second.stream.write(pattern(3000, 1));
	await until(device, () => second.bytes.length >= 3000, 5);
	assert.deepEqual(second.bytes, pattern(3000, 1));
	assert.equal(first.bytes.length, 0);
	await until(device, () => first.bytes.length >= 30, 120);
	assert.deepEqual([...first.bytes], Array.from({ length: 30 }, (_, piece) => piece));
	unbroken(device);
});

test("a port on which nobody listens resets, and so does a listener that is closed for those nobody read", async () => {
	const device = await board("never read");
	const other = new Client(device.radio!.connect(8));
	const clients = Array.from({ length: 5 }, () => connected(device));
	clients[0]!.stream.write("hello");
	await until(device, () => other.closed && clients.some(({ closed }) => closed), 5);
	await device.run({ timeoutMicros: 1e6 });
	assert.equal(clients.filter(({ closed }) => closed).length, 1, "four wait, the fifth is reset");
	await until(device, () => clients[0]!.closed && clients.every(({ ended, closed }) => ended || closed), 20);
	assert.match(device.console.text, /^closed undefined\r$/m);
	const late = connected(device);
	await until(device, () => late.closed, 5);
	unbroken(device);
});

test("listener and connection may be closed inside their callbacks, and a connection is taken over once", async () => {
	const device = await board("closing");
	const client = connected(device);
	await until(device, () => client.ended || client.closed, 5);
	assert.match(device.console.text, /^twice ECLOSED\r\nread ECLOSED\r\nclosed in onWritable\r$/m);
	unbroken(device);
});

test("a port that is taken, a third listener and impossible options have their codes", async () => {
	const device = await board("refusals");
	assert.match(device.console.text, /^codes ENOMEM true\r\ncodes EADDRINUSE EINVAL EINVAL\r$/m);
	unbroken(device);
});
