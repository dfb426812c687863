// Files that other steps look at by their time of change.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Leaves a file untouched when it holds `text` already, so that what is made of it is not made again. */
export function writeIfChanged(path: string, text: string): void {
	if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, text);
	}
}
