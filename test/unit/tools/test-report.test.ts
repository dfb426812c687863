// What `npm test` prints of node:test's events.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { run } from "node:test";
import { tmpdir } from "node:os";
import { TestReport } from "../../../tools/test/report.ts";

/** The report of a test file with this text, whose times are 0. */
async function reported(text: string, testNamePatterns?: RegExp): Promise<{ report: TestReport; lines: string[] }> {
	const folder = await mkdtemp(join(tmpdir(), "report-"));
	try {
		await writeFile(join(folder, "shared.mjs"), 'import test from "node:test"; export const shared = name => test(name, () => {});');
		await writeFile(join(folder, "a.test.mjs"), `import test from "node:test"; import { shared } from "./shared.mjs";\n${text}`);
		const written: string[] = [];
		const report = new TestReport({ write: line => written.push(line.replace(/\d+ (?=ms$)/gm, "0 ")) });
		// A process within a test would take itself for a part of this one.
		const { NODE_TEST_CONTEXT: context, ...environment } = process.env;
		process.env = environment;
		try {
			await report.file("test/a.test.ts", run({ files: [join(folder, "a.test.mjs")], ...testNamePatterns && { testNamePatterns } }));
		} finally {
			process.env = { ...environment, ...context !== undefined && { NODE_TEST_CONTEXT: context } };
		}
		report.end(0, []);
		return { report, lines: written.join("").split("\n") };
	} finally {
		await rm(folder, { recursive: true });
	}
}

test("tests stand below the file that was run, wherever test() was called", async () => {
	const { lines } = await reported('shared("one"); test("two", () => {});');
	assert.deepEqual(lines, ["", "test/a.test.ts", "  ✔ one 0 ms", "  ✔ two 0 ms", "", "0 s", "2 passed, 0 failed", ""]);
});

test("a failure is told again at the end, with its reason and its cause", async () => {
	const { report, lines } = await reported('test("falls", () => { throw new Error("outer", { cause: new Error("inner") }); });');
	assert.equal(report.failed, 1);
	assert.deepEqual(lines.slice(0, 3), ["", "test/a.test.ts", "  ✖ falls 0 ms"]);
	assert.match(lines.join("\n"), /✖ test\/a\.test\.ts: falls\n    Error: outer\n[^]*caused by Error: inner[^]*0 passed, 1 failed\n$/);
});

test("a file that ends before its tests counts as a failure, with what it printed", async () => {
	const { report, lines } = await reported('console.error("out of order"); process.exit(3);');
	assert.deepEqual([report.passed, report.failed], [0, 1]);
	assert.match(lines.join("\n"), /\(the file itself\)[^]*out of order/);
});

test("what is skipped is told with its reason; what was not asked for is not told", async () => {
	const text = 'test("browser", { skip: "no browser" }, () => {}); test("other", () => {});';
	assert.deepEqual((await reported(text)).lines.slice(2), ["  - browser (no browser) 0 ms", "  ✔ other 0 ms", "", "0 s, 1 skipped", "1 passed, 0 failed", ""]);
	assert.deepEqual((await reported(text, /other/)).lines.slice(2), ["  ✔ other 0 ms", "", "0 s", "1 passed, 0 failed", ""]);
});
