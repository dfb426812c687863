// Where the boot loader's drive appears (RP2040 datasheet 2.8.4): it is known by its INFO_UF2.TXT, whatever the system calls it.

import { readdir, readFile } from "node:fs/promises";
import { posix, win32 } from "node:path";
import type { Drive } from "./board-host.ts";

/** What is read of the system; tests hand in their own. */
export interface DriveFiles {
	/** @throws when there is no such file */
	readText(path: string): Promise<string>;
	/** Names in a folder; none when there is no such folder. */
	list(path: string): Promise<string[]>;
}

export const systemFiles: DriveFiles = {
	readText: path => readFile(path, "utf8"),
	list: path => readdir(path).catch(() => []),
};

/** The drives of boards that wait for a .uf2. */
export async function findDrives(platform: NodeJS.Platform, files: DriveFiles = systemFiles): Promise<Drive[]> {
	const { join } = platform === "win32" ? win32 : posix;
	const found: Drive[] = [];
	for (const path of await candidates(platform, files)) {
		const info = await files.readText(join(path, "INFO_UF2.TXT")).catch(() => "");
		if (/^Board-ID:\s*RPI-RP2\s*$/m.test(info)) found.push({ path, info });
	}
	return found;
}

async function candidates(platform: NodeJS.Platform, files: DriveFiles): Promise<string[]> {
	switch (platform) {
		case "win32":
			return [..."DEFGHIJKLMNOPQRSTUVWXYZ"].map(letter => `${letter}:\\`);
		case "darwin":
			return (await files.list("/Volumes")).map(name => posix.join("/Volumes", name));
		default: {
			const mounts = await files.readText("/proc/mounts").catch(() => "");
			// Blanks in a path are \040 there (proc(5)).
			return mounts.split("\n").map(line => line.split(" "))
				.filter(([, path, type]) => path !== undefined && (type === "vfat" || type === "msdos" || /^(?:\/run)?\/media\//.test(path)))
				.map(([, path]) => path!.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8))));
		}
	}
}
