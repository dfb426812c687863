// `npm run monitor` with a stand-in for machine and board.

import assert from "node:assert/strict";
import test from "node:test";
import { LineCollector, type Line } from "../../../tools/monitor/line-collector.ts";
import { LineStamper } from "../../../tools/monitor/line-stamper.ts";
import { exitNoBoard, monitor, type MonitorOptions } from "../../../tools/monitor/monitor.ts";
import { UserError } from "../../../tools/user-error.ts";
import { pico, StandIn } from "../flash/board-stand-in.ts";

function watching(host: StandIn, options: Partial<MonitorOptions> = {}) {
	let text = "";
	const said: string[] = [];
	let type: ((bytes: Uint8Array) => void) | undefined;
	const end = new AbortController();
	const ended = monitor(host, { wait: true, ...options }, {
		data: bytes => { text += new TextDecoder().decode(bytes); },
		say: line => said.push(line),
		connected: write => { type = write; },
		disconnected: () => { type = undefined; },
	}, end.signal);
	ended.catch(() => {});
	return { said, ended, end, text: () => text, type: (typed: string) => type?.(new TextEncoder().encode(typed)) };
}

async function turns(isSo: () => boolean): Promise<void> {
	for (let count = 0; !isSo(); count++) {
		assert.ok(count < 1000, "did not come");
		await new Promise(resolve => setImmediate(resolve));
	}
}

test("a board's text is shown, what is typed goes to it, and the end closes the port", async () => {
	const host = new StandIn();
	host.ports = [pico];
	const { said, ended, end, text, type } = watching(host);
	await turns(() => host.sessions.length === 1);
	await turns(() => said.length === 1);
	host.sessions[0]!.send("hello\n");
	type("x");
	assert.equal(text(), "hello\n");
	assert.deepEqual(host.sessions[0]!.typed, ["x"]);
	end.abort();
	await ended;
	assert.deepEqual(said, ["connected to /dev/ttyACM0; Ctrl-C ends"]);
	assert.deepEqual(host.opened, ["/dev/ttyACM0 at 115200"]);
});

test("a board that goes is waited for, and is found at another port", async () => {
	const host = new StandIn();
	host.ports = [pico];
	const { said, ended, end, text } = watching(host);
	await turns(() => said.length === 1);
	host.ports = [];
	host.sessions[0]!.vanish();
	await turns(() => said.length === 2);
	host.ports = [{ ...pico, path: "/dev/ttyACM5" }];
	await turns(() => host.sessions.length === 2 && said.length === 3);
	host.sessions[1]!.send("again");
	assert.equal(text(), "again");
	end.abort();
	await ended;
	assert.deepEqual(said, [
		"connected to /dev/ttyACM0; Ctrl-C ends", "the board has gone; waiting for it, Ctrl-C ends",
		"connected to /dev/ttyACM5; Ctrl-C ends",
	]);
});

test("the board that was found is kept to: another one is not taken in its place", async () => {
	const host = new StandIn();
	host.ports = [{ ...pico, location: "1-2" }];
	const { said, ended, end } = watching(host);
	await turns(() => said.length === 1);
	const other = { ...pico, path: "/dev/ttyACM1", serialNumber: "E6615", location: "1-3" };
	host.ports = [other];
	host.sessions[0]!.vanish();
	await turns(() => said.length === 2 && host.now() > 1000);
	assert.equal(host.sessions.length, 1);
	host.ports = [other, { ...pico, path: "/dev/ttyACM2", location: "1-2" }];
	await turns(() => host.sessions.length === 2);
	assert.equal(host.opened[1], "/dev/ttyACM2 at 115200");
	end.abort();
	await ended;
});

test("a board that was found before is watched among others, whatever firmware it has", async () => {
	const host = new StandIn();
	const board = { ...pico, productId: "0005", location: "1-2" };
	host.ports = [{ ...pico, path: "/dev/ttyACM1", location: "1-3" }, board];
	const { said, ended, end } = watching(host, { board });
	await turns(() => said.length === 1);
	end.abort();
	await ended;
	assert.deepEqual(host.opened, ["/dev/ttyACM0 at 115200"]);
});

test("without waiting, no board is an error, and a board that goes is the end", async () => {
	const host = new StandIn();
	const ends = (options: { port?: string }, sentence: RegExp) => assert.rejects(watching(host, { wait: false, ...options }).ended, (error: Error) => {
		assert.ok(error instanceof UserError && error.status === exitNoBoard);
		assert.match(error.message, sentence);
		return true;
	});
	await ends({}, /^no board found: plug one in/);
	await ends({ port: "/dev/ttyACM7" }, /^--port \/dev\/ttyACM7: there is no such port$/);
	host.ports = [pico];
	const { said, ended } = watching(host, { wait: false });
	await turns(() => said.length === 1);
	host.sessions[0]!.vanish();
	await ended;
	assert.deepEqual(said, ["connected to /dev/ttyACM0; Ctrl-C ends", "the board has gone"]);
});

test("of several boards one has to be named; other serial devices are none", async () => {
	const host = new StandIn();
	host.ports = [pico, { ...pico, path: "/dev/ttyACM3", serialNumber: "other" }, { path: "/dev/ttyUSB0", vendorId: "0403", productId: "6001" }];
	await assert.rejects(watching(host).ended, /say which, --port \/dev\/ttyACM0 or --port \/dev\/ttyACM3$/);
	const { said, end, ended } = watching(host, { port: "/dev/ttyUSB0" });
	await turns(() => said.length === 1);
	end.abort();
	await ended;
	assert.deepEqual(host.opened, ["/dev/ttyUSB0 at 115200"]);
});

test("a link is followed anew each time the board comes back", async () => {
	const host = new StandIn();
	const link = "/dev/serial/by-id/usb-Raspberry_Pi_Pico-if00";
	host.links.set(link, pico.path);
	host.ports = [pico];
	const { said, end, ended } = watching(host, { port: link });
	await turns(() => said.length === 1);
	host.ports = [{ ...pico, path: "/dev/ttyACM4" }];
	host.links.set(link, "/dev/ttyACM4");
	host.sessions[0]!.vanish();
	await turns(() => said.length === 3);
	end.abort();
	await ended;
	assert.deepEqual(host.opened, ["/dev/ttyACM0 at 115200", "/dev/ttyACM4 at 115200"]);
});

test("a debug build's console is shown, and its debugger's port is refused", async () => {
	const host = new StandIn();
	const board = { ...pico, location: "1-2" };
	host.ports = [{ ...board, path: "/dev/ttyACM0", interfaceNumber: 2 }, { ...board, path: "/dev/ttyACM1", interfaceNumber: 0 }];
	await assert.rejects(watching(host, { port: "/dev/ttyACM0" }).ended, /^UserError: --port \/dev\/ttyACM0: that is the board's debugger port .*; its console is \/dev\/ttyACM1$/);
	const { said, end, ended } = watching(host);
	await turns(() => said.length === 1);
	end.abort();
	await ended;
	assert.deepEqual(host.opened, ["/dev/ttyACM1 at 115200"]);
});

for (const code of ["EACCES", "EPERM", "EBUSY", "ENOENT"]) {
	test(`a port that answers ${code} is tried again, at the start and when the board is back, for three seconds`, async () => {
		const host = new StandIn();
		host.ports = [pico];
		let until = 2500;
		host.onOpen = () => { if (host.now() < until) throw Object.assign(new Error("no"), { code }); };
		const { said, ended, end } = watching(host);
		await turns(() => said.length === 1);
		until = host.now() + 2500;
		host.sessions.at(-1)!.vanish();
		await turns(() => said.length === 3);
		const from = host.now();
		until = Infinity;
		host.sessions.at(-1)!.vanish();
		await assert.rejects(ended, (error: Error) => error instanceof UserError && error.status === 1 && error.message.startsWith("/dev/ttyACM0: "));
		assert.ok(host.now() - from >= 3000 && host.now() - from < 3500, `${host.now() - from} ms`);
		end.abort();
	});
}

test("a port that goes while it is refused is waited for", async () => {
	const host = new StandIn();
	host.ports = [pico];
	host.onOpen = () => { throw Object.assign(new Error("no"), { code: "EACCES" }); };
	host.onTime = ms => { if (ms >= 1000) host.ports = []; };
	const { said, ended, end } = watching(host);
	await turns(() => host.now() > 5000);
	assert.equal(said.length, 1);
	host.onTime = () => {};
	host.onOpen = () => {};
	host.ports = [pico];
	await turns(() => said.length === 2);
	end.abort();
	await ended;
});

test("a port that is none of these is told at once", async () => {
	const host = new StandIn();
	host.ports = [pico];
	host.onOpen = () => { throw Object.assign(new Error("Input/output error"), { code: "EIO" }); };
	await assert.rejects(watching(host).ended, /\/dev\/ttyACM0: cannot be opened \(Input\/output error\)/);
	assert.equal(host.now(), 0);
});

test("the end closes the port, also one that is being opened", async () => {
	const host = new StandIn();
	host.ports = [pico];
	const { ended, end } = watching(host);
	host.onOpen = () => end.abort();
	await ended;
	assert.equal(host.sessions[0]?.isClosed, true);
});

test("each line is stamped once, however it comes in pieces", () => {
	let count = 0;
	const stamper = new LineStamper(() => `[${++count}]`);
	assert.equal(["he", "llo\nwor", "ld\n", "", "\n", "end"].map(piece => stamper.piece(piece)).join(""), "[1] hello\n[2] world\n[3] \n[4] end");
});

test("lines are collected whole, with the time of their first byte, and one that does not end is cut", () => {
	let now = 0;
	const lines: Line[] = [];
	const collector = new LineCollector(() => String(++now), line => lines.push(line));
	for (const piece of ["he", "llo\r\nwor", "ld\n\n", ""]) collector.piece(piece);
	assert.deepEqual(lines, [{ time: "1", text: "hello" }, { time: "2", text: "world" }, { time: "3", text: "" }]);
	for (let count = 0; count < 65; count++) collector.piece("x".repeat(1024));
	assert.equal(lines[3]?.text.length, 65_536);
	assert.equal(lines.length, 4);
});
