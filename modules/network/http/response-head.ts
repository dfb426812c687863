// Parses the head of an HTTP/1.1 response, strictly (RFC 9112 sections 4 and 5, RFC 9110 section 5). Used by exchange.ts.

import { CodedError } from "../../base/error.ts";

/** A response's head. */
export interface ResponseHead {
	readonly status: number;
	readonly statusText: string;
	/** 1 for HTTP/1.1, 0 for HTTP/1.0. */
	readonly minorVersion: number;
	/** Names in lower case; fields that came more than once are joined by ", ". */
	readonly headers: Map<string, string>;
}

/** How the end of a response's body is known (RFC 9112 section 6.3). */
export type Framing =
	| { readonly kind: "none" }
	| { readonly kind: "length"; readonly bytes: number }
	| { readonly kind: "chunked" }
	/** The server closes the connection. */
	| { readonly kind: "close" };

const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d) ?([\t\x20-\x7e\x80-\xff]*)$/;
const fieldLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*)$/;

/** Fields of which a second one changes the meaning of the message. */
const singleFields = ["content-length", "transfer-encoding", "location"];

/**
 * @param text the head, each byte a character, without the empty line that ends it
 * @throws CodedError ERR_HTTP_SYNTAX
 */
export function parseResponseHead(text: string): ResponseHead {
	const lines = text.split("\r\n");
	const first = statusLine.exec(lines[0]!);
	if (first === null) throw syntaxError("the status line is", lines[0]!);
	const headers = new Map<string, string>();
	for (let index = 1; index < lines.length; index++) {
		const field = fieldLine.exec(lines[index]!);
		if (field === null) throw syntaxError("a header line is", lines[index]!);
		const name = field[1]!.toLowerCase();
		const value = field[2]!.trimEnd();
		const before = headers.get(name);
		if (before !== undefined && singleFields.includes(name)) {
			throw new CodedError("ERR_HTTP_SYNTAX", `the response has more than one ${name} header`);
		}
		headers.set(name, before === undefined ? value : `${before}, ${value}`);
	}
	return { minorVersion: Number(first[1]), status: Number(first[2]), statusText: first[3]!.trimEnd(), headers };
}

/**
 * How the body that follows a head ends.
 * @throws CodedError ERR_HTTP_SYNTAX when the head says it in two ways, or in a way that is none
 */
export function responseFraming(head: ResponseHead, method: string): Framing {
	const encoding = head.headers.get("transfer-encoding");
	const length = head.headers.get("content-length");
	if (encoding !== undefined) {
		if (length !== undefined || head.minorVersion === 0) {
			throw new CodedError("ERR_HTTP_SYNTAX", "the response has a transfer-encoding where none is allowed (RFC 9112 section 6.1)");
		}
		if (encoding.toLowerCase() !== "chunked") throw syntaxError("its transfer-encoding is not chunked but", encoding);
	}
	if (length !== undefined && !/^\d{1,15}$/.test(length)) throw syntaxError("its content-length is", length);
	if (method === "HEAD" || head.status < 200 || head.status === 204 || head.status === 304) return { kind: "none" };
	if (encoding !== undefined) return { kind: "chunked" };
	if (length !== undefined) return { kind: "length", bytes: Number(length) };
	return { kind: "close" };
}

function syntaxError(what: string, found: string): CodedError {
	return new CodedError("ERR_HTTP_SYNTAX", `the server does not answer as HTTP/1.1 does: ${what} ${JSON.stringify(found.slice(0, 80))}`);
}
