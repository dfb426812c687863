// What preferences.c does, for the two modules that script sees it by.

import { CodedError } from "../../base/error.ts";

/** What flash can hold. */
export type Kept = ArrayBuffer | string | boolean | number;

/** The value, undefined when there is none. */
export const read = native<(domain: string, key: string) => Kept | undefined>("xs_preferences_read");
/** Keys of a domain, in the order of their last writes. */
export const keys = native<(domain: string) => string[]>("xs_preferences_keys");
const writeValue = native<(domain: string, key: string, value: ArrayBufferLike | ArrayBufferView | string | boolean | number) => number>("xs_preferences_write");
const removeKey = native<(domain: string, key: string) => number>("xs_preferences_remove");
const size = native<(capacity: boolean) => number>("xs_preferences_size");

const full = -1; // FLASH_JOURNAL_FULL

function check(result: number, domain: string, key: string): void {
	if (result === 0) return;
	const what = `preferences: "${key}" of "${domain}"`;
	if (result === full) {
		throw new CodedError("ENOSPC", `${what}: no room, ${size(false)} of ${size(true)} bytes are taken. Delete what is not needed.`);
	}
	throw new CodedError("EIO", `${what}: the flash does not keep what is written to it: it is worn out. What was there before still is.`);
}

export function write(domain: string, key: string, value: ArrayBufferLike | ArrayBufferView | string | boolean | number): void {
	check(writeValue(domain, key, value), domain, key);
}

export function remove(domain: string, key: string): void {
	check(removeKey(domain, key), domain, key);
}
