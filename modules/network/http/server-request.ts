// Parses the head of an HTTP/1.1 request, strictly (RFC 9112 sections 3, 5 and 6): what two readers read differently can be smuggled.
// Used by server-connection.ts. Each refusal bears the status that the client is told.

import { CodedError } from "../../base/error.ts";
import { isToken } from "../../web/field-syntax.ts";
import { parseField } from "./field-line.ts";
import type { Framing } from "./response-head.ts";

/** A request's head. */
export interface RequestHead {
	readonly method: string;
	/** As it was sent: path and query, or "*". */
	readonly path: string;
	/** 1 for HTTP/1.1, 0 for HTTP/1.0. */
	readonly minorVersion: number;
	/** Names in lower case; fields that came more than once are joined by ", ". */
	readonly headers: Map<string, string>;
}

const versionOf = /^HTTP\/(\d)\.(\d)$/;
const notInTarget = /[^\x21-\x7e]/;

/** Fields of which a second one changes the meaning of the message. */
const singleFields = ["content-length", "transfer-encoding", "host"];

/** A refusal, with the status that the client is told. */
export function refusal(status: number, sentence: string): CodedError {
	return new CodedError("ERR_HTTP_SYNTAX", `the client does not ask as HTTP/1.1 does: ${sentence}`, { status });
}

/** A head of which only the request line is known; `addRequestField` adds the rest. @throws CodedError ERR_HTTP_SYNTAX */
export function beginRequest(line: string): RequestHead {
	const [method = "", path = "", version = "", ...rest] = line.split(" ");
	const numbers = versionOf.exec(version);
	if (rest.length > 0 || numbers === null || !isToken(method)) throw refusal(400, `the request line is ${JSON.stringify(line.slice(0, 80))}`);
	if (numbers[1] !== "1") throw refusal(505, `its version is ${version}`);
	if (notInTarget.test(path) || !(path.startsWith("/") || (path === "*" && method === "OPTIONS"))) {
		throw refusal(400, `its target is ${JSON.stringify(path.slice(0, 80))}`);
	}
	return { method, path, minorVersion: numbers[2] === "0" ? 0 : 1, headers: new Map() };
}

/** Adds a header line. @throws CodedError ERR_HTTP_SYNTAX */
export function addRequestField(head: RequestHead, line: string): void {
	const field = parseField(line);
	if (field === undefined) throw refusal(400, `a header line is ${JSON.stringify(line.slice(0, 80))}`);
	const before = head.headers.get(field.name);
	if (before !== undefined && singleFields.includes(field.name)) throw refusal(400, `there is more than one ${field.name} header`);
	head.headers.set(field.name, before === undefined ? field.value : `${before}, ${field.value}`);
}

/** How the body behind a whole head ends. @throws CodedError ERR_HTTP_SYNTAX when the head says it in two ways, or in none that is known */
export function requestFraming({ headers, minorVersion }: RequestHead): Framing {
	const encoding = headers.get("transfer-encoding");
	const length = headers.get("content-length");
	if (minorVersion === 1 && !headers.has("host")) throw refusal(400, "there is no host header");
	if (encoding !== undefined) {
		if (length !== undefined || minorVersion === 0) throw refusal(400, "there is a transfer-encoding where none is allowed (RFC 9112 section 6.1)");
		if (encoding.toLowerCase() !== "chunked") throw refusal(501, `its transfer-encoding is ${JSON.stringify(encoding.slice(0, 80))}`);
		return { kind: "chunked" };
	}
	if (length === undefined) return { kind: "none" };
	if (!/^\d{1,15}$/.test(length)) throw refusal(400, `its content-length is ${JSON.stringify(length.slice(0, 80))}`);
	return length === "0" ? { kind: "none" } : { kind: "length", bytes: Number(length) };
}
