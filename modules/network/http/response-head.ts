// Parses the head of an HTTP/1.1 response, strictly (RFC 9112 sections 4 and 5, RFC 9110 section 5). Used by exchange.ts.

import { CodedError } from "../../base/error.ts";
import { isFieldValue, withoutBlanks } from "../../web/field-syntax.ts";
import { parseField } from "./field-line.ts";

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

/** The reason phrase follows, or is missing together with its blank. */
const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/;

/** Fields of which a second one changes the meaning of the message. */
const singleFields = ["content-length", "transfer-encoding", "location"];

/**
 * A head of which only the status line is known; `addField` adds the rest.
 * @throws CodedError ERR_HTTP_SYNTAX
 */
export function beginHead(line: string): ResponseHead {
	const parts = statusLine.exec(line);
	const reason = line.slice(parts?.[0].length ?? 0);
	if (parts === null || !isFieldValue(reason)) throw syntaxError("the status line is", line);
	return { minorVersion: Number(parts[1]), status: Number(parts[2]), statusText: withoutBlanks(reason), headers: new Map() };
}

/**
 * Adds a header line to a head.
 * @throws CodedError ERR_HTTP_SYNTAX
 */
export function addField(head: ResponseHead, line: string): void {
	const field = parseField(line);
	if (field === undefined) throw syntaxError("a header line is", line);
	const { name, value } = field;
	const before = head.headers.get(name);
	if (before !== undefined && singleFields.includes(name)) {
		throw new CodedError("ERR_HTTP_SYNTAX", `the response has more than one ${name} header`);
	}
	head.headers.set(name, before === undefined ? value : `${before}, ${value}`);
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
