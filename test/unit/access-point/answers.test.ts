// DHCP and DNS of the board's own network, on the host with the sanitizers of its compiler: see answers.c.

import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import test from "node:test";
import { hostProgram } from "../../support/host-program.ts";

const platform = resolve(import.meta.dirname, "../../../platform/lwip");
const program = hostProgram([...["dhcp_answers.c", "name_answers.c"].map(file => join(platform, file)), join(import.meta.dirname, "answers.c")], platform);

function run(...parameters: readonly string[]): void {
	const { status, stderr } = program.run(parameters);
	assert.equal(status, 0, `answers ${parameters.join(" ")}: ${stderr}`);
}

test("guests get an address each, keep it, give it back, and are refused what is not theirs; every name is the board", () => {
	run();
});

for (const seed of ["1", "2"]) {
	test(`damaged messages are never read beyond their end, and nobody shares an address (seed ${seed})`, () => {
		run(seed, "100000");
	});
}
