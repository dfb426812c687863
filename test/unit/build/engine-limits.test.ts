// What the engine lacks is refused at build, with file, line and column.

import assert from "node:assert/strict";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { compileTypeScript } from "../../../tools/build/compile-typescript.ts";
import { readManifest } from "../../../tools/build/manifest.ts";
import { UserError } from "../../../tools/user-error.ts";
import { folderWith } from "./folder.ts";

const manifest = JSON.stringify({ modules: { main: "./main", more: "./more" } });

async function refusal(context: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
	const folder = folderWith(context, { "app/manifest.json": manifest, "app/main.ts": "export {};\n", ...files });
	try {
		await compileTypeScript(readManifest(join(folder, "app")), join(folder, "work"));
	} catch (error) {
		assert.ok(error instanceof UserError, String(error));
		return error.message;
	}
	return "";
}

const inBoth: readonly (readonly [what: string, line: string, sentence: RegExp])[] = [
	["eval", 'export const sum = eval("1 + 2");', /\(2,20\): error: eval\(\) needs a compiler, and there is none on the board$/],
	["new Function", 'export const sum = new Function("return 1");', /\(2,20\): error: Function\(\) needs a compiler/],
	["Intl", 'export const text = new Intl.NumberFormat("de").format(1);', /\(2,25\): error: the engine has no Intl: /],
	["SharedArrayBuffer", "export const shared = new SharedArrayBuffer(8);", /\(2,27\): error: the engine has no SharedArrayBuffer: there is one thread$/],
	["Atomics", "export const add = Atomics.add;", /\(2,20\): error: the engine has no Atomics: /],
];

for (const [what, line, sentence] of inBoth) {
	test(`${what} is refused in TypeScript and in JavaScript`, async context => {
		assert.match(await refusal(context, { "app/more.ts": `// first\n${line}\n` }), sentence);
		assert.match(await refusal(context, { "app/more.js": `// first\n${line}\n` }), sentence);
	});
}

for (const [what, line, sentence] of [
	["using", "using file = open();", /more\.js\(1,1\): error: the engine has no "using": release it in a finally block$/],
	["import attributes", 'import data from "main" with { type: "json" };', /more\.js\(1,\d+\): error: the engine has no import attributes$/],
	["the flag v", "export const all = /[a--b]/v;", /more\.js\(1,20\): error: the engine has no flag "v" of regular expressions$/],
	["toSorted", "export const sorted = list => list.toSorted();", /more\.js\(1,36\): error: the engine has no toSorted\(\): copy with slice\(\) and sort\(\)$/],
	["Promise.withResolvers", "export const made = Promise.withResolvers();", /more\.js\(1,29\): error: the engine has no withResolvers\(\)/],
	["Object.groupBy", "export const groups = Object.groupBy([], String);", /more\.js\(1,30\): error: the engine has no groupBy\(\)/],
] as const) {
	test(`${what} is refused in JavaScript, which has no types to tell`, async context => {
		assert.match(await refusal(context, { "app/more.js": `${line}\n` }), sentence);
	});
}

for (const [what, line] of [
	["toSorted", "export const sorted = [2, 1].toSorted();"],
	["Set methods", "export const both = new Set([1]).union(new Set([2]));"],
	["iterator helpers", "export const first = [1].values().take(1);"],
	["structuredClone without its module", "export const copy = structuredClone({});"],
	["withResolvers", "export const made = Promise.withResolvers();"],
	["isWellFormed", 'export const well = "a".isWellFormed();'],
	["the flag v", "export const all = /[a--b]/v;"],
	["using", "export function read(open: () => { close(): void }) { using file = open(); return file; }"],
] as const) {
	test(`${what} is a type error in TypeScript`, async context => {
		assert.match(await refusal(context, { "app/more.ts": `${line}\n` }), /more\.ts\(1,\d+\): error/);
	});
}

test("names of one's own, types and properties of these names are nobody's business", async context => {
	const text = [
		"const Intl = { format: String };",
		"class Function {}",
		"interface Temporal { Atomics: number }",
		"export const kept = [Intl.format(1), new Function(), { Atomics: 1 }.Atomics] as const;",
		"export const later: Temporal = { Atomics: 2 };",
		"export const divided = (v: number, of: number) => v / of / v;",
		"export const pattern = /v\\/v/g;",
	].join("\n");
	assert.equal(await refusal(context, { "app/more.ts": text }), "");
	assert.equal(await refusal(context, { "app/more.js": "const Atomics = {}; export const one = { Intl: Atomics }; export const text = \"/x/v\";\n" }), "");
});
