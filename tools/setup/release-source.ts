// Brings an upstream release where the machine has no apt, checked against its pinned SHA-256.

import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DebianSource, Part } from "../sources.ts";
import { UserError } from "../user-error.ts";
import type { Fetched } from "./install-part.ts";
import type { Machine } from "./machine.ts";
import { unpack } from "./unpack.ts";

const downloadTimeoutMs = 120_000;

/** Fills `folder` from the release of a source. */
export async function fillFromRelease(
	part: Part,
	source: DebianSource,
	folder: string,
	downloads: string,
	machine: Machine,
): Promise<Fetched> {
	const { version, url, sha256 } = source.release;
	const bytes = await download(url).catch(cause => {
		throw new UserError(
			`${part.title} ${version} could not be fetched from ${url} (${reasonOf(cause)}): run the command again when it can be reached`,
			{ cause },
		);
	});
	const digest = createHash("sha256").update(bytes).digest("hex");
	if (digest !== sha256) {
		throw new UserError(`${url} is not what is pinned: its SHA-256 is ${digest}, tools/sources.ts says ${sha256}`);
	}
	const name = decodeURIComponent(new URL(url).pathname.split("/").at(-1)!);
	await writeFile(join(downloads, name), bytes);
	await unpack(join(downloads, name), source.take, folder, downloads, machine);
	return { version, digests: { [name]: digest } };
}

async function download(url: string): Promise<Uint8Array> {
	const response = await fetch(url, { signal: AbortSignal.timeout(downloadTimeoutMs) });
	if (!response.ok) {
		throw new Error(`HTTP status ${response.status}`);
	}
	return new Uint8Array(await response.arrayBuffer());
}

/** `fetch` says "fetch failed" and keeps the reason as its cause. */
function reasonOf(error: unknown): string {
	const { message, cause } = error as Error;
	return cause instanceof Error ? cause.message : message;
}
