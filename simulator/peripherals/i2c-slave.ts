/**
 * The slave of an I2C block (DW_apb_i2c; RP2040 datasheet 4.3.10.1): to the block that is the master on the same lines it is one
 * more device. The FIFOs and the interrupts are the block's, `I2c`'s.
 */
import type { I2cDevice } from "../wires.ts";
import { FIFO_DEPTH, FIRST_DATA_BYTE, GEN_CALL, ACTIVITY, RD_REQ, RESTART_DET, RX_DONE, RX_OVER, START_DET, STOP_DET } from "./i2c-registers.ts";

/** IC_TX_ABRT_SOURCE: a read begins or ends while old data is in the FIFO, and it is dropped. */
const ABORT_FLUSH = 1 << 13;
const GENERAL_CALL = 0;

/** What the slave has of its block. */
export interface I2cSlaveBlock {
	readonly transmit: number[];
	readonly received: number[];
	/** Enabled. */
	isEnabled(): boolean;
	/** Enabled, and neither master nor with IC_SLAVE_DISABLE. */
	isSlave(): boolean;
	/** A full receive FIFO holds the bus (RX_FIFO_FULL_HLD_CTRL). */
	holdsWhenFull(): boolean;
	/** STOP is told only to the slave that was addressed (STOP_DET_IFADDRESSED). */
	stopsIfAddressed(): boolean;
	isRaised(interrupt: number): boolean;
	raise(interrupts: number): void;
	/** TX_ABRT with its source: both FIFOs are emptied. */
	abort(source: number): void;
}

export class I2cSlave implements I2cDevice {
	readonly #block: I2cSlaveBlock;
	/** IC_SAR. */
	address = 0x55;
	/** IC_SLV_DATA_NACK_ONLY. */
	refusesData = false;
	/** IC_ACK_GENERAL_CALL. */
	acknowledgesGeneralCall = true;
	/** SLV_DISABLED_WHILE_BUSY and SLV_RX_DATA_LOST in IC_ENABLE_STATUS. */
	disabledWhile = 0;
	#role: "idle" | "receiver" | "transmitter" = "idle";
	#isGeneralCall = false;
	/** Bytes since the address. */
	#count = 0;
	/** The master, whose clock is held low. */
	#held: (() => void) | undefined;

	constructor(block: I2cSlaveBlock) {
		this.#block = block;
	}

	reset(): void {
		this.disable();
		this.address = 0x55;
		this.refusesData = false;
		this.acknowledgesGeneralCall = true;
		this.disabledWhile = 0;
	}

	/** SLV_ACTIVITY. */
	get isActive(): boolean {
		return this.#role !== "idle";
	}

	/** The block is disabled: the rest of a transfer is not acknowledged, and reads as ones. */
	disable(): void {
		this.disabledWhile = this.isActive ? 2 | (this.#role === "receiver" && this.#count ? 4 : 0) : 0;
		this.#role = "idle";
		this.#letGo();
	}

	// ---- what is on the lines, whoever is called --------------------------------------------------------------------

	heardStart(): void {
		if (this.#block.isEnabled()) {
			this.#block.raise(START_DET | ACTIVITY | (this.isActive ? RESTART_DET : 0));
		}
		this.#role = "idle";
	}

	heardStop(): void {
		const called = this.isActive && !this.#isGeneralCall;
		this.#role = "idle";
		if (this.#block.isEnabled() && (called || !(this.#block.isSlave() && this.#block.stopsIfAddressed()))) {
			this.#block.raise(STOP_DET);
		}
	}

	// ---- as a device ------------------------------------------------------------------------------------------------

	answers(address: number, reads: boolean): boolean {
		return this.#block.isSlave() && (address === this.address || (address === GENERAL_CALL && !reads && this.acknowledgesGeneralCall));
	}

	start(reads: boolean, address: number): boolean {
		this.#role = reads ? "transmitter" : "receiver";
		this.#isGeneralCall = address === GENERAL_CALL;
		this.#count = 0;
		if (this.#isGeneralCall) {
			this.#block.raise(GEN_CALL);
		}
		if (reads && this.#block.transmit.length) {
			this.#block.abort(ABORT_FLUSH);
		}
		return true;
	}

	/** Before a byte: until the program has given one to send, or has made room for one. */
	hold(letGo: () => void): void {
		this.#held = letGo;
		if (this.#role === "transmitter" && !this.#block.transmit.length) {
			this.#block.raise(RD_REQ);
		}
		this.served();
	}

	/** The program did something with FIFOs or interrupts: is the byte's way free? */
	served(): void {
		const { received, transmit } = this.#block;
		const waits = this.#role === "transmitter"
			? !transmit.length || this.#block.isRaised(RD_REQ)
			: this.#role === "receiver" && received.length >= FIFO_DEPTH && this.#block.holdsWhenFull();
		if (!waits) {
			this.#letGo();
		}
	}

	#letGo(): void {
		const held = this.#held;
		this.#held = undefined;
		held?.();
	}

	write(byte: number): boolean {
		if (this.#role !== "receiver" || this.refusesData) {
			return false;
		}
		const first = this.#count++ === 0;
		if (this.#block.received.length < FIFO_DEPTH) {
			this.#block.received.push(byte | (first ? FIRST_DATA_BYTE : 0));
			this.#block.raise(0);
		} else {
			this.#block.raise(RX_OVER);
		}
		return true;
	}

	read(): number {
		if (this.#role !== "transmitter") {
			return 0xff;
		}
		this.#count++;
		const byte = (this.#block.transmit.shift() ?? 0xff) & 0xff;
		this.#block.raise(0);
		return byte;
	}

	/** No: the master wants no more, and what is left in the FIFO is old. */
	acknowledged(yes: boolean): void {
		if (yes || this.#role !== "transmitter") {
			return;
		}
		this.#block.raise(RX_DONE);
		if (this.#block.transmit.length) {
			this.#block.abort(ABORT_FLUSH);
		}
	}

	/** Of this it hears as everybody on the lines does. */
	stop(): void {}
}
