/**
 * TCP peers on the host, and the rule by which virtual time waits for them.
 *
 * When bytes of the device have gone to a peer, virtual time stops at the next instant and Node gets its turn: for
 * streams in this process until two `setImmediate` turns bring nothing, for sockets until bytes come, the peer closes, or
 * the patience is over. What came is delivered when time goes on. A socket peer that owes an answer keeps virtual time
 * from running faster than the host's, for a while, so that a slow server is not taken for a dead one.
 */
import { connect as connectSocket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock, Log } from "../wires.ts";
import type { RecordedConnection, TcpPeer } from "./options.ts";
import { Recorder, Replayer, SentBytes } from "./recording.ts";

/** What a peer tells the TCP connection in front of it. Always called in a clock event. */
export interface PeerListener {
	opened(): void;
	refused(): void;
	bytes(bytes: Uint8Array): void;
	/** It has read what it had left unread. */
	read(): void;
	end(): void;
	reset(): void;
}

/** A TCP connection of the device, seen from the peer's side. */
export interface PeerLink {
	send(bytes: Uint8Array): void;
	/** Bytes that the peer was given and has not read. */
	readonly unread: number;
	/** The device sends no more. */
	end(): void;
	/** The connection broke off on the device's side. */
	destroy(): void;
	/** The device cannot take more now. */
	pause(paused: boolean): void;
}

/** Host time, handed in so that tests need none. */
export interface HostTime {
	/** Milliseconds, any origin. */
	now(): number;
	/** Resolves after `milliseconds`, or when `early` resolves. */
	wait(milliseconds: number, early: Promise<void>): Promise<void>;
}

/** Segments that come one behind the other go to the peer together. */
const GATHER_MICROS = 500;
/** Quiet turns of Node's loop after which a stream in this process has nothing to say. */
const QUIET_TURNS = 2;
/** While a socket peer works, virtual time is held to host time in steps of this. */
const PACE_MICROS = 5_000;
/** For how long: since the device's last byte, and since the peer's. Host milliseconds. */
const PACE_OWED_MS = 5_000;
const PACE_IDLE_MS = 250;
const CONNECT_PATIENCE_MS = 2_000;

const systemTime: HostTime = {
	now: () => performance.now(),
	async wait(milliseconds, early) {
		let timer: NodeJS.Timeout | undefined;
		await Promise.race([early, new Promise<void>((resolve) => {
			timer = setTimeout(resolve, milliseconds);
		})]);
		clearTimeout(timer);
	},
};

export interface PeersOptions {
	clock: Clock;
	log: Log;
	/** Host milliseconds, see the rule above. */
	patienceMs: number;
	recorder: Recorder | undefined;
	replayer: Replayer | undefined;
	hostTime?: HostTime;
}

export class Peers {
	readonly #options: PeersOptions;
	readonly #hostTime: HostTime;
	readonly #links = new Set<StreamLink>();
	#exchangeScheduled = false;
	#exchanging = false;
	#pacing = false;
	#pacedAtMs = 0;
	#wake: () => void = () => {};

	constructor(options: PeersOptions) {
		this.#options = options;
		this.#hostTime = options.hostTime ?? systemTime;
	}

	/**
	 * Connects to a peer. `listener` is told the outcome in a clock event, never during the call.
	 *
	 * @param peer undefined: nobody listens on that port.
	 */
	open(host: string, port: number, peer: TcpPeer | undefined, listener: PeerListener): PeerLink {
		const { clock, log, replayer, recorder } = this.#options;
		if (replayer) {
			return new ReplayedLink(clock, log, replayer.take(host, port), `${host}:${port}`, listener);
		}
		const record = recorder?.open(host, port);
		let stream: Duplex | undefined;
		let socket = false;
		if (typeof peer === "string") {
			socket = true;
			const separator = peer.lastIndexOf(":");
			stream = connectSocket({
				host: peer.slice(0, separator).replace(/^\[|\]$/g, ""),
				port: Number(peer.slice(separator + 1)),
				allowHalfOpen: true,
				noDelay: true,
			});
		} else if (peer) {
			stream = peer.connect({ host, port });
		}
		if (!stream) {
			clock.schedule(0, () => listener.refused());
			return NOBODY;
		}
		const link = new StreamLink(stream, socket, record, listener, {
			now: () => this.#hostTime.now(),
			micros: () => clock.micros,
			wantsExchange: () => this.#scheduleExchange(),
			arrived: () => this.#arrived(),
			closed: (closed) => {
				this.#links.delete(closed);
			},
		});
		this.#links.add(link);
		this.#scheduleExchange(0);
		return link;
	}

	/** Ends all connections. */
	close(): void {
		for (const link of this.#links) {
			link.destroy();
		}
		this.#links.clear();
	}

	#scheduleExchange(delayMicros = GATHER_MICROS): void {
		if (!this.#exchangeScheduled) {
			this.#exchangeScheduled = true;
			this.#options.clock.schedule(delayMicros, () => this.#exchange());
		}
	}

	/** Something came from a peer: between exchanges it is delivered by one of its own. */
	#arrived(): void {
		this.#wake();
		if (!this.#exchanging && !this.#exchangeScheduled) {
			this.#scheduleExchange(0);
		}
	}

	async #exchange(): Promise<void> {
		this.#exchangeScheduled = false;
		this.#exchanging = true;
		try {
			for (const link of this.#links) {
				link.flush();
			}
			await this.#quiet();
			await this.#patience();
			for (const link of this.#links) {
				link.look();
			}
			this.#deliver();
		} finally {
			this.#exchanging = false;
		}
		this.#startPacing();
	}

	/** Until two turns of Node's loop bring nothing. */
	async #quiet(): Promise<void> {
		for (let turns = 0; turns < QUIET_TURNS; turns++) {
			const before = this.#news();
			await new Promise<void>((resolve) => setImmediate(resolve));
			if (this.#news() !== before) {
				turns = -1;
			}
		}
	}

	/** Sockets: until bytes come, the peer closes, or the patience is over. */
	async #patience(): Promise<void> {
		const { patienceMs } = this.#options;
		for (;;) {
			const waiting = [...this.#links].filter((link) => link.socket && link.owes && !link.hasNews);
			if (!waiting.length) {
				return;
			}
			const now = this.#hostTime.now();
			const connecting = waiting.some((link) => link.connecting);
			const last = Math.max(...waiting.map((link) => link.flushedAtMs + (link.connecting ? CONNECT_PATIENCE_MS : patienceMs)));
			if (now >= last) {
				return;
			}
			const early = new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
			await this.#hostTime.wait(last - now, early);
			if (connecting) {
				await new Promise<void>((resolve) => setImmediate(resolve));
			} else {
				await this.#quiet();
			}
		}
	}

	#news(): number {
		let count = 0;
		for (const link of this.#links) {
			count += link.news;
		}
		return count;
	}

	#deliver(): void {
		for (const link of [...this.#links]) {
			link.deliver();
		}
	}

	#startPacing(): void {
		if (!this.#pacing && this.#someoneWorks()) {
			this.#pacing = true;
			this.#pacedAtMs = this.#hostTime.now();
			this.#options.clock.schedule(PACE_MICROS, () => this.#pace());
		}
	}

	#someoneWorks(): boolean {
		const now = this.#hostTime.now();
		for (const link of this.#links) {
			if (link.socket && (link.owes ? now - link.flushedAtMs < PACE_OWED_MS : now - link.arrivedAtMs < PACE_IDLE_MS)) {
				return true;
			}
		}
		return false;
	}

	async #pace(): Promise<void> {
		const early = new Promise<void>((resolve) => {
			this.#wake = resolve;
		});
		const aheadMs = PACE_MICROS / 1000 - (this.#hostTime.now() - this.#pacedAtMs);
		if (aheadMs > 0 && !this.#exchangeScheduled) {
			await this.#hostTime.wait(aheadMs, early);
		}
		this.#pacing = false;
		this.#startPacing();
	}
}

const NOBODY: PeerLink = { send() {}, unread: 0, end() {}, destroy() {}, pause() {} };

interface StreamLinkOwner {
	now(): number;
	micros(): number;
	wantsExchange(): void;
	arrived(): void;
	closed(link: StreamLink): void;
}

/** A peer that is a Node stream. What it says is collected, and told by `deliver`. */
class StreamLink implements PeerLink {
	readonly #stream: Duplex;
	readonly socket: boolean;
	readonly #record: RecordedConnection | undefined;
	readonly #listener: PeerListener;
	readonly #owner: StreamLinkOwner;
	readonly #sent = new SentBytes();
	#toSend: Uint8Array[] = [];
	#endWanted = false;
	#incoming: Uint8Array[] = [];
	#incomingEnd: "closed" | "reset" | undefined;
	#told: "" | "opened" | "over" = "";
	/** The peer lets bytes wait; then it read. */
	#stalls = false;
	#hasRead = false;

	connecting: boolean;
	/** The device sent something that the peer did not react to yet. */
	owes: boolean;
	flushedAtMs: number;
	arrivedAtMs: number;
	/** Counts what came. */
	news = 0;

	constructor(stream: Duplex, socket: boolean, record: RecordedConnection | undefined, listener: PeerListener, owner: StreamLinkOwner) {
		this.#stream = stream;
		this.socket = socket;
		this.#record = record;
		this.#listener = listener;
		this.#owner = owner;
		this.connecting = this.owes = socket;
		this.flushedAtMs = this.arrivedAtMs = owner.now();
		stream.on("connect", () => {
			this.connecting = this.owes = false;
			this.#came();
		});
		stream.on("data", (chunk: Uint8Array | string) => {
			this.#incoming.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
			this.owes = false;
			this.#came();
		});
		stream.on("end", () => this.#over("closed"));
		stream.on("error", () => this.#over("reset"));
		stream.on("close", () => {
			this.#over("reset");
			if (this.#told === "over") {
				owner.closed(this);
			}
		});
	}

	get hasNews(): boolean {
		return this.#incoming.length > 0 || this.#hasRead || this.#incomingEnd !== undefined || (!this.connecting && this.#told === "");
	}

	send(bytes: Uint8Array): void {
		this.#toSend.push(bytes);
		this.#owner.wantsExchange();
	}

	get unread(): number {
		return this.#stream.writableLength;
	}

	/** Behind an exchange: what the peer has not read by now, it lets wait. */
	look(): void {
		this.#stalls = this.unread > 0;
	}

	end(): void {
		this.#endWanted = true;
		this.#owner.wantsExchange();
	}

	destroy(): void {
		this.#told = "over";
		this.#stream.destroy();
		this.#owner.closed(this);
	}

	pause(paused: boolean): void {
		if (paused) {
			this.#stream.pause();
		} else {
			this.#stream.resume();
			this.#expectAnswer();
			this.#owner.wantsExchange();
		}
	}

	/** Hands the device's bytes to the stream. */
	flush(): void {
		if (this.#stream.destroyed || !this.#stream.writable || (!this.#toSend.length && !this.#endWanted)) {
			return;
		}
		this.#expectAnswer();
		for (const bytes of this.#toSend) {
			this.#sent.add(bytes);
			this.#stream.write(bytes, () => this.#read());
		}
		this.#toSend = [];
		if (this.#endWanted) {
			this.#endWanted = false;
			this.#stream.end();
		}
	}

	/** Tells the TCP connection what came. */
	deliver(): void {
		if (this.#told === "" && !this.connecting) {
			if (this.#incomingEnd === "reset" && !this.#incoming.length) {
				this.#told = "over";
				this.#owner.closed(this);
				this.#listener.refused();
				return;
			}
			this.#told = "opened";
			if (this.#record) {
				this.#record.accepted = true;
			}
			this.#listener.opened();
		}
		if (this.#told !== "opened") {
			return;
		}
		if (this.#incoming.length) {
			const bytes = this.#incoming.length === 1 ? this.#incoming[0] : new Uint8Array(Buffer.concat(this.#incoming));
			this.#incoming = [];
			this.#note({ bytes: Buffer.from(bytes).toString("base64") });
			this.#listener.bytes(bytes);
		}
		if (this.#hasRead) {
			this.#hasRead = false;
			this.#listener.read();
		}
		const end = this.#incomingEnd;
		if (end && this.#told === "opened") {
			this.#told = "over";
			this.#note({ end });
			if (end === "reset" || this.#stream.destroyed) {
				this.#owner.closed(this);
			}
			if (end === "closed") {
				this.#listener.end();
			} else {
				this.#listener.reset();
			}
		}
	}

	#expectAnswer(): void {
		this.owes = this.#incomingEnd === undefined;
		this.flushedAtMs = this.#owner.now();
	}

	#note(what: { bytes?: string; end?: "closed" | "reset" }): void {
		this.#record?.events.push({ atMicros: this.#owner.micros(), sentBytes: this.#sent.count, sentSha256: this.#sent.sha256, ...what });
	}

	#over(how: "closed" | "reset"): void {
		this.connecting = this.owes = false;
		if (this.#incomingEnd === undefined) {
			this.#incomingEnd = how;
			this.#came();
		}
	}

	#read(): void {
		if (this.#stalls && !this.#hasRead && this.#told === "opened") {
			this.#hasRead = true;
			this.#came();
		}
	}

	#came(): void {
		this.news++;
		this.arrivedAtMs = this.#owner.now();
		this.#owner.arrived();
	}
}

/** A peer out of a recording. */
class ReplayedLink implements PeerLink {
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #name: string;
	readonly #listener: PeerListener;
	readonly #events: RecordedConnection["events"];
	readonly #sent = new SentBytes();
	#scheduled = false;
	#over = false;

	constructor(clock: Clock, log: Log, recorded: RecordedConnection | undefined, name: string, listener: PeerListener) {
		this.#clock = clock;
		this.#log = log;
		this.#name = name;
		this.#listener = listener;
		this.#events = [...(recorded?.events ?? [])];
		if (!recorded) {
			log.violation("warning", "network-replay-diverged", `the recording has no further connection to ${name}`);
		}
		clock.schedule(0, () => {
			if (recorded?.accepted) {
				listener.opened();
				this.#advance();
			} else {
				this.#over = true;
				listener.refused();
			}
		});
	}

	send(bytes: Uint8Array): void {
		this.#sent.add(bytes);
		this.#advance();
	}

	end(): void {
		this.#advance();
	}

	get unread(): number {
		return 0;
	}

	destroy(): void {
		this.#over = true;
	}

	pause(): void {
		// The recorded times tell when the bytes came; the connection buffers them.
	}

	#advance(): void {
		const event = this.#events[0];
		if (this.#over || this.#scheduled || !event || this.#sent.count < event.sentBytes) {
			return;
		}
		this.#scheduled = true;
		this.#clock.schedule(event.atMicros - this.#clock.micros, () => {
			this.#scheduled = false;
			this.#events.shift();
			if (this.#over) {
				return;
			}
			if (this.#sent.count !== event.sentBytes || this.#sent.sha256 !== event.sentSha256) {
				this.#log.violation("warning", "network-replay-diverged",
					`the device sent ${this.#sent.count} bytes to ${this.#name} which differ from the ${event.sentBytes} of the recording`);
			}
			if (event.bytes !== undefined) {
				this.#listener.bytes(new Uint8Array(Buffer.from(event.bytes, "base64")));
			}
			if (event.end === "closed") {
				this.#listener.end();
			} else if (event.end === "reset") {
				this.#over = true;
				this.#listener.reset();
			}
			this.#advance();
		});
	}
}
