// Soak "failures": one boot of the firmware meets every way in which a network fails, again and again, by chance. Each failure is
// told once, by its own error and behind the data that came before it; the next attempt works; and in the end memory is what it was.

import assert from "node:assert/strict";
import { duplexPair, type Duplex } from "node:stream";
import type { NetworkFaults, PicoW, TcpPeer } from "../../simulator/simulator.ts";
import { sceneBoard } from "../support/device.ts";
import { tcpConnection, type TcpConnection } from "../support/tcp-connection.ts";
import { Chance } from "./random.ts";

export interface FailureSoak {
	readonly seed: number;
	/** Failures, at least as many as there are kinds: each kind comes once, then one by chance. */
	readonly count: number;
	/** Default: every kind. */
	readonly kinds?: readonly string[];
}

/** Bytes of the script's arena that may be less at the end than when each kind was met once: what a timer holds that is not over. */
const toleratedBytes = 512;

const host = "echo.example";
const address = "203.0.113.10";
/** On which the device listens, now and then. */
const ownPort = 8;
const silentPort = 11;
const mutePort = 15;

/** The kinds of failures-app/kinds.ts, and what the app must tell of each. */
const outcomes: Readonly<Record<string, RegExp>> = {
	"wrong passphrase": /^ERR_WIFI_PASSPHRASE$/,
	"absent network": /^ERR_WIFI_NO_NETWORK$/,
	"DHCP silence": /^ERR_WIFI_TIMEOUT$/,
	"thrown out": /^ERR_WIFI_LOST$/,
	"kept, and absent": /^waiting joining ended ERR_WIFI_NO_NETWORK$/,
	"DNS silence": /^EAI_AGAIN$/,
	"no such name": /^ENOTFOUND$/,
	"port closed": /^ECONNREFUSED$/,
	"port silent": /^ETIMEDOUT$/,
	"peer that goes away": /^4 bytes ETIMEDOUT$/,
	"peer that stops reading": /^full$/,
	"request that is not read": /^ERR_HTTP_TIMEOUT$/,
	"reset in mid-stream": /^3000 bytes ECONNRESET$/,
	"end in mid-stream": /^3000 bytes ECLOSED$/,
	"reset in mid-body": /^ERR_HTTP_BODY_CUT$/,
	"end in mid-body": /^ERR_HTTP_BODY_CUT$/,
	"close in onWritable": /^onWritable$/,
	"close in onReadable": /^onWritable onReadable$/,
	"close in onError": /^onError$/,
	"close in the callbacks of names and datagrams": /^found datagram$/,
	"close in a scan": /^onFound onComplete$/,
	"close in onChanged": /^changed joined ECLOSED$/,
	"close in a listener's onReadable": /^accepted onWritable$/,
	"accepted, and never read": /^accepted$/,
	"no connection left": /^9 then ENOMEM$/,
	"no socket left": /^5 then ENOMEM$/,
	"no listener left": /^2 then ENOMEM$/,
	"no interface left": /^3 then ENOMEM$/,
	"no resolver left": /^ENOMEM( ENOTFOUND){8}$/,
	"hardly a frame left": /^ENOTFOUND 12000 bytes 12000 bytes$/,
	"no room to send": /^ENOMEM$/,
};

/** @returns how many kinds there were, and virtual seconds. @throws AssertionError with the seed at the first fault. */
export async function soakFailures({ seed, count, kinds: names = Object.keys(outcomes) }: FailureSoak): Promise<{ kinds: number; seconds: number }> {
	const chance = new Chance(seed);
	const plan = Array.from({ length: count }, (_, number) => number < names.length ? number : chance.below(names.length));
	const world = new World();
	const board = await sceneBoard({
		app: "test/bench/failures-app",
		seed,
		configuration: { address, names, plan: plan.map(kind => kind.toString(36)).join("") },
		hosts: { [host]: { address, ports, udp: { 5000: (datagram, reply) => reply(datagram) } } },
		faults: world.faults,
	});
	world.watch(board);
	const of = `failure soak, seed ${seed}`;
	for (let number = 0; number < count; number++) {
		const end = await board.run({ until: new RegExp(`^outcome ${number} .*\\r$`, "m"), timeoutMicros: 600e6 });
		assert.equal(end.reason, "matched", `${of}: the device stopped in failure ${number}; its console:\n${board.console.text.slice(-2000)}`);
		const kind = names[plan[number]!]!;
		const [, told, after] = /^outcome \d+ .*?: (.*), then (.*)\r$/.exec(end.reason === "matched" ? end.match[0] : "")!;
		const what = `${of}, failure ${number}, ${kind}: ${told}, then ${after}; the console:\n${board.console.text.slice(-2000)}`;
		assert.match(told!, outcomes[kind]!, what);
		assert.equal(after, "ok", what);
	}
	const end = await board.run({ until: /^end\r$/m, timeoutMicros: 600e6 });
	assert.equal(end.reason, "matched", board.console.text.slice(-2000));
	const figures = (when: string, what: string) => new RegExp(`^${when} ${what} (.*?)\\r$`, "m").exec(board.console.text)?.[1] ?? assert.fail(board.console.text.slice(-2000));
	assert.equal(figures("over", "pools"), figures("begun", "pools"), `${of}: connections, listeners, sockets, frames, segments, lwIP's heap and the heap of C, at the end and at first`);
	const free = (when: string) => Number(figures(when, "script").split(" ")[0]);
	assert.ok(free("over") >= free("met") - toleratedBytes, `${of}: free bytes of the arena, of slots, of chunks: ${figures("met", "script")} when each kind had come once, ${figures("over", "script")} at the end`);
	const report = board.report();
	assert.deepEqual(report.violations.filter(({ level }) => level === "error"), [], of);
	assert.deepEqual(report.resets, [], of);
	board.close();
	return { kinds: names.length, seconds: end.atMicros / 1e6 };
}

/** What fails outside of the device, by what the device has announced. */
class World {
	#failure = "";
	#muted = false;
	readonly faults: NetworkFaults;

	constructor() {
		const is = (kind: string) => this.#failure === kind;
		const muted = () => this.#muted;
		this.faults = {
			get dhcpSilent() { return is("DHCP silence"); },
			get dnsSilent() { return is("DNS silence"); },
			get tcpSilentPorts() { return muted() ? [silentPort, mutePort] : [silentPort]; },
		};
	}

	watch(board: PicoW): void {
		let line = "";
		board.console.onText(text => {
			const lines = `${line}${text}`.split("\r\n");
			line = lines.pop()!;
			for (const said of lines) this.#heard(said, board);
		});
	}

	#heard(line: string, board: PicoW): void {
		const failure = /^failure \d+ (.*)$/.exec(line)?.[1];
		if (failure !== undefined) this.#failure = failure;
		else if (line === "mute") this.#muted = true;
		else if (line === "throw out") board.radio!.deauthenticate();
		else if (line === "listening") board.radio!.connect(ownPort).on("error", () => {}).write("hello");
		else if (line === "good") {
			this.#failure = "";
			this.#muted = false;
		}
	}
}

function peer(serve: (far: Duplex, connection: TcpConnection) => void): TcpPeer {
	return {
		connect() {
			const [near, far] = duplexPair();
			far.on("error", () => {});
			near.on("error", () => {});
			serve(far, tcpConnection(far, near, far));
			return near;
		},
	};
}

/** Answers a request with the first half of a body. */
function halfBody(far: Duplex, connection: TcpConnection): void {
	far.once("data", (request: Buffer) => {
		far.write("HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n");
		far.write(Buffer.alloc(2000, "x"));
		if (request.includes("GET /reset ")) connection.reset();
		else connection.cut();
	});
}

// As in failures-app/kinds.ts.
const ports: Readonly<Record<number, TcpPeer>> = {
	7: peer(far => far.pipe(far)),
	[silentPort]: peer(() => {}),
	13: peer((far, connection) => far.once("data", () => { far.write(Buffer.alloc(3000, "y")); connection.cut(); })),
	14: peer((far, connection) => far.once("data", () => { far.write(Buffer.alloc(3000, "z")); connection.reset(); })),
	[mutePort]: peer(far => { far.resume(); far.write("here"); }),
	16: peer(() => {}),
	17: peer(far => { far.resume(); far.write(Buffer.alloc(12_000, "f")); }),
	80: peer(halfBody),
};
