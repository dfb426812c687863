// One build at a time in a folder.

import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { withLock } from "../../../tools/build/lock.ts";
import { folderWith } from "./folder.ts";

test("work under one lock runs one after the other, also after a failure", async context => {
	const lock = join(folderWith(context, {}), "build.lock");
	let running = 0;
	const work = async () => {
		assert.equal(++running, 1);
		await wait(20);
		running--;
	};
	await Promise.all([withLock(lock, work), withLock(lock, work), withLock(lock, work)]);
	await assert.rejects(withLock(lock, async () => {
		throw new Error("no");
	}), /no/);
	await withLock(lock, work);
	assert.equal(existsSync(lock), false);
});

test("the lock of a process that has gone is taken over", async context => {
	const lock = join(folderWith(context, {}), "build.lock");
	// Above the largest process number of Linux (2^22).
	writeFileSync(lock, "99999999");
	assert.equal(await withLock(lock, async () => "done"), "done");
});
