// `npm run monitor` with a stand-in for machine and board.

import assert from "node:assert/strict";
import test from "node:test";
import { LineStamper } from "../../../tools/monitor/line-stamper.ts";
import { monitor } from "../../../tools/monitor/monitor.ts";
import { UserError } from "../../../tools/user-error.ts";
import { pico, StandIn } from "../flash/board-stand-in.ts";

function watching(host: StandIn, options: { port?: string; wait?: boolean } = {}) {
	let text = "";
	const said: string[] = [];
	let type: ((bytes: Uint8Array) => void) | undefined;
	const end = new AbortController();
	const ended = monitor(host, { wait: true, ...options }, {
		data: bytes => { text += new TextDecoder().decode(bytes); },
		say: line => said.push(line),
		typing: listener => { type = listener; },
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
	await turns(() => said.length === 3);
	host.ports = [{ ...pico, path: "/dev/ttyACM5" }];
	await turns(() => host.sessions.length === 2 && said.length === 4);
	host.sessions[1]!.send("again");
	assert.equal(text(), "again");
	end.abort();
	await ended;
	assert.deepEqual(said, [
		"connected to /dev/ttyACM0; Ctrl-C ends", "the board has gone; waiting for it, Ctrl-C ends",
		"no board found: plug one in that runs picofetch, with a cable that carries data; waiting, Ctrl-C ends", "connected to /dev/ttyACM5; Ctrl-C ends",
	]);
});

test("without waiting, no board is an error, and a board that goes is the end", async () => {
	const host = new StandIn();
	await assert.rejects(watching(host, { wait: false }).ended, (error: Error) => error instanceof UserError && /^no board found: plug one in/.test(error.message));
	await assert.rejects(watching(host, { wait: false, port: "/dev/ttyACM7" }).ended, /\/dev\/ttyACM7 is not there/);
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

test("a port that may not be opened says why, one that is not ready yet is tried again", async () => {
	const host = new StandIn();
	host.ports = [pico];
	host.onOpen = () => { throw Object.assign(new Error("no"), { code: "EACCES" }); };
	await assert.rejects(watching(host).ended, /permission denied/);
	let tries = 0;
	host.onOpen = () => { if (++tries < 3) throw Object.assign(new Error("no"), { code: "ENOENT" }); };
	const { said, end, ended } = watching(host);
	await turns(() => said.length === 1);
	assert.equal(tries, 3);
	end.abort();
	await ended;
});

test("each line is stamped once, however it comes in pieces", () => {
	let count = 0;
	const stamper = new LineStamper(() => `[${++count}]`);
	assert.equal(["he", "llo\nwor", "ld\n", "", "\n", "end"].map(piece => stamper.piece(piece)).join(""), "[1] hello\n[2] world\n[3] \n[4] end");
});
