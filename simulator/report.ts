/**
 * What a run is told by: the shape of `PicoW.report()` and of the file that `--report` writes. Times are virtual
 * microseconds since power-on unless a name says otherwise.
 */
import type { Violation } from "./core/violations.ts";
import type { RadioReport } from "./network/attach.ts";
import type { ConnectionReport } from "./network/traffic/connections.ts";
import type { Milestone } from "./wires.ts";

/** The same program, options and seed give the same report. */
export interface Report {
	seed: number;
	/** Unix milliseconds at power-on. */
	epochMs: number;
	/** Virtual milliseconds since power-on. */
	virtualMs: number;
	/** What flash costs in the figures: nothing, or what the model of the XIP cache says (`--xip`). */
	flashModel: "no wait states" | "XIP cache";
	/** clk_sys cycles, sleep included. */
	cycles: number;
	/** Cycles in which core 0 executed. */
	activeCycles: number;
	/** Only when core 1 was launched. */
	secondCore?: { activeCycles: number };
	clkSysHz: number;
	/** Only with the XIP model. */
	xip?: { accesses: number; hits: number };
	/** Of each kind, the first since power-on, in their order. */
	milestones: Partial<Record<Milestone, number>>;
	/** Of core 0, and of core 1 when it was launched. */
	stack: StackReport[];
	violations: Violation[];
	flash: { refusedStores: number; allowedStores: number; erases: number; programs: number; programmedBytes: number };
	resets: { atMicros: number; reason: string }[];
	/** Why the chip stands still for good: "locked up: …", "USB boot loader: …"; null while it runs. */
	halt: string | null;
	console: { bytes: number; sha256: string };
	/** Boot ROM functions called, with counts. */
	romCalls: Record<string, number>;
	/** Only with a network. */
	radio?: RadioReport;
	/** Only with a network: every TCP connection, in the order in which they were opened. */
	connections?: ConnectionReport[];
	/** How many more there were than are listed. */
	connectionsNotListed?: number;
}

/**
 * The main stack of a core since its stack pointer was last set, by reset, MSR or the boot ROM. Exact for what instructions and
 * exceptions push; the boot ROM's stand-in needs no stack where silicon's functions take some ten bytes. Stacks of
 * threads (PSP) are not in it.
 */
export interface StackReport {
	startAddress: number;
	lowestAddress: number;
	/** Between the two: the most that was in use. */
	bytes: number;
}

/** How a run came to its end, and what only the command knows. */
export interface RunReport extends Report {
	/** The file that was booted. */
	program: string;
	reason: "matched" | "timeout" | "ended" | "fault" | "halted";
	/** Of the computer, from power-on to the end. */
	hostSeconds: number;
}
