// URL (URL Standard, section 6.1) for http: and https:. Its parts are read-only, but for `search`, `hash` and searchParams.

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

	get origin(): string {
		return `${this.#parts.protocol}//${hostOf(this.#parts)}`;
	}

	get protocol(): string {
		return this.#parts.protocol;
	}

	get username(): string {
		return this.#parts.username;
	}

	get password(): string {
		return this.#parts.password;
	}

	/** With the port, unless it is the scheme's own. */
	get host(): string {
		return hostOf(this.#parts);
	}

	get hostname(): string {
		return this.#parts.hostname;
	}

	/** "" when it is the scheme's own. */
	get port(): string {
		return this.host === this.hostname ? "" : String(this.#parts.port);
	}

	get pathname(): string {
		return this.#parts.pathname;
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

	#setSearch(search: string): void {
		const text = search.startsWith("?") ? search.slice(1) : search;
		this.#parts = { ...this.#parts, search: text === "" ? "" : `?${percentEncoded(text, "query")}` };
	}
}
