// Compiler and host tools: Debian packages of the machine's own suite. Only those missing are installed.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { UserError } from "../user-error.ts";
import type { Machine } from "./machine.ts";
import { runCommand } from "./run-command.ts";

/** The packages of `tools` that dpkg does not have installed. */
export async function missingDebianTools(tools: readonly string[], machine: Machine): Promise<string[]> {
	const outcome = await runCommand(
		machine.commands.dpkgQuery,
		["--show", "--showformat=${Package} ${db:Status-Status}\\n", ...tools],
		{ environment: machine.environment },
	);
	const installed = new Set(outcome.output.split("\n")
		.filter(line => line.endsWith(" installed"))
		.map(line => line.slice(0, line.indexOf(" "))));
	return tools.filter(tool => !installed.has(tool));
}

/**
 * Installs Debian packages, as root or through a sudo that asks for no password.
 *
 * @throws UserError naming the command to run when neither is possible, or when apt fails
 */
export async function installDebianTools(packages: readonly string[], machine: Machine): Promise<void> {
	const byHand = `apt-get install ${packages.join(" ")}`;
	const asRoot = await rootCommand(machine);
	if (asRoot === undefined) {
		throw new UserError(`${packages.join(", ")} must be installed, which needs root: run \`sudo ${byHand}\`, then this command again`);
	}
	const environment = { ...machine.environment, DEBIAN_FRONTEND: "noninteractive" };
	const aptGet = (...parameters: string[]) => {
		const [command, ...rest] = [...asRoot, machine.commands.aptGet, "--quiet=2", ...parameters];
		return runCommand(command!, rest, { environment });
	};
	const update = await aptGet("-o", "Acquire::Retries=1", "update");
	const install = await aptGet("--yes", "--no-install-recommends", "install", ...packages);
	if (!install.succeeded) {
		const reason = update.succeeded ? install.failure : `${update.failure}; ${install.failure}`;
		throw new UserError(`${packages.join(", ")} could not be installed (${reason}): run \`${byHand}\` as root to see more`);
	}
}

/** The commands of `tools` that are nowhere on the path, for a machine without apt. */
export function missingCommands(tools: Readonly<Record<string, string | undefined>>, machine: Machine): string[] {
	const folders = (machine.environment["PATH"] ?? "").split(delimiter);
	return Object.values(tools).filter(command =>
		command !== undefined && !folders.some(folder => existsSync(join(folder, command)))) as string[];
}

/** What to put before a command so that it runs as root; undefined when there is no way. */
async function rootCommand(machine: Machine): Promise<string[] | undefined> {
	if (machine.userId === 0) {
		return [];
	}
	try {
		const { succeeded } = await runCommand(machine.commands.sudo, ["-n", "true"], { environment: machine.environment });
		return succeeded ? [machine.commands.sudo, "-n", "DEBIAN_FRONTEND=noninteractive"] : undefined;
	} catch {
		return undefined;
	}
}
