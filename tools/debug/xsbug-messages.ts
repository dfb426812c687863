// The xsbug protocol's words: XS sends and takes XML over a byte stream, one element `<xsbug>` for each message, one element for
// each command. Which elements there are, and what makes the engine go on, is in XS's own xsDebug.c.

/** An element of a message. */
export interface XsbugElement {
	readonly name: string;
	readonly attributes: Readonly<Record<string, string>>;
	readonly children: readonly XsbugElement[];
	/** Text directly inside, entities resolved. */
	readonly text: string;
}

/** A name of an object, a frame or a module: an address, "@200145E0". */
export type XsbugAddress = string;

/** Where execution stands. */
export interface XsbugPlace {
	/** As the bytecode has it: relative to the project's folder. */
	readonly path: string;
	readonly line: number;
}

/** The longest message that is waited for, bytes: more is no debugger's protocol. */
const messageLimit = 4 * 1024 * 1024;

/** Takes bytes as they come, gives the elements of whole messages, in order. What stands outside of messages is ignored. */
export class XsbugReader {
	readonly #decoder = new TextDecoder();
	#text = "";

	/**
	 * @returns the elements of the messages that are complete now
	 * @throws Error when a message is no XML, or longer than 4 MB
	 */
	read(bytes: Uint8Array): XsbugElement[] {
		this.#text += this.#decoder.decode(bytes, { stream: true });
		const elements: XsbugElement[] = [];
		for (;;) {
			const end = this.#text.indexOf("</xsbug>");
			if (end < 0) {
				if (this.#text.length > messageLimit) {
					throw new Error(`no end of a message within ${messageLimit} bytes: is this an XS debugger's port?`);
				}
				return elements;
			}
			const start = this.#text.lastIndexOf("<xsbug>", end);
			if (start >= 0) {
				elements.push(...parseElements(this.#text.slice(start + "<xsbug>".length, end)));
			}
			this.#text = this.#text.slice(end + "</xsbug>".length);
		}
	}
}

/** Parses a sequence of elements as XS writes them: no comments, no declarations, double quotes around attributes. */
export function parseElements(xml: string): XsbugElement[] {
	interface Open {
		name: string;
		attributes: Record<string, string>;
		children: XsbugElement[];
		text: string;
	}
	const root: Open = { name: "", attributes: {}, children: [], text: "" };
	const open: Open[] = [root];
	const token = /<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*"[^"]*")*)\s*(\/?)>|([^<]+)/gy;
	while (token.lastIndex < xml.length) {
		const at = token.lastIndex;
		const match = token.exec(xml);
		if (match === null) {
			throw new Error(`no XML at ${JSON.stringify(xml.slice(at, at + 40))}`);
		}
		const [, closing, name, attributes, empty, text] = match;
		const inner = open.at(-1)!;
		if (text !== undefined) {
			inner.text += unescapeXml(text);
		} else if (closing) {
			if (open.length === 1 || inner.name !== name) {
				throw new Error(`</${name}> closes <${inner.name}>`);
			}
			open.pop();
			open.at(-1)!.children.push(inner);
		} else {
			const element: Open = { name: name!, attributes: parseAttributes(attributes ?? ""), children: [], text: "" };
			if (empty) {
				inner.children.push(element);
			} else {
				open.push(element);
			}
		}
	}
	if (open.length > 1) {
		throw new Error(`<${open.at(-1)!.name}> is not closed`);
	}
	return root.children;
}

function parseAttributes(text: string): Record<string, string> {
	return Object.fromEntries([...text.matchAll(/([\w:.-]+)\s*=\s*"([^"]*)"/g)].map(([, name, value]) => [name!, unescapeXml(value!)]));
}

const named: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function unescapeXml(text: string): string {
	return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (all, decimal, hexadecimal, name) => {
		if (name !== undefined) {
			return named[name] ?? all;
		}
		return String.fromCodePoint(decimal === undefined ? parseInt(hexadecimal, 16) : Number(decimal));
	});
}

/** What makes the engine go on from where it stands. */
export type XsbugMotion = "go" | "step" | "step-inside" | "step-outside";

/** Commands, as bytes to send. XS takes no entities: a path with a quote in it cannot be named. */
export const xsbugCommands = {
	motion: (motion: XsbugMotion): string => command(motion),
	setBreakpoint: ({ path, line }: XsbugPlace): string => command("set-breakpoint", `path="${path}" line="${line}"`),
	clearBreakpoint: ({ path, line }: XsbugPlace): string => command("clear-breakpoint", `path="${path}" line="${line}"`),
	clearAllBreakpoints: (): string => command("clear-all-breakpoints"),
	/** Whether to stop where an exception is thrown, caught or not. */
	breakOnExceptions: (wanted: boolean): string => command(wanted ? "set-breakpoint" : "clear-breakpoint", 'path="exceptions" line="0"'),
	/** Whether to stop at the next line of script that is entered from outside: at boot, the first. */
	breakOnStart: (wanted: boolean): string => command(wanted ? "set-breakpoint" : "clear-breakpoint", 'path="start" line="0"'),
	/** Unfolds an object or a module in what the engine lists, or folds it; the engine lists again. Only while it stands. */
	toggle: (address: XsbugAddress): string => command("toggle", `id="${address}"`),
	/** Lists another frame's locals. Only while it stands. */
	select: (frame: XsbugAddress): string => command("select", `id="${frame}"`),
	logout: (): string => command("logout"),
	/** Ends the script. */
	abort: (): string => command("abort"),
} as const;

function command(name: string, attributes = ""): string {
	return `\r\n<${name}${attributes && ` ${attributes}`}/>\r\n`;
}
