/** TIMER and WATCHDOG, which share the tick: CYCLES of clk_ref, a microsecond where that is set so (RP2040 datasheet 4.6 and 4.7). */
import { Block } from "../core/registers.ts";
import type { VirtualClock } from "../core/virtual-clock.ts";

const IRQ_TIMER_0 = 0;

export class Timer extends Block {
	readonly #clock: VirtualClock;
	readonly #setInterrupt: (irq: number, high: boolean) => void;
	/** Ticks of the clock, from power-on and all of the present length, at which the counter was 0. */
	#zeroTicks = 0;
	/** The counter while it stands: paused, or no tick. */
	#stoodAt: number | undefined = 0;
	#paused = false;
	#tickMicros = 0;
	#latchedHigh = 0;
	#writtenLow = 0;
	readonly #alarm = new Uint32Array(4);
	readonly #cancel: ((() => void) | undefined)[] = [undefined, undefined, undefined, undefined];
	#raw = 0;
	#enable = 0;
	#force = 0;
	#debugPause = 7;

	constructor(clock: VirtualClock, setInterrupt: (irq: number, high: boolean) => void, unknown: (text: string) => void) {
		super("TIMER", unknown);
		this.#clock = clock;
		this.#setInterrupt = setInterrupt;
	}

	reset(): void {
		for (let index = 0; index < 4; index++) {
			this.#disarm(index);
		}
		this.#raw = this.#enable = this.#force = this.#latchedHigh = this.#writtenLow = 0;
		this.#alarm.fill(0);
		this.#paused = false;
		this.#debugPause = 7;
		this.#stoodAt = 0;
		this.#run();
		this.#updateInterrupts();
	}

	/** The length of the watchdog block's tick; 0: there is none. */
	set tickMicros(value: number) {
		if (value !== this.#tickMicros) {
			this.#stoodAt = this.#count;
			this.#tickMicros = value;
			this.#run();
		}
	}

	get #ticks(): number {
		return Math.floor(this.#clock.micros / this.#tickMicros + 1e-4);
	}

	get #count(): number {
		return this.#stoodAt ?? this.#ticks - this.#zeroTicks;
	}

	#setCount(value: number): void {
		this.#stoodAt = value;
		this.#run();
	}

	#run(): void {
		if (this.#tickMicros && !this.#paused) {
			if (this.#stoodAt !== undefined) {
				this.#zeroTicks = this.#ticks - this.#stoodAt;
				this.#stoodAt = undefined;
			}
		} else {
			this.#stoodAt ??= this.#count;
		}
		for (let index = 0; index < 4; index++) {
			if (this.#cancel[index]) {
				this.#arm(index);
			}
		}
	}

	#arm(index: number): void {
		this.#disarm(index);
		if (this.#stoodAt !== undefined) {
			// Stands: armed, and re-armed when the counter runs.
			this.#cancel[index] = () => {};
			return;
		}
		const count = this.#count;
		const wait = (this.#alarm[index] - (count % 0x100000000)) >>> 0;
		const atNanos = (this.#zeroTicks + count + wait) * this.#tickMicros * 1000;
		this.#cancel[index] = this.#clock.scheduleAt(atNanos, () => {
			this.#cancel[index] = undefined;
			this.#raw |= 1 << index;
			this.#updateInterrupts();
		});
	}

	#disarm(index: number): void {
		this.#cancel[index]?.();
		this.#cancel[index] = undefined;
	}

	get #armed(): number {
		return this.#cancel.reduce((bits, cancel, index) => bits | (cancel ? 1 << index : 0), 0);
	}

	#updateInterrupts(): void {
		const status = (this.#raw & this.#enable) | this.#force;
		for (let index = 0; index < 4; index++) {
			this.#setInterrupt(IRQ_TIMER_0 + index, (status & (1 << index)) !== 0);
		}
	}

	protected read(offset: number): number | undefined {
		switch (offset) {
			case 0x00: case 0x04: return 0;
			case 0x08: return this.#latchedHigh;
			case 0x0c: {
				const count = this.#count;
				this.#latchedHigh = Math.floor(count / 0x100000000);
				return count % 0x100000000;
			}
			case 0x10: case 0x14: case 0x18: case 0x1c: return this.#alarm[(offset - 0x10) >> 2];
			case 0x20: return this.#armed;
			case 0x24: return Math.floor(this.#count / 0x100000000);
			case 0x28: return this.#count % 0x100000000;
			case 0x2c: return this.#debugPause;
			case 0x30: return this.#paused ? 1 : 0;
			case 0x34: return this.#raw;
			case 0x38: return this.#enable;
			case 0x3c: return this.#force;
			case 0x40: return (this.#raw & this.#enable) | this.#force;
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		switch (offset) {
			case 0x00: this.#setCount(value * 0x100000000 + this.#writtenLow); return true;
			case 0x04: this.#writtenLow = value; return true;
			case 0x10: case 0x14: case 0x18: case 0x1c: {
				const index = (offset - 0x10) >> 2;
				this.#alarm[index] = value;
				this.#arm(index);
				return true;
			}
			case 0x20:
				for (let index = 0; index < 4; index++) {
					if (this.rawValue & (1 << index)) {
						this.#disarm(index);
					}
				}
				return true;
			case 0x2c: this.#debugPause = value & 6; return true;
			case 0x30: this.#paused = (value & 1) !== 0; this.#stoodAt = this.#count; this.#run(); return true;
			case 0x34: this.#raw &= ~this.rawValue; break;
			case 0x38: this.#enable = value & 15; break;
			case 0x3c: this.#force = value & 15; break;
			default: return false;
		}
		this.#updateInterrupts();
		return true;
	}
}

const CONTROL_TRIGGER = 0x80000000;
const CONTROL_ENABLE = 0x40000000;
/** Set after a reset: a program may write CYCLES alone (datasheet 4.7.6, TICK). */
const TICK_ENABLE = 0x200;
const TICK_CYCLES = 0x1ff;
const TICK_RUNNING = 0x400;

/** Why the watchdog bit (REASON register). */
export type WatchdogReason = "timer" | "force";

export class Watchdog extends Block {
	readonly #clock: VirtualClock;
	readonly #bite: (reason: WatchdogReason) => void;
	readonly #referenceHz: () => number;
	readonly #tickChanged: (micros: number) => void;
	/** Survive a watchdog reset, so they are no part of `reset`. */
	readonly scratch = new Uint32Array(8);
	#reason = 0;
	#enabled = false;
	#pause = 0x07000000;
	/** Half ticks that were loaded: the counter falls twice a tick (RP2040-E1). */
	#loaded = 0;
	#loadedAtMicros = 0;
	#tick = TICK_ENABLE;
	/** Its length; 0: it stands. */
	#tickMicros = 0;
	#cancel: (() => void) | undefined;

	/** @param referenceHz clk_ref. @param tickChanged is told the tick's length; 0: it stands. */
	constructor(
		clock: VirtualClock,
		bite: (reason: WatchdogReason) => void,
		referenceHz: () => number,
		tickChanged: (micros: number) => void,
		unknown: (text: string) => void,
	) {
		super("WATCHDOG", unknown);
		this.#clock = clock;
		this.#bite = bite;
		this.#referenceHz = referenceHz;
		this.#tickChanged = tickChanged;
	}

	reset(): void {
		this.#enabled = this.#held = false;
		this.#cancel?.();
		this.#cancel = undefined;
		this.#tick = TICK_ENABLE;
		this.followTick();
		this.#loaded = 0;
	}

	/** Power-on: scratch registers and reason are lost too. */
	powerOn(): void {
		this.scratch.fill(0);
		this.#reason = 0;
		this.reset();
	}

	/** Bites as the boot ROM lets it, when it has written a .uf2: with no place in the scratch registers at which to go on. */
	rebootFromRom(): void {
		this.scratch[4] = 0;
		this.#trigger("timer");
	}

	/** The clock that it ticks by stands. */
	#held = false;

	/** Its tick stands as long as all clocks do. */
	set held(held: boolean) {
		this.#held = held;
		this.followTick();
	}

	/** TICK or clk_ref has changed. */
	followTick(): void {
		const runs = (this.#tick & TICK_ENABLE) !== 0 && !this.#held;
		const cycles = runs ? this.#tick & TICK_CYCLES : 0;
		const hz = cycles ? this.#referenceHz() : 0;
		const micros = hz ? (cycles * 1e6) / hz : 0;
		if (micros !== this.#tickMicros) {
			this.#loaded = this.#left;
			this.#tickMicros = micros;
			this.#restart();
			this.#tickChanged(micros);
		}
	}

	/** True while it will bite by itself. */
	get running(): boolean {
		return this.#enabled && this.#tickMicros > 0;
	}

	get #left(): number {
		return this.running
			? Math.max(0, this.#loaded - Math.floor(((this.#clock.micros - this.#loadedAtMicros) * 2) / this.#tickMicros))
			: this.#loaded;
	}

	#restart(): void {
		this.#cancel?.();
		this.#cancel = undefined;
		this.#loadedAtMicros = this.#clock.micros;
		if (this.running) {
			this.#cancel = this.#clock.schedule((this.#loaded * this.#tickMicros) / 2, () => this.#trigger("timer"));
		}
	}

	#trigger(reason: WatchdogReason): void {
		this.#reason = reason === "timer" ? 1 : 2;
		this.#bite(reason);
	}

	protected read(offset: number): number | undefined {
		if (offset >= 0x0c && offset <= 0x28) {
			return this.scratch[(offset - 0x0c) >> 2];
		}
		switch (offset) {
			case 0x00: return (this.#enabled ? CONTROL_ENABLE : 0) | this.#pause | (this.#left & 0xffffff);
			case 0x04: return 0;
			case 0x08: return this.#reason;
			case 0x2c: return this.#tick | (this.#tickMicros ? TICK_RUNNING : 0);
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		if (offset >= 0x0c && offset <= 0x28) {
			this.scratch[(offset - 0x0c) >> 2] = value;
			return true;
		}
		switch (offset) {
			case 0x00: {
				this.#loaded = this.#left;
				this.#enabled = (value & CONTROL_ENABLE) !== 0;
				this.#pause = value & 0x07000000;
				this.#restart();
				if (value & CONTROL_TRIGGER) {
					this.#trigger("force");
				}
				return true;
			}
			case 0x04:
				this.#loaded = value & 0xffffff;
				this.#restart();
				return true;
			case 0x08: return true;
			case 0x2c:
				this.#tick = value & 0x3ff;
				this.followTick();
				return true;
			default: return false;
		}
	}
}
