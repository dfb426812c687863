// Plain C of the firmware as a program of the host, with the sanitizers of its compiler.

import { execFileSync, spawnSync, type SpawnSyncReturns } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";

export interface HostProgram {
	/** A folder of its own, for what it reads; gone after the tests of the file. */
	readonly folder: string;
	run(parameters: readonly string[], input?: Uint8Array): SpawnSyncReturns<Buffer>;
}

/** Compiled before the tests of the file that calls this. @param headers the folder of the headers */
export function hostProgram(sources: readonly string[], headers: string): HostProgram {
	const folder = mkdtempSync(join(tmpdir(), "picofetch-host-"));
	const program = join(folder, "program");
	before(() => {
		execFileSync("gcc", ["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
			`-I${headers}`, "-o", program, ...sources], { stdio: "inherit" });
	});
	after(() => rmSync(folder, { recursive: true }));
	return {
		folder,
		// A leak is no fault here: the program ends.
		run: (parameters, input) => spawnSync(program, parameters, { input, maxBuffer: 1 << 22, env: { ...process.env, ASAN_OPTIONS: "detect_leaks=0" } }),
	};
}
