// Names to IPv4 addresses by DNS over UDP: ECMA-419, DNS resolver class pattern, with Moddable's callbacks accepted.
//
// Asks the servers that the network named by DHCP; answers are kept for their time to live (RFC 1035) by lwIP.

import { CodedError } from "../../../base/error.ts";

/** How a name's address is told. */
export type Resolved = (error: CodedError | null, address?: string, host?: string) => void;

/** Moddable's form: callbacks among the options. */
export interface ResolveOptions {
	/** The name; an IPv4 address in dotted form answers itself. At most 255 characters. */
	host: string;
	onResolved?: (host: string, address: string) => void;
	onError?: (error: CodedError) => void;
}

/** The request itself, in C. */
type Handle = object;

const resolve = native<(host: string, told: (result: number, address: string) => void) => Handle>("xs_resolver_resolve");
const cancel = native<(handle: Handle) => void>("xs_resolver_cancel");

// By the negative of the result in C: network_name of network.h.
const failures: readonly (readonly [code: string, sentence: string])[] = [
	["", ""],
	["ENOTFOUND", "there is no such name, or it has no IPv4 address"],
	["EAI_AGAIN", "no name server answered. Is the network's own connection up?"],
	["EAI_AGAIN", "the name server failed. Try again later."],
	["EAI_AGAIN", "no network is joined, or it named no name server"],
	["EINVAL", "a name has 1 to 255 characters"],
	["ENOMEM", "too many names are being resolved. Wait for one."],
];

/** Resolves names. Requests are under way side by side, four at most in all. */
export default class Resolver {
	readonly #handles = new Set<Handle>();
	#closed = false;

	/**
	 * Resolves one name. The answer always comes, once, after this call has returned: 4 s a name server at the latest.
	 *
	 * @throws TypeError nobody would be told. CodedError ECLOSED after `close()`.
	 */
	resolve(options: ResolveOptions, callback?: Resolved): void {
		const host = String(options.host);
		const { onResolved, onError } = options;
		if (callback === undefined && onResolved === undefined && onError === undefined) {
			throw new TypeError("resolve: give a callback, or onResolved and onError");
		}
		if (this.#closed) {
			throw new CodedError("ECLOSED", `dns ${host}: the resolver is closed`);
		}
		const handle = resolve(host, (result, address) => {
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
