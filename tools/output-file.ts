// Files that a command is told to write to, made empty before anything else is done: a fault is told at once.

import { closeSync, fchmodSync, openSync } from "node:fs";
import { UserError } from "./user-error.ts";

/**
 * @param option as the user wrote it, for the refusal
 * @param mode of the file, also of one that was there; default as the system makes files
 * @throws UserError the file cannot be written
 */
export function emptyFile(option: string, path: string, mode?: number): void {
	try {
		const file = openSync(path, "w", mode);
		if (mode !== undefined) fchmodSync(file, mode);
		closeSync(file);
	} catch (cause) {
		throw new UserError(`${option} ${path}: cannot be written (${(cause as NodeJS.ErrnoException).code})`, { cause });
	}
}
