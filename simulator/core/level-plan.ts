/**
 * Levels that a block puts onto its signals one after the other: the bits of a word on a wire. Only for who looks: a block
 * asks `Pins.isWatched` first, and otherwise its word costs nothing but its end.
 */
import type { Pins } from "./pins.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** A level of a signal; undefined: the signal is let go. */
export interface PlannedLevel {
	afterMicros: number;
	signal: number;
	level: boolean | undefined;
}

export class LevelPlan {
	readonly #clock: VirtualClock;
	readonly #pins: Pins;
	/** Grows when a plan is dropped: what belongs to an older one does not happen. */
	#edition = 0;

	constructor(clock: VirtualClock, pins: Pins) {
		this.#clock = clock;
		this.#pins = pins;
	}

	/** Each at its cycle of clk_sys, those of the present at once. */
	add(levels: Iterable<PlannedLevel>): void {
		for (const { afterMicros, signal, level } of levels) {
			this.at(afterMicros, () => this.#pins.setSignal(signal, level));
		}
	}

	/** Anything else at an exact cycle: taking a level, say. */
	at(afterMicros: number, act: () => void): void {
		const cycles = Math.round((afterMicros * this.#clock.frequencyHz) / 1e6);
		if (cycles <= 0) {
			act();
			return;
		}
		const edition = this.#edition;
		this.#pins.at(this.#pins.cycle + cycles, () => {
			if (edition === this.#edition) {
				act();
			}
		});
	}

	/** What has not happened yet does not happen. */
	clear(): void {
		this.#edition++;
	}
}
