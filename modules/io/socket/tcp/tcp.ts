// A TCP connection: ECMA-419, TCP socket class pattern, with Moddable's spelling `nodelay` accepted.
//
// Above it: HTTP, and whatever an app speaks itself. Below it: lwIP's raw TCP (tcp.c).

import { bytesOf } from "../../../base/bytes.ts";
import { CodedError } from "../../../base/error.ts";

/** What a connection is made of. Callbacks run with `this` as the connection. */
export interface TCPOptions {
	/** IPv4 address, such as "192.0.2.1", with `network/ipv6` also IPv6; names are resolved before (`embedded:network/dns/resolver/udp`). */
	address: string;
	/** 1 to 65535. */
	port: number;
	/** Takes a connection over, one that a Listener read say, instead of making one; `address` and `port` are not needed then. */
	from?: undefined;
	/** Sends small writes at once (RFC 896's algorithm off). Default false. */
	noDelay?: boolean;
	/** Moddable's spelling of `noDelay`. */
	nodelay?: boolean;
	/** Milliseconds of silence before the other side is asked whether it still lives. Default: never. */
	keepAlive?: number;
	/** What `read` and `write` handle: buffers, or single bytes as numbers. Default "buffer". */
	format?: "buffer" | "number";
	/** Kept as the property of that name, for the app alone. */
	target?: unknown;
	/** `count` bytes can be read now. */
	onReadable?: (this: TCP, count: number) => void;
	/** `count` bytes can be written now. The first call means: connected. */
	onWritable?: (this: TCP, count: number) => void;
	/** The connection has ended, cleanly too (`error.code` "ECLOSED"), everything that came before has been read, and what was written has been taken. It is closed. */
	onError?: (this: TCP, error: CodedError) => void;
}

/** What takes a connection over: `from` is empty afterwards. */
export interface TCPTakeOptions extends Omit<TCPOptions, "address" | "port" | "from"> {
	from: TCP | Handle;
}

/** The connection itself, in C. */
type Handle = object;

const open = native<(address: string, port: number, noDelay: boolean, keepAliveMs: number, told: (event: number, value: number) => void) => Handle>("xs_tcp_open");
const adopt = native<(handle: Handle, noDelay: boolean, keepAliveMs: number, told: (event: number, value: number) => void) => void>("xs_tcp_adopt");
const remote = native<{ (handle: Handle, port: false): string | undefined; (handle: Handle, port: true): number | undefined }>("xs_tcp_remote");
const readable = native<(handle: Handle) => number>("xs_tcp_readable");
const writable = native<(handle: Handle) => number>("xs_tcp_writable");
const readNew = native<(handle: Handle, count: number) => ArrayBuffer>("xs_tcp_read");
const readInto = native<(handle: Handle, buffer: Uint8Array) => number>("xs_tcp_read_into");
const writeBuffer = native<(handle: Handle, buffer: Uint8Array) => number>("xs_tcp_write");
const closeHandle = native<(handle: Handle) => void>("xs_tcp_close");

// What C tells: xs_tcp_event of tcp.c.
const eventWritable = 1;
const eventReadable = 2;

// The ends of a connection by their number in C: xs_tcp_end of tcp.c.
const ends: readonly (readonly [code: string, sentence: string])[] = [
	["ECLOSED", "the other side closed the connection"],
	["ECONNREFUSED", "nothing listens there"],
	["ECONNRESET", "the other side reset the connection"],
	["ETIMEDOUT", "the other side does not answer"],
	["ENETUNREACH", "there is no way to it: is the network joined?"],
	["ENOMEM", "no memory is left for it: close other connections first"],
];

/** A TCP connection. It lives until `close()` or its end, also when nobody holds it. */
export default class TCP {
	declare target?: unknown;
	#handle: Handle | undefined;
	#format: "buffer" | "number";
	#name: string;
	readonly #onReadable: TCPOptions["onReadable"];
	readonly #onWritable: TCPOptions["onWritable"];
	readonly #onError: TCPOptions["onError"];

	/**
	 * Starts to connect, or takes a connection over, and tells then what it has already.
	 *
	 * @throws CodedError EINVAL (address or port), ENOMEM (too many connections, or no memory), ENETUNREACH (no network), ECLOSED (`from`
	 * was closed).
	 */
	constructor(options: TCPOptions | TCPTakeOptions) {
		const { noDelay = options.nodelay ?? false, keepAlive = 0, format = "buffer" } = options;
		this.#name = "tcp";
		this.#format = format;
		this.#onReadable = options.onReadable;
		this.#onWritable = options.onWritable;
		this.#onError = options.onError;
		if (options.target !== undefined) this.target = options.target;
		const told = (event: number, value: number) => this.#told(event, value);
		if (options.from === undefined) {
			const { address, port } = options;
			this.#name = `tcp ${address}:${port}`;
			this.#handle = open(String(address), Number(port), Boolean(noDelay), Number(keepAlive), told);
			return;
		}
		const { from } = options;
		if (!(from instanceof TCP)) {
			this.#handle = from;	// of a listener: nothing is told until another takes it over
		} else if (from.#handle) {
			adopt(from.#handle, Boolean(noDelay), Number(keepAlive), told);
			this.#handle = from.#handle;
			from.#handle = undefined;
		} else {
			throw new CodedError("ECLOSED", `${from.#name}: it was closed, and cannot be taken over`);
		}
		this.#name = `tcp ${this.remoteAddress}:${this.remotePort}`;
	}

	/** The other side's address; undefined after the end. */
	get remoteAddress(): string | undefined {
		return this.#handle && remote(this.#handle, false);
	}

	/** The other side's port; undefined after the end. */
	get remotePort(): number | undefined {
		return this.#handle && remote(this.#handle, true);
	}

	/** "buffer": bytes in ArrayBuffers; "number": one byte at a time. */
	get format(): "buffer" | "number" {
		return this.#format;
	}

	set format(format: "buffer" | "number") {
		if (format !== "buffer" && format !== "number") {
			throw new RangeError(`format "${format}": expected "buffer" or "number"`);
		}
		this.#format = format;
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
	 * @returns an ArrayBuffer; how many were put into the given buffer; the byte in format "number"; undefined when there is nothing.
	 * @throws CodedError ECLOSED after the end.
	 */
	read(): ArrayBuffer | number | undefined;
	read(count: number): ArrayBuffer | undefined;
	read(buffer: ArrayBufferLike | ArrayBufferView): number | undefined;
	read(what?: number | ArrayBufferLike | ArrayBufferView): ArrayBuffer | number | undefined {
		const handle = this.#handle;
		if (!handle) {
			throw new CodedError("ECLOSED", `${this.#name}: read after the connection was closed`);
		}
		const available = readable(handle);
		if (available === 0) {
			return undefined;
		}
		if (this.#format === "number") {
			return new Uint8Array(readNew(handle, 1))[0];
		}
		if (typeof what === "object") {
			return readInto(handle, bytesOf(what));
		}
		return readNew(handle, Math.min(what ?? available, available));
	}

	/**
	 * Sends bytes: copied at once, delivered in order.
	 *
	 * @param value at most `writable` bytes; in format "number" one byte.
	 * @returns how many bytes may still be written.
	 * @throws RangeError more than `writable`. CodedError ECLOSED after the end, ENOMEM nothing was taken.
	 */
	write(value: ArrayBufferLike | ArrayBufferView | number): number {
		if (!this.#handle) {
			throw new CodedError("ECLOSED", `${this.#name}: write after the connection was closed`);
		}
		return writeBuffer(this.#handle, typeof value === "number" ? Uint8Array.of(value) : bytesOf(value));
	}

	/** Ends the connection; what was written is still delivered, for 10 s at most. No callback comes afterwards. Harmless twice. */
	close(): void {
		const handle = this.#handle;
		this.#handle = undefined;
		if (handle) {
			closeHandle(handle);
		}
	}

	#told(event: number, value: number): void {
		if (!this.#handle) {
			return;
		}
		switch (event) {
			case eventWritable:
				this.#onWritable?.(value);
				return;
			case eventReadable:
				this.#onReadable?.(value);
				return;
			default: {
				this.close();
				const [code, sentence] = ends[value]!;
				this.#onError?.(new CodedError(code, `${this.#name}: ${sentence}`));
			}
		}
	}
}
