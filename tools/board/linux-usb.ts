// USB serial ports and boot loaders' drives of Linux, from sysfs: no helper program is needed, and none is everywhere.

import { readdir, readFile, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { PortInfo, UnmountedDrive } from "./board-host.ts";

/** The boot loader's USB identity (RP2040 datasheet 2.8.5.1). */
const bootLoader = { vendorId: "2e8a", productId: "0003" };

/** @param root where /sys is; a test's own folder */
export async function linuxPorts(root = "/sys"): Promise<PortInfo[]> {
	const names = await readdir(join(root, "class/tty")).catch(() => []);
	return Promise.all(names.filter(name => /^tty(?:ACM|USB)\d+$/.test(name)).sort().map(async name => {
		// The tty's device is the USB interface, or a port of a converter below it.
		const device = await realpath(join(root, "class/tty", name, "device")).catch(() => undefined);
		const number = device === undefined ? undefined : await fact(device, "bInterfaceNumber");
		return {
			path: `/dev/${name}`,
			...await usbDevice(device),
			interfaceNumber: number === undefined ? undefined : parseInt(number, 16),
		};
	}));
}

/** Partitions of boot loaders' drives, mounted or not. */
export async function linuxDrives(root = "/sys"): Promise<UnmountedDrive[]> {
	const names = await readdir(join(root, "class/block")).catch(() => []);
	const found = await Promise.all(names.map(async name => {
		const partition = await realpath(join(root, "class/block", name)).catch(() => undefined);
		if (partition === undefined || await fact(partition, "partition") === undefined) return [];
		const { vendorId, productId, location } = await usbDevice(partition);
		return vendorId === bootLoader.vendorId && productId === bootLoader.productId ? [{ device: `/dev/${name}`, location }] : [];
	}));
	return found.flat();
}

/** The USB device that something in sysfs belongs to: the nearest folder above it with a vendor. Its name is that of the socket, "1-2.4". */
async function usbDevice(path: string | undefined): Promise<Omit<PortInfo, "path">> {
	for (let folder = path; folder !== undefined && folder !== dirname(folder); folder = dirname(folder)) {
		const vendorId = await fact(folder, "idVendor");
		if (vendorId !== undefined) return { vendorId, productId: await fact(folder, "idProduct"), serialNumber: await fact(folder, "serial"), location: basename(folder) };
	}
	return {};
}

/** The text of a file; undefined when there is none, or nothing in it. */
async function fact(folder: string, file: string): Promise<string | undefined> {
	return readFile(join(folder, file), "utf8").then(text => text.trim() || undefined, () => undefined);
}
