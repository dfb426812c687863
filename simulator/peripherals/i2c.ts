/**
 * I2C (DW_apb_i2c; RP2040 datasheet 4.3) as a master: command FIFO, the time of each bit, addresses, acknowledgements,
 * aborts with their sources, held clock, and devices on the pins that are given to the block. Its edges are on the pins for who
 * looks. Where jumpers join its lines with the other block's, that block's slave (`I2cSlave`) is one of the devices.
 */
import type { Dma } from "../core/dma.ts";
import { LevelPlan, type PlannedLevel } from "../core/level-plan.ts";
import { i2cSignals } from "../core/pin-functions.ts";
import type { Pins } from "../core/pins.ts";
import { Block } from "../core/registers.ts";
import type { VirtualClock } from "../core/virtual-clock.ts";
import type { I2cDevice, I2cPlace } from "../wires.ts";
import { ACTIVITY, FIFO_DEPTH, FIRST_DATA_BYTE, GEN_CALL, RD_REQ, RESTART_DET, RX_DONE, RX_FULL, RX_OVER, RX_UNDER, START_DET, STOP_DET, TX_ABRT, TX_EMPTY, TX_OVER } from "./i2c-registers.ts";
import { I2cSlave } from "./i2c-slave.ts";

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
// IC_TAR
const TARGET_START_BYTE = 1 << 10;
const TARGET_SPECIAL = 1 << 11;
// IC_CON
const MASTER = 1 << 0;
const NO_SLAVE = 1 << 6;
const STOP_IF_ADDRESSED = 1 << 7;
const HOLD_WHEN_FULL = 1 << 9;

// IC_TX_ABRT_SOURCE
const ABORT_ADDRESS = 1 << 0;
const ABORT_DATA = 1 << 3;
const ABORT_GENERAL_CALL = 1 << 4;
const ABORT_NO_MASTER = 1 << 11;
const ABORT_READ_COMMAND_OF_SLAVE = 1 << 15;
const ABORT_USER = 1 << 16;

export interface I2cWiring {
	index: 0 | 1;
	irq: number;
	dreqTransmit: number;
	dreqReceive: number;
	/** The other block's. */
	otherSlave(): I2cSlave;
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
	#setup = 0x64;
	#mask = 0x8ff;
	#latched = 0;
	#abortSource = 0;
	#enable = 0;
	#receiveThreshold = 0;
	#transmitThreshold = 0;
	#dmaControl = 0;
	#dmaLevels = [0, 0];
	readonly #commands: number[] = [];
	readonly #received: number[] = [];
	/** The block as a slave. */
	readonly slave: I2cSlave;
	/** The other block's, which hears what is on the lines. */
	#neighbour: I2cSlave | undefined;
	/** The device that is called now; null: a transfer without anybody. */
	#called: I2cDevice | undefined;
	#reading = false;
	#inTransfer = false;
	/** The next byte that is read is the first since the address. */
	#isFirst = false;
	/** A byte has come, and only the next command says whether more are wanted: it has no acknowledgement yet. */
	#isUnanswered = false;
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
		const isEnabled = (): boolean => (this.#enable & ENABLE) !== 0;
		this.slave = new I2cSlave({
			transmit: this.#commands,
			received: this.#received,
			isEnabled,
			isSlave: () => isEnabled() && !(this.#control & (MASTER | NO_SLAVE)),
			holdsWhenFull: () => (this.#control & HOLD_WHEN_FULL) !== 0,
			stopsIfAddressed: () => (this.#control & STOP_IF_ADDRESSED) !== 0,
			isRaised: (interrupt) => (this.#latched & interrupt) !== 0,
			raise: (interrupts) => {
				this.#latched |= interrupts;
				this.#update();
			},
			abort: (source) => this.#flush(source),
		});
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
		this.#setup = 0x64;
		this.#silence();
		this.slave.reset();
		this.#update();
	}

	/** The block lets go of the bus, whatever was under way. */
	#silence(): void {
		this.#cancel?.();
		this.#cancel = undefined;
		this.#commands.length = this.#received.length = 0;
		this.#endTransfer();
		this.#plan.clear();
		this.#show(0, [["data", true], ["clock", true]]);
	}

	/** Everybody hears the STOP. */
	#endTransfer(): void {
		if (this.#inTransfer) {
			this.#called?.stop();
			this.#neighbour?.heardStop();
		}
		this.#inTransfer = this.#isUnanswered = false;
		this.#called = this.#neighbour = undefined;
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

	/** The bus as the pins and jumpers make it: SDA and SCL given to the block, both held high by somebody. */
	#bus(): { devices: I2cDevice[]; neighbour: I2cSlave | undefined } | undefined {
		const given = this.#pins.selected(FUNCTION_I2C);
		const mine = [...Array(30).keys()].filter((pin) => (given >>> pin) & 1 && blockOf(pin) === this.#wiring.index);
		const data = mine.find((pin) => !isClock(pin));
		const clock = mine.find(isClock);
		if (data === undefined || clock === undefined) {
			return undefined;
		}
		const there = this.#devices.filter(({ place }) => place.data === data && place.clock === clock);
		const pulledUp = (pin: number): boolean => this.#pins.joinedWith(pin).some((end) => this.#pins.pulledUp(end));
		if (!there.some(({ place }) => place.pullUps ?? true) && !(pulledUp(data) && pulledUp(clock))) {
			return undefined;
		}
		const others = i2cSignals(this.#wiring.index ? 0 : 1);
		const isJoined = (pin: number, signal: number): boolean => this.#pins.joinedWith(pin).some((end) => (this.#pins.pinsOf(signal) >>> end) & 1);
		const neighbour = isJoined(data, others.data) && isJoined(clock, others.clock) ? this.#wiring.otherSlave() : undefined;
		return { devices: [...there.map(({ device }) => device), ...(neighbour ? [neighbour] : [])], neighbour };
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

	/** Once the device that is called lets go of the clock. */
	#whenLetGo(then: () => void): void {
		const device = this.#called;
		if (!device?.hold) {
			this.#later(0, device?.stretchMicros ?? 0, then);
			return;
		}
		let waits = true;
		this.#cancel = () => {
			waits = false;
		};
		device.hold(() => {
			if (waits) {
				waits = false;
				this.#later(0, device.stretchMicros ?? 0, then);
			}
		});
	}

	/** Takes the next command, if nothing is under way. */
	#next(): void {
		if (this.#cancel || (this.#enable & (ENABLE | BLOCK_COMMANDS)) !== ENABLE || !(this.#control & MASTER) || !this.#commands.length) {
			return;
		}
		const command = this.#commands[0];
		const reads = (command & COMMAND_READ) !== 0;
		if (this.#isUnanswered) {
			this.#answer(reads && !(command & COMMAND_RESTART), () => this.#next());
			return;
		}
		if (!this.#inTransfer || command & COMMAND_RESTART && !this.#restarted || reads !== this.#reading) {
			this.#address(reads);
			return;
		}
		if (reads && this.#received.length >= FIFO_DEPTH && this.#control & HOLD_WHEN_FULL) {
			return; // holds the clock until there is room
		}
		this.#restarted = false;
		this.#commands.shift();
		this.#whenLetGo(() => this.#byte(command));
	}

	/** The START of this command has been sent. */
	#restarted = false;

	/** IC_TAR asks for a general call. */
	get #callsAll(): boolean {
		return (this.#target & (TARGET_SPECIAL | TARGET_START_BYTE)) === TARGET_SPECIAL;
	}

	get #targetAddress(): number {
		return this.#callsAll ? 0 : this.#target & 0x7f;
	}

	#address(reads: boolean): void {
		const bus = this.#bus();
		if (!bus) {
			// A low line looks like another master's transfer: the block waits.
			this.#later(0, STUCK_LOOK_MICROS, () => this.#next());
			return;
		}
		const startBits = this.#inTransfer ? 2 : 1;
		this.#showStart(startBits);
		this.#showBits(bitsOf((this.#targetAddress << 1) | (reads ? 1 : 0)), startBits);
		this.#later(startBits, 0, () => {
			this.#inTransfer = true;
			this.#latched |= START_DET | ACTIVITY;
			this.#neighbour = bus.neighbour;
			this.#neighbour?.heardStart();
			this.#later(8, 0, () => this.#call(bus.devices, reads));
		});
	}

	#call(devices: I2cDevice[], reads: boolean): void {
		const address = this.#targetAddress;
		this.#restarted = this.#isFirst = true;
		this.#reading = reads;
		this.#called = devices.find((device) => device.answers?.(address, reads) ?? device.address === address);
		this.#acknowledge(this.#called?.start(reads, address) ?? false, (acknowledged) => {
			if (acknowledged) {
				this.#next();
			} else {
				this.#abort(this.#callsAll ? ABORT_GENERAL_CALL : ABORT_ADDRESS);
			}
		});
	}

	/** The ninth bit: low is yes. */
	#acknowledge(yes: boolean, then: (yes: boolean) => void): void {
		this.#showBits([yes ? 0 : 1], 0);
		this.#later(1, 0, () => then(yes));
	}

	/** What the master says to a byte that it has read. */
	#answer(wantsMore: boolean, then: () => void): void {
		this.#isUnanswered = false;
		this.#acknowledge(wantsMore, () => {
			this.#called?.acknowledged?.(wantsMore);
			then();
		});
	}

	#byte(command: number): void {
		const reads = (command & COMMAND_READ) !== 0;
		const byte = reads ? (this.#called?.read() ?? 0xff) & 0xff : command & 0xff;
		this.#showBits(bitsOf(byte), 0);
		this.#later(8, 0, () => {
			if (reads) {
				this.#take(byte, command);
				return;
			}
			const yes = this.#called?.write(byte) ?? false;
			this.#acknowledge(yes, () => {
				if (!yes) {
					this.#abort(ABORT_DATA);
				} else if (command & COMMAND_STOP) {
					this.#stop();
				} else {
					this.#next();
				}
			});
		});
	}

	#take(byte: number, command: number): void {
		if (this.#received.length >= FIFO_DEPTH) {
			this.#latched |= RX_OVER;
		} else {
			this.#received.push(byte | (this.#isFirst ? FIRST_DATA_BYTE : 0));
		}
		this.#isFirst = false;
		if (command & COMMAND_STOP) {
			this.#answer(false, () => this.#stop());
		} else {
			this.#isUnanswered = true;
			this.#next();
		}
	}

	#stop(): void {
		this.#showStop();
		this.#later(1, 0, () => {
			this.#endTransfer();
			this.#latched |= STOP_DET;
			this.#enable &= ~ABORT;
			this.#next();
		});
	}

	/** What is in the FIFO is dropped, with its count, and a STOP is sent. */
	#abort(source: number): void {
		this.#abortSource |= this.#commands.length << 23;
		this.#flush(source);
		if (this.#isUnanswered) {
			this.#answer(false, () => this.#stop());
		} else {
			this.#stop();
		}
	}

	/** A TX_ABRT empties both FIFOs (IC_RAW_INTR_STAT). */
	#flush(source: number): void {
		this.#abortSource |= source;
		this.#commands.length = this.#received.length = 0;
		this.#latched |= TX_ABRT;
		this.#update();
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
		this.slave.served();
		this.#update();
		return was ? 1 : 0;
	}

	protected read(offset: number): number | undefined {
		switch (offset) {
			case 0x00: return this.#control;
			case 0x04: return this.#target;
			case 0x08: return this.slave.address;
			case 0x10: {
				if (!this.#received.length) {
					this.#latched |= RX_UNDER;
				}
				const byte = this.#received.shift() ?? 0;
				this.#next();
				this.slave.served();
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
			case 0x40: return this.#clear(0x1fff);
			case 0x44: return this.#clear(RX_UNDER);
			case 0x48: return this.#clear(RX_OVER);
			case 0x4c: return this.#clear(TX_OVER);
			case 0x50: return this.#clear(RD_REQ);
			case 0x54: return this.#clear(TX_ABRT);
			case 0x58: return this.#clear(RX_DONE);
			case 0x5c: return this.#clear(ACTIVITY);
			case 0x60: return this.#clear(STOP_DET);
			case 0x64: return this.#clear(START_DET);
			case 0x68: return this.#clear(GEN_CALL);
			case 0x6c: return this.#enable;
			case 0x70: {
				const active = this.#inTransfer || this.#cancel !== undefined;
				return (
					(active ? 0x21 : 0) | (this.slave.isActive ? 0x41 : 0) | (this.#commands.length < FIFO_DEPTH ? 2 : 0) | (this.#commands.length ? 0 : 4) |
					(this.#received.length ? 8 : 0) | (this.#received.length >= FIFO_DEPTH ? 16 : 0)
				);
			}
			case 0x74: return this.#commands.length;
			case 0x78: return this.#received.length;
			case 0x7c: return this.#hold;
			case 0x80: return this.#abortSource;
			case 0x84: return this.slave.refusesData ? 1 : 0;
			case 0x88: return this.#dmaControl;
			case 0x8c: return this.#dmaLevels[0];
			case 0x90: return this.#dmaLevels[1];
			case 0x94: return this.#setup;
			case 0x98: return this.slave.acknowledgesGeneralCall ? 1 : 0;
			case 0x9c: return this.#enable & ENABLE || this.slave.disabledWhile;
			case 0xa0: return this.#spike;
			case 0xa8: return this.#clear(RESTART_DET);
			case 0xf4: return 0;
			case 0xf8: return 0x3230312a;
			case 0xfc: return 0x44570140;
			default: return undefined;
		}
	}

	/** A block that is no master takes data, and that only as a slave. */
	#refusesAsSlave(command: number): boolean {
		if (this.#control & NO_SLAVE) {
			this.#flush(ABORT_NO_MASTER);
			return true;
		}
		if (command & COMMAND_READ && this.#latched & RD_REQ) {
			this.#flush(ABORT_READ_COMMAND_OF_SLAVE);
			return true;
		}
		return false;
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
					this.#control = value & 0x3ff;
					if (((value & MASTER) === 0) === ((value & NO_SLAVE) !== 0)) {
						this.#note(`${this.name}: IC_CON is 0x${value.toString(16)}, but MASTER_MODE and IC_SLAVE_DISABLE are to be the same (4.3.17)`);
					}
				}
				break;
			case 0x04:
				if (this.#disabled(offset)) {
					this.#target = value & 0xfff;
				}
				break;
			case 0x08:
				if (this.#disabled(offset)) {
					this.slave.address = value & 0x3ff;
				}
				break;
			case 0x10:
				if (this.#latched & TX_ABRT) {
					break; // the FIFO is held empty until the abort is cleared
				}
				if (this.#enable & ENABLE && !(this.#control & MASTER) && this.#refusesAsSlave(value)) {
					break;
				}
				if (this.#commands.length >= FIFO_DEPTH) {
					this.#latched |= TX_OVER;
				} else if (this.#enable & ENABLE) {
					this.#commands.push(value & 0x7ff);
					this.#next();
					this.slave.served();
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
					if (this.#inTransfer && !this.#cancel) {
						// A master that waits for its next command goes on waiting: so the SDK's bursts change IC_TAR between two bytes.
						this.#commands.length = this.#received.length = 0;
					} else {
						this.#silence();
					}
					this.slave.disable();
					this.#enable &= ~ABORT;
				} else if (value & ABORT && this.#inTransfer && !this.#cancel) {
					this.#abort(ABORT_USER);
				} else if (!this.#inTransfer && !this.#cancel) {
					this.#enable &= ~ABORT;
				}
				this.#next();
				break;
			case 0x7c: if (this.#disabled(offset)) { this.#hold = value & 0xffffff; } break;
			case 0x84: if (this.#disabled(offset)) { this.slave.refusesData = (value & 1) !== 0; } break;
			case 0x88: this.#dmaControl = value & 3; break;
			case 0x8c: this.#dmaLevels[0] = value & 0xf; break;
			case 0x90: this.#dmaLevels[1] = value & 0xf; break;
			case 0x94: if (this.#disabled(offset)) { this.#setup = value & 0xff; } break;
			case 0x98: this.slave.acknowledgesGeneralCall = (value & 1) !== 0; break;
			case 0xa0: if (this.#disabled(offset)) { this.#spike = value & 0xff; } break;
			default: return false;
		}
		this.#update();
		return true;
	}
}
