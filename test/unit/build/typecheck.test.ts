// The whole project through the TypeScript compiler, as an editor sees it.

import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import test from "node:test";
import { readManifest } from "../../../tools/build/manifest.ts";
import { typecheck } from "../../../tools/build/typecheck.ts";
import { readFileSync } from "node:fs";

const projectFolder = resolve(import.meta.dirname, "../../..");

test("main.ts, modules and examples have no type error", () => {
	assert.deepEqual(typecheck(join(projectFolder, "tsconfig.json")), []);
});

test("tools, simulator and tests have no type error", () => {
	assert.deepEqual(typecheck(join(projectFolder, "tools/tsconfig.json")), []);
});

test("an editor finds each module where the manifest has it", () => {
	const wanted = Object.fromEntries(readManifest(projectFolder).modules.flatMap(({ specifier, source }) =>
		source === undefined || specifier === "main" ? [] : [[specifier, [`./${source.slice(projectFolder.length + 1)}`]]]));
	const { compilerOptions } = JSON.parse(readFileSync(join(projectFolder, "tsconfig.json"), "utf8"));
	assert.deepEqual(compilerOptions.paths, wanted, `"paths" of tsconfig.json should be ${JSON.stringify(wanted, undefined, "\t")}`);
});
