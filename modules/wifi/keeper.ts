// A network that is joined again whenever it is lost, on top of the interface of ECMA-419 (wifi.ts).

import { CodedError } from "../base/error.ts";
import type { Joined, JoinOptions } from "./join.ts";
import WiFi from "./wifi.ts";

/** What a keeper does now: it joins, has an address, waits before it tries again, or has come to its end. */
export type KeeperState = "joining" | "joined" | "waiting" | "ended";

/** What a keeper needs. */
export interface KeeperOptions {
	/** Name of the network: 1 to 32 bytes of UTF-8. */
	ssid: string;
	/** As `JoinOptions`. */
	password?: string;
	/** As `JoinOptions`. */
	security?: JoinOptions["security"];
	/** As `JoinOptions`. */
	fixed?: JoinOptions["fixed"];
	/** As `JoinOptions`. */
	hostName?: JoinOptions["hostName"];
	/** As `JoinOptions`. */
	powerSaving?: JoinOptions["powerSaving"];
	/** As `JoinOptions`. */
	country?: JoinOptions["country"];
	/** For one try, until there is an address. Default 30,000. */
	timeoutMs?: number;
	/** Tries in a row that may fail; then the state is "ended". Default Infinity. */
	attempts?: number;
	/** Pause behind the first failure; it doubles with each in a row. A quarter of it is left to chance. Default 1,000. */
	pauseMs?: number;
	/** The pause grows no longer than this. Default 60,000. */
	longestPauseMs?: number;
	/** Called after each change of state, and when a joined network gives another address. */
	onChanged?: (this: Keeper, state: KeeperState) => void;
}

/** A network that is kept. */
export default class Keeper {
	readonly #options: KeeperOptions;
	readonly #wifi: WiFi;
	#state: KeeperState = "joining";
	#failure: CodedError | undefined;
	#failures = 0;
	#hasAsked = false;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#waiting: { resolve: (joined: Joined) => void; reject: (error: CodedError) => void }[] = [];

	/** Begins at once; a failure to begin is told like any other. */
	constructor(options: KeeperOptions) {
		this.#options = options;
		this.#wifi = new WiFi({ onChanged: () => this.#look() });
		this.#timer = setTimeout(() => this.#attempt(), 0);
	}

	get state(): KeeperState {
		return this.#state;
	}

	/** Why the network is not joined, or was not the last time. */
	get failure(): CodedError | undefined {
		return this.#failure;
	}

	/** Tries in a row that failed. */
	get failures(): number {
		return this.#failures;
	}

	/** The network while it is joined. */
	get network(): Joined | undefined {
		const { address, gateway = "", MAC: mac = "" } = this.#wifi;
		return this.#state === "joined" && address !== undefined ? { ssid: this.#options.ssid, address, gateway, mac } : undefined;
	}

	/** @returns resolves when the network is joined, now or later; rejects when the keeper ends before, with its `failure` or ECLOSED. */
	joined(): Promise<Joined> {
		const { network } = this;
		if (network) {
			return Promise.resolve(network);
		}
		return this.#state === "ended"
			? Promise.reject(this.#failure ?? this.#closed())
			: new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
	}

	/** Leaves the network and ends. No callback comes afterwards. Harmless twice. */
	close(): void {
		if (this.#state === "ended") {
			return;
		}
		this.#wifi.disconnect();
		this.#end(this.#closed());
	}

	#closed(): CodedError {
		return new CodedError("ECLOSED", `wifi "${this.#options.ssid}": it is no longer kept`);
	}

	#end(error: CodedError): void {
		this.#state = "ended";
		clearTimeout(this.#timer);
		this.#wifi.close();
		const waiting = this.#waiting;
		this.#waiting = [];
		for (const { reject } of waiting) {
			reject(error);
		}
	}

	#tell(state: KeeperState): void {
		this.#state = state;
		this.#options.onChanged?.call(this, state);
	}

	#attempt(): void {
		const { ssid, password, security, fixed, hostName, powerSaving, country } = this.#options;
		this.#timer = this.#timeLimit();
		if (this.#state !== "joining") {
			this.#tell("joining");
		}
		if (this.#state !== "joining") {
			return;	// closed by the callback
		}
		this.#hasAsked = true;
		try {
			this.#wifi.connect({ SSID: ssid, password, security, fixed, hostName, powerSaving, country });
		} catch (error) {
			this.#failed(error as CodedError);
		}
	}

	/**
	 * Something changed below: an address came or went, the network is lost, or somebody else left it or joined another one. It may also come back
	 * by itself while a pause lasts.
	 */
	#look(): void {
		const { ssid } = this.#options;
		const { connection, failure } = this.#wifi;
		const isOurs = this.#wifi.SSID === ssid;
		if (connection === 500 && isOurs) {
			this.#found();
		} else if (this.#state === "waiting" || !this.#hasAsked) {
			return;	// its end is told already, or it is none of ours
		} else if (failure) {
			this.#failed(failure);
		} else if (connection >= 400 && !isOurs) {
			this.#failed(new CodedError("ERR_WIFI_LOST", `wifi "${ssid}": another network was joined instead`));
		} else if (connection <= 200) {
			this.#failed(new CodedError("ERR_WIFI_LOST", `wifi "${ssid}": it was left, not by its keeper`));
		} else if (this.#state === "joined") {
			this.#timer = this.#timeLimit();
			if (connection === 400) this.#failure = new CodedError("ERR_WIFI_LEASE", `wifi "${ssid}": the address is no longer ours: the lease ended, the network took it back, or another host has it. Another one is asked for.`);
			this.#tell("joining");
		}
	}

	#found(): void {
		clearTimeout(this.#timer);
		this.#failures = 0;
		this.#failure = undefined;
		this.#tell("joined");
		const { network } = this;
		if (network) {
			const waiting = this.#waiting;
			this.#waiting = [];
			for (const { resolve } of waiting) {
				resolve(network);
			}
		}
	}

	#timeLimit(): ReturnType<typeof setTimeout> {
		const { ssid, timeoutMs = 30_000 } = this.#options;
		return setTimeout(() => this.#failed(new CodedError("ERR_WIFI_TIMEOUT", `wifi "${ssid}": no address within ${timeoutMs} ms`)), timeoutMs);
	}

	#failed(error: CodedError): void {
		const { attempts = Infinity, pauseMs = 1_000, longestPauseMs = 60_000 } = this.#options;
		clearTimeout(this.#timer);
		this.#failure = error;
		if (++this.#failures >= attempts) {
			this.#wifi.disconnect();
			this.#end(error);
			this.#options.onChanged?.call(this, "ended");
			return;
		}
		const pause = Math.min(pauseMs * 2 ** (this.#failures - 1), longestPauseMs);
		// Boards that lost the same access point do not come back in step.
		this.#timer = setTimeout(() => this.#attempt(), pause * (0.75 + Math.random() / 4));
		this.#tell("waiting");
	}
}
