/**
 * What a debug probe reaches through SWD: both cores' registers, memory, break points and watched memory; halt, step and
 * resume. While halted, virtual time stands still. Used by the GDB server; the board's `run` asks it for permission.
 */
import type { Chip } from "../core/chip.ts";
import type { Fault, Processor } from "../core/processor.ts";

export type CoreIndex = 0 | 1;

const BKPT_HIGH_BYTE = 0xbe;

/** Why both cores stand. */
export interface Stop {
	reason: "request" | "step" | "breakpoint" | "watch" | "fault" | "standing";
	/** The one that is the cause. */
	core: CoreIndex;
	text?: string;
	/** Of the watched memory. */
	address?: number;
}

export class DebugPort {
	readonly #chip: Chip;
	readonly cores: readonly [Processor, Processor];
	#attached = false;
	#halted = false;
	#fault: { core: CoreIndex; fault: Fault } | undefined;
	#resumed: (() => void)[] = [];
	/** Told of each stop that was not asked for by `halt`. */
	onStop: ((stop: Stop) => void) | undefined;

	constructor(chip: Chip) {
		this.#chip = chip;
		this.cores = [chip.core, chip.second];
		chip.onFault = (fault, core) => {
			if (this.#attached) {
				this.#fault ??= { core: core === chip.core ? 0 : 1, fault };
			}
		};
	}

	/** A debugger is there: BKPT and faults stop the board. */
	get attached(): boolean {
		return this.#attached;
	}

	get halted(): boolean {
		return this.#halted;
	}

	/** Attaches a debugger, and halts. */
	attach(): void {
		this.#attached = true;
		this.#chip.debugging = true;
		this.halt();
	}

	/** Takes away all that the debugger has set, and lets the board run on. */
	detach(): void {
		this.#attached = false;
		this.#chip.debugging = false;
		this.setBreakpoints([]);
		this.setWatches([]);
		this.onStop = undefined;
		this.#release();
	}

	/** The debugger has ended the board's `run`. */
	ended = false;

	/** Ends the board's `run`. */
	end(): void {
		this.ended = true;
		this.#chip.stop = true;
		this.detach();
	}

	halt(): void {
		this.#halted = true;
	}

	/** Settles when the board may run. */
	resumed(): Promise<void> {
		return new Promise((resolve) => this.#resumed.push(resolve));
	}

	#release(): void {
		this.#halted = false;
		const waiting = this.#resumed;
		this.#resumed = [];
		for (const resolve of waiting) {
			resolve();
		}
	}

	/**
	 * Lets both cores run, `past` beyond what it stands at. The other one, if it came to a break point at the same time,
	 * has not been told of, and stops at once.
	 */
	async resume(past: CoreIndex): Promise<void> {
		this.#skipBreakpointInstruction(past);
		const core = this.cores[past];
		if (core.atBreakpoint && !core.sleeping) {
			await this.#chip.step(core);
		}
		const stop = this.#stop();
		if (stop) {
			this.onStop?.(stop);
		} else {
			this.#release();
		}
	}

	/** One instruction of a core; tells `onStop`. */
	async step(index: CoreIndex): Promise<void> {
		if (!this.#skipBreakpointInstruction(index)) {
			await this.#chip.step(this.cores[index]);
		}
		this.onStop?.(this.#stop() ?? { reason: "step", core: index });
	}

	/** Going on from BKPT is going on behind it. */
	#skipBreakpointInstruction(index: CoreIndex): boolean {
		this.#fault = undefined;
		this.#chip.stoppedCore = undefined;
		const core = this.cores[index];
		const [, high] = this.read(core.programCounter, 2, index) ?? [];
		if (high !== BKPT_HIGH_BYTE) {
			return false;
		}
		core.programCounter += 2;
		return true;
	}

	/** The board's `run` has made some way: is there a reason to stop? */
	look(): void {
		if (!this.#attached || this.#halted) {
			return;
		}
		const stop = this.#stop();
		if (stop) {
			this.#halted = true;
			this.onStop?.(stop);
		}
	}

	#stop(): Stop | undefined {
		const chip = this.#chip;
		if (this.#fault) {
			return { reason: "fault", core: this.#fault.core, text: this.#fault.fault.text };
		}
		if (chip.stoppedCore) {
			const core = chip.stoppedCore === chip.core ? 0 : 1;
			const address = chip.stoppedByWatch;
			return address === undefined ? { reason: "breakpoint", core } : { reason: "watch", core, address };
		}
		if (chip.standing) {
			return { reason: "standing", core: 0, text: "nothing is left that could happen on this board" };
		}
		return undefined;
	}

	/** Presses RUN, with the board halted before its first instruction. */
	reset(): void {
		this.#fault = undefined;
		this.#chip.powerOn();
	}

	setBreakpoints(addresses: Iterable<number>): void {
		const all = [...addresses];
		for (const core of this.cores) {
			core.setBreakpoints(all);
		}
	}

	setWatches(watches: { address: number; length: number }[]): void {
		this.#chip.setWatches(watches);
	}

	/** @returns undefined where the bus answers with an error. */
	read(address: number, length: number, core: CoreIndex = 0): Uint8Array | undefined {
		return this.#chip.debugRead(address, length, this.cores[core]);
	}

	/** @returns false where the bus answers with an error. */
	write(address: number, bytes: Uint8Array, core: CoreIndex = 0): boolean {
		return this.#chip.debugWrite(address, bytes, this.cores[core]);
	}

	get micros(): number {
		return this.#chip.clock.micros;
	}
}
