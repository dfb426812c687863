// The secrets of a server's TLS connections in a file, in the form that Wireshark reads (SSLKEYLOGFILE). They are the
// simulated server's, which has them anyway: no firmware hands out its keys.

import { appendFileSync, closeSync, fchmodSync, openSync } from "node:fs";
import { UserError } from "../user-error.ts";

/**
 * Begins a file that nobody but its owner can read.
 *
 * @returns what takes each line, its end included
 * @throws UserError the file cannot be written
 */
export function keyLog(path: string): (line: Uint8Array) => void {
	try {
		const file = openSync(path, "w", 0o600);
		fchmodSync(file, 0o600);	// also of a file that was there
		closeSync(file);
	} catch (cause) {
		throw new UserError(`--keylog ${path}: cannot be written (${(cause as NodeJS.ErrnoException).code})`, { cause });
	}
	return line => appendFileSync(path, line);
}
