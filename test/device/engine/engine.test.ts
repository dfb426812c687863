// The script engine of the real firmware beside Node's: the same cases, the same answers; and what a preloaded module keeps in flash
// is written to without a store into flash.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { deviceTest } from "../../support/device.ts";

const app = "test/device/engine/app";

/** The lines that main.ts prints in Node. */
async function inNode(): Promise<string[]> {
	const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", join(import.meta.dirname, "app/main.ts")], { env: { ...process.env, TZ: "UTC" } });
	return stdout.trimEnd().split("\n");
}

deviceTest("each case of the language and of preloaded objects answers as in Node, and nothing is stored into flash",
	{ app, network: false, until: /^over\r?$/m, timeoutMs: 20_000 }, async ({ console: text }) => {
		const device = text.trimEnd().split(/\r?\n/);
		assert.deepEqual(device, await inNode());
		assert.ok(device.length > 45);
	});
