// One request and its response over a connection that is there. Used by client.ts.
// Nothing here knows what kind of socket it is, who else uses it, or what time it is.

import { CodedError } from "../../base/error.ts";
import { BodyFraming } from "./body-framing.ts";
import { hasOption } from "./field-line.ts";
import { Inflow, type Source } from "./inflow.ts";
import { latin1Bytes } from "./latin1.ts";
import { LineReader } from "./line-reader.ts";
import { OutgoingBody, type Sink } from "./outgoing-body.ts";
import { header, requestHead } from "./request-head.ts";
import { addField, beginHead, type Framing, responseFraming, type ResponseHead } from "./response-head.ts";

/** The part of a socket that an exchange uses (ECMA-419 clause 10). */
export interface Connection extends Source, Sink {}

/** Longest head of a response, in bytes, and most fields, which take 96 bytes of memory each beside their text; interim responses before it count. */
const mostHeadBytes = 8192;
const mostFields = 96;

/** What an exchange says, in this order; `failed` may come instead of any of them, and is the last. */
export interface ExchangeListener {
	/** There is room for this many bytes of the request's body. */
	writable(count: number): void;
	head(status: number, headers: Map<string, string>, statusText: string): void;
	/** This many bytes of the response's body can be read. */
	readable(count: number): void;
	/** The response came whole and was read; `reusable` when the connection can serve another. */
	done(reusable: boolean): void;
	failed(error: CodedError): void;
}

export interface ExchangeRequest {
	readonly method: string;
	readonly path: string;
	/** Value of the host field. */
	readonly host: string;
	/** Says with content-length or transfer-encoding that a body follows. */
	readonly headers: ReadonlyMap<string, string>;
}

type ResponseState = "head" | "body" | "over";

export class Exchange {
	readonly #connection: Connection;
	readonly #request: ExchangeRequest;
	readonly #listener: ExchangeListener;
	readonly #inflow: Inflow;
	readonly #lines: LineReader;
	/** What of the request's head is not sent yet. */
	#head: Uint8Array;
	readonly #requestBody: OutgoingBody;
	#room = 0;
	#state: ResponseState = "head";
	#responseHead: ResponseHead | undefined;
	#headBytes = 0;
	#fields = 0;
	#body: BodyFraming | undefined;
	#reusable = false;
	/** Bytes of body told by `readable` and not read since. */
	#told = 0;
	#telling = false;
	#socketError: CodedError | undefined;

	/** @throws CodedError ERR_HTTP_REQUEST */
	constructor(connection: Connection, request: ExchangeRequest, listener: ExchangeListener) {
		this.#connection = connection;
		this.#request = request;
		this.#listener = listener;
		this.#inflow = new Inflow(connection);
		this.#lines = new LineReader(this.#inflow);
		this.#requestBody = new OutgoingBody(requestFraming(request.headers), connection);
		this.#head = latin1Bytes(requestHead(request.method, request.path, request.host, request.headers));
	}

	/** The socket has room for `count` bytes. */
	socketWritable(count: number): void {
		if (this.#state === "over") return;
		this.#room = count;
		try {
			if (this.#head.length > 0) {
				const piece = this.#head.subarray(0, count);
				this.#head = this.#head.subarray(piece.length);
				this.#room = this.#connection.write(piece);
			}
			if (this.#head.length === 0 && this.bodyRoom > 0) this.#listener.writable(this.bodyRoom);
		} catch (error) {
			this.#fail(error as CodedError);
		}
	}

	/** Bytes of the request's body that can be written now. */
	get bodyRoom(): number {
		return this.#head.length > 0 ? 0 : this.#requestBody.fitting(this.#room);
	}

	/**
	 * Sends bytes of the request's body; without bytes, ends a chunked one. Answers how many more can be written now.
	 * @throws CodedError ERR_HTTP_REQUEST when they are more than there is room for
	 */
	write(bytes?: Uint8Array): number {
		if (bytes !== undefined && bytes.length > this.bodyRoom) {
			throw new CodedError("ERR_HTTP_REQUEST", `${bytes.length} bytes of body to write, room for ${this.bodyRoom}; wait for onWritable`);
		}
		if (bytes === undefined) this.#room = this.#requestBody.end(this.#room);
		else if (bytes.length > 0) this.#room = this.#requestBody.send(bytes);
		return this.bodyRoom;
	}

	/** The socket has `count` bytes to read. */
	socketReadable(count: number): void {
		this.#inflow.announce(count);
		this.#advance();
	}

	/** The socket is closed; everything it had was read before. A clean end bears the code ECLOSED. */
	socketClosed(error: CodedError): void {
		this.#socketError = error;
		this.#inflow.announce(0);	// nothing more can be read from it
		this.#advance();
	}

	/** Bytes of the response's body that can be read now. */
	get readable(): number {
		return this.#told;
	}

	/** Reads up to `count` bytes of the response's body (default all that are there); undefined when there are none. */
	read(count = this.#told): ArrayBuffer | undefined {
		const body = this.#body;
		const available = Math.min(count, this.#told);
		if (body === undefined || available <= 0) return undefined;
		const bytes = this.#inflow.take(available);
		this.#account(body, bytes.byteLength);
		return bytes.byteLength > 0 ? bytes : undefined;
	}

	/** Reads into `to` and answers how many bytes. */
	readInto(to: Uint8Array): number {
		const body = this.#body;
		const available = Math.min(to.length, this.#told);
		if (body === undefined || available <= 0) return 0;
		const count = this.#inflow.takeInto(to.subarray(0, available));
		this.#account(body, count);
		return count;
	}

	/** Says nothing any more. */
	stop(): void {
		this.#state = "over";
		this.#told = 0;
	}

	#account(body: BodyFraming, count: number): void {
		body.took(count);
		this.#told -= count;
		// What follows is told from a turn of its own: the reader is still in the middle of something.
		if (this.#told === 0 && !this.#telling) {
			this.#telling = true;
			queueMicrotask(() => {
				this.#telling = false;
				this.#advance();
			});
		}
	}

	#advance(): void {
		try {
			if (this.#state === "head") this.#readHead();
			if (this.#state === "body") this.#readBody();
		} catch (error) {
			this.#fail(error as CodedError);
		}
	}

	#readHead(): void {
		for (;;) {
			const line = this.#lines.next(mostHeadBytes - this.#headBytes, "the response's head");
			if (line === undefined) break;
			this.#headBytes += line.length + 2;
			const head = this.#responseHead;
			if (head === undefined) {
				this.#responseHead = beginHead(line);
			} else if (line !== "") {
				if (++this.#fields > mostFields) throw new CodedError("ERR_HTTP_TOO_LARGE", `the response's head has more fields than picofetch reads: ${mostFields}`);
				addField(head, line);
			} else {
				this.#responseHead = undefined;
				if (this.#headCame(head)) return;
			}
		}
		if (this.#socketError !== undefined) {
			throw this.#socketError.code !== "ECLOSED" ? this.#socketError : new CodedError("ERR_HTTP_CLOSED",
				"the server closed the connection before it answered", { cause: this.#socketError });
		}
	}

	/** False for an interim response: the real one follows (RFC 9110 section 15.2). */
	#headCame(head: ResponseHead): boolean {
		const framing = responseFraming(head, this.#request.method);
		if (head.status === 101) {
			throw new CodedError("ERR_HTTP_SYNTAX", "the server switches to a protocol that nobody asked for");
		}
		if (head.status < 200) return false;
		this.#reusable = framing.kind !== "close" && head.minorVersion === 1
			&& !hasOption(head.headers.get("connection"), "close") && !hasOption(header(this.#request.headers, "connection"), "close");
		this.#body = new BodyFraming(framing, this.#inflow, "response");
		this.#state = "body";
		this.#listener.head(head.status, head.headers, head.statusText);
		return true;
	}

	#readBody(): void {
		const body = this.#body!;
		const available = body.available();
		if (body.complete) {
			this.#state = "over";
			this.#listener.done(this.#reusable && this.#requestBody.over && this.#inflow.available === 0);
			return;
		}
		const more = available > this.#told;
		this.#told = available;
		if (more) {
			this.#listener.readable(available);
			return;
		}
		if (available > 0 || this.#socketError === undefined) return;
		if (body.endsWithConnection && this.#socketError.code === "ECLOSED") {
			this.#state = "over";
			this.#listener.done(false);
			return;
		}
		const { missing, received } = body;
		throw new CodedError("ERR_HTTP_BODY_CUT", `the connection ended inside the response's body, after ${received} bytes`
			+ (missing === undefined ? "" : `, ${missing} before its end`), { cause: this.#socketError, received, missing });
	}

	#fail(error: CodedError): void {
		if (this.#state === "over") return;
		this.#state = "over";
		this.#told = 0;
		this.#listener.failed(error);
	}
}

/** How a request's body will end, as its headers announce it. */
function requestFraming(headers: ReadonlyMap<string, string>): Framing {
	const length = header(headers, "content-length");
	const encoding = header(headers, "transfer-encoding");
	if (encoding !== undefined) {
		if (length !== undefined || encoding.toLowerCase() !== "chunked") {
			throw new CodedError("ERR_HTTP_REQUEST", "a request's body has a content-length, or the transfer-encoding chunked, not both");
		}
		return { kind: "chunked" };
	}
	if (length === undefined) return { kind: "none" };
	if (!/^\d{1,15}$/.test(length)) throw new CodedError("ERR_HTTP_REQUEST", `content-length ${JSON.stringify(length)} is no number`);
	return { kind: "length", bytes: Number(length) };
}
