// Brings an npm package's tarball. It is kept in third-party/.packages, so that a changed patch needs no network.

import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { NpmSource } from "../sources.ts";
import { UserError } from "../user-error.ts";
import type { Fetched } from "./install-part.ts";
import type { Machine } from "./machine.ts";
import { mustRun } from "./run-command.ts";
import { unpack } from "./unpack.ts";

/** Fills `folder` from the package, after its tarball was found to have the pinned integrity. */
export async function fillFromNpm(
	source: NpmSource,
	folder: string,
	downloads: string,
	machine: Machine,
): Promise<Fetched> {
	const name = `${source.package.replace(/^@/, "").replace("/", "-")}-${source.version}.tgz`;
	const kept = join(machine.thirdPartyFolder, ".packages", name);
	let bytes = await readIfThere(kept);
	if (bytes === undefined || !hasIntegrity(bytes, source.integrity)) {
		bytes = await pack(source, downloads, machine);
		await mkdir(join(machine.thirdPartyFolder, ".packages"), { recursive: true });
		await writeFile(join(downloads, "kept"), bytes);
		await rename(join(downloads, "kept"), kept);
	}
	await unpack(kept, source.take, folder, downloads, machine);
	return { version: source.version, digests: { [name]: createHash("sha256").update(bytes).digest("hex") } };
}

async function pack(source: NpmSource, downloads: string, machine: Machine): Promise<Buffer> {
	const wanted = `${source.package}@${source.version}`;
	const output = await mustRun(
		`${wanted} could not be fetched: run the command again when the npm registry can be reached`,
		machine.commands.npm,
		["pack", wanted, "--json", "--ignore-scripts", "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--loglevel=error"],
		{ folder: downloads, environment: machine.environment },
	);
	const bytes = await readFile(join(downloads, packedFile(output, wanted)));
	if (!hasIntegrity(bytes, source.integrity)) {
		throw new UserError(
			`${wanted} is not what is pinned: its integrity is ${integrityOf(bytes)}, ` +
			`tools/sources.ts says ${source.integrity}: look for a proxy or registry that changes packages`,
		);
	}
	return bytes;
}

/** The file name in what `npm pack --json` prints. */
function packedFile(output: string, wanted: string): string {
	try {
		const [packed] = JSON.parse(output) as [{ filename: string }];
		return packed.filename;
	} catch (error) {
		throw new UserError(`${wanted}: npm pack did not say what it wrote, but ${JSON.stringify(output.slice(0, 80))}`, { cause: error });
	}
}

function hasIntegrity(bytes: Uint8Array, integrity: string): boolean {
	return integrityOf(bytes) === integrity;
}

function integrityOf(bytes: Uint8Array): string {
	return `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
	try {
		return await readFile(file);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") {
			return undefined;
		}
		throw error;
	}
}
