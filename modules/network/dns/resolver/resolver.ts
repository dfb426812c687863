// Names to addresses by DNS: ECMA-419, DNS resolver class pattern, with Moddable's callbacks accepted.
//
// Asks the servers that the network named by DHCP, in turn, and for a name in ".local" everybody in the local network; answers are kept
// for their time to live (platform/lwip/resolver.h).

import { CodedError } from "../../../base/error.ts";

/** How a name's address is told. */
export type Resolved = (error: CodedError | null, address?: string, host?: string) => void;

/** Whom to ask. */
export interface ResolverOptions {
	/** Addresses of name servers; two are asked, in turn; not for names in ".local". Default: those of the network. */
	servers?: readonly string[];
	/** Accepted and not needed: the socket is the resolver's own. */
	socket?: unknown;
	/** Kept as the property of that name, for the app alone. */
	target?: unknown;
}

/** What to ask for. */
export interface ResolveOptions {
	/** The name, of letters, digits, hyphens and underlines; an address answers itself. At most 253 characters. */
	host: string;
	/**
	 * 4: the IPv4 address; 6: the IPv6 address (AAAA), in the form of RFC 5952. Default: what the board speaks itself, with `network/ipv6` IPv4 if
	 * there is one on both sides, else IPv6.
	 */
	family?: 4 | 6;
	/** 1 to 600,000 milliseconds. Default 5,000. */
	timeoutMs?: number;
	/** Moddable's form. */
	onResolved?: (host: string, address: string) => void;
	/** Moddable's form. */
	onError?: (error: CodedError) => void;
}

/** The request itself, in C. */
type Handle = object;

const resolve = native<(host: string, family: number, timeoutMs: number, servers: readonly string[], told: (result: number, address: string) => void) => Handle>("xs_resolver_resolve");
const cancel = native<(handle: Handle) => void>("xs_resolver_cancel");

// By the negative of the result in C: resolver_result of resolver.h.
const failures: readonly (readonly [code: string, sentence: string])[] = [
	["", ""],
	["ENOTFOUND", "there is no such name"],
	["ENOTFOUND", "the name has no address of this family"],
	["EAI_AGAIN", "no name server answered in time. Is the network's own connection up?"],
	["EAI_AGAIN", "the name server failed. Try again later."],
	["EBADRESP", "the answer was cut off, and did not come by TCP"],
	["EBADRESP", "the answer cannot be read, or its names go in circles"],
	["EAI_AGAIN", "no network is joined, or it named no name server"],
	["EINVAL", "a name has 1 to 253 characters, in parts of 1 to 63 letters, digits, - and _"],
	["ENOMEM", "too many names are being resolved. Wait for one."],
	["ENOTFOUND", "nobody in the local network has this name"],
];

/** Resolves names. Requests are under way side by side: eight names at most, and sixteen who wait for them, in all. */
export default class Resolver {
	declare target?: unknown;
	readonly #servers: readonly string[];
	readonly #handles = new Set<Handle>();
	#closed = false;

	constructor({ servers = [], target }: ResolverOptions = {}) {
		if (target !== undefined) this.target = target;
		this.#servers = servers;
	}

	/**
	 * Resolves one name. The answer always comes, once, after this call has returned, `timeoutMs` later at the latest: ENOTFOUND, EAI_AGAIN
	 * (no answer, or a server that fails), EBADRESP (an answer that is none), EINVAL (the name), ENOMEM.
	 *
	 * @throws TypeError nobody would be told. CodedError ECLOSED after `close()`, EINVAL (time limit, servers), ENOMEM.
	 */
	resolve(options: ResolveOptions, callback?: Resolved): void {
		const host = String(options.host);
		const { family = 0, timeoutMs = 5_000, onResolved, onError } = options;
		if (callback === undefined && onResolved === undefined && onError === undefined) {
			throw new TypeError("resolve: give a callback, or onResolved and onError");
		}
		if (this.#closed) {
			throw new CodedError("ECLOSED", `dns ${host}: the resolver is closed`);
		}
		const handle = resolve(host, family, timeoutMs, this.#servers, (result, address) => {
			this.#handles.delete(handle);
			cancel(handle);
			if (result === 0) {
				callback?.(null, address, host);
				onResolved?.call(options, host, address);
				return;
			}
			const [code, sentence] = failures[-result]!;
			const error = new CodedError(code, `dns ${host}: ${sentence}`);
			callback?.(error);
			onError?.call(options, error);
		});
		this.#handles.add(handle);
	}

	/** Gives up what is under way: nobody is told. Harmless twice, and inside a callback. */
	close(): void {
		this.#closed = true;
		for (const handle of this.#handles) {
			cancel(handle);
		}
		this.#handles.clear();
	}
}
