// The parts of an http: or https: URL that a request needs (RFC 3986, RFC 9110 section 4.2). Used by fetch.ts.

import { CodedError } from "../base/error.ts";

export interface HttpUrl {
	readonly protocol: "http:" | "https:";
	/** In lower case. */
	readonly hostname: string;
	readonly port: number;
	/** Path and query, with what may not stand in a request line escaped. */
	readonly path: string;
	/** The URL without its fragment. */
	readonly href: string;
}

const absolute = /^(https?):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?$/i;
const authority = /^([a-z0-9](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?)*\.?)(?::(\d{1,5}))?$/i;
const longestUrl = 2048;

/**
 * @param url absolute, or relative to `base`
 * @throws CodedError ERR_URL
 */
export function parseHttpUrl(url: string, base?: HttpUrl): HttpUrl {
	if (url.length > longestUrl) throw urlError(`${url.slice(0, 60)}...`, `longer than ${longestUrl} characters`);
	const parts = absolute.exec(base === undefined ? url : resolved(url, base));
	if (parts === null) throw urlError(url, "not an absolute http: or https: URL");
	if (parts[2]!.includes("@")) throw urlError(url, "a name and password in a URL are not sent; use the authorization header");
	const server = authority.exec(parts[2]!);
	if (server === null || server[1]!.length > 253) throw urlError(url, "its host is no DNS name and no IPv4 address");
	const protocol = `${parts[1]!.toLowerCase()}:` as HttpUrl["protocol"];
	const schemePort = protocol === "https:" ? 443 : 80;
	const port = server[2] === undefined ? schemePort : Number(server[2]);
	if (port < 1 || port > 65535) throw urlError(url, "its port is not between 1 and 65535");
	const hostname = server[1]!.toLowerCase();
	const path = escaped(withoutDots(parts[3] || "/") + (parts[4] ?? ""));
	return { protocol, hostname, port, path, href: `${protocol}//${hostname}${port === schemePort ? "" : `:${port}`}${path}` };
}

/** A reference against its base (RFC 3986 section 5.2), as text. */
function resolved(reference: string, base: HttpUrl): string {
	if (/^[a-z][a-z0-9+.-]*:/i.test(reference)) return reference;
	if (reference.startsWith("//")) return base.protocol + reference;
	const origin = base.href.slice(0, base.href.length - base.path.length);
	if (reference.startsWith("/")) return origin + reference;
	const path = base.path.split("?")[0]!;
	if (reference === "" || reference.startsWith("#")) return base.href;
	if (reference.startsWith("?")) return origin + path + reference;
	return origin + path.slice(0, path.lastIndexOf("/") + 1) + reference;
}

function withoutDots(path: string): string {
	const result: string[] = [];
	const segments = path.split("/").slice(1);
	segments.forEach((segment, index) => {
		const last = index === segments.length - 1;
		if (segment === "..") result.pop();
		if (segment === ".." || segment === ".") {
			if (last) result.push("");
		} else {
			result.push(segment);
		}
	});
	return `/${result.join("/")}`;
}

function escaped(text: string): string {
	return text.replace(/[^\x21-\x7e]|["<>\\^`{|}]/gu, character => encodeURIComponent(character));
}

function urlError(url: string, why: string): CodedError {
	return new CodedError("ERR_URL", `${JSON.stringify(url)}: ${why}`, { url });
}
