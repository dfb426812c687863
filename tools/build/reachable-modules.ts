// Which modules of a manifest are needed: what nobody imports costs nothing.

import type { CompiledModule } from "./compile-typescript.ts";

/** Modules that the engine host asks for by name (platform/xs/engine.c). */
const ofTheHost: readonly string[] = ["base/error", "base/inspect"];

/**
 * Main, what it imports, and so on. A preloaded module that exports nothing is there for its effect, a global say, and is needed too.
 * Where a module imports by a name that is computed, every module is needed.
 */
export function reachableModules(modules: readonly CompiledModule[], preload: readonly string[], main = "main"): CompiledModule[] {
	const bySpecifier = new Map(modules.map(module => [module.specifier, module]));
	const needed = new Set<CompiledModule>();
	const need = (specifier: string): void => {
		const module = bySpecifier.get(specifier);
		if (module === undefined || needed.has(module)) return;
		needed.add(module);
		module.imports.forEach(need);
	};
	for (const specifier of [main, ...ofTheHost]) need(specifier);
	for (const specifier of preload) {
		if (bySpecifier.get(specifier)?.exportsNothing) need(specifier);
	}
	return [...needed].some(({ importsAnything }) => importsAnything) ? [...modules] : modules.filter(module => needed.has(module));
}
