// Serial ports: read from each system, and which of them is a board's console.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import type { PortInfo } from "../../../tools/board/board-host.ts";
import { anyConsoles, boardConsoles, sameBoard } from "../../../tools/board/boards.ts";
import { linuxDrives, linuxPorts } from "../../../tools/board/linux-usb.ts";
import { macPort, windowsPort, withCode } from "../../../tools/board/system-host.ts";

/** A /sys with one USB device at the socket 1-2. */
async function sysfs(context: TestContext, facts: Readonly<Record<string, string>>): Promise<{ root: string; device: string; place(name: string, at: string, facts?: Readonly<Record<string, string>>): Promise<void> }> {
	const root = await mkdtemp(join(tmpdir(), "picofetch-sys-"));
	context.after(() => rm(root, { recursive: true, force: true }));
	const device = join(root, "devices/pci0000:00/usb1/1-2");
	const write = async (folder: string, facts: Readonly<Record<string, string>>): Promise<void> => {
		await mkdir(folder, { recursive: true });
		for (const [name, text] of Object.entries(facts)) await writeFile(join(folder, name), `${text}\n`);
	};
	await write(device, facts);
	return {
		root,
		device,
		async place(link, at, facts = {}) {
			await write(join(device, at), facts);
			await mkdir(join(root, link, ".."), { recursive: true });
			await symlink(join(device, at), join(root, link));
		},
	};
}

test("Linux: the two ports of a debug build, with interface and socket; other serial ports are left out", async context => {
	const { root, place } = await sysfs(context, { idVendor: "2e8a", idProduct: "000a", serial: "E6614" });
	await place("class/tty/ttyACM4/device", "1-2:1.0", { bInterfaceNumber: "00" });
	await place("class/tty/ttyACM1/device", "1-2:1.2", { bInterfaceNumber: "02" });
	await mkdir(join(root, "class/tty/ttyS0"));
	const board = { vendorId: "2e8a", productId: "000a", serialNumber: "E6614", location: "1-2" };
	assert.deepEqual(await linuxPorts(root), [{ path: "/dev/ttyACM1", ...board, interfaceNumber: 2 }, { path: "/dev/ttyACM4", ...board, interfaceNumber: 0 }]);
	assert.deepEqual(boardConsoles(await linuxPorts(root)).map(({ path }) => path), ["/dev/ttyACM4"]);
	assert.deepEqual(await linuxPorts(join(root, "nothing")), []);
});

test("Linux: a board without a serial number has none, not an empty one", async context => {
	const { root, place } = await sysfs(context, { idVendor: "2e8a", idProduct: "000a", serial: "" });
	await place("class/tty/ttyACM0/device", "1-2:1.0");
	assert.equal((await linuxPorts(root))[0]?.serialNumber, undefined);
});

test("Linux: a boot loader's partition is found by its USB device, the disk of it and other sticks are not", async context => {
	const block = "1-2:1.0/host6/target6:0:0/6:0:0:0/block/sdb";
	const boot = await sysfs(context, { idVendor: "2e8a", idProduct: "0003" });
	await boot.place("class/block/sdb", block);
	await boot.place("class/block/sdb1", `${block}/sdb1`, { partition: "1" });
	assert.deepEqual(await linuxDrives(boot.root), [{ device: "/dev/sdb1", location: "1-2" }]);
	const stick = await sysfs(context, { idVendor: "0781", idProduct: "5567" });
	await stick.place("class/block/sdb1", `${block}/sdb1`, { partition: "1" });
	assert.deepEqual(await linuxDrives(stick.root), []);
	assert.deepEqual(await linuxDrives(join(boot.root, "nothing")), []);
});

const listed = { manufacturer: undefined, pnpId: undefined, locationId: undefined, serialNumber: undefined, vendorId: "2E8A", productId: "000A" };

test("macOS: the port that waits for nothing, and of a debug build the first", () => {
	const ports = ["/dev/tty.usbmodem1103", "/dev/tty.usbmodem1101"].map(path => macPort({ ...listed, path, serialNumber: "E6614", locationId: "01100000" }));
	assert.deepEqual(ports[1], { path: "/dev/cu.usbmodem1101", vendorId: "2e8a", productId: "000a", serialNumber: "E6614", location: "01100000" });
	assert.deepEqual(boardConsoles(ports).map(({ path }) => path), ["/dev/cu.usbmodem1101"]);
});

test("Windows: interfaces are told by their identity, also where the debugger has the lower number", () => {
	const ports = [
		windowsPort({ ...listed, path: "COM3", pnpId: "USB\\VID_2E8A&PID_000A&MI_02\\7&2F6B3C1&0&0002", serialNumber: "7&2F6B3C1&0&0002" }),
		windowsPort({ ...listed, path: "COM4", pnpId: "USB\\VID_2E8A&PID_000A&MI_00\\7&2F6B3C1&0&0000" }),
		windowsPort({ ...listed, path: "COM10", pnpId: "USB\\VID_2E8A&PID_000A&MI_00\\7&1111111&0&0000" }),
	];
	assert.deepEqual(ports[0], { path: "COM3", vendorId: "2e8a", productId: "000a", interfaceNumber: 2, parent: "7&2F6B3C1&0" });
	assert.deepEqual(boardConsoles(ports).map(({ path }) => path), ["COM4", "COM10"]);
	assert.deepEqual(windowsPort({ ...listed, path: "COM5", pnpId: "USB\\VID_2E8A&PID_000A\\E6614", serialNumber: "E6614" }), { path: "COM5", vendorId: "2e8a", productId: "000a", serialNumber: "E6614" });
});

const board: PortInfo = { path: "/dev/ttyACM0", vendorId: "2e8a", productId: "000a", serialNumber: "E6614", location: "1-2", interfaceNumber: 0 };

test("boards of one serial number, and of none, are told apart by their sockets", () => {
	for (const serialNumber of ["E6614", undefined]) {
		const ports = [{ ...board, serialNumber }, { ...board, serialNumber, path: "/dev/ttyACM1", location: "1-3" }];
		assert.equal(boardConsoles(ports).length, 2);
		assert.equal(sameBoard(ports, ports[1]!)?.path, "/dev/ttyACM1");
	}
});

test("a debugger's port that is there before its console is no console", () => {
	assert.deepEqual(boardConsoles([{ ...board, interfaceNumber: 2 }]), []);
});

test("the SDK's firmware can be asked, other firmware of the board counts when it comes back, and other devices never", () => {
	const python = { ...board, productId: "0005" };
	const converter = { path: "/dev/ttyUSB0", vendorId: "0403", productId: "6001" };
	assert.deepEqual(boardConsoles([python, converter]), []);
	assert.deepEqual(anyConsoles([python, converter]), [python]);
});

test("a board is found again at its socket, or by its serial number when it was moved, and not by guessing", () => {
	const moved = { ...board, location: "1-7" };
	assert.equal(sameBoard([moved], board), moved);
	assert.equal(sameBoard([moved, { ...moved, location: "1-8" }], board), undefined);
	assert.equal(sameBoard([{ ...moved, serialNumber: "other" }], board), undefined);
	assert.equal(sameBoard([moved], { location: "1-2" }), undefined);
	assert.equal(sameBoard([moved], {}), moved);
});

test("serialport's sentences become Node's codes", () => {
	const code = (message: string) => withCode(new Error(message)).code;
	assert.equal(code("Error: Permission denied, cannot open /dev/ttyACM0"), "EACCES");
	assert.equal(code("Opening COM3: Access denied"), "EACCES");
	assert.equal(code("Error: Operation not permitted, cannot open /dev/ttyACM0"), "EPERM");
	assert.equal(code("Error: No such file or directory, cannot open /dev/ttyACM0"), "ENOENT");
	assert.equal(code("Error: No such device or address, cannot open /dev/ttyACM0"), "ENOENT");
	assert.equal(code("Opening COM3: File not found"), "ENOENT");
	assert.equal(code("Error: Device or resource busy, cannot open /dev/ttyACM0"), "EBUSY");
	assert.equal(code("Error Resource temporarily unavailable Cannot lock port"), "EBUSY");
	assert.equal(code("Error: Inappropriate ioctl for device setting custom baud rate of 115200"), "ENOTTY");
	assert.equal(code("Error: Input/output error, cannot open /dev/ttyACM0"), undefined);
});
