// The time of network time servers: ECMA-419, NTP client class pattern. It tells the time and does not set the clock.
//
// Handed the layers below: a kind of UDP socket and a kind of resolver.

import { getRandomValues } from "../../crypto/crypto.ts";
import { CodedError } from "../../base/error.ts";
import { uptimeMs } from "../../base/uptime.ts";
import type { UDPOptions, Datagram } from "../../io/socket/udp/udp.ts";
import { timeBounds } from "../../time/time.ts";
import type { Resolved } from "../dns/resolver/resolver.ts";
import { emitRequest, nonceBytes, parseAnswer } from "./packet.ts";

const ntpPort = 123;
/** Times a server is asked, and how long each is waited for. */
const askMax = 2;
const askTimeoutMs = 2_000;

/** A UDP socket as the client uses it. */
export interface DatagramSocket {
	read(): Datagram | undefined;
	write(buffer: Uint8Array, address: string, port: number): void;
	close(): void;
}

/** A resolver as the client uses it. */
export interface NameResolver {
	resolve(options: { host: string }, callback: Resolved): void;
	close(): void;
}

/** The layers below, and whom to ask. */
export interface NTPClientOptions {
	/** Kind of socket, such as `{io: UDP}`; whatever else stands here is handed to it. */
	socket: { io: new (options: UDPOptions) => DatagramSocket; readonly [option: string]: unknown };
	/** Names or addresses, asked one after another until one answers. */
	servers: readonly string[];
	/** Kind of resolver, such as `{io: Resolver}`; whatever else stands here is handed to it. */
	dns: { io: new (options: never) => NameResolver; readonly [option: string]: unknown };
	/** Kept as the property of that name, for the app alone. */
	target?: unknown;
}

/** Unix milliseconds, who told them and at which address; or the error: the last server's code (ERR_NTP_TIMEOUT, ERR_NTP_REFUSED, ENOTFOUND, EAI_AGAIN, ...). */
export type Told = (error: CodedError | null, unixMs?: number, server?: string, address?: string) => void;

/** Asks servers for the time. */
export default class NTPClient {
	declare target?: unknown;
	readonly #options: NTPClientOptions;
	#told: Told | undefined;
	#socket: DatagramSocket | undefined;
	#resolver: NameResolver | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#closed = false;

	/** @throws TypeError without servers. */
	constructor(options: NTPClientOptions) {
		if (options.servers.length === 0) {
			throw new TypeError("ntp: servers: give one at least");
		}
		this.#options = options;
		if (options.target !== undefined) this.target = options.target;
	}

	/**
	 * Asks for the time, corrected by half the way there and back. The answer always comes, once: within about 9 s a server.
	 *
	 * @throws CodedError EBUSY while it is asking, ECLOSED after `close()`.
	 */
	getTime(told: Told): void {
		if (this.#closed) {
			throw new CodedError("ECLOSED", "ntp: the client is closed");
		}
		if (this.#told) {
			throw new CodedError("EBUSY", "ntp: the time is being asked for. Wait for the answer.");
		}
		this.#told = told;
		this.#ask(0);
	}

	/** Gives up what is under way: nobody is told. Harmless twice, and inside the callback. */
	close(): void {
		this.#closed = true;
		this.#told = undefined;
		this.#release();
	}

	#release(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#socket?.close();
		this.#socket = undefined;
		this.#resolver?.close();
		this.#resolver = undefined;
	}

	#settle(error: CodedError | null, unixMs?: number, server?: string, address?: string): void {
		const told = this.#told;
		this.#told = undefined;
		this.#release();
		told?.(error, unixMs, server, address);
	}

	/** The server of this number, or the end with what the one before said. */
	#ask(index: number, failure?: CodedError): void {
		const server = this.#options.servers[index];
		this.#release();
		if (server === undefined) {
			this.#settle(failure!);
			return;
		}
		const next = (error: CodedError) => this.#ask(index + 1, error);
		try {
			this.#resolver = new this.#options.dns.io(this.#options.dns as never);
			this.#resolver.resolve({ host: server }, (error, address) => {
				if (error) {
					next(error);
				} else {
					this.#exchange(server, address!, next);
				}
			});
		} catch (error) {
			next(error as CodedError);
		}
	}

	#exchange(server: string, address: string, next: (error: CodedError) => void): void {
		const nonce = new Uint8Array(nonceBytes);
		let asked = 0;
		let askedAtMs = 0;
		const send = () => {
			if (asked === askMax) {
				next(new CodedError("ERR_NTP_TIMEOUT", `ntp ${server} (${address}): no answer within ${askMax * askTimeoutMs} ms`));
				return;
			}
			asked++;
			try {
				getRandomValues(nonce);
				askedAtMs = uptimeMs();
				this.#socket!.write(emitRequest(nonce), address, ntpPort);
			} catch (error) {
				next(error as CodedError);
				return;
			}
			this.#timer = setTimeout(send, askTimeoutMs);
		};
		const receive = () => {
			for (let packet = this.#socket?.read(); packet; packet = this.#socket?.read()) {
				const passedMs = uptimeMs() - askedAtMs;
				if (packet.address !== address || packet.port !== ntpPort) {
					continue;
				}
				const answer = parseAnswer(new Uint8Array(packet), nonce);
				if ("refused" in answer) {
					if (answer.ours) {
						next(new CodedError("ERR_NTP_REFUSED", `ntp ${server} (${address}): ${answer.refused}`));
						return;
					}
					continue;
				}
				const wayMs = passedMs - (answer.transmittedAtMs - answer.receivedAtMs);
				const { earliest, latest } = timeBounds();
				const possible = answer.transmittedAtMs >= earliest.getTime() && answer.transmittedAtMs <= latest.getTime();
				if (!possible || wayMs < -1 || wayMs > askTimeoutMs) {
					next(new CodedError("ERR_NTP_REFUSED", `ntp ${server} (${address}): its time ${new Date(answer.transmittedAtMs).toISOString()} cannot be`));
					return;
				}
				this.#settle(null, answer.transmittedAtMs + Math.max(wayMs, 0) / 2, server, address);
				return;
			}
		};
		try {
			this.#socket = new this.#options.socket.io({ ...this.#options.socket, onReadable: receive });
		} catch (error) {
			next(error as CodedError);
			return;
		}
		send();
	}
}
