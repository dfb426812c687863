// Soak "tls": the fuzzer of platform/tls, which tells the stories of test/device/tls/corpus changed by chance.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildBare } from "../device/tls/bare/build.ts";

const corpus = fileURLToPath(new URL("../device/tls/corpus", import.meta.url));

/**
 * A fault throws with what the sanitizers said, and with the seed.
 * @returns how many stories were told, in how many of them the connection opened, and how many were new to the code
 */
export async function soakStories({ seed, rounds }: { seed: number; rounds: number }): Promise<{ rounds: number; open: number; resumed: number; found: number }> {
	try {
		const { stdout } = await promisify(execFile)(await buildBare("fuzz", "stories"), [`${rounds}`, `${seed}`, corpus]);
		const [, told, open, resumed, found] = /^(\d+) rounds, (\d+) open, (\d+) resumed, \d+ stories given, (\d+) found$/m.exec(stdout)!.map(Number);
		return { rounds: told!, open: open!, resumed: resumed!, found: found! };
	} catch (cause) {
		throw new Error(`tls soak, seed ${seed}, ${rounds} rounds: ${(cause as Error).message}`, { cause });
	}
}
