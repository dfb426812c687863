// fetch (WHATWG Fetch): one request, verified when it is https:, bounded in time and size, always settled.
// No cookies, no cache, no CORS: there is no browser around it.

import { CodedError } from "../base/error.ts";
import Resolver from "embedded:network/dns/resolver/udp";
import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import type { AbortSignal } from "../web/abort-controller.ts";
import { Headers, type HeadersInit } from "../web/headers.ts";
import { TextEncoder } from "../web/text.ts";
import { Call, type Network } from "./call.ts";
import { parseHttpUrl, type HttpUrl } from "./http-url.ts";
import { Response } from "./response.ts";

export interface FetchOptions {
	/** Default "GET". */
	readonly method?: string;
	readonly headers?: HeadersInit;
	/** Text is sent as UTF-8. */
	readonly body?: string | ArrayBuffer | Uint8Array;
	readonly signal?: AbortSignal;
	/** "follow" (default) follows up to five, "manual" answers the redirect itself, "error" rejects. */
	readonly redirect?: "follow" | "manual" | "error";
	/** From the call to the last byte of the body, milliseconds. Default 60,000. Not part of the web's fetch. */
	readonly timeoutMs?: number;
	/** Longest body that text(), json(), bytes() and arrayBuffer() gather. Default 32,768. Not part of the web's fetch. */
	readonly maximumBodyBytes?: number;
}

const defaultTimeoutMs = 60_000;
const defaultMaximumBodyBytes = 32_768;
const mostRedirects = 5;
const redirectStatuses = [301, 302, 303, 307, 308];
/** Not sent to another origin after a redirect (WHATWG Fetch, HTTP-redirect fetch). */
const credentials = ["authorization", "cookie", "proxy-authorization"];

const network: Network = { tcp: TCP, tls: TLSSocket, resolver: Resolver };

/**
 * Fetches `url`, which is absolute and https: or http:. Nothing falls back from https: to http:.
 *
 * @returns the response, once its head has come and, for https:, the server was proven
 * @throws (rejects with) TypeError whose `cause` is a CodedError that says why; the signal's reason when it aborts
 */
export default async function fetch(url: string | { readonly href: string }, options: FetchOptions = {}): Promise<Response> {
	return fetchOver(network, url, options);
}

/** As fetch, over the layers given. */
export async function fetchOver(layers: Network, url: string | { readonly href: string }, options: FetchOptions): Promise<Response> {
	const { signal, timeoutMs = defaultTimeoutMs } = options;
	const text = typeof url === "string" ? url : url.href;
	signal?.throwIfAborted();
	let call: Call | undefined;
	let over = false;
	const timer = setTimeout(() => giveUp(failure(text, new CodedError("ERR_HTTP_TIMEOUT",
		`no whole response within ${timeoutMs} ms`))), timeoutMs);
	const aborted = (): void => giveUp(signal!.reason);
	signal?.addEventListener("abort", aborted);
	const finish = (): void => {
		over = true;
		clearTimeout(timer);
		signal?.removeEventListener("abort", aborted);
	};
	const giveUp = (reason: unknown): void => call?.fail(reason);

	try {
		let request = firstRequest(text, options);
		for (let redirects = 0; ; redirects++) {
			const current = new Call(request, layers, () => {
				if (call === current) finish();
			});
			call = current;
			const head = await current.head;
			const location = head.headers.get("location");
			if (!redirectStatuses.includes(head.status) || location === undefined || options.redirect === "manual") {
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
			call = undefined;	// the redirect's own body is given up, the fetch goes on
			current.cancel();
			request = redirected(request, head.status, parseHttpUrl(location, request.url));
			if (over) signal?.throwIfAborted();
		}
	} catch (error) {
		call?.fail(error);
		finish();
		throw failure(text, error);
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
	const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body instanceof ArrayBuffer ? new Uint8Array(body) : body;
	if (bytes !== undefined && (name === "GET" || name === "HEAD")) {
		throw new CodedError("ERR_HTTP_REQUEST", `a ${name} request has no body`);
	}
	const fields = new Headers(headers);
	fields.set("connection", "close");
	if (!fields.has("accept")) fields.set("accept", "*/*");
	if (!fields.has("user-agent")) fields.set("user-agent", "picofetch");
	if (typeof body === "string" && !fields.has("content-type")) fields.set("content-type", "text/plain;charset=UTF-8");
	if (bytes !== undefined || name === "POST" || name === "PUT") fields.set("content-length", String(bytes?.length ?? 0));
	return { url: parseHttpUrl(url), method: name, headers: new Map(fields), body: bytes };
}

/** What is asked for after a redirect (RFC 9110 section 15.4). From https: the way to http: is closed. */
function redirected(request: Request, status: number, url: HttpUrl): Request {
	if (request.url.protocol === "https:" && url.protocol === "http:") {
		throw new CodedError("ERR_HTTP_REDIRECT", `the server redirects from https: to ${url.href}, where nothing is proven; refused`);
	}
	const headers = new Map(request.headers);
	if (url.hostname !== request.url.hostname || url.port !== request.url.port) for (const name of credentials) headers.delete(name);
	const keeps = status === 307 || status === 308 || request.method === "GET" || request.method === "HEAD";
	if (keeps) return { ...request, url, headers };
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
