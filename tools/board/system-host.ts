// The real machine: serialport for ports, Node for files.

import { execFile } from "node:child_process";
import { open, realpath, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { SerialPort } from "serialport";
import type { BoardHost, OpenPort, PortInfo } from "./board-host.ts";
import { driveAt, findDrives, findUnmounted } from "./drives.ts";
import { linuxPorts } from "./linux-usb.ts";

const fileWatchMs = 250;

export const systemHost: BoardHost = {
	async listPorts() {
		if (process.platform === "linux") return linuxPorts();
		return (await SerialPort.list()).map(process.platform === "win32" ? windowsPort : macPort);
	},

	async resolvePort(path) {
		// Windows has names instead of files.
		if (process.platform === "win32") return (await SerialPort.list()).find(port => port.path.toLowerCase() === path.toLowerCase())?.path;
		return realpath(outgoing(path)).catch(() => undefined);
	},

	openPort: (path, baudRate) => new Promise<OpenPort>((resolve, reject) => {
		const port = new SerialPort({ path, baudRate, autoOpen: false });
		port.on("error", () => {});	// what ends the port is told by its close
		port.open(error => {
			if (error) return reject(withCode(error));
			closeWithFile(port);
			resolve({
				write: bytes => void port.write(bytes),
				onData: listener => void port.on("data", listener),
				onClose: listener => void port.once("close", () => listener()),
				close: () => new Promise(done => port.isOpen ? port.close(() => done()) : done()),
			});
		});
	}),

	listDrives: () => findDrives(process.platform),
	driveAt: path => driveAt(path, process.platform),
	listUnmountedDrives: () => findUnmounted(process.platform),

	async mountDrive(device) {
		// Without udisks, or its permission, the drive stays as it is, and whoever waits for it says so.
		await promisify(execFile)("udisksctl", ["mount", "--no-user-interaction", "-b", device]).catch(() => {});
	},

	async writeFile(path, pieces, onWritten) {
		const file = await open(path, "w");
		try {
			let written = 0;
			for (const piece of pieces) {
				await file.writeFile(piece);
				// To the board, not only to the system's memory: else nobody knows what the board has.
				await file.datasync();
				written += piece.length;
				onWritten(written);
			}
		} finally {
			await file.close();
		}
	},

	wait: milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds)),
	now: () => performance.now(),
};

/**
 * Closes a port whose file has gone. serialport takes a read without bytes, which is how Linux answers from a port that was unplugged
 * in the middle of one, for a reason to read again, for ever (bindings-cpp 13, unix-read.js).
 */
function closeWithFile(port: SerialPort): void {
	if (process.platform === "win32") return;
	// A board that is back within the interval has a new file of the same name.
	const file = (): Promise<number | undefined> => stat(port.path).then(({ ino }) => ino, () => undefined);
	const opened = file();
	const timer = setInterval(async () => {
		const now = await file();
		if ((now === undefined || now !== await opened) && port.isOpen) port.close();
	}, fileWatchMs);
	port.once("close", () => clearInterval(timer));
}

type Listed = Awaited<ReturnType<typeof SerialPort.list>>[number];

export function macPort({ path, vendorId, productId, serialNumber, locationId }: Listed): PortInfo {
	return { path: outgoing(path), vendorId: vendorId?.toLowerCase(), productId: productId?.toLowerCase(), serialNumber, location: locationId };
}

/** Windows gives each interface of a device an identity of its own, "USB\VID_2E8A&PID_000A&MI_02\7&2F6B3C1&0&0002", and keeps the serial number to itself. */
export function windowsPort({ path, vendorId, productId, serialNumber, pnpId = "" }: Listed): PortInfo {
	const [, interfaceNumber, parent] = /&MI_([0-9A-F]{2})\\(.+)&[0-9A-F]{4}$/i.exec(pnpId) ?? [];
	return {
		path,
		vendorId: vendorId?.toLowerCase(),
		productId: productId?.toLowerCase(),
		...interfaceNumber === undefined ? { serialNumber } : { interfaceNumber: parseInt(interfaceNumber, 16), parent },
	};
}

/** macOS has each port twice: tty.* waits for a carrier when it is opened; cu.* does not. */
function outgoing(path: string): string {
	return path.replace(/^\/dev\/tty\.usb/, "/dev/cu.usb");
}

/** serialport's errors say it in words: "Error: Permission denied, cannot open /dev/ttyACM0", "Opening COM3: Access denied". */
export function withCode(error: Error): NodeJS.ErrnoException {
	const code = codes.find(([words]) => words.test(error.message))?.[1];
	return code === undefined ? error : Object.assign(error, { code });
}

const codes: readonly (readonly [RegExp, string])[] = [
	[/permission denied|access denied/i, "EACCES"],
	[/operation not permitted/i, "EPERM"],
	[/no such (?:file|device)|file not found/i, "ENOENT"],
	[/inappropriate ioctl/i, "ENOTTY"],
	[/busy|cannot lock|temporarily unavailable/i, "EBUSY"],
];
