// Soak "connections": clients from outside connect to the echo server of test/device/listener, one behind the other, and then one
// sends megabytes that come back, while the air loses frames. Every byte must come back, and neither the device's pools nor the
// simulator's memory may grow.

import assert from "node:assert/strict";
import type { Duplex } from "node:stream";
import v8 from "node:v8";
import vm from "node:vm";
import type { PicoW } from "../../simulator/simulator.ts";
import { sceneBoard } from "../support/device.ts";

export interface ConnectionSoak {
	readonly seed: number;
	/** Connections, one behind the other. */
	readonly connections: number;
	/** Bytes that one connection sends and gets back. */
	readonly bytes: number;
	/** Frames that get lost, 0 to 1, both ways. */
	readonly loss: number;
}

/** Bytes of the simulator's heap that may be more at the end than after the first tenth of the connections. */
const toleratedHeapBytes = 4 * 1024 * 1024;
/** TIME-WAIT of lwIP, and some. */
const settleMicros = 20e6;
/** Virtual time without one byte in which a connection is taken to stand. */
const patienceMicros = 120e6;

const collect = (() => {
	v8.setFlagsFromString("--expose-gc");
	return vm.runInNewContext("gc") as () => void;
})();

function heapBytes(): number {
	collect();
	return process.memoryUsage().heapUsed;
}

/** Bytes that differ from place to place, so that none can be left out or doubled unseen. */
function pattern(from: number, length: number, seed: number): Buffer {
	return Buffer.from(Uint8Array.from({ length }, (_, index) => {
		const at = from + index;
		return (at * 31 + (at >>> 8) * 7 + (at >>> 16) * 13 + seed) & 255;
	}));
}

/** Sends `bytes` over a new connection at the pace of the other side, and compares what comes back while it comes. */
async function echo(board: PicoW, bytes: number, seed: number): Promise<void> {
	const stream: Duplex = board.radio!.connect(7);
	let sent = 0;
	let received = 0;
	let ended = false;
	let fault: string | undefined;
	const send = (): void => {
		while (sent < bytes) {
			const piece = pattern(sent, Math.min(4096, bytes - sent), seed);
			sent += piece.length;
			if (!stream.write(piece)) {
				stream.once("drain", send);
				return;
			}
		}
		stream.end();
	};
	stream.on("error", () => {}).on("end", () => { ended = true; }).on("close", () => { ended = true; }).on("data", (came: Buffer) => {
		if (!came.equals(pattern(received, came.length, seed))) fault ??= `what came back differs in ${came.length} bytes behind ${received}`;
		received += came.length;
	});
	send();
	for (let before = 0, heardMicros = board.clock.micros; !ended && fault === undefined;) {
		await board.run({ timeoutMicros: bytes > 10_000 ? 1e6 : 50_000 });
		if (received > before) {
			before = received;
			heardMicros = board.clock.micros;
		}
		assert.ok(board.clock.micros - heardMicros < patienceMicros, `seed ${seed}: ${received} of ${bytes} bytes came back, then no more\n${board.console.text.slice(-2000)}`);
	}
	assert.equal(fault, undefined, `seed ${seed}`);
	assert.equal(received, bytes, `seed ${seed}: the connection ended early\n${board.console.text.slice(-2000)}`);
}

/** What the device says of its pools: connections, listeners, packets, segments, heap. */
function figures(board: PicoW): string {
	return [...board.console.text.matchAll(/^figures (.*?)\r$/gm)].at(-1)?.[1] ?? assert.fail(board.console.text);
}

/** @returns virtual seconds of both parts. @throws AssertionError with the seed at the first fault. */
export async function soakConnections({ seed, connections, bytes, loss }: ConnectionSoak): Promise<{ connectionsSeconds: number; bytesSeconds: number }> {
	const board = await sceneBoard({ app: "test/device/listener/app", seed, configuration: { story: "echo" }, faults: { loss } });
	const start = await board.run({ until: /^listening .*\r$/m, timeoutMicros: 60e6 });
	assert.equal(start.reason, "matched", board.console.text);
	await board.run({ timeoutMicros: settleMicros });
	const before = figures(board);
	const startMicros = board.clock.micros;
	let heapBefore = Infinity;
	for (let number = 0; number < connections; number++) {
		if (number === Math.ceil(connections / 10)) heapBefore = heapBytes();
		await echo(board, 100 + (number * 37) % 900, seed + number);
	}
	assert.ok(heapBytes() < heapBefore + toleratedHeapBytes, `seed ${seed}: the simulator's heap grew by ${heapBytes() - heapBefore} bytes in ${connections} connections`);
	const betweenMicros = board.clock.micros;
	if (bytes > 0) await echo(board, bytes, seed);
	const endMicros = board.clock.micros;
	await board.run({ timeoutMicros: settleMicros });
	assert.equal(figures(board), before, `seed ${seed}: the device's pools`);
	assert.deepEqual(board.report().violations.filter(({ level }) => level === "error"), []);
	board.close();
	return { connectionsSeconds: (betweenMicros - startMicros) / 1e6, bytesSeconds: (endMicros - betweenMicros) / 1e6 };
}
