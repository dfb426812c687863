// Why a serial port cannot be opened, in words that say what to do.

import { UserError } from "../user-error.ts";

export function portFault(path: string, cause: unknown): UserError {
	const { code, message } = cause as NodeJS.ErrnoException;
	switch (code) {
		case "EACCES":
			return new UserError(process.platform === "linux"
				? `${path}: permission denied. Become a member of the group that owns it (sudo usermod -aG dialout $USER), and log in again`
				: `${path}: permission denied: another program may have it open`, { cause });
		case "EBUSY":
			return new UserError(`${path}: another program has it open: close that monitor first`, { cause });
		case "ENOENT":
			return new UserError(`${path}: there is no such port`, { cause });
		default:
			return new UserError(`${path}: cannot be opened (${message})`, { cause });
	}
}
