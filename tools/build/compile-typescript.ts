// Checks and compiles an app's TypeScript with the real compiler. Nothing is done twice: the hashes of all that was read
// are kept beside what came of it.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { Manifest, Module } from "./manifest.ts";
import { writeIfChanged } from "./write-if-changed.ts";

/** A module ready for the engine's compiler. */
export interface CompiledModule {
	readonly specifier: string;
	/** The file as errors on the device shall name it: "modules/io/socket/tcp.ts". */
	readonly sourceName: string;
	/** Where its JavaScript is kept, with the source map beside it. */
	readonly path: string;
	/** C functions that it binds by native(). */
	readonly natives: readonly string[];
	/** Specifiers of the modules that it imports, at its beginning or later. */
	readonly imports: readonly string[];
	/** It imports by a name that is computed. */
	readonly importsAnything: boolean;
	readonly exportsNothing: boolean;
}

const projectFolder = resolve(import.meta.dirname, "../..");
/** The device's compiler options; an app's own tsconfig.json is for its editor. */
const deviceConfiguration = join(projectFolder, "modules/tsconfig.json");

interface Kept {
	/** What the result depends on beside the files: compiler, options, list of modules. */
	readonly key: string;
	/** Hash of every file that was read, by absolute path. */
	readonly read: Readonly<Record<string, string>>;
	/** Hash of every file that was written. */
	readonly written: Readonly<Record<string, string>>;
	readonly modules: readonly CompiledModule[];
}

/**
 * Compiles the modules of `manifest` that have a source.
 * @param folder where results are kept: one .js and .js.map for each module under `js/`, `tsconfig.json`
 * @throws UserError with all errors as tsc prints them
 */
export async function compileTypeScript(manifest: Manifest, folder: string): Promise<CompiledModule[]> {
	const modules = manifest.modules.filter((module): module is Module & { source: string } => module.source !== undefined);
	const declarations = declarationsBeside(manifest.files);
	const configuration = writeConfiguration(modules, declarations, folder);
	const key = hash([compilerVersion(), configuration, readFileSync(deviceConfiguration), ...modules.flatMap(({ specifier, source }) => [specifier, source]), ownCode()]);
	const keptPath = join(folder, "typescript.json");

	const kept = readKept(keptPath);
	if (kept?.key === key && [kept.read, kept.written].every(files => Object.entries(files).every(([path, was]) => hashOfFile(path) === was))) {
		return [...kept.modules];
	}
	rmSync(keptPath, { force: true });
	const { runTypeScript } = await import("./typescript-program.ts");
	const wanted = modules.map(({ specifier, source }) => ({ specifier, source, sourceName: shortName(source), path: resultPath(specifier, folder) }));
	const { leanings, read } = runTypeScript(wanted, folder);
	const results = wanted.map(({ specifier, sourceName, path }, index) => ({ specifier, sourceName, path, ...leanings[index]! }));
	writeIfChanged(keptPath, JSON.stringify({
		key,
		read: hashes(read),
		written: hashes(results.flatMap(({ path }) => [path, `${path}.map`]).filter(existsSync)),
		modules: results,
	} satisfies Kept));
	return results;
}

/** Every *.d.ts that stands beside a manifest: the globals that its modules bring. */
function declarationsBeside(manifests: readonly string[]): string[] {
	return manifests.flatMap(file => readdirSync(dirname(file)).filter(name => name.endsWith(".d.ts")).sort().map(name => join(dirname(file), name)));
}

/** The tsconfig.json of this app: the device's options, and each specifier with its file. */
function writeConfiguration(modules: ReadonlyArray<Module & { source: string }>, declarations: readonly string[], folder: string): string {
	const text = JSON.stringify({
		extends: relativePath(folder, deviceConfiguration),
		compilerOptions: {
			paths: Object.fromEntries(modules.map(({ specifier, source }) => [specifier, [relativePath(folder, typesOf(source))]])),
			noEmit: false,
			rewriteRelativeImportExtensions: true,
			sourceMap: true,
			outDir: "js",
			rootDir: "/",
		},
		include: [],
		files: [...new Set([...modules.map(({ source }) => typesOf(source)), ...declarations])].map(path => relativePath(folder, path)),
	}, undefined, "\t");
	writeIfChanged(join(folder, "tsconfig.json"), `${text}\n`);
	return text;
}

/** A module in JavaScript is seen through the declarations beside it, when there are any. */
function typesOf(source: string): string {
	const declarations = source.replace(/\.js$/, ".d.ts");
	return source.endsWith(".js") && existsSync(declarations) ? declarations : source;
}

function readKept(path: string): Kept | undefined {
	try {
		return JSON.parse(readFileSync(path, "utf8")) as Kept;
	} catch {
		// Absent, or written by a run that was interrupted: everything is compiled again.
		return undefined;
	}
}

/** A specifier as a path: "embedded:io/socket/tcp" is js/embedded+io/socket/tcp.js. */
function resultPath(specifier: string, folder: string): string {
	return join(folder, "js", `${specifier.replaceAll(":", "+")}.js`);
}

/** The file as a person knows it: from the project's folder, or its name alone when it lies outside. */
function shortName(source: string): string {
	const path = relative(projectFolder, source);
	return path.startsWith("..") ? source.slice(dirname(dirname(source)).length + 1) : path;
}

function relativePath(from: string, to: string): string {
	const path = relative(from, to);
	return path.startsWith(".") ? path : `./${path}`;
}

function compilerVersion(): string {
	return (JSON.parse(readFileSync(join(projectFolder, "node_modules/typescript/package.json"), "utf8")) as { version: string }).version;
}

/** The files that decide what comes out, so that a change of them compiles everything again. */
function ownCode(): string {
	return hash(["compile-typescript.ts", "engine-limits.ts", "module-text.ts", "typescript-program.ts"].map(name => readFileSync(join(import.meta.dirname, name))));
}

function hash(parts: ReadonlyArray<string | Uint8Array>): string {
	const sum = createHash("sha256");
	for (const part of parts) {
		sum.update(`${part.length}:`).update(part);
	}
	return sum.digest("hex");
}

function hashes(paths: readonly string[]): Record<string, string> {
	return Object.fromEntries(paths.map(path => [path, hashOfFile(path) ?? ""]));
}

function hashOfFile(path: string): string | undefined {
	return existsSync(path) ? hash([readFileSync(path)]) : undefined;
}
