// An echo request and its answer (RFC 792; with `network/ipv6` also RFC 4443), as one promise.
//
// Above it: whatever an app wants to know of its network. Below it: lwIP's raw ICMP (ping.c), the resolver.

import { CodedError } from "../../base/error.ts";
import { uptimeMs } from "../../base/uptime.ts";
import Resolver from "../dns/resolver/resolver.ts";

/** How to ask. */
export interface PingOptions {
	/** Bytes of data, 0 to 1472, by IPv6 to 1232. Default 56. */
	lengthBytes?: number;
	/** Time for the name and the answer together. Default 2,000. */
	timeoutMs?: number;
}

/** An answer. */
export interface Pong {
	/** Whose it is. */
	readonly address: string;
	/** The way there and back, in milliseconds, with fractions. */
	readonly timeMs: number;
}

/** The request itself, in C. */
type Handle = object;

const send = native<(address: string, lengthBytes: number, told: (result: number) => void) => Handle>("xs_ping_send");
const cancel = native<(handle: Handle) => void>("xs_ping_cancel");

// As in ping.c.
const answered = 0;

/**
 * Asks a host whether it is there. It always settles, `timeoutMs` after the call at the latest. Four may be under way at once.
 *
 * @param host name, or address: IPv4 in dotted form, with `network/ipv6` also IPv6.
 * @returns the answer; rejects with CodedError ETIMEDOUT (no answer), EHOSTUNREACH (a router says that there is no way), ENETUNREACH (no
 * network), EINVAL (length), ENOMEM, or what the resolver says of a name.
 */
export function ping(host: string, { lengthBytes = 56, timeoutMs = 2_000 }: PingOptions = {}): Promise<Pong> {
	return new Promise((resolve, reject) => {
		const resolver = new Resolver();
		let handle: Handle | undefined;
		const end = () => {
			clearTimeout(timer);
			resolver.close();
			if (handle) {
				cancel(handle);
			}
		};
		const fail = (error: unknown) => {
			end();
			reject(error);
		};
		const timer = setTimeout(() => fail(new CodedError("ETIMEDOUT", `ping ${host}: no answer within ${timeoutMs} ms`)), timeoutMs);
		const ask = (address: string) => {
			const sentAtMs = uptimeMs();
			handle = send(address, lengthBytes, (result) => {
				const timeMs = uptimeMs() - sentAtMs;
				if (result === answered) {
					end();
					resolve({ address, timeMs });
				} else {
					fail(new CodedError("EHOSTUNREACH", `ping ${host} (${address}): a router says that there is no way to it`));
				}
			});
		};
		try {
			resolver.resolve({ host, timeoutMs }, (error, address) => {
				try {
					if (error) {
						throw error;
					}
					ask(address!);
				} catch (failure) {
					fail(failure);
				}
			});
		} catch (failure) {
			fail(failure);
		}
	});
}
