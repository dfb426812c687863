// AbortController and AbortSignal (WHATWG DOM, section 3).

import { DOMException } from "./dom-exception.ts";
import { Event, EventTarget } from "./event-target.ts";

let make: () => AbortSignal;
let abort: (signal: AbortSignal, reason: unknown) => void;

/** What AbortSignal is made with: script cannot make one without a controller. */
const key = {};

/** Says when something is to be given up. */
export class AbortSignal extends EventTarget {
	onabort: ((event: Event) => void) | null = null;
	#aborted = false;
	#reason: unknown;

	constructor(given?: unknown) {
		super();
		if (given !== key) throw new TypeError("AbortSignal: take the signal of an AbortController, or AbortSignal.timeout()");
	}

	static {
		make = () => new AbortSignal(key);
		abort = (signal, reason) => signal.#abort(reason);
	}

	get aborted(): boolean {
		return this.#aborted;
	}

	/** Why; undefined while not aborted. */
	get reason(): unknown {
		return this.#reason;
	}

	throwIfAborted(): void {
		if (this.#aborted) throw this.#reason;
	}

	#abort(reason: unknown): void {
		if (this.#aborted) return;
		this.#aborted = true;
		this.#reason = reason !== undefined ? reason : new DOMException("the operation was aborted", "AbortError");
		const { onabort } = this;
		if (onabort !== null) this.addEventListener("abort", event => onabort.call(this, event), { once: true });
		this.dispatchEvent(new Event("abort"));
	}

	/** A signal that is aborted already. */
	static abort(reason?: unknown): AbortSignal {
		const signal = make();
		signal.#abort(reason);
		return signal;
	}

	/** A signal that aborts after so many milliseconds, with a TimeoutError. */
	static timeout(milliseconds: number): AbortSignal {
		if (!(milliseconds >= 0 && milliseconds <= Number.MAX_SAFE_INTEGER)) throw new RangeError(`AbortSignal.timeout: ${milliseconds} is no number of milliseconds`);
		const signal = make();
		setTimeout(() => signal.#abort(new DOMException(`the operation took longer than ${milliseconds} ms`, "TimeoutError")), milliseconds);
		return signal;
	}

	/** A signal that aborts with the first of `signals`. */
	static any(signals: Iterable<AbortSignal>): AbortSignal {
		const result = make();
		for (const signal of signals) {
			if (signal.aborted) {
				result.#abort(signal.reason);
				break;
			}
			signal.addEventListener("abort", () => result.#abort(signal.reason), { signal: result });
		}
		return result;
	}
}

export class AbortController {
	readonly signal = make();

	/** Aborts the signal, with an AbortError or the reason given. Once; later calls change nothing. */
	abort(reason?: unknown): void {
		abort(this.signal, reason);
	}
}
