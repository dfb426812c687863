// Freezes a heap, or takes what an earlier build froze from the same ELF, bytecode and settings.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { FailurePolicy } from "../freeze/freeze-input.ts";
import type { Pack } from "../xs-compiler/compile-modules.ts";

export interface FreezeInputs {
	readonly elf: Uint8Array;
	readonly packs: readonly Pack[];
	readonly preload: readonly string[];
	readonly creation: Readonly<Record<string, unknown>>;
	readonly afterFailure: FailurePolicy;
	/** Default: that of `freezeImage`. */
	readonly mostCycles?: number;
}

/** The frozen image; kept in `folder` as frozen.image with the hash of what it came from. */
export async function freezeKept(inputs: FreezeInputs, folder: string): Promise<Uint8Array> {
	const imagePath = join(folder, "frozen.image");
	const keyPath = join(folder, "frozen.key");
	const key = keyOf(inputs);
	if (existsSync(imagePath) && existsSync(keyPath)) {
		const image = readFileSync(imagePath);
		if (readFileSync(keyPath, "utf8") === `${key} ${sha256([image])}`) {
			return image;
		}
	}
	// Loaded only now: it brings the whole simulator.
	const { freezeImage } = await import("../freeze/freeze-image.ts");
	const image = await freezeImage(inputs);
	mkdirSync(folder, { recursive: true });
	writeFileSync(imagePath, image);
	writeFileSync(keyPath, `${key} ${sha256([image])}`);
	return image;
}

function keyOf({ elf, packs, preload, creation, afterFailure }: FreezeInputs): string {
	const freezeFolder = resolve(import.meta.dirname, "../freeze");
	return sha256([
		elf,
		JSON.stringify({ preload, creation, afterFailure }),
		...packs.flatMap(pack => [pack.specifier, pack.code, JSON.stringify([pack.symbols, pack.natives])]),
		...readdirSync(freezeFolder).sort().map(name => readFileSync(join(freezeFolder, name))),
	]);
}

function sha256(parts: ReadonlyArray<string | Uint8Array>): string {
	const sum = createHash("sha256");
	for (const part of parts) {
		sum.update(`${part.length}:`).update(part);
	}
	return sum.digest("hex");
}
