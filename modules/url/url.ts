// URL (URL Standard, section 6.1) for http: and https:. A part that is set to what a URL cannot hold stays as it was; href throws.

import { hostOf, hrefOf, parseUrl, type UrlParts } from "./parse-url.ts";
import { percentEncoded } from "./percent-encoding.ts";
import { URLSearchParams } from "./url-search-params.ts";

export class URL {
	#parts: UrlParts;
	#searchParams: URLSearchParams | undefined;

	/**
	 * @param url absolute, or relative to `base`
	 * @throws TypeError whose cause is a CodedError ERR_URL
	 */
	constructor(url: string | URL, base?: string | URL) {
		try {
			this.#parts = parseUrl(String(url), base === undefined ? undefined : parseUrl(String(base)));
		} catch (cause) {
			throw new TypeError((cause as Error).message, { cause });
		}
	}

	/** Whether the constructor would take it. */
	static canParse(url: string | URL, base?: string | URL): boolean {
		try {
			new URL(url, base);
			return true;
		} catch {
			return false;
		}
	}

	get href(): string {
		return hrefOf(this.#parts);
	}

	set href(url: string) {
		this.#parts = new URL(url).#parts;
		this.#searchParams = undefined;
	}

	get origin(): string {
		return `${this.#parts.protocol}//${hostOf(this.#parts)}`;
	}

	get protocol(): string {
		return this.#parts.protocol;
	}

	set protocol(protocol: string) {
		const [scheme] = protocol.split(":", 1);
		// The port stays, unless it was the scheme's own.
		this.#change(`${scheme}://${this.#user}${this.host}`);
	}

	get username(): string {
		return this.#parts.username;
	}

	set username(username: string) {
		this.#parts = { ...this.#parts, username: percentEncoded(username, "userInfo") };
	}

	get password(): string {
		return this.#parts.password;
	}

	set password(password: string) {
		this.#parts = { ...this.#parts, password: percentEncoded(password, "userInfo") };
	}

	/** With the port, unless it is the scheme's own. */
	get host(): string {
		return hostOf(this.#parts);
	}

	set host(host: string) {
		this.#change(`${this.protocol}//${this.#user}${host.includes(":") ? host : `${host}:${this.#parts.port}`}`);
	}

	get hostname(): string {
		return this.#parts.hostname;
	}

	set hostname(hostname: string) {
		if (!hostname.includes(":")) this.host = hostname;
	}

	/** "" when it is the scheme's own. */
	get port(): string {
		return this.host === this.hostname ? "" : String(this.#parts.port);
	}

	set port(port: string | number) {
		this.#change(`${this.protocol}//${this.#user}${this.hostname}:${port}`);
	}

	get pathname(): string {
		return this.#parts.pathname;
	}

	set pathname(pathname: string) {
		const path = pathname.replaceAll("?", "%3F").replaceAll("#", "%23");
		this.#change(`${this.protocol}//${this.#user}${this.host}`, path.startsWith("/") ? path : `/${path}`);
	}

	get search(): string {
		return this.#parts.search;
	}

	set search(search: string) {
		this.#setSearch(search);
		this.#searchParams = undefined;
	}

	get hash(): string {
		return this.#parts.hash;
	}

	set hash(hash: string) {
		const text = hash.startsWith("#") ? hash.slice(1) : hash;
		this.#parts = { ...this.#parts, hash: text === "" ? "" : `#${percentEncoded(text, "fragment")}` };
	}

	/** The pairs of the query; a change of them changes the URL. */
	get searchParams(): URLSearchParams {
		this.#searchParams ??= new URLSearchParams(this.search, () => this.#setSearch(this.#searchParams!.toString()));
		return this.#searchParams;
	}

	toString(): string {
		return this.href;
	}

	toJSON(): string {
		return this.href;
	}

	/** User and password with their "@", or "". */
	get #user(): string {
		const { username, password } = this.#parts;
		return username === "" && password === "" ? "" : `${username}${password === "" ? "" : `:${password}`}@`;
	}

	/** Takes another beginning, unless that makes no URL. */
	#change(origin: string, pathname = this.pathname): void {
		try {
			this.#parts = parseUrl(origin + pathname + this.search + this.hash);
		} catch {
			// URL Standard 6.1: the part stays as it was.
		}
	}

	#setSearch(search: string): void {
		const text = search.startsWith("?") ? search.slice(1) : search;
		this.#parts = { ...this.#parts, search: text === "" ? "" : `?${percentEncoded(text, "query")}` };
	}
}
