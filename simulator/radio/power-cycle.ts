/** Time of one power cycle of the radio: what was scheduled in it dies with it. */
import type { Clock, Log } from "../wires.ts";

export class PowerCycle {
	readonly #clock: Clock;
	readonly log: Log;
	readonly #atEnd: (() => void)[] = [];
	#on = true;

	constructor(clock: Clock, log: Log) {
		this.#clock = clock;
		this.log = log;
	}

	/** Virtual microseconds since the board's power-on. */
	get micros(): number {
		return this.#clock.micros;
	}

	/** Calls `callback` once, `delayMicros` later, unless the radio lost its power by then. @returns cancels. */
	after(delayMicros: number, callback: () => void): () => void {
		return this.#clock.schedule(delayMicros, () => {
			if (this.#on) {
				callback();
			}
		});
	}

	/** Calls `callback` when the radio loses its power. */
	atEnd(callback: () => void): void {
		this.#atEnd.push(callback);
	}

	/** WL_REG_ON went low. */
	end(): void {
		this.#on = false;
		for (const callback of this.#atEnd) {
			callback();
		}
	}
}
