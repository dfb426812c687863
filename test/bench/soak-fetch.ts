// Soak "fetch": one boot of the firmware fetches again and again, by http: and https:, from servers that split and cut
// their responses by chance. Each fetch must end as its response says, and memory must not shrink.

import assert from "node:assert/strict";
import { duplexPair, type Duplex } from "node:stream";
import { issue } from "../../tools/certificates/issue.ts";
import { runDevice } from "../support/device.ts";
import { tcpConnection, type TcpConnection } from "../support/tcp-connection.ts";
import { TlsServer } from "../support/tls-server.ts";
import { Chance } from "./random.ts";
import { randomResponse, type RandomResponse } from "./random-response.ts";

export interface FetchSoak {
	readonly seed: number;
	/** Fetches in all. */
	readonly count: number;
	/** Each of so many is https:. */
	readonly secureEvery: number;
}

interface Planned {
	readonly response: RandomResponse;
	/** What is really sent. */
	readonly text: string;
	/** The connection breaks at its end, instead of closing. */
	readonly breaks: boolean;
}

const host = "soak.example";

/** Bytes of arena that may be less at the end than after the first fetches: names that were met, tables that grew. */
const toleratedBytes = 2048;

/** Of the arena, while a TLS connection is open and its response's head has come. */
const leastFreeWhileOpen = 64 * 1024;

/**
 * @returns how many fetches came whole and how many were cut, and free bytes of the arena after the first and last fetch
 * @throws AssertionError with the seed and number of the fetch that ended otherwise
 */
export async function soakFetch({ seed, count, secureEvery }: FetchSoak): Promise<{ whole: number; cut: number; freeFirst: number; freeLast: number }> {
	const plans = Array.from({ length: count }, (_, number) => plan(new Chance(seed * 1_000_003 + number)));
	const serve = (socket: Duplex, request: string, connection: TcpConnection) => {
		if (request.startsWith("GET /open ")) {
			socket.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
			return;
		}
		const number = Number(/^GET \/(\d+) /.exec(request)?.[1]);
		void send(socket, connection, plans[number]!, new Chance(seed * 2_000_003 + number));
	};
	const leaf = await issue({ names: [host] });
	const secure = new TlsServer({ certificateChainPem: leaf.chainPem, keyPem: leaf.keyPem, respond: serve });
	const run = await runDevice({
		app: "test/bench/soak-app",
		seed,
		configuration: { host, count, secureEvery },
		hosts: { [host]: { ports: { 80: { connect: () => plainServer(serve) }, 443: { connect: () => secure.connect() } } } },
		until: /^over\r?$/m,
		timeoutMs: 60_000 + count * 20_000,
	});
	const lines = [...run.console.matchAll(/^fetch (\d+) (.*) free (\d+)\r?$/gm)];
	assert.equal(lines.length, count, `fetch soak, seed ${seed}: the device stopped (${run.end.reason}); its console:\n${run.console.slice(-2000)}`);
	lines.forEach(([, , outcome], number) => assert.equal(outcome, expected(plans[number]!), `fetch soak, seed ${seed}, fetch ${number}`));
	const freeWhileOpen = Number(/^open, (\d+) bytes free\r?$/m.exec(run.console)?.[1]);
	assert.ok(freeWhileOpen >= leastFreeWhileOpen, `fetch soak, seed ${seed}: ${freeWhileOpen} bytes of arena were free while a connection was open`);
	const free = lines.map(([, , , bytes]) => Number(bytes));
	const freeFirst = Math.min(...free.slice(0, secureEvery + 1));
	const freeLast = free.at(-1)!;
	assert.ok(freeLast >= freeFirst - toleratedBytes, `fetch soak, seed ${seed}: ${freeFirst} bytes of arena were free at first, ${freeLast} at the end`);
	assert.deepEqual(run.report.violations.filter(({ level }) => level === "error"), []);
	const whole = plans.filter(one => expected(one).startsWith("200")).length;
	return { whole, cut: count - whole, freeFirst, freeLast };
}

function plan(chance: Chance): Planned {
	const response = randomResponse(chance, chance.once(4) ? 20_000 : 2000);
	const cut = chance.once(5);
	const text = cut ? response.text.slice(0, response.headLength + chance.below(response.text.length - response.headLength + 1)) : response.text;
	return { response, text, breaks: cut && (response.endsWithConnection || text.length < response.text.length) };
}

/** What the device must say of it. */
function expected({ response, breaks }: Planned): string {
	if (breaks) return "ERR_HTTP_BODY_CUT";
	let hash = 0;
	for (let at = 0; at < response.body.length; at++) hash = (Math.imul(hash, 31) + response.body.charCodeAt(at)) >>> 0;
	return `200 ${response.body.length} ${hash}`;
}

/** Sends the text in pieces of chance, then closes or breaks off. */
async function send(socket: Duplex, connection: TcpConnection, { text, breaks }: Planned, chance: Chance): Promise<void> {
	for (const piece of chance.split(text, 6)) {
		if (socket.destroyed) return;
		socket.write(piece, "latin1");
		if (chance.once(2)) await new Promise(resolve => setImmediate(resolve));
	}
	if (breaks) connection.reset();
	else socket.end();
}

/** A TCP peer that reads a request and serves it. */
function plainServer(serve: (socket: Duplex, request: string, connection: TcpConnection) => void): Duplex {
	const [near, far] = duplexPair();
	const connection = tcpConnection(far, near, far);
	let text = "";
	far.on("error", () => {});
	far.on("data", (bytes: Buffer) => {
		text += bytes.toString("latin1");
		const end = text.indexOf("\r\n\r\n");
		if (end >= 0) {
			serve(far, text.slice(0, end), connection);
			text = "";
		}
	});
	return near;
}
