// What TypeScript compiles and the engine does not have: refused at build with its place, before it fails on a board.
// Types do the most of it (lib ES2022 in modules/tsconfig.json); this is for what they let pass, and for plain JavaScript.

import ts from "typescript";

/** A construct that the engine lacks, and where it stands. */
export interface Limit {
	readonly position: number;
	readonly sentence: string;
}

/** Globals that lib ES2022 declares and the engine leaves out. */
const absentGlobals: Readonly<Record<string, string>> = {
	Intl: "texts for people are the app's own",
	Temporal: "there is Date",
	SharedArrayBuffer: "there is one thread",
	Atomics: "there is one thread",
};

/** Methods of later years, by their names: in JavaScript no type tells whose they are. */
const laterMethods: Readonly<Record<string, string>> = {
	toSorted: "copy with slice() and sort()",
	toReversed: "copy with slice() and reverse()",
	toSpliced: "copy with slice() and splice()",
	isWellFormed: "compare with what TextEncoder makes of it",
	toWellFormed: "encode and decode it",
	withResolvers: "make the promise with new Promise()",
	fromAsync: "push in a loop of for await",
	groupBy: "fill a Map in a loop",
};

/**
 * @param checker tells whether a name is a global one; without it, a name counts as global that the file does not declare at its top
 */
export function engineLimits(sourceFile: ts.SourceFile, checker: ts.TypeChecker | undefined): Limit[] {
	const limits: Limit[] = [];
	const isJavaScript = checker === undefined;
	const refuse = (node: ts.Node, sentence: string) => limits.push({ position: node.getStart(sourceFile), sentence });

	const isGlobal = (name: ts.Identifier): boolean => checker === undefined
		? !declares(sourceFile, name.text)
		: checker.getSymbolAtLocation(name)?.declarations?.every(declaration => declaration.getSourceFile().isDeclarationFile) === true;

	const visit = (node: ts.Node): void => {
		if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
		if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Using) {
			refuse(node, "the engine has no \"using\": release it in a finally block");
		} else if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.AwaitUsing) {
			refuse(node, "the engine has no \"await using\": release it in a finally block");
		} else if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.attributes !== undefined) {
			refuse(node.attributes, "the engine has no import attributes");
		} else if (ts.isRegularExpressionLiteral(node) && /[^/]*v[^/]*$/.test(node.text.slice(node.text.lastIndexOf("/")))) {
			refuse(node, "the engine has no flag \"v\" of regular expressions");
		} else if (ts.isIdentifier(node) && isValue(node)) {
			const why = Object.hasOwn(absentGlobals, node.text) ? absentGlobals[node.text] : undefined;
			if (why !== undefined && isGlobal(node)) refuse(node, `the engine has no ${node.text}: ${why}`);
		}
		if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
			const { expression } = node;
			if (ts.isIdentifier(expression) && (expression.text === "eval" || expression.text === "Function") && isGlobal(expression)) {
				refuse(node, `${expression.text}() needs a compiler, and there is none on the board`);
			} else if (isJavaScript && ts.isPropertyAccessExpression(expression) && Object.hasOwn(laterMethods, expression.name.text)) {
				refuse(expression.name, `the engine has no ${expression.name.text}(): ${laterMethods[expression.name.text]}`);
			}
		}
		ts.forEachChild(node, visit);
	};
	visit(sourceFile);
	return limits;
}

/** The name is read, and is no property's, declaration's or label's. */
function isValue(name: ts.Identifier): boolean {
	const { parent } = name;
	if (ts.isPropertyAccessExpression(parent)) return parent.expression === name;
	if (ts.isPropertyAssignment(parent)) return parent.initializer === name;
	return ts.isExpression(parent) || ts.isVariableDeclaration(parent) && parent.initializer === name
		|| ts.isShorthandPropertyAssignment(parent) || ts.isReturnStatement(parent) || ts.isExpressionStatement(parent);
}

function declares(sourceFile: ts.SourceFile, name: string): boolean {
	return sourceFile.statements.some(statement =>
		(ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name?.text === name
		|| ts.isVariableStatement(statement) && statement.declarationList.declarations.some(one => ts.isIdentifier(one.name) && one.name.text === name)
		|| ts.isImportDeclaration(statement) && statement.importClause?.getText(sourceFile).includes(name) === true);
}
