// What nobody imports costs nothing.

import assert from "node:assert/strict";
import test from "node:test";
import type { CompiledModule } from "../../../tools/build/compile-typescript.ts";
import { reachableModules } from "../../../tools/build/reachable-modules.ts";

function made(specifier: string, imports: readonly string[] = [], more: Partial<CompiledModule> = {}): CompiledModule {
	return { specifier, sourceName: `${specifier}.ts`, path: `${specifier}.js`, natives: [], imports, importsAnything: false, exportsNothing: false, ...more };
}

const names = (modules: readonly CompiledModule[]) => modules.map(({ specifier }) => specifier);

test("a module is taken when main, or one that is taken, imports it", () => {
	const modules = [made("main", ["a"]), made("a", ["b"]), made("b", ["a"]), made("c"), made("d", ["c"])];
	assert.deepEqual(names(reachableModules(modules, ["a", "b", "c", "d"])), ["main", "a", "b"]);
});

test("a preloaded module that exports nothing is there for its effect, with what it imports", () => {
	const modules = [made("main"), made("globals", ["a"], { exportsNothing: true }), made("a"), made("quiet", [], { exportsNothing: true })];
	assert.deepEqual(names(reachableModules(modules, ["globals", "a"])), ["main", "globals", "a"]);
});

test("what the engine host asks for by name is always taken", () => {
	assert.deepEqual(names(reachableModules([made("main"), made("base/error"), made("base/inspect", ["base/x"]), made("base/x")], [])), ["main", "base/error", "base/inspect", "base/x"]);
});

test("an import by a computed name takes every module", () => {
	const modules = [made("main", [], { importsAnything: true }), made("a"), made("b")];
	assert.deepEqual(reachableModules(modules, []), modules);
});
