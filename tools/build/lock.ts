// One build at a time in a folder: tests run side by side and share firmware.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const lookAgainMs = 100;

/**
 * Runs `work` while this process alone holds the lock file. A lock whose process has gone is taken over.
 * @throws what `work` throws
 */
export async function withLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
	mkdirSync(dirname(path), { recursive: true });
	while (!take(path)) {
		if (!isHeld(path)) {
			rmSync(path, { force: true });
		} else {
			await wait(lookAgainMs);
		}
	}
	try {
		return await work();
	} finally {
		rmSync(path, { force: true });
	}
}

function take(path: string): boolean {
	try {
		writeFileSync(path, String(process.pid), { flag: "wx" });
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "EEXIST") {
			return false;
		}
		throw error;
	}
}

function isHeld(path: string): boolean {
	let holder: number;
	try {
		holder = Number(readFileSync(path, "utf8"));
	} catch {
		return false;
	}
	if (holder === 0) {
		// Between creation and writing; whoever created it is about to write.
		return true;
	}
	try {
		process.kill(holder, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}
