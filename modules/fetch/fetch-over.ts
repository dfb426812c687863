// One fetch: its redirects, its deadline and its signal; always settled. It is handed the layers below, so that it can be
// tried without a network. No cookies, no cache, no CORS: there is no browser around it.

import { CodedError } from "../base/error.ts";
import type { AbortSignal } from "../web/abort-controller.ts";
import { Headers, type HeadersInit } from "../web/headers.ts";
import { URLSearchParams } from "../url/url-search-params.ts";
import { TextEncoder } from "../web/text.ts";
import { Call, type Network } from "./call.ts";
import { parseHttpUrl, type HttpUrl } from "./http-url.ts";
import { Response } from "./response.ts";

export interface FetchOptions {
	/** Default "GET". */
	readonly method?: string;
	readonly headers?: HeadersInit;
	/** Text is sent as UTF-8, search parameters as a form. */
	readonly body?: string | ArrayBuffer | ArrayBufferView | URLSearchParams | null;
	readonly signal?: AbortSignal;
	/** "follow" (default) follows up to five, "manual" answers the redirect itself, "error" rejects. */
	readonly redirect?: "follow" | "manual" | "error";
	/** From the call to the last byte of the body, milliseconds. Default 60,000. Not part of the web's fetch. */
	readonly timeoutMs?: number;
	/** Longest body that text(), json(), bytes() and arrayBuffer() gather. Default 32,768. Not part of the web's fetch. */
	readonly maximumBodyBytes?: number;
}

/** What a proven server's time and the clock may be apart: its clock and ours, the way, a slow answer. */
const apartMs = 3_600_000;
/** The year 10000, which no HTTP date can say. */
const latestMs = 253_402_300_800_000;
const defaultTimeoutMs = 60_000;
const defaultMaximumBodyBytes = 32_768;
const mostRedirects = 5;
const redirectStatuses = [301, 302, 303, 307, 308];
/** Headers that fetch writes itself, or that would change what the bytes behind the head mean. */
const reserved = ["connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];
/** Not sent to another origin after a redirect (WHATWG Fetch, HTTP-redirect fetch). */
const credentials = ["authorization", "cookie", "proxy-authorization"];

/**
 * Fetches `url` over the layers given. See fetch.ts.
 *
 * @throws (rejects with) TypeError whose `cause` is a CodedError that says why; the signal's reason when it aborts
 */
export async function fetchOver(layers: Network, url: string | { readonly href: string }, options: FetchOptions): Promise<Response> {
	const { signal, timeoutMs = defaultTimeoutMs } = options;
	const text = typeof url === "string" ? url : url.href;
	signal?.throwIfAborted();
	let call: Call | undefined;
	let answered = false;
	const timer = setTimeout(() => giveUp(failure(text, new CodedError("ERR_HTTP_TIMEOUT",
		`no whole response within ${timeoutMs} ms`))), timeoutMs);
	const aborted = (): void => giveUp(signal!.reason);
	signal?.addEventListener("abort", aborted);
	const finish = (): void => {
		clearTimeout(timer);
		signal?.removeEventListener("abort", aborted);
	};
	const giveUp = (reason: unknown): void => call?.fail(reason);

	try {
		let request = firstRequest(text, options);
		for (let redirects = 0; ; redirects++) {
			const current = new Call(request, layers, () => {
				if (answered) finish();	// the end of a redirect is not the end of the fetch
			});
			call = current;
			current.start();
			const head = await current.head;
			if (head.tls !== undefined) compareTime(layers, request.url.href, head.headers);
			const location = head.headers.get("location");
			if (!redirectStatuses.includes(head.status) || location === undefined || options.redirect === "manual") {
				answered = true;
				if (current.isOver) finish();
				return new Response(reasoned(current, request.url.href), {
					status: head.status,
					statusText: head.statusText,
					headers: new Headers(head.headers),
					url: request.url.href,
					redirected: redirects > 0,
					tls: head.tls,
					maximumBodyBytes: options.maximumBodyBytes ?? defaultMaximumBodyBytes,
				});
			}
			if (options.redirect === "error" || redirects === mostRedirects) {
				throw new CodedError("ERR_HTTP_REDIRECT", options.redirect === "error"
					? `the server redirects to ${location}` : `more than ${mostRedirects} redirects, the last to ${location}`);
			}
			current.cancel();
			request = redirected(request, head.status, parseHttpUrl(location, request.url));
		}
	} catch (error) {
		call?.fail(error);
		finish();
		throw failure(text, error);
	}
}

/**
 * Compares the clock with what a proven server says of the time (RFC 9110 6.6.1): NTP proves nothing, so this is the one sign that it lied. It is
 * a sign alone, since such a server may lie about time too: the clock stays as it is, and so does trust. What cannot be read is no sign.
 */
function compareTime(layers: Network, url: string, headers: ReadonlyMap<string, string>): void {
	const now = Date.now();
	/** A cache adds how long it has had the response, in seconds (RFC 9111 5.1). */
	const said = Date.parse(headers.get("date") ?? "") + 1000 * Number(headers.get("age") ?? 0);
	if (said > 0 && said < latestMs && Math.abs(said - now) > apartMs && layers.doubtTime?.()) {
		console.warn(`fetch ${url}: the server says that it is ${new Date(said).toISOString()}, the clock says ${new Date(now).toISOString()}. One of both is wrong; set the clock again.`);
	}
}

interface Request {
	readonly url: HttpUrl;
	readonly method: string;
	readonly headers: ReadonlyMap<string, string>;
	readonly body: Uint8Array | undefined;
}

function firstRequest(url: string, { method = "GET", headers, body }: FetchOptions): Request {
	const name = method.toUpperCase();
	const { bytes, type } = extracted(body);
	if (bytes !== undefined && (name === "GET" || name === "HEAD")) {
		throw new CodedError("ERR_HTTP_REQUEST", `a ${name} request has no body`);
	}
	const fields = new Headers(headers);
	for (const field of reserved) {
		if (fields.has(field)) throw new CodedError("ERR_HTTP_REQUEST", `the header ${field} is fetch's own; leave it out`);
	}
	fields.set("connection", "close");
	if (!fields.has("accept")) fields.set("accept", "*/*");
	if (!fields.has("user-agent")) fields.set("user-agent", "picofetch");
	if (type !== undefined && !fields.has("content-type")) fields.set("content-type", type);
	if (bytes !== undefined || name === "POST" || name === "PUT") fields.set("content-length", String(bytes?.length ?? 0));
	return { url: parseHttpUrl(url), method: name, headers: new Map(fields), body: bytes };
}

/** A body's bytes, and the type that is theirs unless the headers say another (WHATWG Fetch, extract a body). */
function extracted(body: FetchOptions["body"]): { readonly bytes?: Uint8Array; readonly type?: string } {
	if (body === undefined || body === null) return {};
	if (typeof body === "string") return { bytes: new TextEncoder().encode(body), type: "text/plain;charset=UTF-8" };
	if (body instanceof ArrayBuffer) return { bytes: new Uint8Array(body) };
	if (ArrayBuffer.isView(body)) return { bytes: new Uint8Array(body.buffer, body.byteOffset, body.byteLength) };
	if (body instanceof URLSearchParams) return { bytes: new TextEncoder().encode(String(body)), type: "application/x-www-form-urlencoded;charset=UTF-8" };
	throw new CodedError("ERR_HTTP_REQUEST", "the body is neither text nor bytes nor URLSearchParams: of an object send JSON.stringify(object)");
}

/** What is asked for after a redirect (WHATWG Fetch, HTTP-redirect fetch). From https: the way to http: is closed. */
function redirected(request: Request, status: number, url: HttpUrl): Request {
	if (request.url.protocol === "https:" && url.protocol === "http:") {
		throw new CodedError("ERR_HTTP_REDIRECT", `the server redirects from https: to ${url.href}, where nothing is proven; refused`);
	}
	const headers = new Map(request.headers);
	if (url.hostname !== request.url.hostname || url.port !== request.url.port) for (const name of credentials) headers.delete(name);
	const becomesGet = status === 303 ? request.method !== "HEAD" : (status === 301 || status === 302) && request.method === "POST";
	if (!becomesGet) return { ...request, url, headers };
	headers.delete("content-length");
	headers.delete("content-type");
	return { url, method: "GET", headers, body: undefined };
}

/** The call as a source of bytes whose errors are fetch's. */
function reasoned(call: Call, url: string): { next(): Promise<Uint8Array<ArrayBuffer> | undefined>; cancel(): void } {
	return {
		cancel: () => call.cancel(),
		async next() {
			try {
				return await call.next();
			} catch (error) {
				throw failure(url, error);
			}
		},
	};
}

/** What fetch rejects with: a TypeError around an error of the layers below; what a signal said, as it is. */
function failure(url: string, error: unknown): unknown {
	return error instanceof CodedError ? new TypeError(`fetch ${url}: ${error.message}`, { cause: error }) : error;
}
