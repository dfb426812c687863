// Setting the board's clock by network time servers, as one promise, on top of the client of ECMA-419 (client.ts).

import { CodedError } from "../../base/error.ts";
import UDP from "../../io/socket/udp/udp.ts";
import { setTime } from "../../time/time.ts";
import Resolver from "../dns/resolver/resolver.ts";
import NTPClient from "./client.ts";

/** Whom to ask, and how long to wait. */
export interface SynchronizeOptions {
	/** Name or IPv4 address of a server, or several, asked one after another. Default "pool.ntp.org". */
	server?: string | readonly string[];
	/** Default 15,000. */
	timeoutMs?: number;
}

/**
 * Asks for the time and sets the clock. It always settles, `timeoutMs` after the call at the latest.
 *
 * @returns the time that was set; rejects with CodedError ERR_NTP_TIMEOUT, ERR_NTP_REFUSED, ENOTFOUND, EAI_AGAIN or
 * ERR_ENTROPY_STUCK; then the clock is as it was.
 */
export function synchronizeClock({ server = "pool.ntp.org", timeoutMs = 15_000 }: SynchronizeOptions = {}): Promise<Date> {
	return new Promise((resolve, reject) => {
		const servers = typeof server === "string" ? [server] : server;
		const client = new NTPClient({ socket: { io: UDP }, servers, dns: { io: Resolver } });
		const timer = setTimeout(() => {
			client.close();
			reject(new CodedError("ERR_NTP_TIMEOUT", `ntp ${servers.join(", ")}: no time within ${timeoutMs} ms`));
		}, timeoutMs);
		client.getTime((error, unixMs) => {
			clearTimeout(timer);
			client.close();
			if (error) {
				reject(error);
				return;
			}
			setTime(unixMs!);
			resolve(new Date());
		});
	});
}
