// Preference: values kept in flash, by domain and key ("preference", as in the Moddable SDK). The same flash as
// `embedded:storage/key-value`, which says what it bears and how much there is.

import { type Kept, keys, read, remove, write } from "../key-value/preferences.ts";

/** Values of an app: booleans, numbers, strings and buffers. */
export default class Preference {
	/**
	 * Keeps a value.
	 *
	 * @throws CodedError EINVAL (a name or a value of a wrong length), ENOSPC, EIO (the flash is worn out).
	 */
	static set(domain: string, key: string, value: ArrayBufferLike | ArrayBufferView | string | boolean | number): void {
		write(String(domain), String(key), value);
	}

	/** The value, undefined when there is none. A buffer comes as ArrayBuffer. */
	static get(domain: string, key: string): Kept | undefined {
		return read(String(domain), String(key));
	}

	/** Harmless when there is none. */
	static delete(domain: string, key: string): void {
		remove(String(domain), String(key));
	}

	/** Keys of a domain, empty when there is none of that name. */
	static keys(domain: string): string[] {
		return keys(String(domain));
	}
}
