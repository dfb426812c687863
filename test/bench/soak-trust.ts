// Soak "trust": the fuzzer of platform/trust, which judges the chains of test/unit/trust/corpus changed by chance.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildProgram } from "../../tools/conformance/judge.ts";

const corpus = fileURLToPath(new URL("../unit/trust/corpus", import.meta.url));

/**
 * A fault throws with what the sanitizers said, and with the seed.
 * @returns how many chains were judged, and how many of them trusted, with every signature taken for right
 */
export async function soakTrust({ seed, rounds }: { seed: number; rounds: number }): Promise<{ rounds: number; trusted: number; found: number }> {
	try {
		const { stdout } = await promisify(execFile)(await buildProgram("fuzz"), [`${rounds}`, `${seed}`, corpus]);
		const [, judged, trusted, found] = /^(\d+) rounds, (\d+) trusted, \d+ chains given, (\d+) found$/m.exec(stdout)!.map(Number);
		return { rounds: judged!, trusted: trusted!, found: found! };
	} catch (cause) {
		throw new Error(`trust soak, seed ${seed}, ${rounds} rounds: ${(cause as Error).message}`, { cause });
	}
}
