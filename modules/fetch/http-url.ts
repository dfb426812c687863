// A URL as a request needs it. Used by fetch-over.ts and call.ts.

import { CodedError } from "../base/error.ts";
import { hrefOf, parseUrl, type UrlParts } from "../url/parse-url.ts";

export interface HttpUrl extends UrlParts {
	/** The hostname, without the brackets of an IPv6 address. */
	readonly host: string;
	/** Path and query: what stands in the request line. */
	readonly path: string;
	/** The URL without its fragment. */
	readonly href: string;
}

/**
 * @param url absolute, or relative to `base`
 * @throws CodedError ERR_URL
 */
export function parseHttpUrl(url: string, base?: HttpUrl): HttpUrl {
	const parts = { ...parseUrl(url, base), hash: "" };
	if (parts.username !== "" || parts.password !== "") {
		throw new CodedError("ERR_URL", "a name and password in a URL are not sent; use the authorization header");
	}
	const { hostname } = parts;
	const host = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
	return { ...parts, host, path: parts.pathname + parts.search, href: hrefOf(parts) };
}
