/**
 * I2C (DW_apb_i2c; RP2040 datasheet 4.3) as a master: command FIFO, the time of each bit, addresses, acknowledgements,
 * aborts with their sources, held clock, and devices on the pins that are given to the block. Its edges are on the pins for who
 * looks.
 */
import type { Dma } from "../core/dma.ts";
import { LevelPlan, type PlannedLevel } from "../core/level-plan.ts";
import { i2cSignals } from "../core/pin-functions.ts";
import type { Pins } from "../core/pins.ts";
import { Block } from "../core/registers.ts";
import type { VirtualClock } from "../core/virtual-clock.ts";
import type { I2cDevice, I2cPlace } from "../wires.ts";

const FIFO_DEPTH = 16;
const FUNCTION_I2C = 3;
/** How often a bus whose lines are low is looked at again. */
const STUCK_LOOK_MICROS = 50;

const COMMAND_READ = 1 << 8;
const COMMAND_STOP = 1 << 9;
const COMMAND_RESTART = 1 << 10;
const ENABLE = 1 << 0;
const ABORT = 1 << 1;
const BLOCK_COMMANDS = 1 << 2;
const EMPTY_WHEN_SENT = 1 << 8;
const HOLD_WHEN_FULL = 1 << 9;

// IC_RAW_INTR_STAT
const RX_UNDER = 1 << 0;
const RX_OVER = 1 << 1;
const RX_FULL = 1 << 2;
const TX_OVER = 1 << 3;
const TX_EMPTY = 1 << 4;
const TX_ABRT = 1 << 6;
const ACTIVITY = 1 << 8;
const STOP_DET = 1 << 9;
const START_DET = 1 << 10;

// IC_TX_ABRT_SOURCE
const ABORT_ADDRESS = 1 << 0;
const ABORT_DATA = 1 << 3;
const ABORT_USER = 1 << 16;

export interface I2cWiring {
	index: 0 | 1;
	irq: number;
	dreqTransmit: number;
	dreqReceive: number;
}

/** A GPIO belongs to I2C1 when bit 1 is set, and is the clock when bit 0 is (datasheet table 2 of section 1.4.3). */
const blockOf = (pin: number): number => (pin >>> 1) & 1;
/** From the highest. */
const bitsOf = (byte: number): number[] => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => (byte >>> bit) & 1);
const isClock = (pin: number): boolean => (pin & 1) === 1;

export class I2c extends Block {
	readonly #clock: VirtualClock;
	readonly #pins: Pins;
	readonly #dma: Dma;
	readonly #wiring: I2cWiring;
	readonly #setInterrupt: (irq: number, high: boolean) => void;
	readonly #note: (text: string) => void;
	readonly #plan: LevelPlan;
	readonly #signals: ReturnType<typeof i2cSignals>;
	readonly #devices: { device: I2cDevice; place: I2cPlace }[] = [];
	#control = 0x65;
	#target = 0x55;
	#counts = { standardHigh: 0x28, standardLow: 0x2f, fastHigh: 6, fastLow: 0xd };
	#spike = 7;
	#hold = 1;
	#mask = 0x8ff;
	#latched = 0;
	#abortSource = 0;
	#enable = 0;
	#receiveThreshold = 0;
	#transmitThreshold = 0;
	#dmaControl = 0;
	#dmaLevels = [0, 0];
	#commands: number[] = [];
	#received: number[] = [];
	/** The device that is called now; null: a transfer without anybody. */
	#called: I2cDevice | undefined;
	#reading = false;
	#inTransfer = false;
	#cancel: (() => void) | undefined;

	constructor(clock: VirtualClock, pins: Pins, dma: Dma, wiring: I2cWiring, setInterrupt: (irq: number, high: boolean) => void, unknown: (text: string) => void) {
		super(`I2C${wiring.index}`, unknown);
		this.#clock = clock;
		this.#pins = pins;
		this.#dma = dma;
		this.#wiring = wiring;
		this.#setInterrupt = setInterrupt;
		this.#note = unknown;
		this.#plan = new LevelPlan(clock, pins);
		this.#signals = i2cSignals(wiring.index);
	}

	/** Puts a device of the board onto the block's pins. */
	attach(device: I2cDevice, place: I2cPlace): void {
		if (place.pullUps ?? true) {
			this.#pins.pullUpByBoard((1 << place.data) | (1 << place.clock));
		}
		this.#devices.push({ device, place });
	}

	reset(): void {
		this.#control = 0x65;
		this.#target = 0x55;
		this.#counts = { standardHigh: 0x28, standardLow: 0x2f, fastHigh: 6, fastLow: 0xd };
		this.#spike = 7;
		this.#hold = 1;
		this.#mask = 0x8ff;
		this.#latched = this.#abortSource = this.#enable = this.#receiveThreshold = this.#transmitThreshold = this.#dmaControl = 0;
		this.#dmaLevels = [0, 0];
		this.#silence();
		this.#update();
	}

	/** The block lets go of the bus, whatever was under way. */
	#silence(): void {
		this.#cancel?.();
		this.#cancel = undefined;
		this.#commands = [];
		this.#received = [];
		if (this.#inTransfer) {
			this.#called?.stop();
		}
		this.#inTransfer = false;
		this.#called = undefined;
		this.#plan.clear();
		this.#show(0, [["data", true], ["clock", true]]);
	}

	/** Puts levels onto the open-drain lines: high is let go. `at` is in bits from now, and the lines of one list change together. */
	#show(at: number, ...steps: ["data" | "clock", boolean][][]): void {
		const afterMicros = at * this.#bitMicros;
		this.#plan.add(steps.flatMap((lines) => lines.map(([line, high]): PlannedLevel => ({ afterMicros, signal: this.#signals[line], level: high ? undefined : false }))));
	}

	get #isWatched(): boolean {
		return this.#pins.isWatched(this.#pins.pinsOf(this.#signals.data) | this.#pins.pinsOf(this.#signals.clock));
	}

	/** START, also a repeated one: SDA falls while SCL is high. Takes `bits`, and leaves both lines low. */
	#showStart(bits: number): void {
		if (this.#isWatched) {
			this.#show(0, [["data", true]]);
			this.#show(0.25, [["clock", true]]);
			this.#show(bits - 0.5, [["data", false]]);
			this.#show(bits - 0.25, [["clock", false]]);
		}
	}

	/** Data from `fromBit` bits on: each is put while SCL is low, which is high in the second half of its time. */
	#showBits(values: number[], fromBit: number): void {
		if (this.#isWatched) {
			values.forEach((value, index) => {
				this.#show(fromBit + index, [["clock", false], ["data", value !== 0]]);
				this.#show(fromBit + index + 0.5, [["clock", true]]);
			});
			this.#show(fromBit + values.length, [["clock", false]]);
		}
	}

	/** STOP: SDA rises while SCL is high. */
	#showStop(): void {
		if (this.#isWatched) {
			this.#show(0, [["clock", false], ["data", false]]);
			this.#show(0.5, [["clock", true]]);
			this.#show(1, [["data", true]]);
		}
	}

	/** The bus as the pins make it: SDA and SCL given to the block, both held high by somebody. */
	#bus(): { devices: I2cDevice[] } | undefined {
		const given = this.#pins.selected(FUNCTION_I2C);
		const mine = [...Array(30).keys()].filter((pin) => (given >>> pin) & 1 && blockOf(pin) === this.#wiring.index);
		const data = mine.find((pin) => !isClock(pin));
		const clock = mine.find(isClock);
		if (data === undefined || clock === undefined) {
			return undefined;
		}
		const there = this.#devices.filter(({ place }) => place.data === data && place.clock === clock);
		const held = there.some(({ place }) => place.pullUps ?? true) || (this.#pins.pulledUp(data) && this.#pins.pulledUp(clock));
		return held ? { devices: there.map(({ device }) => device) } : undefined;
	}

	/** SCL is high for HCNT + spike length + 7 cycles of clk_sys and low for LCNT + 1 (4.3.14). */
	get #bitMicros(): number {
		const { standardHigh, standardLow, fastHigh, fastLow } = this.#counts;
		const standard = ((this.#control >>> 1) & 3) === 1;
		const cycles = (standard ? standardHigh + standardLow : fastHigh + fastLow) + this.#spike + 8;
		return (cycles * 1e6) / this.#clock.frequencyHz;
	}

	#later(bits: number, stretchMicros: number, then: () => void): void {
		if (stretchMicros === Infinity) {
			this.#cancel = () => {};
			return;
		}
		this.#cancel = this.#clock.schedule(bits * this.#bitMicros + stretchMicros, () => {
			this.#cancel = undefined;
			then();
			this.#update();
		});
	}

	/** Takes the next command, if nothing is under way. */
	#next(): void {
		if (this.#cancel || !(this.#enable & ENABLE) || this.#enable & BLOCK_COMMANDS || !this.#commands.length) {
			return;
		}
		const command = this.#commands[0];
		const reads = (command & COMMAND_READ) !== 0;
		if (!this.#inTransfer || command & COMMAND_RESTART && !this.#restarted || reads !== this.#reading) {
			this.#address(reads);
			return;
		}
		if (reads && this.#received.length >= FIFO_DEPTH && this.#control & HOLD_WHEN_FULL) {
			return; // holds the clock until there is room
		}
		this.#restarted = false;
		this.#commands.shift();
		this.#later(0, this.#called?.stretchMicros ?? 0, () => this.#byte(command));
	}

	/** The START of this command has been sent. */
	#restarted = false;

	#address(reads: boolean): void {
		const bus = this.#bus();
		if (!bus) {
			// A low line looks like another master's transfer: the block waits.
			this.#later(0, STUCK_LOOK_MICROS, () => this.#next());
			return;
		}
		const startBits = this.#inTransfer ? 2 : 1;
		this.#showStart(startBits);
		this.#showBits(bitsOf(((this.#target & 0x7f) << 1) | (reads ? 1 : 0)), startBits);
		this.#later(startBits + 8, 0, () => {
			this.#inTransfer = true;
			this.#restarted = true;
			this.#reading = reads;
			this.#latched |= START_DET | ACTIVITY;
			this.#called = bus.devices.find(({ address }) => address === (this.#target & 0x7f));
			this.#acknowledge(this.#called?.start(reads) ?? false, (acknowledged) => {
				if (acknowledged) {
					this.#next();
				} else {
					this.#abort(ABORT_ADDRESS);
				}
			});
		});
	}

	/** The ninth bit: low is yes. */
	#acknowledge(yes: boolean, then: (yes: boolean) => void): void {
		this.#showBits([yes ? 0 : 1], 0);
		this.#later(1, 0, () => then(yes));
	}

	#byte(command: number): void {
		const reads = (command & COMMAND_READ) !== 0;
		const byte = reads ? (this.#called?.read() ?? 0xff) & 0xff : command & 0xff;
		this.#showBits(bitsOf(byte), 0);
		this.#later(8, 0, () => {
			// The reader acknowledges: the device what it takes, the master what it wants more of.
			const yes = reads ? !(command & COMMAND_STOP) : (this.#called?.write(byte) ?? false);
			this.#acknowledge(yes, () => {
				if (reads && this.#received.length >= FIFO_DEPTH) {
					this.#latched |= RX_OVER;
				} else if (reads) {
					this.#received.push(byte);
				} else if (!yes) {
					this.#abort(ABORT_DATA);
					return;
				}
				if (command & COMMAND_STOP) {
					this.#stop();
				} else {
					this.#next();
				}
			});
		});
	}

	#stop(): void {
		this.#showStop();
		this.#later(1, 0, () => {
			if (this.#inTransfer) {
				this.#called?.stop();
			}
			this.#inTransfer = false;
			this.#called = undefined;
			this.#latched |= STOP_DET;
			this.#enable &= ~ABORT;
			this.#next();
		});
	}

	/** What is in the FIFO is dropped, with its count, and a STOP is sent. */
	#abort(source: number): void {
		this.#abortSource |= source | (this.#commands.length << 23);
		this.#commands = [];
		this.#latched |= TX_ABRT;
		this.#stop();
	}

	/** The FIFO is at its threshold; with TX_EMPTY_CTRL, and its last byte is on the wire too (IC_CON bit 8). */
	get #isEmpty(): boolean {
		return (this.#enable & ENABLE) !== 0 && this.#commands.length <= this.#transmitThreshold && !(this.#control & EMPTY_WHEN_SENT && this.#cancel);
	}

	get #raw(): number {
		return (
			this.#latched | (this.#received.length > this.#receiveThreshold ? RX_FULL : 0) |
			(this.#isEmpty ? TX_EMPTY : 0)
		);
	}

	#update(): void {
		const { irq, dreqTransmit, dreqReceive } = this.#wiring;
		this.#setInterrupt(irq, (this.#raw & this.#mask) !== 0);
		if (this.#dmaControl & 2 && this.#commands.length <= this.#dmaLevels[0]) {
			this.#dma.setDREQ(dreqTransmit);
		} else {
			this.#dma.clearDREQ(dreqTransmit);
		}
		if (this.#dmaControl & 1 && this.#received.length > this.#dmaLevels[1]) {
			this.#dma.setDREQ(dreqReceive);
		} else {
			this.#dma.clearDREQ(dreqReceive);
		}
	}

	#clear(bits: number): number {
		const was = this.#latched & bits;
		this.#latched &= ~bits;
		if (bits & TX_ABRT) {
			this.#abortSource = 0;
		}
		this.#update();
		return was ? 1 : 0;
	}

	protected read(offset: number): number | undefined {
		switch (offset) {
			case 0x00: return this.#control;
			case 0x04: return this.#target;
			case 0x08: return 0x55;
			case 0x10: {
				if (!this.#received.length) {
					this.#latched |= RX_UNDER;
				}
				const byte = this.#received.shift() ?? 0;
				this.#next();
				this.#update();
				return byte;
			}
			case 0x14: return this.#counts.standardHigh;
			case 0x18: return this.#counts.standardLow;
			case 0x1c: return this.#counts.fastHigh;
			case 0x20: return this.#counts.fastLow;
			case 0x2c: return this.#raw & this.#mask;
			case 0x30: return this.#mask;
			case 0x34: return this.#raw;
			case 0x38: return this.#receiveThreshold;
			case 0x3c: return this.#transmitThreshold;
			case 0x40: return this.#clear(0xfff);
			case 0x44: return this.#clear(RX_UNDER);
			case 0x48: return this.#clear(RX_OVER);
			case 0x4c: return this.#clear(TX_OVER);
			case 0x54: return this.#clear(TX_ABRT);
			case 0x5c: return this.#clear(ACTIVITY);
			case 0x60: return this.#clear(STOP_DET);
			case 0x64: return this.#clear(START_DET);
			case 0x6c: return this.#enable;
			case 0x70: {
				const active = this.#inTransfer || this.#cancel !== undefined;
				return (
					(active ? 0x21 : 0) | (this.#commands.length < FIFO_DEPTH ? 2 : 0) | (this.#commands.length ? 0 : 4) |
					(this.#received.length ? 8 : 0) | (this.#received.length >= FIFO_DEPTH ? 16 : 0)
				);
			}
			case 0x74: return this.#commands.length;
			case 0x78: return this.#received.length;
			case 0x7c: return this.#hold;
			case 0x80: return this.#abortSource;
			case 0x88: return this.#dmaControl;
			case 0x8c: return this.#dmaLevels[0];
			case 0x90: return this.#dmaLevels[1];
			case 0x9c: return this.#enable & ENABLE;
			case 0xa0: return this.#spike;
			case 0xf4: return 0;
			case 0xf8: return 0x3230312a;
			case 0xfc: return 0x44570140;
			default: return undefined;
		}
	}

	/** These registers take nothing while the block is enabled (4.3.17). */
	#disabled(offset: number): boolean {
		if (this.#enable & ENABLE) {
			this.#note(`${this.name}: write of the register at offset 0x${offset.toString(16)} while the block is enabled has no effect`);
			return false;
		}
		return true;
	}

	protected write(offset: number, value: number): boolean {
		switch (offset) {
			case 0x00:
				if (this.#disabled(offset)) {
					this.#control = value & 0x7ff;
					if ((value & 0x41) !== 0x41) {
						this.#note(`${this.name}: the slave is not modelled`);
					}
				}
				break;
			case 0x04:
				if (this.#disabled(offset)) {
					this.#target = value & 0xfff;
				}
				break;
			case 0x10:
				if (this.#latched & TX_ABRT) {
					break; // the FIFO is held empty until the abort is cleared
				}
				if (this.#commands.length >= FIFO_DEPTH) {
					this.#latched |= TX_OVER;
				} else if (this.#enable & ENABLE) {
					this.#commands.push(value & 0x7ff);
					this.#next();
				}
				break;
			case 0x14: if (this.#disabled(offset)) { this.#counts.standardHigh = value & 0xffff; } break;
			case 0x18: if (this.#disabled(offset)) { this.#counts.standardLow = value & 0xffff; } break;
			case 0x1c: if (this.#disabled(offset)) { this.#counts.fastHigh = value & 0xffff; } break;
			case 0x20: if (this.#disabled(offset)) { this.#counts.fastLow = value & 0xffff; } break;
			case 0x30: this.#mask = value & 0x1fff; break;
			case 0x38: this.#receiveThreshold = Math.min(value & 0xff, FIFO_DEPTH - 1); break;
			case 0x3c: this.#transmitThreshold = Math.min(value & 0xff, FIFO_DEPTH); break;
			case 0x6c:
				this.#enable = (value & 7) | (this.#enable & ABORT);
				if (!(value & ENABLE)) {
					this.#silence();
					this.#enable &= ~ABORT;
				} else if (value & ABORT && this.#inTransfer && !this.#cancel) {
					this.#abort(ABORT_USER);
				} else if (!this.#inTransfer && !this.#cancel) {
					this.#enable &= ~ABORT;
				}
				this.#next();
				break;
			case 0x7c: if (this.#disabled(offset)) { this.#hold = value & 0xffffff; } break;
			case 0x88: this.#dmaControl = value & 3; break;
			case 0x8c: this.#dmaLevels[0] = value & 0xf; break;
			case 0x90: this.#dmaLevels[1] = value & 0xf; break;
			case 0xa0: if (this.#disabled(offset)) { this.#spike = value & 0xff; } break;
			default: return false;
		}
		this.#update();
		return true;
	}
}
