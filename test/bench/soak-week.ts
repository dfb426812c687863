// Soak "week": a board that keeps its network, has its lease renewed and gets a page by plain HTTP every ten minutes, for a week of
// virtual time. It must end where it began: memory, pools, connections, and a keeper that has seen one join.

import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import type { TcpPeer } from "../../simulator/simulator.ts";
import { sceneBoard } from "../support/device.ts";

export interface WeekSoak {
	readonly seed: number;
	/** Virtual hours. */
	readonly hours: number;
	/** How long the board says that it has run when the week begins, milliseconds. Default 0. */
	readonly startMs?: number;
}

const host = "page.example";
const minutesBetween = 10;
const leaseSeconds = 3600;
/** Bytes of the script's arena that may be less at the end than in the beginning. */
const toleratedBytes = 256;

/** The 1,000 bytes of a page. */
const body = "x".repeat(1000);

/** @returns pages that came, renewals of the lease, and share of the time that the processor executed. @throws AssertionError with the seed. */
export async function soakWeek({ seed, hours, startMs = 0 }: WeekSoak): Promise<{ pages: number; renewals: number; awake: number }> {
	const fetches = hours * 60 / minutesBetween;
	const tellEvery = Math.min(144, fetches);
	let pages = 0;
	const page: TcpPeer = {
		connect() {
			const [near, far] = duplexPair();
			far.on("error", () => {});
			far.once("data", () => {
				pages++;
				far.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
			});
			return near;
		},
	};
	const board = await sceneBoard({
		app: "test/bench/week-app",
		seed,
		configuration: { url: `http://${host}/`, fetches, everyMs: minutesBetween * 60_000, tellEvery, startMs },
		hosts: { [host]: { ports: { 80: page } } },
		dhcp: { leaseSeconds },
	});
	const of = `week soak, seed ${seed}`;
	const end = await board.run({ until: /^end\r$/m, timeoutMicros: (hours + 1) * 3600e6 });
	assert.equal(end.reason, "matched", `${of}: the device stopped; its console:\n${board.console.text.slice(-2000)}`);
	assert.doesNotMatch(board.console.text, /^fetch /m, of);
	const told = [...board.console.text.matchAll(/^behind \d+ (.*) free (\d+)\r$/gm)].map(([, figures, free]) => ({ figures, free: Number(free) }));
	const [first, last] = [told[0]!, told.at(-1)!];
	assert.match(first.figures!, /^keeper joined 192\.168\.4\.2 0 1 /, of);
	assert.deepEqual(told.map(({ figures }) => figures), told.map(() => first.figures), `${of}: keeper, connections, sockets, frames, segments, lwIP's heap, heap of C`);
	assert.ok(last.free >= first.free - toleratedBytes, `${of}: free bytes of the arena: ${told.map(({ free }) => free).join(" ")}`);
	const report = board.report();
	assert.deepEqual(report.violations.filter(({ level }) => level === "error"), [], of);
	assert.deepEqual(report.resets, [], of);
	const { bound, renewed } = report.radio!.dhcp;
	assert.equal(bound, 1, `${of}: leases`);
	assert.ok(renewed >= Math.floor(hours * 3600 / leaseSeconds), `${of}: ${renewed} renewals`);
	board.close();
	return { pages, renewals: renewed, awake: report.activeCycles / (end.atMicros * 125) };
}
