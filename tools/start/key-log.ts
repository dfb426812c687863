// The secrets of a server's TLS connections in a file, in the form that Wireshark reads (SSLKEYLOGFILE). They are the
// simulated server's, which has them anyway: no firmware hands out its keys.

import { appendFileSync } from "node:fs";
import { emptyFile } from "../output-file.ts";

/**
 * Begins a file that nobody but its owner can read.
 *
 * @returns what takes each line, its end included
 * @throws UserError the file cannot be written
 */
export function keyLog(path: string): (line: Uint8Array) => void {
	emptyFile("--keylog", path, 0o600);
	return line => appendFileSync(path, line);
}
