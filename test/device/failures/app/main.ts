// Fails as its configuration says, unless it has failed before; tells what it knows of the last run.

import config from "mc/config";
import { instrumentation } from "instrumentation";
import { fail } from "./provoke.ts";
import { lastRunFailure, newestFailure, resetReason, restart } from "reset";

interface Settings {
	readonly provoke: string;
	/** Fails again after it has failed. */
	readonly again?: boolean;
}
const { provoke, again = false } = config as unknown as Settings;

/** What stands, once garbage is gone: what the arena had to give, and C's heap. */
function taken(): number {
	const { arena, nativeHeap } = instrumentation();
	return arena.size - arena.unused + nativeHeap.used;
}

console.log("taken", taken());
console.log("reset", resetReason());
console.log("last", JSON.stringify(lastRunFailure() ?? null));
console.log("newest", JSON.stringify(newestFailure()?.kind ?? null));

class Reading {
	constructor(readonly value: number) {}
	check(): void {
		if (this.value > 1) throw new RangeError(`${this.value} is too much`);
	}
}

const later = (callback: () => void) => new Promise<void>(resolve => setTimeout(() => {
	callback();
	resolve();
}, 0));

function turn(): void {
	for (let turns = 0; ; turns++) if (turns < 0) break;
}

const ways: Readonly<Record<string, () => unknown>> = {
	nothing() {},
	error: () => new Reading(2).check(),
	rejection: () => Promise.reject(new Error("nobody waits", { cause: "a cause" })),
	"rejection later": () => setTimeout(ways["rejection"]!, 100),	// when no job of a promise is left
	timer: () => setTimeout(() => new Reading(3).check(), 100),
	slots() {
		let chain: unknown = null;
		for (;;) chain = { chain };
	},
	chunks() {
		const buffers = [];
		for (;;) buffers.push(new Uint8Array(5000));
	},
	recursion() {
		const down = (depth: number): number => down(depth + 1) + 1;
		down(0);
	},
	// Late enough for a host to read twelve lines five times.
	"recursion later": () => setTimeout(ways["recursion"]!, 100),
	nesting() {	// of natives: the C stack
		let text = "";
		for (let depth = 0; depth < 2000; depth++) text += "[";
		JSON.parse(text);
	},
	"error, then read"() {
		setTimeout(() => fail("read"), 100);
		new Reading(2).check();
	},
	greedy() {	// printing it takes all memory
		throw Object.defineProperty(new Error("to be seen"), "cause", { get: () => ways["slots"]!() });
	},
	"long text"() {
		throw new Error("€".repeat(500));
	},
	loop: () => setTimeout(turn, 1000),
	"loop at once": turn,
	busy() {	// timers, promises and an interval are on their way when it fails
		setInterval(() => {}, 7);
		for (let delay = 0; delay < 20; delay++) setTimeout(() => {}, delay);
		void later(() => new Reading(4).check());
		void new Promise(() => {}).then(() => {});
	},
	wait: () => setTimeout(() => fail("wait"), 1000),
	restart: () => restart(),
	async timers() {
		const counts = [];
		let fired = 0;
		for (let round = 0; round < 200; round++) {
			const ids = Array.from({ length: 50 }, (_, index) => setTimeout(() => fired++, index % 3));
			for (const id of ids.slice(0, 10)) clearTimeout(id);
			await later(() => {});
			await new Promise<void>(resolve => setTimeout(resolve, 5));
			if (round === 20 || round === 199) counts.push(taken());
		}
		console.log("timers", fired, ...counts);
	},
	async rejections() {
		const counts = [];
		let caught = 0;
		for (let round = 0; round < 1000; round++) {
			for (let number = 0; number < 10; number++) {
				Promise.reject(new Error(`rejected ${number}`)).catch(() => caught++);
				(async () => { throw number; })().then(undefined, () => caught++);
			}
			await later(() => {});
			if (round === 100 || round === 999) counts.push(taken());
		}
		console.log("rejections", caught, ...counts);
	},
	async unhandled() {
		const counts = [];
		for (let round = 0; round < 300; round++) {
			Promise.reject(new Error(`unhandled ${round}`));
			await later(() => {});
			if (round === 50 || round === 299) counts.push(taken());
		}
		console.log("unhandled", 300, ...counts);
	},
};

if (again || resetReason() === "power") {
	const way = ways[provoke] ?? (() => fail(provoke as Parameters<typeof fail>[0]));
	way();
}
console.log("main is over");
