/**
 * A board that runs no faster than asked for, so that a person can watch it; it can be held, and its speed changed, while it
 * runs. Used by the page and by tools that show a board live.
 */
import type { PicoW, RunResult } from "./simulator.ts";

export interface PacedRunOptions {
	/** Ends the run when the console's text matches. */
	until?: RegExp;
	/** Virtual microseconds. Default: no end. */
	timeoutMicros?: number;
	/** Virtual seconds in one second of the host, at most. Default 1: real time. Infinity: as fast as it can. */
	speed?: number;
}

/** Virtual time is let ahead of the host's by so much at most. */
const SLICE_MICROS = 10_000;
/** A run that has fallen behind by more does not hurry to catch up. */
const BEHIND_MS = 100;

export class PacedRun {
	readonly #board: PicoW;
	readonly #until: RegExp | undefined;
	readonly #endMicros: number;
	#speed: number;
	#paused = false;
	#ended = false;
	#wake: () => void = () => {};
	/** From when on virtual time is compared with the host's. */
	#sinceMs = 0;
	#sinceMicros = 0;
	/** Resolves at the text, the time-out, a standstill or `end`. Rejects when the simulator itself fails. */
	readonly result: Promise<RunResult>;

	/** Starts at once. The board is loaded. */
	constructor(board: PicoW, { until, timeoutMicros = Infinity, speed = 1 }: PacedRunOptions = {}) {
		this.#board = board;
		this.#until = until;
		this.#endMicros = board.clock.micros + timeoutMicros;
		this.#speed = speed;
		this.#anchor();
		this.result = this.#run();
	}

	get speed(): number {
		return this.#speed;
	}

	set speed(speed: number) {
		this.#speed = speed;
		this.#anchor();
		this.#wake();
	}

	get paused(): boolean {
		return this.#paused;
	}

	set paused(paused: boolean) {
		this.#paused = paused;
		this.#anchor();
		this.#wake();
	}

	/** Ends the run soon. */
	end(): void {
		this.#ended = true;
		this.#board.end();
		this.#wake();
	}

	#anchor(): void {
		this.#sinceMs = performance.now();
		this.#sinceMicros = this.#board.clock.micros;
	}

	async #run(): Promise<RunResult> {
		const { clock } = this.#board;
		for (;;) {
			if (this.#paused && !this.#ended) {
				await new Promise<void>((resolve) => {
					this.#wake = resolve;
				});
				continue;
			}
			const slice = this.#speed === Infinity ? SLICE_MICROS : Math.min(SLICE_MICROS, SLICE_MICROS * this.#speed);
			const timeoutMicros = Math.min(slice, Math.max(this.#endMicros - clock.micros, 0));
			const result = await this.#board.run({ ...(this.#until && { until: this.#until }), timeoutMicros });
			if (result.reason !== "timeout" || clock.micros >= this.#endMicros) {
				return result;
			}
			await this.#wait();
		}
	}

	/** Until the host's time has come to where virtual time is. */
	async #wait(): Promise<void> {
		const aheadMs = (this.#board.clock.micros - this.#sinceMicros) / 1000 / this.#speed - (performance.now() - this.#sinceMs);
		if (aheadMs < -BEHIND_MS) {
			this.#anchor();
		}
		if (aheadMs > 0) {
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, aheadMs);
				this.#wake = () => {
					clearTimeout(timer);
					resolve();
				};
			});
		}
	}
}
