// Puts a .uf2 onto a board: asks a running one for its boot loader, waits for its drive, writes, waits for the board.

import { join } from "node:path";
import { blockSize } from "uf2";
import type { BoardHost, Drive, PortInfo, UnmountedDrive } from "../board/board-host.ts";
import { anyConsoles, boardConsoles, choices, sameBoard } from "../board/boards.ts";
import { openPort } from "../board/open-port.ts";
import { UserError } from "../user-error.ts";
import { exitCut, exitNoDrive } from "./exit-status.ts";

export interface FlashOptions {
	readonly uf2: Uint8Array;
	/** The running board's port, where several are. Drives that are there already belong to others then. */
	readonly port?: string | undefined;
	/** The drive, where several are. */
	readonly drive?: string | undefined;
	/** For the drive, and again for the board behind it. */
	readonly timeoutMs: number;
	/** Wait for the board's serial port. */
	readonly wait: boolean;
}

export interface FlashReport {
	/** What happens now, in words. */
	step(text: string): void;
	/** Bytes on the drive so far. */
	progress(written: number, total: number): void;
}

export interface Flashed {
	/** Path of the drive that was written to. */
	readonly drive: string;
	/** The board that came back; undefined when none did, or nobody waited. */
	readonly board: PortInfo | undefined;
}

/** A port at this rate that is closed again asks the firmware for the boot loader (pico_stdio_usb). */
const touchBaudRate = 1200;
const pollMs = 200;
/** Each attempt to mount is a process, and a line in the system's log. */
const betweenMountsMs = 2000;
const pieceBytes = 32 * 1024;
/** How long the system may take to see that a drive or a port has gone. */
const goneMs = 2000;

/** @throws UserError in words that say what to do, with a status of exit-status.ts */
export async function flash(host: BoardHost, { uf2, port, drive, timeoutMs, wait }: FlashOptions, report: FlashReport): Promise<Flashed> {
	const { target, asked } = await findDrive(host, { port, drive, timeoutMs }, report);
	const before = new Set((await host.listPorts()).map(({ path }) => path));
	report.step(`writing to ${target.path}`);
	await write(host, target, uf2, report);
	if (!wait) return { drive: target.path, board: undefined };
	report.step("written; waiting for the board");
	const board = await waitForBoard(host, before, asked ?? target, timeoutMs);
	if (board === undefined && !await hasGone(host, target.path)) {
		throw new UserError(`${target.path}: all ${uf2.length} bytes are on the drive, and the boot loader still waits for more: plug the board in again with BOOTSEL held, and try again`, { status: exitCut });
	}
	return { drive: target.path, board };
}

/** For who says `--port` before there is anything to write: a build takes minutes. @throws UserError when nothing is there */
export async function checkPort(host: BoardHost, port: string): Promise<void> {
	if (await host.resolvePort(port) === undefined) throw noSuchPort(port);
}

function noSuchPort(port: string): UserError {
	return new UserError(`--port ${port}: there is no such port`);
}

/** Where to write, and the running board that was asked for it. */
interface Found {
	readonly target: Drive;
	readonly asked?: PortInfo | undefined;
}

async function findDrive(host: BoardHost, { port, drive, timeoutMs }: Pick<FlashOptions, "port" | "drive" | "timeoutMs">, report: FlashReport): Promise<Found> {
	const path = port === undefined ? undefined : await host.resolvePort(port);
	if (drive !== undefined) {
		const there = await host.driveAt(drive);
		if (there === "no drive of a Pico W") throw new UserError(`--drive ${drive}: there is something else: no INFO_UF2.TXT in it says RPI-RP2`);
		if (there !== undefined) {
			if (path !== undefined) throw new UserError(`--drive ${drive}: a board waits there already, so it is not the one that runs at ${port}: leave one of the two out`);
			return { target: there };
		}
	}
	const drives = await host.listDrives();
	const unmounted = await host.listUnmountedDrives();
	if (port === undefined && drive === undefined) {
		if (drives.length > 1) throw new UserError(`several boards wait for firmware: say which, ${choices("--drive", drives)}`);
		if (drives.length === 1) return { target: drives[0]! };
		if (unmounted.length > 1) throw new UserError(`several boards wait for firmware, and none of their drives is mounted: mount one, ${unmounted.map(({ device }) => `udisksctl mount -b ${device}`).join(" or ")}`);
		if (unmounted.length === 1) return { target: await waitForDrive(host, { timeoutMs, others: [] }) };
	}
	if (port !== undefined && path === undefined) throw noSuchPort(port);
	const asked = await askForBootLoader(host, path, report);
	return { target: await waitForDrive(host, { asked, drive, timeoutMs, others: asked === undefined ? [] : [...drives.map(drive => drive.path), ...unmounted.map(({ device }) => device)] }), asked };
}

/** @returns the board that was asked; undefined when there was none */
async function askForBootLoader(host: BoardHost, wanted: string | undefined, report: FlashReport): Promise<PortInfo | undefined> {
	const ports = await host.listPorts();
	const boards = boardConsoles(ports);
	if (wanted === undefined && boards.length > 1) throw new UserError(`several boards are connected: say which, ${choices("--port", boards)}`);
	const board = wanted === undefined ? boards[0] : ports.find(({ path }) => path === wanted) ?? { path: wanted };
	if (board === undefined) {
		report.step("no board found: hold BOOTSEL while you plug the Pico W in; waiting for its drive");
		return undefined;
	}
	report.step(`asking the board at ${board.path} for its boot loader`);
	try {
		const opened = await openPort(host, async () => board.path, touchBaudRate);
		await opened?.port.close();
	} catch (error) {
		// A board may go as soon as it has heard the rate, and the rest of the opening fails: it did what was asked.
		if (!await within(host, goneMs, async () => await host.resolvePort(board.path) === undefined)) throw error;
	}
	return board;
}

interface Awaited {
	/** The board that was asked: its drive is a new one, at its socket where that is known. */
	readonly asked?: PortInfo | undefined;
	/** Where the drive has to appear. */
	readonly drive?: string | undefined;
	/** Drives and devices that were there before, and are other boards'. */
	readonly others: readonly string[];
	readonly timeoutMs: number;
}

async function waitForDrive(host: BoardHost, { asked, drive, others, timeoutMs }: Awaited): Promise<Drive> {
	const until = host.now() + timeoutMs;
	let known = others;
	let unmounted: UnmountedDrive[] = [];
	let mountAt = 0;
	while (host.now() < until) {
		const drives = await host.listDrives();
		const named = drive === undefined ? undefined : await host.driveAt(drive);
		const isNew = (name: string, { location }: { readonly location?: string | undefined }): boolean =>
			!known.includes(name) && (asked?.location === undefined || location === undefined || location === asked.location);
		const appeared = drives.filter(each => isNew(each.path, each));
		if (named !== undefined && named !== "no drive of a Pico W" && isNew(named.path, named)) return named;
		// Without a board that was asked, what appears elsewhere is somebody else's.
		if (drive === undefined || asked !== undefined) {
			if (appeared.length > 1) throw new UserError(`several boards wait for firmware: say which, ${choices("--drive", appeared)}`);
			if (appeared.length === 1 && drive !== undefined) {
				throw new UserError(`--drive ${drive}: the board that was asked came as ${appeared[0]!.path}; nothing was written. It waits there: --drive ${appeared[0]!.path}`);
			}
			if (appeared.length === 1) return appeared[0]!;
		}
		const devices = await host.listUnmountedDrives();
		unmounted = devices.filter(each => isNew(each.device, each));
		if (unmounted.length > 0 && host.now() >= mountAt) {
			for (const { device } of unmounted) await host.mountDrive(device);
			mountAt = host.now() + betweenMountsMs;
		}
		// A name that went may come back as ours.
		known = known.filter(name => drives.some(({ path }) => path === name) || devices.some(({ device }) => device === name));
		await host.wait(pollMs);
	}
	if (unmounted[0] !== undefined) {
		throw new UserError(`the board's drive is there, ${unmounted[0].device}, and not mounted: mount it (udisksctl mount -b ${unmounted[0].device}) and try again`, { status: exitNoDrive });
	}
	const elsewhere = drive === undefined ? [] : await host.listDrives();
	const missing = `no drive named RPI-RP2 appeared${drive === undefined ? "" : ` at ${drive}`} within ${timeoutMs / 1000} s`;
	throw new UserError(elsewhere.length > 0
		? `${missing}; boards wait elsewhere: ${choices("--drive", elsewhere)}`
		: asked === undefined
			? `${missing}: hold BOOTSEL while you plug the Pico W in, with a cable that carries data`
			: `the board at ${asked.path} was asked, and ${missing}: unplug it, and hold BOOTSEL while you plug it in again`, { status: exitNoDrive });
}

/**
 * The board begins anew with the last block and takes its drive away (RP2040 datasheet 2.8.4), so that block goes by itself: it
 * alone may be left without an answer.
 */
async function write(host: BoardHost, { path }: Drive, uf2: Uint8Array, report: FlashReport): Promise<void> {
	const lastAt = uf2.length - blockSize;
	const pieces: Uint8Array[] = [];
	for (let at = 0; at < lastAt; at += pieceBytes) pieces.push(uf2.subarray(at, Math.min(at + pieceBytes, lastAt)));
	pieces.push(uf2.subarray(lastAt));
	let written = 0;
	try {
		await host.writeFile(join(path, "picofetch.uf2"), pieces, bytes => {
			written = bytes;
			report.progress(bytes, uf2.length);
		});
	} catch (cause) {
		// With all of it there, what failed is the closing of a file whose drive has gone.
		if (written === uf2.length) return;
		const isGone = await hasGone(host, path);
		if (isGone && written === lastAt) return report.progress(uf2.length, uf2.length);
		const { code, message } = cause as NodeJS.ErrnoException;
		throw new UserError(`${path}: ${isGone ? "the drive went away" : "the drive took no more"} after ${written} of ${uf2.length} bytes (${code ?? message}): plug the board in again with BOOTSEL held, and try again`, { cause, status: exitCut });
	}
}

/** Whether a drive goes within a moment. */
async function hasGone(host: BoardHost, path: string): Promise<boolean> {
	return within(host, goneMs, async () => await host.driveAt(path) === undefined);
}

async function within(host: BoardHost, ms: number, isSo: () => Promise<boolean>): Promise<boolean> {
	const until = host.now() + ms;
	while (!await isSo()) {
		if (host.now() >= until) return false;
		await host.wait(pollMs);
	}
	return true;
}

/** Among ports that were not there before: the board of that socket, else that of the serial number; of a board with neither, any. */
async function waitForBoard(host: BoardHost, before: ReadonlySet<string>, { location, serialNumber }: Partial<PortInfo>, timeoutMs: number): Promise<PortInfo | undefined> {
	// Serial numbers can be the same on several boards: a socket cannot.
	const board = location === undefined ? { serialNumber } : { location };
	const until = host.now() + timeoutMs;
	let known = before;
	while (host.now() < until) {
		const ports = await host.listPorts();
		const found = sameBoard(anyConsoles(ports.filter(({ path }) => !known.has(path))), board);
		if (found !== undefined) return found;
		known = new Set(ports.map(({ path }) => path).filter(path => known.has(path)));
		await host.wait(pollMs);
	}
	return undefined;
}
