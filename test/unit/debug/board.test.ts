// The bridge to a real board, with a pseudo terminal in the place of its serial port.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { duplexPair } from "node:stream";
import test from "node:test";
import { bridgeBoard, checkSerialPort, openSerialPort } from "../../../tools/debug/board.ts";

/** Python's standard library has ptys, Node's has none. It greets what opens the other end, and tells in hexadecimal what it hears. */
const greetingBoard = `
import os, pty, sys, tty
near, far = pty.openpty()
tty.setraw(far)
print(os.ttyname(far), flush=True)
sys.stdin.readline()
os.write(near, b'\\r\\n<xsbug><break path="main.ts" line="4"></break></xsbug>\\r\\n')
heard = b""
while not heard.endswith(b"/>\\r\\n"):
    heard += os.read(near, 256)
print(heard.hex(), flush=True)
`;

test("bytes pass both ways as they are but for paths, and the bridge ends with the board", { timeout: 20_000 }, async () => {
	const board = spawn("python3", ["-c", greetingBoard], { stdio: ["pipe", "pipe", "inherit"] });
	board.stdout.setEncoding("utf8");
	const path = String((await once(board.stdout, "data"))[0]).trim();
	const [near, client] = duplexPair();
	const bridge = bridgeBoard(openSerialPort(path), near, "/project");
	board.stdin.write("\n");
	let text = "";
	while (!text.endsWith("</xsbug>\r\n")) {
		text += String((await once(client, "data"))[0]);
	}
	assert.equal(text, '\r\n<xsbug><break path="/project/main.ts" line="4"></break></xsbug>\r\n');
	client.write('\r\n<set-breakpoint path="/project/main.ts" line="7"/>\r\n');
	const heard = Buffer.from(String((await once(board.stdout, "data"))[0]).trim(), "hex").toString();
	assert.equal(heard, '\r\n<set-breakpoint path="main.ts" line="7"/>\r\n');
	await bridge;
});

test("a port that is not there, or is no port, is told with what to do", () => {
	assert.throws(() => checkSerialPort("/dev/ttyNOWHERE"), /--port \/dev\/ttyNOWHERE: cannot be opened \(ENOENT\).*the second is the debugger's/);
	assert.throws(() => openSerialPort("/dev/ttyNOWHERE"), /--port \/dev\/ttyNOWHERE: cannot be opened \(ENOENT\).*the second is the debugger's/);
	assert.throws(() => openSerialPort("/dev/null"), /--port \/dev\/null: not a serial port/);
});
