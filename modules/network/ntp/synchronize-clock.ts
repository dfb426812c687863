// Setting the board's clock by network time servers, as one promise, on top of the client of ECMA-419 (client.ts).
//
// NTP proves nothing. A server that is wrong, or lies, is found out by asking several, of whom two must agree (RFC 5905, 11.2.1,
// in the small); the bounds of the clock (time.ts) hold against whoever has the whole network.

import { CodedError } from "../../base/error.ts";
import { uptimeMs } from "../../base/uptime.ts";
import UDP from "../../io/socket/udp/udp.ts";
import { setTime } from "../../time/time.ts";
import Resolver from "../dns/resolver/resolver.ts";
import NTPClient from "./client.ts";

/** Whom to ask, and how long to wait. */
export interface SynchronizeOptions {
	/**
	 * Name or address of a server, or up to four: they are asked at once, and the clock is set when two agree within two seconds.
	 * Two names of one address are one voice.
	 * One alone is believed. Default: three of pool.ntp.org.
	 */
	server?: string | readonly string[];
	/** Default 15,000. */
	timeoutMs?: number;
}

const pool: readonly string[] = ["0.pool.ntp.org", "1.pool.ntp.org", "2.pool.ntp.org"];
const serversMax = 4;
/** What two servers may be apart, the way there and back included. */
const agreementMs = 2_000;

/** What a server said, and when: on the board's own count of milliseconds. */
interface Told {
	readonly server: string;
	readonly address: string;
	readonly unixMs: number;
	readonly atMs: number;
}

/**
 * Asks for the time and sets the clock. It always settles, `timeoutMs` after the call at the latest.
 *
 * @returns the time that was set; rejects with CodedError ERR_NTP_TIMEOUT, ERR_NTP_REFUSED, ERR_NTP_DISAGREE, ENOTFOUND, EAI_AGAIN,
 * ERR_ENTROPY_STUCK, ERR_TIME_OUT_OF_BOUNDS or EINVAL (too many servers, or none); then the clock is as it was.
 */
export function synchronizeClock({ server = pool, timeoutMs = 15_000 }: SynchronizeOptions = {}): Promise<Date> {
	const servers = typeof server === "string" ? [server] : server;
	return new Promise<Told>((resolve, reject) => {
		if (servers.length === 0 || servers.length > serversMax) {
			throw new CodedError("EINVAL", `ntp: ${servers.length} servers; give 1 to ${serversMax}`);
		}
		const clients = servers.map(name => new NTPClient({ socket: { io: UDP }, servers: [name], dns: { io: Resolver } }));
		const told: Told[] = [];
		let failure: CodedError | undefined;
		let left = servers.length;
		const end = () => {
			clearTimeout(timer);
			clients.forEach(client => client.close());
		};
		const fail = (error: CodedError) => {
			end();
			reject(error);
		};
		const timer = setTimeout(() => {
			fail(new CodedError("ERR_NTP_TIMEOUT", `ntp ${servers.join(", ")}: no time within ${timeoutMs} ms. Does the network let UDP port 123 through?`, { cause: failure }));
		}, timeoutMs);
		clients.forEach(client => client.getTime((error, unixMs, server, address) => {
			left--;
			if (error) {
				failure ??= error;
			} else {
				const now: Told = { server: server!, address: address!, unixMs: unixMs!, atMs: uptimeMs() };
				const agrees = servers.length === 1 || told.some(other => other.address !== address && Math.abs(now.unixMs - other.unixMs - (now.atMs - other.atMs)) <= agreementMs);
				told.push(now);
				if (agrees) {
					end();
					resolve(now);
					return;
				}
			}
			if (left === 0) {
				fail(verdict(servers, told, failure));
			}
		}));
	}).then(({ unixMs, atMs }) => {
		setTime(unixMs + uptimeMs() - atMs);
		return new Date();
	});
}

/** Why no two agree: too few have answered, or those that did say different times. */
function verdict(servers: readonly string[], told: readonly Told[], failure: CodedError | undefined): CodedError {
	if (told.length === 0) {
		return failure!;
	}
	const times = told.map(({ server, address, unixMs }) => `${server} (${address}) says ${new Date(unixMs).toISOString()}`).join(", ");
	return new CodedError("ERR_NTP_DISAGREE", `ntp: of ${servers.length} servers no two agree: ${times}`, { cause: failure });
}
