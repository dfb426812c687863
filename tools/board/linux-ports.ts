// USB serial ports of Linux, from sysfs: no helper program is needed, and none is everywhere.

import { readdir, readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { PortInfo } from "./board-host.ts";

/** @param root where /sys is; a test's own folder */
export async function linuxPorts(root = "/sys"): Promise<PortInfo[]> {
	const names = await readdir(join(root, "class/tty")).catch(() => []);
	return Promise.all(names.filter(name => /^tty(?:ACM|USB)\d+$/.test(name)).sort().map(async name => {
		// The tty's device is the interface; the folder above it is the USB device.
		const device = dirname(await realpath(join(root, "class/tty", name, "device")).catch(() => ""));
		const fact = (file: string) => readFile(join(device, file), "utf8").then(text => text.trim(), () => undefined);
		return { path: `/dev/${name}`, vendorId: await fact("idVendor"), productId: await fact("idProduct"), serialNumber: await fact("serial") };
	}));
}
