/** P-256 of our own against the library's general arithmetic: on the host in bulk, on the processor for its assembly. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { buildBare } from "./bare/build.ts";
import { runBare } from "./bare/run.ts";

test("multiplications at the edges and with random numbers are the library's", async () => {
	const output = execFileSync(await buildBare("host", "p256"), ["count=250"], { encoding: "utf8" });
	assert.doesNotMatch(output, /wrong/);
	assert.match(output, /checks=\d{4}/);
});

test("the processor's field arithmetic is the library's, and so are multiplications on it", async () => {
	const { output } = await runBare({ elf: await buildBare("arm", "p256"), settings: { fields: "400", first: "182", count: "3" } });
	assert.doesNotMatch(output, /wrong/);
	assert.match(output, /checks=\d{4}/);
});
