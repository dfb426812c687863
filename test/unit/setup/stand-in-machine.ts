// A machine for the set-up made of stand-ins: commands that are small shell scripts, in a folder of its own, with what
// they bring prepared beside them. Every call is written down.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Machine } from "../../../tools/setup/machine.ts";
import type { Part } from "../../../tools/sources.ts";
import type { Progress } from "../../../tools/setup/progress.ts";

/** The commands of a stand-in machine. */
export type StandIn = "apt-get" | "apt-cache" | "dpkg-query" | "sudo" | "npm" | "cargo";

export class StandInMachine {
	readonly folder = mkdtempSync(join(tmpdir(), "picofetch-set-up-"));
	/** Commands, user and folders; a test may put another in its place. */
	machine: Machine;
	/** What the set-up said it did. */
	readonly told: string[] = [];
	readonly progress: Progress = { begin: () => {}, done: what => void this.told.push(what), stop: () => {} };

	constructor(userId = 0) {
		const command = (name: string) => join(this.folder, "bin", name);
		this.machine = {
			commands: {
				aptGet: command("apt-get"),
				aptCache: command("apt-cache"),
				dpkgQuery: command("dpkg-query"),
				sudo: command("sudo"),
				npm: command("npm"),
				cargo: command("cargo"),
				git: "git",
				tar: "tar",
			},
			userId,
			environment: { ...process.env, STAND_IN: this.folder },
			aptFolder: join(this.folder, "etc/apt"),
			debianKeyring: join(this.folder, "keyring.gpg"),
			thirdPartyFolder: join(this.folder, "third-party"),
			patchFolder: join(this.folder, "patches"),
			authorityFolder: join(this.folder, "authority"),
		};
		this.write("keyring.gpg", "");
		this.write("authority/authority.pem", "");
		this.write("etc/apt/sources.list", "deb http://mirror.test/debian bookworm main\n");
		this.standIn("npm", 'cp "$STAND_IN/packed.tgz" . && echo \'[{"filename": "packed.tgz"}]\'');
		this.standIn("cargo", 'mkdir -p vendor/radio-1.0.0 && cp "$STAND_IN/radio.bin" vendor/radio-1.0.0/');
		this.standIn("dpkg-query", 'shift 2; for name; do echo "$name installed"; done');
		this.standIn("apt-cache", 'cat "$STAND_IN/versions"');
		this.standIn("apt-get", "case \"$*\" in *source*) cp \"$STAND_IN\"/stack_1.5.orig.tar.gz . ;; esac");
		this.write("radio.bin", "radio");
		this.versions("stack", "1.5+dfsg-1");
		this.archive("packed.tgz", { "package/engine/a.c": "int a;\n", "package/LICENSE": "terms\n" });
		this.archive("stack_1.5.orig.tar.gz", { "stack-1.5/tcp.c": "int tcp;\n" });
	}

	/** Three parts, one from each client. */
	parts(change: { radioSha256?: string; integrity?: string; atLeast?: string; url?: string; sha256?: string } = {}): Part[] {
		return [{
			folder: "engine",
			title: "Engine",
			licence: "MIT",
			proof: "a.c",
			patched: true,
			source: {
				client: "npm",
				package: "@maker/engine",
				version: "1.2.3",
				integrity: change.integrity ?? `sha512-${this.#digest("packed.tgz", "sha512", "base64")}`,
				take: [{ from: "package/engine", to: "" }, { from: "package/LICENSE", to: "LICENSE-maker" }],
			},
		}, {
			folder: "stack",
			title: "Stack",
			licence: "MIT",
			proof: "tcp.c",
			reason: "older ones leak",
			source: {
				client: "apt",
				kind: "source",
				package: "stack",
				atLeast: change.atLeast ?? "1.5",
				below: "2",
				suites: ["trixie", "trixie-security"],
				take: [{ from: "*", to: "" }],
				release: {
					version: "1.5",
					url: change.url ?? "http://127.0.0.1:9/stack-1.5.tar.gz",
					sha256: change.sha256 ?? this.#digest("stack_1.5.orig.tar.gz", "sha256", "hex"),
				},
			},
		}, {
			folder: "radio",
			title: "Radio",
			licence: "MIT",
			proof: "radio.bin",
			source: {
				client: "cargo",
				crates: { radio: "1.0.0" },
				files: [{
					crate: "radio",
					from: "radio.bin",
					to: "radio.bin",
					sha256: change.radioSha256 ?? this.#digest("radio.bin", "sha256", "hex"),
				}],
			},
		}];
	}

	/** Gives a command a new body, in the shell's language; undefined takes the command away. */
	standIn(name: StandIn, body: string | undefined): void {
		const file = join(this.folder, "bin", name);
		if (body === undefined) {
			rmSync(file, { force: true });
			return;
		}
		this.write(join("bin", name), `#!/bin/sh\nprintf '%s\\n' "${name} $*" >>"$STAND_IN/calls"\n${body}\n`);
		chmodSync(file, 0o755);
	}

	/** Gives the commands another search path. */
	path(path: string): void {
		this.machine = { ...this.machine, environment: { ...this.machine.environment, PATH: path } };
	}

	/** What the Debian suites list. */
	versions(name: string, ...versions: string[]): void {
		this.write("versions", versions.map(version => `Package: ${name}\nVersion: ${version}\n`).join("\n"));
	}

	write(name: string, text: string | Uint8Array): void {
		mkdirSync(dirname(join(this.folder, name)), { recursive: true });
		writeFileSync(join(this.folder, name), text);
	}

	read(name: string): string {
		return readFileSync(join(this.folder, name), "utf8");
	}

	/** Names in a folder, hidden ones too. */
	list(name: string): string[] {
		return readdirSync(join(this.folder, name)).sort();
	}

	/** Makes a tar archive with these files. */
	archive(name: string, files: Readonly<Record<string, string>>): void {
		rmSync(join(this.folder, "packing"), { recursive: true, force: true });
		for (const [path, text] of Object.entries(files)) {
			this.write(join("packing", path), text);
		}
		execFileSync("tar", ["-czf", join(this.folder, name), "-C", join(this.folder, "packing"), "."]);
	}

	/** The calls since the last time they were asked for, without those that only look. */
	calls(): string[] {
		let text = "";
		try {
			text = this.read("calls");
		} catch {
			return [];
		}
		this.write("calls", "");
		return text.split("\n").filter(line => line !== "" && !/^dpkg-query |--version$/.test(line));
	}

	remove(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}

	#digest(name: string, algorithm: string, encoding: "hex" | "base64"): string {
		return createHash(algorithm).update(readFileSync(join(this.folder, name))).digest(encoding);
	}
}
