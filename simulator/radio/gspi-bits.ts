/**
 * The radio's gSPI port as edges on four pins: power and mode strap, chip select, bits in, bits out, and the interrupt
 * level that shares the data pin while the chip is not selected.
 *
 * Sources: Raspberry Pi Pico W data sheet (pins), Broadcom/Cypress data sheets of the family, chapter "gSPI interface"
 * (mode, edges), pico-sdk `cyw43_bus_pio_spi.pio` (programs known to work). See PROTOCOL.md, sections 1 and 2.
 */
import type { BitListener, Clock, Log, Pin } from "../wires.ts";

/** The four wires between the RP2040 and the radio on a Pico W. */
export interface RadioPins {
	/** GP23, WL_REG_ON: high = powered. */
	readonly regOn: Pin;
	/** GP24: data in, data out, interrupt and mode strap. */
	readonly data: Pin;
	/** GP25: chip select, active low. */
	readonly chipSelect: Pin;
	/** GP29. */
	readonly clock: Pin;
	/** Offers a listener for bits without edges. Default: there are edges alone. */
	listen?(listener: BitListener): void;
}

/** The chip behind the bits: knows words of 32 bits as they stand on the wire, first bit = bit 31. */
export interface WordPort {
	/** Chip select fell. */
	begin(): void;
	/** The host sent 32 bits. @returns true when the chip talks from the next edge on. */
	hostWord(word: number): boolean;
	/** What the chip talks is the status behind a write that it has taken already. */
	readonly onlyStatus: boolean;
	/** The next 32 bits of the chip. Called when their first bit is due, when all bits before have been clocked. */
	chipWord(): number;
	/**
	 * Chip select rose.
	 *
	 * @param looseBits bits from the host behind the last whole word.
	 * @param chipClocks rising edges since the chip talks.
	 */
	end(looseBits: number, chipClocks: number): void;
	/** HIGH_SPEED of BUS_CONTROL: output moves on the rising edge. */
	readonly highSpeed: boolean;
}

/** Clock edge to level change at the host's pin. Of all delays it is the one that fits what is known to work, and to fail, at any clk_sys. */
const OUTPUT_DELAY_NANOS = 16;
/**
 * What the RP2040 puts out passes a register behind PIO and SIO before it is on the pin, and what it reads does not (the
 * radio's pin bypasses the synchroniser). Here the pin moves at once, so the round trip carries that cycle.
 */
const HOST_OUTPUT_CYCLES = 1;

/** From chip select high to the interrupt level: below the 100 ns which hosts wait. */
const INTERRUPT_DELAY_NANOS = 80;

/** The shortest time from power to the first clock edge that any driver leaves, and the usual one. */
const POWER_UP_SHORTEST_MICROS = 50_000;
const POWER_UP_USUAL_MICROS = 250_000;

/** The first edges of a transfer, by which its rate is judged. */
const EDGES_TIMED = 4;

/** 50 MHz, the data sheet's limit. */
const SHORTEST_PERIOD_NANOS = 20;
/** Of either level (fit: 50 MHz at a duty cycle of 40 %). */
const SHORTEST_PULSE_NANOS = 8;

export class GspiBits {
	readonly #pins: RadioPins;
	readonly #time: Clock;
	readonly #log: Log;
	readonly #outputDelayNanos: number;
	readonly #power: (on: boolean, gspi: boolean) => WordPort | undefined;

	#port: WordPort | undefined;
	#powered = false;
	#poweredAtMicros = 0;
	#strapFault = "";
	#judged = false;

	#selected = false;
	#talking = false;
	#highSpeed = true;
	#contention = false;
	#shift = 0;
	#count = 0;
	#chipClocks = 0;
	#outWord = 0;
	#outBits = 0;
	/** At the clk_sys of this transfer. */
	#outputDelayCycles = 0;
	#edgesTimed = 0;
	#lastEdgeCycle = 0;
	#lastFallCycle = 0;

	#interrupt = false;
	/** The level that is on the wire, or on its way there. */
	#driven: boolean | undefined;

	/**
	 * @param power called when WL_REG_ON moved; answers the chip of this power cycle. `gspi` false: the strap said SDIO.
	 * @param outputDelayNanos of the chip, its wires and the pad. Default 16.
	 */
	constructor(
		pins: RadioPins,
		time: Clock,
		log: Log,
		power: (on: boolean, gspi: boolean) => WordPort | undefined,
		outputDelayNanos = OUTPUT_DELAY_NANOS,
	) {
		this.#pins = pins;
		this.#time = time;
		this.#log = log;
		this.#power = power;
		this.#outputDelayNanos = outputDelayNanos;
		pins.regOn.onChange(() => this.#regOnChanged());
		pins.chipSelect.onChange(() => this.#chipSelectChanged());
		pins.clock.onChange(() => this.#clockChanged());
		const bits = this;
		pins.listen?.({
			get quietEdges() {
				return bits.#quietEdges;
			},
			clockRose: () => this.#clockRose(),
		});
		this.#regOnChanged();
	}

	/** The chip's interrupt line changed. */
	setInterrupt(level: boolean): void {
		this.#interrupt = level;
		if (this.#powered && !this.#selected && this.#driven !== level) {
			this.#driven = level;
			this.#pins.data.drive(level);
		}
	}

	#regOnChanged(): void {
		const on = this.#pins.regOn.level;
		if (on === this.#powered) {
			return;
		}
		this.#powered = on;
		this.#selected = this.#talking = false;
		this.#interrupt = false;
		if (!on) {
			this.#driven = undefined;
			this.#pins.data.drive(undefined);
			this.#port = this.#power(false, true);
			return;
		}
		this.#poweredAtMicros = this.#time.micros;
		this.#judged = false;
		// Sampled now, judged at the first transfer: a driver may pulse the power before its pins are set up.
		this.#strapFault = this.#pins.data.level ? "GP24 was high (SDIO mode)"
			: !this.#pins.chipSelect.level ? "GP25 (chip select) was low"
			: this.#pins.clock.level ? "GP29 (clock) was high"
			: "";
		this.#port = this.#power(true, !this.#pins.data.level);
	}

	#chipSelectChanged(): void {
		if (!this.#powered) {
			return;
		}
		const selected = !this.#pins.chipSelect.level;
		if (selected === this.#selected) {
			return;
		}
		if (this.#pins.clock.level) {
			this.#log.violation("error", "radio-clock-high-at-select",
				`GP29 was high when GP25 ${selected ? "fell" : "rose"}: the first edge of the transfer is lost`);
		}
		this.#selected = selected;
		if (selected) {
			this.#shift = this.#count = this.#chipClocks = this.#outBits = this.#edgesTimed = 0;
			this.#talking = this.#contention = false;
			this.#outputDelayCycles = HOST_OUTPUT_CYCLES + this.#cycles(this.#outputDelayNanos);
			if (this.#port) {
				this.#highSpeed = this.#port.highSpeed;
				this.#port.begin();
			}
			return;
		}
		const talked = this.#talking;
		this.#talking = false;
		this.#port?.end(this.#count, talked ? this.#chipClocks : 0);
		if (this.#driven !== this.#interrupt) {
			this.#driven = this.#interrupt;
			this.#pins.data.drive(this.#interrupt, this.#cycles(INTERRUPT_DELAY_NANOS));
		}
	}

	#clockChanged(): void {
		if (this.#pins.clock.level) {
			this.#clockRose();
			return;
		}
		if (this.#talking) {
			this.#clockFellInAnswer();
		} else if (this.#edgesTimed > 0 && this.#edgesTimed < EDGES_TIMED) {
			this.#lastFallCycle = this.#time.cycles;
			this.#judgePulse("high", this.#lastFallCycle - this.#lastEdgeCycle);
		}
	}

	#clockFellInAnswer(): void {
		// Behind a write it is the status alone, which not every host reads.
		if (this.#chipClocks === 0 && this.#pins.data.outputEnabled && !this.#port?.onlyStatus) {
			this.#log.violation("warning", "radio-turnaround", "the RP2040's output on GP24 was still enabled half a clock after the edge with which the answer begins");
		}
		if (!this.#highSpeed) {
			this.#launch();
		}
	}

	/** Edges up to the one that completes or begins a word, once the rate is known and the wire has one driver. */
	get #quietEdges(): number {
		if (!this.#selected || !this.#port || !this.#highSpeed) {
			return 0;
		}
		if (this.#talking) {
			return this.#pins.data.outputEnabled && !this.#contention ? 0 : this.#outBits;
		}
		return this.#edgesTimed < EDGES_TIMED ? 0 : 31 - this.#count;
	}

	#clockRose(): void {
		if (!this.#selected) {
			if (this.#powered) {
				this.#log.violation("warning", "radio-clock-while-idle", "GP29 rose while GP25 was high; the radio does not look");
			}
			return;
		}
		if (this.#talking) {
			this.#chipClocks++;
			if (this.#pins.data.outputEnabled && !this.#contention) {
				this.#contention = true;
				// Some drivers write a word more than they say: only the status is lost.
				this.#log.violation(this.#port?.onlyStatus ? "warning" : "error", "radio-contention",
					`GP24 is driven by both sides: the RP2040's output was still enabled ${this.#chipClocks} clock(s) into the answer`);
			}
			if (this.#highSpeed) {
				this.#launch();
			}
			return;
		}
		if (this.#edgesTimed < EDGES_TIMED) {
			this.#timeEdge();
		}
		this.#shift = (this.#shift << 1) | (this.#pins.data.level ? 1 : 0);
		if (++this.#count === 32) {
			this.#count = 0;
			if (this.#port?.hostWord(this.#shift >>> 0)) {
				this.#talking = true;
				// "The last edge of the command carries the first bit of the answer."
				if (this.#highSpeed) {
					this.#launch();
				}
			}
		}
	}

	#launch(): void {
		if (this.#outBits === 0) {
			this.#outWord = this.#port?.chipWord() ?? 0;
			this.#outBits = 32;
		}
		const level = (this.#outWord & 0x80000000) !== 0;
		this.#outWord <<= 1;
		this.#outBits--;
		if (level !== this.#driven) {
			this.#driven = level;
			this.#pins.data.drive(level, this.#outputDelayCycles);
		}
	}

	/** The first cycle of clk_sys that is not before `nanos` from now. */
	#cycles(nanos: number): number {
		return Math.ceil((nanos * this.#time.frequencyHz) / 1e9);
	}

	#nanos(cycles: number): number {
		return (cycles * 1e9) / this.#time.frequencyHz;
	}

	#judgePulse(level: "high" | "low", cycles: number): void {
		const nanos = this.#nanos(cycles);
		if (nanos < SHORTEST_PULSE_NANOS) {
			this.#log.violation("warning", "radio-clock-narrow", `the clock was ${level} for ${nanos.toFixed(1)} ns; ${SHORTEST_PULSE_NANOS} ns are the least to count on`);
		}
	}

	/** The first edges of a transfer tell its rate; and, of the first transfers, the time since power-up. */
	#timeEdge(): void {
		const cycle = this.#time.cycles;
		const periodNanos = this.#nanos(cycle - this.#lastEdgeCycle);
		this.#lastEdgeCycle = cycle;
		if (this.#edgesTimed++ > 0 && periodNanos > 0) {
			if (periodNanos < SHORTEST_PERIOD_NANOS) {
				this.#log.violation("error", "radio-clock-fast", `a clock period of ${periodNanos.toFixed(1)} ns; the chip's limit is 50 MHz`);
			}
			this.#judgePulse("low", cycle - this.#lastFallCycle);
		}
		if (this.#judged) {
			return;
		}
		const sincePower = this.#time.micros - this.#poweredAtMicros;
		if (this.#strapFault) {
			this.#log.violation("error", "radio-strap", `when WL_REG_ON rose, ${this.#strapFault}`);
			this.#strapFault = "";
		}
		if (sincePower < POWER_UP_SHORTEST_MICROS) {
			this.#log.violation("error", "radio-power-up-short", `first clock edge ${Math.round(sincePower)} us after WL_REG_ON; 50 ms is the least known to work`);
		} else if (sincePower < POWER_UP_USUAL_MICROS) {
			this.#log.violation("info", "radio-power-up-quick", `clock edge ${Math.round(sincePower / 1000)} ms after WL_REG_ON; drivers wait 250 ms`);
		}
		this.#judged = true;
	}
}
