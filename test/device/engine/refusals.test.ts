// What a preloaded module may not leave behind: the build refuses it and says where it is.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { buildApp } from "../../../tools/build/build-app.ts";
import { UserError } from "../../../tools/user-error.ts";

const manifest = {
	include: ["$(MODULES)/base/manifest.json"],
	modules: { main: "./main", kept: "./kept" },
	preload: ["kept"],
};

const refusals: readonly (readonly [what: string, kept: string, sentence: RegExp])[] = [
	["an iterator that has begun", `
		export const registry = { pages: [0, { walk: [1, 2].values() }] };
	`, /^the heap cannot be frozen: an iterator cannot be preloaded: module "kept": registry\.pages\[1\]\.walk$/],
	["an iterator in a private field of a map's entry", `
		class Holder { #walk = new Map([[1, 2]]).entries(); next() { return this.#walk.next(); } }
		export const holders = new Map([["a", new Holder()]]);
	`, /^the heap cannot be frozen: an iterator cannot be preloaded: module "kept": holders \(entry\)\.#walk$/],
	["a generator that waits", `
		function* count() { yield 1; yield 2; }
		const running = count();
		running.next();
		export const next = () => running.next();
	`, /^the heap cannot be frozen: a generator that has begun, or an async call that waits, cannot be preloaded: module "kept": next -> running$/],
	["a weak reference", `
		export default class Cache { static target = {}; static entries = { first: new WeakRef(Cache.target) }; }
	`, /^the heap cannot be frozen: a WeakRef cannot be preloaded: module "kept": default\.entries\.first$/],
	["a registry of finalizers", `
		export const registry = new FinalizationRegistry(() => {});
	`, /^the heap cannot be frozen: a FinalizationRegistry cannot be preloaded: module "kept": registry$/],
	["what hangs on the global object", `
		Object.assign(globalThis, { cursor: "ab"[Symbol.iterator]() });
	`, /^the heap cannot be frozen: an iterator cannot be preloaded: globalThis\.cursor$/],
	["an exception, with its place", `
		export const broken: never = (() => { throw new RangeError("too far"); })();
	`, /^the heap cannot be frozen: a preloaded module threw: RangeError: too far\n at .*kept\.ts:2\)/],
	["a rejection that nobody handles", `
		void Promise.reject(new Error("early"));
		export {};
	`, /^the heap cannot be frozen: a preloaded module threw: Error: early/],
	["a module that awaits for ever", `
		await new Promise(() => {});
		export {};
	`, /^the heap cannot be frozen: module "kept" waits at its top level for what does not come before the device starts$/],
	["a function of C that is not there", `
		export const read = native<() => void>("xs_nowhere");
	`, /xs_nowhere/],
	["endless recursion", `
		const down = (depth: number): number => down(depth + 1) + 1;
		export const depth = down(0);
	`, /^the heap cannot be frozen: .*, while modules were preloaded$/],
];

for (const [what, kept, sentence] of refusals) {
	test(`refused: ${what}`, async context => {
		const folder = await mkdtemp(join(tmpdir(), "picofetch-refusal-"));
		context.after(() => rm(folder, { recursive: true, force: true }));
		await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));
		await writeFile(join(folder, "main.ts"), 'import "kept";\n');
		await writeFile(join(folder, "kept.ts"), kept);
		await assert.rejects(buildApp({ app: folder, quiet: true }), (error: unknown) => {
			assert.ok(error instanceof UserError, String(error));
			assert.match(error.message, sentence);
			return true;
		});
	});
}
