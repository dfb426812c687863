// One run of the TypeScript compiler over an app. Apart from compile-typescript.ts, because loading the compiler takes longer
// than a build in which nothing has changed.

import { readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { UserError } from "../user-error.ts";
import { engineLimits } from "./engine-limits.ts";
import { missingIncludes } from "./missing-includes.ts";
import { finishModule, type Leanings, prepareModule, SourceFault } from "./module-text.ts";
import { writeIfChanged } from "./write-if-changed.ts";

/** A module with its source, and where its JavaScript goes. */
export interface ModuleToCompile {
	readonly specifier: string;
	readonly source: string;
	/** The file as errors on the device shall name it. */
	readonly sourceName: string;
	/** Path of the .js; the source map goes beside it. */
	readonly path: string;
}

/**
 * Checks everything and writes each module's JavaScript and source map.
 * @param folder the one with the app's tsconfig.json
 * @returns what each module leans on, in the order of `modules`, and the files that were read
 * @throws UserError with all errors as tsc prints them
 */
export function runTypeScript(modules: readonly ModuleToCompile[], folder: string): { leanings: Leanings[]; read: string[] } {
	const configurationPath = join(folder, "tsconfig.json");
	const { options, fileNames, errors } = ts.parseJsonConfigFileContent(
		ts.readConfigFile(configurationPath, ts.sys.readFile).config, ts.sys, folder, undefined, configurationPath);
	const host = ts.createCompilerHost(options);
	const program = ts.createProgram({ rootNames: fileNames, options, host, configFileParsingDiagnostics: errors });
	// First what the engine lacks: of "using", say, the compiler misses a type, and tells no place.
	for (const { source } of modules) {
		const sourceFile = source.endsWith(".js") ? undefined : program.getSourceFile(source);
		if (sourceFile !== undefined) refuseLimits(sourceFile, program.getTypeChecker());
	}
	const diagnostics = ts.getPreEmitDiagnostics(program);
	if (diagnostics.length > 0) {
		throw new UserError([format(ts.sortAndDeduplicateDiagnostics(diagnostics)).trimEnd(), ...missingIncludes(diagnostics)].join("\n"));
	}

	const bySource = new Map(modules.map(({ specifier, source }) => [source, specifier]));
	const resolutions = ts.createModuleResolutionCache(folder, name => name, options);
	const prepare = prepareModule({
		checker: program.getTypeChecker(),
		specifierOf: (text, file) => {
			const target = /^[.#]/.test(text) ? ts.resolveModuleName(text, file, options, host, resolutions).resolvedModule?.resolvedFileName : undefined;
			return target === undefined ? undefined : bySource.get(resolve(target));
		},
	});
	const specifiers = new Set(modules.map(({ specifier }) => specifier));
	const leanings = modules.map(({ source, sourceName, path }): Leanings => {
		if (source.endsWith(".js")) {
			const text = readFileSync(source, "utf8");
			refuseLimits(ts.createSourceFile(source, text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.JS), undefined);
			const { javaScript: _, ...leaning } = finishModule(text);
			refuseStrangers(leaning.imports, specifiers, source);
			writeIfChanged(path, text);
			return leaning;
		}
		const emitted = emit(program, source, prepare);
		const { javaScript, ...leaning } = finishModule(emitted.javaScript);
		refuseStrangers(leaning.imports, specifiers, source);
		// The compiler names the map after the .ts file; it stands beside the .js, which is named after the specifier.
		writeIfChanged(path, javaScript.replace(/^(\/\/# sourceMappingURL=).*$/m, `$1${basename(path)}.map`));
		writeIfChanged(`${path}.map`, JSON.stringify({ ...JSON.parse(emitted.sourceMap), file: undefined, sourceRoot: undefined, sources: [sourceName] }));
		return leaning;
	});
	const compilerFolder = dirname(ts.sys.resolvePath(ts.getDefaultLibFilePath(options)));
	return {
		leanings,
		read: program.getSourceFiles().map(({ fileName }) => resolve(fileName)).filter(path => !path.startsWith(compilerFolder)),
	};
}

function refuseStrangers(imports: readonly string[], specifiers: ReadonlySet<string>, source: string): void {
	for (const name of imports) {
		if (!specifiers.has(name)) {
			throw new UserError(`${relative(process.cwd(), source)}: found the import of "${name}", expected a module that a manifest names: add it to "modules", or include the manifest that has it`);
		}
	}
}

function refuseLimits(sourceFile: ts.SourceFile, checker: ts.TypeChecker | undefined): void {
	const limits = engineLimits(sourceFile, checker);
	if (limits.length > 0) {
		throw new UserError(limits.map(({ position, sentence }) => placed(sourceFile, position, sentence)).join("\n"));
	}
}

/** As tsc prints an error. */
function placed(sourceFile: ts.SourceFile, position: number, sentence: string): string {
	const { line, character } = sourceFile.getLineAndCharacterOfPosition(position);
	return `${relative(process.cwd(), sourceFile.fileName)}(${line + 1},${character + 1}): error: ${sentence}`;
}

function emit(program: ts.Program, source: string, prepare: ts.TransformerFactory<ts.SourceFile>): { javaScript: string; sourceMap: string } {
	let javaScript = "";
	let sourceMap = "";
	try {
		program.emit(program.getSourceFile(source), (name, text) => {
			if (name.endsWith(".map")) {
				sourceMap = text;
			} else {
				javaScript = text;
			}
		}, undefined, false, { before: [prepare] });
	} catch (error) {
		if (error instanceof SourceFault) {
			throw new UserError(placed(error.sourceFile, error.position, error.message), { cause: error });
		}
		throw error;
	}
	return { javaScript, sourceMap };
}

/** As tsc prints: with colours and the line in question on a terminal, one line for each error elsewhere. */
function format(diagnostics: readonly ts.Diagnostic[]): string {
	const host: ts.FormatDiagnosticsHost = {
		getCurrentDirectory: () => process.cwd(),
		getCanonicalFileName: name => name,
		getNewLine: () => "\n",
	};
	return process.stderr.isTTY ? ts.formatDiagnosticsWithColorAndContext(diagnostics, host) : ts.formatDiagnostics(diagnostics, host).trimEnd();
}
