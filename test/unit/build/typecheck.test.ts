// The whole project through the TypeScript compiler, as an editor sees it.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { folderWith } from "./folder.ts";
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

test("modules/README.md names each manifest, and specifiers that it has", () => {
	const rows = [...readFileSync(join(modulesFolder, "README.md"), "utf8").matchAll(/^\| (?:`([^`]+)` )?\| (?:`([^`]+)` )?\|/gm)];
	const included = rows.map(([, path]) => path).filter(path => path !== undefined);
	// network/dns/resolver is the one manifest that only another one includes.
	const manifests = readdirSync(modulesFolder, { recursive: true, encoding: "utf8" }).filter(path => basename(path) === "manifest.json" && path !== "network/dns/resolver/manifest.json");
	assert.deepEqual(included.sort(), manifests.sort());
	let folder = "";
	for (const [, path, specifier] of rows) {
		if (path !== undefined) folder = dirname(path);
		if (specifier !== undefined) assert.ok(readManifest(join(modulesFolder, folder)).modules.some(module => module.specifier === specifier), `${folder}: ${specifier}`);
	}
});

test("the examples of modules/README.md have no type error", context => {
	const examples = [...readFileSync(join(modulesFolder, "README.md"), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text], index) => [`${index + 1}.ts`, text!]);
	assert.ok(examples.length >= 5);
	const folder = folderWith(context, {
		...Object.fromEntries(examples),
		"tsconfig.json": JSON.stringify({ extends: join(modulesFolder, "tsconfig.json"), include: [".", join(modulesFolder, "**/*.d.ts")] }),
	});
	assert.deepEqual(typecheck(join(folder, "tsconfig.json")), []);
});
