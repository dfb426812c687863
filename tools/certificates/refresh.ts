// Brings the newest list of Mozilla's roots: certdata.txt out of Debian's ca-certificates, pinned within bounds by tools/sources.ts.

import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DebianArchive } from "../setup/debian-archive.ts";
import { installPart } from "../setup/install-part.ts";
import { type Machine, thisMachine } from "../setup/machine.ts";
import { MissingCommand } from "../setup/run-command.ts";
import { fillFromRelease } from "../setup/release-source.ts";
import { rootsPart } from "../sources.ts";
import { UserError } from "../user-error.ts";
import { readCertdata } from "./certdata.ts";
import { type MozillaRoots, fingerprint } from "./mozilla-roots.ts";
import { rootFault, type WebRoot } from "./root-store.ts";

/** A list with fewer has been read wrongly. */
const fewestRoots = 80;

/** Fetches the newest list. @throws UserError when it cannot be had */
export async function newestRoots(machine: Machine = thisMachine()): Promise<MozillaRoots> {
	const { source } = rootsPart;
	await mkdir(machine.thirdPartyFolder, { recursive: true });
	const archive = await DebianArchive.open([source], machine).catch((error: unknown) => {
		if (error instanceof MissingCommand) {
			return undefined;
		}
		throw error;
	});
	try {
		const { version } = await installPart(rootsPart, machine, (folder, downloads) => archive
			? archive.fill(rootsPart, source, folder, downloads)
			: fillFromRelease(rootsPart, source, folder, downloads, machine));
		const text = readFileSync(join(machine.thirdPartyFolder, rootsPart.folder, rootsPart.proof), "utf8");
		return { source: `${source.package} ${version}`, roots: usableRoots(text) };
	} finally {
		await archive?.close();
	}
}

/** The roots of a certdata.txt that a store can hold. @throws UserError when it is none */
export function usableRoots(certdata: string): WebRoot[] {
	const roots = readCertdata(certdata).filter(({ der }) => rootFault(der) === undefined);
	if (roots.length < fewestRoots) {
		throw new UserError(`found ${roots.length} roots that can be used, expected a certdata.txt of Mozilla with ${fewestRoots} or more`);
	}
	return roots;
}

/** What comes, goes and changes, one line each. */
export function differences(before: readonly WebRoot[], after: readonly WebRoot[]): string[] {
	const byName = (roots: readonly WebRoot[]) => new Map(roots.map(root => [fingerprint(root.der), root]));
	const [old, young] = [byName(before), byName(after)];
	const date = (root: WebRoot | undefined) => root?.distrustAfter?.toISOString().slice(0, 10);
	return [
		...[...young].filter(([name]) => !old.has(name)).map(([, { label }]) => `comes: ${label}`),
		...[...old].filter(([name]) => !young.has(name)).map(([, { label }]) => `goes: ${label}`),
		...[...young].filter(([name, root]) => old.has(name) && date(old.get(name)) !== date(root))
			.map(([, root]) => `changes: ${root.label}, ${date(root) === undefined ? "no longer distrusted" : `distrusted for what begins after ${date(root)}`}`),
	];
}
