// TextEncoder and TextDecoder for UTF-8 (WHATWG Encoding Standard, 7.2 and 7.4). text.c does the work.

const encodeString = native<(text: string) => ArrayBuffer>("xs_text_encode");
const encodeIntoBytes = native<(text: string, bytes: Uint8Array) => TextEncoderEncodeIntoResult>("xs_text_encode_into");
const decodeBytes = native<(bytes: Uint8Array, more: boolean, fatal: boolean) => string | null>("xs_text_decode");
const bytesLeft = native<(bytes: Uint8Array) => number>("xs_text_left");

export interface TextEncoderEncodeIntoResult {
	/** UTF-16 code units of the text that were taken. */
	readonly read: number;
	/** Bytes that were written. */
	readonly written: number;
}

/** Strings to UTF-8. */
export class TextEncoder {
	get encoding(): "utf-8" {
		return "utf-8";
	}

	/** The UTF-8 of `text`; a lone surrogate becomes U+FFFD. */
	encode(text = ""): Uint8Array<ArrayBuffer> {
		return new Uint8Array(encodeString(String(text)));
	}

	/** The UTF-8 of as much of `text` as `bytes` has room for, whole characters only. */
	encodeInto(text: string, bytes: Uint8Array): TextEncoderEncodeIntoResult {
		if (!(bytes instanceof Uint8Array)) throw new TypeError("encodeInto: expected a Uint8Array");
		return encodeIntoBytes(String(text), bytes);
	}
}

export interface TextDecoderOptions {
	/** Refuse malformed bytes with a TypeError. Default false: each becomes U+FFFD. */
	readonly fatal?: boolean;
	/** Keep a byte order mark. Default false. */
	readonly ignoreBOM?: boolean;
}

/** UTF-8 to strings. */
export class TextDecoder {
	readonly fatal: boolean;
	readonly ignoreBOM: boolean;
	#rest: Uint8Array | undefined;
	#begun = false;

	/** @throws RangeError when `label` names another encoding than UTF-8 */
	constructor(label = "utf-8", { fatal = false, ignoreBOM = false }: TextDecoderOptions = {}) {
		const name = String(label).trim().toLowerCase();
		if (name !== "utf-8" && name !== "utf8" && name !== "unicode-1-1-utf-8") {
			throw new RangeError(`TextDecoder: ${name}: only utf-8 is supported`);
		}
		this.fatal = fatal;
		this.ignoreBOM = ignoreBOM;
	}

	get encoding(): "utf-8" {
		return "utf-8";
	}

	/**
	 * The text of `input`. With `stream`, a character that is not whole yet is kept for the next call.
	 * @throws TypeError when the bytes are malformed and `fatal` was asked for
	 */
	decode(input?: ArrayBuffer | ArrayBufferView, { stream = false }: { readonly stream?: boolean } = {}): string {
		const bytes = joined(this.#rest, bytesOf(input));
		const left = stream ? bytesLeft(bytes) : 0;
		this.#rest = left > 0 ? bytes.slice(bytes.length - left) : undefined;
		const text = decodeBytes(bytes, stream, this.fatal);
		if (text === null) {
			this.#rest = undefined;
			this.#begun = false;
			throw new TypeError("TextDecoder: the bytes are not UTF-8");
		}
		const first = !this.#begun;
		this.#begun = stream && (this.#begun || text.length > 0);
		return first && !this.ignoreBOM && text.startsWith("\ufeff") ? text.slice(1) : text;
	}
}

function bytesOf(input: ArrayBuffer | ArrayBufferView | undefined): Uint8Array {
	if (input === undefined) return new Uint8Array(0);
	if (input instanceof Uint8Array) return input;
	if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
	if (input instanceof ArrayBuffer) return new Uint8Array(input);
	throw new TypeError("TextDecoder: expected an ArrayBuffer or a view of one");
}

function joined(first: Uint8Array | undefined, second: Uint8Array): Uint8Array {
	if (first === undefined) return second;
	const bytes = new Uint8Array(first.length + second.length);
	bytes.set(first);
	bytes.set(second, first.length);
	return bytes;
}
