// TypeScript of an app through the real compiler, up to what the engine's compiler reads.

import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { join, relative } from "node:path";
import test, { type TestContext } from "node:test";
import { compileTypeScript } from "../../../tools/build/compile-typescript.ts";
import { readManifest } from "../../../tools/build/manifest.ts";
import { UserError } from "../../../tools/user-error.ts";
import { folderWith } from "./folder.ts";

const nativeDeclaration = "declare function native<F extends (...args: never[]) => unknown>(name: string): F;\n";
const manifest = JSON.stringify({ modules: { main: "./main", "embedded:io/pin": "./parts/pin" } });

function appWith(context: TestContext, files: Readonly<Record<string, string>>) {
	const folder = folderWith(context, { "app/manifest.json": manifest, "app/native.d.ts": nativeDeclaration, "app/main.ts": "export {};\n", "app/parts/pin.ts": "export {};\n", ...files });
	const compile = () => compileTypeScript(readManifest(join(folder, "app")), join(folder, "work"));
	return { folder, compile };
}

async function refusal(work: () => Promise<unknown>): Promise<string> {
	try {
		await work();
	} catch (error) {
		assert.ok(error instanceof UserError, String(error));
		return error.message;
	}
	assert.fail("nothing was refused");
}

test("a type error stops the build with tsc's own text", async context => {
	const { folder, compile } = appWith(context, { "app/main.ts": 'const count: number = "one";\nexport { count };\n' });
	assert.equal(await refusal(compile), `${relative(process.cwd(), join(folder, "app/main.ts"))}(1,7): error TS2322: Type 'string' is not assignable to type 'number'.`);
	assert.equal(await refusal(compile), await refusal(compile));
});

test("an import by specifier is checked against the module's own types", async context => {
	const { compile } = appWith(context, {
		"app/main.ts": 'import Pin from "embedded:io/pin";\nnew Pin({ pin: "25" });\n',
		"app/parts/pin.ts": "export default class Pin {\n\tconstructor(options: { pin: number }) {}\n}\n",
	});
	assert.match(await refusal(compile), /main\.ts\(2,11\): error TS2322: Type 'string' is not assignable to type 'number'\./);
});

test("names of the browser and of Node are unknown on the device", async context => {
	const { compile } = appWith(context, { "app/main.ts": "document.title; process.exit();\n" });
	assert.match(await refusal(compile), /TS2584: Cannot find name 'document'.*\n.*Cannot find name 'process'/);
});

test("a module or a global that is not included is told with the manifest that brings it", async context => {
	const { compile } = appWith(context, { "app/main.ts": 'import Preference from "preference";\nnew Preference(btoa(fetch));\nnew Unheard();\n' });
	const lines = (await refusal(compile)).split("\n");
	assert.deepEqual(lines.map(line => /TS\d+/.exec(line)?.[0] ?? line), [
		"TS2307", "TS2304", "TS2304", "TS2304",
		'btoa: add "$(MODULES)/base64/manifest.json" to "include" in manifest.json',
		'fetch: add "$(MODULES)/fetch/manifest.json" to "include" in manifest.json',
		'preference: add "$(MODULES)/storage/preference/manifest.json" to "include" in manifest.json',
	]);
});

test("main awaits at its top, with no import or export in it", async context => {
	const { compile } = appWith(context, { "app/main.ts": "await undefined;\n" });
	assert.deepEqual((await compile()).map(({ specifier }) => specifier), ["main", "embedded:io/pin"]);
});

test("native() becomes the engine's syntax, and line and column of what follows stay right", async context => {
	const { compile } = appWith(context, {
		"app/main.ts": [
			'import type { Handle } from "./parts/pin.ts";',
			"interface Facts { a: number }",
			'const read = native<(handle: Handle) => Facts>("xs_pin_read"), write = native<() => void>(\'xs_pin_write\'), after = read;',
			"export { read, write, after };",
			"",
		].join("\n"),
		"app/parts/pin.ts": "export type Handle = object;\n",
	});
	const [main] = await compile();
	assert.deepEqual(main?.natives, ["xs_pin_read", "xs_pin_write"]);
	const text = readFileSync(main!.path, "utf8");
	const lines = text.split("\n");
	const line = lines.findIndex(each => each.includes("xs_pin_read"));
	assert.equal(lines[line], 'const read = function()@"xs_pin_read", write = function()@"xs_pin_write", after = read;');
	const sourceMap = JSON.parse(readFileSync(`${main!.path}.map`, "utf8"));
	assert.match(sourceMap.sources[0], /main\.ts$/);
	const map = new SourceMap(sourceMap);
	for (const word of ["read =", "write =", "after ="]) {
		const found = map.findEntry(line, lines[line]!.indexOf(word)) as { originalLine: number; originalColumn: number };
		assert.equal(found.originalLine, 2);
		assert.equal(found.originalColumn, 'const read = native<(handle: Handle) => Facts>("xs_pin_read"), write = native<() => void>(\'xs_pin_write\'), after = read;'.indexOf(word));
	}
});

test("native() inside a function or with a name that is computed is refused with its place", async context => {
	const inside = appWith(context, { "app/main.ts": "export class Pin {\n\tstatic read = native<() => void>(\"xs_pin_read\");\n}\n" });
	assert.match(await refusal(inside.compile), /main\.ts\(2,16\): error: native\("xs_pin_read"\) stands inside a function or class/);
	const computed = appWith(context, { "app/main.ts": 'const name = "x";\nexport const read = native<() => void>(name);\n' });
	assert.match(await refusal(computed.compile), /main\.ts\(2,21\): error: native\(\) takes one string literal/);
});

test("a function of one's own that is called native, and the word in a string, stay as they are", async context => {
	const { compile } = appWith(context, { "app/main.ts": 'const native = (text: string) => text;\nexport const text = native("xs_a") + \'native("xs_b")\';\n' });
	const [main] = await compile();
	assert.deepEqual(main?.natives, []);
	assert.match(readFileSync(main!.path, "utf8"), /native\("xs_a"\) \+ 'native\("xs_b"\)'/);
});

test("a relative import leads to the module by the manifest's name; one that no manifest names is refused", async context => {
	const { compile } = appWith(context, {
		"app/main.ts": 'import { level } from "./parts/pin.ts";\nimport type { Absent } from "./types.ts";\nexport const twice: Absent = level * 2;\nexport const later = () => import("./parts/pin.ts");\nexport * from "./parts/pin.ts";\n',
		"app/types.ts": "export type Absent = number;\n",
		"app/parts/pin.ts": "export const level = 1;\n",
	});
	const text = readFileSync((await compile())[0]!.path, "utf8");
	assert.equal(text.match(/"embedded:io\/pin"/g)?.length, 3);
	assert.doesNotMatch(text, /\.\//);
	const unnamed = appWith(context, { "app/main.ts": 'import { x } from "./other.ts";\nconsole(x);\ndeclare function console(value: unknown): void;\n', "app/other.ts": "export const x = 1;\n" });
	assert.match(await refusal(unnamed.compile), /main\.ts: found the import of "\.\/other\.(ts|js)", expected a module that a manifest names/);
});

test("nothing is compiled again while nothing changed, and a change is seen", async context => {
	const { folder, compile } = appWith(context, { "app/main.ts": "export const value: number = 1;\n" });
	const [first] = await compile();
	const before = statSync(first!.path).mtimeMs;
	const startMs = performance.now();
	await compile();
	assert.ok(performance.now() - startMs < 200, "kept results are read, not made");
	assert.equal(statSync(first!.path).mtimeMs, before);
	writeFileSync(join(folder, "app/main.ts"), "export const value: number = 2;\n");
	assert.match(readFileSync((await compile())[0]!.path, "utf8"), /value = 2/);
});

test("a module in JavaScript is taken as it is", async context => {
	const javaScript = 'export default class Coder @ "xs_coder_destructor" {\n\tread() @ "xs_coder_read"\n}\n';
	const { folder } = appWith(context, { "app/coder.js": javaScript, "app/coder.d.ts": "export default class Coder {\n\tread(): number;\n}\n", "app/main.ts": 'import Coder from "coder";\nexport const count: number = new Coder().read();\n' });
	writeFileSync(join(folder, "app/manifest.json"), JSON.stringify({ modules: { "*": ["./main", "./coder"] } }));
	const modules = await compileTypeScript(readManifest(join(folder, "app")), join(folder, "work"));
	assert.equal(readFileSync(modules[1]!.path, "utf8"), javaScript);
});

test("what a module leans on is known: natives, imports, whether it exports", async context => {
	const { compile } = appWith(context, {
		"app/main.ts": 'import "embedded:io/pin";\nexport const later = () => import("./parts/pin.ts");\nexport const any = (name: string) => import(name);\n',
		"app/parts/pin.ts": 'const read = native<() => void>("xs_read");\nread();\nexport {};\n',
	});
	const [main, pin] = await compile();
	assert.deepEqual([main!.imports, main!.importsAnything, main!.exportsNothing], [["embedded:io/pin", "embedded:io/pin"], true, false]);
	assert.deepEqual([pin!.natives, pin!.imports, pin!.importsAnything, pin!.exportsNothing], [["xs_read"], [], false, true]);
});

test("package.json's imports lead to modules by the manifest's names", async context => {
	const { compile } = appWith(context, {
		"app/package.json": JSON.stringify({ imports: { "#pin": "./parts/pin.ts" } }),
		"app/main.ts": 'import { level } from "#pin";\nexport const seen: number = level;\n',
		"app/parts/pin.ts": "export const level = 1;\n",
	});
	assert.match(readFileSync((await compile())[0]!.path, "utf8"), /from "embedded:io\/pin"/);
});
