/** The list of what went wrong or is not modelled: each code once, with its count and its first occurrence. */
import type { Log } from "../wires.ts";

export interface Violation {
	level: "error" | "warning" | "info";
	code: string;
	/** Of the first occurrence. */
	text: string;
	/** Of the first occurrence, virtual microseconds since power-on, three decimals. */
	atMicros: number;
	/** Of the firmware at the first occurrence: the instruction whose access it was, else the next one, of the core whose turn it was. */
	programCounter: number;
	count: number;
}

export class Violations implements Log {
	readonly #byCode = new Map<string, Violation>();
	readonly #clock: { readonly micros: number };
	readonly #programCounter: () => number;
	/** Called at the first occurrence of each code. */
	onFirst: ((violation: Violation) => void) | undefined;

	constructor(clock: { readonly micros: number }, programCounter: () => number) {
		this.#clock = clock;
		this.#programCounter = programCounter;
	}

	violation(level: Violation["level"], code: string, text: string): void {
		const known = this.#byCode.get(code);
		if (known) {
			known.count++;
			return;
		}
		const atMicros = Math.round(this.#clock.micros * 1000) / 1000;
		const entry = { level, code, text, atMicros, programCounter: this.#programCounter(), count: 1 };
		this.#byCode.set(code, entry);
		this.onFirst?.(entry);
	}

	/** In the order of their first occurrence. */
	get list(): Violation[] {
		return [...this.#byCode.values()];
	}

	/** True when one of level error is among them. */
	get hasErrors(): boolean {
		return this.list.some((entry) => entry.level === "error");
	}
}
