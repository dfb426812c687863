// A device on an I2C bus: ECMA-419, IO class "I2C".
//
// Below it: one of the RP2040's two I2C blocks as master (i2c.c). Devices of one bus are opened with the same pins and speed.

import { CodedError } from "../../base/error.ts";
import { bytes, format, integer } from "../options/options.ts";

/** What a device is made of. */
export interface I2COptions {
	/** GPIO of SDA: 0, 4, 8, 12, 16, 20 (I2C0), 2, 6, 10, 14, 18, 22, 26 (I2C1), 28 (I2C0). */
	data: number;
	/** GPIO of SCL: an odd pin of the same block, such as `data` + 1. */
	clock: number;
	/** Bits a second, 10,000 to 1,000,000. Default 100,000. All devices of a bus have the same. */
	hz?: number;
	/** Seven bits, 0x08 to 0x77. */
	address: number;
	/** Milliseconds that a device may hold the clock, for each transfer, 1 to 1000. Default 25 (SMBus's limit). */
	timeout?: number;
	/** Buffers only. */
	format?: "buffer";
}

/** The device, in C. */
type Handle = object;

const open = native<(data: number, clock: number, hz: number, address: number, timeoutMs: number) => Handle>("xs_i2c_open");
const transfer = native<(handle: Handle, buffer: Uint8Array, reads: boolean, stop: boolean) => void>("xs_i2c_transfer");
const closeHandle = native<(handle: Handle) => void>("xs_i2c_close");

const highestPin = 29;
const bitsPerByte = 9;
/** No transfer takes longer: the loop waits for it. */
const longestTransferMs = 1000;

/** A device on an I2C bus. It keeps its address, and the bus, until `close()`, also when nobody holds it. */
export default class I2C {
	#handle: Handle | undefined;
	readonly #longestBytes: number;

	/**
	 * Takes the pins and the block, or shares them with the other devices of the bus.
	 *
	 * @throws TypeError, RangeError: an option is wrong. CodedError ERR_PIN_FUNCTION: the pins are not SDA and SCL of one block; EBUSY:
	 * a pin, the block or the address is in use, by whom is said, or the bus has another speed; ENOMEM.
	 */
	constructor(options: I2COptions) {
		const { hz = 100_000, timeout = 25 } = options;
		format(options.format ?? "buffer", ["buffer"]);
		const data = integer("data", options.data, 0, highestPin);
		const clock = integer("clock", options.clock, 0, highestPin);
		const address = integer("address", options.address, 0x08, 0x77);
		integer("hz", hz, 10_000, 1_000_000);
		integer("timeout", timeout, 1, 1000);
		this.#longestBytes = Math.floor((hz * longestTransferMs) / 1000 / bitsPerByte);
		this.#handle = open(data, clock, hz, address, timeout);
	}

	/** Buffers only. */
	get format(): "buffer" {
		return "buffer";
	}

	set format(value: "buffer") {
		format(value, ["buffer"]);
	}

	/**
	 * Reads from the device. Blocks for the bytes' own time on the bus (9 bits each), and `timeout` more at most.
	 *
	 * @param what how many bytes, or the buffer to fill: a second's worth at most.
	 * @param stop false: the bus is held, and this device's next transfer begins with a repeated start. Default true.
	 * @returns a new ArrayBuffer; the count for a given buffer.
	 * @throws RangeError; CodedError ERR_I2C_ADDRESS: nobody has the address; ERR_I2C_ARBITRATION; ETIMEDOUT: a line stays low; EBUSY:
	 * another device holds the bus; ECLOSED.
	 */
	read(count: number, stop?: boolean): ArrayBuffer;
	read(buffer: ArrayBufferLike | ArrayBufferView, stop?: boolean): number;
	read(what: number | ArrayBufferLike | ArrayBufferView, stop = true): ArrayBuffer | number {
		const buffer = typeof what === "number" ? new Uint8Array(integer("count", what, 1, this.#longestBytes)) : bytes("buffer", what);
		this.#transfer(buffer, true, stop);
		return typeof what === "number" ? buffer.buffer as ArrayBuffer : buffer.length;
	}

	/**
	 * Writes to the device. Blocks for the bytes' own time on the bus (9 bits each), and `timeout` more at most.
	 *
	 * @param buffer a second's worth at most.
	 * @param stop false: the bus is held, and this device's next transfer begins with a repeated start. Default true.
	 * @throws as `read`, and CodedError ERR_I2C_DATA: the device refuses a byte.
	 */
	write(buffer: ArrayBufferLike | ArrayBufferView, stop = true): void {
		this.#transfer(bytes("buffer", buffer), false, stop);
	}

	#transfer(buffer: Uint8Array, reads: boolean, stop: boolean): void {
		if (!this.#handle) {
			throw new CodedError("ECLOSED", "i2c: it is closed");
		}
		integer("length of the buffer", buffer.length, 1, this.#longestBytes);
		transfer(this.#handle, buffer, reads, Boolean(stop));
	}

	/** Gives the address back, and pins and block with the bus's last device. Harmless twice. */
	close(): void {
		const handle = this.#handle;
		this.#handle = undefined;
		if (handle) {
			closeHandle(handle);
		}
	}
}
