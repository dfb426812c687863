// A port on which others connect to us: ECMA-419, TCP listener class pattern.
//
// Above it: servers of an app. Below it: lwIP's raw TCP (listener.c); the connections are those of tcp.ts.

import { CodedError } from "../../../base/error.ts";
import TCP from "./tcp.ts";

/** What a listener is made of. Callbacks run with `this` as the listener. */
export interface ListenerOptions {
	/** The local port. Default 0: a free one; `port` tells which. */
	port?: number;
	/** The local address. Default: every one that the board has. */
	address?: string;
	/** Kept as the property of that name, for the app alone. */
	target?: unknown;
	/** `count` connections can be read now. */
	onReadable?: (this: Listener, count: number) => void;
}

/** The listener itself, in C. */
type Handle = object;

const open = native<(address: string, port: number, told: (count: number) => void) => Handle>("xs_listener_open");
const readNext = native<(handle: Handle) => object | undefined>("xs_listener_read");
const localPort = native<(handle: Handle) => number>("xs_listener_port");
const closeHandle = native<(handle: Handle) => void>("xs_listener_close");

/** Listens until `close()`, also when nobody holds it. Four connections wait to be read; one more is reset. */
export default class Listener {
	declare target?: unknown;
	#handle: Handle | undefined;
	readonly #onReadable: ListenerOptions["onReadable"];

	/** @throws CodedError EINVAL (address or port), EADDRINUSE (the port is taken), EADDRNOTAVAIL, ENOMEM (two listen already, or no memory), ENETUNREACH (no network was begun yet). */
	constructor({ port = 0, address = "", target, onReadable }: ListenerOptions = {}) {
		if (target !== undefined) this.target = target;
		this.#onReadable = onReadable;
		this.#handle = open(String(address), Number(port), (count) => {
			if (this.#handle) {
				this.#onReadable?.(count);
			}
		});
	}

	/** Connections are sockets. */
	get format(): "socket/tcp" {
		return "socket/tcp";
	}

	/** The local port; undefined once it is closed. */
	get port(): number | undefined {
		return this.#handle && localPort(this.#handle);
	}

	/**
	 * Takes the oldest connection that waits. Nothing is told of it: make a connection with callbacks from it,
	 * `new TCP({ from: listener.read(), onReadable() {} })`, or close it.
	 *
	 * @returns undefined when none waits.
	 */
	read(): TCP | undefined {
		if (!this.#handle) {
			throw new CodedError("ECLOSED", "listener: read after it was closed");
		}
		const handle = readNext(this.#handle);
		return handle && new TCP({ from: handle });
	}

	/** Stops listening; connections that nobody read are reset, those that were read live on. Harmless twice. */
	close(): void {
		const handle = this.#handle;
		this.#handle = undefined;
		if (handle) {
			closeHandle(handle);
		}
	}
}
