// Checks a whole TypeScript project as an editor sees it; used by a test, so that no file escapes the compiler.

import { dirname } from "node:path";
import ts from "typescript";

/**
 * The errors of the project that a tsconfig.json describes, one text each as tsc prints it; empty when there are none.
 * @param configurationPath modules/tsconfig.json for the device's TypeScript, tools/tsconfig.json for Node's
 */
export function typecheck(configurationPath: string): string[] {
	const { config, error } = ts.readConfigFile(configurationPath, ts.sys.readFile);
	const { options, fileNames, errors } = ts.parseJsonConfigFileContent(config ?? {}, ts.sys, dirname(configurationPath), undefined, configurationPath);
	const program = ts.createProgram({
		rootNames: fileNames,
		options,
		configFileParsingDiagnostics: error === undefined ? errors : [error],
	});
	return ts.getPreEmitDiagnostics(program).map(diagnostic => ts.formatDiagnostics([diagnostic], {
		getCurrentDirectory: () => process.cwd(),
		getCanonicalFileName: name => name,
		getNewLine: () => "\n",
	}).trimEnd());
}
