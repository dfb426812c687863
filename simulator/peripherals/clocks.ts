/**
 * CLOCKS and the two PLLs (RP2040 datasheet 2.15 and 2.18): which clock comes from where and how fast it is, the frequency
 * counter FC0, and the resuscitation of a clk_sys that stands.
 */
import { Block } from "../core/registers.ts";

const ENABLE = 1 << 11;
const KILL = 1 << 10;
const RESUS_CLEAR = 1 << 16;
const RESUS_FORCE = 1 << 12;
const RESUS_ENABLE = 1 << 8;
const COUNTER_DONE = 1 << 4;

const FIRST_OUTPUT = 0x00;
const REF = 0x30;
const SYS = 0x3c;
const PERI = 0x48;
const USB = 0x54;
const ADC = 0x60;
const RTC = 0x6c;
const RESUS_CONTROL = 0x78;
const RESUS_STATUS = 0x7c;
const COUNTER_FIRST = 0x80;
const COUNTER_SOURCE = 0x94;
const COUNTER_STATUS = 0x98;
const COUNTER_RESULT = 0x9c;
const GATES_FIRST = 0xa0;
const ENABLED_0 = 0xb0;
const GATES_LAST = 0xb4;
const INTERRUPT_RAW = 0xb8;
const INTERRUPT_ENABLE = 0xbc;
const INTERRUPT_FORCE = 0xc0;
const INTERRUPT_STATUS = 0xc4;

/** The bits of each CTRL that can be read back, by the place of the generator. */
const CONTROL_BITS: Readonly<Record<number, number>> = {
	0x00: 0x131de0, 0x0c: 0x131de0, 0x18: 0x131de0, 0x24: 0x131de0, [REF]: 0x63, [SYS]: 0xe1, [PERI]: 0xce0, [USB]: 0x130ce0, [ADC]: 0x130ce0, [RTC]: 0x130ce0,
};
/** Of the dividers without fraction, INT is two bits. */
const SHORT_DIVIDER = 0x300;

/** A PLL's output from the crystal's frequency. */
export class Pll extends Block {
	readonly #crystalHz: () => number;
	readonly #changed: () => void;
	#control = 1;
	#power = 0x2d;
	#feedback = 0;
	#dividers = 0x77000;

	/** @param crystalHz 0 while it stands; @param changed is told after each write. */
	constructor(name: string, crystalHz: () => number, changed: () => void, unknown: (text: string) => void) {
		super(name, unknown);
		this.#crystalHz = crystalHz;
		this.#changed = changed;
	}

	reset(): void {
		this.#control = 1;
		this.#power = 0x2d;
		this.#feedback = 0;
		this.#dividers = 0x77000;
		this.#changed();
	}

	/** 0 while PWR has loop, oscillator or post dividers off (2.18.4). */
	get hz(): number {
		const reference = this.#crystalHz() / (this.#control & 0x3f || 1);
		if (this.#control & 0x100) {
			return reference;
		}
		if (this.#power & 0x29) {
			return 0;
		}
		return (reference * (this.#feedback & 0xfff)) / (((this.#dividers >>> 16) & 7 || 1) * ((this.#dividers >>> 12) & 7 || 1));
	}

	protected read(offset: number): number | undefined {
		switch (offset) {
			// It locks at once, and not without its oscillator.
			case 0x0: return this.#control | (this.#power & 0x21 ? 0 : 0x80000000);
			case 0x4: return this.#power;
			case 0x8: return this.#feedback;
			case 0xc: return this.#dividers;
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		switch (offset) {
			case 0x0: this.#control = value & 0x13f; break;
			case 0x4: this.#power = value & 0x2d; break;
			case 0x8: this.#feedback = value & 0xfff; break;
			case 0xc: this.#dividers = value & 0x77000; break;
			default: return false;
		}
		this.#changed();
		return true;
	}
}

/** 0 while a source stands. */
export interface ClockSources {
	readonly pllSys: Pll;
	readonly pllUsb: Pll;
	readonly ringOscillatorHz: number;
	readonly crystalHz: number;
	/** What the board puts onto the pin of CLK_GPIN0 or 1. */
	inputHz(index: 0 | 1): number;
}

export interface ClocksOwner {
	/** Some clock may run at another frequency now, or stand. */
	changed(): void;
	setInterrupt(high: boolean): void;
}

export class Clocks extends Block {
	readonly #sources: ClockSources;
	readonly #owner: ClocksOwner;
	/** CTRL and DIV of each generator, at their offsets. */
	readonly #registers = new Uint32Array(0x78 / 4);
	readonly #counter = new Uint32Array(8);
	/** WAKE_EN and SLEEP_EN: kept, and without effect. */
	readonly #gates = new Uint32Array(4);
	#resusControl = 0xff;
	#resussed = false;
	#interruptEnable = 0;
	#interruptForce = 0;

	constructor(sources: ClockSources, owner: ClocksOwner, unknown: (text: string) => void) {
		super("CLOCKS", unknown);
		this.#sources = sources;
		this.#owner = owner;
	}

	reset(): void {
		this.#registers.fill(0);
		for (const place of Object.keys(CONTROL_BITS)) {
			this.#registers[Number(place) / 4 + 1] = 0x100;
		}
		this.#counter.fill(0);
		this.#gates.fill(0xffffffff);
		this.#resusControl = 0xff;
		this.#resussed = false;
		this.#interruptEnable = this.#interruptForce = 0;
		this.#update();
		this.#owner.changed();
	}

	#control(place: number): number {
		return this.#registers[place / 4];
	}

	/** DIV, 24.8 bits; INT 0 divides by 65,536. */
	#divisor(place: number, mask = 0xffffffff): number {
		const value = (this.#registers[place / 4 + 1] & mask) >>> 0;
		return value >>> 8 ? value / 256 : 0x10000;
	}

	/** AUXSRC of a CTRL. */
	#auxiliary(place: number): number {
		return (this.#control(place) >>> 5) & (place < REF ? 15 : 7);
	}

	get refHz(): number {
		const sources = this.#sources;
		const auxiliary = [sources.pllUsb.hz, sources.inputHz(0), sources.inputHz(1), 0][this.#auxiliary(REF) & 3];
		return [sources.ringOscillatorHz, auxiliary, sources.crystalHz, 0][this.#control(REF) & 3] / this.#divisor(REF, SHORT_DIVIDER);
	}

	/** 0 while clk_sys stands. */
	get sysHz(): number {
		if (this.#resussed) {
			return this.refHz;
		}
		const { pllSys, pllUsb } = this.#sources;
		const source = this.#control(SYS) & 1 ? ([pllSys.hz, pllUsb.hz, ...this.#fromOutside][this.#auxiliary(SYS)] ?? 0) : this.refHz;
		return source / this.#divisor(SYS);
	}

	get periHz(): number {
		const { pllSys, pllUsb } = this.#sources;
		return this.#runs(PERI) ? ([this.sysHz, pllSys.hz, pllUsb.hz, ...this.#fromOutside][this.#auxiliary(PERI)] ?? 0) : 0;
	}

	get usbHz(): number {
		return this.#fromUsbList(USB) / this.#divisor(USB, SHORT_DIVIDER);
	}

	get adcHz(): number {
		return this.#fromUsbList(ADC) / this.#divisor(ADC, SHORT_DIVIDER);
	}

	get rtcHz(): number {
		return this.#fromUsbList(RTC) / this.#divisor(RTC);
	}

	/** The list of sources that clk_usb, clk_adc and clk_rtc share. */
	#fromUsbList(place: number): number {
		const { pllSys, pllUsb } = this.#sources;
		return this.#runs(place) ? ([pllUsb.hz, pllSys.hz, ...this.#fromOutside][this.#auxiliary(place)] ?? 0) : 0;
	}

	/** The sources that follow the PLLs in all lists of AUXSRC but those of clk_ref and the outputs. */
	get #fromOutside(): readonly number[] {
		const { ringOscillatorHz, crystalHz } = this.#sources;
		return [ringOscillatorHz, crystalHz, this.#sources.inputHz(0), this.#sources.inputHz(1)];
	}

	#runs(place: number): boolean {
		return (this.#control(place) & (ENABLE | KILL)) === ENABLE;
	}

	/** What comes out of CLK_GPOUT0 to 3 (table 208). */
	outputHz(index: number): number {
		const place = FIRST_OUTPUT + 0xc * index;
		if (!this.#runs(place)) {
			return 0;
		}
		const sources = this.#sources;
		const source = [
			() => sources.pllSys.hz, () => sources.inputHz(0), () => sources.inputHz(1), () => sources.pllUsb.hz,
			() => sources.ringOscillatorHz, () => sources.crystalHz,
			() => this.sysHz, () => this.usbHz, () => this.adcHz, () => this.rtcHz, () => this.refHz,
		][this.#auxiliary(place)];
		return (source?.() ?? 0) / this.#divisor(place);
	}

	/** FC0_SRC (table 232). */
	#countedHz(source: number): number {
		const { pllSys, pllUsb, ringOscillatorHz, crystalHz } = this.#sources;
		switch (source) {
			case 1: return pllSys.hz;
			case 2: return pllUsb.hz;
			case 3: case 4: return ringOscillatorHz;
			case 5: return crystalHz;
			case 6: case 7: return this.#sources.inputHz(source === 6 ? 0 : 1);
			case 8: return this.refHz;
			case 9: return this.sysHz;
			case 10: return this.periHz;
			case 11: return this.usbHz;
			case 12: return this.adcHz;
			case 13: return this.rtcHz;
			default: return 0;
		}
	}

	/**
	 * clk_sys stands: if CLK_SYS_RESUS_CTRL allows it, it comes from clk_ref from now on, with an interrupt.
	 *
	 * @returns how long it stood, in microseconds; undefined when nothing brings it back.
	 */
	resuscitate(): number | undefined {
		if (!(this.#resusControl & RESUS_ENABLE) || !this.refHz) {
			return undefined;
		}
		this.#resussed = true;
		this.#update();
		return ((this.#resusControl & 0xff) * 1e6) / this.refHz;
	}

	#update(): void {
		this.#owner.setInterrupt(((this.#interruptRaw & this.#interruptEnable) | this.#interruptForce) !== 0);
	}

	get #interruptRaw(): number {
		return this.#resussed ? 1 : 0;
	}

	protected read(offset: number): number | undefined {
		if (offset < RESUS_CONTROL) {
			const place = offset - (offset % 0xc);
			switch (offset % 0xc) {
				case 0: return this.#control(place) & CONTROL_BITS[place];
				case 4: return this.#registers[offset / 4] & (place === REF || place === USB || place === ADC ? SHORT_DIVIDER : 0xffffffff);
				// SELECTED: of the two glitchless multiplexers, the source; 1 of the others.
				default: return place === REF ? 1 << (this.#control(REF) & 3) : place === SYS && !this.#resussed ? 1 << (this.#control(SYS) & 1) : 1;
			}
		}
		if (offset >= COUNTER_FIRST && offset < GATES_FIRST) {
			switch (offset) {
				case COUNTER_STATUS: return COUNTER_DONE;
				// kHz in bits 29:5, 1/32 kHz below
				case COUNTER_RESULT: return Math.round((this.#countedHz(this.#counter[(COUNTER_SOURCE - COUNTER_FIRST) / 4]) / 1000) * 32);
				default: return this.#counter[(offset - COUNTER_FIRST) / 4];
			}
		}
		if (offset >= GATES_FIRST && offset <= GATES_LAST) {
			return offset >= ENABLED_0 ? this.#gates[(offset - ENABLED_0) / 4] : this.#gates[(offset - GATES_FIRST) / 4];
		}
		switch (offset) {
			case RESUS_CONTROL: return this.#resusControl;
			case RESUS_STATUS: return this.#resussed ? 1 : 0;
			case INTERRUPT_RAW: return this.#interruptRaw;
			case INTERRUPT_ENABLE: return this.#interruptEnable;
			case INTERRUPT_FORCE: return this.#interruptForce;
			case INTERRUPT_STATUS: return (this.#interruptRaw & this.#interruptEnable) | this.#interruptForce;
			default: return undefined;
		}
	}

	protected write(offset: number, value: number): boolean {
		if (offset < RESUS_CONTROL) {
			if (offset % 0xc === 8) {
				return false;
			}
			this.#registers[offset / 4] = value;
			this.#owner.changed();
			return true;
		}
		if (offset >= COUNTER_FIRST && offset < GATES_FIRST) {
			this.#counter[(offset - COUNTER_FIRST) / 4] = value;
			return true;
		}
		if (offset >= GATES_FIRST && offset < ENABLED_0) {
			this.#gates[(offset - GATES_FIRST) / 4] = value;
			return true;
		}
		switch (offset) {
			case RESUS_CONTROL:
				this.#resusControl = value & (RESUS_CLEAR | RESUS_FORCE | RESUS_ENABLE | 0xff);
				if (value & RESUS_FORCE) {
					this.#resussed = true;
				}
				if (value & RESUS_CLEAR) {
					this.#resussed = false;
				}
				this.#owner.changed();
				break;
			case INTERRUPT_ENABLE: this.#interruptEnable = value & 1; break;
			case INTERRUPT_FORCE: this.#interruptForce = value & 1; break;
			default: return false;
		}
		this.#update();
		return true;
	}
}
