// One client of an HTTP/1.1 server: requests and responses over a connection that is there, one after another. Used by server.ts.
// Nothing here knows what kind of socket it is.

import { bytesOf } from "../../base/bytes.ts";
import { CodedError } from "../../base/error.ts";
import { isFieldValue, isToken } from "../../web/field-syntax.ts";
import { BodyFraming } from "./body-framing.ts";
import { hasOption } from "./field-line.ts";
import { Inflow, type Source } from "./inflow.ts";
import { latin1Bytes } from "./latin1.ts";
import { LineReader } from "./line-reader.ts";
import { OutgoingBody, type Sink } from "./outgoing-body.ts";
import type { Framing } from "./response-head.ts";
import { addRequestField, beginRequest, refusal, requestFraming, type RequestHead } from "./server-request.ts";

/** The part of a socket that a connection uses, and by whose class it is taken over (ECMA-419 clause 10). */
export interface ServerSocket extends Source, Sink {
	readonly remoteAddress?: string | undefined;
	readonly remotePort?: number | undefined;
	close(): void;
}

/** What a server answers. */
export interface HTTPResponse {
	/** 200 to 599. */
	status: number;
	/** A body is announced by content-length; without it, it goes out in chunks, or up to the end of the connection to HTTP/1.0. */
	readonly headers: Map<string, string | number>;
}

/** What a client asks, as `onRequest` is told. */
export interface HTTPRequestHead {
	readonly method: string;
	/** Path and query, as they were sent. */
	readonly path: string;
	/** Names in lower case. */
	readonly headers: ReadonlyMap<string, string>;
}

/** What is told of each request, in this order. `this` is the connection; `onError` may come instead of any of them. */
export interface HTTPRequestHandler {
	onRequest?(this: HTTPServerConnection, request: HTTPRequestHead): void;
	/** This many bytes of the request's body can be read. Without it, or unread, a body is dropped. */
	onReadable?(this: HTTPServerConnection, count: number): void;
	/**
	 * The request came whole: fill the response in and hand it to `respond`, now or later. Without it, that is done with status 200. Who responds
	 * sooner is not told this; what is left of the body is dropped, and the connection ends behind the response.
	 */
	onResponse?(this: HTTPServerConnection, response: HTTPResponse): void;
	/** This many bytes of the response's body can be written. */
	onWritable?(this: HTTPServerConnection, count: number): void;
	/** The response has gone out; the connection serves another request, or is closed. */
	onDone?(this: HTTPServerConnection): void;
	/** The request cannot be served: the client was told, where it could be, and the connection is closed. */
	onError?(this: HTTPServerConnection, error: CodedError): void;
}

/** The same with `onRequest` as the standard has it (4th edition, clause 21); it names two parameters at least. */
export interface StandardRequestHandler extends Omit<HTTPRequestHandler, "onRequest"> {
	onRequest(this: HTTPServerConnection, method: string, path: string, headers: ReadonlyMap<string, string>): void;
}

type State = "new" | "head" | "request body" | "waiting" | "response head" | "response body" | "lingering" | "closed";

/** Longest head of a request, and most bytes of body that are dropped unread, before the client is sent away. */
const mostHeadBytes = 6144;
const mostDroppedBytes = 65_536;
/** What a field takes in memory beside its text. */
const fieldBytes = 96;
/** A client that is still sending would lose the last response by a reset: what it sends is dropped, for so long (RFC 9112 section 9.6). */
const lingerMs = 5_000;

const reasons: Readonly<Record<number, string>> = {
	200: "OK", 201: "Created", 204: "No Content", 301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
	400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
	413: "Content Too Large", 431: "Request Header Fields Too Large", 500: "Internal Server Error", 501: "Not Implemented",
	503: "Service Unavailable", 505: "HTTP Version Not Supported",
};

/** What the heads of all clients of a server may take in memory yet, together. */
export interface HeadRoom {
	bytes: number;
}

/** A client: nobody has asked it anything yet until `accept`. */
export class HTTPServerConnection {
	readonly remoteAddress: string | undefined;
	readonly remotePort: number | undefined;
	#socket: ServerSocket;
	/** What `accept` was given: each request begins with it. */
	#accepted: HTTPRequestHandler = {};
	/** Who is told of the request at hand. */
	#handler: HTTPRequestHandler = {};
	#route: HTTPRequestHandler | StandardRequestHandler | undefined;
	readonly #idleMs: number;
	readonly #headRoom: HeadRoom;
	/** Of it, what this client's head takes. */
	#heldBytes = 0;
	readonly #inflow: Inflow;
	readonly #lines: LineReader;
	#state: State = "new";
	#head: RequestHead | undefined;
	#headBytes = 0;
	#body: BodyFraming | undefined;
	#dropped = 0;
	/** Bytes of body told by `onReadable` and not read since. */
	#told = 0;
	/** What of the response's head is not sent yet. */
	#out: Uint8Array = new Uint8Array(0);
	#room = 0;
	#response: OutgoingBody | undefined;
	/** The head that `onRequest` is being told. */
	#asking: RequestHead | undefined;
	#keepAlive = false;
	/** The response began before the request's end: what is left of that is dropped. */
	#early = false;
	#advancing = false;
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** @param idleMs a client that is silent so long while it is to speak is sent away */
	constructor(socket: ServerSocket, idleMs: number, headRoom: HeadRoom) {
		this.#socket = socket;
		this.remoteAddress = socket.remoteAddress;
		this.remotePort = socket.remotePort;
		this.#idleMs = idleMs;
		this.#headRoom = headRoom;
		this.#inflow = new Inflow({ read: count => this.#socket.read(count) });
		this.#lines = new LineReader(this.#inflow);
	}

	/* What the app calls. */

	/** Serves the client's requests, one after another. @throws CodedError ERR_HTTP_TAKEN when it was accepted, detached or closed */
	accept(handler: HTTPRequestHandler): void;
	accept(handler: StandardRequestHandler): void;
	accept(handler: HTTPRequestHandler | StandardRequestHandler): void {
		if (this.#state !== "new") throw taken();
		this.#handler = this.#accepted = callbacksOf(handler);
		this.#state = "head";
		this.#socket = takenOver(this.#socket, {
			onReadable: count => this.#socketReadable(count),
			onWritable: count => this.#socketWritable(count),
			onError: error => this.#socketClosed(error),
		});
		this.#watch();
	}

	/**
	 * Hands the socket over to another protocol: without callbacks, to be taken over. Bytes that were read ahead of it are gone.
	 * @throws CodedError ERR_HTTP_TAKEN when it was closed
	 */
	detach(): ServerSocket {
		if (this.#state === "closed") throw taken();
		const socket = this.#state === "new" ? this.#socket : takenOver(this.#socket, {});
		this.#state = "closed";
		this.#forgetHead();
		clearTimeout(this.#timer);
		return socket;
	}

	/** Set for the request at hand: what is told goes to it from then on, to its `onRequest` at once while the handler's own runs. */
	get route(): HTTPRequestHandler | StandardRequestHandler | undefined {
		return this.#route;
	}

	set route(route: HTTPRequestHandler | StandardRequestHandler) {
		this.#route = route;
		this.#handler = callbacksOf(route);
		if (this.#asking !== undefined) this.#ask(this.#asking);
	}

	/**
	 * Reads bytes of the request's body that are there: at most `count` into a new ArrayBuffer (default all), or into the buffer given,
	 * answering how many. Undefined when there are none.
	 */
	read(count?: number): ArrayBuffer | undefined;
	read(buffer: ArrayBufferLike | ArrayBufferView): number | undefined;
	read(to: number | ArrayBufferLike | ArrayBufferView = this.#told): ArrayBuffer | number | undefined {
		const body = this.#body;
		const available = Math.min(typeof to === "number" ? to : to.byteLength, this.#told);
		if (body === undefined || available <= 0) return undefined;
		const read = typeof to === "number" ? this.#inflow.take(available) : this.#inflow.takeInto(bytesOf(to).subarray(0, available));
		const count = typeof read === "number" ? read : read.byteLength;
		body.took(count);
		this.#told -= count;
		if (this.#told === 0) queueMicrotask(() => this.#advance());
		return read;
	}

	/**
	 * Begins the response: at the request's end, or sooner, to refuse a body say.
	 * @throws CodedError ERR_HTTP_RESPONSE when there is no request to answer, or status or headers cannot stand in a response
	 */
	respond({ status, headers }: HTTPResponse): void {
		const request = this.#head;
		if ((this.#state !== "waiting" && this.#state !== "request body") || request === undefined) throw new CodedError("ERR_HTTP_RESPONSE", "no request waits for a response");
		if (!Number.isInteger(status) || status < 200 || status > 599) throw new CodedError("ERR_HTTP_RESPONSE", `${status} is no status of a response`);
		const lines = [`HTTP/1.1 ${status} ${reasons[status] ?? ""}`];
		for (const [name, value] of headers) {
			if (!isToken(name) || !isFieldValue(String(value))) throw new CodedError("ERR_HTTP_RESPONSE", `header ${JSON.stringify(name)} cannot stand in a response`);
			if (name.toLowerCase() !== "transfer-encoding") lines.push(`${name}: ${value}`);
		}
		const field = (wanted: string): string | undefined => {
			const found = [...headers].find(([name]) => name.toLowerCase() === wanted);
			return found && String(found[1]);
		};
		const encoding = field("transfer-encoding");
		const length = encoding === undefined ? field("content-length") : undefined;
		if (encoding !== undefined && (encoding.toLowerCase() !== "chunked" || field("content-length") !== undefined)) {
			throw new CodedError("ERR_HTTP_RESPONSE", "a response's body has a content-length, or the transfer-encoding chunked, not both");
		}
		if (length !== undefined && !/^\d{1,15}$/.test(length)) throw new CodedError("ERR_HTTP_RESPONSE", `content-length ${JSON.stringify(length)} is no number`);
		const framing: Framing = request.method === "HEAD" || status === 204 || status === 304 ? { kind: "none" }
			: length !== undefined ? { kind: "length", bytes: Number(length) }
			: request.minorVersion === 1 ? { kind: "chunked" } : { kind: "close" };
		this.#response = new OutgoingBody(framing, this.#socket);
		if (framing.kind === "chunked") lines.push("transfer-encoding: chunked");
		this.#early = this.#state === "request body" && !this.#body!.complete;
		this.#keepAlive = !this.#early && framing.kind !== "close" && request.minorVersion === 1
			&& !hasOption(request.headers.get("connection"), "close") && !hasOption(field("connection"), "close");
		if (!this.#keepAlive && !hasOption(field("connection"), "close")) lines.push("connection: close");
		this.#out = latin1Bytes(`${lines.join("\r\n")}\r\n\r\n`);
		this.#state = "response head";
		this.#watch();
		this.#send();
		queueMicrotask(() => {
			this.#advance();
			this.#tellWritable();
		});
	}

	/** Bytes of the response's body that can be written now. */
	get writable(): number {
		return this.#state === "response body" ? this.#response!.fitting(this.#room) : 0;
	}

	/**
	 * Sends bytes of the response's body; without bytes, ends one that has no content-length. Answers how many more can be written now.
	 * @throws CodedError ERR_HTTP_RESPONSE when they are more than there is room for
	 */
	write(bytes?: ArrayBufferLike | ArrayBufferView): number {
		const piece = bytes && bytesOf(bytes);
		if (piece !== undefined && piece.length > this.writable) {
			throw new CodedError("ERR_HTTP_RESPONSE", `${piece.length} bytes of body to write, room for ${this.writable}; wait for onWritable`);
		}
		const body = this.#response;
		if (this.#state !== "response body" || body === undefined) return 0;
		if (piece === undefined) this.#room = body.end(this.#room);
		else if (piece.length > 0) this.#room = body.send(piece);
		if (body.over) this.#done();
		return this.writable;
	}

	get accepted(): boolean {
		return this.#state !== "new" && this.#state !== "closed";
	}

	/** Closes the connection, whatever it is at. Nothing more is told. Harmless twice. */
	close(): void {
		if (this.#state === "closed") return;
		this.#state = "closed";
		this.#forgetHead();
		clearTimeout(this.#timer);
		this.#socket.close();
	}

	/* What the socket tells. */

	#socketReadable(count: number): void {
		this.#inflow.announce(count);
		this.#watch();
		this.#advance();
	}

	#socketWritable(count: number): void {
		this.#room = count;
		this.#watch();
		this.#send();
		this.#tellWritable();
	}

	/** The connection has ended; everything it had was read before. Between two requests that is no error. */
	#socketClosed(error: CodedError): void {
		if (this.#state === "closed") return;
		const over = this.#state === "lingering" || this.#isIdle();
		this.close();
		if (!over) this.#handler.onError?.call(this, error);
	}

	/* Between the two. */

	#advance(): void {
		if (this.#advancing) return;
		this.#advancing = true;
		try {
			if (this.#state === "head") this.#readHead();
			if (this.#state === "request body") this.#readBody();
			if (this.#early) this.#dropAll();
		} catch (error) {
			if (!(error instanceof CodedError)) {
				this.close();
				throw error;	// the handler's own fault
			}
			this.#refuse(error);
		} finally {
			this.#advancing = false;
		}
	}

	#readHead(): void {
		for (;;) {
			const line = this.#lines.next(mostHeadBytes - this.#headBytes, "the request's head");
			this.#headBytes += line === undefined ? 0 : line.length + fieldBytes;
			this.#hold(this.#headBytes + this.#lines.begunBytes);
			if (this.#headRoom.bytes < 0) throw refusal(503, "the heads of all clients together are larger than picofetch keeps");
			if (line === undefined) return;
			const head = this.#head;
			if (head === undefined) {
				// An empty line in front of a request is let pass (RFC 9112 section 2.2).
				if (line !== "") this.#head = beginRequest(line);
			} else if (line !== "") {
				addRequestField(head, line);
			} else {
				const framing = requestFraming(head);
				this.#body = new BodyFraming(framing, this.#inflow, "request");
				this.#state = "request body";
				this.#asking = head;
				try {
					this.#ask(head);
				} finally {
					this.#asking = undefined;
				}
				if (this.#state === "request body" && framing.kind !== "none" && hasOption(head.headers.get("expect"), "100-continue")) {
					this.#room = this.#socket.write(latin1Bytes("HTTP/1.1 100 Continue\r\n\r\n"));
				}
				return;
			}
		}
	}

	#hold(bytes: number): void {
		this.#headRoom.bytes += this.#heldBytes - bytes;
		this.#heldBytes = bytes;
	}

	#forgetHead(): void {
		this.#head = undefined;
		this.#lines.forget();
		this.#headBytes = 0;
		this.#hold(0);
	}

	#ask(head: RequestHead): void {
		const { onRequest } = this.#handler;
		if (onRequest === undefined) return;
		if (onRequest.length < 2) onRequest.call(this, head);
		else (onRequest as unknown as StandardRequestHandler["onRequest"]).call(this, head.method, head.path, head.headers);
	}

	#readBody(): void {
		const body = this.#body!;
		for (;;) {
			const available = body.available();
			if (body.complete) {
				this.#state = "waiting";
				clearTimeout(this.#timer);
				const response: HTTPResponse = { status: 200, headers: new Map() };
				if (this.#handler.onResponse !== undefined) {
					this.#handler.onResponse.call(this, response);
				} else {
					if (this.#handler.onWritable === undefined) response.headers.set("content-length", 0);
					this.respond(response);
				}
				return;
			}
			if (available <= this.#told) return;
			this.#told = available;
			if (this.#handler.onReadable) {
				this.#handler.onReadable.call(this, available);
				return;
			}
			this.#told = 0;
			this.#drop(body, available);
		}
	}

	#drop(body: BodyFraming, count: number): void {
		this.#dropped += count;
		if (this.#dropped > mostDroppedBytes) throw refusal(413, "its body is larger than anybody here reads");
		for (let left = count; left > 0;) {
			const { length } = this.#inflow.peek();
			const taken = Math.min(length, left);
			if (taken === 0) return;
			this.#inflow.drop(taken);
			body.took(taken);
			left -= taken;
		}
	}

	#dropAll(): void {
		for (let { length } = this.#inflow.peek(); length > 0; { length } = this.#inflow.peek()) this.#inflow.drop(length);
	}

	#send(): void {
		if (this.#state !== "response head" || this.#room === 0) return;
		const piece = this.#out.subarray(0, this.#room);
		this.#out = this.#out.subarray(piece.length);
		this.#room = this.#socket.write(piece);
		if (this.#out.length > 0) return;
		this.#state = "response body";
		if (this.#response!.over) this.#done();
	}

	#tellWritable(): void {
		if (this.writable > 0) this.#handler.onWritable?.call(this, this.writable);
	}

	#done(): void {
		const keepAlive = this.#keepAlive;
		this.#state = "head";
		this.#body = undefined;
		this.#forgetHead();
		this.#dropped = this.#told = 0;
		if (this.#early) this.#linger();
		else if (!keepAlive) this.close();
		try {
			this.#handler.onDone?.call(this);
		} finally {
			this.#handler = this.#accepted;
			this.#route = undefined;
		}
		if (!keepAlive) return;
		this.#watch();
		queueMicrotask(() => this.#advance());	// what came meanwhile
	}

	/** Tells the client, in one write that is small enough for any window, and closes. */
	#refuse(error: CodedError): void {
		if (this.#state === "closed") return;
		const status = error.code === "ERR_HTTP_TOO_LARGE" ? 431 : Number(error["status"] ?? (error.code === "ERR_HTTP_SYNTAX" ? 400 : 500));
		const told = latin1Bytes(`HTTP/1.1 ${status} ${reasons[status] ?? ""}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
		if (this.#room >= told.length) this.#socket.write(told);
		this.#forgetHead();
		this.#early = true;
		this.#linger();
		this.#handler.onError?.call(this, error);
	}

	/** The last response is on its way. */
	#linger(): void {
		this.#state = "lingering";
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.close(), lingerMs);
		this.#dropAll();
	}

	/** A client that neither says nor takes anything while it is its turn, or says its head byte by byte, does not hold a place for ever. */
	#watch(): void {
		if (this.#state === "lingering" || (this.#state === "head" && !this.#isIdle())) return;
		clearTimeout(this.#timer);
		if (this.#state === "waiting" || this.#state === "closed") return;
		this.#timer = setTimeout(() => this.#idle(), this.#idleMs);
	}

	/** Between two requests. */
	#isIdle(): boolean {
		return this.#state === "head" && this.#head === undefined && this.#lines.begunBytes === 0;
	}

	#idle(): void {
		if (this.#isIdle()) {
			this.close();
			return;
		}
		const error = new CodedError("ERR_HTTP_TIMEOUT", `the client was silent for ${this.#idleMs} ms in the middle of a request`, { status: 408 });
		if (this.#state === "head" || this.#state === "request body") this.#refuse(error);
		else this.#socketClosed(error);
	}
}

/** A copy: what is changed afterwards is not seen. */
function callbacksOf(handler: HTTPRequestHandler | StandardRequestHandler): HTTPRequestHandler {
	const { onRequest, onReadable, onResponse, onWritable, onDone, onError } = handler as HTTPRequestHandler;
	return { onRequest, onReadable, onResponse, onWritable, onDone, onError };
}

interface SocketCallbacks {
	onReadable?(count: number): void;
	onWritable?(count: number): void;
	onError?(error: CodedError): void;
}

function takenOver(from: ServerSocket, callbacks: SocketCallbacks): ServerSocket {
	const Socket = from.constructor as new (options: object) => ServerSocket;
	return new Socket({ from, ...callbacks });
}

function taken(): CodedError {
	return new CodedError("ERR_HTTP_TAKEN", "http server: this client has been taken already, or is gone");
}
