// One request of a fetch, without redirects: a client of its own, a promise of the head, the body piece by piece.
// It is handed the layers below, so that it can be tried without a network. Used by fetch.ts.

import { CodedError } from "../base/error.ts";
import HTTPClient, { type HTTPClientOptions, type HTTPRequest } from "../network/http/client.ts";
import type { HttpUrl } from "./http-url.ts";
import type { BodySource, SecurityFacts } from "./response.ts";

/** The layers below: kinds of socket and resolver, and the timers. */
export interface Network {
	readonly tcp: HTTPClientOptions["socket"]["io"];
	readonly tls: HTTPClientOptions["socket"]["io"];
	readonly resolver: NonNullable<HTTPClientOptions["dns"]>["io"];
	/** Takes note that a proven server says another time than the clock; true for the first. Absent: nobody wants to know. */
	readonly doubtTime?: () => boolean;
}

export interface CallOptions {
	readonly url: HttpUrl;
	readonly method: string;
	/** With host and content-length where they are needed. */
	readonly headers: ReadonlyMap<string, string>;
	readonly body: Uint8Array | undefined;
}

export interface Head {
	readonly status: number;
	readonly statusText: string;
	readonly headers: Map<string, string>;
	readonly tls: SecurityFacts | undefined;
}

interface Waiter<Value> {
	resolve(value: Value): void;
	reject(error: unknown): void;
}

/** Settles exactly once: with the head, or with why there is none; then the same for each piece of the body. */
export class Call implements BodySource {
	readonly head: Promise<Head>;
	readonly #client: HTTPClient;
	readonly #options: CallOptions;
	readonly #over: () => void;
	#headWaiter: Waiter<Head> | undefined;
	#pieceWaiter: Waiter<Uint8Array<ArrayBuffer> | undefined> | undefined;
	#request: HTTPRequest | undefined;
	#written = 0;
	#readable = 0;
	#whole = false;
	#error: { readonly reason: unknown } | undefined;

	/**
	 * Made first, begun by `start`: a call may be over before that returns.
	 * @param over called once, when nothing more will come or be asked for
	 */
	constructor(options: CallOptions, network: Network, over: () => void) {
		const { url } = options;
		this.#options = options;
		this.#over = over;
		this.head = new Promise((resolve, reject) => {
			this.#headWaiter = { resolve, reject };
		});
		const secure = url.protocol === "https:";
		this.#client = new HTTPClient({
			socket: secure ? { io: network.tls, tls: { host: url.host } } : { io: network.tcp },
			host: url.host,
			port: url.port,
			dns: { io: network.resolver },
		});
	}

	/** Sends the request. */
	start(): void {
		const call = this;
		const { method, url, headers } = this.#options;
		this.#client.request({
			method,
			path: url.path,
			headers,
			onWritable(count) {
				call.#write(this, count);
			},
			onHeaders(status, responseHeaders, statusText) {
				call.#request = this;
				const socket = call.#client.socket as { readonly session?: SecurityFacts } | undefined;
				call.#headWaiter?.resolve({ status, statusText, headers: responseHeaders, tls: socket?.session });
				call.#headWaiter = undefined;
			},
			onReadable(count) {
				call.#readable = count;
				call.#deliver();
			},
			onDone(error) {
				if (error !== null) call.fail(error);
				else call.#end();
			},
		});
	}

	/** True when nothing more will come: it came whole, failed, or was given up. */
	get isOver(): boolean {
		return this.#whole || this.#error !== undefined;
	}

	/** Gives up: whoever waits, or asks later, gets `reason`. The first reason stays. */
	fail(reason: unknown): void {
		if (this.#error !== undefined || this.#whole) return;
		this.#error = { reason };
		this.#client.close();
		this.#headWaiter?.reject(reason);
		this.#headWaiter = undefined;
		this.#pieceWaiter?.reject(reason);
		this.#pieceWaiter = undefined;
		this.#over();
	}

	next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
		return new Promise((resolve, reject) => {
			this.#pieceWaiter = { resolve, reject };
			this.#deliver();
		});
	}

	cancel(): void {
		this.fail(new CodedError("ERR_HTTP_CLOSED", "the rest of the body was given up"));
	}

	#write(request: HTTPRequest, room: number): void {
		const { body } = this.#options;
		while (body !== undefined && room > 0 && this.#written < body.length) {
			const piece = body.subarray(this.#written, this.#written + room);
			this.#written += piece.length;
			room = request.write(piece);
		}
	}

	#deliver(): void {
		const waiter = this.#pieceWaiter;
		if (waiter === undefined) return;
		if (this.#error !== undefined) {
			this.#pieceWaiter = undefined;
			waiter.reject(this.#error.reason);
		} else if (this.#readable > 0) {
			const bytes = this.#request?.read(Math.min(this.#readable, mostPieceBytes));
			this.#readable = bytes === undefined ? 0 : this.#readable - bytes.byteLength;
			if (bytes === undefined) return;	// the connection is gone: onDone says so next
			this.#pieceWaiter = undefined;
			waiter.resolve(new Uint8Array(bytes));
		} else if (this.#whole) {
			this.#pieceWaiter = undefined;
			waiter.resolve(undefined);
		}
	}

	#end(): void {
		this.#whole = true;
		this.#client.close();
		this.#deliver();
		this.#over();
	}
}

/** Longest piece of a body that is handed out at once. */
const mostPieceBytes = 4096;
