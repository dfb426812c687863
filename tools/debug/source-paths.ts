// Paths of sources, between the bytecode (relative to the project's folder, the same wherever the project lies) and a debugger
// on this machine (absolute, so that it finds the files).

import { isAbsolute, relative, resolve, sep } from "node:path";

/** The path of a source on this machine. */
export function localPath(devicePath: string, projectFolder: string): string {
	return resolve(projectFolder, devicePath);
}

/** The path by which the bytecode knows a source; "start" and "exceptions", which stand for no file, stay as they are. */
export function devicePath(path: string, projectFolder: string): string {
	return isAbsolute(path) ? relative(projectFolder, path).split(sep).join("/") : path;
}

/**
 * Rewrites the `path` attributes of a protocol's stream on its way; everything else passes as it is. XS escapes quotes in
 * text, so that ` path="` begins an attribute wherever it stands.
 */
export class PathRewriter {
	readonly #rewrite: (path: string) => string;
	readonly #decoder = new TextDecoder();
	#held = "";

	constructor(rewrite: (path: string) => string) {
		this.#rewrite = rewrite;
	}

	/** Takes bytes as they come; answers what can go on. An attribute that is cut waits for its end. */
	pass(bytes: Uint8Array): Uint8Array {
		const text = (this.#held + this.#decoder.decode(bytes, { stream: true })).replaceAll(attribute, (_, path: string) => ` path="${this.#rewrite(path)}"`);
		const cut = / (?:p(?:a(?:t(?:h(?:=(?:"[^"<>]*)?)?)?)?)?)?$/.exec(text);
		const end = cut !== null && text.length - cut.index < longestAttribute ? cut.index : text.length;
		this.#held = text.slice(end);
		return Buffer.from(text.slice(0, end));
	}
}

const attribute = / path="([^"<>]*)"/g;
/** A path of XS has at most 255 bytes; what is longer is not held. */
const longestAttribute = 600;
