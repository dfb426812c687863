// Writes the head of an HTTP/1.1 request (RFC 9112 sections 3 and 5). What could break out of a line is refused.

import { CodedError } from "../../base/error.ts";
import { isFieldValue, isToken } from "../../web/field-syntax.ts";

const notInTarget = /[^\x21-\x7e]/;

/**
 * The head as text, each character a byte, with its empty line. Host comes first; it is taken from `host` when `headers`
 * has none.
 * @throws CodedError ERR_HTTP_REQUEST when method, path or a header cannot stand in a request
 */
export function requestHead(method: string, path: string, host: string, headers: ReadonlyMap<string, string>): string {
	if (!isToken(method)) throw requestError("method", method);
	if (path === "" || notInTarget.test(path)) throw requestError("path", path);
	const lines = [`${method} ${path} HTTP/1.1`];
	if (!hasHeader(headers, "host")) lines.push(`host: ${host}`);
	for (const [name, value] of headers) {
		if (!isToken(name)) throw requestError("header name", name);
		if (!isFieldValue(value)) throw requestError(`value of header ${name}`, value);
		lines.push(`${name}: ${value}`);
	}
	return `${lines.join("\r\n")}\r\n\r\n`;
}

/** The value of a header, its name in any case. */
export function header(headers: ReadonlyMap<string, string>, name: string): string | undefined {
	for (const [key, value] of headers) if (key.toLowerCase() === name) return value;
	return undefined;
}

function hasHeader(headers: ReadonlyMap<string, string>, name: string): boolean {
	return header(headers, name) !== undefined;
}

function requestError(what: string, found: string): CodedError {
	return new CodedError("ERR_HTTP_REQUEST", `${what} ${JSON.stringify(found.slice(0, 80))} cannot stand in an HTTP request`);
}
