// A serial port: ECMA-419, IO class "serial".
//
// Below it: one of the RP2040's two UARTs, with a ring of 512 bytes for what comes and of 256 for what goes (serial.c). No call
// blocks.

import { CodedError } from "../../base/error.ts";
import { bytes, callback, format, integer } from "../options/options.ts";

/** What a port is made of. At least one of `receive` and `transmit`. Callbacks run with `this` as the port. */
export interface SerialOptions {
	/** GPIO: 1, 13, 17 (UART0), 5, 9, 21 (UART1). */
	receive?: number;
	/** GPIO: 0, 12, 16, 28 (UART0), 4, 8, 20 (UART1). */
	transmit?: number;
	/** Bits a second, 300 to 3,000,000. */
	baud: number;
	/** Data bits, 5 to 8. Default 8. */
	data?: number;
	/** Default "none". */
	parity?: "none" | "even" | "odd";
	/** Stop bits, 1 or 2. Default 1. */
	stop?: number;
	/** What `read` and `write` handle: single bytes as numbers, or buffers. Default "number". */
	format?: "number" | "buffer";
	/** `count` bytes can be read now. */
	onReadable?: (this: Serial, count: number) => void;
	/** `count` bytes can be written now: after opening, and when everything written has gone to the wire's FIFO. */
	onWritable?: (this: Serial, count: number) => void;
	/** Bytes were lost; the port goes on. `error.code`: ERR_SERIAL_OVERRUN, ERR_SERIAL_BREAK, ERR_SERIAL_PARITY, ERR_SERIAL_FRAMING. */
	onError?: (this: Serial, error: CodedError) => void;
}

/** The port, in C. */
type Handle = object;

const open = native<(receive: number, transmit: number, baud: number, data: number, parity: number, stop: number, told: (what: number, value: number) => void) => Handle>("xs_serial_open");
const readable = native<(handle: Handle) => number>("xs_serial_readable");
const writable = native<(handle: Handle) => number>("xs_serial_writable");
const readInto = native<(handle: Handle, buffer: Uint8Array) => void>("xs_serial_read");
const writeBytes = native<(handle: Handle, buffer: Uint8Array) => number>("xs_serial_write");
const closeHandle = native<(handle: Handle) => void>("xs_serial_close");

// What C tells, as in serial.c.
const toldReadable = 1;
const toldWritable = 2;

// Bits of UARTDR 11:8 (datasheet table 421); a break is a framing error too, and comes first.
const failures: readonly (readonly [bit: number, code: string, sentence: string])[] = [
	[8, "ERR_SERIAL_OVERRUN", "bytes came faster than they were read, some are lost"],
	[4, "ERR_SERIAL_BREAK", "the line was held low"],
	[2, "ERR_SERIAL_PARITY", "a byte with the wrong parity was dropped: has the other side the same settings?"],
	[1, "ERR_SERIAL_FRAMING", "a byte without stop bit was dropped: has the other side the same baud rate?"],
];

const highestPin = 29;
const noPin = -1;
const parities = ["none", "even", "odd"];

/** A serial port. It lives until `close()`, also when nobody holds it. */
export default class Serial {
	#handle: Handle | undefined;
	#format: "number" | "buffer";
	readonly #transmits: boolean;
	readonly #onReadable: SerialOptions["onReadable"];
	readonly #onWritable: SerialOptions["onWritable"];
	readonly #onError: SerialOptions["onError"];

	/**
	 * Takes pins and block.
	 *
	 * @throws TypeError, RangeError: an option is wrong. CodedError ERR_PIN_FUNCTION: a pin cannot be that signal; EBUSY: a pin or the
	 * block is in use, by whom is said; ENOMEM.
	 */
	constructor(options: SerialOptions) {
		const { data = 8, parity = "none", stop = 1 } = options;
		const receive = options.receive === undefined ? noPin : integer("receive", options.receive, 0, highestPin);
		const transmit = options.transmit === undefined ? noPin : integer("transmit", options.transmit, 0, highestPin);
		if (receive === noPin && transmit === noPin) {
			throw new TypeError("receive, transmit: expected at least one of the two");
		}
		const baud = integer("baud", options.baud, 300, 3_000_000);
		integer("data", data, 5, 8);
		integer("stop", stop, 1, 2);
		if (!parities.includes(parity)) {
			throw new RangeError(`parity: found ${String(parity)}, expected none, even or odd`);
		}
		this.#format = format(options.format ?? "number", ["number", "buffer"]);
		this.#transmits = transmit !== noPin;
		this.#onReadable = callback("onReadable", options.onReadable);
		this.#onWritable = callback("onWritable", options.onWritable);
		this.#onError = callback("onError", options.onError);
		this.#handle = open(receive, transmit, baud, data, parities.indexOf(parity), stop, (what, value) => this.#told(what, value));
	}

	/** "number": one byte at a time; "buffer": bytes in ArrayBuffers. */
	get format(): "number" | "buffer" {
		return this.#format;
	}

	set format(value: "number" | "buffer") {
		this.#format = format(value, ["number", "buffer"]);
	}

	/** Bytes that can be read now. */
	get readable(): number {
		return this.#handle ? readable(this.#handle) : 0;
	}

	/** Bytes that `write` takes now. */
	get writable(): number {
		return this.#handle ? writable(this.#handle) : 0;
	}

	/**
	 * Takes bytes that have come.
	 *
	 * @param what at most how many (default: all), or the buffer to fill.
	 * @returns the byte in format "number"; an ArrayBuffer; how many were put into the given buffer; undefined when there is nothing.
	 */
	read(): ArrayBuffer | number | undefined;
	read(count: number): ArrayBuffer | undefined;
	read(buffer: ArrayBufferLike | ArrayBufferView): number | undefined;
	read(what?: number | ArrayBufferLike | ArrayBufferView): ArrayBuffer | number | undefined {
		const handle = this.#handle;
		const available = handle ? readable(handle) : 0;
		if (!handle || available === 0) {
			return undefined;
		}
		if (typeof what === "object") {
			const given = bytes("buffer", what);
			const part = given.subarray(0, Math.min(given.length, available));
			readInto(handle, part);
			return part.length;
		}
		const fresh = new Uint8Array(this.#format === "number" ? 1 : Math.min(integer("count", what ?? available, 1, Number.MAX_SAFE_INTEGER), available));
		readInto(handle, fresh);
		return this.#format === "number" ? fresh[0] : fresh.buffer as ArrayBuffer;
	}

	/**
	 * Sends bytes: copied at once.
	 *
	 * @param value at most `writable` bytes; in format "number" one byte.
	 * @returns how many bytes may still be written.
	 * @throws RangeError more than `writable`; TypeError without `transmit`. CodedError ECLOSED.
	 */
	write(value: ArrayBufferLike | ArrayBufferView | number): number {
		if (!this.#handle) {
			throw new CodedError("ECLOSED", "serial: it is closed");
		}
		if (!this.#transmits) {
			throw new TypeError("serial: it was opened without `transmit`");
		}
		const buffer = typeof value === "number" ? Uint8Array.of(integer("value", value, 0, 255)) : bytes("value", value);
		const room = writable(this.#handle);
		if (buffer.length > room) {
			throw new RangeError(`serial: write of ${buffer.length} bytes, ${room} can be taken now`);
		}
		return writeBytes(this.#handle, buffer);
	}

	/** Gives pins and block back; what has not gone to the wire is lost. No callback comes afterwards. Harmless twice. */
	close(): void {
		const handle = this.#handle;
		this.#handle = undefined;
		if (handle) {
			closeHandle(handle);
		}
	}

	#told(what: number, value: number): void {
		if (!this.#handle) {
			return;
		}
		switch (what) {
			case toldReadable:
				this.#onReadable?.(value);
				return;
			case toldWritable:
				this.#onWritable?.(value);
				return;
			default: {
				const [, code, sentence] = failures.find(([bit]) => value & bit)!;
				this.#onError?.(new CodedError(code, `serial: ${sentence}`));
			}
		}
	}
}
