/** CLK_GPOUT0 to 3 on their pins (RP2040 datasheet 2.15.3.4): edges in virtual time while somebody looks, a low level otherwise. */
import { clockOutputSignal } from "../core/pin-functions.ts";
import type { Pins } from "../core/pins.ts";
import type { VirtualClock } from "../core/virtual-clock.ts";

const OUTPUTS = 4;

interface Output {
	hz: number;
	/** Of clk_sys, with fractions. */
	startCycle: number;
	halfCycles: number;
	halves: number;
}

export class ClockOutputs {
	readonly #clock: VirtualClock;
	readonly #pins: Pins;
	readonly #hz: (index: number) => number;
	readonly #outputs: Output[] = Array.from({ length: OUTPUTS }, () => ({ hz: 0, startCycle: 0, halfCycles: 0, halves: 0 }));

	/** @param hz of an output now; 0 while it is off. */
	constructor(clock: VirtualClock, pins: Pins, hz: (index: number) => number) {
		this.#clock = clock;
		this.#pins = pins;
		this.#hz = hz;
	}

	/** To be called when a clock, a pin's function, or who looks at pins has changed. */
	refresh(): void {
		this.#outputs.forEach((output, index) => {
			const signal = clockOutputSignal(index);
			const hz = this.#pins.isWatched(this.#pins.pinsOf(signal)) ? this.#hz(index) : 0;
			const halfCycles = hz && this.#clock.frequencyHz / (2 * hz);
			if (hz === output.hz && halfCycles === output.halfCycles) {
				return;
			}
			const next: Output = { hz, halfCycles, startCycle: this.#pins.cycle, halves: 0 };
			this.#outputs[index] = next;
			this.#pins.setSignal(signal, false);
			if (hz) {
				this.#next(index, next);
			}
		});
	}

	#next(index: number, output: Output): void {
		// Pins have one level in a cycle of clk_sys: of a faster clock, the edges that lie within one are left out.
		output.halves = Math.max(output.halves + 1, Math.ceil((this.#pins.cycle + 0.5 - output.startCycle) / output.halfCycles));
		this.#pins.at(Math.round(output.startCycle + output.halves * output.halfCycles), () => {
			if (this.#outputs[index] === output) {
				this.#pins.setSignal(clockOutputSignal(index), (output.halves & 1) === 1);
				this.#next(index, output);
			}
		});
	}
}
