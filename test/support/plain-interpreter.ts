// The plain interpreter that the simulator's processor is held against: one instruction at a time, each as the pseudocode of the
// ARMv6-M Architecture Reference Manual has it (chapters A6 and A7), every byte through the bus, cycles by the Cortex-M0+ Technical
// Reference Manual (table 3-1). It knows no shortcut, shares no line with the loop that it judges, and takes that loop's place in a board.
// Entry into an exception and return from one are left to the processor, and what came of them is compared with B1.5.6 and B1.5.8.

import type { Processor } from "../../simulator/core/processor.ts";

/** Bytes of the SRAM's and the boot ROM's address range that hold code. */
const sramEnd = 0x20042000;
const romEnd = 0x4000;
/** What a word read or stored costs by region (RP2040 datasheet 2.1: SIO at once, APB behind a bridge), as the simulator's model has it. */
const busCycles = { sio: 1, other: 2, peripheralLoad: 4, peripheralStore: 5 } as const;

/**
 * Has a board's cores executed plainly from now on.
 *
 * @param cores both cores of one board: what makes the chip look around ends the stretch of each.
 * @throws Error out of the board's run, when an exception is entered or left otherwise than the manual says
 */
export function interpretPlainly(cores: readonly Processor[]): void {
	const stops = cores.map(() => false);
	cores.forEach((core, index) => {
		const { attend, run, handleExceptions, busFault } = core;
		const plain = new PlainInterpreter(core, run.bind(core));
		core.attend = () => {
			stops.fill(true);
			attend.call(core);
		};
		core.busFault = (code, text) => {
			plain.expectNoFault(`${code}: ${text}`);
			busFault.call(core, code, text);
		};
		core.handleExceptions = () => {
			const before = stateBefore(core);
			handleExceptions.call(core);
			if (core.ipsr !== before.ipsr) checkEntry(core, before);
		};
		core.run = maxCycles => {
			stops[index] = false;
			plain.run(maxCycles, () => stops[index]!);
		};
	});
}

class PlainInterpreter {
	readonly #core: Processor;
	/** The processor's own loop, for what the manual leaves to the system: exceptions, sleep, traps of the boot ROM, faults. */
	readonly #system: (maxCycles: number) => void;
	/** The address of the instruction that is executed here. */
	#at: number | undefined;
	/** The word of flash that instructions were fetched from last, and where. */
	#fetched = 0;
	#fetchedWord = -1;

	constructor(core: Processor, system: (maxCycles: number) => void) {
		this.#core = core;
		this.#system = system;
	}

	expectNoFault(text: string): void {
		if (this.#at !== undefined) throw new Error(`the plain interpreter takes no faults: ${text} (pc 0x${(this.#at >>> 0).toString(16)})`);
	}

	/** Until `maxCycles` have passed or the chip wants to look around: at least one instruction. */
	run(maxCycles: number, stopped: () => boolean): void {
		const core = this.#core;
		const began = core.cycles;
		this.#fetchedWord = -1;
		do this.#step(); while (!stopped() && core.cycles - began < maxCycles);
	}

	#step(): void {
		const core = this.#core;
		const at = core.programCounter;
		const began = core.cycles;
		const first = isCode(core, at) ? this.#fetch(at) : undefined;
		const second = first !== undefined && first >>> 11 === 0b11110 ? this.#fetch(at + 2) : 0;
		if (first === undefined || isForSystem(core, first, second)) {
			core.activeCycles += core.cycles - began;
			const returnsTo = first === undefined ? undefined : exceptionReturn(core, first);
			const expected = returnsTo === undefined ? undefined : stateBehindReturn(core, returnsTo, first!);
			this.#system(1);
			expected?.();
			return;
		}
		this.#at = at;
		core.programCounter = at + 2;
		core.stall(this.#execute(first, second, at));
		core.activeCycles += core.cycles - began;
		this.#at = undefined;
	}

	/** A halfword of code; of flash, words come over the bus. */
	#fetch(address: number): number {
		const { bus } = this.#core;
		if (address >>> 26 !== 4) return bus.read(address, 2);
		if (address >>> 2 !== this.#fetchedWord) {
			this.#fetchedWord = address >>> 2;
			this.#fetched = bus.read((address & ~3) >>> 0, 4);
		}
		return this.#fetched >>> 8 * (address & 2) & 0xffff;
	}

	/** @returns cycles; those of words in a row have passed already. */
	#execute(op: number, second: number, at: number): number {
		const core = this.#core;
		const r = core.registers;
		const pc = at + 4;
		switch (op >>> 12) {
			case 0: case 1: {
				if (op >>> 11 !== 3) {
					const amount = op >>> 6 & 31;
					const type = op >>> 11 & 3;
					this.#logical(field(op, 0), this.#shift(type, r[field(op, 3)]!, type !== 0 && amount === 0 ? 32 : amount));
					return 1;
				}
				const operand = op & 0x400 ? field(op, 6) : r[field(op, 6)]!;
				r[field(op, 0)] = op & 0x200 ? this.#addWithCarry(r[field(op, 3)]!, ~operand, 1) : this.#addWithCarry(r[field(op, 3)]!, operand, 0);
				return 1;
			}
			case 2: case 3: {
				const to = field(op, 8);
				const immediate = op & 0xff;
				switch (op >>> 11 & 3) {
					case 0: this.#logical(to, immediate); break;
					case 1: this.#addWithCarry(r[to]!, ~immediate, 1); break;
					case 2: r[to] = this.#addWithCarry(r[to]!, immediate, 0); break;
					default: r[to] = this.#addWithCarry(r[to]!, ~immediate, 1);
				}
				return 1;
			}
			case 4:
				if (op & 0x800) {
					r[field(op, 8)] = this.#load((pc & ~3) + (op & 0xff) * 4, 4);
					return 2;
				}
				return op & 0x400 ? this.#high(op, at) : this.#dataProcessing(op);
			case 5: {
				const address = r[field(op, 3)]! + r[field(op, 6)]! >>> 0;
				switch (field(op, 9)) {
					case 0: return this.#store(address, 4, r[field(op, 0)]!);
					case 1: return this.#store(address, 2, r[field(op, 0)]!);
					case 2: return this.#store(address, 1, r[field(op, 0)]!);
					case 3: r[field(op, 0)] = this.#load(address, 1) << 24 >> 24; break;
					case 4: r[field(op, 0)] = this.#load(address, 4); break;
					case 5: r[field(op, 0)] = this.#load(address, 2); break;
					case 6: r[field(op, 0)] = this.#load(address, 1); break;
					default: r[field(op, 0)] = this.#load(address, 2) << 16 >> 16;
				}
				return loadCycles(address);
			}
			case 6: case 7: case 8: {
				const size = op >>> 12 === 6 ? 4 : op >>> 12 === 7 ? 1 : 2;
				const address = r[field(op, 3)]! + (op >>> 6 & 31) * size >>> 0;
				if (!(op & 0x800)) return this.#store(address, size, r[field(op, 0)]!);
				r[field(op, 0)] = this.#load(address, size);
				return loadCycles(address);
			}
			case 9: {
				const address = r[13]! + (op & 0xff) * 4 >>> 0;
				if (!(op & 0x800)) return this.#store(address, 4, r[field(op, 8)]!);
				r[field(op, 8)] = this.#load(address, 4);
				return loadCycles(address);
			}
			case 10:
				r[field(op, 8)] = (op & 0x800 ? r[13]! : pc & ~3) + (op & 0xff) * 4;
				return 1;
			case 11: return this.#miscellaneous(op);
			case 12: {
				const base = field(op, 8);
				const list = op & 0xff;
				const end = this.#multiple(list, r[base]! >>> 0, (op & 0x800) !== 0);
				// LDM with its base in the list keeps what was loaded.
				if (!(op & 0x800) || !(list & 1 << base)) r[base] = end;
				return 1;
			}
			case 13:
				if (!this.#passes(op >>> 8 & 15)) return 1;
				core.programCounter = pc + (op << 24 >> 23);
				return 2;
			case 14:
				core.programCounter = pc + (op << 21 >> 20);
				return 2;
			default: {
				core.programCounter = pc;
				if ((second & 0xd000) === 0xd000) {
					const sign = op >>> 10 & 1;
					const high = [sign, ~(second >>> 13 ^ sign) & 1, ~(second >>> 11 ^ sign) & 1];
					const offset = high[0]! * -0x1000000 + high[1]! * 0x800000 + high[2]! * 0x400000 + (op & 0x3ff) * 0x1000 + (second & 0x7ff) * 2;
					r[14] = pc | 1;
					core.programCounter = pc + offset;
				}
				// DSB, DMB and ISB have nothing to wait for.
				return 3;
			}
		}
	}

	#dataProcessing(op: number): number {
		const r = this.#core.registers;
		const to = op & 7;
		const n = r[to]!;
		const m = r[op >>> 3 & 7]!;
		const carry = this.#core.c;
		switch (op >>> 6 & 15) {
			case 0: this.#logical(to, n & m); break;
			case 1: this.#logical(to, n ^ m); break;
			case 2: this.#logical(to, this.#shift(0, n, m & 0xff)); break;
			case 3: this.#logical(to, this.#shift(1, n, m & 0xff)); break;
			case 4: this.#logical(to, this.#shift(2, n, m & 0xff)); break;
			case 5: r[to] = this.#addWithCarry(n, m, carry); break;
			case 6: r[to] = this.#addWithCarry(n, ~m, carry); break;
			case 7: this.#logical(to, this.#shift(3, n, m & 0xff)); break;
			case 8: this.#setNegativeZero(n & m); break;
			case 9: r[to] = this.#addWithCarry(~m, 0, 1); break;
			case 10: this.#addWithCarry(n, ~m, 1); break;
			case 11: this.#addWithCarry(n, m, 0); break;
			case 12: this.#logical(to, n | m); break;
			case 13: this.#logical(to, multiply(n, m)); break;
			case 14: this.#logical(to, n & ~m); break;
			default: this.#logical(to, ~m);
		}
		return 1;
	}

	/** ADD, CMP, MOV of all sixteen registers; BX and BLX. */
	#high(op: number, at: number): number {
		const core = this.#core;
		const r = core.registers;
		const to = op >>> 4 & 8 | op & 7;
		const value = readHigh(r, op >>> 3 & 15, at);
		switch (op >>> 8 & 3) {
			case 1:
				this.#addWithCarry(readHigh(r, to, at), ~value, 1);
				return 1;
			case 3:
				if (op & 0x80) r[14] = at + 2 | 1;
				core.programCounter = value & ~1;
				return 2;
			default: {
				const result = op & 0x200 ? value : readHigh(r, to, at) + value | 0;
				if (to === 15) {
					core.programCounter = result & ~1;
					return 2;
				}
				r[to] = to === 13 ? result & ~3 : result;
				return 1;
			}
		}
	}

	#miscellaneous(op: number): number {
		const core = this.#core;
		const r = core.registers;
		const m = r[op >>> 3 & 7]!;
		const to = op & 7;
		switch (op >>> 8 & 15) {
			case 0:
				r[13]! += (op & 0x7f) * (op & 0x80 ? -4 : 4);
				return 1;
			case 2:
				r[to] = op & 0x80 ? m & (op & 0x40 ? 0xff : 0xffff) : op & 0x40 ? m << 24 >> 24 : m << 16 >> 16;
				return 1;
			case 4: case 5: {
				const list = op & 0xff | (op & 0x100) << 6;
				const bottom = r[13]! - 4 * count(list);
				this.#multiple(list, bottom >>> 0, false);
				r[13] = bottom;
				return 1;
			}
			case 10:
				r[to] = op >>> 6 & 1 ? byte(m, 1) | byte(m, 0) << 8 | (op & 0x80 ? byte(m, 0) << 24 >> 16 : byte(m, 3) << 16 | byte(m, 2) << 24) : byte(m, 3) | byte(m, 2) << 8 | byte(m, 1) << 16 | byte(m, 0) << 24;
				return 1;
			case 12: case 13: {
				const list = op & 0xff;
				let end = this.#multiple(list, r[13]! >>> 0, true);
				if (op & 0x100) {
					core.programCounter = this.#load(end, 4) & ~1;
					end += 4;
				}
				r[13] = end;
				// TRM: 3 + N with the program counter among the N.
				return op & 0x100 ? 4 : 1;
			}
			case 6:
				// CPS: without privilege, nothing (A7.7.22).
				if (core.ipsr || !(core.control & 1)) core.primask = op >>> 4 & 1;
				if (!core.primask) {
					core.exceptionsChanged = true;
					core.attend();
				}
				return 1;
			default:
				return 1;	// NOP and YIELD
		}
	}

	/** LDM and STM in the order of the registers, a cycle each. @returns the address behind */
	#multiple(list: number, start: number, load: boolean): number {
		const r = this.#core.registers;
		let address = start;
		for (let register = 0; register < 15; register++) {
			if (!(list & 1 << register)) continue;
			if (load) r[register] = this.#load(address, 4);
			else this.#core.bus.write(address, 4, r[register]! >>> 0);
			this.#core.stall(1);
			address = address + 4 >>> 0;
		}
		return address;
	}

	#load(address: number, size: 1 | 2 | 4): number {
		return this.#core.bus.read(address >>> 0, size) | 0;
	}

	#store(address: number, size: 1 | 2 | 4, value: number): number {
		const bits = 8 * size;
		this.#core.bus.write(address, size, bits === 32 ? value >>> 0 : value & (1 << bits) - 1);
		const region = address >>> 28;
		return region === 13 ? busCycles.sio : region === 4 ? busCycles.peripheralStore : busCycles.other;
	}

	/** AddWithCarry of A2.2.1, with its flags. */
	#addWithCarry(x: number, y: number, carry: number): number {
		const core = this.#core;
		const unsigned = (x >>> 0) + (y >>> 0) + carry;
		const signed = (x | 0) + (y | 0) + carry;
		const result = unsigned | 0;
		this.#setNegativeZero(result);
		core.c = unsigned > 0xffffffff ? 1 : 0;
		core.v = signed !== result ? 1 : 0;
		return result;
	}

	/** Shift_C of A2.2.1: LSL, LSR, ASR, ROR bit by bit; the flag C is the last bit that went out. */
	#shift(type: number, value: number, amount: number): number {
		const core = this.#core;
		let result = value;
		// More than 33 turns change nothing but by rotation, which comes round after 32.
		for (let turn = type === 3 ? amount && (amount - 1 & 31) + 1 : Math.min(amount, 33); turn > 0; turn--) {
			const bit = type === 0 ? result >>> 31 : result & 1;
			result = type === 0 ? result << 1 : type === 1 ? result >>> 1 : type === 2 ? result >> 1 : result >>> 1 | bit << 31;
			core.c = bit;
		}
		return result | 0;
	}

	#logical(to: number, value: number): void {
		this.#core.registers[to] = value;
		this.#setNegativeZero(value | 0);
	}

	#setNegativeZero(value: number): void {
		this.#core.n = value < 0 ? -1 : 0;
		this.#core.z = value === 0 ? 0 : 1;
	}

	/** ConditionPassed of A6.3. */
	#passes(condition: number): boolean {
		const core = this.#core;
		const n = core.n < 0;
		const z = core.z === 0;
		const c = core.c === 1;
		const v = core.v === 1;
		switch (condition) {
			case 0: return z;
			case 1: return !z;
			case 2: return c;
			case 3: return !c;
			case 4: return n;
			case 5: return !n;
			case 6: return v;
			case 7: return !v;
			case 8: return c && !z;
			case 9: return !c || z;
			case 10: return n === v;
			case 11: return n !== v;
			case 12: return !z && n === v;
			default: return z || n !== v;
		}
	}
}

/** Three bits of an instruction: a register's number. */
function field(op: number, bit: number): number {
	return op >>> bit & 7;
}

function readHigh(registers: Int32Array, register: number, at: number): number {
	return register === 15 ? at + 4 : registers[register]!;
}

function byte(word: number, index: number): number {
	return word >>> 8 * index & 0xff;
}

/** The low word of a product, by halves: whole numbers stay exact below 2 to the power of 53. */
function multiply(a: number, b: number): number {
	return (a >>> 16) * (b >>> 0) % 0x10000 * 0x10000 + (a & 0xffff) * (b >>> 0) | 0;
}

function loadCycles(address: number): number {
	const region = address >>> 28;
	return region === 13 ? busCycles.sio : region === 4 ? busCycles.peripheralLoad : busCycles.other;
}

function count(list: number): number {
	let bits = 0;
	for (let rest = list; rest; rest &= rest - 1) bits++;
	return bits;
}

/** SRAM, the boot ROM, and flash while it answers. */
function isCode(core: Processor, address: number): boolean {
	return address >= 0x20000000 && address < sramEnd || address < romEnd || address >>> 26 === 4 && core.flashBytes !== 0;
}

/** MRS, MSR, SVC, BKPT, hints that wait, undefined instructions and the traps of the boot ROM; returns from exceptions. */
function isForSystem(core: Processor, op: number, second: number): boolean {
	if (op >>> 8 === 0xdf || op >>> 8 === 0xde || op >>> 11 === 0b11101 || op >>> 11 === 0b11111) return true;
	if (op >>> 12 === 11) {
		const kind = op >>> 8 & 15;
		if (kind === 15) return (op & 15) !== 0 || (op >>> 4 & 15) >= 2 && (op >>> 4 & 15) <= 4;
		if (kind === 10) return (op >>> 6 & 3) === 2;
		if (kind === 12 || kind === 13) return exceptionReturn(core, op) !== undefined;
		return kind === 6 ? (op & 0xffef) !== 0xb662 : ![0, 2, 4, 5].includes(kind);
	}
	if (op >>> 11 === 0b11110) {
		return (second & 0xd000) !== 0xd000 && !(op === 0xf3bf && second >>> 8 === 0x8f && (second >>> 4 & 15) >= 4 && (second >>> 4 & 15) <= 6);
	}
	return exceptionReturn(core, op) !== undefined;
}

/** The EXC_RETURN that this instruction would load into the program counter in handler mode (B1.5.8). */
function exceptionReturn(core: Processor, op: number): number | undefined {
	if (!core.ipsr) return undefined;
	const r = core.registers;
	const target = (op & 0xff80) === 0x4700 ? (op >>> 3 & 15) === 15 ? 0 : r[op >>> 3 & 15]!
		: (op & 0xff00) === 0xbd00 ? core.bus.read(r[13]! + 4 * count(op & 0xff) >>> 0, 4) | 0 : 0;
	return target >>> 28 === 15 ? target : undefined;
}

interface State {
	readonly registers: readonly number[];
	readonly xpsr: number;
	readonly ipsr: number;
	readonly control: number;
}

function stateBefore(core: Processor): State {
	return { registers: [...core.registers], xpsr: core.xpsr, ipsr: core.ipsr, control: core.control };
}

function same(what: string, core: Processor, pairs: readonly (readonly [name: string, found: number, expected: number])[]): void {
	for (const [name, found, expected] of pairs) {
		if (found >>> 0 !== expected >>> 0) {
			throw new Error(`${what}, cycle ${core.cycles}: ${name} is 0x${(found >>> 0).toString(16)}, and 0x${(expected >>> 0).toString(16)} by the manual`);
		}
	}
}

/** ExceptionEntry of B1.5.6: eight words on the stack that was in use, the link, the vector. */
function checkEntry(core: Processor, { registers: r, xpsr, ipsr, control }: State): void {
	const frame = r[13]! - 32 & ~7;
	const word = (address: number): number => core.bus.read(address >>> 0, 4);
	const onProcessStack = control & 2 && ipsr === 0;
	const pushed = [r[0]!, r[1]!, r[2]!, r[3]!, r[12]!, r[14]!, r[15]!, xpsr | (r[13]! & 4 ? 0x200 : 0)];
	same(`entry into exception ${core.ipsr} at 0x${(r[15]! >>> 0).toString(16)}`, core, [
		...pushed.map((value, index) => [`word ${index} of the frame`, word(frame + 4 * index), value] as const),
		["the stack pointer of that stack", core.readSpecial(onProcessStack ? 9 : 8), frame],
		["lr", core.registers[14]!, onProcessStack ? 0xfffffffd : ipsr ? 0xfffffff1 : 0xfffffff9],
		["pc", core.programCounter, word(core.vtor + 4 * core.ipsr) & ~1],
	]);
}

/** ExceptionReturn of B1.5.8. @returns a look at what came of it */
function stateBehindReturn(core: Processor, target: number, op: number): () => void {
	const { ipsr } = core;
	const ownPop = op >>> 8 === 0xbd ? 4 * count(op & 0xff) + 4 : 0;
	const frame = (target & 15) === 13 ? core.readSpecial(9) >>> 0 : core.registers[13]! + ownPop >>> 0;
	const [r0, r1, r2, r3, r12, lr, pc, xpsr] = Array.from({ length: 8 }, (_, index) => core.bus.read(frame + 4 * index, 4)) as [number, number, number, number, number, number, number, number];
	return () => same(`return from exception ${ipsr}`, core, [
		["r0", core.registers[0]!, r0], ["r1", core.registers[1]!, r1], ["r2", core.registers[2]!, r2], ["r3", core.registers[3]!, r3],
		["r12", core.registers[12]!, r12], ["lr", core.registers[14]!, lr], ["pc", core.programCounter, pc & ~1],
		["xpsr", core.xpsr, xpsr & 0xf100003f], ["sp", core.registers[13]!, frame + 32 + (xpsr & 0x200 ? 4 : 0)],
	]);
}
