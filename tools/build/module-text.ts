// The last steps from emitted JavaScript to what the engine's compiler reads: native functions in the engine's own
// syntax, and imports that name modules as the manifest does.

import ts from "typescript";

/**
 * Stands for `native` between the two steps. Its length makes the call exactly as long as the engine's
 * syntax, `native_$$("n")` and `function()@"n"`, so that line and column of all that follows, and with them the source
 * map, stay right.
 */
const placeholder = "native_$$";

/** What was wrong with a call or an import, and where in the TypeScript. */
export class SourceFault extends Error {
	override readonly name = "SourceFault";

	constructor(readonly sourceFile: ts.SourceFile, readonly position: number, sentence: string) {
		super(sentence);
	}
}

/**
 * First step, a transformer over the TypeScript: `native<F>("c_name")` becomes the placeholder's call, and the specifier
 * of a relative import that of the module it leads to.
 * @param options.specifierOf the module that an import of `text` in `file` means, undefined when there is none
 */
export function prepareModule(options: {
	readonly checker: ts.TypeChecker;
	readonly specifierOf: (text: string, file: string) => string | undefined;
}): ts.TransformerFactory<ts.SourceFile> {
	return context => sourceFile => {
		const { factory } = context;
		let depth = 0;

		const visit = (node: ts.Node): ts.Node => {
			if (ts.isFunctionLike(node) || ts.isClassLike(node)) {
				depth++;
				const visited = ts.visitEachChild(node, visit, context);
				depth--;
				return visited;
			}
			if (ts.isCallExpression(node)) {
				if (isNative(node)) {
					return native(node);
				}
				const [target] = node.arguments;
				if (node.expression.kind === ts.SyntaxKind.ImportKeyword && target !== undefined && ts.isStringLiteralLike(target)) {
					return factory.updateCallExpression(node, node.expression, undefined, [specifier(target), ...node.arguments.slice(1)]);
				}
			}
			if (ts.isImportDeclaration(node)) {
				return factory.updateImportDeclaration(node, node.modifiers, node.importClause, specifier(node.moduleSpecifier), node.attributes);
			}
			if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
				return factory.updateExportDeclaration(node, node.modifiers, node.isTypeOnly, node.exportClause, specifier(node.moduleSpecifier), node.attributes);
			}
			return ts.visitEachChild(node, visit, context);
		};

		const isNative = (node: ts.CallExpression): boolean =>
			ts.isIdentifier(node.expression) && node.expression.text === "native" &&
			options.checker.getSymbolAtLocation(node.expression)?.declarations?.every(declaration => declaration.getSourceFile().isDeclarationFile) === true;

		const native = (node: ts.CallExpression): ts.Node => {
			const [name] = node.arguments;
			if (node.arguments.length !== 1 || name === undefined || !ts.isStringLiteral(name) || !/^[A-Za-z_]\w*$/.test(name.text)) {
				throw new SourceFault(sourceFile, node.getStart(sourceFile), 'native() takes one string literal, the name of a C function: native<() => void>("xs_name")');
			}
			if (depth > 0) {
				throw new SourceFault(sourceFile, node.getStart(sourceFile), `native("${name.text}") stands inside a function or class, but the engine knows native functions at module level only: make it a const of the module`);
			}
			const callee = ts.setOriginalNode(ts.setTextRange(factory.createIdentifier(placeholder), node.expression), node.expression);
			return factory.updateCallExpression(node, callee, undefined, [factory.createStringLiteral(name.text)]);
		};

		const specifier = <Node extends ts.Expression>(node: Node): Node | ts.StringLiteral => {
			const text = ts.isStringLiteralLike(node) ? node.text : "";
			const meant = options.specifierOf(text, sourceFile.fileName);
			return meant === undefined || meant === text ? node : ts.setTextRange(factory.createStringLiteral(meant), node);
		};

		return ts.visitEachChild(sourceFile, visit, context);
	};
}

/** What a module leans on. */
export interface Leanings {
	/** C functions that it binds, in order. */
	readonly natives: readonly string[];
	/** Specifiers of its imports, static and dynamic ones. */
	readonly imports: readonly string[];
	/** It has an import() whose name is computed. */
	readonly importsAnything: boolean;
	readonly exportsNothing: boolean;
}

/** JavaScript in the form the engine reads. */
export interface ModuleText extends Leanings {
	readonly javaScript: string;
}

/** Second step, on the emitted JavaScript: the placeholder's calls become the engine's syntax, in the same length. */
export function finishModule(javaScript: string): ModuleText {
	const sourceFile = ts.createSourceFile("module.js", javaScript, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
	const natives: string[] = [];
	const imports: string[] = [];
	let importsAnything = false;
	let text = javaScript;

	const visit = (node: ts.Node): void => {
		if (ts.isCallExpression(node)) {
			const [target] = node.arguments;
			const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
			if (target !== undefined && ts.isStringLiteral(target)) {
				if (ts.isIdentifier(node.expression) && node.expression.text === placeholder) {
					const start = node.getStart(sourceFile);
					natives.push(target.text);
					text = text.slice(0, start) + `function()@"${target.text}"` + text.slice(node.end);
				} else if (isImport) {
					imports.push(target.text);
				}
			} else if (isImport) {
				importsAnything = true;
			}
		} else if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)) {
			imports.push(node.moduleSpecifier.text);
		}
		ts.forEachChild(node, visit);
	};
	visit(sourceFile);
	return { javaScript: text, natives, imports, importsAnything, exportsNothing: !sourceFile.statements.some(isExport) };
}

/** `export {}`, which only says that the file is a module, is none. */
function isExport(statement: ts.Statement): boolean {
	if (ts.isExportAssignment(statement)) return true;
	if (ts.isExportDeclaration(statement)) return statement.exportClause === undefined || !ts.isNamedExports(statement.exportClause) || statement.exportClause.elements.length > 0;
	return ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
}
