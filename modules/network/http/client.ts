// HTTP/1.1 client over any socket with the interface of TCP (ECMA-419 4th edition, "embedded:network/http/client").
// It is handed the kinds of socket and resolver to use; requests on one client share one connection, one after another.

import { bytesOf } from "../../base/bytes.ts";
import { CodedError } from "../../base/error.ts";
import { Exchange, type Connection } from "./exchange.ts";

/** A connection as the client makes one: TCP's and TLSSocket's interface. */
export interface Socket extends Connection {
	close(): void;
}

export interface SocketCallbacks {
	onReadable(count: number): void;
	onWritable(count: number): void;
	onError(error: CodedError): void;
}

export interface SocketClass<Instance extends Socket = Socket> {
	new(options: never): Instance;
}

export interface Resolver {
	resolve(options: { host: string }, told: (error: CodedError | null, address?: string) => void): void;
	close(): void;
}

export interface HTTPClientOptions {
	/** `io`: TCP or TLSSocket; whatever else is handed to it. */
	readonly socket: { readonly io: SocketClass; readonly [option: string]: unknown };
	/** Name of the server, or its address. */
	readonly host: string;
	/** Default 80. */
	readonly port?: number;
	/** `io`: the resolver's class; whatever else is handed to it. Not needed when `host` is an address. */
	readonly dns?: { readonly io: new (options: never) => Resolver; readonly [option: string]: unknown };
	/** Kept as the property of that name, for the app alone. */
	readonly target?: unknown;
	/** The connection ended while no request was under way. */
	onError?(error: CodedError): void;
}

export interface HTTPRequestOptions {
	/** Default "GET". */
	readonly method?: string;
	/** Path and query. Default "/". */
	readonly path?: string;
	/** A body is announced by content-length, or by transfer-encoding "chunked". */
	readonly headers?: ReadonlyMap<string, string | number>;
	/** Names, in lower case, of the only headers wanted in onHeaders. */
	readonly headersMask?: readonly string[];
	onHeaders?(this: HTTPRequest, status: number, headers: Map<string, string>, statusText: string): void;
	/** This many bytes of the response's body can be read. */
	onReadable?(this: HTTPRequest, count: number): void;
	/** This many bytes of the request's body can be written. */
	onWritable?(this: HTTPRequest, count: number): void;
	/** The last call: with null when the response came whole and was read, with the error otherwise. */
	onDone?(this: HTTPRequest, error: CodedError | null): void;
}

const address = /^\d{1,3}(?:\.\d{1,3}){3}$|:/;	// no name has a colon

/** A request under way. */
export class HTTPRequest {
	readonly options: HTTPRequestOptions;
	#exchange: Exchange | undefined;

	constructor(options: HTTPRequestOptions) {
		this.options = options;
	}

	/** The client's: the exchange that carries the request, while it does. */
	carry(exchange: Exchange | undefined): void {
		this.#exchange = exchange;
	}

	/**
	 * Reads bytes of the response's body that are there: at most `count` into a new ArrayBuffer (default all), or into the
	 * buffer given, answering how many. Undefined when nothing is there.
	 */
	read(count?: number): ArrayBuffer | undefined;
	read(buffer: ArrayBufferLike | ArrayBufferView): number | undefined;
	read(to?: number | ArrayBufferLike | ArrayBufferView): ArrayBuffer | number | undefined {
		if (typeof to !== "object") return this.#exchange?.read(to);
		return this.#exchange?.readInto(bytesOf(to)) || undefined;
	}

	/**
	 * Writes bytes of the request's body; without any, ends a chunked one. Answers how many more can be written now.
	 * @throws CodedError ERR_HTTP_REQUEST when there is no room for them, or it is not this request's turn
	 */
	write(bytes?: ArrayBufferLike | ArrayBufferView): number {
		if (this.#exchange === undefined) throw new CodedError("ERR_HTTP_REQUEST", "the request is not being sent; wait for onWritable");
		return this.#exchange.write(bytes && bytesOf(bytes));
	}
}

export default class HTTPClient {
	declare target?: unknown;
	readonly #options: HTTPClientOptions;
	readonly #queue: HTTPRequest[] = [];
	#socket: Socket | undefined;
	#resolver: Resolver | undefined;
	#current: HTTPRequest | undefined;
	#exchange: Exchange | undefined;
	#room = 0;
	#closed = false;

	constructor(options: HTTPClientOptions) {
		this.#options = options;
		if (options.target !== undefined) this.target = options.target;
	}

	/** The socket in use; undefined when there is none. */
	get socket(): Socket | undefined {
		return this.#socket;
	}

	/**
	 * Queues a request. One that cannot stand in HTTP (method, path, headers) is told so by its onDone: ERR_HTTP_REQUEST.
	 * @throws CodedError ERR_HTTP_CLOSED when the client is closed
	 */
	request(options: HTTPRequestOptions): HTTPRequest {
		if (this.#closed) throw new CodedError("ERR_HTTP_CLOSED", "the client is closed");
		const request = new HTTPRequest(options);
		this.#queue.push(request);
		this.#next();
		return request;
	}

	/** Ends the connection. Requests under way or waiting say nothing any more. Safe to call again. */
	close(): void {
		this.#closed = true;
		this.#queue.length = 0;
		this.#release();
	}

	#release(): void {
		this.#exchange?.stop();
		this.#exchange = undefined;
		this.#current?.carry(undefined);
		this.#current = undefined;
		this.#resolver?.close();
		this.#resolver = undefined;
		this.#socket?.close();
		this.#socket = undefined;
		this.#room = 0;
	}

	#next(): void {
		if (this.#current !== undefined) return;
		const request = this.#queue.shift();
		if (request === undefined) return;
		this.#current = request;
		if (this.#socket === undefined) this.#resolve();
		else this.#start();
	}

	#resolve(): void {
		const { host, dns } = this.#options;
		if (address.test(host)) return this.#connect(host);
		if (dns === undefined) {
			return this.#fail(new CodedError("ENOTFOUND", `${host}: no resolver was given, so only an address can be reached`));
		}
		const { io: ResolverClass, ...rest } = dns;
		this.#attempt(() => {
			this.#resolver = new ResolverClass(rest as never);
			this.#resolver.resolve({ host }, (error, address) => {
				this.#resolver?.close();
				this.#resolver = undefined;
				if (error) this.#fail(error);
				else this.#connect(address!);
			});
		});
	}

	#connect(address: string): void {
		const { io: SocketClass, ...rest } = this.#options.socket;
		this.#attempt(() => {
			const callbacks: SocketCallbacks = {
				onReadable: count => {
					if (this.#exchange !== undefined) this.#exchange.socketReadable(count);
					else this.#refuse(count);
				},
				onWritable: count => {
					this.#room = count;
					if (this.#exchange === undefined && this.#current !== undefined) this.#start();
					else this.#exchange?.socketWritable(count);
				},
				onError: error => this.#socketClosed(error),
			};
			this.#socket = new SocketClass({ ...rest, address, host: this.#options.host, port: this.#options.port ?? 80, ...callbacks } as never);
		});
	}

	/** Puts the current request onto the connection. */
	#start(): void {
		const request = this.#current!;
		const { method = "GET", path = "/", headersMask } = request.options;
		const headers = new Map([...request.options.headers ?? []].map(([name, value]) => [name, String(value)]));
		const { host, port = 80 } = this.#options;
		this.#attempt(() => {
			this.#exchange = new Exchange(this.#socket!, { method, path, headers, host: hostField(host, port, this.#options) }, {
				writable: count => request.options.onWritable?.call(request, count),
				head: (status, all, statusText) => request.options.onHeaders?.call(request, status, masked(all, headersMask), statusText),
				readable: count => request.options.onReadable?.call(request, count),
				done: reusable => this.#done(request, reusable),
				failed: error => this.#fail(error),
			});
			request.carry(this.#exchange);
			this.#exchange.socketWritable(this.#room);
		});
	}

	#attempt(step: () => void): void {
		try {
			step();
		} catch (error) {
			this.#fail(error as CodedError);
		}
	}

	#done(request: HTTPRequest, reusable: boolean): void {
		if (reusable) {
			this.#exchange = undefined;
			request.carry(undefined);
			this.#current = undefined;
		} else {
			this.#release();
		}
		request.options.onDone?.call(request, null);
		if (!this.#closed) this.#next();
	}

	#socketClosed(error: CodedError): void {
		this.#socket = undefined;	// it is closed already
		if (this.#exchange !== undefined) this.#exchange.socketClosed(error);
		else if (this.#current !== undefined) this.#fail(error);
		else this.#options.onError?.(error);
	}

	/** Bytes that nobody asked for end the connection (RFC 9112 section 9.2). */
	#refuse(count: number): void {
		this.#socket?.close();
		this.#socketClosed(new CodedError("ERR_HTTP_SYNTAX", `the server sent ${count} bytes that belong to no request`));
	}

	#fail(error: CodedError): void {
		const request = this.#current;
		this.#release();
		request?.options.onDone?.call(request, error);
		if (!this.#closed) this.#next();
	}
}

/** The host field: with the port, unless it is the scheme's own (RFC 9110 section 7.2). */
function hostField(host: string, port: number, { socket }: HTTPClientOptions): string {
	const schemePort = "tls" in socket || "secure" in socket ? 443 : 80;
	const shown = host.includes(":") ? `[${host}]` : host;
	return port === schemePort ? shown : `${shown}:${port}`;
}

function masked(headers: Map<string, string>, mask: readonly string[] | undefined): Map<string, string> {
	return mask === undefined ? headers : new Map([...headers].filter(([name]) => mask.includes(name)));
}
