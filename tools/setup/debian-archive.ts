// Debian's archive beside the machine's own: apt runs with a private source list and private list and cache folders,
// so that the machine's own suites are not touched and apt's signatures still protect every file.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DebianSource, Part } from "../sources.ts";
import { UserError } from "../user-error.ts";
import { debianMirror } from "./debian-mirror.ts";
import type { Fetched } from "./install-part.ts";
import type { Machine } from "./machine.ts";
import { type Outcome, runCommand } from "./run-command.ts";
import { unpack } from "./unpack.ts";

export class DebianArchive {
	readonly #machine: Machine;
	readonly #folder: string;
	readonly #mirror: string;
	readonly #update: Outcome;

	private constructor(machine: Machine, folder: string, mirror: string, update: Outcome) {
		this.#machine = machine;
		this.#folder = folder;
		this.#mirror = mirror;
		this.#update = update;
	}

	/** Reads the indexes of every suite that the sources look in. Some may fail: a source is looked for in the others. */
	static async open(sources: readonly DebianSource[], machine: Machine): Promise<DebianArchive> {
		if (!existsSync(machine.debianKeyring)) {
			throw new UserError(`Debian's keyring ${machine.debianKeyring} is missing: install the package debian-archive-keyring`);
		}
		const folder = join(machine.thirdPartyFolder, `.new-apt-${process.pid}`);
		const mirror = await debianMirror(machine.aptFolder);
		await mkdir(join(folder, "lists/partial"), { recursive: true });
		await mkdir(join(folder, "cache/archives/partial"), { recursive: true });
		const lines = new Set(sources.flatMap(source => source.suites.map(suite => {
			const type = source.kind === "source" ? "deb-src" : "deb";
			const target = source.kind === "source" ? "Sources" : "Packages";
			const base = suite.endsWith("-security") ? mirror.security : mirror.archive;
			return `${type} [signed-by=${machine.debianKeyring} target=${target}] ${base} ${suite} main\n`;
		})));
		await writeFile(join(folder, "sources.list"), [...lines].join(""));
		await writeFile(join(folder, "apt.conf"), [
			`Dir::Etc::sourcelist "${folder}/sources.list";`,
			'Dir::Etc::sourceparts "/dev/null";',
			`Dir::State::lists "${folder}/lists";`,
			`Dir::Cache "${folder}/cache";`,
			'Acquire::Languages "none";',
			'Acquire::Retries "1";',
			'Acquire::http::Timeout "30";',
			"#clear APT::Update::Pre-Invoke;",
			"#clear APT::Update::Post-Invoke;",
			"#clear APT::Update::Post-Invoke-Success;",
			"",
		].join("\n"));
		const update = await runCommand(
			machine.commands.aptGet,
			[`--config-file=${folder}/apt.conf`, "--quiet=2", "update"],
			{ environment: machine.environment },
		);
		return new DebianArchive(machine, folder, mirror.archive, update);
	}

	async close(): Promise<void> {
		await rm(this.#folder, { recursive: true, force: true });
	}

	/**
	 * Fills `folder` with the newest version within the bounds that can really be fetched: a suite that moves may
	 * list a file that its mirror no longer has.
	 */
	async fill(part: Part, source: DebianSource, folder: string, downloads: string): Promise<Fetched> {
		const offered = await this.#versions(source);
		const fitting = offered.filter(version => isWithin(version, source)).sort(newestFirst);
		if (fitting.length === 0) {
			throw new UserError(this.#refusal(part, source, offered));
		}
		let failure = "";
		for (const version of fitting) {
			const archive = await this.#fetch(source, version, downloads);
			if ("failure" in archive) {
				failure ||= archive.failure;
				continue;
			}
			const digest = createHash("sha256").update(await readFile(join(downloads, archive.file))).digest("hex");
			await unpack(join(downloads, archive.file), source.take, folder, downloads, this.#machine);
			return { version: upstreamVersion(version), digests: { [archive.file]: digest } };
		}
		throw new UserError(
			`${part.title} ${fitting.map(upstreamVersion).join(", ")} could not be fetched from ${this.#mirror} (${failure}): ` +
			"run the command again when the mirror can be reached",
		);
	}

	/** Every version that the suites list, as Debian writes it. */
	async #versions(source: DebianSource): Promise<string[]> {
		const question = source.kind === "source" ? ["showsrc", "--only-source"] : ["show"];
		const outcome = await this.#run(this.#machine.commands.aptCache, [...question, source.package], this.#folder);
		const versions = outcome.output.split(/\n\n+/)
			.filter(paragraph => paragraph.split("\n").includes(`Package: ${source.package}`))
			.flatMap(paragraph => /^Version: (\S+)$/m.exec(paragraph)?.[1] ?? []);
		return [...new Set(versions)];
	}

	async #fetch(source: DebianSource, version: string, downloads: string): Promise<{ file: string } | { failure: string }> {
		const request = source.kind === "source"
			? ["source", "--download-only", "--tar-only", `${source.package}=${version}`]
			: ["download", `${source.package}=${version}`];
		const outcome = await this.#run(this.#machine.commands.aptGet, ["--quiet=2", ...request], downloads);
		if (!outcome.succeeded) {
			return { failure: outcome.failure };
		}
		const wanted = source.kind === "source" ? /\.tar\.\w+$/ : /\.deb$/;
		const file = (await readdir(downloads)).find(name => wanted.test(name));
		return file === undefined ? { failure: `apt-get brought no file for ${source.package} ${version}` } : { file };
	}

	#run(command: string, parameters: readonly string[], folder: string): Promise<Outcome> {
		return runCommand(
			command,
			[`--config-file=${this.#folder}/apt.conf`, ...parameters],
			{ folder, environment: this.#machine.environment },
		);
	}

	#refusal(part: Part, source: DebianSource, offered: readonly string[]): string {
		const needed = `${part.title} ${source.atLeast} or later, below ${source.below}, is needed`;
		const [newest] = offered.filter(version => compare(upstreamVersion(version), source.below) < 0).sort(newestFirst);
		if (newest !== undefined) {
			return `${needed}${part.reason ? ` (${part.reason})` : ""}, but the newest that ${source.suites.join(", ")} offer at ${this.#mirror} ` +
				`is ${upstreamVersion(newest)}: use a mirror that is up to date, such as deb.debian.org`;
		}
		const cause = this.#update.complaint || "its suites do not list it";
		return `${needed}, but ${this.#mirror} could not be asked (${cause}): run the command again when the mirror can be reached`;
	}
}

function isWithin(version: string, source: DebianSource): boolean {
	const upstream = upstreamVersion(version);
	return compare(upstream, source.atLeast) >= 0 && compare(upstream, source.below) < 0;
}

/** "15:3.6.7+dfsg1-2" is upstream's 3.6.7. */
function upstreamVersion(version: string): string {
	return /^(?:\d+:)?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? version;
}

function newestFirst(one: string, other: string): number {
	return compare(upstreamVersion(other), upstreamVersion(one));
}

/** Compares dotted numbers; a missing one counts as 0. */
function compare(one: string, other: string): number {
	const [ones, others] = [one.split(".").map(Number), other.split(".").map(Number)];
	for (let at = 0; at < Math.max(ones.length, others.length); at++) {
		const difference = (ones[at] ?? 0) - (others[at] ?? 0);
		if (difference !== 0) {
			return difference;
		}
	}
	return 0;
}
