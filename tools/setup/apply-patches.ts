// Applies tools/patches/*.patch, unified diffs, to a part that was just unpacked.

import { dirname, join } from "node:path";
import type { Part } from "../sources.ts";
import { UserError } from "../user-error.ts";
import { patchNames } from "./install-part.ts";
import type { Machine } from "./machine.ts";
import { runCommand } from "./run-command.ts";

/** @throws UserError naming the patch that does not fit, and where */
export async function applyPatches(part: Part, version: string, folder: string, machine: Machine): Promise<void> {
	for (const name of await patchNames(part, machine)) {
		const outcome = await runCommand(
			machine.commands.git,
			["apply", "-p1", "--whitespace=nowarn", join(machine.patchFolder, name)],
			// Inside a work tree git apply would leave out files that the work tree ignores: keep it from seeing one.
			{ folder, environment: { ...machine.environment, GIT_CEILING_DIRECTORIES: dirname(folder) } },
		);
		if (!outcome.succeeded) {
			throw new UserError(
				`tools/patches/${name} does not fit ${part.title} ${version} (${outcome.failure}): ` +
				"make the patch anew for the version that tools/sources.ts pins",
			);
		}
	}
}
