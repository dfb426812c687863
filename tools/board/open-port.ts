// Opens a serial port, with patience for one that was plugged in this moment.

import { UserError } from "../user-error.ts";
import type { BoardHost, OpenPort } from "./board-host.ts";

/** udev gives the user his rights after the port is there, and ModemManager asks each new port first whether it is a modem. */
const patienceMs = 3000;
const pollMs = 200;
const passing = new Set(["EACCES", "EPERM", "EBUSY", "ENOENT"]);

/**
 * Opens the port that `find` names, which is asked again before each attempt; undefined when it names none, or `signal` aborts.
 * @throws UserError when the port is still refused after three seconds
 */
export async function openPort(host: BoardHost, find: () => Promise<string | undefined>, baudRate: number, signal?: AbortSignal): Promise<{ readonly path: string; readonly port: OpenPort } | undefined> {
	const until = host.now() + patienceMs;
	while (!signal?.aborted) {
		const path = await find();
		if (path === undefined) return undefined;
		try {
			return { path, port: await host.openPort(path, baudRate) };
		} catch (cause) {
			if (!passing.has((cause as NodeJS.ErrnoException).code ?? "") || host.now() >= until) throw portFault(path, cause);
		}
		await host.wait(pollMs);
	}
	return undefined;
}

/** Why a serial port cannot be opened, in words that say what to do. */
function portFault(path: string, cause: unknown): UserError {
	const { code, message } = cause as NodeJS.ErrnoException;
	switch (code) {
		case "EACCES":
		case "EPERM":
			return new UserError(process.platform === "linux"
				? `${path}: permission denied. Become a member of the group that owns it (sudo usermod -aG dialout $USER), and log in again`
				: `${path}: permission denied: another program may have it open`, { cause });
		case "EBUSY":
			return new UserError(`${path}: another program has it open: close that program first`, { cause });
		case "ENOENT":
			return new UserError(`${path}: there is no such port`, { cause });
		case "ENOTTY":
			return new UserError(`${path}: that is no serial port`, { cause });
		default:
			return new UserError(`${path}: cannot be opened (${message})`, { cause });
	}
}
