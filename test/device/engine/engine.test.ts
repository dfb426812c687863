// The script engine of the real firmware beside Node's: the same cases, the same answers; and what a preloaded module keeps in flash
// is written to without a store into flash.

import assert from "node:assert/strict";
import test from "node:test";
import { measureMemory } from "../../bench/measure-memory.ts";
import { deviceTest } from "../../support/device.ts";
import { app, inNode } from "./cases.ts";

deviceTest("each case of the language and of preloaded objects answers as in Node, and nothing is stored into flash",
	{ app, network: false, until: /^over\r?$/m, timeoutMs: 20_000 }, async ({ console: text }) => {
		const device = text.trimEnd().split(/\r?\n/);
		assert.deepEqual(device, await inNode());
		assert.ok(device.length > 45);
	});

test("an app without network has 180 KB of RAM and more for itself at its first line, and less than 2 KB of slots taken", async () => {
	const { slots, free } = await measureMemory(1);
	assert.ok(slots < 2048, `${slots} bytes of slots`);
	assert.ok(free >= 180 * 1024, `${free} bytes free`);
});
