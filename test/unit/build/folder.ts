// A folder of its own for a test, with the given files in it; gone when the test ends.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";

/** @param files text by path inside the folder */
export function folderWith(context: TestContext, files: Readonly<Record<string, string>>): string {
	const folder = mkdtempSync(join(tmpdir(), "picofetch-"));
	context.after(() => rmSync(folder, { recursive: true, force: true }));
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(dirname(join(folder, path)), { recursive: true });
		writeFileSync(join(folder, path), text);
	}
	return folder;
}
