// What to include for a module or a global that the compiler did not find.

import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import ts from "typescript";

const modulesFolder = resolve(import.meta.dirname, "../../modules");

/** "Cannot find module", and the kinds of "Cannot find name". */
const notFound: readonly number[] = [2304, 2307, 2503, 2552, 2580, 2582, 2583, 2584, 2591, 2792];

/** A sentence for each manifest of this project's modules that brings what one of the errors misses. */
export function missingIncludes(diagnostics: readonly ts.Diagnostic[]): string[] {
	const names = new Set(diagnostics.filter(({ code }) => notFound.includes(code)).map(({ messageText }) => /'([^']+)'/.exec(ts.flattenDiagnosticMessageText(messageText, "\n"))?.[1]));
	if (names.size === 0) return [];
	return readdirSync(modulesFolder, { recursive: true, encoding: "utf8" }).filter(path => basename(path) === "manifest.json").sort().flatMap(path => {
		const missed = broughtBy(path).filter(name => names.has(name));
		return missed.length === 0 ? [] : [`${[...new Set(missed)].join(", ")}: add "$(MODULES)/${path}" to "include" in manifest.json`];
	});
}

/** Specifiers of a manifest's modules, and the globals that are declared beside it. */
function broughtBy(path: string): string[] {
	const file = join(modulesFolder, path);
	const { modules = {} } = JSON.parse(readFileSync(file, "utf8")) as { modules?: object };
	const declarations = readdirSync(dirname(file)).filter(name => name.endsWith(".d.ts")).map(name => readFileSync(join(dirname(file), name), "utf8"));
	return [...Object.keys(modules), ...declarations.flatMap(text => [...text.matchAll(/^declare (?:const|type|function) (\w+)/gm)].map(([, name]) => name!))];
}
