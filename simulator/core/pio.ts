/**
 * Both PIO blocks, stepped in lock-step with the processor (RP2040 datasheet chapter 3): clock dividers, delays,
 * side-set, FIFOs with joining and clearing, autopush and autopull by the datasheet's rules (3.5.4), stalls. A state
 * machine that waits is asleep and costs nothing until what it waits for happens.
 */
import { Block } from "./registers.ts";
import type { Dma } from "./dma.ts";
import type { Pins } from "./pins.ts";
import type { Processor } from "./processor.ts";
import { shiftLoopAt, type ShiftLoop } from "./shift-loop.ts";

const IRQ_PIO0_0 = 7;
/** Dividers have eight fractional bits, which a double holds exactly: ticks are counted in cycles. */
const FRACTION = 256;
const PIN_MASK = 0x3fffffff;
const SYNCHRONISER_CYCLES = 2;

/** What a stalled instruction waits for. */
const enum Wait { None, TxData, RxRoom, Input, Flag }

/** Both blocks, and the time in which they run. */
export class PioBlocks {
	readonly blocks: [PioBlock, PioBlock];
	readonly #pins: Pins;
	readonly #core: Processor;
	readonly #cycles: () => number;
	readonly #machines: StateMachine[] = [];
	/** Machines that can move, a bit each: block 0 has bits 0-3, block 1 bits 4-7. */
	movers = 0;
	/** An output of a block changed in this cycle. */
	dirty = false;
	/**
	 * Before this cycle the machines do nothing that anybody else could see: no FIFO, flag or interrupt changes, and of the
	 * pins only the two of the listener. Valid until something is written to a register, or an event happens.
	 */
	quietUntil = 0;

	/** @param cycles of the processor that is at work. */
	constructor(pins: Pins, core: Processor, cycles: () => number, dma: Dma, setInterrupt: (irq: number, high: boolean) => void, unknown: (text: string) => void) {
		this.#pins = pins;
		this.#core = core;
		this.#cycles = cycles;
		this.blocks = [
			new PioBlock(0, this, pins, dma, setInterrupt, unknown),
			new PioBlock(1, this, pins, dma, setInterrupt, unknown),
		];
		this.#machines = [...this.blocks[0].machines, ...this.blocks[1].machines];
		pins.onInput = () => this.#inputChanged();
	}

	/** True while something would happen by stepping. */
	get moving(): boolean {
		return this.movers !== 0 || this.#pins.nextPending !== Infinity;
	}

	/** An enabled machine reads one of these pins, as far as its program and its settings tell. */
	reads(pins: number): boolean {
		return this.#machines.some((machine) => machine.enabled && (machine.inputs & pins) !== 0);
	}

	/** A machine was switched on or off. */
	onEnabled: (() => void) | undefined;

	/** The first machine starts to move: the processor must leave its long stretch and go in lock-step. */
	startMoving(): void {
		this.#core.attend();
	}

	/** The present cycle, inside and outside of `advanceTo`. */
	get now(): number {
		return this.#pins.now || this.#cycles();
	}

	/** Some machine may wait for an input; checked before all of them are looked at. */
	inputAwaited = false;

	#inputChanged(): void {
		if (this.inputAwaited) {
			this.inputAwaited = false;
			for (const machine of this.#machines) {
				if (machine.wait === Wait.Input) {
					machine.wake();
				}
			}
		}
	}

	/** A flag of `block` changed: its machines may go on. */
	wakeFlags(block: PioBlock): void {
		for (const machine of block.machines) {
			if (machine.wait === Wait.Flag) {
				machine.wake();
			}
		}
	}

	/** Tells the pins what the blocks put out. Called at the end of a cycle, or after a write by software. */
	commit(): void {
		this.dirty = false;
		const pins = this.#pins;
		pins.pio0Out = this.blocks[0].out;
		pins.pio0Oe = this.blocks[0].oe;
		pins.pio1Out = this.blocks[1].out;
		pins.pio1Oe = this.blocks[1].oe;
		pins.changed();
	}

	/**
	 * Steps all machines up to and including `cycle`.
	 *
	 * @returns the cycle reached: less than `cycle` when the processor is to look around (an interrupt, a new event).
	 */
	advanceTo(cycle: number): number {
		const pins = this.#pins;
		const core = this.#core;
		const machines = this.#machines;
		const end = cycle + 1;
		for (;;) {
			const { movers } = this;
			const pending = pins.nextPending;
			let first = pending;
			if (movers & (movers - 1)) {
				for (let rest = movers; rest; rest &= rest - 1) {
					const next = machines[31 - Math.clz32(rest & -rest)].nextTick;
					if (next < first) {
						first = next;
					}
				}
			} else if (movers) {
				const next = machines[31 - Math.clz32(movers)].nextTick;
				if (next < first) {
					first = next;
				}
			}
			if (!(first < end)) {
				pins.now = 0;
				this.quietUntil = movers && !(movers & (movers - 1)) ? machines[31 - Math.clz32(movers)].quietUntil : 0;
				return cycle;
			}
			const now = Math.floor(first);
			pins.now = now;
			if (pending <= now) {
				pins.runPending(now);
			}
			if (movers & (movers - 1)) {
				for (let rest = this.movers; rest; rest &= rest - 1) {
					const machine = machines[31 - Math.clz32(rest & -rest)];
					if (machine.nextTick < now + 1) {
						machine.nextTick += machine.divider;
						machine.tick();
					}
				}
			} else if (movers) {
				const machine = machines[31 - Math.clz32(movers)];
				if (machine.nextTick < now + 1 && !machine.shiftQuietly(end)) {
					machine.nextTick += machine.divider;
					machine.tick();
				}
			}
			if (this.dirty) {
				this.commit();
			}
			// Behind the processor nothing is gained by stopping; ahead of one that sleeps it may be what wakes it.
			if (core.attention && now < cycle && now >= core.cycles) {
				pins.now = 0;
				return now;
			}
		}
	}
}

export class PioBlock extends Block {
	readonly index: number;
	readonly owner: PioBlocks;
	readonly pins: Pins;
	readonly dma: Dma;
	readonly machines: StateMachine[] = [];
	readonly instructions = new Uint16Array(32);
	readonly #setInterrupt: (irq: number, high: boolean) => void;
	/** IRQ flags 0-7. */
	flags = 0;
	/** FDEBUG: TXSTALL 27:24, TXOVER 19:16, RXUNDER 11:8, RXSTALL 3:0. */
	debug = 0;
	out = 0;
	oe = 0;
	syncBypass = 0;
	#enable0 = 0;
	#enable1 = 0;
	#force0 = 0;
	#force1 = 0;

	constructor(index: number, owner: PioBlocks, pins: Pins, dma: Dma, setInterrupt: (irq: number, high: boolean) => void, unknown: (text: string) => void) {
		super(`PIO${index}`, unknown);
		this.index = index;
		this.owner = owner;
		this.pins = pins;
		this.dma = dma;
		this.#setInterrupt = setInterrupt;
		for (let machine = 0; machine < 4; machine++) {
			this.machines.push(new StateMachine(this, machine));
		}
	}

	reset(): void {
		this.instructions.fill(0);
		this.flags = this.debug = this.out = this.oe = this.syncBypass = 0;
		this.#enable0 = this.#enable1 = this.#force0 = this.#force1 = 0;
		for (const machine of this.machines) {
			machine.reset();
		}
		this.owner.commit();
		this.updateInterrupts();
	}

	/** Inputs as a machine samples them: through two flip-flops unless bypassed (datasheet 3.5.6.3). */
	get inputs(): number {
		const { pins } = this;
		if (this.owner.now - pins.inputChangedAt >= SYNCHRONISER_CYCLES) {
			return pins.input;
		}
		return (pins.input & this.syncBypass) | (pins.previousInput & ~this.syncBypass);
	}

	get #raw(): number {
		let bits = (this.flags & 15) << 8;
		for (const machine of this.machines) {
			bits |= (machine.rxCount ? 1 : 0) << machine.index;
			bits |= (machine.txCount < machine.txDepth ? 1 : 0) << (4 + machine.index);
		}
		return bits;
	}

	updateInterrupts(): void {
		if (!(this.#enable0 | this.#enable1 | this.#force0 | this.#force1 | this.#lines)) {
			return;
		}
		const raw = this.#raw;
		const line0 = ((raw & this.#enable0) | this.#force0) !== 0;
		const line1 = ((raw & this.#enable1) | this.#force1) !== 0;
		this.#lines = (line0 ? 1 : 0) | (line1 ? 2 : 0);
		this.#setInterrupt(IRQ_PIO0_0 + 2 * this.index, line0);
		this.#setInterrupt(IRQ_PIO0_0 + 2 * this.index + 1, line1);
	}

	#lines = 0;

	setFlags(flags: number): void {
		if (flags !== this.flags) {
			this.flags = flags;
			this.updateInterrupts();
			this.owner.wakeFlags(this);
		}
	}

	/** TXSTALL of machines that are stalled this moment: it is set in each cycle of the stall. */
	get #stalled(): number {
		let bits = 0;
		for (const machine of this.machines) {
			if (machine.wait === Wait.TxData && machine.running) {
				bits |= 1 << (24 + machine.index);
			}
			if (machine.wait === Wait.RxRoom && machine.running) {
				bits |= 1 << machine.index;
			}
		}
		return bits;
	}

	#gather(bits: (machine: StateMachine) => number): number {
		const [a, b, c, d] = this.machines;
		return bits(a) | bits(b) | bits(c) | bits(d);
	}

	protected read(offset: number): number | undefined {
		if (offset >= 0x048 && offset <= 0x0c4) {
			// Write only on silicon; zero is what it reads as.
			return 0;
		}
		if (offset >= 0x0c8 && offset < 0x128) {
			const machine = this.machines[Math.floor((offset - 0x0c8) / 0x18)];
			switch ((offset - 0x0c8) % 0x18) {
				case 0x00: return machine.clockDivider;
				case 0x04: return machine.execControl | (machine.execPending ? 0x80000000 : 0);
				case 0x08: return machine.shiftControl;
				case 0x0c: return machine.pc;
				case 0x10: return machine.instruction;
				default: return machine.pinControl;
			}
		}
		switch (offset) {
			case 0x000: return this.#gather(enabledBit);
			case 0x004: return this.#gather(statusBits);
			case 0x008: return this.debug | this.#stalled;
			case 0x00c: return this.#gather(levelBits);
			case 0x010: case 0x014: case 0x018: case 0x01c: return 0;
			case 0x020: case 0x024: case 0x028: case 0x02c: return this.machines[(offset - 0x020) >> 2].readRx();
			case 0x030: return this.flags;
			case 0x034: return 0;
			case 0x038: return this.syncBypass;
			case 0x03c: return this.out & PIN_MASK;
			case 0x040: return this.oe & PIN_MASK;
			case 0x044: return 0x00200404;
			case 0x128: return this.#raw;
			case 0x12c: return this.#enable0;
			case 0x130: return this.#force0;
			case 0x134: return (this.#raw & this.#enable0) | this.#force0;
			case 0x138: return this.#enable1;
			case 0x13c: return this.#force1;
			case 0x140: return (this.#raw & this.#enable1) | this.#force1;
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		if (offset >= 0x048 && offset <= 0x0c4) {
			this.instructions[(offset - 0x048) >> 2] = value;
			return true;
		}
		if (offset >= 0x0c8 && offset < 0x128) {
			const machine = this.machines[Math.floor((offset - 0x0c8) / 0x18)];
			switch ((offset - 0x0c8) % 0x18) {
				case 0x00: machine.setClockDivider(value); break;
				case 0x04: machine.setExecControl(value); break;
				case 0x08: machine.setShiftControl(value); break;
				case 0x0c: break;
				case 0x10: machine.force(value & 0xffff); break;
				default: machine.setPinControl(value);
			}
			return true;
		}
		switch (offset) {
			case 0x000:
				for (const machine of this.machines) {
					if ((this.rawValue >>> (4 + machine.index)) & 1) {
						machine.restart();
					}
					if ((this.rawValue >>> (8 + machine.index)) & 1) {
						machine.restartDivider();
					}
					machine.setEnabled(((value >>> machine.index) & 1) !== 0);
				}
				return true;
			case 0x004: case 0x00c: return true;
			case 0x008: this.debug &= ~this.rawValue; return true;
			case 0x010: case 0x014: case 0x018: case 0x01c: this.machines[(offset - 0x010) >> 2].writeTx(value); return true;
			case 0x030: this.setFlags(this.flags & ~this.rawValue); return true;
			case 0x034: this.setFlags(this.flags | (this.rawValue & 0xff)); return true;
			case 0x038: this.syncBypass = value; return true;
			case 0x12c: this.#enable0 = value & 0xfff; break;
			case 0x130: this.#force0 = value & 0xfff; break;
			case 0x138: this.#enable1 = value & 0xfff; break;
			case 0x13c: this.#force1 = value & 0xfff; break;
			default: return false;
		}
		this.updateInterrupts();
		return true;
	}
}

// What a machine contributes to CTRL, FSTAT and FLEVEL. On module level: polled registers must not make closures.
function enabledBit(machine: StateMachine): number {
	return (machine.enabled ? 1 : 0) << machine.index;
}

function statusBits(machine: StateMachine): number {
	return (
		((machine.txCount === 0 ? 0x1000000 : 0) | (machine.txCount === machine.txDepth ? 0x10000 : 0) |
			(machine.rxCount === 0 ? 0x100 : 0) | (machine.rxCount === machine.rxDepth ? 1 : 0)) << machine.index
	);
}

function levelBits(machine: StateMachine): number {
	return (machine.txCount | (machine.rxCount << 4)) << (8 * machine.index);
}

const SHIFT_AUTOPUSH = 1 << 16;
const SHIFT_AUTOPULL = 1 << 17;
const SHIFT_IN_RIGHT = 1 << 18;
const SHIFT_OUT_RIGHT = 1 << 19;
const SHIFT_JOIN = 0xc0000000 | 0;

export class StateMachine {
	readonly index: number;
	readonly #block: PioBlock;
	readonly #bit: number;
	readonly #dreqTx: number;
	readonly #dreqRx: number;

	enabled = false;
	clockDivider = 0x10000;
	execControl = 0x1f << 12;
	shiftControl = 3 << 18;
	pinControl = 5 << 26;

	/** Cycles of a tick, and the cycle of the next. */
	divider = 1;
	nextTick = 0;
	pc = 0;
	#x = 0;
	#y = 0;
	#isr = 0;
	#isrCount = 0;
	#osr = 0;
	#osrCount = 32;
	#delay = 0;
	/** An instruction given by SMx_INSTR, OUT EXEC or MOV EXEC waits to be executed, or stalls. */
	execPending = false;
	#exec = 0;
	/** IN has shifted, autopush waits for room. */
	#pushPending = false;
	/** IRQ WAIT has raised its flag. */
	#flagRaised = false;
	wait: Wait = Wait.None;

	// FIFOs: one ring of eight words each, depth by joining.
	readonly #tx = new Int32Array(8);
	#txHead = 0;
	txCount = 0;
	txDepth = 4;
	readonly #rx = new Int32Array(8);
	#rxHead = 0;
	rxCount = 0;
	rxDepth = 4;

	// Derived from the control registers.
	#wrapTop = 31;
	#wrapBottom = 0;
	#pushThreshold = 32;
	#pullThreshold = 32;
	#sideCount = 0;
	#sideEnable = false;
	#delayMask = 31;
	#outMask = 0;
	#setMask = 0;
	#sideMask = 0;
	#inBase = 0;

	constructor(block: PioBlock, index: number) {
		this.#block = block;
		this.index = index;
		this.#bit = 1 << (4 * block.index + index);
		// DREQ numbers (datasheet table 120): PIO0 TX 0-3, RX 4-7, PIO1 TX 8-11, RX 12-15
		this.#dreqTx = 8 * block.index + index;
		this.#dreqRx = 8 * block.index + 4 + index;
	}

	reset(): void {
		this.setEnabled(false);
		this.setClockDivider(0x10000);
		this.setExecControl(0x1f << 12);
		this.shiftControl = 0;
		this.setShiftControl(3 << 18);
		this.setPinControl(5 << 26);
		this.pc = 0;
		this.#x = this.#y = this.#osr = 0;
		this.restart();
		this.#clearFifos();
	}

	/** CTRL.SM_RESTART (datasheet 3.7): counters, ISR, delay, and what stalls; not the program counter, X, Y, FIFOs. */
	restart(): void {
		this.#isr = this.#isrCount = 0;
		this.#osrCount = 32;
		this.#delay = 0;
		this.execPending = false;
		this.#pushPending = false;
		this.#flagRaised = false;
		this.wait = Wait.None;
		this.#updateMover();
	}

	restartDivider(): void {
		this.nextTick = this.#block.owner.now + this.divider;
	}

	/** Enabled, or an instruction of SMx_INSTR is stalled. */
	get running(): boolean {
		return this.enabled || this.execPending;
	}

	/** The pins that its program can read: IN and MOV of pins, WAIT, JMP PIN, wherever they stand in the block's memory. */
	get inputs(): number {
		let pins = 0;
		for (const instruction of this.#block.instructions) {
			const operand = instruction & 31;
			switch (instruction >>> 13) {
				case 0:
					pins |= ((instruction >>> 5) & 7) === 6 ? 1 << ((this.execControl >>> 24) & 31) : 0;
					break;
				case 1: {
					const source = (instruction >>> 5) & 3;
					pins |= source === 0 ? 1 << operand : source === 1 ? 1 << ((operand + this.#inBase) & 31) : 0;
					break;
				}
				case 2:
					pins |= ((instruction >>> 5) & 7) === 0 ? rotateLeft(operand ? 2 ** operand - 1 : -1, this.#inBase) : 0;
					break;
				case 5:
					pins |= (instruction & 7) === 0 ? -1 : 0;
			}
		}
		return pins;
	}

	setEnabled(enabled: boolean): void {
		if (enabled !== this.enabled) {
			this.enabled = enabled;
			this.#block.owner.onEnabled?.();
			this.#updateMover();
		}
	}

	#updateMover(): void {
		const { owner } = this.#block;
		if (this.running && this.wait === Wait.None) {
			if (!(owner.movers & this.#bit)) {
				if (!owner.movers) {
					owner.startMoving();
				}
				owner.movers |= this.#bit;
				// The divider ran on all the time: the next tick keeps its phase.
				const { now } = owner;
				if (this.nextTick <= now) {
					this.nextTick += (Math.floor((now - this.nextTick) / this.divider) + 1) * this.divider;
				}
			}
		} else {
			owner.movers &= ~this.#bit;
		}
	}

	wake(): void {
		this.wait = Wait.None;
		this.#updateMover();
	}

	setClockDivider(value: number): void {
		this.clockDivider = value & 0xffffff00;
		const whole = value >>> 16;
		this.divider = whole ? whole + ((value >>> 8) & 0xff) / FRACTION : 0x10000;
		const soonest = this.#block.owner.now + this.divider;
		if (this.nextTick > soonest) {
			this.nextTick = soonest;
		}
	}

	setExecControl(value: number): void {
		this.execControl = value & 0x7fffff9f;
		this.#wrapTop = (value >>> 12) & 31;
		this.#wrapBottom = (value >>> 7) & 31;
		this.#deriveSide();
	}

	setShiftControl(value: number): void {
		if ((value ^ this.shiftControl) & SHIFT_JOIN) {
			this.txDepth = value & 0x80000000 ? 0 : value & 0x40000000 ? 8 : 4;
			this.rxDepth = value & 0x40000000 ? 0 : value & 0x80000000 ? 8 : 4;
			this.#clearFifos();
		}
		this.shiftControl = value & 0xffff0000;
		this.#pushThreshold = (value >>> 20) & 31 || 32;
		this.#pullThreshold = (value >>> 25) & 31 || 32;
	}

	setPinControl(value: number): void {
		this.pinControl = value;
		this.#outMask = span(value & 31, (value >>> 20) & 63);
		this.#setMask = span((value >>> 5) & 31, (value >>> 26) & 7);
		this.#inBase = (value >>> 15) & 31;
		this.#deriveSide();
	}

	#deriveSide(): void {
		const bits = (this.pinControl >>> 29) & 7;
		this.#sideEnable = (this.execControl & 0x40000000) !== 0;
		this.#sideCount = bits - (this.#sideEnable ? 1 : 0);
		this.#delayMask = (1 << (5 - bits)) - 1;
		this.#sideMask = span((this.pinControl >>> 10) & 31, Math.max(this.#sideCount, 0));
	}

	/** SMx_INSTR reads as the instruction that is executed now. */
	get instruction(): number {
		return this.execPending ? this.#exec : this.#block.instructions[this.pc];
	}

	// ---- FIFOs ------------------------------------------------------------------------------------------------------

	#clearFifos(): void {
		this.txCount = this.rxCount = this.#txHead = this.#rxHead = 0;
		this.#block.dma.clearDREQ(this.#dreqRx);
		if (this.txDepth) {
			this.#block.dma.setDREQ(this.#dreqTx);
		} else {
			this.#block.dma.clearDREQ(this.#dreqTx);
		}
		this.#block.updateInterrupts();
		if (this.wait === Wait.RxRoom) {
			this.wake();
		}
	}

	writeTx(value: number): void {
		if (this.txCount >= this.txDepth) {
			this.#block.debug |= 1 << (16 + this.index);
			return;
		}
		this.#tx[(this.#txHead + this.txCount) & 7] = value;
		this.txCount++;
		if (this.txCount === this.txDepth) {
			this.#block.dma.clearDREQ(this.#dreqTx);
		}
		if (this.wait === Wait.TxData) {
			this.wake();
		}
		this.#block.updateInterrupts();
	}

	#pull(): number {
		const value = this.#tx[this.#txHead];
		this.#txHead = (this.#txHead + 1) & 7;
		this.txCount--;
		this.#block.dma.setDREQ(this.#dreqTx);
		this.#block.updateInterrupts();
		return value;
	}

	readRx(): number {
		if (!this.rxCount) {
			this.#block.debug |= 1 << (8 + this.index);
			return 0;
		}
		const value = this.#rx[this.#rxHead];
		this.#rxHead = (this.#rxHead + 1) & 7;
		this.rxCount--;
		if (!this.rxCount) {
			this.#block.dma.clearDREQ(this.#dreqRx);
		}
		if (this.wait === Wait.RxRoom) {
			this.wake();
		}
		this.#block.updateInterrupts();
		return value;
	}

	#push(value: number): void {
		this.#rx[(this.#rxHead + this.rxCount) & 7] = value;
		this.rxCount++;
		this.#block.dma.setDREQ(this.#dreqRx);
		this.#block.updateInterrupts();
	}

	// ---- bits that only a listener hears --------------------------------------------------------------------------

	/** The loop that this machine is in, when it is one that shifts bits between the OSR or ISR and a listener of the pins. */
	#heardLoop(): ShiftLoop | undefined {
		const block = this.#block;
		const { heard } = block.pins;
		if (!heard || block.owner.inputAwaited || this.#delay || this.execPending || this.#pushPending || this.#sideEnable || this.#sideCount !== 1) {
			return undefined;
		}
		const loop = shiftLoopAt(block.instructions, this.pc, this.#wrapTop);
		if (
			!loop || this.execControl & 0x20000000 || ((this.pinControl >>> 10) & 31) !== heard.clock
			|| (loop.outwards
				? (this.pinControl & 31) !== heard.data || ((this.pinControl >>> 20) & 63) !== 1 || !(this.shiftControl & SHIFT_AUTOPULL)
				: this.#inBase !== heard.data || !(this.shiftControl & SHIFT_AUTOPUSH) || this.#wouldRefill)
			|| !block.pins.isQuiet(heard.data, heard.clock, block.index as 0 | 1, loop.outwards)
		) {
			return undefined;
		}
		return loop;
	}

	/** Turns of the loop, from its shift on, that touch nothing but the shift register, the counter and the two pins. */
	#quietTurns(loop: ShiftLoop): number {
		const bits = loop.outwards ? this.#pullThreshold - this.#osrCount : this.#pushThreshold - this.#isrCount;
		const turns = loop.countsX ? this.#x : this.#y;
		return Math.min(bits - 1, turns < 0 ? 32 : turns, this.#block.pins.heard?.by.quietEdges ?? 0);
	}

	/** See `PioBlocks.quietUntil`, of this machine as the only one that moves. */
	get quietUntil(): number {
		const loop = this.#heardLoop();
		if (!loop) {
			return 0;
		}
		if (loop.atShift) {
			return Math.floor(this.nextTick + 2 * this.divider * this.#quietTurns(loop));
		}
		const turns = this.#quietTurns(loop) - 1;
		return turns < 0 ? 0 : Math.floor(this.nextTick + this.divider * (1 + 2 * turns));
	}

	/**
	 * From the next tick on, takes the turns of such a loop that end before `end` in one go, with each level at its cycle.
	 *
	 * @returns false when there is none, and the tick is to be done as any other.
	 */
	shiftQuietly(end: number): boolean {
		const { divider } = this;
		const block = this.#block;
		const { pins } = block;
		const { heard } = pins;
		if (!heard || heard.edges || !(this.nextTick + divider < end)) {
			return false;
		}
		const loop = this.#heardLoop();
		if (!loop?.atShift) {
			return false;
		}
		let turns = this.#quietTurns(loop);
		if (turns <= 0) {
			return false;
		}
		const { outwards, riseAtShift } = loop;
		const dataBit = 1 << heard.data;
		const clockBit = 1 << heard.clock;
		if (pins.isObserved(dataBit | clockBit)) {
			return false;
		}
		const rightwards = (this.shiftControl & (outwards ? SHIFT_OUT_RIGHT : SHIFT_IN_RIGHT)) !== 0;
		let tick = this.nextTick;
		for (; turns > 0 && tick + divider < end; turns--) {
			this.#passTo(Math.floor(tick));
			if (outwards) {
				const high = ((rightwards ? this.#osr : this.#osr >>> 31) & 1) !== 0;
				this.#osr = rightwards ? this.#osr >>> 1 : this.#osr << 1;
				this.#osrCount++;
				this.#putQuietly(dataBit, high);
			} else {
				const bit = block.inputs & dataBit ? 1 : 0;
				this.#isr = rightwards ? (this.#isr >>> 1) | (bit << 31) : (this.#isr << 1) | bit;
				this.#isrCount++;
			}
			this.#putQuietly(clockBit, riseAtShift);
			if (riseAtShift) {
				heard.by.clockRose();
			}
			tick += divider;
			this.#passTo(Math.floor(tick));
			this.#putQuietly(clockBit, !riseAtShift);
			if (!riseAtShift) {
				heard.by.clockRose();
			}
			tick += divider;
			if (loop.countsX) {
				this.#x = (this.#x - 1) | 0;
			} else {
				this.#y = (this.#y - 1) | 0;
			}
		}
		this.nextTick = tick;
		return true;
	}

	/** Levels that are on their way to the data pin arrive, and it is `cycle`. */
	#passTo(cycle: number): void {
		const { pins } = this.#block;
		for (let at = pins.nextPending; at <= cycle; at = pins.nextPending) {
			pins.now = at;
			pins.runPending(at);
		}
		pins.now = cycle;
	}

	#putQuietly(bit: number, high: boolean): void {
		const block = this.#block;
		const out = high ? block.out | bit : block.out & ~bit;
		if (out !== block.out) {
			block.out = out;
			if (block.index) {
				block.pins.pio1Out = out;
			} else {
				block.pins.pio0Out = out;
			}
			block.pins.setQuietly(bit, high);
		}
	}

	// ---- execution --------------------------------------------------------------------------------------------------

	/** One tick of this machine's divided clock. */
	tick(): void {
		if (this.#delay) {
			this.#delay--;
			this.#refill();
			return;
		}
		if (this.execPending) {
			this.#executeExec();
			return;
		}
		const opcode = this.#block.instructions[this.pc];
		if (this.#execute(opcode)) {
			this.#delay = (opcode >>> 8) & this.#delayMask;
		}
	}

	get #wouldRefill(): boolean {
		return (this.shiftControl & SHIFT_AUTOPULL) !== 0 && this.#osrCount >= this.#pullThreshold && this.txCount > 0;
	}

	/** Autopull fills an empty OSR in the background, except in a cycle that executes OUT (datasheet 3.5.4.2). */
	#refill(): void {
		if (this.#wouldRefill) {
			this.#osr = this.#pull();
			this.#osrCount = 0;
		}
	}

	/** The present instruction came through SMx_INSTR, between two ticks. */
	#forced = false;

	/**
	 * SMx_INSTR: at once, whether enabled or not; if it stalls, it is tried again at each tick. An OUT fetches its word at
	 * once as well, and leaves the fetch of the next one to the next tick. The datasheet does not say so; it follows from
	 * software that works: the SDK's pio_sm_drain_tx_fifo forces OUT until the FIFO is empty, and the examples' I2C by PIO
	 * goes on from there as if nothing were left in the OSR.
	 */
	force(opcode: number): void {
		this.#exec = opcode;
		this.#forced = true;
		this.execPending = true;
		this.#pushPending = false;
		this.#flagRaised = false;
		this.wait = Wait.None;
		this.#delay = 0;
		this.#executeExec();
		this.#forced = false;
		if (this.#block.owner.dirty) {
			this.#block.owner.commit();
		}
		this.#updateMover();
	}

	#executeExec(): void {
		const opcode = this.#exec;
		this.execPending = false;
		if (this.#executeAt(opcode, true)) {
			this.#delay = (opcode >>> 8) & this.#delayMask;
		} else {
			this.execPending = true;
			this.#exec = opcode;
		}
		if (!this.execPending && !this.enabled) {
			this.#delay = 0;
			this.#updateMover();
		}
	}

	#execute(opcode: number): boolean {
		return this.#executeAt(opcode, false);
	}

	#stall(reason: Wait): boolean {
		this.wait = reason;
		const block = this.#block;
		if (reason === Wait.TxData) {
			block.debug |= 1 << (24 + this.index);
		} else if (reason === Wait.RxRoom) {
			block.debug |= 1 << this.index;
		}
		block.owner.movers &= ~this.#bit;
		return false;
	}

	/**
	 * @param isExec the instruction does not stand at the program counter, which then stays unless it jumps.
	 * @returns false when it stalls.
	 */
	#executeAt(opcode: number, isExec: boolean): boolean {
		const block = this.#block;
		let next = isExec ? this.pc : this.pc === this.#wrapTop ? this.#wrapBottom : (this.pc + 1) & 31;
		const argument = opcode & 0xff;
		let isOut = false;
		let done = true;
		let exec = -1;

		switch (opcode >>> 13) {
			case 0: // JMP
				if (this.#condition(argument >>> 5)) {
					next = argument & 31;
				}
				break;
			case 1: { // WAIT
				const index = argument & 31;
				const polarity = argument >>> 7;
				switch ((argument >>> 5) & 3) {
					case 0:
						done = ((block.inputs >>> index) & 1) === polarity || this.#stallInput();
						break;
					case 1:
						done = ((block.inputs >>> ((index + this.#inBase) & 31)) & 1) === polarity || this.#stallInput();
						break;
					case 2: {
						const flag = 1 << this.#flagIndex(index);
						if (((block.flags & flag) !== 0) !== (polarity === 1)) {
							done = this.#stall(Wait.Flag);
						} else if (polarity) {
							block.setFlags(block.flags & ~flag);
						}
					}
				}
				break;
			}
			case 2: // IN
				done = this.#in(argument);
				break;
			case 3: { // OUT
				isOut = true;
				if (this.shiftControl & SHIFT_AUTOPULL && this.#osrCount >= this.#pullThreshold) {
					if (!this.txCount) {
						done = this.#stall(Wait.TxData);
						break;
					}
					this.#osr = this.#pull();
					this.#osrCount = 0;
					if (!this.#forced) {
						// The refill takes this cycle; the OUT itself comes in the next.
						done = false;
						break;
					}
				}
				const bits = argument & 31 || 32;
				let value: number;
				if (bits === 32) {
					value = this.#osr;
					this.#osr = 0;
				} else if (this.shiftControl & SHIFT_OUT_RIGHT) {
					value = this.#osr & ((1 << bits) - 1);
					this.#osr >>>= bits;
				} else {
					value = this.#osr >>> (32 - bits);
					this.#osr <<= bits;
				}
				this.#osrCount = Math.min(32, this.#osrCount + bits);
				switch (argument >>> 5) {
					case 0: this.#setPins(value, this.pinControl & 31, this.#outMask); break;
					case 1: this.#x = value; break;
					case 2: this.#y = value; break;
					case 4: this.#setDirections(value, this.pinControl & 31, this.#outMask); break;
					case 5: next = value & 31; break;
					case 6: this.#isr = value; this.#isrCount = bits; break;
					case 7: exec = value & 0xffff; break;
				}
				if (!this.#forced) {
					this.#refill();
				}
				break;
			}
			case 4: // PUSH, PULL
				done = argument & 0x80 ? this.#pullInstruction(argument) : this.#pushInstruction(argument);
				break;
			case 5: { // MOV
				let value = this.#source(argument & 7);
				switch ((argument >>> 3) & 3) {
					case 1: value = ~value; break;
					case 2: value = reverse(value); break;
				}
				switch (argument >>> 5) {
					case 0: this.#setPins(value, this.pinControl & 31, this.#outMask); break;
					case 1: this.#x = value; break;
					case 2: this.#y = value; break;
					case 4: exec = value & 0xffff; break;
					case 5: next = value & 31; break;
					case 6: this.#isr = value; this.#isrCount = 0; break;
					case 7: this.#osr = value; this.#osrCount = 0; break;
				}
				break;
			}
			case 6: { // IRQ
				const flag = 1 << this.#flagIndex(argument & 31);
				if (argument & 0x40) {
					block.setFlags(block.flags & ~flag);
				} else if (argument & 0x20) {
					if (!this.#flagRaised) {
						this.#flagRaised = true;
						block.setFlags(block.flags | flag);
						done = this.#stall(Wait.Flag);
					} else if (block.flags & flag) {
						done = this.#stall(Wait.Flag);
					} else {
						this.#flagRaised = false;
					}
				} else {
					block.setFlags(block.flags | flag);
				}
				break;
			}
			case 7: { // SET
				const value = argument & 31;
				switch (argument >>> 5) {
					case 0: this.#setPins(value, (this.pinControl >>> 5) & 31, this.#setMask); break;
					case 1: this.#x = value; break;
					case 2: this.#y = value; break;
					case 4: this.#setDirections(value, (this.pinControl >>> 5) & 31, this.#setMask); break;
				}
				break;
			}
		}

		// Side-set takes effect also while the instruction stalls, and wins over OUT and SET on the same pin.
		if (this.#sideCount > 0) {
			const field = (opcode >>> 8) & 31;
			if (!this.#sideEnable || field & 16) {
				const value = this.#sideEnable ? (field & 15) >>> (4 - this.#sideCount) : field >>> (5 - this.#sideCount);
				const base = (this.pinControl >>> 10) & 31;
				if (this.execControl & 0x20000000) {
					this.#setDirections(value, base, this.#sideMask);
				} else {
					this.#setPins(value, base, this.#sideMask);
				}
			}
		}
		if (!isOut) {
			this.#refill();
		}
		if (!done) {
			return false;
		}
		this.pc = next;
		if (exec >= 0) {
			this.execPending = true;
			this.#exec = exec;
		}
		return true;
	}

	/** With synchronisers a level may already be on its way: such a wait is polled until they have settled. */
	#stallInput(): boolean {
		const { owner, pins } = this.#block;
		if (owner.now - pins.inputChangedAt < SYNCHRONISER_CYCLES) {
			return false;
		}
		owner.inputAwaited = true;
		return this.#stall(Wait.Input);
	}

	#flagIndex(index: number): number {
		return index & 0x10 ? (index & 4) | ((index + this.index) & 3) : index & 7;
	}

	#condition(which: number): boolean {
		switch (which) {
			case 0: return true;
			case 1: return this.#x === 0;
			case 2: { const old = this.#x; this.#x = (old - 1) | 0; return old !== 0; }
			case 3: return this.#y === 0;
			case 4: { const old = this.#y; this.#y = (old - 1) | 0; return old !== 0; }
			case 5: return this.#x !== this.#y;
			case 6: return ((this.#block.inputs >>> ((this.execControl >>> 24) & 31)) & 1) !== 0;
			default: return this.#osrCount < this.#pullThreshold;
		}
	}

	#source(which: number): number {
		switch (which) {
			case 0: return rotateRight(this.#block.inputs, this.#inBase);
			case 1: return this.#x;
			case 2: return this.#y;
			case 5: {
				const level = this.execControl & 0x10 ? this.rxCount : this.txCount;
				return level < (this.execControl & 15) ? -1 : 0;
			}
			case 6: return this.#isr;
			case 7: return this.#osr;
			default: return 0;
		}
	}

	#in(argument: number): boolean {
		if (!this.#pushPending) {
			const bits = argument & 31 || 32;
			let value = this.#source(argument >>> 5);
			if (bits === 32) {
				this.#isr = value;
			} else {
				value &= (1 << bits) - 1;
				this.#isr = this.shiftControl & SHIFT_IN_RIGHT ? (this.#isr >>> bits) | (value << (32 - bits)) : (this.#isr << bits) | value;
			}
			this.#isrCount = Math.min(32, this.#isrCount + bits);
		}
		if (this.shiftControl & SHIFT_AUTOPUSH && this.#isrCount >= this.#pushThreshold) {
			if (this.rxCount >= this.rxDepth) {
				this.#pushPending = true;
				return this.#stall(Wait.RxRoom);
			}
			this.#pushPending = false;
			const value = this.#isr;
			this.#isr = this.#isrCount = 0;
			this.#push(value);
		}
		return true;
	}

	#pushInstruction(argument: number): boolean {
		if (argument & 0x40 && this.#isrCount < this.#pushThreshold) {
			return true;
		}
		if (this.rxCount >= this.rxDepth) {
			if (argument & 0x20) {
				return this.#stall(Wait.RxRoom);
			}
			this.#block.debug |= 1 << this.index;
		} else {
			this.#push(this.#isr);
		}
		this.#isr = this.#isrCount = 0;
		return true;
	}

	#pullInstruction(argument: number): boolean {
		if (argument & 0x40 && this.#osrCount < this.#pullThreshold) {
			return true;
		}
		// With autopull on, PULL is no barrier: a full OSR stays (datasheet 3.5.4.2).
		if (this.shiftControl & SHIFT_AUTOPULL && this.#osrCount === 0) {
			return true;
		}
		if (this.txCount) {
			this.#osr = this.#pull();
		} else if (argument & 0x20) {
			return this.#stall(Wait.TxData);
		} else {
			this.#osr = this.#x;
		}
		this.#osrCount = 0;
		return true;
	}

	#setPins(value: number, base: number, mask: number): void {
		const block = this.#block;
		const result = (block.out & ~mask) | (rotateLeft(value, base) & mask);
		if (result !== block.out) {
			block.out = result;
			block.owner.dirty = true;
		}
	}

	#setDirections(value: number, base: number, mask: number): void {
		const block = this.#block;
		const result = (block.oe & ~mask) | (rotateLeft(value, base) & mask);
		if (result !== block.oe) {
			block.oe = result;
			block.owner.dirty = true;
		}
	}
}

function rotateLeft(value: number, by: number): number {
	return by ? (value << by) | (value >>> (32 - by)) : value;
}

function rotateRight(value: number, by: number): number {
	return by ? (value >>> by) | (value << (32 - by)) : value;
}

/** `count` bits from `base` on, around the end. */
function span(base: number, count: number): number {
	return rotateLeft(count >= 32 ? -1 : (1 << count) - 1, base);
}

function reverse(value: number): number {
	let bits = ((value & 0x55555555) << 1) | ((value >>> 1) & 0x55555555);
	bits = ((bits & 0x33333333) << 2) | ((bits >>> 2) & 0x33333333);
	bits = ((bits & 0x0f0f0f0f) << 4) | ((bits >>> 4) & 0x0f0f0f0f);
	return (bits << 24) | ((bits & 0xff00) << 8) | ((bits >>> 8) & 0xff00) | (bits >>> 24);
}
