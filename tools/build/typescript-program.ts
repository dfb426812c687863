// One run of the TypeScript compiler over an app. Apart from compile-typescript.ts, because loading the compiler takes longer
// than a build in which nothing has changed.

import { readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { UserError } from "../user-error.ts";
import { finishModule, prepareModule, SourceFault } from "./module-text.ts";
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
 * @returns the C functions that each module binds, in the order of `modules`, and the files that were read
 * @throws UserError with all errors as tsc prints them
 */
export function runTypeScript(modules: readonly ModuleToCompile[], folder: string): { natives: string[][]; read: string[] } {
	const configurationPath = join(folder, "tsconfig.json");
	const { options, fileNames, errors } = ts.parseJsonConfigFileContent(
		ts.readConfigFile(configurationPath, ts.sys.readFile).config, ts.sys, folder, undefined, configurationPath);
	const host = ts.createCompilerHost(options);
	const program = ts.createProgram({ rootNames: fileNames, options, host, configFileParsingDiagnostics: errors });
	const diagnostics = ts.getPreEmitDiagnostics(program);
	if (diagnostics.length > 0) {
		throw new UserError(format(ts.sortAndDeduplicateDiagnostics(diagnostics)));
	}

	const bySource = new Map(modules.map(({ specifier, source }) => [source, specifier]));
	const resolutions = ts.createModuleResolutionCache(folder, name => name, options);
	const prepare = prepareModule({
		checker: program.getTypeChecker(),
		specifierOf: (text, file) => {
			const target = text.startsWith(".") ? ts.resolveModuleName(text, file, options, host, resolutions).resolvedModule?.resolvedFileName : undefined;
			return target === undefined ? undefined : bySource.get(resolve(target));
		},
	});
	const specifiers = new Set(modules.map(({ specifier }) => specifier));
	const natives = modules.map(({ source, sourceName, path }): string[] => {
		if (source.endsWith(".js")) {
			writeIfChanged(path, readFileSync(source, "utf8"));
			return [];
		}
		const emitted = emit(program, source, prepare);
		const finished = finishModule(emitted.javaScript);
		for (const name of finished.imports) {
			if (!specifiers.has(name)) {
				throw new UserError(`${relative(process.cwd(), source)}: found the import of "${name}", expected a module that a manifest names: add it to "modules", or include the manifest that has it`);
			}
		}
		// The compiler names the map after the .ts file; it stands beside the .js, which is named after the specifier.
		writeIfChanged(path, finished.javaScript.replace(/^(\/\/# sourceMappingURL=).*$/m, `$1${basename(path)}.map`));
		writeIfChanged(`${path}.map`, JSON.stringify({ ...JSON.parse(emitted.sourceMap), file: undefined, sourceRoot: undefined, sources: [sourceName] }));
		return [...finished.natives];
	});
	const compilerFolder = dirname(ts.sys.resolvePath(ts.getDefaultLibFilePath(options)));
	return {
		natives,
		read: program.getSourceFiles().map(({ fileName }) => resolve(fileName)).filter(path => !path.startsWith(compilerFolder)),
	};
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
			const { line, character } = error.sourceFile.getLineAndCharacterOfPosition(error.position);
			throw new UserError(`${relative(process.cwd(), error.sourceFile.fileName)}(${line + 1},${character + 1}): error: ${error.message}`, { cause: error });
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
