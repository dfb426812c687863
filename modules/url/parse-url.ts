// Takes an http: or https: URL apart, strictly (RFC 3986, RFC 9110 section 4.2). Where the web's URL Standard would guess
// (backslashes, blanks around, numbers that stand for addresses), this says no. Used by url.ts and fetch.

import { CodedError } from "../base/error.ts";
import { percentEncoded } from "./percent-encoding.ts";

/** The parts of a URL, in the form in which they are sent. */
export interface UrlParts {
	readonly protocol: "http:" | "https:";
	/** Without its colon and "@"; "" when there is none. */
	readonly username: string;
	readonly password: string;
	/** A DNS name in lower case, or an IPv4 address. */
	readonly hostname: string;
	/** 1 to 65535: the scheme's own when the URL names none. */
	readonly port: number;
	/** Begins with "/". */
	readonly pathname: string;
	/** With its "?"; "" when it is empty. */
	readonly search: string;
	/** With its "#"; "" when it is empty. */
	readonly hash: string;
}

const longestUrl = 2048;
const longestName = 253;	// RFC 1035 section 2.3.4, without the root's dot
const absolute = /^(https?):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/is;
const scheme = /^[a-z][a-z0-9+.-]*:/i;
const userAndHost = /^(?:([^@:]*)(?::([^@]*))?@)?([^@:]*)(?::(\d*))?$/;
const label = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/;

/**
 * @param text absolute, or a reference to be resolved against `base` (RFC 3986 section 5.2)
 * @throws CodedError ERR_URL
 */
export function parseUrl(text: string, base?: UrlParts): UrlParts {
	if (text.length > longestUrl) throw urlError(text, `longer than ${longestUrl} characters`);
	const parts = absolute.exec(base === undefined ? text : resolved(text, base));
	if (parts === null) throw urlError(text, "not an absolute http: or https: URL");
	const protocol = `${parts[1]!.toLowerCase()}:` as UrlParts["protocol"];
	const server = userAndHost.exec(parts[2]!);
	if (server === null) throw urlError(text, "its host or port cannot be read");
	const hostname = server[3]!.toLowerCase();
	if (!isHost(hostname)) throw urlError(text, "its host is no DNS name and no IPv4 address");
	const port = server[4] ? Number(server[4]) : schemePort(protocol);
	if (port < 1 || port > 65535) throw urlError(text, "its port is not between 1 and 65535");
	return {
		protocol,
		username: server[1] ?? "",
		password: server[2] ?? "",
		hostname,
		port,
		pathname: percentEncoded(withoutDots(parts[3]!), "path"),
		search: parts[4] === undefined || parts[4] === "?" ? "" : `?${percentEncoded(parts[4].slice(1), "query")}`,
		hash: parts[5] === undefined || parts[5] === "#" ? "" : `#${percentEncoded(parts[5].slice(1), "fragment")}`,
	};
}

/** Host, with the port unless it is the scheme's own. */
export function hostOf({ protocol, hostname, port }: UrlParts): string {
	return port === schemePort(protocol) ? hostname : `${hostname}:${port}`;
}

/** The whole URL. */
export function hrefOf(parts: UrlParts): string {
	const { protocol, username, password, pathname, search, hash } = parts;
	const user = username === "" && password === "" ? "" : `${username}${password === "" ? "" : `:${password}`}@`;
	return `${protocol}//${user}${hostOf(parts)}${pathname}${search}${hash}`;
}

function schemePort(protocol: UrlParts["protocol"]): number {
	return protocol === "https:" ? 443 : 80;
}

function resolved(reference: string, base: UrlParts): string {
	if (scheme.test(reference)) return reference;
	if (reference.startsWith("//")) return base.protocol + reference;
	const origin = hrefOf({ ...base, pathname: "", search: "", hash: "" });
	if (reference.startsWith("/")) return origin + reference;
	const { pathname, search } = base;
	if (reference === "" || reference.startsWith("#")) return origin + pathname + search + reference;
	if (reference.startsWith("?")) return origin + pathname + reference;
	return origin + pathname.slice(0, pathname.lastIndexOf("/") + 1) + reference;
}

/** RFC 3986 section 5.2.4. */
function withoutDots(path: string): string {
	const result: string[] = [];
	const segments = path.split("/").slice(1);
	segments.forEach((segment, index) => {
		const dots = segment.replaceAll(/%2e/gi, ".");
		if (dots === "..") result.pop();
		if (dots !== ".." && dots !== ".") result.push(segment);
		else if (index === segments.length - 1) result.push("");
	});
	return `/${result.join("/")}`;
}

function isHost(name: string): boolean {
	const labels = (name.endsWith(".") ? name.slice(0, -1) : name).split(".");
	if (name.length > longestName || !labels.every(one => one.length <= 63 && label.test(one))) return false;
	// A last label of digits makes it an address, or nothing (URL Standard, "ends in a number").
	if (!/^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1)!)) return true;
	return labels.length === 4 && !name.endsWith(".") && labels.every(one => /^(?:0|[1-9]\d{0,2})$/.test(one) && Number(one) <= 255);
}

function urlError(url: string, why: string): CodedError {
	const shown = url.length > 100 ? `${url.slice(0, 100)}...` : url;
	return new CodedError("ERR_URL", `${JSON.stringify(shown)}: ${why}`, { url: shown });
}
