/** Builds the bare programs for the host (with the address and undefined-behaviour sanitizers), its fuzzer, or the simulated RP2040. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { isConfigured } from "../../../../tools/build/link-firmware.ts";
import { withLock } from "../../../../tools/build/lock.ts";

const source = import.meta.dirname;
const project = fileURLToPath(new URL("../../../..", import.meta.url));

/** Where a bare program runs. "fuzz" is the host with what the stories ask for. */
export type BareTarget = "host" | "fuzz" | "arm";

const sanitizers = ["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS=-fsanitize=address,undefined -fno-sanitize-recover=undefined"];
const settings: Readonly<Record<BareTarget, readonly string[]>> = {
	host: sanitizers,
	fuzz: [...sanitizers, "-DPICOFETCH_BARE_FUZZ=ON"],
	arm: ["-DCMAKE_BUILD_TYPE=Release", `-DCMAKE_TOOLCHAIN_FILE=${source}/arm.cmake`],
};

/**
 * Builds and answers the path of `program`. Unchanged sources cost a moment only.
 *
 * @throws Error with the compiler's output
 */
export async function buildBare(target: BareTarget, program: "fetch" | "selftest" | "health" | "p256" | "reseeding" | "vectors" | "stories"): Promise<string> {
	const folder = `${project}/build/tls/${target}`;
	await withLock(`${folder}.lock`, async () => {
		await run("cmake", [...isConfigured(folder, source) ? [] : ["--fresh"], "-S", source, "-B", folder, "-G", "Ninja", ...settings[target]]);
		await run("ninja", ["-C", folder, "-j2", program]);
	});
	return `${folder}/${program}`;
}

async function run(command: string, parameters: readonly string[]): Promise<void> {
	try {
		await promisify(execFile)(command, parameters, { maxBuffer: 16 * 1024 * 1024 });
	} catch (error) {
		const { stdout, stderr } = error as { stdout?: string; stderr?: string };
		throw new Error(`${command} failed:\n${stdout ?? ""}${stderr ?? ""}`, { cause: error });
	}
}
