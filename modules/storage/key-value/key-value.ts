// Keys and values in flash: ECMA-419, key-value storage ("embedded:storage/key-value").
//
// A value that was written is there after any reset and after a new firmware; when power fails during a write, the old value or the
// new one is there. 16 KB in all, names included; a value has 1,900 bytes at most, a domain and a key 63. A write stops everything
// else for about a millisecond, one in some forty for 45 (erasing); what says the same already is not written. Flash bears 100,000
// erasures of a sector: some 25 million writes of 30 bytes.

import { CodedError } from "../../base/error.ts";
import { keys, read, remove, write } from "./preferences.ts";

/** What `read` answers and `write` takes: the integers are numbers, those of 64 bits bigints. */
export type KeyValueFormat = "buffer" | "string" | "uint8" | "int8" | "uint16" | "int16" | "uint32" | "int32" | "uint64" | "int64";

/** What to open. */
export interface KeyValueOptions {
	/** Name of the domain: 1 to 63 bytes of UTF-8. It need not exist. */
	path: string;
	/** "r": `write` and `delete` throw. Default "r+". */
	mode?: "r" | "r+";
	/** Default "buffer". */
	format?: KeyValueFormat;
}

/** Bounds of the integer formats. */
const integers: Readonly<Record<string, readonly [least: bigint, most: bigint]>> = Object.freeze({
	uint8: [0n, 0xffn], int8: [-0x80n, 0x7fn], uint16: [0n, 0xffffn], int16: [-0x8000n, 0x7fffn], uint32: [0n, 0xffff_ffffn],
	int32: [-0x8000_0000n, 0x7fff_ffffn], uint64: [0n, 0xffff_ffff_ffff_ffffn], int64: [-0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn],
});

/** An open domain. */
export class KeyValueStorage implements Iterable<string> {
	#domain: string | undefined;
	readonly #writes: boolean;
	#format: KeyValueFormat = "buffer";

	/** @throws CodedError EINVAL (path, mode, format). */
	constructor({ path, mode = "r+", format = "buffer" }: KeyValueOptions) {
		if (mode !== "r" && mode !== "r+") throw new CodedError("EINVAL", `key-value: mode "${mode}", expected "r" or "r+"`);
		this.format = format;
		this.#writes = mode === "r+";
		keys(this.#domain = String(path)); // throws what is no name
	}

	/** What the next `read` answers and `write` takes. */
	get format(): KeyValueFormat {
		return this.#format;
	}

	set format(format: KeyValueFormat) {
		if (format !== "buffer" && format !== "string" && !(format in integers)) {
			throw new CodedError("EINVAL", `key-value: format "${format}", expected buffer, string, ${Object.keys(integers).join(", ")}`);
		}
		this.#format = format;
	}

	/**
	 * The value, undefined when there is none. With a buffer (format "buffer") it is put there, and its length in bytes answered.
	 *
	 * @throws CodedError EINVAL: it was written in a format that this one cannot show, or the buffer is too small.
	 */
	read(key: string): ArrayBuffer | string | number | bigint | undefined;
	read(key: string, buffer: ArrayBufferLike | ArrayBufferView): number | undefined;
	read(key: string, buffer?: ArrayBufferLike | ArrayBufferView): ArrayBuffer | string | number | bigint | undefined {
		const value = read(this.#need(), String(key));
		if (value === undefined) return undefined;
		const format = this.#format;
		if (format === "buffer") {
			if (!(value instanceof ArrayBuffer)) throw this.#odd(key, `holds a ${typeof value}, no bytes`);
			if (buffer === undefined) return value;
			const to = ArrayBuffer.isView(buffer) ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength) : new Uint8Array(buffer);
			if (to.length < value.byteLength) throw this.#odd(key, `has ${value.byteLength} bytes, the buffer ${to.length}`);
			to.set(new Uint8Array(value));
			return value.byteLength;
		}
		if (value instanceof ArrayBuffer) throw this.#odd(key, "holds bytes: read it in the format \"buffer\"");
		if (format === "string") return String(value);
		const integer = typeof value === "string" && /^-?\d{1,20}$/.test(value) ? BigInt(value) : typeof value === "number" && Number.isInteger(value) ? BigInt(value) : undefined;
		if (integer === undefined || integer < integers[format]![0] || integer > integers[format]![1]) throw this.#odd(key, `holds ${String(value)}, no ${format}`);
		return format.endsWith("64") ? integer : Number(integer);
	}

	/**
	 * Writes a value in the format of the storage; a string may also be made of a number.
	 *
	 * @throws CodedError EINVAL (not of the format, too long), EACCES (mode "r"), ENOSPC, EIO (the flash is worn out).
	 */
	write(key: string, value: ArrayBufferLike | ArrayBufferView | string | number | bigint): void {
		const domain = this.#needWritable();
		const format = this.#format;
		if (format === "buffer") {
			if (typeof value !== "object") throw this.#odd(key, `is to hold bytes, not a ${typeof value}`);
			write(domain, String(key), value as ArrayBufferLike | ArrayBufferView);
			return;
		}
		if (typeof value === "object") throw this.#odd(key, `is to hold a ${format}, not bytes`);
		if (format === "string") {
			write(domain, String(key), String(value));
			return;
		}
		const integer = typeof value === "bigint" ? value : Number.isInteger(value) ? BigInt(value) : undefined;
		if (integer === undefined || integer < integers[format]![0] || integer > integers[format]![1]) throw this.#odd(key, `cannot hold ${value} as ${format}`);
		write(domain, String(key), format.endsWith("64") ? String(integer) : Number(integer));
	}

	/**
	 * Deletes a key; harmless when there is none.
	 *
	 * @throws CodedError EACCES (mode "r"), EIO.
	 */
	delete(key: string): void {
		remove(this.#needWritable(), String(key));
	}

	/** The keys as they are now; writing meanwhile is harmless. */
	[Symbol.iterator](): IterableIterator<string> {
		return keys(this.#need())[Symbol.iterator]();
	}

	/** Harmless twice. */
	close(): void {
		this.#domain = undefined;
	}

	#need(): string {
		if (this.#domain === undefined) throw new CodedError("ECLOSED", "key-value: the storage is closed");
		return this.#domain;
	}

	#needWritable(): string {
		const domain = this.#need();
		if (!this.#writes) throw new CodedError("EACCES", `key-value: "${domain}" was opened with mode "r"`);
		return domain;
	}

	#odd(key: string, sentence: string): CodedError {
		return new CodedError("EINVAL", `key-value: "${key}" of "${this.#domain}" ${sentence}`);
	}
}

/** As the standard has it: `KeyValue.open({ path: "settings", format: "string" })`. */
export default Object.freeze({
	/** @throws CodedError EINVAL (path, mode, format). */
	open(options: KeyValueOptions): KeyValueStorage {
		return new KeyValueStorage(options);
	},
});
