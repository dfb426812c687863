// A device on an SPI bus: ECMA-419, IO class "SPI".
//
// Below it: one of the RP2040's two SPI blocks as master (spi.c).

import { CodedError } from "../../base/error.ts";
import { bytes, format, integer } from "../options/options.ts";

/** What a device is made of. At least one of `in` and `out`. */
export interface SPIOptions {
	/** GPIO from the device: 0, 4, 16, 20 (SPI0), 8, 12, 28 (SPI1). */
	in?: number;
	/** GPIO to the device: 3, 7, 19 (SPI0), 11, 15, 27 (SPI1). */
	out?: number;
	/** GPIO of the clock: 2, 6, 18, 22 (SPI0), 10, 14, 26 (SPI1). */
	clock: number;
	/** Any GPIO: active during each call of `read`, `write` and `transfer`. Default: none. */
	select?: number;
	/** The level at which the device is selected, 0 or 1. Default 0. */
	active?: 0 | 1;
	/** Bits a second at most, 2,000 to 62,500,000; the next lower that the divider has is taken. */
	hz: number;
	/** Clock polarity (bit 1) and phase (bit 0), 0 to 3. Default 0. */
	mode?: number;
	/** Buffers only. */
	format?: "buffer";
}

/** The device, in C. */
type Handle = object;

const open = native<(input: number, output: number, clock: number, select: number, active: boolean, hz: number, mode: number) => Handle>("xs_spi_open");
const transferBytes = native<(handle: Handle, buffer: Uint8Array, reads: boolean, writes: boolean) => void>("xs_spi_transfer");
const hzOf = native<(handle: Handle) => number>("xs_spi_hz");
const closeHandle = native<(handle: Handle) => void>("xs_spi_close");

const highestPin = 29;
const noPin = -1;
/** No transfer takes longer: the loop waits for it. */
const longestTransferMs = 1000;

function optionalPin(what: string, pin: number | undefined): number {
	return pin === undefined ? noPin : integer(what, pin, 0, highestPin);
}

/** A device on an SPI bus, most significant bit first. It keeps pins and block until `close()`, also when nobody holds it. */
export default class SPI {
	#handle: Handle | undefined;
	readonly #reads: boolean;
	readonly #writes: boolean;

	/**
	 * Takes pins and block.
	 *
	 * @throws TypeError, RangeError: an option is wrong. CodedError ERR_PIN_FUNCTION: a pin cannot be that signal; EBUSY: a pin or the
	 * block is in use, by whom is said; ENOMEM.
	 */
	constructor(options: SPIOptions) {
		const { mode = 0, active = 0 } = options;
		format(options.format ?? "buffer", ["buffer"]);
		const input = optionalPin("in", options.in);
		const output = optionalPin("out", options.out);
		const clock = integer("clock", options.clock, 0, highestPin);
		const select = optionalPin("select", options.select);
		const hz = integer("hz", options.hz, 2_000, 62_500_000);
		integer("active", active, 0, 1);
		integer("mode", mode, 0, 3);
		if (input === noPin && output === noPin) {
			throw new TypeError("in, out: expected at least one of the two");
		}
		if (select !== noPin && [input, output, clock].includes(select)) {
			throw new RangeError(`select: GPIO ${select} is a signal of the bus already`);
		}
		this.#reads = input !== noPin;
		this.#writes = output !== noPin;
		this.#handle = open(input, output, clock, select, active === 1, hz, mode);
	}

	/** Buffers only. */
	get format(): "buffer" {
		return "buffer";
	}

	set format(value: "buffer") {
		format(value, ["buffer"]);
	}

	/** Bits a second that the divider really gives. */
	get hz(): number {
		return hzOf(this.#opened());
	}

	/**
	 * Reads from the device, while zeros are written. Blocks for the bytes' own time, a second at most.
	 *
	 * @param what how many bytes, or the buffer to fill.
	 * @returns a new ArrayBuffer; the count for a given buffer.
	 * @throws TypeError without `in`; RangeError: longer than a second; CodedError ECLOSED.
	 */
	read(count: number): ArrayBuffer;
	read(buffer: ArrayBufferLike | ArrayBufferView): number;
	read(what: number | ArrayBufferLike | ArrayBufferView): ArrayBuffer | number {
		const buffer = typeof what === "number" ? new Uint8Array(integer("count", what, 1, this.#longestBytes)) : bytes("buffer", what);
		this.#transfer(buffer, true, false);
		return typeof what === "number" ? buffer.buffer as ArrayBuffer : buffer.length;
	}

	/** Writes to the device; what it sends meanwhile is dropped. Blocks as `read`. @throws as `read`, TypeError without `out`. */
	write(buffer: ArrayBufferLike | ArrayBufferView): void {
		this.#transfer(bytes("buffer", buffer), false, true);
	}

	/** Writes the buffer's bytes and puts what comes meanwhile in their place. Blocks as `read`. @returns the buffer. @throws as `read` and `write`. */
	transfer<B extends ArrayBufferLike | ArrayBufferView>(buffer: B): B {
		this.#transfer(bytes("buffer", buffer), true, true);
		return buffer;
	}

	get #longestBytes(): number {
		return Math.floor((this.hz * longestTransferMs) / 1000 / 8);
	}

	#transfer(buffer: Uint8Array, reads: boolean, writes: boolean): void {
		const handle = this.#opened();
		if (reads && !this.#reads || writes && !this.#writes) {
			throw new TypeError(`spi: it was opened without \`${reads && !this.#reads ? "in" : "out"}\``);
		}
		integer("length of the buffer", buffer.length, 1, this.#longestBytes);
		transferBytes(handle, buffer, reads, writes);
	}

	/** Gives pins and block back. Harmless twice. */
	close(): void {
		const handle = this.#handle;
		this.#handle = undefined;
		if (handle) {
			closeHandle(handle);
		}
	}

	#opened(): Handle {
		if (!this.#handle) {
			throw new CodedError("ECLOSED", "spi: it is closed");
		}
		return this.#handle;
	}
}
