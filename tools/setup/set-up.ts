// Brings the machine to where everything can be built: compiler and host tools, the sources in third-party/, the test
// authority. A second run finds all of it and says nothing.

import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { type Part, browserTools, debianTools, parts as everyPart } from "../sources.ts";
import { UserError } from "../user-error.ts";
import { applyPatches } from "./apply-patches.ts";
import { fillFromCargo } from "./cargo-source.ts";
import { DebianArchive } from "./debian-archive.ts";
import { installDebianTools, missingCommands, missingDebianTools } from "./debian-tools.ts";
import { type Fetched, currentStamp, installPart, removeLeftovers } from "./install-part.ts";
import { type Machine, thisMachine } from "./machine.ts";
import { fillFromNpm } from "./npm-source.ts";
import { type Progress, consoleProgress } from "./progress.ts";
import { fillFromRelease } from "./release-source.ts";
import { MissingCommand, runCommand } from "./run-command.ts";

export interface SetUpOptions {
	/** Commands, user and folders. Default this machine. */
	readonly machine?: Machine;
	/** What to bring. Default everything in tools/sources.ts. */
	readonly parts?: readonly Part[];
	/** Also the browser that tests of pages run in. Default false. */
	readonly browser?: boolean;
	/** Default lines on the standard error output. */
	readonly progress?: Progress;
}

/**
 * Does what is missing, and nothing else.
 *
 * @throws UserError with one sentence: no network, no root, too old a version, a missing client, a patch that no longer fits
 */
export async function setUp(options: SetUpOptions = {}): Promise<void> {
	const { machine = thisMachine(), parts = everyPart, browser = false, progress = consoleProgress() } = options;
	try {
		const hasApt = await isThere(machine.commands.aptGet, machine);
		await setUpTools(browser ? { ...debianTools, ...browserTools } : debianTools, hasApt, machine, progress);
		await setUpParts(parts, hasApt, machine, progress);
		await setUpAuthority(machine, progress);
	} catch (error) {
		progress.stop();
		throw error;
	}
}

async function setUpTools(tools: Readonly<Record<string, string | undefined>>, hasApt: boolean, machine: Machine, progress: Progress): Promise<void> {
	if (!hasApt) {
		const missing = missingCommands(tools, machine);
		if (missing.length !== 0) {
			throw new UserError(`${missing.join(", ")} must be installed, and there is no apt on this machine: use its own package manager`);
		}
		return;
	}
	const missing = await missingDebianTools(Object.keys(tools), machine);
	if (missing.length !== 0) {
		progress.begin(`Debian packages: ${missing.join(", ")}`);
		await installDebianTools(missing, machine);
		progress.done(`Debian packages: ${missing.join(", ")}`);
	}
}

async function setUpParts(parts: readonly Part[], hasApt: boolean, machine: Machine, progress: Progress): Promise<void> {
	const missing: Part[] = [];
	for (const part of parts) {
		if (await currentStamp(part, machine) === undefined) {
			missing.push(part);
		}
	}
	if (missing.length === 0) {
		return;
	}
	await mkdir(machine.thirdPartyFolder, { recursive: true });
	await removeLeftovers(machine);
	const debianSources = missing.flatMap(({ source }) => source.client === "apt" ? [source] : []);
	let archive: DebianArchive | undefined;
	try {
		for (const part of missing) {
			progress.begin(part.title);
			if (part.source.client === "apt" && hasApt) {
				archive ??= await DebianArchive.open(debianSources, machine);
			}
			const stamp = await installPart(part, machine, async (folder, downloads) => {
				const fetched = await fill(part, folder, downloads, machine, archive);
				await applyPatches(part, fetched.version, folder, machine);
				return fetched;
			});
			progress.done(`${part.title} ${stamp.version}`);
		}
	} finally {
		await archive?.close();
	}
}

function fill(part: Part, folder: string, downloads: string, machine: Machine, archive: DebianArchive | undefined): Promise<Fetched> {
	const { source } = part;
	switch (source.client) {
		case "npm":
			return fillFromNpm(source, folder, downloads, machine);
		case "cargo":
			return fillFromCargo(source, folder, downloads, machine);
		case "apt":
			return archive
				? archive.fill(part, source, folder, downloads)
				: fillFromRelease(part, source, folder, downloads, machine);
	}
}

async function setUpAuthority(machine: Machine, progress: Progress): Promise<void> {
	if (!existsSync(machine.authorityFolder)) {
		const { authority } = await import("../certificates/authority.ts");
		await authority(machine.authorityFolder);
		progress.done("test authority");
	}
}

/** True when a command can be started; what it answers does not matter. */
async function isThere(command: string, machine: Machine): Promise<boolean> {
	try {
		await runCommand(command, ["--version"], { environment: machine.environment });
		return true;
	} catch (error) {
		if (error instanceof MissingCommand) {
			return false;
		}
		throw error;
	}
}
