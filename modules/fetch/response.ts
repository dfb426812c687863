// Response (WHATWG Fetch, 5.5): what fetch answers when the response's head has come. The body follows as it is read.

import { CodedError } from "../base/error.ts";
import type { Headers } from "../web/headers.ts";
import { TextDecoder } from "../web/text.ts";

/** Where a body's bytes come from. */
export interface BodySource {
	/** The next bytes, or undefined at the end of the body. Rejects when it does not come whole. */
	next(): Promise<Uint8Array<ArrayBuffer> | undefined>;
	/** Gives the rest up. */
	cancel(): void;
}

/** What was proven of the server, and how the connection is kept secret. */
export interface SecurityFacts {
	readonly protocol: string;
	readonly cipher: string;
	readonly subject: string;
	readonly issuer: string;
	readonly notAfter: string;
	/** Proven by an earlier connection that this one goes on from. */
	readonly resumed: boolean;
}

export interface ResponseInit {
	readonly status: number;
	readonly statusText: string;
	readonly headers: Headers;
	readonly url: string;
	readonly redirected: boolean;
	/** Of the TLS connection; undefined over plain http:. */
	readonly tls: SecurityFacts | undefined;
	/** Longest body that text(), json(), bytes() and arrayBuffer() gather, in bytes. */
	readonly maximumBodyBytes: number;
}

/** A body, read in the pieces in which it comes: `for await (const bytes of response.body)`. */
export interface ResponseBody extends AsyncIterable<Uint8Array<ArrayBuffer>> {
	/** Gives the rest up and ends the connection. */
	cancel(): void;
}

export class Response {
	readonly status: number;
	readonly statusText: string;
	readonly headers: Headers;
	/** Of the last request, after redirects. */
	readonly url: string;
	readonly redirected: boolean;
	/** What was proven of the server; undefined over plain http:. Not part of the web's Response. */
	readonly tls: SecurityFacts | undefined;
	readonly #source: BodySource;
	readonly #maximumBodyBytes: number;
	#used = false;

	constructor(source: BodySource, init: ResponseInit) {
		this.#source = source;
		this.status = init.status;
		this.statusText = init.statusText;
		this.headers = init.headers;
		this.url = init.url;
		this.redirected = init.redirected;
		this.tls = init.tls;
		this.#maximumBodyBytes = init.maximumBodyBytes;
	}

	/** True for a status from 200 to 299. */
	get ok(): boolean {
		return this.status >= 200 && this.status <= 299;
	}

	/** True once somebody has begun to read the body. */
	get bodyUsed(): boolean {
		return this.#used;
	}

	/** The body in pieces; nothing is fetched faster than it is read. */
	get body(): ResponseBody {
		return {
			cancel: () => {
				this.#used = true;
				this.#source.cancel();
			},
			[Symbol.asyncIterator]: () => this.#pieces(),
		};
	}

	/** The body as text (UTF-8). */
	async text(): Promise<string> {
		return new TextDecoder().decode(await this.bytes());
	}

	/** The body parsed as JSON. */
	async json(): Promise<unknown> {
		return JSON.parse(await this.text());
	}

	async arrayBuffer(): Promise<ArrayBuffer> {
		return (await this.bytes()).buffer;
	}

	/**
	 * The whole body. Rejects with ERR_HTTP_TOO_LARGE when it is longer than `maximumBodyBytes`: read such a body in pieces.
	 */
	async bytes(): Promise<Uint8Array<ArrayBuffer>> {
		const pieces: Uint8Array<ArrayBuffer>[] = [];
		let length = 0;
		for await (const piece of this.#pieces()) {
			length += piece.length;
			if (length > this.#maximumBodyBytes) {
				throw new TypeError(`fetch ${this.url}: the body is longer than ${this.#maximumBodyBytes} bytes`, {
					cause: new CodedError("ERR_HTTP_TOO_LARGE",
						`the body is longer than ${this.#maximumBodyBytes} bytes; read response.body in pieces, or raise maximumBodyBytes`),
				});
			}
			pieces.push(piece);
		}
		return pieces.length === 1 ? pieces[0]! : concatenated(pieces, length);
	}

	async *#pieces(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
		if (this.#used) throw new TypeError("the body of this response has been read already");
		this.#used = true;
		let whole = false;
		try {
			for (let bytes = await this.#source.next(); bytes !== undefined; bytes = await this.#source.next()) yield bytes;
			whole = true;
		} finally {
			if (!whole) this.#source.cancel();
		}
	}
}

function concatenated(pieces: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
	const bytes = new Uint8Array(length);
	let at = 0;
	for (const piece of pieces) {
		bytes.set(piece, at);
		at += piece.length;
	}
	return bytes;
}
