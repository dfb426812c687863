// The radio hears bits instead of edges where it is alone with them (DESIGN.md, Simulator). A whole story must be the same to the cycle.

import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import test from "node:test";
import { sceneBoard, type DeviceScene } from "../../support/device.ts";

const scene: DeviceScene = {
	app: "test/device/network/app",
	configuration: { story: "echo" },
	hosts: {
		"echo.example": {
			ports: {
				7: {
					connect() {
						const [near, far] = duplexPair();
						far.on("error", () => {});
						far.pipe(far);
						return near;
					},
				},
			},
		},
	},
	faults: { loss: 0.02, delayMicros: 500, jitterMicros: 300 },
	radioFaults: { rubbishWords: 2, busyEvery: 9 },
};

/** Each transfer on the radio's bus, ioctl, event and frame, with its time; what is left at the end. */
async function story(bitExact: boolean) {
	const lines: string[] = [];
	const frames: Uint8Array[] = [];
	const board = await sceneBoard({ ...scene, board: { bitExact, log: { topics: ["board", "radio", "bus", "ioctl", "event", "network"], write: line => lines.push(line) } } }, bytes => frames.push(bytes));
	await board.run({ until: /^end\r?$/m, timeoutMicros: 90e6 });
	board.close();
	return { lines, frames: Buffer.concat(frames), report: board.report(), text: board.console.text };
}

test("download, join and 100 KB each way are the same by bits and by edges: transfers, frames, cycles", async () => {
	const heard = await story(false);
	const seen = await story(true);
	assert.match(heard.text, /echo ok 102400/);
	const different = heard.lines.findIndex((line, index) => line !== seen.lines[index]);
	assert.equal(heard.lines[different], seen.lines[different]);
	assert.equal(heard.lines.length, seen.lines.length);
	assert.ok(heard.lines.length > 5000, `${heard.lines.length} lines`);
	assert.ok(heard.frames.equals(seen.frames), "the pcap");
	assert.deepEqual(heard.report, seen.report);
});
