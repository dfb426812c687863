/**
 * Function 0: the registers of the radio's gSPI port, its interrupt line and its status word.
 *
 * PROTOCOL.md, section 4.
 */
import type { Log } from "../wires.ts";
import type { BusFunction } from "./gspi-words.ts";

/** BUS_CONTROL, register 0x00; reset value as read on real boards. */
const CONTROL = 0x00;
const CONTROL_RESET = 0x30;
const WORD_LENGTH_32 = 0x01;
const ENDIAN_BIG = 0x02;
const CLOCK_PHASE = 0x04;
const CLOCK_POLARITY = 0x08;
const HIGH_SPEED = 0x10;
const INTERRUPT_POLARITY_HIGH = 0x20;
const CONTROL_RESERVED = 0x40;
const RESPONSE_DELAY = 0x01;
const STATUS_ENABLE = 0x02;
const STATUS_APPENDED = 0x01;
const RESPONSE_DELAY_ALL = 0x04;
const RESET_BACKPLANE = 0x03;
const INTERRUPT = 0x04;
const INTERRUPT_ENABLE = 0x06;
const STATUS = 0x08;
const FUNCTION1_INFO = 0x0c;
const FUNCTION2_INFO = 0x0e;
const FUNCTION3_INFO = 0x10;
const TEST_READ_ONLY = 0x14;
const TEST_READ_WRITE = 0x18;
const RESPONSE_DELAY_FUNCTION0 = 0x1c;
const CARD_CAPABILITIES = 0xf0;
const TEST_PATTERN = 0xfeedbead;

/** INTERRUPT and INTERRUPT_ENABLE. */
export const DATA_UNAVAILABLE = 0x0001;
export const READ_UNDERFLOW = 0x0002;
export const WRITE_OVERFLOW = 0x0004;
const PACKET_AVAILABLE = 0x0020;
export const FUNCTION1_OVERFLOW = 0x0080;
export const FUNCTION1_INTERRUPT = 0x2000;

/** For the log. */
const NAMES: Readonly<Record<number, string>> = {
	[CONTROL]: "BUS_CONTROL",
	[RESPONSE_DELAY]: "RESPONSE_DELAY",
	[STATUS_ENABLE]: "STATUS_ENABLE",
	[RESET_BACKPLANE]: "RESET_BP",
	[INTERRUPT]: "INTERRUPT",
	[INTERRUPT_ENABLE]: "INTERRUPT_ENABLE",
	[STATUS]: "STATUS",
	[FUNCTION1_INFO]: "F1_INFO",
	[FUNCTION2_INFO]: "F2_INFO",
	[FUNCTION3_INFO]: "F3_INFO",
	[TEST_READ_ONLY]: "TEST_RO",
	[TEST_READ_WRITE]: "TEST_RW",
	[RESPONSE_DELAY_FUNCTION0]: "RESPONSE_DELAY_F0",
	[RESPONSE_DELAY_FUNCTION0 + 1]: "RESPONSE_DELAY_F1",
	[RESPONSE_DELAY_FUNCTION0 + 2]: "RESPONSE_DELAY_F2",
	[RESPONSE_DELAY_FUNCTION0 + 3]: "RESPONSE_DELAY_F3",
	[CARD_CAPABILITIES]: "CARDCAP",
};

/** STATUS. */
const STATUS_DATA_UNAVAILABLE = 0x0001;
const STATUS_UNDERFLOW = 0x0002;
const STATUS_OVERFLOW = 0x0004;
const STATUS_FUNCTION2_INTERRUPT = 0x0008;
const STATUS_RECEIVE_READY = 0x0020;
const STATUS_PACKET_AVAILABLE = 0x0100;
const STATUS_LENGTH_SHIFT = 9;

/** What the status word tells about function 2. */
export interface FrameSource {
	/** Bytes of the frame that is to be read next, 0 when there is none. */
	readonly nextLengthBytes: number;
	/** The interrupt line tells of it. */
	readonly announced: boolean;
	/** The host may write a frame. */
	readonly receiveReady: boolean;
}

export class BusRegisters implements BusFunction {
	readonly #log: Log;
	readonly #frames: FrameSource;
	readonly #bytes = new Uint8Array(256);
	#interruptLatch = DATA_UNAVAILABLE;
	#modeChosen = false;

	/** Decoded BUS_CONTROL and STATUS_ENABLE. */
	words32 = false;
	bigEndian = false;
	highSpeed = true;
	statusAppended = true;

	/** While positive, the status register reads all ones this many times (a chip that does not respond). */
	deafPolls = 0;

	constructor(log: Log, frames: FrameSource) {
		this.#log = log;
		this.#frames = frames;
		this.#bytes[CONTROL] = CONTROL_RESET;
		this.#bytes[RESPONSE_DELAY] = 4;
		this.#bytes[STATUS_ENABLE] = STATUS_APPENDED;
		// Functions 0 to 3: 0, 4, 0, 0 bytes.
		this.#bytes[RESPONSE_DELAY_FUNCTION0 + 1] = 4;
	}

	name(address: number): string | undefined {
		return NAMES[address];
	}

	/** Bytes that the chip clocks out before the answer of this function. */
	delayBytes(busFunction: number): number {
		return this.#bytes[RESPONSE_DELAY_FUNCTION0 + busFunction];
	}

	/** The level of the interrupt line. */
	get interruptLevel(): boolean {
		const told = this.interrupts & ~(this.#frames.announced ? 0 : PACKET_AVAILABLE);
		const active = (told & this.#half(INTERRUPT_ENABLE)) !== 0;
		return active === ((this.#bytes[CONTROL] & INTERRUPT_POLARITY_HIGH) !== 0);
	}

	/** INTERRUPT_ENABLE is not 0. */
	get interruptsEnabled(): boolean {
		return this.#half(INTERRUPT_ENABLE) !== 0;
	}

	/** DATA_UNAVAILABLE of INTERRUPT waits to be cleared. */
	get dataUnavailable(): boolean {
		return (this.#interruptLatch & DATA_UNAVAILABLE) !== 0;
	}

	/** INTERRUPT: "packet available" is a level, the others are latched. */
	get interrupts(): number {
		return this.#interruptLatch | (this.#frames.nextLengthBytes ? PACKET_AVAILABLE : 0);
	}

	/** The status word. */
	get status(): number {
		const length = this.#frames.nextLengthBytes;
		const latch = this.#interruptLatch;
		return (
			(latch & DATA_UNAVAILABLE ? STATUS_DATA_UNAVAILABLE : 0)
			| (latch & READ_UNDERFLOW ? STATUS_UNDERFLOW : 0)
			| (latch & WRITE_OVERFLOW ? STATUS_OVERFLOW : 0)
			| (this.#frames.receiveReady ? STATUS_RECEIVE_READY : 0)
			| (length ? STATUS_FUNCTION2_INTERRUPT | STATUS_PACKET_AVAILABLE | (length << STATUS_LENGTH_SHIFT) : 0)
		) >>> 0;
	}

	/** Latches bits of INTERRUPT. */
	raise(interrupts: number): void {
		this.#interruptLatch |= interrupts;
	}

	read(address: number, lengthBytes: number, _incrementing: boolean, into: Uint8Array): void {
		const deaf = this.deafPolls > 0 && address === STATUS;
		if (deaf) {
			this.deafPolls--;
		}
		for (let index = 0; index < lengthBytes; index++) {
			into[index] = deaf ? 0xff : this.#readByte((address + index) & 0xff);
		}
	}

	readDone(): void {
		// No register of this function changes when it is read.
	}

	write(address: number, bytes: Uint8Array): void {
		let controlWritten = false;
		for (let index = 0; index < bytes.length; index++) {
			const at = (address + index) & 0xff;
			const value = bytes[index];
			switch (at) {
				case CONTROL:
					controlWritten = true;
					this.#writeControl(value);
					break;
				case RESPONSE_DELAY:
				case INTERRUPT_ENABLE:
				case INTERRUPT_ENABLE + 1:
				case CARD_CAPABILITIES:
					this.#bytes[at] = value;
					break;
				case STATUS_ENABLE:
					if (value & RESPONSE_DELAY_ALL) {
						this.#log.violation("warning", "radio-unmodelled-delay-all", "RESP_DELAY_ALL of STATUS_ENABLE is not modelled");
					}
					this.#bytes[at] = value;
					this.statusAppended = (value & STATUS_APPENDED) !== 0;
					break;
				case RESET_BACKPLANE:
					if (value) {
						this.#log.violation("warning", "radio-unmodelled-reset", `writing 0x${value.toString(16)} to RESET_BP is not modelled`);
					}
					break;
				case INTERRUPT:
					this.#interruptLatch &= ~value;
					break;
				case INTERRUPT + 1:
					this.#interruptLatch &= ~(value << 8);
					break;
				default:
					if ((at >= TEST_READ_WRITE && at < TEST_READ_WRITE + 4)
						|| (at >= RESPONSE_DELAY_FUNCTION0 && at < RESPONSE_DELAY_FUNCTION0 + 4)) {
						this.#bytes[at] = value;
						break;
					}
					this.#log.violation("error", "radio-bus-read-only", `bus register 0x${at.toString(16)} cannot be written (0x${value.toString(16)})`);
			}
		}
		if (controlWritten) {
			this.#modeChosen = this.words32;
		}
	}

	#writeControl(value: number): void {
		const before = this.#bytes[CONTROL];
		if (value & CONTROL_RESERVED) {
			this.#log.violation("error", "radio-bus-reserved", `reserved bit 6 of BUS_CONTROL written (0x${value.toString(16)})`);
		}
		if (value & (CLOCK_PHASE | CLOCK_POLARITY)) {
			this.#log.violation("warning", "radio-unmodelled-clock-mode", `CLOCK_PHASE and CLOCK_POLARITY are not modelled (BUS_CONTROL 0x${value.toString(16)})`);
		}
		if (this.#modeChosen && (before ^ value) & (WORD_LENGTH_32 | ENDIAN_BIG)) {
			this.#log.violation("error", "radio-bus-mode-change", `word length or byte order changed after start (0x${before.toString(16)} to 0x${value.toString(16)})`);
		}
		this.#bytes[CONTROL] = value;
		this.words32 = (value & WORD_LENGTH_32) !== 0;
		this.bigEndian = (value & ENDIAN_BIG) !== 0;
		this.highSpeed = (value & HIGH_SPEED) !== 0;
	}

	#half(address: number): number {
		return this.#bytes[address] | (this.#bytes[address + 1] << 8);
	}

	#readByte(address: number): number {
		switch (address) {
			case INTERRUPT:
				return this.interrupts & 0xff;
			case INTERRUPT + 1:
				return this.interrupts >>> 8;
			case STATUS: case STATUS + 1: case STATUS + 2: case STATUS + 3:
				return (this.status >>> (8 * (address - STATUS))) & 0xff;
			// Enabled, ready, longest transfer in bits 15:2.
			case FUNCTION1_INFO: return 0x03;
			case FUNCTION1_INFO + 1: return 64 >> 6;
			case FUNCTION2_INFO: return this.#frames.receiveReady ? 0x03 : 0x01;
			case FUNCTION2_INFO + 1: return (2048 << 2) >> 8;
			case FUNCTION3_INFO: case FUNCTION3_INFO + 1: return 0;
			case TEST_READ_ONLY: case TEST_READ_ONLY + 1: case TEST_READ_ONLY + 2: case TEST_READ_ONLY + 3:
				return (TEST_PATTERN >>> (8 * (address - TEST_READ_ONLY))) & 0xff;
			default:
				return this.#bytes[address];
		}
	}
}
