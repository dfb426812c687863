/** What the page shows of a board: facts of now, and histories of a bounded length for a browser that comes late. */
import type { ElfSymbol } from "../flash/elf.ts";
import type { PacketSummary } from "../network/traffic/summary.ts";
import type { PacedRun } from "../paced-run.ts";
import type { PicoW, Report, RunResult, StackReport, Violation } from "../simulator.ts";

/** Facts of one moment. Sent several times a second. */
export interface Now {
	micros: number;
	/** Virtual seconds in one of the host's, lately. */
	pace: number;
	/** Share of the time in which core 0 executed, lately. */
	load: number;
	/** Held by the user. */
	held: boolean;
	/** Null: as fast as it can. */
	speed: number | null;
	/** Why the run is over; null while it goes on. */
	end: string | null;
	led: boolean;
	/** GPIO words: level, driven by the RP2040, changed since the last moment. */
	level: number;
	driven: number;
	changed: number;
	milestones: Report["milestones"];
	resets: Report["resets"];
	violations: Violation[];
	stack: StackReport[];
	/** A digit for each 1 KB of SRAM: 0 all zeros, 1 in use, 2 changed since the last moment. */
	memory: string;
	/** Bytes of each of the program's objects that are not zero, in the order of `objects`. */
	usedBytes: number[];
	connections: number;
}

const SRAM_START = 0x20000000;
const BLOCK_BYTES = 1024;
const CONSOLE_CHARACTERS = 200_000;
const PACKETS = 1_000;
const ZEROS = Buffer.alloc(BLOCK_BYTES);
/** Objects of the program that are worth a line. */
const SMALLEST_OBJECT_BYTES = 2048;
const MOST_OBJECTS = 12;
/** All but the radio's. */
const HEADER_PINS = 0x1c7fffff;

/** A list whose oldest entries are dropped; entries are counted from the first one ever. */
class History<Entry> {
	readonly #most: number;
	#entries: Entry[] = [];
	#dropped = 0;

	constructor(most: number) {
		this.#most = most;
	}

	push(entry: Entry): void {
		this.#entries.push(entry);
		if (this.#entries.length >= 2 * this.#most) {
			this.#dropped += this.#entries.length - this.#most;
			this.#entries = this.#entries.slice(-this.#most);
		}
	}

	get end(): number {
		return this.#dropped + this.#entries.length;
	}

	/** From an index on, at most as many as are kept. */
	from(index: number): Entry[] {
		return this.#entries.slice(Math.max(index - this.#dropped, this.#entries.length - this.#most, 0));
	}
}

export class BoardView {
	readonly #board: PicoW;
	readonly #run: PacedRun;
	readonly packets = new History<PacketSummary>(PACKETS);
	/** Large variables of the program, largest first. */
	readonly objects: readonly ElfSymbol[];
	#console = "";
	#consoleDropped = 0;
	#end: string | null = null;
	#changed = 0;
	#levelBefore = 0;
	readonly #sramBefore: Uint8Array;
	#memory = "";
	#at = { ms: performance.now(), micros: 0, cycles: 0, activeCycles: 0 };
	#pace = 0;
	#load = 0;

	/** @param objects variables of the program, if its ELF file is known. */
	constructor(board: PicoW, run: PacedRun, objects: readonly ElfSymbol[]) {
		this.#board = board;
		this.#run = run;
		this.objects = objects
			.filter(({ start, end }) => start >= SRAM_START && end <= SRAM_START + board.sram.length && end - start >= SMALLEST_OBJECT_BYTES)
			.sort((one, other) => other.end - other.start - (one.end - one.start))
			.slice(0, MOST_OBJECTS);
		this.#sramBefore = board.sram.slice();
		this.#levelBefore = board.pins.level;
		this.#say(board.console.text);
		board.console.onText((text) => this.#say(text));
		board.onPins(HEADER_PINS, () => {
			const { level } = board.pins;
			this.#changed |= level ^ this.#levelBefore;
			this.#levelBefore = level;
		});
		if (board.radio) {
			board.radio.traffic.onPacket = (summary) => this.packets.push(summary);
		}
	}

	/** The run is over. */
	over(result: RunResult): void {
		this.#end = endText(result);
	}

	/** Characters of the console since power-on. */
	get consoleEnd(): number {
		return this.#consoleDropped + this.#console.length;
	}

	/** The console's text from a character on, as far as it is kept. */
	consoleFrom(index: number): string {
		return this.#console.slice(Math.max(index - this.#consoleDropped, 0));
	}

	/** To be called at regular times: some of the facts are since the last call. */
	now(): Now {
		const board = this.#board;
		const { level, driven } = board.pins;
		this.#measure();
		this.#lookAtMemory();
		const changed = this.#changed;
		this.#changed = 0;
		return {
			micros: board.clock.micros,
			pace: this.#pace,
			load: this.#load,
			held: this.#run.paused,
			speed: this.#run.speed === Infinity ? null : this.#run.speed,
			end: this.#end,
			led: board.radio?.led ?? false,
			level, driven, changed,
			milestones: board.milestones,
			resets: board.resets,
			violations: board.violations,
			stack: board.stack,
			memory: this.#memory,
			usedBytes: this.objects.map(({ start, end }) => notZero(board.sram.subarray(start - SRAM_START, end - SRAM_START))),
			connections: board.radio?.traffic.connections.length ?? 0,
		};
	}

	#say(text: string): void {
		this.#console += text;
		if (this.#console.length > 2 * CONSOLE_CHARACTERS) {
			const dropped = this.#console.length - CONSOLE_CHARACTERS;
			this.#console = this.#console.slice(dropped);
			this.#consoleDropped += dropped;
		}
	}

	#measure(): void {
		const { clock, core } = this.#board;
		const now = { ms: performance.now(), micros: clock.micros, cycles: core.cycles, activeCycles: core.activeCycles };
		const before = this.#at;
		this.#at = now;
		this.#pace = (now.micros - before.micros) / 1000 / Math.max(now.ms - before.ms, 1);
		if (now.cycles > before.cycles) {
			this.#load = (now.activeCycles - before.activeCycles) / (now.cycles - before.cycles);
		}
	}

	#lookAtMemory(): void {
		const { sram } = this.#board;
		let digits = "";
		for (let at = 0; at < sram.length; at += BLOCK_BYTES) {
			const block = sram.subarray(at, at + BLOCK_BYTES);
			const same = Buffer.compare(block, this.#sramBefore.subarray(at, at + BLOCK_BYTES)) === 0;
			digits += same ? (Buffer.compare(block, ZEROS) === 0 ? "0" : "1") : "2";
		}
		this.#memory = digits;
		this.#sramBefore.set(sram);
	}
}

function notZero(bytes: Uint8Array): number {
	let count = 0;
	for (let at = 0; at < bytes.length; at++) {
		count += bytes[at] ? 1 : 0;
	}
	return count;
}

function endText(result: RunResult): string {
	switch (result.reason) {
		case "matched": return "the text that was waited for came";
		case "timeout": return "the time is over";
		case "ended": return "the run was ended";
		case "fault": return result.fault.text;
		case "halted": return result.text;
	}
}
