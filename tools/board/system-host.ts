// The real machine: serialport for ports, Node for files.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { promisify } from "node:util";
import { SerialPort } from "serialport";
import type { BoardHost, OpenPort } from "./board-host.ts";
import { findDrives } from "./drives.ts";
import { linuxPorts } from "./linux-ports.ts";

/** Linux names a drive by its label, mounted or not. */
const labelledDrive = "/dev/disk/by-label/RPI-RP2";
const pieceBytes = 32 * 1024;

export const systemHost: BoardHost = {
	async listPorts() {
		if (process.platform === "linux") return linuxPorts();
		return (await SerialPort.list()).map(({ path, vendorId, productId, serialNumber }) => ({
			// macOS lists tty.*, which waits for a carrier; cu.* does not.
			path: path.replace(/^\/dev\/tty\.usb/, "/dev/cu.usb"),
			vendorId: vendorId?.toLowerCase(),
			productId: productId?.toLowerCase(),
			serialNumber,
		}));
	},

	openPort: (path, baudRate) => new Promise<OpenPort>((resolve, reject) => {
		const port = new SerialPort({ path, baudRate, autoOpen: false });
		port.open(error => {
			if (error) return reject(withCode(error));
			resolve({
				write: bytes => void port.write(bytes),
				onData: listener => void port.on("data", listener),
				onClose: listener => void port.once("close", () => listener()),
				close: () => new Promise(done => port.isOpen ? port.close(() => done()) : done()),
			});
		});
		port.on("error", () => {});	// what ends the port is told by its close
	}),

	listDrives: () => findDrives(process.platform),

	async mountDrive() {
		if (process.platform !== "linux" || !existsSync(labelledDrive)) return undefined;
		try {
			await promisify(execFile)("udisksctl", ["mount", "--no-user-interaction", "-b", labelledDrive]);
			return undefined;
		} catch {
			return labelledDrive;
		}
	},

	async writeFile(path, bytes, onProgress) {
		const file = await open(path, "w");
		try {
			for (let at = 0; at < bytes.length;) {
				const { bytesWritten } = await file.write(bytes, at, Math.min(pieceBytes, bytes.length - at));
				// To the board, not only to the system's memory: else the bar would lie.
				await file.datasync();
				at += bytesWritten;
				onProgress(at);
			}
		} finally {
			await file.close();
		}
	},

	wait: milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds)),
	now: () => performance.now(),
};

/** serialport's errors say it in words: "Error: Permission denied, cannot open /dev/ttyACM0". */
function withCode(error: Error): NodeJS.ErrnoException {
	const code = /permission denied|access denied/i.test(error.message) ? "EACCES" : /no such file|not found/i.test(error.message) ? "ENOENT" : /busy|lock/i.test(error.message) ? "EBUSY" : undefined;
	return code === undefined ? error : Object.assign(error, { code });
}
