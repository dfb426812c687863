// Why the board began anew, what the last failure was, and a new beginning on purpose.

const reason = native<() => number>("xs_reset_reason");
const failure = native<(newest: boolean) => Failure | undefined>("xs_reset_failure");
const begin = native<() => never>("xs_reset_restart");

/**
 * - `"power"`: power came, or came back after a dip
 * - `"run-pin"`: the RUN pin went low
 * - `"debugger"`: a debugger on SWD asked for it
 * - `"boot-loader"`: the USB boot loader had its turn, with new firmware say
 * - `"restart"`: script called `restart()`
 * - `"failure"`: the firmware or the script failed; `lastRunFailure()` tells how
 * - `"watchdog"`: the processor had locked up, or interrupts were off, for eight seconds
 *
 * RP2040 datasheet 2.12.7 and 4.7.
 */
export type ResetReason = "power" | "run-pin" | "debugger" | "boot-loader" | "restart" | "failure" | "watchdog";

/**
 * - `"uncaught"`: an error, or a rejection, that nobody handled
 * - `"memory"`: the script's arena was full
 * - `"stack"`: calls were nested too deeply
 * - `"engine"`: the engine gave up for another reason
 * - `"hang"`: nothing else could run for eight seconds: an endless loop
 * - `"fault"`: a hard fault of the processor
 * - `"panic"`: a library gave up
 */
export type FailureKind = "uncaught" | "memory" | "stack" | "engine" | "hang" | "fault" | "panic";

export interface Failure {
	readonly kind: FailureKind;
	/** What the console had, at most 935 bytes of it: the sentence, the script's lines, the registers. */
	readonly text: string;
	/** Milliseconds from the start of that run to its failure. */
	readonly uptimeMs: number;
	/** Where the processor was, and where it would have returned to; 0 when no instruction is to blame. */
	readonly programCounter: number;
	readonly link: number;
	/** False when another firmware left it: then the addresses mean nothing here. */
	readonly sameFirmware: boolean;
}

// By their places in reset_reason.h and crash_record.h.
const reasons: readonly ResetReason[] = ["power", "run-pin", "debugger", "boot-loader", "restart", "failure", "watchdog"];
const kinds: readonly (FailureKind | undefined)[] = [undefined, "uncaught", "memory", "stack", "engine", "hang", "fault", "panic"];

/** Why the board began anew. */
export function resetReason(): ResetReason {
	return reasons[reason()]!;
}

/** The first failure of the last run, or undefined when it had none. An uncaught error is one, though the script may have gone on. */
export function lastRunFailure(): Failure | undefined {
	return told(false);
}

/** The newest failure of any run that flash still has. It outlives power. */
export function newestFailure(): Failure | undefined {
	return told(true);
}

/** The board begins anew, at once: connections are cut, what stands in RAM is gone. */
export function restart(): never {
	return begin();
}

function told(newest: boolean): Failure | undefined {
	const found = failure(newest);
	return found && { ...found, kind: kinds[found.kind as unknown as number]! };
}
