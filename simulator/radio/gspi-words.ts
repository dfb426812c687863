/**
 * The radio's gSPI port as words: command word, word length and byte order, answer delay, appended status word.
 * Knows nothing of pins: a fast path may hand it whole words.
 *
 * PROTOCOL.md, section 3.
 */
import type { Log } from "../wires.ts";
import type { BusRegisters } from "./bus-registers.ts";
import type { WordPort } from "./gspi-bits.ts";

/** One of the functions 0 (bus), 1 (backplane), 2 (WLAN) behind the command word. */
export interface BusFunction {
	/**
	 * Answers a read.
	 *
	 * @param into the answer in memory order; `lengthBytes` of it are meant, the rest of the last word is padding.
	 */
	read(address: number, lengthBytes: number, incrementing: boolean, into: Uint8Array): void;

	/** The read is over. @param takenBytes how many bytes the host clocked, at most `lengthBytes`. */
	readDone(takenBytes: number, lengthBytes: number): void;

	/** Takes a complete write. `bytes` is only valid during the call. */
	write(address: number, bytes: Uint8Array, incrementing: boolean): void;

	/** What lies at an address, or what a transfer carries, in a word or two for the log. */
	name(address: number, bytes: Uint8Array): string | undefined;
}

/** Longest transfer of function 2, bytes; a length field of 0 stands for it. */
export const LONGEST_TRANSFER_BYTES = 2048;

/** Longest transfer of function 1; reads may count their delay (4) in. */
const LONGEST_BACKPLANE_BYTES = 64;

const FUNCTION_BUS = 0;
const FUNCTION_BACKPLANE = 1;
const FUNCTION_WLAN = 2;
const FUNCTION_NAMES = ["bus", "backplane", "wlan", "reserved"];

/** Left over in the bytes which a narrow read does not mean (seen on silicon: 0x0FEAA9AF for a 2-byte read). */
const LEFTOVER = [0xaf, 0xa9, 0xea, 0x0f];

const TEST_READ_ONLY = 0x14;

export class GspiWords implements WordPort {
	readonly #log: Log;
	readonly #registers: BusRegisters;
	readonly #functions: readonly BusFunction[];
	readonly #trace: ((line: string) => void) | undefined;
	readonly #done: () => void;

	/** Both directions in memory order; words are little-endian like every machine this runs on. */
	readonly #words = new Uint32Array(LONGEST_TRANSFER_BYTES / 4 + 1);
	readonly #bytes = new Uint8Array(this.#words.buffer);
	readonly #answerWords = new Uint32Array(LONGEST_TRANSFER_BYTES / 4 + 1);
	readonly #answer = new Uint8Array(this.#answerWords.buffer);

	#haveCommand = false;
	#refused = false;
	#write = false;
	#incrementing = false;
	#function = 0;
	#address = 0;
	#length = 0;
	#dataWords = 0;
	#delay = 0;
	#hostWords = 0;
	#chipWords = 0;
	#statusAppended = false;
	#isDone = false;
	#tested = false;
	#underWay = false;
	#transfers = 0;
	/** Answers rubbish this many times, for the first words after power-up. */
	rubbishWords = 0;
	/** The chip has dropped off the bus: it reads all ones, and takes nothing. */
	silent = false;

	/**
	 * @param functions 0 bus, 1 backplane, 2 WLAN.
	 * @param done called at the end of each transfer, so that the interrupt line is worked out again.
	 * @param trace is given one line per transfer.
	 */
	constructor(log: Log, registers: BusRegisters, functions: readonly BusFunction[], done: () => void, trace?: (line: string) => void) {
		this.#log = log;
		this.#registers = registers;
		this.#functions = functions;
		this.#done = done;
		this.#trace = trace;
	}

	get highSpeed(): boolean {
		return this.#registers.highSpeed;
	}

	/** The transfer under way, or the last one, by its number since power-up and its command; empty before the first. */
	get transfer(): string {
		if (!this.#transfers) {
			return "";
		}
		return `${this.#underWay ? "" : "behind "}transfer ${this.#transfers}${this.#haveCommand ? ` (${this.#describe()})` : ""}`;
	}

	begin(): void {
		this.#haveCommand = this.#refused = this.#isDone = false;
		this.#hostWords = this.#chipWords = 0;
		this.#underWay = true;
		this.#transfers++;
	}

	get onlyStatus(): boolean {
		return this.#write;
	}

	hostWord(word: number): boolean {
		const value = this.#toMemory(word);
		if (!this.#haveCommand) {
			this.#haveCommand = true;
			return this.#command(value);
		}
		if (this.#hostWords < this.#words.length) {
			this.#words[this.#hostWords] = value;
		}
		this.#hostWords++;
		return this.#write && this.#statusAppended && this.#hostWords === this.#dataWords;
	}

	chipWord(): number {
		const index = this.#chipWords++;
		let value = 0;
		if (this.#write) {
			value = index === 0 ? this.#registers.status : 0;
		} else {
			const at = index * 4 - this.#delay;
			if (this.silent) {
				value = 0xffffffff;
			} else if (this.rubbishWords > 0) {
				value = 0x03030303;
			} else if (at >= this.#dataWords * 4) {
				if (this.#statusAppended && at < this.#dataWords * 4 + 4) {
					// It tells the state behind this transfer: a frame that was read is gone.
					this.#readDone(this.#length);
					value = this.#registers.status;
				}
			} else if (at >= 0 && (at & 3) === 0) {
				value = this.#answerWords[at >> 2];
			} else {
				// A delay that is not a multiple of 4 shifts the answer by bytes.
				for (let byte = 3; byte >= 0; byte--) {
					value = (value << 8) | (at + byte >= 0 ? this.#answer[at + byte] : 0);
				}
			}
		}
		return this.#toWire(value);
	}

	end(looseBits: number, chipClocks: number): void {
		if (!this.#haveCommand) {
			if (looseBits) {
				this.#log.violation("error", "radio-short-command", `a command of ${looseBits} bits instead of 32`);
			}
		} else if (!this.#refused && !this.silent) {
			if (this.#write) {
				this.#endWrite(looseBits, chipClocks);
			} else {
				this.#endRead(chipClocks);
			}
		}
		this.#done();
		this.#underWay = false;
	}

	#command(value: number): boolean {
		this.#write = value >>> 31 === 1;
		this.#incrementing = ((value >>> 30) & 1) === 1;
		this.#function = (value >>> 28) & 3;
		this.#address = (value >>> 11) & 0x1ffff;
		this.#length = value & 0x7ff;
		if (this.#length === 0 && this.#function === FUNCTION_WLAN) {
			this.#length = LONGEST_TRANSFER_BYTES;
		}
		this.#dataWords = (this.#length + 3) >> 2;
		this.#statusAppended = this.#registers.statusAppended;
		this.#delay = this.#write ? 0 : this.#registers.delayBytes(this.#function);
		this.#refused = !this.#commandIsValid(value);
		if (this.#refused || this.#write) {
			// A refused write is still clocked to its end; a refused read answers zeros.
			this.#answerWords.fill(0, 0, this.#dataWords);
			return !this.#write;
		}
		const padded = this.#answer.subarray(0, this.#dataWords * 4);
		for (let index = this.#length; index < padded.length; index++) {
			padded[index] = LEFTOVER[index & 3];
		}
		this.#functions[this.#function].read(this.#address, this.#length, this.#incrementing, padded);
		return true;
	}

	#commandIsValid(value: number): boolean {
		const nonsense = this.#commandFault();
		if (!nonsense) {
			return true;
		}
		const mode = this.#registers.words32 ? "32-bit" : "16-bit start";
		this.#log.violation("error", nonsense[0], `command 0x${hex(value, 8)} (${mode} mode): ${nonsense[1]}`);
		return false;
	}

	#commandFault(): [code: string, text: string] | undefined {
		const { words32 } = this.#registers;
		if (this.#function === 3) {
			return ["radio-command-function", "function 3 is reserved on gSPI"];
		}
		if (!words32 && this.#function !== FUNCTION_BUS) {
			return ["radio-command-before-mode", "only bus registers answer before WORD_LENGTH_32 is set"];
		}
		if (this.#function === FUNCTION_BUS && this.#address > 0xff) {
			return ["radio-command-address", "the bus function has registers 0x00 to 0xff"];
		}
		if (!words32 && !this.#tested && (this.#write || this.#address !== TEST_READ_ONLY)) {
			return ["radio-command-before-test", "0xFEEDBEAD was not read from register 0x14 yet"];
		}
		if (this.#length === 0) {
			return ["radio-command-length", "a length of 0 stands for 2048, for function 2 only"];
		}
		if (this.#function === FUNCTION_BACKPLANE) {
			const longest = LONGEST_BACKPLANE_BYTES + (this.#write ? 0 : 4);
			if (this.#length > longest) {
				return ["radio-command-length", `at most ${longest} bytes`];
			}
			if (this.#length <= 2 && this.#address % this.#length !== 0) {
				return ["radio-command-aligned", "the address is not a multiple of the length"];
			}
		}
		return undefined;
	}

	#endWrite(looseBits: number, chipClocks: number): void {
		if (this.#hostWords < this.#dataWords || looseBits) {
			const bits = this.#hostWords * 32 + looseBits;
			if (bits < this.#dataWords * 32) {
				this.#log.violation("error", "radio-write-short", `${bits} data bits were clocked, ${this.#dataWords * 32} are needed`);
				return;
			}
			this.#log.violation("error", "radio-loose-bits", `${looseBits} bits behind the last whole word`);
		}
		const extra = this.#statusAppended ? 0 : this.#hostWords - this.#dataWords;
		// In start mode hosts that read the appended status and hosts that do not are both at work.
		if (extra > 0 && (this.#registers.words32 || extra > 1)) {
			this.#log.violation("warning", "radio-write-long", `${extra} word(s) more than needed`);
		}
		if (this.#statusAppended && chipClocks < 32 && this.#registers.words32) {
			this.#log.violation("warning", "radio-status-unread", "STATUS_ENABLE is set, the status word was not clocked");
		}
		const bytes = this.#bytes.subarray(0, this.#length);
		this.#trace?.(`${this.#describe()} = ${this.#shown(bytes)}`);
		this.#functions[this.#function].write(this.#address, bytes, this.#incrementing);
	}

	#endRead(chipClocks: number): void {
		if (this.rubbishWords > 0) {
			this.rubbishWords--;
			return;
		}
		const { words32 } = this.#registers;
		const data = this.#dataWords * 32;
		const withDelay = data + this.#delay * 8;
		// A host that counts the delay in the length field clocks only the field.
		const shortest = this.#function === FUNCTION_BACKPLANE && this.#length > this.#delay ? data : withDelay;
		const longest = withDelay + (this.#statusAppended || !words32 ? 32 : 0);
		if (chipClocks < shortest) {
			this.#log.violation("error", "radio-read-short", `${chipClocks} clocks, field ${this.#length} and delay ${this.#delay} bytes need ${withDelay}`);
		} else if (chipClocks > longest + 2) {
			this.#log.violation("warning", "radio-read-long", `${chipClocks} clocks, ${longest} are enough`);
		} else if (this.#statusAppended && words32 && chipClocks < longest) {
			this.#log.violation("warning", "radio-status-unread", "STATUS_ENABLE is set, the status word was not clocked");
		}
		const taken = Math.min(Math.max(0, (chipClocks >> 3) - this.#delay), this.#length);
		if (this.#function === FUNCTION_BUS && this.#address === TEST_READ_ONLY && taken >= 4) {
			this.#tested = true;
		}
		this.#trace?.(`${this.#describe()} : ${this.#shown(this.#answer.subarray(0, this.#length))}`);
		this.#readDone(taken);
	}

	/** Tells the function how much of its answer was taken, once. */
	#readDone(takenBytes: number): void {
		if (!this.#isDone && !this.#refused) {
			this.#isDone = true;
			this.#functions[this.#function].readDone(takenBytes, this.#length);
		}
	}

	#toMemory(word: number): number {
		const registers = this.#registers;
		if (!registers.words32) {
			return ((word << 16) | (word >>> 16)) >>> 0;
		}
		return registers.bigEndian ? swapBytes(word) : word;
	}

	/** All three orders are their own inverse. */
	#toWire(value: number): number {
		return this.#toMemory(value);
	}

	#shown(bytes: Uint8Array): string {
		const name = this.#functions[this.#function].name(this.#address, bytes);
		return `${hexBytes(bytes)}${name === undefined ? "" : ` (${name})`}`;
	}

	#describe(): string {
		return `${this.#write ? "write" : "read"} ${FUNCTION_NAMES[this.#function]} 0x${hex(this.#address, 5)}`
			+ `${this.#incrementing ? "" : " fixed"} ${this.#length} B`;
	}
}

function swapBytes(value: number): number {
	return ((value >>> 24) | ((value >>> 8) & 0xff00) | ((value << 8) & 0xff0000) | (value << 24)) >>> 0;
}

function hex(value: number, digits: number): string {
	return value.toString(16).padStart(digits, "0");
}

function hexBytes(bytes: Uint8Array): string {
	const shown = Buffer.from(bytes.subarray(0, 24)).toString("hex");
	return bytes.length > 24 ? `${shown}...` : shown;
}
