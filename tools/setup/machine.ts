// What the set-up is handed: the commands it may call, who calls, and where things go. Tests hand in stand-ins.

import { fileURLToPath } from "node:url";

/** Names or paths of the commands that the set-up calls. */
export interface Commands {
	readonly aptGet: string;
	readonly aptCache: string;
	readonly dpkgQuery: string;
	readonly sudo: string;
	readonly npm: string;
	readonly cargo: string;
	readonly git: string;
	readonly tar: string;
}

export interface Machine {
	readonly commands: Commands;
	/** Effective user id; 0 installs Debian packages without sudo. */
	readonly userId: number;
	/** Environment of every command. */
	readonly environment: NodeJS.ProcessEnv;
	/** The machine's own apt configuration, read for its mirror. */
	readonly aptFolder: string;
	/** Keyring that signs Debian's suites. */
	readonly debianKeyring: string;
	/** Where the sources go. */
	readonly thirdPartyFolder: string;
	/** Where the patches to them are. */
	readonly patchFolder: string;
	/** Where the test authority is kept. */
	readonly authorityFolder: string;
}

/** The machine as it is. */
export function thisMachine(): Machine {
	return {
		commands: {
			aptGet: "apt-get",
			aptCache: "apt-cache",
			dpkgQuery: "dpkg-query",
			sudo: "sudo",
			npm: "npm",
			cargo: "cargo",
			git: "git",
			tar: "tar",
		},
		userId: process.geteuid?.() ?? -1,
		environment: process.env,
		aptFolder: "/etc/apt",
		debianKeyring: "/usr/share/keyrings/debian-archive-keyring.gpg",
		thirdPartyFolder: fileURLToPath(new URL("../../third-party", import.meta.url)),
		patchFolder: fileURLToPath(new URL("../patches", import.meta.url)),
		authorityFolder: fileURLToPath(new URL("../../certs/authority", import.meta.url)),
	};
}
