/**
 * The registers inside the core, 0xe000e000: SysTick, NVIC, system control block, MPU (ARMv6-M Architecture Reference
 * Manual, chapter B3; which of them exist: RP2040 datasheet 2.4.8).
 */
import { Block } from "./registers.ts";
import type { Processor } from "./processor.ts";
import type { VirtualClock } from "./virtual-clock.ts";

const SYSTICK_ENABLE = 1;
const SYSTICK_INTERRUPT = 2;
const SYSTICK_PROCESSOR_CLOCK = 4;

export class PrivateBus extends Block {
	readonly #core: Processor;
	readonly #clock: VirtualClock;
	readonly #resetRequest: () => void;

	#systickControl = 0;
	#systickReload = 0;
	#systickFlag = false;
	/** In ticks of SysTick's own clock: the value it had, and when. */
	#systickValue = 0;
	#systickSince = 0;
	#systickCancel: (() => void) | undefined;

	constructor(core: Processor, clock: VirtualClock, resetRequest: () => void, unknown: (text: string) => void) {
		super("PPB", unknown);
		this.#core = core;
		this.#clock = clock;
		this.#resetRequest = resetRequest;
	}

	reset(): void {
		this.#systickControl = 0;
		this.#systickReload = 0;
		this.#systickValue = 0;
		this.#systickFlag = false;
		this.#systickCancel?.();
		this.#systickCancel = undefined;
	}

	/** Ticks since power-on of the clock SysTick counts: clk_sys, or the 1 us tick. */
	get #ticks(): number {
		return this.#systickControl & SYSTICK_PROCESSOR_CLOCK ? this.#clock.cycles : Math.floor(this.#clock.micros);
	}

	get #systickNow(): number {
		if (!(this.#systickControl & SYSTICK_ENABLE)) {
			return this.#systickValue;
		}
		const passed = this.#ticks - this.#systickSince;
		if (passed <= this.#systickValue) {
			return this.#systickValue - passed;
		}
		const period = this.#systickReload + 1;
		return this.#systickReload - ((passed - this.#systickValue - 1) % period);
	}

	#systickStart(): void {
		this.#systickCancel?.();
		this.#systickCancel = undefined;
		this.#systickSince = this.#ticks;
		if (!(this.#systickControl & SYSTICK_ENABLE)) {
			return;
		}
		// Zero is reached from the present value, or from the reload value when it starts at zero.
		const ticks = this.#systickValue || this.#systickReload + 1;
		if (!this.#systickValue && !this.#systickReload) {
			return;
		}
		const micros =
			this.#systickControl & SYSTICK_PROCESSOR_CLOCK ? (ticks * 1e6) / this.#clock.frequencyHz : ticks;
		this.#systickCancel = this.#clock.schedule(micros, () => {
			this.#systickFlag = true;
			if (this.#systickControl & SYSTICK_INTERRUPT) {
				this.#core.pendingSystick = true;
				this.#core.exceptionsChanged = true;
				this.#core.attend();
			}
			this.#systickValue = 0;
			this.#systickStart();
		});
	}

	protected read(offset: number): number | undefined {
		const core = this.#core;
		if (offset >= 0x400 && offset < 0x420) {
			let value = 0;
			for (let index = 0; index < 4; index++) {
				value |= core.irqPriority[offset - 0x400 + index] << (8 * index + 6);
			}
			return value;
		}
		switch (offset) {
			case 0x010: {
				const value = this.#systickControl | (this.#systickFlag ? 0x10000 : 0);
				this.#systickFlag = false;
				return value;
			}
			case 0x014: return this.#systickReload;
			case 0x018: return this.#systickNow;
			case 0x01c: return 0xc0000000;
			case 0x100: case 0x180: return core.irqEnabled;
			case 0x200: case 0x280: return core.irqPending;
			case 0xd00: return 0x410cc601;
			case 0xd04: {
				const pending = core.pendingException;
				return (
					(core.pendingNmi ? 0x80000000 : 0) | (core.pendingPendsv ? 0x10000000 : 0) |
					(core.pendingSystick ? 0x04000000 : 0) | (core.irqPending & core.irqEnabled ? 0x00400000 : 0) |
					(pending << 12) | core.ipsr
				);
			}
			case 0xd08: return core.vtor;
			case 0xd0c: return 0xfa050000;
			case 0xd10: return core.scr;
			case 0xd14: return 0x208; // STKALIGN, UNALIGN_TRP
			case 0xd1c: return core.shpr2;
			case 0xd20: return core.shpr3;
			case 0xd24: return core.pendingSvcall ? 0x8000 : 0;
			case 0xd90: case 0xd94: case 0xd98: case 0xd9c: case 0xda0: return core.protection.read(offset - 0xd90);
			case 0xed0: case 0xdfc: return 0;
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		const core = this.#core;
		if (offset >= 0x400 && offset < 0x420) {
			for (let index = 0; index < 4; index++) {
				core.irqPriority[offset - 0x400 + index] = (value >>> (8 * index + 6)) & 3;
			}
			this.#changed();
			return true;
		}
		switch (offset) {
			case 0x010:
				this.#systickValue = this.#systickNow;
				this.#systickControl = value & 7;
				this.#systickStart();
				return true;
			case 0x014:
				this.#systickValue = this.#systickNow;
				this.#systickReload = value & 0xffffff;
				this.#systickStart();
				return true;
			case 0x018:
				this.#systickValue = 0;
				this.#systickFlag = false;
				this.#systickStart();
				return true;
			case 0x100: core.irqEnabled |= value; break;
			case 0x180: core.irqEnabled &= ~value; break;
			case 0x200: core.pend(value | 0); return true;
			case 0x280: core.unpend(value); break;
			case 0xd04:
				if (value & 0x80000000) { core.pendingNmi = true; }
				if (value & 0x10000000) { core.pendingPendsv = true; }
				if (value & 0x08000000) { core.pendingPendsv = false; }
				if (value & 0x04000000) { core.pendingSystick = true; }
				if (value & 0x02000000) { core.pendingSystick = false; }
				break;
			case 0xd08: core.vtor = value & ~0xff; break;
			case 0xd0c:
				if ((value & 0xffff0004) >>> 0 === 0x05fa0004) {
					this.#resetRequest();
				}
				return true;
			case 0xd10: core.scr = value & 0x16; break;
			case 0xd14: return true; // CCR is read only (ARMv6-M manual B3.2.8)
			case 0xd1c: core.shpr2 = value & 0xc0000000; break;
			case 0xd20: core.shpr3 = value & 0xc0c00000; break;
			case 0xd24: core.pendingSvcall = (value & 0x8000) !== 0; break;
			case 0xd94: case 0xd98: case 0xd9c: case 0xda0:
				core.protection.write(offset - 0xd90, value);
				core.protect();
				return true;
			default: return false;
		}
		this.#changed();
		return true;
	}

	#changed(): void {
		this.#core.exceptionsChanged = true;
		this.#core.attend();
	}
}
