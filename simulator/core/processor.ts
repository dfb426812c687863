/**
 * A Cortex-M0+ of the RP2040: instructions, flags, exceptions, sleep, and how many cycles each takes.
 *
 * Obeys the ARMv6-M Architecture Reference Manual and the Cortex-M0+ Technical Reference Manual (section 3.3, cycles).
 * Replaces the core of rp2040js 1.4.1, whose flags, faults, events and masks differ from the manual. Used by the chip,
 * which owns time: it calls `run` for a stretch of cycles and looks after events in between.
 */
import { MemoryProtection, RIGHT_EXECUTE, RIGHT_READ, RIGHT_WRITE } from "./memory-protection.ts";
import type { XipCache } from "./xip-cache.ts";

/** What lies behind an address outside the fast memories (SRAM, flash, boot ROM). A fault is told to `busFault`. */
export interface Bus {
	/** @param size 1, 2 or 4 bytes, aligned; returns the value, zero extended. */
	read(address: number, size: 1 | 2 | 4): number;
	write(address: number, size: 1 | 2 | 4, value: number): void;
}

/** Why the processor cannot go on by itself. */
export interface Fault {
	/** Stable, kebab-case. */
	code: string;
	text: string;
	/** Address of the instruction. */
	programCounter: number;
}

export const ROM_BYTES = 0x4000;
export const SRAM_START = 0x20000000;
export const SRAM_BYTES = 0x42000;
export const FLASH_START = 0x10000000;
export const FLASH_BYTES = 0x1000000;

const EXCEPTION_NMI = 2;
const EXCEPTION_HARD_FAULT = 3;
const EXCEPTION_SVCALL = 11;
const EXCEPTION_PENDSV = 14;
const EXCEPTION_SYSTICK = 15;
const EXCEPTION_FIRST_IRQ = 16;
const PRIORITY_NONE = 4;

/** Cortex-M0+ TRM: interrupt latency 15 cycles with zero wait states. */
const CYCLES_EXCEPTION_ENTRY = 15;
/** On top of the BX or POP that returns: eight words come off the stack. */
const CYCLES_EXCEPTION_RETURN = 9;

/**
 * The instruction set as a table: first halfword to operation (ARMv6-M Architecture Reference Manual, chapter A5). It
 * stands in this file because the loop's `switch` is fast only with constants that the compiler inlines.
 */
const enum Op {
	Undefined,
	LslsImmediate, LsrsImmediate, AsrsImmediate,
	AddsRegister, SubsRegister, AddsImmediate3, SubsImmediate3,
	MovsImmediate, CmpImmediate, AddsImmediate8, SubsImmediate8,
	Ands, Eors, LslsRegister, LsrsRegister, AsrsRegister, Adcs, Sbcs, Rors,
	Tst, Rsbs, CmpRegister, Cmn, Orrs, Muls, Bics, Mvns,
	AddHigh, CmpHigh, MovHigh, Bx, Blx,
	LdrLiteral,
	StrRegister, StrhRegister, StrbRegister, LdrsbRegister, LdrRegister, LdrhRegister, LdrbRegister, LdrshRegister,
	StrImmediate, LdrImmediate, StrbImmediate, LdrbImmediate, StrhImmediate, LdrhImmediate,
	StrStack, LdrStack, Adr, AddStack, AddStackImmediate, SubStackImmediate,
	Sxth, Sxtb, Uxth, Uxtb, Push, Cps, Rev, Rev16, Revsh, Pop, Bkpt,
	Nop, Yield, Wfe, Wfi, Sev,
	Stm, Ldm,
	Beq, Bne, Bcs, Bcc, Bmi, Bpl, Bvs, Bvc, Bhi, Bls, Bge, Blt, Bgt, Ble,
	Svc, Branch, Wide,
}

const operations = decodeTable();

export class Processor {
	/** r0 to r12, sp, lr; [15] is only valid outside `run`, as the address of the next instruction. */
	readonly registers = new Int32Array(16);
	readonly rom: Uint8Array;
	readonly sram: Uint8Array;
	readonly flash: Uint8Array;
	/** Bytes of flash that answer: 16 MB, or 0 while XIP is off (flash commands are under way). */
	flashBytes = FLASH_BYTES;
	bus: Bus;
	/** The model of what flash costs; without it, flash is as fast as SRAM. */
	xipCache: XipCache | undefined;
	readonly protection = new MemoryProtection();
	/** The MPU is on, or the core is unprivileged: accesses outside of the open stretches are looked at. */
	#restricted = false;
	#privileged = true;
	/** The MPU counts in the present mode. */
	#protected = false;
	/**
	 * What the loop may touch without looking: SRAM and flash up to these offsets, and a stretch around the stack. All of it
	 * while the MPU is off.
	 */
	#openSram = SRAM_BYTES;
	#openFlash = FLASH_BYTES;
	#openStackStart = 0;
	#openStackBytes = SRAM_BYTES;
	/** 16 KB that the XIP cache lends as memory while it is off (0x15000000). */
	readonly xipSram: Uint8Array;
	readonly #sram32: Int32Array;
	readonly #sram16: Uint16Array;
	readonly #flash32: Int32Array;
	readonly #flash16: Uint16Array;
	#code: Uint16Array = new Uint16Array(0);
	#codeStart = 0;

	/** APSR: [0] N = below zero, [1] Z = equal to zero, [2] C and [3] V 0 or 1. An array, so that 32 bits need no box. */
	readonly #flags = Int32Array.of(0, 1, 0, 0);
	primask = 0;
	/** CONTROL: bit 1 = SPSEL, bit 0 = nPRIV. */
	control = 0;
	ipsr = 0;
	#otherStackPointer = 0;
	/** Where the main stack began. */
	stackStart = 0;
	/** The lowest that the pointer of the present stack came to since it was set, and that of the other one. */
	readonly #lowestStacks = Int32Array.of(0, 0);

	vtor = 0;
	scr = 0;
	shpr2 = 0;
	shpr3 = 0;
	/** NVIC: lines as the peripherals hold them, pending and enabled bits, priority 0-3 of each. */
	irqLines = 0;
	irqPending = 0;
	irqEnabled = 0;
	readonly irqPriority = new Uint8Array(32);
	pendingNmi = false;
	pendingSvcall = false;
	/** SVC was executed where its exception may not be taken. */
	#callRefused = false;
	pendingPendsv = false;
	pendingSystick = false;
	/** Name of rp2040js' SYSCFG: interrupts that raise NMI. */
	interruptNMIMask = 0;

	/** WFI or WFE waits. */
	sleeping = false;
	#sleepsForEvent = false;
	eventRegister = false;
	/** A HardFault happened inside HardFault or NMI: only a reset helps. */
	lockedUp = false;
	/** Something changed that `run` does not see: pending exceptions, enable bits, masks. */
	exceptionsChanged = false;

	/** Absolute cycle of the start of the present `run`, plus what has elapsed in it. */
	#startCycles = 0;
	#elapsed = 0;
	#budget = 0;
	#instructionAddress = 0;
	#fault: Fault | undefined;
	/** Cycles spent executing, sleep not counted. */
	activeCycles = 0;

	/** Called for an undefined instruction inside the boot ROM: it is a function of the stand-in. Returns its cycles. */
	onRomTrap: ((address: number) => number) | undefined;
	/** SEV: the other core gets an event. */
	onSendEvent: (() => void) | undefined;
	/** Sleep ends; time is to be set to the present before the next `run`. */
	onWake: (() => void) | undefined;
	/** Called before HardFault (or lock-up) is entered. */
	onFault: ((fault: Fault) => void) | undefined;
	/** BKPT: true when a debugger takes it, so that the core stands before it. */
	onBreakpoint: (() => boolean) | undefined;
	/** `run` ends before the instruction at this address; 1 (never an instruction) when there is none. */
	breakpoint = 1;
	/** The same for a debugger's. */
	#breakpoints: readonly number[] = [];
	#passesBreakpoint = false;

	/** The other core. What makes the chip look around ends the stretch of both. */
	#sibling: Processor | undefined;

	/** @param sibling the chip's first core, whose ROM and XIP memory this one shares. */
	constructor(sram: Uint8Array, flash: Uint8Array, bus: Bus, sibling?: Processor) {
		this.sram = sram;
		this.flash = flash;
		this.bus = bus;
		this.rom = sibling?.rom ?? new Uint8Array(ROM_BYTES);
		this.xipSram = sibling?.xipSram ?? new Uint8Array(0x4000);
		this.#sibling = sibling;
		if (sibling) {
			sibling.#sibling = this;
		}
		this.#sram32 = new Int32Array(sram.buffer, sram.byteOffset, sram.length >> 2);
		this.#sram16 = new Uint16Array(sram.buffer, sram.byteOffset, sram.length >> 1);
		this.#flash32 = new Int32Array(flash.buffer, flash.byteOffset, flash.length >> 2);
		this.#flash16 = new Uint16Array(flash.buffer, flash.byteOffset, flash.length >> 1);
	}

	get n(): number {
		return this.#flags[0];
	}

	set n(value: number) {
		this.#flags[0] = value;
	}

	get z(): number {
		return this.#flags[1];
	}

	set z(value: number) {
		this.#flags[1] = value;
	}

	get c(): number {
		return this.#flags[2];
	}

	set c(value: number) {
		this.#flags[2] = value;
	}

	get v(): number {
		return this.#flags[3];
	}

	set v(value: number) {
		this.#flags[3] = value;
	}

	/**
	 * `run` ends also before the instructions at these addresses. They bound the stretch of memory that is fetched from, so that
	 * code pays for them only where it comes across one.
	 */
	setBreakpoints(addresses: Iterable<number>): void {
		this.#breakpoints = [...addresses].map((address) => address & ~1);
		this.refetch();
	}

	/** The next instruction has a breakpoint. */
	get atBreakpoint(): boolean {
		const address = this.registers[15];
		return address === this.breakpoint || (this.#breakpoints.length !== 0 && this.#breakpoints.includes(address));
	}

	/** Executes one instruction, breakpoint or not. */
	runPastBreakpoint(): void {
		this.#passesBreakpoint = true;
		this.refetch();
		this.run(1);
		this.#passesBreakpoint = false;
		this.refetch();
	}

	get cycles(): number {
		return this.#startCycles + this.#elapsed;
	}

	/** The instruction whose access is under way (inside `run`), or the next one (outside), for those who report about it. */
	get instructionAddress(): number {
		return this.#instructionAddress >>> 0;
	}

	/** The address of the next instruction (outside `run`), or of the present one (inside). */
	get programCounter(): number {
		return this.registers[15] >>> 0;
	}

	set programCounter(value: number) {
		this.registers[15] = value & ~1;
	}

	/** Set by `attend`; the chip clears it when it has looked around. */
	attention = false;

	/** Ends the present stretch after the instruction, so that the chip looks around. */
	attend(): void {
		this.#budget = 0;
		this.attention = true;
		const sibling = this.#sibling;
		if (sibling) {
			sibling.#budget = 0;
			sibling.attention = true;
		}
	}

	/** Adds wait states to the present instruction. */
	stall(cycles: number): void {
		this.#elapsed += cycles;
	}

	/** Moves time without executing: asleep, or `active` while a ROM function works. */
	passUntil(cycle: number, active: boolean): void {
		if (active) {
			this.activeCycles += cycle - this.cycles;
		}
		this.#startCycles = cycle;
		this.#elapsed = 0;
	}

	/** Reset of the core (power-on, watchdog): registers, masks and NVIC; cycles go on. */
	reset(): void {
		this.registers.fill(0);
		this.#flags[0] = 0;
		this.#flags[1] = 1;
		this.#flags[2] = 0;
		this.#flags[3] = 0;
		this.primask = 0;
		this.control = 0;
		this.ipsr = 0;
		this.#otherStackPointer = 0;
		this.vtor = 0;
		this.scr = 0;
		this.shpr2 = 0;
		this.shpr3 = 0;
		this.irqPending = this.irqLines;
		this.irqEnabled = 0;
		this.irqPriority.fill(0);
		this.pendingNmi = false;
		this.pendingSvcall = this.#callRefused = false;
		this.pendingPendsv = false;
		this.pendingSystick = false;
		this.interruptNMIMask = 0;
		this.sleeping = false;
		this.#sleepsForEvent = false;
		this.eventRegister = false;
		this.lockedUp = false;
		this.flashBytes = FLASH_BYTES;
		this.#fault = undefined;
		this.protection.reset();
		this.protect();
		this.setMainStack(this.#romWord(0));
		this.registers[15] = this.#romWord(4) & ~1;
		this.attend();
	}

	/** The main stack begins anew. To be called while it is the present one. */
	setMainStack(address: number): void {
		this.registers[13] = this.stackStart = this.#lowestStacks[0] = address & ~3;
	}

	/** The lowest address that the main stack has reached. */
	get lowestStack(): number {
		return this.#lowestStacks[this.control & 2 ? 1 : 0];
	}

	#romWord(offset: number): number {
		const { rom } = this;
		return rom[offset] | (rom[offset + 1] << 8) | (rom[offset + 2] << 16) | (rom[offset + 3] << 24);
	}

	/** APSR, IPSR and EPSR in one word. */
	get xpsr(): number {
		return (
			((this.#flags[0] < 0 ? 0x80000000 : 0) | (this.#flags[1] === 0 ? 0x40000000 : 0) | (this.#flags[2] << 29) | (this.#flags[3] << 28) |
				0x01000000 | this.ipsr) >>> 0
		);
	}

	setFlags(xpsr: number): void {
		this.#flags[0] = xpsr & 0x80000000 ? -1 : 0;
		this.#flags[1] = xpsr & 0x40000000 ? 0 : 1;
		this.#flags[2] = (xpsr >>> 29) & 1;
		this.#flags[3] = (xpsr >>> 28) & 1;
	}

	// ---- interrupts -----------------------------------------------------------------------------------------------

	/** A peripheral's interrupt line (0-25). Level: it pends again when its handler returns and it is still high. */
	setInterrupt(irq: number, high: boolean): void {
		const bit = 1 << irq;
		if (high) {
			if (!(this.irqLines & bit)) {
				this.irqLines |= bit;
				this.pend(bit);
			}
		} else {
			this.irqLines &= ~bit;
		}
	}

	/** Sets pending bits (a line's rise, NVIC_ISPR). */
	pend(bits: number): void {
		const rising = bits & ~this.irqPending;
		this.irqPending |= bits;
		if (rising && this.scr & 0x10) {
			// SCR.SEVONPEND, enabled or not
			this.sendEvent();
		}
		if (bits & this.interruptNMIMask) {
			this.pendingNmi = true;
		}
		this.exceptionsChanged = true;
		this.attend();
	}

	/** NVIC_ICPR: a line that is still high pends at once again. */
	unpend(bits: number): void {
		this.irqPending = (this.irqPending & ~bits) | (this.irqLines & bits);
	}

	/** An event comes: the other core's SEV, and what the architecture calls one. */
	sendEvent(): void {
		this.eventRegister = true;
		if (this.sleeping && this.#sleepsForEvent) {
			this.eventRegister = false;
			this.#wake();
		}
		this.attend();
	}

	/** WFE: takes the event that has come, or sleeps until one comes. */
	waitForEvent(): void {
		if (this.eventRegister) {
			this.eventRegister = false;
		} else {
			this.sleeping = true;
			this.#sleepsForEvent = true;
			this.exceptionsChanged = true;
			this.attend();
		}
	}

	#wake(): void {
		this.sleeping = false;
		this.onWake?.();
	}

	#priorityOf(exception: number): number {
		switch (exception) {
			case 0: return PRIORITY_NONE;
			case EXCEPTION_NMI: return -2;
			case EXCEPTION_HARD_FAULT: return -1;
			case EXCEPTION_SVCALL: return this.shpr2 >>> 30;
			case EXCEPTION_PENDSV: return (this.shpr3 >>> 22) & 3;
			case EXCEPTION_SYSTICK: return this.shpr3 >>> 30;
			default: return this.irqPriority[exception - EXCEPTION_FIRST_IRQ];
		}
	}

	/** The pending exception of the highest priority, 0 when there is none. */
	get pendingException(): number {
		if (this.pendingNmi) {
			return EXCEPTION_NMI;
		}
		let best = 0;
		let bestPriority = PRIORITY_NONE;
		if (this.pendingSvcall) {
			best = EXCEPTION_SVCALL;
			bestPriority = this.#priorityOf(best);
		}
		if (this.pendingPendsv && this.#priorityOf(EXCEPTION_PENDSV) < bestPriority) {
			best = EXCEPTION_PENDSV;
			bestPriority = this.#priorityOf(best);
		}
		if (this.pendingSystick && this.#priorityOf(EXCEPTION_SYSTICK) < bestPriority) {
			best = EXCEPTION_SYSTICK;
			bestPriority = this.#priorityOf(best);
		}
		let candidates = this.irqPending & this.irqEnabled;
		while (candidates) {
			const irq = 31 - Math.clz32(candidates & -candidates);
			candidates &= candidates - 1;
			if (this.irqPriority[irq] < bestPriority) {
				best = EXCEPTION_FIRST_IRQ + irq;
				bestPriority = this.irqPriority[irq];
			}
		}
		return best;
	}

	/** Wakes, and enters the pending exception when priority and mask allow. To be called between stretches. */
	handleExceptions(): void {
		this.exceptionsChanged = false;
		if (this.#callRefused) {
			this.#escalateCall();
			return;
		}
		const exception = this.pendingException;
		if (!exception) {
			return;
		}
		const active = this.#priorityOf(this.ipsr);
		const priority = this.#priorityOf(exception);
		if (priority >= active) {
			return;
		}
		// WFI and WFE wake for what would preempt if PRIMASK were 0 (ARMv6-M, B1.5.17 and B1.5.18).
		if (this.sleeping && (!this.primask || !this.#sleepsForEvent)) {
			this.#wake();
		}
		if (this.primask && priority >= 0) {
			return;
		}
		this.#enterException(exception, this.registers[15]);
	}

	/** A supervisor call that priorities or PRIMASK refuse is a HardFault, which returns behind it (ARMv6-M, B1.5.6). */
	#escalateCall(): void {
		this.#callRefused = false;
		const behind = this.registers[15];
		if (this.#priorityOf(this.ipsr) >= 0) {
			this.#enterException(EXCEPTION_HARD_FAULT, behind);
			return;
		}
		this.#raise("lock-up", "SVC in the handler of HardFault or NMI", behind - 2);
		this.#takeFault();
	}

	#enterException(exception: number, returnAddress: number): void {
		const r = this.registers;
		const onProcessStack = this.control & 2 && !this.ipsr;
		const padding = r[13] & 4;
		const frame = (r[13] - 0x20) & ~4;
		this.#instructionAddress = returnAddress;
		this.#store32(frame, r[0]);
		this.#store32(frame + 4, r[1]);
		this.#store32(frame + 8, r[2]);
		this.#store32(frame + 12, r[3]);
		this.#store32(frame + 16, r[12]);
		this.#store32(frame + 20, r[14]);
		this.#store32(frame + 24, returnAddress);
		this.#store32(frame + 28, this.xpsr | (padding ? 0x200 : 0));
		r[13] = frame;
		this.#noteStack(frame);
		if (this.#fault) {
			if (exception === EXCEPTION_HARD_FAULT || exception === EXCEPTION_NMI || !this.#restricted) {
				// No stack to push to: the core locks up (ARMv6-M, B1.5.12), also where HardFault would fail once more.
				this.#lockUp();
				return;
			}
			// The MPU refused the frame: HardFault takes the exception's place, and the frame is lost (B1.5.6).
			this.onFault?.(this.#fault);
			this.#fault = undefined;
			exception = EXCEPTION_HARD_FAULT;
		}
		if (onProcessStack) {
			r[14] = 0xfffffffd | 0;
			this.#swapStackPointers();
		} else {
			r[14] = (this.ipsr ? 0xfffffff1 : 0xfffffff9) | 0;
		}
		this.ipsr = exception;
		switch (exception) {
			case EXCEPTION_NMI: this.pendingNmi = false; break;
			case EXCEPTION_SVCALL: this.pendingSvcall = false; break;
			case EXCEPTION_PENDSV: this.pendingPendsv = false; break;
			case EXCEPTION_SYSTICK: this.pendingSystick = false; break;
			default:
				if (exception >= EXCEPTION_FIRST_IRQ) {
					this.irqPending &= ~(1 << (exception - EXCEPTION_FIRST_IRQ));
				}
		}
		this.eventRegister = true;
		this.#modeChanged();
		// Vectors are read by the default memory map, whatever the MPU says (B3.5.1).
		const handler = this.#view32(this.vtor + exception * 4);
		if (this.#fault) {
			this.#lockUp();
			return;
		}
		if (!(handler & 1)) {
			this.#raise("thumb-bit", `the handler of exception ${exception} is ${hex(handler)}, without Thumb bit`, returnAddress);
			this.#takeFault();
			return;
		}
		r[15] = handler & ~1;
		this.#elapsed += CYCLES_EXCEPTION_ENTRY;
		this.activeCycles += CYCLES_EXCEPTION_ENTRY;
	}

	#noteStack(pointer: number): void {
		if (pointer < this.#lowestStacks[0]) {
			this.#lowestStacks[0] = pointer;
		}
	}

	/** Both stack pointers trade places; the flag in CONTROL is the caller's. */
	#swapStackPointers(): void {
		const r = this.registers;
		this.#lowestStacks.reverse();
		const other = r[13];
		r[13] = this.#otherStackPointer;
		this.#otherStackPointer = other;
		this.control ^= 2;
	}

	/** `value` was loaded into the program counter in handler mode and is an EXC_RETURN. */
	#returnFromException(value: number): void {
		const r = this.registers;
		const returning = this.ipsr;
		switch (value & 15) {
			case 1: break;
			case 9: break;
			case 13:
				if (!(this.control & 2)) {
					this.#swapStackPointers();
				}
				break;
			default:
				this.#raise("exception-return", `EXC_RETURN ${hex(value)} is none of the three defined`, this.#instructionAddress);
				return;
		}
		const frame = r[13];
		r[0] = this.#load32(frame);
		r[1] = this.#load32(frame + 4);
		r[2] = this.#load32(frame + 8);
		r[3] = this.#load32(frame + 12);
		r[12] = this.#load32(frame + 16);
		r[14] = this.#load32(frame + 20);
		r[15] = this.#load32(frame + 24) & ~1;
		const xpsr = this.#load32(frame + 28);
		if (this.#fault) {
			return;
		}
		r[13] = (frame + 0x20) | (xpsr & 0x200 ? 4 : 0);
		this.setFlags(xpsr);
		this.ipsr = xpsr & 0x3f;
		this.#modeChanged();
		if (returning >= EXCEPTION_FIRST_IRQ) {
			const bit = 1 << (returning - EXCEPTION_FIRST_IRQ);
			if (this.irqLines & bit) {
				this.irqPending |= bit;
			}
		}
		this.eventRegister = true;
		this.exceptionsChanged = true;
		this.#elapsed += CYCLES_EXCEPTION_RETURN;
		if (this.scr & 2 && !this.ipsr) {
			// SCR.SLEEPONEXIT
			this.sleeping = true;
			this.#sleepsForEvent = false;
		}
		this.attend();
	}

	// ---- faults ---------------------------------------------------------------------------------------------------

	/** A bus error of the present access. */
	busFault(code: string, text: string): void {
		this.#raise(code, text, this.#instructionAddress);
	}

	#raise(code: string, text: string, programCounter: number): void {
		this.#fault ??= { code, text, programCounter: programCounter >>> 0 };
		this.attend();
	}

	/** BKPT: for the debugger, or a fault. The core stands before it. */
	#stopAtBreakpoint(op: number, pc: number): void {
		if (this.onBreakpoint?.()) {
			this.attend();
		} else {
			this.#raise("breakpoint", `BKPT #${op & 0xff} at ${hex(pc)} without a debugger`, pc);
		}
	}

	// ---- protection -----------------------------------------------------------------------------------------------

	/** To be called when privilege or the handler may have changed. */
	#modeChanged(): void {
		const privileged = this.ipsr !== 0 || !(this.control & 1);
		const inFaultHandler = this.ipsr === EXCEPTION_HARD_FAULT || this.ipsr === EXCEPTION_NMI;
		if (privileged !== this.#privileged || this.protection.isActive(inFaultHandler) !== this.#protected) {
			this.protect();
		}
	}

	/** Takes over what the MPU's registers and the mode say. */
	protect(): void {
		const { protection } = this;
		this.#privileged = this.ipsr !== 0 || !(this.control & 1);
		this.#protected = protection.isActive(this.ipsr === EXCEPTION_HARD_FAULT || this.ipsr === EXCEPTION_NMI);
		this.#restricted = this.#protected || !this.#privileged;
		this.#openSram = SRAM_BYTES;
		this.#openFlash = FLASH_BYTES;
		this.#openStackStart = 0;
		this.#openStackBytes = SRAM_BYTES;
		if (this.#protected) {
			const open = (address: number, rights: number) => protection.stretchAround(address >>> 0, rights, this.#privileged) ?? { start: 0, end: 0 };
			this.#openSram = within(open(SRAM_START, RIGHT_READ | RIGHT_WRITE).end - SRAM_START, SRAM_BYTES);
			this.#openFlash = within(open(FLASH_START, RIGHT_READ).end - FLASH_START, FLASH_BYTES);
			const stack = open(this.registers[13], RIGHT_READ | RIGHT_WRITE);
			this.#openStackStart = within(stack.start - SRAM_START, SRAM_BYTES);
			this.#openStackBytes = within(stack.end - SRAM_START, SRAM_BYTES) - this.#openStackStart;
		}
		this.refetch();
	}

	/** Whether a data access is refused; then it is a fault. */
	isRefused(address: number, right: typeof RIGHT_READ | typeof RIGHT_WRITE): boolean {
		if (!this.#restricted || (address - SRAM_START - this.#openStackStart) >>> 0 < this.#openStackBytes) {
			return false;
		}
		const kind = right === RIGHT_WRITE ? "store to" : "load from";
		if (address >>> 28 === 14) {
			// The private peripheral bus keeps to the default map (B3.5.1), which is for the privileged (B3.1).
			if (!this.#privileged) {
				this.busFault("unprivileged", `${kind} ${hex(address)}, the private peripheral bus, without privilege`);
				return true;
			}
			return false;
		}
		if (!this.#protected || this.protection.rightsAt(address >>> 0, this.#privileged) & right) {
			return false;
		}
		this.busFault("mpu-data", `${kind} ${hex(address)} is refused by the MPU (${this.#refuser(address)})`);
		return true;
	}

	#refuser(address: number): string {
		const region = this.protection.regionOf(address >>> 0);
		return `${region < 0 ? "no region" : `region ${region}`}, ${this.#privileged ? "privileged" : "unprivileged"}`;
	}

	#lockUp(): void {
		const fault = this.#fault as Fault;
		this.#fault = undefined;
		this.lockedUp = true;
		this.onFault?.({ ...fault, code: "lock-up", text: `${fault.text}, and no HardFault handler can run: the core locks up` });
	}

	/** Enters HardFault for the fault noted, or locks up. */
	#takeFault(): void {
		const fault = this.#fault as Fault;
		this.#instructionAddress = fault.programCounter;
		if (this.ipsr === EXCEPTION_HARD_FAULT || this.ipsr === EXCEPTION_NMI) {
			this.#lockUp();
			return;
		}
		this.#fault = undefined;
		this.onFault?.(fault);
		this.#enterException(EXCEPTION_HARD_FAULT, fault.programCounter);
	}

	// ---- memory ---------------------------------------------------------------------------------------------------

	#load32(address: number): number {
		if (address & 3) {
			this.busFault("misaligned", `word load from ${hex(address)}, which is not aligned`);
			return 0;
		}
		if (this.#restricted && this.isRefused(address, RIGHT_READ)) {
			return 0;
		}
		return this.#view32(address);
	}

	#view32(address: number): number {
		const offset = address & 0xffffff;
		if ((address >>> 24) === 0x20 && offset < SRAM_BYTES) {
			return this.#sram32[offset >> 2];
		}
		if ((address >>> 24) === 0x10 && offset < this.flashBytes && !this.xipCache) {
			return this.#flash32[offset >> 2];
		}
		return this.bus.read(address >>> 0, 4) | 0;
	}

	#store32(address: number, value: number): void {
		if (address & 3) {
			this.busFault("misaligned", `word store to ${hex(address)}, which is not aligned`);
			return;
		}
		if (this.#restricted && this.isRefused(address, RIGHT_WRITE)) {
			return;
		}
		const offset = address & 0xffffff;
		if ((address >>> 24) === 0x20 && offset < SRAM_BYTES) {
			this.#sram32[offset >> 2] = value;
			return;
		}
		this.bus.write(address >>> 0, 4, value >>> 0);
	}

	#load16(address: number): number {
		if (address & 1) {
			this.busFault("misaligned", `halfword load from ${hex(address)}, which is not aligned`);
			return 0;
		}
		if (this.#restricted && this.isRefused(address, RIGHT_READ)) {
			return 0;
		}
		const offset = address & 0xffffff;
		if ((address >>> 24) === 0x20 && offset < SRAM_BYTES) {
			return this.#sram16[offset >> 1];
		}
		if ((address >>> 24) === 0x10 && offset < this.flashBytes && !this.xipCache) {
			return this.#flash16[offset >> 1];
		}
		return this.bus.read(address >>> 0, 2);
	}

	#store16(address: number, value: number): void {
		if (address & 1) {
			this.busFault("misaligned", `halfword store to ${hex(address)}, which is not aligned`);
			return;
		}
		if (this.#restricted && this.isRefused(address, RIGHT_WRITE)) {
			return;
		}
		const offset = address & 0xffffff;
		if ((address >>> 24) === 0x20 && offset < SRAM_BYTES) {
			this.#sram16[offset >> 1] = value;
			return;
		}
		this.bus.write(address >>> 0, 2, value & 0xffff);
	}

	#load8(address: number): number {
		if (this.#restricted && this.isRefused(address, RIGHT_READ)) {
			return 0;
		}
		const offset = address & 0xffffff;
		if ((address >>> 24) === 0x20 && offset < SRAM_BYTES) {
			return this.sram[offset];
		}
		if ((address >>> 24) === 0x10 && offset < this.flashBytes && !this.xipCache) {
			return this.flash[offset];
		}
		return this.bus.read(address >>> 0, 1);
	}

	#store8(address: number, value: number): void {
		if (this.#restricted && this.isRefused(address, RIGHT_WRITE)) {
			return;
		}
		const offset = address & 0xffffff;
		if ((address >>> 24) === 0x20 && offset < SRAM_BYTES) {
			this.sram[offset] = value;
			return;
		}
		this.bus.write(address >>> 0, 1, value & 0xff);
	}

	/** Points the fetch at the memory that holds `address`; false at a breakpoint, and (a fault) where nothing can be executed. */
	#findCode(address: number): boolean {
		if (!this.#passesBreakpoint && this.#breakpoints.length && this.#breakpoints.includes(address)) {
			return false;
		}
		const unsigned = address >>> 0;
		if (this.#protected && !(this.protection.rightsAt(unsigned, this.#privileged) & RIGHT_EXECUTE)) {
			this.#raise("mpu-execute", `execution at ${hex(address)} is refused by the MPU (${this.#refuser(address)})`, address);
			return false;
		}
		if (unsigned < ROM_BYTES) {
			return this.#fetchFrom(new Uint16Array(this.rom.buffer), 0, address);
		}
		if ((unsigned & 0xff000000) === SRAM_START && unsigned - SRAM_START < SRAM_BYTES) {
			return this.#fetchFrom(this.#sram16, SRAM_START, address);
		}
		if ((unsigned & 0xfc000000) === FLASH_START && (unsigned & 0xffffff) < this.flashBytes) {
			return this.#fetchFrom(this.#flash16, unsigned & 0xff000000, address);
		}
		if ((unsigned & 0xffffc000) === 0x15000000) {
			return this.#fetchFrom(new Uint16Array(this.xipSram.buffer), 0x15000000, address);
		}
		this.#raise("execute-outside", `execution at ${hex(address)}, where there is no program memory (lr ${hex(this.registers[14])})`, address);
		return false;
	}

	/** The part of `memory` around `address` that has no breakpoint and may be executed. */
	#fetchFrom(memory: Uint16Array, start: number, address: number): true {
		let low = start;
		let high = start + 2 * memory.length;
		if (this.#breakpoints.length && !this.#passesBreakpoint) {
			const behind = this.#breakpoints.filter((breakpoint) => breakpoint < address && breakpoint >= start);
			const ahead = this.#breakpoints.filter((breakpoint) => breakpoint > address);
			low = Math.max(low, ...behind.map((breakpoint) => breakpoint + 2));
			high = Math.min(high, ...ahead);
		}
		const open = this.#protected ? this.protection.stretchAround(address >>> 0, RIGHT_EXECUTE, this.#privileged) : undefined;
		if (open) {
			low = Math.max(low, open.start);
			high = Math.min(high, open.end);
		}
		this.#codeStart = low | 0;
		this.#code = high - low === 2 * memory.length ? memory : memory.subarray((low - start) >> 1, (high - start) >> 1);
		return true;
	}

	/** Forgets where code is fetched from: XIP was switched on or off. */
	refetch(): void {
		this.#code = new Uint16Array(0);
		this.attend();
	}

	/**
	 * Executes until `maxCycles` have passed or something calls `attend`: at least one instruction, unless the breakpoint
	 * is reached. Not to be called while sleeping or locked up.
	 */
	run(maxCycles: number): void {
		const r = this.registers;
		const flags = this.#flags;
		const lowestStacks = this.#lowestStacks;
		const table = operations;
		const sram8 = this.sram;
		const sram16 = this.#sram16;
		const sram32 = this.#sram32;
		const flash8 = this.flash;
		const flash16 = this.#flash16;
		const flash32 = this.#flash32;
		const flashBytes = this.flashBytes < this.#openFlash ? this.flashBytes : this.#openFlash;
		const sramBytes = this.#openSram;
		const stackStart = this.#openStackStart;
		const stackBytes = this.#openStackBytes;
		const breakpoint = this.breakpoint;
		const cache = this.xipCache;
		let fetchedWord = -1;
		this.#startCycles += this.#elapsed;
		const startCycles = this.#startCycles;
		this.#elapsed = 0;
		this.#budget = maxCycles;
		let t = 0;
		let pc = r[15];
		let n = flags[0];
		let z = flags[1];
		let c = flags[2];
		let v = flags[3];
		let code = this.#code;
		let codeStart = this.#codeStart;

		loop: do {
			if (pc === breakpoint) {
				break;
			}
			let index = (pc - codeStart) >> 1;
			if (index >>> 0 >= code.length) {
				if (!this.#findCode(pc)) {
					break;
				}
				code = this.#code;
				codeStart = this.#codeStart;
				index = (pc - codeStart) >> 1;
			}
			// Instructions are fetched by words.
			if (cache && pc >> 2 !== fetchedWord && pc >>> 26 === FLASH_START >>> 26) {
				fetchedWord = pc >> 2;
				t += cache.access(pc, startCycles + t);
			}
			const op = code[index];
			let next = (pc + 2) | 0;
			switch (table[op]) {
				case Op.LslsImmediate: {
					const amount = (op >>> 6) & 31;
					const value = r[(op >>> 3) & 7];
					if (amount) {
						c = (value >>> (32 - amount)) & 1;
					}
					n = z = r[op & 7] = value << amount;
					t++;
					break;
				}
				case Op.LsrsImmediate: {
					const amount = (op >>> 6) & 31;
					const value = r[(op >>> 3) & 7];
					if (amount) {
						c = (value >>> (amount - 1)) & 1;
						n = z = r[op & 7] = value >>> amount;
					} else {
						c = value >>> 31;
						n = z = r[op & 7] = 0;
					}
					t++;
					break;
				}
				case Op.AsrsImmediate: {
					const amount = (op >>> 6) & 31 || 32;
					const value = r[(op >>> 3) & 7];
					c = (value >> (amount - 1 > 31 ? 31 : amount - 1)) & 1;
					n = z = r[op & 7] = value >> (amount > 31 ? 31 : amount);
					t++;
					break;
				}
				case Op.AddsRegister: {
					const a = r[(op >>> 3) & 7];
					const b = r[(op >>> 6) & 7];
					const result = (a + b) | 0;
					c = result >>> 0 < a >>> 0 ? 1 : 0;
					v = ((a ^ result) & (b ^ result)) >>> 31;
					n = z = r[op & 7] = result;
					t++;
					break;
				}
				case Op.SubsRegister: {
					const a = r[(op >>> 3) & 7];
					const b = r[(op >>> 6) & 7];
					const result = (a - b) | 0;
					c = a >>> 0 >= b >>> 0 ? 1 : 0;
					v = ((a ^ b) & (a ^ result)) >>> 31;
					n = z = r[op & 7] = result;
					t++;
					break;
				}
				case Op.AddsImmediate3: {
					const a = r[(op >>> 3) & 7];
					const result = (a + ((op >>> 6) & 7)) | 0;
					c = result >>> 0 < a >>> 0 ? 1 : 0;
					v = (~a & result) >>> 31;
					n = z = r[op & 7] = result;
					t++;
					break;
				}
				case Op.SubsImmediate3: {
					const a = r[(op >>> 3) & 7];
					const b = (op >>> 6) & 7;
					const result = (a - b) | 0;
					c = a >>> 0 >= b ? 1 : 0;
					v = (a & ~result) >>> 31;
					n = z = r[op & 7] = result;
					t++;
					break;
				}
				case Op.MovsImmediate:
					n = z = r[(op >>> 8) & 7] = op & 0xff;
					t++;
					break;
				case Op.CmpImmediate: {
					const a = r[(op >>> 8) & 7];
					const b = op & 0xff;
					const result = (a - b) | 0;
					c = a >>> 0 >= b ? 1 : 0;
					v = (a & ~result) >>> 31;
					n = z = result;
					t++;
					break;
				}
				case Op.AddsImmediate8: {
					const a = r[(op >>> 8) & 7];
					const result = (a + (op & 0xff)) | 0;
					c = result >>> 0 < a >>> 0 ? 1 : 0;
					v = (~a & result) >>> 31;
					n = z = r[(op >>> 8) & 7] = result;
					t++;
					break;
				}
				case Op.SubsImmediate8: {
					const a = r[(op >>> 8) & 7];
					const b = op & 0xff;
					const result = (a - b) | 0;
					c = a >>> 0 >= b ? 1 : 0;
					v = (a & ~result) >>> 31;
					n = z = r[(op >>> 8) & 7] = result;
					t++;
					break;
				}
				case Op.Ands:
					n = z = r[op & 7] &= r[(op >>> 3) & 7];
					t++;
					break;
				case Op.Eors:
					n = z = r[op & 7] ^= r[(op >>> 3) & 7];
					t++;
					break;
				case Op.LslsRegister: {
					const amount = r[(op >>> 3) & 7] & 0xff;
					let value = r[op & 7];
					if (amount) {
						c = amount > 32 ? 0 : (value >>> (32 - amount)) & 1;
						value = amount > 31 ? 0 : value << amount;
					}
					n = z = r[op & 7] = value;
					t++;
					break;
				}
				case Op.LsrsRegister: {
					const amount = r[(op >>> 3) & 7] & 0xff;
					let value = r[op & 7];
					if (amount) {
						c = amount > 32 ? 0 : (value >>> (amount - 1)) & 1;
						value = amount > 31 ? 0 : value >>> amount;
					}
					n = z = r[op & 7] = value;
					t++;
					break;
				}
				case Op.AsrsRegister: {
					const amount = r[(op >>> 3) & 7] & 0xff;
					let value = r[op & 7];
					if (amount) {
						c = (value >> (amount > 32 ? 31 : amount - 1)) & 1;
						value >>= amount > 31 ? 31 : amount;
					}
					n = z = r[op & 7] = value;
					t++;
					break;
				}
				case Op.Adcs: {
					const a = r[op & 7];
					const b = r[(op >>> 3) & 7];
					const result = (a + b + c) | 0;
					c = c ? (result >>> 0 <= a >>> 0 ? 1 : 0) : result >>> 0 < a >>> 0 ? 1 : 0;
					v = ((a ^ result) & (b ^ result)) >>> 31;
					n = z = r[op & 7] = result;
					t++;
					break;
				}
				case Op.Sbcs: {
					const a = r[op & 7];
					const b = r[(op >>> 3) & 7];
					const result = (a - b - 1 + c) | 0;
					c = c ? (a >>> 0 >= b >>> 0 ? 1 : 0) : a >>> 0 > b >>> 0 ? 1 : 0;
					v = ((a ^ b) & (a ^ result)) >>> 31;
					n = z = r[op & 7] = result;
					t++;
					break;
				}
				case Op.Rors: {
					const amount = r[(op >>> 3) & 7] & 0xff;
					let value = r[op & 7];
					if (amount) {
						const shift = amount & 31;
						if (shift) {
							value = (value >>> shift) | (value << (32 - shift));
						}
						c = value >>> 31;
					}
					n = z = r[op & 7] = value;
					t++;
					break;
				}
				case Op.Tst:
					n = z = r[op & 7] & r[(op >>> 3) & 7];
					t++;
					break;
				case Op.Rsbs: {
					const b = r[(op >>> 3) & 7];
					const result = -b | 0;
					c = b === 0 ? 1 : 0;
					v = (b & result) >>> 31;
					n = z = r[op & 7] = result;
					t++;
					break;
				}
				case Op.CmpRegister: {
					const a = r[op & 7];
					const b = r[(op >>> 3) & 7];
					const result = (a - b) | 0;
					c = a >>> 0 >= b >>> 0 ? 1 : 0;
					v = ((a ^ b) & (a ^ result)) >>> 31;
					n = z = result;
					t++;
					break;
				}
				case Op.Cmn: {
					const a = r[op & 7];
					const b = r[(op >>> 3) & 7];
					const result = (a + b) | 0;
					c = result >>> 0 < a >>> 0 ? 1 : 0;
					v = ((a ^ result) & (b ^ result)) >>> 31;
					n = z = result;
					t++;
					break;
				}
				case Op.Orrs:
					n = z = r[op & 7] |= r[(op >>> 3) & 7];
					t++;
					break;
				case Op.Muls:
					n = z = r[op & 7] = Math.imul(r[op & 7], r[(op >>> 3) & 7]);
					t++;
					break;
				case Op.Bics:
					n = z = r[op & 7] &= ~r[(op >>> 3) & 7];
					t++;
					break;
				case Op.Mvns:
					n = z = r[op & 7] = ~r[(op >>> 3) & 7];
					t++;
					break;
				case Op.AddHigh: {
					const from = (op >>> 3) & 15;
					const to = ((op >>> 4) & 8) | (op & 7);
					const result = (to === 15 ? pc + 4 : r[to]) + (from === 15 ? pc + 4 : r[from]);
					t++;
					if (to === 15) {
						next = result & ~1;
						t++;
					} else {
						r[to] = to === 13 ? result & ~3 : result;
						if (to === 13) {
							this.#noteStack(r[13]);
						}
					}
					break;
				}
				case Op.CmpHigh: {
					const to = ((op >>> 4) & 8) | (op & 7);
					const from = (op >>> 3) & 15;
					const a = to === 15 ? pc + 4 : r[to];
					const b = from === 15 ? pc + 4 : r[from];
					const result = (a - b) | 0;
					c = a >>> 0 >= b >>> 0 ? 1 : 0;
					v = ((a ^ b) & (a ^ result)) >>> 31;
					n = z = result;
					t++;
					break;
				}
				case Op.MovHigh: {
					const from = (op >>> 3) & 15;
					const to = ((op >>> 4) & 8) | (op & 7);
					const value = from === 15 ? pc + 4 : r[from];
					t++;
					if (to === 15) {
						next = value & ~1;
						t++;
					} else {
						r[to] = to === 13 ? value & ~3 : value;
						if (to === 13) {
							this.#noteStack(r[13]);
						}
					}
					break;
				}
				case Op.Bx:
				case Op.Blx: {
					const from = (op >>> 3) & 15;
					const target = from === 15 ? pc + 4 : r[from];
					t += 2;
					if (op & 0x80) {
						r[14] = next | 1;
					} else if (target >>> 28 === 15 && this.ipsr) {
						this.#elapsed = t;
						this.#instructionAddress = pc;
						this.#returnFromException(target);
						t = this.#elapsed;
						if (this.#fault) {
							break loop;
						}
						n = flags[0];
						z = flags[1];
						c = flags[2];
						v = flags[3];
						next = r[15];
						break;
					}
					if (!(target & 1)) {
						this.#raise("thumb-bit", `branch to ${hex(target)}, without Thumb bit`, pc);
						break loop;
					}
					next = target & ~1;
					break;
				}
				case Op.LdrLiteral: {
					const address = ((pc & ~3) + 4 + ((op & 0xff) << 2)) | 0;
					const offset = address & 0xffffff;
					if (address >>> 24 === 0x10 && offset < flashBytes) {
						r[(op >>> 8) & 7] = flash32[offset >> 2];
						if (cache) {
							t += cache.access(address, startCycles + t);
						}
					} else if (address >>> 24 === 0x20 && (offset < sramBytes || (offset - stackStart) >>> 0 < stackBytes)) {
						r[(op >>> 8) & 7] = sram32[offset >> 2];
					} else {
						this.#elapsed = t;
						this.#instructionAddress = pc;
						const value = this.#load32(address);
						t = this.#elapsed;
						if (this.#fault) {
							break loop;
						}
						r[(op >>> 8) & 7] = value;
					}
					t += 2;
					break;
				}
				case Op.StrStack: {
					const address = r[13] + ((op & 0xff) << 2);
					const offset = address & 0xffffff;
					if ((address & 0xff000003) === SRAM_START && (offset - stackStart) >>> 0 < stackBytes) {
						sram32[offset >> 2] = r[(op >>> 8) & 7];
						t += 2;
					} else {
						this.#elapsed = t;
						this.#instructionAddress = pc;
						this.#store32(address | 0, r[(op >>> 8) & 7]);
						t = this.#elapsed + storeCycles(address);
						if (this.#fault) {
							break loop;
						}
					}
					break;
				}
				case Op.StrRegister:
				case Op.StrImmediate: {
					const address = r[(op >>> 3) & 7] + (op < 0x6000 ? r[(op >>> 6) & 7] : (op >>> 4) & 0x7c);
					const value = r[op & 7];
					const offset = address & 0xffffff;
					if ((address & 0xff000003) === SRAM_START && (offset < sramBytes || (offset - stackStart) >>> 0 < stackBytes)) {
						sram32[offset >> 2] = value;
						t += 2;
					} else {
						this.#elapsed = t;
						this.#instructionAddress = pc;
						this.#store32(address | 0, value);
						t = this.#elapsed + storeCycles(address);
						if (this.#fault) {
							break loop;
						}
					}
					break;
				}
				case Op.LdrStack: {
					const address = r[13] + ((op & 0xff) << 2);
					const offset = address & 0xffffff;
					if ((address & 0xff000003) === SRAM_START && (offset - stackStart) >>> 0 < stackBytes) {
						r[(op >>> 8) & 7] = sram32[offset >> 2];
						t += 2;
					} else {
						this.#elapsed = t;
						this.#instructionAddress = pc;
						const value = this.#load32(address | 0);
						t = this.#elapsed + loadCycles(address);
						if (this.#fault) {
							break loop;
						}
						r[(op >>> 8) & 7] = value;
					}
					break;
				}
				case Op.LdrRegister:
				case Op.LdrImmediate: {
					const address = r[(op >>> 3) & 7] + (op < 0x6000 ? r[(op >>> 6) & 7] : (op >>> 4) & 0x7c);
					const to = op & 7;
					const offset = address & 0xffffff;
					if ((address & 0xff000003) === SRAM_START && (offset < sramBytes || (offset - stackStart) >>> 0 < stackBytes)) {
						r[to] = sram32[offset >> 2];
						t += 2;
					} else if ((address & 0xff000003) === FLASH_START && offset < flashBytes) {
						r[to] = flash32[offset >> 2];
						if (cache) {
							t += cache.access(address, startCycles + t);
						}
						t += 2;
					} else {
						this.#elapsed = t;
						this.#instructionAddress = pc;
						const value = this.#load32(address | 0);
						t = this.#elapsed + loadCycles(address);
						if (this.#fault) {
							break loop;
						}
						r[to] = value;
					}
					break;
				}
				case Op.StrbRegister:
				case Op.StrbImmediate: {
					const address = r[(op >>> 3) & 7] + (op < 0x6000 ? r[(op >>> 6) & 7] : (op >>> 6) & 31);
					const offset = address & 0xffffff;
					if ((address & 0xff000000) === SRAM_START && (offset < sramBytes || (offset - stackStart) >>> 0 < stackBytes)) {
						sram8[offset] = r[op & 7];
						t += 2;
					} else {
						this.#elapsed = t;
						this.#instructionAddress = pc;
						this.#store8(address | 0, r[op & 7]);
						t = this.#elapsed + storeCycles(address);
						if (this.#fault) {
							break loop;
						}
					}
					break;
				}
				case Op.LdrbRegister:
				case Op.LdrbImmediate: {
					const address = r[(op >>> 3) & 7] + (op < 0x6000 ? r[(op >>> 6) & 7] : (op >>> 6) & 31);
					const offset = address & 0xffffff;
					if ((address & 0xff000000) === SRAM_START && (offset < sramBytes || (offset - stackStart) >>> 0 < stackBytes)) {
						r[op & 7] = sram8[offset];
						t += 2;
					} else if ((address & 0xff000000) === FLASH_START && offset < flashBytes) {
						r[op & 7] = flash8[offset];
						if (cache) {
							t += cache.access(address, startCycles + t);
						}
						t += 2;
					} else {
						this.#elapsed = t;
						this.#instructionAddress = pc;
						const value = this.#load8(address | 0);
						t = this.#elapsed + loadCycles(address);
						if (this.#fault) {
							break loop;
						}
						r[op & 7] = value;
					}
					break;
				}
				case Op.StrhRegister:
				case Op.StrhImmediate: {
					const address = r[(op >>> 3) & 7] + (op < 0x6000 ? r[(op >>> 6) & 7] : (op >>> 5) & 0x3e);
					const offset = address & 0xffffff;
					if ((address & 0xff000001) === SRAM_START && (offset < sramBytes || (offset - stackStart) >>> 0 < stackBytes)) {
						sram16[offset >> 1] = r[op & 7];
						t += 2;
					} else {
						this.#elapsed = t;
						this.#instructionAddress = pc;
						this.#store16(address | 0, r[op & 7]);
						t = this.#elapsed + storeCycles(address);
						if (this.#fault) {
							break loop;
						}
					}
					break;
				}
				case Op.LdrhRegister:
				case Op.LdrhImmediate: {
					const address = r[(op >>> 3) & 7] + (op < 0x6000 ? r[(op >>> 6) & 7] : (op >>> 5) & 0x3e);
					const offset = address & 0xffffff;
					if ((address & 0xff000001) === SRAM_START && (offset < sramBytes || (offset - stackStart) >>> 0 < stackBytes)) {
						r[op & 7] = sram16[offset >> 1];
						t += 2;
					} else if ((address & 0xff000001) === FLASH_START && offset < flashBytes) {
						r[op & 7] = flash16[offset >> 1];
						if (cache) {
							t += cache.access(address, startCycles + t);
						}
						t += 2;
					} else {
						this.#elapsed = t;
						this.#instructionAddress = pc;
						const value = this.#load16(address | 0);
						t = this.#elapsed + loadCycles(address);
						if (this.#fault) {
							break loop;
						}
						r[op & 7] = value;
					}
					break;
				}
				case Op.LdrsbRegister:
				case Op.LdrshRegister: {
					const address = (r[(op >>> 3) & 7] + r[(op >>> 6) & 7]) | 0;
					this.#elapsed = t;
					this.#instructionAddress = pc;
					const value = op & 0x0800 ? (this.#load16(address) << 16) >> 16 : (this.#load8(address) << 24) >> 24;
					t = this.#elapsed + loadCycles(address);
					if (this.#fault) {
						break loop;
					}
					r[op & 7] = value;
					break;
				}
				case Op.Adr:
					r[(op >>> 8) & 7] = (pc & ~3) + 4 + ((op & 0xff) << 2);
					t++;
					break;
				case Op.AddStack:
					r[(op >>> 8) & 7] = r[13] + ((op & 0xff) << 2);
					t++;
					break;
				case Op.AddStackImmediate:
					r[13] += (op & 0x7f) << 2;
					t++;
					break;
				case Op.SubStackImmediate:
					r[13] -= (op & 0x7f) << 2;
					if (r[13] < lowestStacks[0]) {
						lowestStacks[0] = r[13];
					}
					t++;
					break;
				case Op.Sxth:
					r[op & 7] = (r[(op >>> 3) & 7] << 16) >> 16;
					t++;
					break;
				case Op.Sxtb:
					r[op & 7] = (r[(op >>> 3) & 7] << 24) >> 24;
					t++;
					break;
				case Op.Uxth:
					r[op & 7] = r[(op >>> 3) & 7] & 0xffff;
					t++;
					break;
				case Op.Uxtb:
					r[op & 7] = r[(op >>> 3) & 7] & 0xff;
					t++;
					break;
				case Op.Push: {
					const list = op & 0xff;
					const count = bitCount(list) + ((op >>> 8) & 1);
					const bottom = r[13] - 4 * count;
					let offset = bottom & 0xffffff;
					if ((bottom & 0xff000003) === SRAM_START && offset >= stackStart && offset + 4 * count <= stackStart + stackBytes) {
						offset >>= 2;
						for (let register = 0; register < 8; register++) {
							if (list & (1 << register)) {
								sram32[offset++] = r[register];
							}
						}
						if (op & 0x100) {
							sram32[offset] = r[14];
						}
					} else {
						this.#elapsed = t;
						this.#instructionAddress = pc;
						let address = bottom | 0;
						for (let register = 0; register < 8; register++) {
							if (list & (1 << register)) {
								this.#store32(address, r[register]);
								address += 4;
								this.#elapsed++;
							}
						}
						if (op & 0x100) {
							this.#store32(address, r[14]);
							this.#elapsed++;
						}
						t = this.#elapsed - count;
						if (this.#fault) {
							break loop;
						}
					}
					r[13] = bottom;
					if (bottom < lowestStacks[0]) {
						lowestStacks[0] = bottom;
					}
					t += 1 + count;
					break;
				}
				case Op.Pop: {
					const list = op & 0xff;
					let address = r[13];
					this.#instructionAddress = pc;
					for (let register = 0; register < 8; register++) {
						if (list & (1 << register)) {
							const offset = address & 0xffffff;
							if ((address & 0xff000003) === SRAM_START && (offset - stackStart) >>> 0 < stackBytes) {
								r[register] = sram32[offset >> 2];
							} else {
								this.#elapsed = t;
								r[register] = this.#load32(address);
								t = this.#elapsed;
							}
							address += 4;
							t++;
						}
					}
					if (op & 0x100) {
						this.#elapsed = t;
						const target = this.#load32(address);
						address += 4;
						t = this.#elapsed + 4;
						if (this.#fault) {
							break loop;
						}
						r[13] = address;
						if (target >>> 28 === 15 && this.ipsr) {
							this.#elapsed = t;
							this.#returnFromException(target);
							t = this.#elapsed;
							if (this.#fault) {
								break loop;
							}
							n = flags[0];
							z = flags[1];
							c = flags[2];
							v = flags[3];
							next = r[15];
							break;
						}
						if (!(target & 1)) {
							this.#raise("thumb-bit", `pop of ${hex(target)} into pc, without Thumb bit`, pc);
							break loop;
						}
						next = target & ~1;
						break;
					}
					t++;
					if (this.#fault) {
						break loop;
					}
					r[13] = address;
					break;
				}
				case Op.Cps:
					if (this.#privileged) {
						this.primask = (op >>> 4) & 1;
					}
					if (!this.primask) {
						this.exceptionsChanged = true;
						this.attend();
					}
					t++;
					break;
				case Op.Rev: {
					const value = r[(op >>> 3) & 7];
					r[op & 7] = (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
					t++;
					break;
				}
				case Op.Rev16: {
					const value = r[(op >>> 3) & 7];
					r[op & 7] = ((value & 0x00ff00ff) << 8) | ((value >>> 8) & 0x00ff00ff);
					t++;
					break;
				}
				case Op.Revsh: {
					const value = r[(op >>> 3) & 7];
					r[op & 7] = (((value << 24) >> 16) & ~0xff) | ((value >>> 8) & 0xff);
					t++;
					break;
				}
				case Op.Stm: {
					const base = (op >>> 8) & 7;
					let address = r[base];
					this.#instructionAddress = pc;
					for (let register = 0; register < 8; register++) {
						if (op & (1 << register)) {
							const offset = address & 0xffffff;
							if ((address & 0xff000003) === SRAM_START && (offset < sramBytes || (offset - stackStart) >>> 0 < stackBytes)) {
								sram32[offset >> 2] = r[register];
							} else {
								this.#elapsed = t;
								this.#store32(address, r[register]);
								t = this.#elapsed;
							}
							address = (address + 4) | 0;
							t++;
						}
					}
					t++;
					if (this.#fault) {
						break loop;
					}
					r[base] = address;
					break;
				}
				case Op.Ldm: {
					const base = (op >>> 8) & 7;
					let address = r[base];
					this.#instructionAddress = pc;
					for (let register = 0; register < 8; register++) {
						if (op & (1 << register)) {
							const offset = address & 0xffffff;
							if ((address & 0xff000003) === SRAM_START && (offset < sramBytes || (offset - stackStart) >>> 0 < stackBytes)) {
								r[register] = sram32[offset >> 2];
							} else {
								this.#elapsed = t;
								r[register] = this.#load32(address);
								t = this.#elapsed;
							}
							address = (address + 4) | 0;
							t++;
						}
					}
					t++;
					if (this.#fault) {
						break loop;
					}
					if (!(op & (1 << base))) {
						r[base] = address;
					}
					break;
				}
				case Op.Beq: t++; if (z === 0) { next = (pc + 4 + ((op << 24) >> 23)) | 0; t++; } break;
				case Op.Bne: t++; if (z !== 0) { next = (pc + 4 + ((op << 24) >> 23)) | 0; t++; } break;
				case Op.Bcs: t++; if (c) { next = (pc + 4 + ((op << 24) >> 23)) | 0; t++; } break;
				case Op.Bcc: t++; if (!c) { next = (pc + 4 + ((op << 24) >> 23)) | 0; t++; } break;
				case Op.Bmi: t++; if (n < 0) { next = (pc + 4 + ((op << 24) >> 23)) | 0; t++; } break;
				case Op.Bpl: t++; if (n >= 0) { next = (pc + 4 + ((op << 24) >> 23)) | 0; t++; } break;
				case Op.Bvs: t++; if (v) { next = (pc + 4 + ((op << 24) >> 23)) | 0; t++; } break;
				case Op.Bvc: t++; if (!v) { next = (pc + 4 + ((op << 24) >> 23)) | 0; t++; } break;
				case Op.Bhi: t++; if (c && z !== 0) { next = (pc + 4 + ((op << 24) >> 23)) | 0; t++; } break;
				case Op.Bls: t++; if (!c || z === 0) { next = (pc + 4 + ((op << 24) >> 23)) | 0; t++; } break;
				case Op.Bge: t++; if (n >>> 31 === v) { next = (pc + 4 + ((op << 24) >> 23)) | 0; t++; } break;
				case Op.Blt: t++; if (n >>> 31 !== v) { next = (pc + 4 + ((op << 24) >> 23)) | 0; t++; } break;
				case Op.Bgt: t++; if (n >>> 31 === v && z !== 0) { next = (pc + 4 + ((op << 24) >> 23)) | 0; t++; } break;
				case Op.Ble: t++; if (n >>> 31 !== v || z === 0) { next = (pc + 4 + ((op << 24) >> 23)) | 0; t++; } break;
				case Op.Branch:
					next = (pc + 4 + ((op << 21) >> 20)) | 0;
					t += 2;
					break;
				case Op.Svc:
					if (this.primask || this.#priorityOf(EXCEPTION_SVCALL) >= this.#priorityOf(this.ipsr)) {
						this.#callRefused = true;
					} else {
						this.pendingSvcall = true;
					}
					this.exceptionsChanged = true;
					this.attend();
					t++;
					break;
				case Op.Nop:
				case Op.Yield:
					t++;
					break;
				case Op.Wfe:
					t += 2;
					this.waitForEvent();
					break;
				case Op.Wfi:
					t += 2;
					this.sleeping = true;
					this.#sleepsForEvent = false;
					this.exceptionsChanged = true;
					this.attend();
					break;
				case Op.Sev:
					this.#elapsed = t;
					t++;
					this.eventRegister = true;
					this.onSendEvent?.();
					break;
				case Op.Wide: {
					const op2 = code[index + 1] ?? 0;
					next = (pc + 4) | 0;
					if (cache && pc & 2 && pc >>> 26 === FLASH_START >>> 26) {
						fetchedWord = (pc + 2) >> 2;
						t += cache.access(pc + 2, startCycles + t);
					}
					if ((op2 & 0xd000) === 0xd000) {
						// BL, encoding T1: J1 and J2 are inverted into the offset's bits 23 and 22 when S is 0.
						const sign = (op << 21) >> 31;
						const i1 = ~((op2 >>> 13) ^ sign) & 1;
						const i2 = ~((op2 >>> 11) ^ sign) & 1;
						const offset = (sign << 24) | (i1 << 23) | (i2 << 22) | ((op & 0x3ff) << 12) | ((op2 & 0x7ff) << 1);
						r[14] = next | 1;
						next = (pc + 4 + offset) | 0;
						t += 3;
						break;
					}
					if (op === 0xf3bf && op2 >>> 8 === 0x8f && (op2 & 0xf0) >= 0x40 && (op2 & 0xf0) <= 0x60) {
						// DSB, DMB, ISB
						t += 3;
						break;
					}
					if (op === 0xf3ef && op2 >>> 12 === 8) {
						flags[0] = n;
						flags[1] = z;
						flags[2] = c;
						flags[3] = v;
						r[(op2 >>> 8) & 15] = this.#privileged || !isForPrivileged(op2 & 0xff) ? this.readSpecial(op2 & 0xff) : 0;
						t += 3;
						break;
					}
					if ((op & 0xfff0) === 0xf380 && (op2 & 0xff00) === 0x8800) {
						flags[0] = n;
						flags[1] = z;
						flags[2] = c;
						flags[3] = v;
						// Without privilege, only the flags can be written.
						if (this.#privileged || (op2 & 0xff) <= 3) {
							this.writeSpecial(op2 & 0xff, r[op & 15]);
						}
						n = flags[0];
						z = flags[1];
						c = flags[2];
						v = flags[3];
						t += 3;
						break;
					}
					if (this.#protected && index + 1 >= code.length && !this.#findCode(pc + 2)) {
						// Its second half may not be executed.
						break loop;
					}
					this.#raise("undefined-instruction", `undefined instruction ${hex4(op)} ${hex4(op2)} at ${hex(pc)}`, pc);
					break loop;
				}
				case Op.Bkpt:
					this.#stopAtBreakpoint(op, pc);
					break loop;
				default: {
					if (pc >>> 0 < ROM_BYTES && this.onRomTrap) {
						flags[0] = n;
						flags[1] = z;
						flags[2] = c;
						flags[3] = v;
						this.#elapsed = t;
						this.#instructionAddress = pc;
						r[15] = r[14] & ~1;
						const cycles = this.onRomTrap(pc);
						t = this.#elapsed + cycles;
						if (this.#fault) {
							break loop;
						}
						next = r[15];
						n = flags[0];
						z = flags[1];
						c = flags[2];
						v = flags[3];
						break;
					}
					this.#raise("undefined-instruction", `undefined instruction ${hex4(op)} at ${hex(pc)}`, pc);
					break loop;
				}
			}
			pc = next;
		} while (t < this.#budget);

		r[15] = pc;
		flags[0] = n;
		flags[1] = z;
		flags[2] = c;
		flags[3] = v;
		this.#elapsed = t;
		this.activeCycles += t;
		if (this.#fault) {
			this.#elapsed++;
			this.activeCycles++;
			this.#takeFault();
		} else {
			this.#instructionAddress = pc;
		}
	}

	/** MRS, and a debugger's read, by the number of the register (ARMv6-M, B5.2.1). */
	readSpecial(which: number): number {
		switch (which) {
			case 0: case 1: case 2: case 3:
				// APSR, IAPSR, EAPSR, XPSR: EPSR reads as zero; IPSR is in the odd ones.
				return (this.xpsr & 0xf0000000) | (which & 1 ? this.ipsr : 0);
			case 5: case 7:
				return this.ipsr;
			case 8:
				return this.control & 2 ? this.#otherStackPointer : this.registers[13];
			case 9:
				return this.control & 2 ? this.registers[13] : this.#otherStackPointer;
			case 16:
				return this.primask;
			case 20:
				return this.control;
			default:
				return 0;
		}
	}

	/** MSR, and a debugger's write, whatever the privilege. */
	writeSpecial(which: number, value: number): void {
		switch (which) {
			case 0: case 1: case 2: case 3:
				this.setFlags(value);
				break;
			case 8:
			case 9:
				if ((which === 9) === !!(this.control & 2)) {
					this.registers[13] = this.#lowestStacks[0] = value & ~3;
				} else {
					this.#otherStackPointer = this.#lowestStacks[1] = value & ~3;
				}
				if (which === 8) {
					this.stackStart = value & ~3;
				}
				break;
			case 16:
				this.primask = value & 1;
				this.exceptionsChanged = true;
				this.attend();
				break;
			case 20:
				if (!this.ipsr && (value ^ this.control) & 2) {
					this.#swapStackPointers();
				}
				this.control = (this.control & 2) | (value & 1);
				this.#modeChanged();
				break;
		}
	}
}

/** Cycles of a load outside fast memory: SIO answers at once, APB takes three more (as rp2040js counts them). */
function loadCycles(address: number): number {
	const region = address >>> 28;
	return region === 0xd ? 1 : region === 4 ? 4 : 2;
}

function storeCycles(address: number): number {
	const region = address >>> 28;
	return region === 0xd ? 1 : region === 4 ? 5 : 2;
}

function bitCount(value: number): number {
	let bits = value - ((value >>> 1) & 0x55);
	bits = (bits & 0x33) + ((bits >>> 2) & 0x33);
	return (bits + (bits >>> 4)) & 15;
}

/** MSP, PSP and PRIMASK read as zero without privilege (ARMv6-M, B5.2.2). */
function isForPrivileged(which: number): boolean {
	return which === 8 || which === 9 || which === 16;
}

function within(value: number, most: number): number {
	return Math.min(Math.max(value, 0), most);
}

/** 32 bits as 0x%08x. */
export function hex(value: number): string {
	return `0x${(value >>> 0).toString(16).padStart(8, "0")}`;
}

function hex4(value: number): string {
	return value.toString(16).padStart(4, "0");
}

/** The operation of a first halfword; `Op.Wide` when a second one follows. */
function decode(opcode: number): Op {
	switch (opcode >>> 11) {
		case 0b00000: return Op.LslsImmediate;
		case 0b00001: return Op.LsrsImmediate;
		case 0b00010: return Op.AsrsImmediate;
		case 0b00011: return Op.AddsRegister + ((opcode >>> 9) & 3);
		case 0b00100: return Op.MovsImmediate;
		case 0b00101: return Op.CmpImmediate;
		case 0b00110: return Op.AddsImmediate8;
		case 0b00111: return Op.SubsImmediate8;
		case 0b01000: return dataProcessing(opcode);
		case 0b01001: return Op.LdrLiteral;
		case 0b01010: case 0b01011: return Op.StrRegister + ((opcode >>> 9) & 7);
		case 0b01100: return Op.StrImmediate;
		case 0b01101: return Op.LdrImmediate;
		case 0b01110: return Op.StrbImmediate;
		case 0b01111: return Op.LdrbImmediate;
		case 0b10000: return Op.StrhImmediate;
		case 0b10001: return Op.LdrhImmediate;
		case 0b10010: return Op.StrStack;
		case 0b10011: return Op.LdrStack;
		case 0b10100: return Op.Adr;
		case 0b10101: return Op.AddStack;
		case 0b10110: case 0b10111: return miscellaneous(opcode);
		case 0b11000: return Op.Stm;
		case 0b11001: return Op.Ldm;
		case 0b11010: case 0b11011: {
			const condition = (opcode >>> 8) & 15;
			return condition === 15 ? Op.Svc : condition === 14 ? Op.Undefined : Op.Beq + condition;
		}
		case 0b11100: return Op.Branch;
		case 0b11110: return Op.Wide;
		default: return Op.Undefined;
	}
}

function dataProcessing(opcode: number): Op {
	if (opcode < 0x4400) {
		return Op.Ands + ((opcode >>> 6) & 15);
	}
	switch ((opcode >>> 8) & 3) {
		case 0: return Op.AddHigh;
		case 1: return Op.CmpHigh;
		case 2: return Op.MovHigh;
		default: return opcode & 0x80 ? Op.Blx : Op.Bx;
	}
}

function miscellaneous(opcode: number): Op {
	switch ((opcode >>> 8) & 15) {
		case 0b0000: return opcode & 0x80 ? Op.SubStackImmediate : Op.AddStackImmediate;
		case 0b0010: return Op.Sxth + ((opcode >>> 6) & 3);
		case 0b0100: case 0b0101: return Op.Push;
		case 0b0110: return (opcode & 0xffef) === 0xb662 ? Op.Cps : Op.Undefined;
		case 0b1010: {
			const which = (opcode >>> 6) & 3;
			return which === 0 ? Op.Rev : which === 1 ? Op.Rev16 : which === 3 ? Op.Revsh : Op.Undefined;
		}
		case 0b1100: case 0b1101: return Op.Pop;
		case 0b1110: return Op.Bkpt;
		case 0b1111: {
			if (opcode & 15) {
				return Op.Undefined;
			}
			const hint = (opcode >>> 4) & 15;
			return hint === 1 ? Op.Yield : hint === 2 ? Op.Wfe : hint === 3 ? Op.Wfi : hint === 4 ? Op.Sev : Op.Nop;
		}
		default: return Op.Undefined;
	}
}

/** `decode` of all 65,536 halfwords. */
function decodeTable(): Uint8Array {
	const table = new Uint8Array(0x10000);
	for (let opcode = 0; opcode < 0x10000; opcode++) {
		table[opcode] = decode(opcode);
	}
	return table;
}
