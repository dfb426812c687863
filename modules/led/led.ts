// The LED of the board.
//
// It hangs on the radio chip: the first call switches that on and loads its firmware, which takes 0.6 s during which script
// waits (USB goes on). Later calls, and calls in an app that has joined a network, take some 0.1 ms.

import { CodedError } from "../base/error.ts";

const set = native<(lit: boolean) => number>("xs_led_set");

/** The LED of the Pico W. There is one, and it belongs to nobody: each instance sets the same. */
export default class LED {
	#lit = false;

	/** Its brightness cannot be set: it is on or off. */
	get brightness(): false {
		return false;
	}

	/** True after `on()`. */
	get lit(): boolean {
		return this.#lit;
	}

	/** @throws CodedError ERR_RADIO: the radio chip does not answer. */
	on(): void {
		this.#set(true);
	}

	/** @throws CodedError ERR_RADIO: the radio chip does not answer. */
	off(): void {
		this.#set(false);
	}

	/** Turns it off. Harmless twice. */
	close(): void {
		if (this.#lit) this.off();
	}

	#set(lit: boolean): void {
		const result = set(lit);
		if (result !== 0) {
			throw new CodedError("ERR_RADIO", `led: the radio chip, on which it hangs, does not answer (${result})`);
		}
		this.#lit = lit;
	}
}
