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
	/** A DNS name in lower case, an IPv4 address, or an IPv6 address in brackets (RFC 5952). */
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
const mostLabel = 63;		// RFC 1035 section 2.3.1
const notInLabel = /[^a-z0-9_-]/;
const notDigit = /\D/;
const hexadecimal = /^0x(?:$|[0-9a-f])/;
const byteOfAddress = /^(?:0|[1-9]\d{0,2})$/;
const groupOfAddress = /^[0-9a-f]{1,4}$/;
const portDigits = /^\d{1,8}$/;

/**
 * @param text absolute, or a reference to be resolved against `base` (RFC 3986 section 5.2)
 * @throws CodedError ERR_URL
 */
export function parseUrl(text: string, base?: UrlParts): UrlParts {
	if (text.length > longestUrl) throw urlError(text, `longer than ${longestUrl} characters`);
	const { scheme, authority, path, query, fragment } = split(text);
	if (scheme === undefined && base !== undefined) return parseUrl(resolved({ authority, path, query, fragment }, base));
	const protocol = `${scheme?.toLowerCase()}:`;
	if ((protocol !== "https:" && protocol !== "http:") || authority === undefined) {
		throw urlError(text, "not an absolute http: or https: URL");
	}
	const at = authority.lastIndexOf("@");
	const [username, password] = cut(at < 0 ? "" : authority.slice(0, at), ":");
	const { hostname, port } = hostAndPort(authority.slice(at + 1).toLowerCase(), text);
	return {
		protocol,
		username: userInfo(username, text),
		password: userInfo(password ?? "", text),
		hostname,
		port: port ? portNumber(port, text) : schemePort(protocol),
		pathname: percentEncoded(withoutDots(path), "path"),
		search: query ? `?${percentEncoded(query, "query")}` : "",
		hash: fragment ? `#${percentEncoded(fragment, "fragment")}` : "",
	};
}

interface Pieces {
	/** Undefined when there is none: the text is relative. */
	readonly scheme?: string | undefined;
	/** User and host; undefined when there is no "//". */
	readonly authority: string | undefined;
	readonly path: string;
	readonly query: string | undefined;
	readonly fragment: string | undefined;
}

/** RFC 3986 appendix B, by hand: the engine's regular expressions take memory for each character (see web/field-syntax.ts). */
function split(text: string): Pieces {
	const [withoutFragment, fragment] = cut(text, "#");
	const [withoutQuery, query] = cut(withoutFragment, "?");
	const colon = withoutQuery.indexOf(":");
	const slash = withoutQuery.indexOf("/");
	const scheme = colon > 0 && (slash < 0 || colon < slash) ? withoutQuery.slice(0, colon) : undefined;
	const rest = withoutQuery.slice(scheme === undefined ? 0 : colon + 1);
	if (!rest.startsWith("//")) return { scheme, authority: undefined, path: rest, query, fragment };
	const [authority, path] = cut(rest.slice(2), "/");
	return { scheme, authority, path: path === undefined ? "" : `/${path}`, query, fragment };
}

/** What is before and what is behind the first of this character; undefined behind when there is none. */
function cut(text: string, character: string): [string, string | undefined] {
	const at = text.indexOf(character);
	return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function userInfo(text: string, url: string): string {
	if (text.includes("@")) throw urlError(url, "its host cannot be told from its user's name");
	return percentEncoded(text, "userInfo");
}

function portNumber(text: string, url: string): number {
	const port = portDigits.test(text) ? Number(text) : 0;
	if (port < 1 || port > 65535) throw urlError(url, "its port is not between 1 and 65535");
	return port;
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

/** A relative reference as an absolute URL (RFC 3986 section 5.2.2). */
function resolved({ authority, path, query, fragment }: Pieces, base: UrlParts): string {
	const behind = (query === undefined ? "" : `?${query}`) + (fragment === undefined ? "" : `#${fragment}`);
	if (authority !== undefined) return `${base.protocol}//${authority}${path}${behind}`;
	const origin = hrefOf({ ...base, pathname: "", search: "", hash: "" });
	const { pathname, search } = base;
	if (path.startsWith("/")) return origin + path + behind;
	if (path !== "") return origin + pathname.slice(0, pathname.lastIndexOf("/") + 1) + path + behind;
	return origin + pathname + (query === undefined ? search : "") + behind;
}

/** RFC 3986 section 5.2.4. */
function withoutDots(path: string): string {
	const result: string[] = [];
	const segments = path.split("/").slice(1);
	segments.forEach((segment, index) => {
		const dots = segment.replaceAll("%2e", ".").replaceAll("%2E", ".");
		if (dots === "..") result.pop();
		if (dots !== ".." && dots !== ".") result.push(segment);
		else if (index === segments.length - 1) result.push("");
	});
	return `/${result.join("/")}`;
}

function hostAndPort(text: string, url: string): { hostname: string; port: string | undefined } {
	const end = text.startsWith("[") ? text.indexOf("]") + 1 : 0;
	const [host, port] = cut(text.slice(end), ":");
	const address = end > 0 && host === "" ? ipv6Text(text.slice(1, end - 1)) : undefined;
	if (address === undefined && !isHost(text.slice(0, end) + host)) throw urlError(url, "its host is no DNS name and no address");
	return { hostname: address === undefined ? host : `[${address}]`, port };
}

/** The one form of an IPv6 address (RFC 5952); undefined for what is none. IPv4 inside of it is to be written in groups. */
function ipv6Text(text: string): string | undefined {
	const halves = text.split("::").map(half => half === "" ? [] : half.split(":"));
	const [first, last = []] = halves as [string[], string[]?];
	const missing = 8 - first.length - last.length;
	if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0) || ![...first, ...last].every(group => groupOfAddress.test(group))) return undefined;
	const groups = [...first, ...Array<string>(missing).fill("0"), ...last].map(group => parseInt(group, 16).toString(16));
	// The longest run of zeros, the first of equals; one zero alone stays.
	const all = `:${groups.join(":")}:`;
	for (let length = 8; length > 1; length--) {
		const zeros = `:${"0:".repeat(length)}`;
		const at = all.indexOf(zeros);
		if (at >= 0) return `${all.slice(1, at)}::${all.slice(at + zeros.length, -1)}`;
	}
	return all.slice(1, -1);
}

function isHost(name: string): boolean {
	const labels = (name.endsWith(".") ? name.slice(0, -1) : name).split(".");
	if (name.length > longestName || !labels.every(isLabel)) return false;
	// A last label of digits makes it an address, or nothing (URL Standard, "ends in a number").
	const last = labels.at(-1)!;
	if (notDigit.test(last) && !hexadecimal.test(last)) return true;
	return labels.length === 4 && !name.endsWith(".") && labels.every(one => byteOfAddress.test(one) && Number(one) <= 255);
}

function isLabel(text: string): boolean {
	return text !== "" && text.length <= mostLabel && !notInLabel.test(text) && !text.startsWith("-") && !text.endsWith("-");
}

function urlError(url: string, why: string): CodedError {
	const shown = url.length > 100 ? `${url.slice(0, 100)}...` : url;
	return new CodedError("ERR_URL", `${JSON.stringify(shown)}: ${why}`, { url: shown });
}
