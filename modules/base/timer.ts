// setTimeout and its kin (WHATWG HTML, 8.6). C keeps the times (timer.c); the callbacks stay here, in script's memory.

interface Timer {
	readonly callback: () => void;
	readonly repeats: boolean;
}

const begin = native<(fired: (id: number) => void) => void>("xs_timer_begin");
const start = native<(id: number, delayMs: number, repeats: boolean) => boolean>("xs_timer_start");
const stop = native<(id: number) => void>("xs_timer_stop");

/** The longest delay, 2^31 - 1 ms, as everywhere; a longer one counts as none. */
const mostMs = 0x7fffffff;

let timers: Map<number, Timer> | undefined;
let lastId = 0;

/** Calls `callback` once, `delayMs` milliseconds from now or later. Answers a number for clearTimeout. */
export function setTimeout<P extends unknown[]>(callback: (...parameters: P) => void, delayMs?: number, ...parameters: P): number;
// For `new Promise(resolve => setTimeout(resolve, 100))`.
export function setTimeout(callback: (nothing: void) => void, delayMs?: number): number;
export function setTimeout<P extends unknown[]>(callback: (...parameters: P) => void, delayMs = 0, ...parameters: P): number {
	mustBeFunction(callback);
	return add(() => callback(...parameters), delayMs, false);
}

/** Calls `callback` every `delayMs` milliseconds, at least 1; what is no such number counts as 1. Answers a number for clearInterval. */
export function setInterval<P extends unknown[]>(callback: (...parameters: P) => void, delayMs?: number, ...parameters: P): number;
export function setInterval(callback: (nothing: void) => void, delayMs?: number): number;
export function setInterval<P extends unknown[]>(callback: (...parameters: P) => void, delayMs = 0, ...parameters: P): number {
	mustBeFunction(callback);
	return add(() => callback(...parameters), delayMs, true);
}

/** Takes a timer back, by its number or that as a string. A number that is none, or no more, changes nothing. */
export function clearTimeout(id?: number | string | null): void {
	const timer = Number(id);
	if (timers?.delete(timer)) stop(timer);
}

/** Calls `callback` when the script that runs now has ended, before any timer. */
export function queueMicrotask(callback: () => void): void {
	mustBeFunction(callback);
	Promise.resolve().then(callback);
}

/** Text that is to be executed, as the web has it, needs a compiler on the board. */
function mustBeFunction(callback: unknown): void {
	if (typeof callback !== "function") throw new TypeError("the callback is no function");
}

function add(callback: () => void, delayMs: number, repeats: boolean): number {
	if (timers === undefined) {
		timers = new Map();
		begin(fired);
	}
	const id = ++lastId;
	const delay = delayMs > 0 && delayMs <= mostMs ? Number(delayMs) : 0;
	if (!start(id, repeats ? Math.max(delay, 1) : delay, repeats)) {
		throw new RangeError("no memory for another timer");
	}
	timers.set(id, { callback, repeats });
	return id;
}

function fired(id: number): void {
	const timer = timers!.get(id);
	if (timer === undefined) return;
	if (!timer.repeats) timers!.delete(id);
	timer.callback();
}
