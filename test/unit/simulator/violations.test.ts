/** Each violation that the simulator can tell of is broken on purpose by a test. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { violationCodes } from "./violation-codes.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

function typescript(folder: string): string[] {
	return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
		.filter((path) => path.endsWith(".ts"))
		.map((path) => join(root, folder, path));
}

/** As a run tells it: `dma-*` is there as `dma-unmapped-read`. A code of one word is in quotes, which tell it from the word. */
function namesIt(code: string): RegExp {
	const told = code.replaceAll("*", "[a-z0-9]+(?:-[a-z0-9]+)*");
	return new RegExp(code.includes("-") ? `(?<![\\w-])${told}(?![\\w-])` : `"${told}"`);
}

test("every code of a violation is named by a test", () => {
	const codes = violationCodes(typescript("simulator").map((path) => readFileSync(path, "utf8")));
	assert.ok(codes.size > 100, `only ${codes.size} codes were found`);
	const tests = typescript("test").filter((path) => path !== fileURLToPath(import.meta.url)).map((path) => readFileSync(path, "utf8"));
	const unnamed = [...codes].filter((code) => !tests.some((text) => namesIt(code).test(text)));
	assert.deepEqual(unnamed.sort(), [], `${unnamed.length} of ${codes.size} codes are named by no test`);
});

test("codes are found where they are handed over, in tuples, in either branch of a condition, and with parts that are filled in", () => {
	assert.deepEqual([...violationCodes([
		"interface Log { violation(level: string, code: string, text: string): void; }",
		"class Wire { constructor(readonly warn: (code: string, text: string) => void) {} odd() { this.warn('pull-up', 'a-word-in-a-text'); } }",
		"function judge(log: Log, low: boolean) { log.violation('error', low ? 'too-low' : `too-${high}`, 'so-it-is'); }",
		"function fault(): [code: string, text: string] | undefined { return ['in-tuple', 'in-text']; }",
		"const fault = { code: 'as-property', text: 'as-text' };",
	])].sort(), ["as-property", "in-tuple", "pull-up", "too-*", "too-low"]);
});
