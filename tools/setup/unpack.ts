// Unpacks an archive and takes from it what a source names. tar knows gzip, bzip2 and xz; a Debian binary package
// is an ar archive (deb(5)) with a tar archive in it.

import { mkdir, readFile, readdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Take } from "../sources.ts";
import { UserError } from "../user-error.ts";
import type { Machine } from "./machine.ts";
import { mustRun } from "./run-command.ts";

/**
 * Unpacks `archive` and moves what `take` names into `folder`, which is empty.
 *
 * @param scratch folder to unpack in, on the same file system
 */
export async function unpack(
	archive: string,
	take: readonly Take[],
	folder: string,
	scratch: string,
	machine: Machine,
): Promise<void> {
	const unpacked = join(scratch, "unpacked");
	await mkdir(unpacked);
	const tarArchive = archive.endsWith(".deb") ? await dataArchive(archive, scratch) : archive;
	await mustRun(`${archive} could not be unpacked`, machine.commands.tar, [
		"--extract",
		`--file=${tarArchive}`,
		`--directory=${unpacked}`,
		"--no-same-owner",
		// New times: a build must see that a file changed even when the archive's own times are years old.
		"--touch",
	], { environment: machine.environment });
	for (const { from, to } of take) {
		const source = join(unpacked, /^\*(?=\/|$)/.test(from) ? `${await onlyEntry(unpacked)}${from.slice(1)}` : from);
		if (to === "") {
			await moveContents(source, folder);
		} else {
			await mkdir(dirname(join(folder, to)), { recursive: true });
			await rename(source, join(folder, to));
		}
	}
}

async function onlyEntry(folder: string): Promise<string> {
	const entries = await readdir(folder);
	if (entries.length !== 1) {
		throw new UserError(`an archive with one folder was expected, this one has ${entries.join(", ")}: correct tools/sources.ts`);
	}
	return entries[0]!;
}

async function moveContents(source: string, folder: string): Promise<void> {
	for (const name of await readdir(source)) {
		await rename(join(source, name), join(folder, name));
	}
}

const arMagic = "!<arch>\n";
const arHeaderBytes = 60;

/** Takes data.tar.* out of a Debian binary package: 60-byte headers with name (16), ..., size at 48 (10), even places. */
async function dataArchive(deb: string, scratch: string): Promise<string> {
	const bytes = await readFile(deb);
	if (bytes.toString("latin1", 0, arMagic.length) !== arMagic) {
		throw new UserError(`${deb} is no Debian package`);
	}
	for (let at = arMagic.length; at + arHeaderBytes <= bytes.length;) {
		const name = bytes.toString("latin1", at, at + 16).trim().replace(/\/$/, "");
		const size = Number(bytes.toString("latin1", at + 48, at + 58));
		const start = at + arHeaderBytes;
		if (!Number.isSafeInteger(size) || start + size > bytes.length) {
			break;
		}
		if (name.startsWith("data.tar")) {
			const file = join(scratch, name);
			await writeFile(file, bytes.subarray(start, start + size));
			return file;
		}
		at = start + size + size % 2;
	}
	throw new UserError(`${deb} has no data.tar in it`);
}
