// Where the boot loader's drive appears (RP2040 datasheet 2.8.4): it is known by its INFO_UF2.TXT, whatever the system calls it.

import { readdir, readFile } from "node:fs/promises";
import { posix, win32 } from "node:path";
import type { BoardHost, Drive, UnmountedDrive } from "./board-host.ts";
import { linuxDrives } from "./linux-usb.ts";

/** What is read of the system; tests hand in their own. */
export interface DriveFiles {
	/** @throws when there is no such file */
	readText(path: string): Promise<string>;
	/** Names in a folder; none when there is no such folder. */
	list(path: string): Promise<string[]>;
	/** Drives of boot loaders as Linux's USB has them, mounted or not. */
	usbDrives(): Promise<UnmountedDrive[]>;
}

export const systemFiles: DriveFiles = {
	readText: path => readFile(path, "utf8"),
	list: path => readdir(path).catch(() => []),
	usbDrives: () => linuxDrives(),
};

/** The drives of boards that wait for a .uf2. */
export async function findDrives(platform: NodeJS.Platform, files: DriveFiles = systemFiles): Promise<Drive[]> {
	const looked = await Promise.all((await candidates(platform, files)).map(async drive => await isPicoW(drive.path, platform, files) ? [drive] : []));
	return looked.flat();
}

/** As `BoardHost.driveAt`. */
export async function driveAt(path: string, platform: NodeJS.Platform, files: DriveFiles = systemFiles): ReturnType<BoardHost["driveAt"]> {
	if ((await files.list(path)).length === 0) return undefined;
	if (!await isPicoW(path, platform, files)) return "no drive of a Pico W";
	if (platform !== "linux") return { path };
	const mount = (await mounts(files)).find(mount => mount.path === path);
	return mount === undefined ? { path } : mount.isPulledOut ? undefined : { path, location: await location(mount.device, files) };
}

/** The drives of boot loaders that are plugged in and not mounted. */
export async function findUnmounted(platform: NodeJS.Platform, files: DriveFiles = systemFiles): Promise<UnmountedDrive[]> {
	if (platform !== "linux") return [];
	const mounted = new Set((await mounts(files)).map(({ device }) => device));
	return (await files.usbDrives()).filter(({ device }) => !mounted.has(device));
}

async function isPicoW(path: string, platform: NodeJS.Platform, files: DriveFiles): Promise<boolean> {
	const { join } = platform === "win32" ? win32 : posix;
	return /^Board-ID:\s*RPI-RP2\s*$/m.test(await files.readText(join(path, "INFO_UF2.TXT")).catch(() => ""));
}

async function candidates(platform: NodeJS.Platform, files: DriveFiles): Promise<Drive[]> {
	switch (platform) {
		case "win32":
			return [..."DEFGHIJKLMNOPQRSTUVWXYZ"].map(letter => ({ path: `${letter}:\\` }));
		case "darwin":
			return (await files.list("/Volumes")).map(name => ({ path: posix.join("/Volumes", name) }));
		default:
			return Promise.all((await mounts(files))
				.filter(({ path, type, isPulledOut }) => !isPulledOut && (type === "vfat" || type === "msdos" || /^(?:\/run)?\/media\//.test(path)))
				.map(async ({ device, path }) => ({ path, location: await location(device, files) })));
	}
}

async function location(device: string, files: DriveFiles): Promise<string | undefined> {
	return (await files.usbDrives()).find(drive => drive.device === device)?.location;
}

interface Mount {
	readonly device: string;
	readonly path: string;
	readonly type: string;
	/** The mount of a drive that was pulled out stays for a while, and its files stay readable from memory. */
	readonly isPulledOut: boolean;
}

async function mounts(files: DriveFiles): Promise<Mount[]> {
	const text = await files.readText("/proc/mounts").catch(() => "");
	const blocks = await files.list("/sys/class/block");
	// Blanks in a path are \040 there (proc(5)).
	const plain = (field: string): string => field.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)));
	return text.split("\n").filter(line => line !== "").map(line => {
		const [device = "", path = "", type = ""] = line.split(" ").map(plain);
		return { device, path, type, isPulledOut: blocks.length > 0 && /^\/dev\/[^/]+$/.test(device) && !blocks.includes(posix.basename(device)) };
	});
}
