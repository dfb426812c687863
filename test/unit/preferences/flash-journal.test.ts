// The journal of flash, on the host with the sanitizers of its compiler: see flash-journal.c.

import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import test from "node:test";
import { hostProgram } from "../../support/host-program.ts";

const board = resolve(import.meta.dirname, "../../../platform/board");
const program = hostProgram([...["flash_journal.c", "crc32.c"].map(file => join(board, file)), join(import.meta.dirname, "flash-journal.c")], board);

function run(...parameters: readonly string[]): string {
	const { status, stdout, stderr } = program.run(parameters);
	assert.equal(status, 0, `flash-journal ${parameters.join(" ")}: ${stderr}`);
	return String(stdout);
}

for (const seed of ["1", "2", "3"]) {
	test(`power that fails at any operation leaves old values or new ones, never others (seed ${seed})`, () => {
		const [, cuts, written] = /rounds, (\d+) cuts of which (\d+) had written/.exec(run(seed, "10000"))!;
		assert.ok(Number(cuts) > 2000 && Number(written) > 100, `${cuts} cuts, ${written}`);
	});
}

test("a full journal refuses without touching the flash, and what it holds can still be removed", () => {
	assert.match(run("full"), /^140 records of 100 bytes, 16240 bytes of 16320/);
});

test("a sector that no longer keeps its bits is an error, and old values stay", () => {
	run("worn");
});
