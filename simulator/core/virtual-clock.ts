/**
 * Virtual time: the cycles of the processor, turned into nanoseconds by the frequency of clk_sys, and the events waiting
 * in it. Serves the board side as `Clock` and rp2040js' peripherals as their `IClock`.
 */
import type { RP2040 } from "rp2040js";
import type { Clock } from "../wires.ts";

/** rp2040js does not export these two by name. */
type IClock = RP2040["clock"];
type IAlarm = ReturnType<IClock["createAlarm"]>;

type Callback = () => void | Promise<void>;

interface Event {
	atNanos: number;
	order: number;
	callback: Callback | undefined;
}

/** Who counts the cycles: the processor. */
export interface CycleCounter {
	/** clk_sys cycles since power-on. */
	readonly cycles: number;
	/** Called when an event was scheduled, which may be due before the processor's present stretch ends. */
	attend(): void;
}

export class VirtualClock implements Clock, IClock {
	readonly #counter: CycleCounter;
	#heap: Event[] = [];
	#order = 0;
	#frequencyHz = 0;
	#nanosPerCycle = 0;
	#baseCycles = 0;
	#baseNanos = 0;

	/** @param counter counts cycles; @param frequencyHz clk_sys at power-on. */
	constructor(counter: CycleCounter, frequencyHz: number) {
		this.#counter = counter;
		this.frequencyHz = frequencyHz;
	}

	/** clk_sys in Hz. Setting it keeps the present time and the instants of waiting events. */
	get frequencyHz(): number {
		return this.#frequencyHz;
	}

	set frequencyHz(value: number) {
		if (value === this.#frequencyHz) {
			return;
		}
		if (this.#frequencyHz) {
			this.#baseNanos = this.nanos;
			this.#baseCycles = this.#counter.cycles;
		}
		this.#frequencyHz = value;
		this.#nanosPerCycle = 1e9 / value;
		this.#counter.attend();
	}

	/** Time passes while clk_sys stands: no cycle of it. */
	standStill(micros: number): void {
		this.#baseNanos += micros * 1000;
		this.#counter.attend();
	}

	/** clk_sys stands until the next event; none: nothing happens. @returns as `runDue`. */
	standUntilNext(): Promise<void> | undefined {
		if (this.nextCycle === Infinity) {
			return undefined;
		}
		this.#baseNanos += Math.max(0, this.#heap[0].atNanos - this.nanos);
		return this.runDue();
	}

	get nanos(): number {
		return this.#baseNanos + (this.#counter.cycles - this.#baseCycles) * this.#nanosPerCycle;
	}

	get micros(): number {
		return this.nanos / 1000;
	}

	get cycles(): number {
		return this.#counter.cycles;
	}

	schedule(delayMicros: number, callback: Callback): () => void {
		const event = this.#insert(this.nanos + Math.max(delayMicros, 0) * 1000, callback);
		return () => {
			event.callback = undefined;
		};
	}

	/** Like `schedule`, at an instant: `atNanos` since power-on. */
	scheduleAt(atNanos: number, callback: Callback): () => void {
		const event = this.#insert(atNanos, callback);
		return () => {
			event.callback = undefined;
		};
	}

	/** rp2040js' form of an event: one callback that can be set again. */
	createAlarm(callback: () => void): IAlarm {
		let event: Event | undefined;
		return {
			schedule: (deltaNanos: number) => {
				if (event) {
					event.callback = undefined;
				}
				event = this.#insert(this.nanos + deltaNanos, callback);
			},
			cancel: () => {
				if (event) {
					event.callback = undefined;
					event = undefined;
				}
			},
		};
	}

	/** The first cycle at which an event is due, or Infinity. */
	get nextCycle(): number {
		const heap = this.#heap;
		while (heap.length && !heap[0].callback) {
			this.#pop();
		}
		if (!heap.length) {
			return Infinity;
		}
		const delta = (heap[0].atNanos - this.#baseNanos) / this.#nanosPerCycle;
		// 1e-6 of a cycle is far below what a time in nanoseconds resolves; it absorbs the rounding of the division.
		return this.#baseCycles + Math.ceil(delta - 1e-6);
	}

	/**
	 * Runs the events that are due. Stops behind one that returned a promise.
	 *
	 * @returns that promise: to be awaited before time goes on.
	 */
	runDue(): Promise<void> | undefined {
		while (this.nextCycle <= this.#counter.cycles) {
			const event = this.#pop();
			const callback = event.callback;
			event.callback = undefined;
			const waiting = callback?.();
			if (waiting) {
				return waiting;
			}
		}
		return undefined;
	}

	#insert(atNanos: number, callback: Callback): Event {
		const event: Event = { atNanos, order: this.#order++, callback };
		const heap = this.#heap;
		let index = heap.length;
		heap.push(event);
		while (index > 0) {
			const parent = (index - 1) >> 1;
			if (!before(event, heap[parent])) {
				break;
			}
			heap[index] = heap[parent];
			index = parent;
		}
		heap[index] = event;
		if (index === 0) {
			this.#counter.attend();
		}
		return event;
	}

	#pop(): Event {
		const heap = this.#heap;
		const first = heap[0];
		const last = heap.pop() as Event;
		const length = heap.length;
		if (length) {
			let index = 0;
			for (;;) {
				let child = 2 * index + 1;
				if (child >= length) {
					break;
				}
				if (child + 1 < length && before(heap[child + 1], heap[child])) {
					child++;
				}
				if (!before(heap[child], last)) {
					break;
				}
				heap[index] = heap[child];
				index = child;
			}
			heap[index] = last;
		}
		return first;
	}
}

function before(a: Event, b: Event): boolean {
	return a.atNanos < b.atNanos || (a.atNanos === b.atNanos && a.order < b.order);
}
