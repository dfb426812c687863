// A UDP socket: ECMA-419, UDP socket class pattern.
//
// Above it: NTP, and whatever an app speaks itself. Below it: lwIP's raw UDP (udp.c).

import { bytesOf } from "../../../base/bytes.ts";
import { CodedError } from "../../../base/error.ts";

/** What a socket is made of. Callbacks run with `this` as the socket. */
export interface UDPOptions {
	/** The local port. Default 0: a free one, chosen at random. */
	port?: number;
	/** Kept as the property of that name, for the app alone. */
	target?: unknown;
	/** `count` datagrams can be read now. */
	onReadable?: (this: UDP, count: number) => void;
	/** The socket has failed; it is closed. */
	onError?: (this: UDP, error: CodedError) => void;
}

/** One datagram, with where it came from. */
export interface Datagram extends ArrayBuffer {
	/** The sender's address. */
	address: string;
	/** The sender's port. */
	port: number;
}

/** The socket itself, in C. */
type Handle = object;

const open = native<(port: number, told: (count: number) => void) => Handle>("xs_udp_open");
const readNext = native<(handle: Handle) => Datagram | undefined>("xs_udp_read");
const send = native<(handle: Handle, buffer: Uint8Array, address: string, port: number) => void>("xs_udp_write");
const droppedOf = native<(handle: Handle) => number>("xs_udp_dropped");
const closeHandle = native<(handle: Handle) => void>("xs_udp_close");

/** A UDP socket. It lives until `close()`, also when nobody holds it. */
export default class UDP {
	declare target?: unknown;
	#handle: Handle | undefined;
	readonly #onReadable: UDPOptions["onReadable"];

	/** @throws CodedError EINVAL (port), ENOMEM (too many sockets), EADDRINUSE (the port is taken), ENETUNREACH (no network was begun yet). */
	constructor(options: UDPOptions = {}) {
		this.#onReadable = options.onReadable;
		if (options.target !== undefined) this.target = options.target;
		this.#handle = open(Number(options.port ?? 0), (count) => {
			if (this.#handle) {
				this.#onReadable?.(count);
			}
		});
	}

	/** Datagrams are buffers. */
	get format(): "buffer" {
		return "buffer";
	}

	/**
	 * Takes the oldest datagram. Four of any length are kept, and behind them as many as fit into 4 KB with 40 bytes more each, for all sockets
	 * together: a burst of 20 short ones, say. What comes beyond that before it is read is dropped, and counted.
	 *
	 * @param buffer where its bytes are put; `address` and `port` are put onto it. Default: a buffer of their own.
	 * @returns the datagram, or how many bytes were put into the given buffer; undefined when there is none.
	 * @throws RangeError the given buffer is smaller than the datagram, which is gone. CodedError ECLOSED after `close()`.
	 */
	read(): Datagram | undefined;
	read(buffer: ArrayBufferLike | ArrayBufferView): number | undefined;
	read(buffer?: ArrayBufferLike | ArrayBufferView): Datagram | number | undefined {
		if (!this.#handle) {
			throw new CodedError("ECLOSED", "udp: read after the socket was closed");
		}
		const datagram = readNext(this.#handle);
		if (!datagram || !buffer) {
			return datagram;
		}
		const { address, port, byteLength } = datagram;
		if (byteLength > buffer.byteLength) {
			throw new RangeError(`udp: a datagram of ${byteLength} bytes does not fit into ${buffer.byteLength}`);
		}
		bytesOf(buffer).set(new Uint8Array(datagram));
		Object.assign(buffer, { address, port });
		return byteLength;
	}

	/** Datagrams that came and were not kept, because those before them were not read; 0 after `close()`. What networks lose is not among them. */
	get dropped(): number {
		return this.#handle ? droppedOf(this.#handle) : 0;
	}

	/**
	 * Sends one datagram. Whether it arrives, UDP does not tell.
	 *
	 * @param address IPv4 in dotted form, with `network/ipv6` also IPv6.
	 * @throws CodedError EINVAL (address, port), EMSGSIZE (over 1472 bytes), ENOMEM, ENETUNREACH, ECLOSED.
	 */
	write(buffer: ArrayBufferLike | ArrayBufferView, address: string, port: number): void {
		if (!this.#handle) {
			throw new CodedError("ECLOSED", "udp: write after the socket was closed");
		}
		send(this.#handle, bytesOf(buffer), String(address), Number(port));
	}

	/** Ends the socket. No callback comes afterwards. Harmless twice. */
	close(): void {
		const handle = this.#handle;
		this.#handle = undefined;
		if (handle) {
			closeHandle(handle);
		}
	}
}
