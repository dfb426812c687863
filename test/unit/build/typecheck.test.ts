// The whole project through the TypeScript compiler, as an editor sees it.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import test from "node:test";
import { readManifest } from "../../../tools/build/manifest.ts";
import { typecheck } from "../../../tools/build/typecheck.ts";

const projectFolder = resolve(import.meta.dirname, "../../..");
const modulesFolder = join(projectFolder, "modules");

test("main.ts, modules and examples have no type error", () => {
	assert.deepEqual(typecheck(join(projectFolder, "modules/tsconfig.json")), []);
});

test("tools, simulator and tests have no type error", () => {
	assert.deepEqual(typecheck(join(projectFolder, "tools/tsconfig.json")), []);
});

test("the script of the simulator's page has no type error", () => {
	assert.deepEqual(typecheck(join(projectFolder, "simulator/page/tsconfig.json")), []);
});

test("an editor finds each module where its manifest has it", () => {
	const manifests = readdirSync(modulesFolder, { recursive: true, encoding: "utf8" }).filter(path => basename(path) === "manifest.json");
	assert.ok(manifests.length > 0);
	const wanted = Object.fromEntries(manifests.flatMap(path => readManifest(join(modulesFolder, dirname(path))).modules.flatMap(({ specifier, source }) =>
		source === undefined ? [] : [[specifier, [`./${relative(modulesFolder, source)}`]]])));
	const { compilerOptions } = JSON.parse(readFileSync(join(modulesFolder, "tsconfig.json"), "utf8"));
	assert.deepEqual(compilerOptions.paths, wanted, `"paths" of modules/tsconfig.json should be ${JSON.stringify(wanted, undefined, "\t")}`);
});
