/** The codes of violations, read out of the simulator's sources. */
import ts from "typescript";

/**
 * Finds every code that is handed over as `code`, in front of its `text`: to a function with these two parameters, in a tuple of
 * them, or as the property `code` of an object. A part that is filled in while it runs stands as `*`: `dma-*`.
 *
 * @param texts of all source files.
 */
export function violationCodes(texts: readonly string[]): Set<string> {
	const files = texts.map((text, index) => ts.createSourceFile(`${index}.ts`, text, ts.ScriptTarget.Latest, true));
	const takers = new Map<string, number>();
	const codes = new Set<string>();
	for (const file of files) {
		eachNode(file, (node) => {
			if (ts.isFunctionLike(node)) {
				const at = codePosition(node.parameters.map(({ name }) => name.getText()));
				const name = at < 0 ? undefined : nameOf(node);
				if (name) {
					takers.set(name, at);
				}
			}
		});
	}
	const take = (node: ts.Expression | undefined): void => literals(node).forEach((code) => codes.add(code));
	for (const file of files) {
		eachNode(file, (node) => {
			if (ts.isCallExpression(node)) {
				const at = takers.get(lastName(node.expression));
				if (at !== undefined) {
					take(node.arguments[at]);
				}
			} else if (ts.isTupleTypeNode(node)) {
				const at = codePosition(node.elements.map((element) => ts.isNamedTupleMember(element) ? element.name.text : ""));
				if (at >= 0) {
					eachNode(enclosingFunction(node), (inner) => ts.isArrayLiteralExpression(inner) && take(inner.elements[at]));
				}
			} else if (ts.isPropertyAssignment(node) && node.name.getText() === "code") {
				take(node.initializer);
			}
		});
	}
	return codes;
}

function codePosition(names: readonly string[]): number {
	return names.findIndex((name, index) => name === "code" && names[index + 1] === "text");
}

/** Of the function, or of the property, parameter or variable that holds it. */
function nameOf(node: ts.Node): string | undefined {
	for (let at: ts.Node | undefined = node; at; at = at.parent) {
		const { name } = at as ts.Node & { name?: ts.Node };
		if (name) {
			return name.getText();
		}
		if (ts.isCallExpression(at) || ts.isBlock(at)) {
			return undefined;
		}
	}
	return undefined;
}

function lastName(node: ts.Expression): string {
	return ts.isPropertyAccessExpression(node) ? node.name.getText() : node.getText();
}

function enclosingFunction(node: ts.Node): ts.Node {
	let at = node;
	while (at.parent && !ts.isFunctionLike(at)) {
		at = at.parent;
	}
	return at;
}

/** Words, with hyphens between them. */
const CODE = /^[a-z0-9]+(-[a-z0-9*]+)*$/;

function literals(node: ts.Expression | undefined): string[] {
	if (!node) {
		return [];
	}
	if (ts.isConditionalExpression(node)) {
		return [...literals(node.whenTrue), ...literals(node.whenFalse)];
	}
	const text = ts.isStringLiteralLike(node) ? node.text
		: ts.isTemplateExpression(node) ? node.head.text + node.templateSpans.map(({ literal }) => `*${literal.text}`).join("")
		: "";
	return CODE.test(text) ? [text] : [];
}

function eachNode(node: ts.Node, visit: (node: ts.Node) => unknown): void {
	visit(node);
	node.forEachChild((child) => eachNode(child, visit));
}
