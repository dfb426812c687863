// Two boards with the same program, seed and network, of which one executes by the simulator's fast loop and the other by the plain
// interpreter: the same at the end of each stretch of each core and at each exception, down to the cycle. Both hand over at lengths of
// chance, from single instructions to whole stretches.

import type { Processor } from "../../simulator/core/processor.ts";
import { SeededRandom } from "../../simulator/core/random.ts";
import type { NetworkOptions, PicoW, Recording, RunOptions } from "../../simulator/simulator.ts";
import { interpretPlainly } from "./plain-interpreter.ts";

export interface LockStep {
	/** A board that has not run yet, the same each time. `peers` is for its network, where a peer is not in virtual time. */
	board(peers: Pick<NetworkOptions, "record" | "replay">): PicoW | Promise<PicoW>;
	/** A peer is not the same each time: a board runs alone first, and both get what it got. Default false. */
	readonly replayed?: boolean;
	/** Seeds the lengths. */
	readonly seed: number;
	/** Ends the run when the console says so. */
	readonly until?: RegExp;
	/** Virtual microseconds. */
	readonly timeoutMicros: number;
	/** Called with the fast board before it runs: for the test of this test. */
	prepareFast?(board: PicoW): void;
}

export interface LockStepResult {
	/** Stretches and exceptions that were compared, of both cores. */
	readonly stretches: number;
	readonly exceptions: number;
	/** Looks at the whole memory. */
	readonly borders: number;
	/** Cycles that core 0 and core 1 executed, in each board. */
	readonly activeCycles: readonly [number, number];
	readonly console: string;
}

/** Of one stretch of a core, as it ended; of an exception, as it was entered. */
const fields = [
	"core", "the kind (0 stretch, 1 exception)", "the cycle", "pc", ...Array.from({ length: 13 }, (_, register) => `r${register}`), "sp", "lr", "xpsr", "primask", "control",
	"the pending interrupts", "the enabled interrupts", "sleep", "the event register",
];
const columns = { core: 0, kind: 1, cycle: 2, pc: 3 } as const;
/** Virtual microseconds between looks at memory, at most. */
const borderMicros = 2000;
/** Stretches that end by chance end within 2 to the power of at most this many cycles. */
const longestCut = 16;
const comparedFlashBytes = 2 * 1024 * 1024;

interface Difference {
	readonly text: string;
	/** How many stretches and exceptions there were before it. */
	readonly index: number;
}

/** @throws Error that names seed, core, cycle, pc and register of the first difference */
export async function inLockStep(scene: LockStep): Promise<LockStepResult> {
	const told = await compare(scene, Infinity);
	if (!("text" in told)) return told;
	// The same once more, one instruction at a time from the stretch on in which they parted.
	const finer = await compare(scene, told.index);
	throw new Error(`seed ${scene.seed}: ${"text" in finer ? finer.text : `${told.text} (one instruction at a time there is no difference)`}`);
}

async function compare(scene: LockStep, singlyFrom: number): Promise<LockStepResult | Difference> {
	const replay = scene.replayed ? await rehearse(scene, singlyFrom) : undefined;
	const fast = await scene.board({ ...replay && { replay } });
	const plain = await scene.board({ ...replay && { replay } });
	scene.prepareFast?.(fast);
	interpretPlainly([plain.core, plain.secondCore]);
	const seen = record(fast, scene.seed, singlyFrom);
	const expected = record(plain, scene.seed, singlyFrom);
	const total = { stretches: 0, exceptions: 0, borders: 0 };
	try {
		for (const options of slices(scene)) {
			const ends = [await fast.run(options), await plain.run(options)] as const;
			const before = total.stretches + total.exceptions;
			const at = seen.findIndex((value, index) => value !== expected[index]);
			if (at >= 0 || seen.length < expected.length) return difference(seen, expected, at < 0 ? seen.length : at, before);
			for (let index = columns.kind; index < seen.length; index += fields.length) total[seen[index] ? "exceptions" : "stretches"]++;
			total.borders++;
			const elsewhere = memoryDifference(fast, plain) ?? (ends[0].reason !== ends[1].reason ? `one ends (${ends[0].reason}), the other does not (${ends[1].reason})` : undefined);
			if (elsewhere) return { text: `at cycle ${fast.clock.cycles}, before pc ${hex(fast.core.programCounter)}: ${elsewhere}`, index: before };
			seen.length = expected.length = 0;
			if (ends[0].reason !== "timeout") break;
		}
		return { ...total, activeCycles: [fast.core.activeCycles, fast.secondCore.activeCycles], console: fast.console.text };
	} finally {
		fast.close();
		plain.close();
	}
}

/** The run of a fast board alone. @returns what its peers said */
async function rehearse(scene: LockStep, singlyFrom: number): Promise<Recording> {
	let recording: Recording | undefined;
	const board = await scene.board({ record: recorded => { recording = recorded; } });
	const notes = record(board, scene.seed, singlyFrom);
	for (const options of slices(scene)) {
		if ((await board.run(options)).reason !== "timeout") break;
		notes.length = 0;
	}
	board.close();
	return recording!;
}

function* slices({ seed, until, timeoutMicros }: LockStep): Generator<RunOptions> {
	const random = new SeededRandom(seed, "borders");
	for (let micros = 0; micros < timeoutMicros;) {
		const length = Math.min(timeoutMicros - micros, 1 + random.next32() % borderMicros);
		micros += length;
		yield { ...until && { until }, timeoutMicros: length };
	}
}

/** Notes each stretch as it ends and each exception as it begins, and cuts the stretches by chance. */
function record(board: PicoW, seed: number, singlyFrom: number): number[] {
	const cores: readonly Processor[] = [board.core, board.secondCore];
	const notes: number[] = [];
	const random = new SeededRandom(seed, "lengths");
	let noted = 0;
	cores.forEach((core, index) => {
		const note = (kind: number): void => {
			noted++;
			notes.push(index, kind, core.cycles, core.programCounter);
			for (let register = 0; register < 15; register++) notes.push(core.registers[register]! >>> 0);
			notes.push(core.xpsr, core.primask, core.control, core.irqPending >>> 0, core.irqEnabled >>> 0, Number(core.sleeping), Number(core.eventRegister));
		};
		const { run, handleExceptions } = core;
		core.run = maxCycles => {
			const chance = random.next32();
			const cut = 1 + (chance >>> 8) % (1 << chance % (longestCut + 1));
			run.call(core, noted >= singlyFrom ? 1 : chance & 0x80 ? Math.min(maxCycles, cut) : maxCycles);
			note(0);
		};
		core.handleExceptions = () => {
			const { ipsr } = core;
			handleExceptions.call(core);
			if (core.ipsr !== ipsr) note(1);
		};
	});
	return notes;
}

function difference(seen: readonly number[], expected: readonly number[], at: number, before: number): Difference {
	const row = Math.floor(at / fields.length);
	const start = row * fields.length;
	const names = fields.map((name, column) => ({ name, found: seen[start + column], due: expected[start + column] })).filter(({ found, due }) => found !== due);
	const where = (offset: number): string => `core ${expected[offset + columns.core] ?? 0} at cycle ${expected[offset + columns.cycle]}, pc ${hex(expected[offset + columns.pc])}`;
	// The stretch began where the one before it ended, of the same core.
	let began = start - fields.length;
	while (began >= 0 && expected[began + columns.core] !== expected[start + columns.core]) began -= fields.length;
	return {
		text: `${began >= 0 ? `behind ${where(began)}, ` : ""}${where(start)}: ${names.map(({ name, found, due }) => `${name} is ${hex(found)}, plainly ${hex(due)}`).join("; ")}`,
		index: before + row,
	};
}

function memoryDifference(fast: PicoW, plain: PicoW): string | undefined {
	for (const [name, start, mine, theirs] of [
		["SRAM", 0x20000000, fast.sram, plain.sram], ["flash", 0x10000000, fast.flash.subarray(0, comparedFlashBytes), plain.flash.subarray(0, comparedFlashBytes)],
	] as const) {
		if (Buffer.compare(mine, theirs) === 0) continue;
		const at = mine.findIndex((byte, index) => byte !== theirs[index]);
		return `${name} at ${hex(start + at)} is ${hex(mine[at])}, plainly ${hex(theirs[at])}`;
	}
	if (fast.console.text !== plain.console.text) return "the consoles differ";
	return undefined;
}

function hex(value: number | undefined): string {
	return value === undefined ? "nothing" : `0x${value.toString(16)}`;
}
