// A debugger over TCP, as xsbug is one: it listens, the bridge connects; paths are those of this machine; and virtual time
// stands still while the program stands and the debugger thinks.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join, resolve } from "node:path";
import test from "node:test";
import { PicoW } from "../../../simulator/simulator.ts";
import { buildApp } from "../../../tools/build/build-app.ts";
import { withRecords } from "../../../tools/build/records.ts";
import { assembleUf2 } from "../../../tools/build/uf2-file.ts";
import { bridgeDebugger } from "../../../tools/debug/bridge.ts";
import { connectToDebugger, waitForDebugger } from "../../../tools/debug/connect.ts";
import { type XsbugElement, XsbugReader, xsbugCommands as commands } from "../../../tools/debug/xsbug-messages.ts";

const projectFolder = resolve(import.meta.dirname, "../../..");
const app = join(import.meta.dirname, "app");
const station = join(app, "station.ts");
const line = readFileSync(station, "utf8").split("\n").findIndex(each => each.includes("const mean = average")) + 1;

/** The debugger's end of a TCP connection, in host time. */
class TcpDebugger {
	readonly #reader = new XsbugReader();
	readonly #elements: XsbugElement[] = [];
	#came: () => void = () => {};
	readonly socket: Socket;

	constructor(socket: Socket) {
		this.socket = socket;
		socket.on("data", bytes => {
			this.#elements.push(...this.#reader.read(bytes));
			this.#came();
		});
	}

	send(...list: readonly string[]): void {
		this.socket.write(list.join(""));
	}

	async next(name: string): Promise<XsbugElement> {
		for (;;) {
			for (let element = this.#elements.shift(); element !== undefined; element = this.#elements.shift()) {
				if (element.name === name) {
					return element;
				}
			}
			await new Promise<void>(came => {
				this.#came = came;
			});
		}
	}
}

test("a debugger that listens breaks by a file of this machine, thinks without time passing, looks, and vanishes", { timeout: 60_000 }, async () => {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const accepted = once(server, "connection") as Promise<[Socket]>;
	const { port } = server.address() as { port: number };
	const near = await connectToDebugger(port);
	const client = new TcpDebugger((await accepted)[0]);
	server.close();

	const built = await buildApp({ app, debug: true, quiet: true });
	const board = new PicoW({ seed: 1 });
	board.loadUf2(assembleUf2({ elf: built.elf, image: withRecords(built.image, { configuration: built.configuration, roots: [] }) }));
	bridgeDebugger({ port: board.serialPort(1), clock: board.clock, debugger: near, projectFolder });
	const run = board.run({ until: /turn 5: /, timeoutMicros: 20e6 });

	assert.equal((await client.next("login")).attributes.value, "XS");
	client.send(`\r\n<set-all-breakpoints><breakpoint path="${station}" line="${line}"/></set-all-breakpoints>\r\n`);
	const local = await client.next("local");
	assert.equal(local.attributes.path, station);
	const stop = await client.next("break");
	assert.deepEqual([stop.attributes.path, stop.attributes.line], [station, String(line)]);

	const stoodAt = board.clock.micros;
	await new Promise(resolved => setTimeout(resolved, 300));
	assert.equal(board.clock.micros, stoodAt, "no virtual time while the debugger thinks");
	client.send(commands.setBreakpoint({ path: station, line: line + 1 }));	// nothing answers this one
	await new Promise(resolved => setTimeout(resolved, 300));
	assert.ok(board.clock.micros > stoodAt && board.clock.micros < stoodAt + 50_000, "a moment for the command, no more");

	const reading = local.children.find(({ attributes }) => attributes.name === "reading")!;
	client.send(commands.toggle(reading.attributes.value!));
	const unfolded = (await client.next("local")).children.find(({ attributes }) => attributes.name === "reading")!;
	assert.equal(unfolded.children.find(({ attributes }) => attributes.name === "sensor")!.attributes.value, "'north 7 & <8>'");

	client.send(commands.motion("go"));
	assert.equal((await client.next("break")).attributes.line, String(line + 1));
	client.socket.destroy();
	assert.equal((await run).reason, "matched", board.console.text);
});

test("a debugger that listens nowhere is told with what to do; one that connects is taken", async () => {
	const free = createServer().listen(0, "127.0.0.1");
	await once(free, "listening");
	const { port } = free.address() as { port: number };
	free.close();
	await once(free, "close");
	await assert.rejects(connectToDebugger(port), new RegExp(`no debugger listens on 127\\.0\\.0\\.1:${port} \\(ECONNREFUSED\\): start xsbug first`));
	const waiting = waitForDebugger(0, at => void connectToDebugger(at).then(socket => socket.end("hello")));
	const socket = await waiting;
	assert.equal(String((await once(socket, "data"))[0]), "hello");
});
