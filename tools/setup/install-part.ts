// Puts one part into third-party/ so that it is there whole or not at all. It is unpacked into a temporary folder
// beside its place, stamped last, then renamed. A folder without the right stamp is never trusted.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Part } from "../sources.ts";
import { UserError } from "../user-error.ts";
import type { Machine } from "./machine.ts";

/** What lies in a stamped folder: kept in it as JSON. */
export interface Stamp {
	/** The pin it was made from, word for word as in tools/sources.ts. */
	readonly source: unknown;
	/** SHA-256 of each applied patch, by file name. */
	readonly patches: Readonly<Record<string, string>>;
	/** The version that came. */
	readonly version: string;
	/** SHA-256 of each archive or file that came, by name. */
	readonly digests: Readonly<Record<string, string>>;
}

/** What a client brought. */
export type Fetched = Pick<Stamp, "version" | "digests">;

const stampFile = ".picofetch-stamp.json";
const temporaryName = /^\.(?:new|old)-.+-(\d+)$/;

/** The stamp of a part's folder when it is what tools/sources.ts and tools/patches ask for, else undefined. */
export async function currentStamp(part: Part, machine: Machine): Promise<Stamp | undefined> {
	const stamp = await readStamp(join(machine.thirdPartyFolder, part.folder));
	if (stamp === undefined || !sameJson(stamp.source, part.source)) {
		return undefined;
	}
	return sameJson(stamp.patches, await patchDigests(part, machine)) ? stamp : undefined;
}

/**
 * Fills a part's folder and puts it in its place.
 *
 * @param fill fills the empty folder it is given. A second folder, for downloads, is removed afterwards.
 * @throws UserError when what came lacks the part's proof
 */
export async function installPart(
	part: Part,
	machine: Machine,
	fill: (folder: string, downloads: string) => Promise<Fetched>,
): Promise<Stamp> {
	const place = join(machine.thirdPartyFolder, part.folder);
	const temporary = join(machine.thirdPartyFolder, `.new-${part.folder}-${process.pid}`);
	const downloads = join(machine.thirdPartyFolder, `.new-${part.folder}.downloads-${process.pid}`);
	const former = join(machine.thirdPartyFolder, `.old-${part.folder}-${process.pid}`);
	try {
		await mkdir(temporary, { recursive: true });
		await mkdir(downloads, { recursive: true });
		const fetched = await fill(temporary, downloads);
		if (!existsSync(join(temporary, part.proof))) {
			throw new UserError(`${part.title} ${fetched.version}: ${part.proof} is not in what came: correct tools/sources.ts`);
		}
		const stamp = { source: part.source, patches: await patchDigests(part, machine), ...fetched };
		await writeFile(join(temporary, stampFile), `${JSON.stringify(stamp, undefined, "\t")}\n`);
		if (existsSync(place)) {
			await rename(place, former);
		}
		await rename(temporary, place);
		return stamp;
	} finally {
		await Promise.all([temporary, downloads, former].map(folder => rm(folder, { recursive: true, force: true })));
	}
}

/** Removes what an interrupted set-up left behind; folders of one that still runs stay. */
export async function removeLeftovers(machine: Machine): Promise<void> {
	if (!existsSync(machine.thirdPartyFolder)) {
		return;
	}
	for (const name of await readdir(machine.thirdPartyFolder)) {
		const owner = temporaryName.exec(name)?.[1];
		if (owner !== undefined && !isRunning(Number(owner))) {
			await rm(join(machine.thirdPartyFolder, name), { recursive: true, force: true });
		}
	}
}

/** Names of the patches to a part, in the order in which they apply. */
export async function patchNames(part: Part, machine: Machine): Promise<string[]> {
	if (!part.patched || !existsSync(machine.patchFolder)) {
		return [];
	}
	return (await readdir(machine.patchFolder)).filter(name => name.endsWith(".patch")).sort();
}

async function patchDigests(part: Part, machine: Machine): Promise<Record<string, string>> {
	const digests: Record<string, string> = {};
	for (const name of await patchNames(part, machine)) {
		digests[name] = createHash("sha256").update(await readFile(join(machine.patchFolder, name))).digest("hex");
	}
	return digests;
}

async function readStamp(folder: string): Promise<Stamp | undefined> {
	try {
		return JSON.parse(await readFile(join(folder, stampFile), "utf8")) as Stamp;
	} catch (error) {
		if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") {
			return undefined;
		}
		throw error;
	}
}

function sameJson(one: unknown, other: unknown): boolean {
	return JSON.stringify(one) === JSON.stringify(other);
}

function isRunning(processId: number): boolean {
	try {
		process.kill(processId, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}
