// Brings files of crates: cargo vendors them for a project that is made for the purpose and thrown away.

import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CargoSource } from "../sources.ts";
import { UserError } from "../user-error.ts";
import type { Fetched } from "./install-part.ts";
import type { Machine } from "./machine.ts";
import { mustRun } from "./run-command.ts";

/** Fills `folder` with the files of the source, each after it was found to have its pinned SHA-256. */
export async function fillFromCargo(
	source: CargoSource,
	folder: string,
	downloads: string,
	machine: Machine,
): Promise<Fetched> {
	await mkdir(join(downloads, "src"));
	await writeFile(join(downloads, "src/lib.rs"), "");
	await writeFile(join(downloads, "Cargo.toml"), project(source.crates));
	const crates = Object.entries(source.crates).map(([name, version]) => `${name} ${version}`).join(", ");
	await mustRun(
		`the crates ${crates} could not be fetched: run the command again when crates.io can be reached`,
		machine.commands.cargo,
		["vendor", "--quiet", "--versioned-dirs", "vendor"],
		{ folder: downloads, environment: { CARGO_NET_RETRY: "1", CARGO_HTTP_TIMEOUT: "30", ...machine.environment } },
	);
	const digests: Record<string, string> = {};
	for (const file of source.files) {
		const crate = `${file.crate}-${source.crates[file.crate]}`;
		const bytes = await readFile(join(downloads, "vendor", crate, file.from)).catch(cause => {
			throw new UserError(`${file.from} is not in ${crate}: correct tools/sources.ts`, { cause });
		});
		const digest = createHash("sha256").update(bytes).digest("hex");
		if (digest !== file.sha256) {
			throw new UserError(`${file.from} of ${crate} is not what is pinned: its SHA-256 is ${digest}, tools/sources.ts says ${file.sha256}`);
		}
		await writeFile(join(folder, file.to), bytes);
		digests[file.to] = digest;
	}
	return { version: crates, digests };
}

function project(crates: CargoSource["crates"]): string {
	return [
		"[package]",
		'name = "picofetch-radio-files"',
		'version = "0.0.0"',
		'edition = "2021"',
		"[workspace]",
		"[dependencies]",
		...Object.entries(crates).map(([name, version]) => `${name} = "=${version}"`),
		"",
	].join("\n");
}
