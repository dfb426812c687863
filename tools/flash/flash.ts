// Puts a .uf2 onto a board: asks a running one for its boot loader, waits for the drive, writes, waits for the board.

import { join } from "node:path";
import { type BoardHost, consolePorts, type Drive, type PortInfo } from "../board/board-host.ts";
import { portFault } from "../board/port-fault.ts";
import { UserError } from "../user-error.ts";

export interface FlashOptions {
	readonly uf2: Uint8Array;
	/** The running board's port, where several are. */
	readonly port?: string | undefined;
	/** The drive, where several are. */
	readonly drive?: string | undefined;
	/** For the drive, and again for the board behind it. */
	readonly timeoutMs: number;
}

export interface FlashReport {
	/** What happens now, in words. */
	step(text: string): void;
	/** Bytes on the drive so far. */
	progress(written: number, total: number): void;
}

/** A port at this rate that is closed again asks the firmware for the boot loader (pico_stdio_usb). */
const touchBaudRate = 1200;
const pollMs = 200;
/** The board reads the last blocks, starts anew, and the system tells of its port. */
const betweenPollsMs = 100;

/**
 * @returns the port of the board that came back, or undefined when none did: firmware need not have one
 * @throws UserError in words that say what to do
 */
export async function flash(host: BoardHost, { uf2, port, drive, timeoutMs }: FlashOptions, report: FlashReport): Promise<PortInfo | undefined> {
	let drives = await host.listDrives();
	if (drives.length === 0) {
		await askForBootLoader(host, port, report);
		drives = [await waitForDrive(host, timeoutMs)];
	}
	const target = chosen(drives, drive);
	const before = new Set((await host.listPorts()).map(({ path }) => path));
	report.step(`writing to ${target.path}`);
	await write(host, target, uf2, report);
	report.step("written; waiting for the board");
	return waitForBoard(host, before, timeoutMs);
}

async function askForBootLoader(host: BoardHost, wanted: string | undefined, report: FlashReport): Promise<void> {
	const boards = consolePorts(await host.listPorts());
	if (wanted === undefined && boards.length > 1) {
		throw new UserError(`several boards are connected: say which, --port ${boards.map(({ path }) => path).join(" or --port ")}`);
	}
	const path = wanted ?? boards[0]?.path;
	if (path === undefined) {
		report.step("no board found: hold BOOTSEL while you plug the Pico W in; waiting for its drive");
		return;
	}
	report.step(`asking the board at ${path} for its boot loader`);
	try {
		const open = await host.openPort(path, touchBaudRate);
		await open.close().catch(() => {});	// the board may have gone by now, which is what was asked for
	} catch (cause) {
		throw portFault(path, cause);
	}
}

async function waitForDrive(host: BoardHost, timeoutMs: number): Promise<Drive> {
	const until = host.now() + timeoutMs;
	let unmounted: string | undefined;
	while (host.now() < until) {
		const [first] = await host.listDrives();
		if (first !== undefined) return first;
		unmounted = await host.mountDrive();
		await host.wait(pollMs);
	}
	if (unmounted !== undefined) {
		throw new UserError(`the board's drive is there, ${unmounted}, and not mounted: mount it (udisksctl mount -b ${unmounted}) and try again`);
	}
	throw new UserError(`no drive named RPI-RP2 appeared within ${timeoutMs / 1000} s: hold BOOTSEL while you plug the Pico W in, with a cable that carries data`);
}

function chosen(drives: readonly Drive[], wanted: string | undefined): Drive {
	const list = drives.map(({ path }) => path);
	if (wanted !== undefined) {
		const found = drives.find(({ path }) => path === wanted || path === wanted.replace(/[/\\]$/, ""));
		if (found === undefined) throw new UserError(`--drive ${wanted}: no board waits there; boards wait at ${list.join(", ")}`);
		return found;
	}
	if (drives.length > 1) throw new UserError(`several boards wait for firmware: say which, --drive ${list.join(" or --drive ")}`);
	return drives[0]!;
}

/** The board starts when the last block has come, and takes the drive away: an error from then on is none. */
async function write(host: BoardHost, { path }: Drive, uf2: Uint8Array, report: FlashReport): Promise<void> {
	let written = 0;
	try {
		await host.writeFile(join(path, "picofetch.uf2"), uf2, bytes => {
			written = bytes;
			report.progress(bytes, uf2.length);
		});
	} catch (cause) {
		if (written < uf2.length && !await finishedWithoutUs(host, path, written, uf2.length)) {
			throw new UserError(`${path}: the drive went away after ${written} of ${uf2.length} bytes (${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}): plug the board in again with BOOTSEL held, and try again`, { cause });
		}
		report.progress(uf2.length, uf2.length);
	}
}

/** The last piece's own answer may be lost: the drive is gone, and all but that piece was there. */
async function finishedWithoutUs(host: BoardHost, path: string, written: number, total: number): Promise<boolean> {
	const lastPieceBytes = 32 * 1024;
	return total - written <= lastPieceBytes && !(await host.listDrives()).some(drive => drive.path === path);
}

async function waitForBoard(host: BoardHost, before: ReadonlySet<string>, timeoutMs: number): Promise<PortInfo | undefined> {
	const until = host.now() + timeoutMs;
	while (host.now() < until) {
		const ports = await host.listPorts();
		const board = consolePorts(ports).find(({ path }) => !before.has(path));
		if (board !== undefined) return board;
		await host.wait(betweenPollsMs);
	}
	return undefined;
}
