// DHCP and DNS of the board's own network, on the host with the sanitizers of its compiler: see answers.c.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import test, { after, before } from "node:test";

const platform = resolve(import.meta.dirname, "../../../platform/lwip");
const folder = mkdtempSync(join(tmpdir(), "picofetch-answers-"));
const program = join(folder, "answers");

before(() => {
	execFileSync("gcc", ["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
		`-I${platform}`, "-o", program, ...["dhcp_answers.c", "name_answers.c"].map(file => join(platform, file)), join(import.meta.dirname, "answers.c")], { stdio: "inherit" });
});
after(() => rmSync(folder, { recursive: true }));

function run(...parameters: readonly string[]): void {
	const { status, stderr } = spawnSync(program, parameters, { encoding: "utf8" });
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
