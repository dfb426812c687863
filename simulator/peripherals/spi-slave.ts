/**
 * The slave of an SPI block (PL022; RP2040 datasheet 4.4.3), in Motorola's format: it follows the edges of its clock and its
 * select line, whoever drives them. The FIFOs are the block's, `Spi`'s.
 *
 * With SPH 0 a word begins with the select line, which must rise before the next one (4.4.3.8 and 4.4.3.9): the rest of what a
 * master clocks before that is lost. With SPH 1 the select line may stay low.
 */
import type { spiSignals } from "../core/pin-functions.ts";
import type { Pins } from "../core/pins.ts";

/** What the slave has of its block. */
export interface SpiSlaveBlock {
	/** Enabled, as a slave. */
	isSlave(): boolean;
	/** It may drive its output (SOD is not set). */
	mayDrive(): boolean;
	/** 0-3: SPO and SPH. */
	mode(): number;
	bits(): number;
	/** What is to be sent, the first word first. */
	readonly transmit: number[];
	/** A word went into the shift register. */
	loaded(): void;
	received(word: number): void;
}

export class SpiSlave {
	readonly #pins: Pins;
	readonly #signals: ReturnType<typeof spiSignals>;
	readonly #block: SpiSlaveBlock;
	#isSelected = false;
	#isClockActive = false;
	/** Bits that have come of the present word, and what they are. */
	#count = 0;
	#word = 0;
	/** What is sent with them; undefined until the first edge takes it from the FIFO. */
	#sent: number | undefined;
	/** With SPH 0: a word is whole, and the select line has not risen. */
	#isWhole = false;

	constructor(pins: Pins, signals: ReturnType<typeof spiSignals>, block: SpiSlaveBlock) {
		this.#pins = pins;
		this.#signals = signals;
		this.#block = block;
	}

	/** In the middle of a word. */
	get isBusy(): boolean {
		return this.#count > 0;
	}

	/** The block's settings have changed. */
	configured(): void {
		this.#pins.follow(this, this.#block.isSlave() ? [this.#signals.select, this.#signals.clock] : [], () => this.#look());
		this.#look();
	}

	/** A word was written, which may be the one that waits for its first edge. */
	written(): void {
		if (this.#isSelected && !this.#count && !this.#isWhole) {
			this.#show();
		}
	}

	#look(): void {
		const { select, clock } = this.#signals;
		const isSelected = this.#block.isSlave() && !this.#pins.inputOf(select);
		const isActive = this.#pins.inputOf(clock) !== (this.#block.mode() >= 2);
		const isEdge = isActive !== this.#isClockActive;
		this.#isClockActive = isActive;
		if (isSelected !== this.#isSelected) {
			this.#isSelected = isSelected;
			this.#isWhole = false;
			this.#next();
			this.#show();
		} else if (isSelected && isEdge && !this.#isWhole) {
			this.#edge(isActive);
		}
	}

	#next(): void {
		this.#count = this.#word = 0;
		this.#sent = undefined;
	}

	/** With SPH 0 the first edge of a bit takes it and the second brings the next one; with SPH 1 it is the other way about. */
	#edge(isFirst: boolean): void {
		const late = (this.#block.mode() & 1) === 1;
		if (!this.#count && isFirst) {
			this.#sent = this.#block.transmit.shift() ?? 0;
			this.#block.loaded();
		}
		if (isFirst === late) {
			this.#show();
			return;
		}
		this.#word = (this.#word << 1) | (this.#pins.inputOf(this.#signals.receive) ? 1 : 0);
		if (++this.#count === this.#block.bits()) {
			const word = this.#word;
			this.#isWhole = !late;
			this.#next();
			this.#block.received(word);
		}
	}

	/** The present bit onto the wire, or nothing. */
	#show(): void {
		if (!this.#isSelected || !this.#block.mayDrive()) {
			this.#pins.setSignal(this.#signals.transmit, undefined);
			return;
		}
		const word = this.#sent ?? this.#block.transmit[0] ?? 0;
		this.#pins.setSignal(this.#signals.transmit, ((word >>> (this.#block.bits() - 1 - this.#count)) & 1) === 1);
	}
}
