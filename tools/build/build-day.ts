// The day of a build, which the device's clock refuses to be set before.

import { UserError } from "../user-error.ts";

/**
 * Today at 00:00 UTC, so that a board or a server whose clock is some hours behind is not refused; or the day of SOURCE_DATE_EPOCH
 * (reproducible-builds.org), seconds since 1970, where two builds must be the same byte for byte.
 * @throws UserError when SOURCE_DATE_EPOCH is no time
 */
export function buildDay({ SOURCE_DATE_EPOCH: seconds }: { readonly SOURCE_DATE_EPOCH?: string } = process.env, now = new Date()): Date {
	if (seconds !== undefined && !/^\d{1,11}$/.test(seconds)) {
		throw new UserError(`SOURCE_DATE_EPOCH is "${seconds}"; expected seconds since 1970-01-01`);
	}
	const time = seconds === undefined ? now.getTime() : Number(seconds) * 1000;
	return new Date(time - time % 86_400_000);
}
