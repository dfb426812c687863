/**
 * The USB controller of the RP2040 in device mode (datasheet 4.1): DPSRAM, endpoint buffers, status and interrupts.
 * What happens on the bus comes from the host model, as whole transactions. Replaces rp2040js' controller, which has no
 * NAK, STALL, SOF, data toggles or double buffers.
 */
import { Block } from "../core/registers.ts";

const IRQ_USBCTRL = 5;

const BUFFER_FULL = 0x8000;
const BUFFER_PID = 0x2000;
const BUFFER_RESET_SELECT = 0x1000;
const BUFFER_STALL = 0x0800;
const BUFFER_AVAILABLE = 0x0400;
const BUFFER_LENGTH = 0x03ff;

const ENDPOINT_ENABLE = 0x80000000;
const ENDPOINT_DOUBLE = 0x40000000;
const ENDPOINT_PER_BUFFER = 0x20000000;
const ENDPOINT_PER_TWO = 0x10000000;

const MAIN_ENABLE = 1;
const MAIN_HOST = 2;
const SIE_PULLUP = 1 << 16;
const SIE_EP0_PER_BUFFER = 1 << 29;

const MUX_TO_PHY = 1;
const MUX_TO_DIGITAL_PADS = 4;
/** USBPHY_DIRECT and its override hold DP's pull-up whatever the controller is connected to. */
const PHY_PULLUP = 1 << 1;
const PHY_OVERRIDE_PULLUP = 1 << 2;

const STATUS_VBUS = 1 << 0;
const STATUS_SUSPENDED = 1 << 4;
const STATUS_RESUME = 1 << 11;
/** LINE_STATE: D+ and D-. 0 is SE0, a reset; 1 is J, the idle bus of a full-speed device. */
const STATUS_LINE_STATE_SHIFT = 2;
const LINE_SE0 = 0;
const LINE_J = 1;
const STATUS_CONNECTED = 1 << 16;
const STATUS_SETUP = 1 << 17;
const STATUS_COMPLETE = 1 << 18;
const STATUS_BUS_RESET = 1 << 19;
const STATUS_ACK = 1 << 30;
/** Written with one to clear (datasheet table 407). */
const STATUS_CLEARABLE = 0xff0f0a10 | 0;

const INTERRUPT_COMPLETE = 1 << 3;
const INTERRUPT_BUFFER = 1 << 4;
const INTERRUPT_BUS_RESET = 1 << 12;
const INTERRUPT_CONNECTION = 1 << 13;
const INTERRUPT_SUSPEND = 1 << 14;
const INTERRUPT_RESUME = 1 << 15;
const INTERRUPT_SETUP = 1 << 16;
const INTERRUPT_SOF = 1 << 17;
const INTERRUPT_STALL_NAK = 1 << 19;

/** The device's answer to an IN token. */
export type InAnswer = { kind: "data"; data: Uint8Array; pid: 0 | 1 } | { kind: "nak" } | { kind: "stall" } | { kind: "timeout" };
/** The device's answer to an OUT or SETUP transaction. */
export type OutAnswer = "ack" | "nak" | "stall" | "timeout";

export class UsbController extends Block {
	readonly dpsram: Uint8Array;
	readonly #view: DataView;
	readonly #setInterrupt: (irq: number, high: boolean) => void;
	readonly #padLines: () => number;

	#address = 0;
	#main = 0;
	#sie = 0;
	#status = 0;
	#bufferStatus = 0;
	#stallArm = 0;
	#stallNak = 0;
	#muxing = 0;
	#power = 0;
	#enable = 0;
	#force = 0;
	#frame = 0;
	#sof = false;
	#connectionChanged = false;
	#abort = 0;
	#abortDone = 0;
	/** The host holds both lines low. */
	#inReset = false;
	readonly #phy = new Uint32Array(3);
	/** Which of two buffers comes next: bit 2n for IN, 2n+1 for OUT. */
	#select = 0;

	/** The pull-up appeared or went, or the controller was switched. */
	onConnection: (() => void) | undefined;
	/** A buffer became available to the controller. */
	onArmed: ((endpoint: number, isIn: boolean) => void) | undefined;
	/** Software broke a rule of the datasheet. */
	onViolation: ((code: string, text: string) => void) | undefined;

	/** @param padLines D+ (1) and D- (2) as GPIO 15 and 16 give them, for a controller that is muxed to these. */
	constructor(setInterrupt: (irq: number, high: boolean) => void, padLines: () => number, unknown: (text: string) => void) {
		super("USBCTRL", unknown);
		this.#setInterrupt = setInterrupt;
		this.#padLines = padLines;
		this.dpsram = new Uint8Array(4096);
		this.#view = new DataView(this.dpsram.buffer);
	}

	reset(): void {
		const connected = this.connected;
		this.#address = this.#main = this.#sie = this.#bufferStatus = 0;
		this.#status = 0;
		this.#stallArm = this.#stallNak = this.#muxing = this.#power = 0;
		this.#enable = this.#force = 0;
		this.#sof = this.#connectionChanged = false;
		this.#abort = this.#abortDone = this.#select = 0;
		this.#phy.fill(0);
		this.#update();
		if (connected) {
			this.onConnection?.();
		}
	}

	// ---- the bus ----------------------------------------------------------------------------------------------------

	/** True while a host sees a device: controller on, supply noticed, and a pull-up, the controller's or one that the PHY was told to hold. */
	get connected(): boolean {
		const pulledUp = this.#atPhy ? this.#sie & SIE_PULLUP : this.#phy[0] & PHY_PULLUP && this.#phy[1] & PHY_OVERRIDE_PULLUP;
		return (this.#main & (MAIN_ENABLE | MAIN_HOST)) === MAIN_ENABLE && pulledUp !== 0 && (this.#power & 0x0c) === 0x0c;
	}

	get #atPhy(): boolean {
		return (this.#muxing & MUX_TO_PHY) !== 0;
	}

	/** It takes part in what is on the bus; else the host sees a device that answers nothing. */
	get #listening(): boolean {
		return this.connected && this.#atPhy;
	}

	get #lineState(): number {
		if (this.#muxing & MUX_TO_DIGITAL_PADS) {
			return this.#padLines();
		}
		return this.connected && !this.#inReset ? LINE_J : LINE_SE0;
	}

	/** The device address that software has set. */
	get address(): number {
		return this.#address & 0x7f;
	}

	/** The host holds the bus in reset, long enough already to be noticed. */
	busReset(): void {
		this.#inReset = true;
		this.#status |= STATUS_BUS_RESET | STATUS_CONNECTED;
		this.#status &= ~STATUS_SUSPENDED;
		this.#connectionChanged = true;
		this.#select = 0;
		this.#update();
	}

	/** The host lets go of the bus. */
	endBusReset(): void {
		this.#inReset = false;
	}

	/** The bus has been idle for 3 ms. */
	suspend(): void {
		this.#status |= STATUS_SUSPENDED;
		this.#update();
	}

	resume(): void {
		this.#status = (this.#status | STATUS_RESUME) & ~STATUS_SUSPENDED;
		this.#update();
	}

	/** The cable goes. */
	disconnect(): void {
		this.#inReset = false;
		this.#status &= ~STATUS_CONNECTED;
		this.#connectionChanged = true;
		this.#update();
	}

	/** Start of a 1 ms frame. */
	startOfFrame(frame: number): void {
		this.#frame = frame & 0x7ff;
		this.#sof = true;
		if (this.#enable & INTERRUPT_SOF) {
			this.#update();
		}
	}

	/** A SETUP transaction to endpoint 0; always taken by a device that is there. */
	setup(packet: Uint8Array): OutAnswer {
		if (!this.#listening) {
			return "timeout";
		}
		this.dpsram.set(packet, 0);
		this.#stallArm = 0;
		this.#status |= STATUS_SETUP;
		this.#select &= ~3;
		this.#update();
		return "ack";
	}

	/** An IN token. */
	in(endpoint: number): InAnswer {
		if (!this.#listening) {
			return { kind: "timeout" };
		}
		const control = this.#endpointControl(endpoint, true);
		if (!(control & ENDPOINT_ENABLE)) {
			return { kind: "timeout" };
		}
		const at = 0x80 + 8 * endpoint;
		const word = this.#view.getUint32(at, true);
		const which = this.#bufferOf(endpoint, true, control);
		const half = (word >>> (16 * which)) & 0xffff;
		if (half & BUFFER_STALL && (endpoint || this.#stallArm & 1)) {
			this.#stallNak |= 1 << (2 * endpoint);
			this.#update();
			return { kind: "stall" };
		}
		if (!(half & BUFFER_AVAILABLE)) {
			return { kind: "nak" };
		}
		if (!(half & BUFFER_FULL)) {
			this.onViolation?.("usb-buffer-empty", `endpoint ${endpoint} IN: the buffer is available but not marked full`);
		}
		const length = half & BUFFER_LENGTH;
		const start = this.#bufferStart(endpoint, control) + 64 * which;
		const data = this.dpsram.slice(start, start + length);
		this.#status |= STATUS_ACK;
		this.#done(endpoint, true, which, half & ~(BUFFER_AVAILABLE | BUFFER_FULL), control);
		return { kind: "data", data, pid: half & BUFFER_PID ? 1 : 0 };
	}

	/** An OUT transaction; `pid` as the host sends it. A wrong toggle is acknowledged and dropped, as on the bus. */
	out(endpoint: number, data: Uint8Array, pid: 0 | 1): OutAnswer {
		if (!this.#listening) {
			return "timeout";
		}
		const control = this.#endpointControl(endpoint, false);
		if (!(control & ENDPOINT_ENABLE)) {
			return "timeout";
		}
		const word = this.#view.getUint32(0x84 + 8 * endpoint, true);
		const which = this.#bufferOf(endpoint, false, control);
		const half = (word >>> (16 * which)) & 0xffff;
		if (half & BUFFER_STALL && (endpoint || this.#stallArm & 2)) {
			this.#stallNak |= 2 << (2 * endpoint);
			this.#update();
			return "stall";
		}
		if (!(half & BUFFER_AVAILABLE)) {
			return "nak";
		}
		if ((half & BUFFER_PID ? 1 : 0) !== pid) {
			this.onViolation?.("usb-data-toggle", `endpoint ${endpoint} OUT: the device expects DATA${half & BUFFER_PID ? 1 : 0}, the host sends DATA${pid}`);
			return "ack";
		}
		if (data.length > (half & BUFFER_LENGTH)) {
			this.onViolation?.("usb-overflow", `endpoint ${endpoint} OUT: ${data.length} bytes for a buffer of ${half & BUFFER_LENGTH}`);
			return "timeout";
		}
		this.dpsram.set(data, this.#bufferStart(endpoint, control) + 64 * which);
		this.#done(endpoint, false, which, (half & ~(BUFFER_AVAILABLE | BUFFER_LENGTH)) | BUFFER_FULL | data.length, control);
		return "ack";
	}

	#endpointControl(endpoint: number, isIn: boolean): number {
		if (endpoint === 0) {
			return (ENDPOINT_ENABLE | (this.#sie & SIE_EP0_PER_BUFFER ? ENDPOINT_PER_BUFFER : 0)) >>> 0;
		}
		return this.#view.getUint32(8 * endpoint + (isIn ? 0 : 4), true);
	}

	#bufferStart(endpoint: number, control: number): number {
		return endpoint === 0 ? 0x100 : control & 0xffc0;
	}

	#bufferOf(endpoint: number, isIn: boolean, control: number): 0 | 1 {
		return control & ENDPOINT_DOUBLE ? (((this.#select >>> (2 * endpoint + (isIn ? 0 : 1))) & 1) as 0 | 1) : 0;
	}

	#done(endpoint: number, isIn: boolean, which: 0 | 1, half: number, control: number): void {
		const at = (isIn ? 0x80 : 0x84) + 8 * endpoint;
		this.#view.setUint16(at + 2 * which, half, true);
		const bit = 1 << (2 * endpoint + (isIn ? 0 : 1));
		let report = (control & ENDPOINT_PER_BUFFER) !== 0;
		if (control & ENDPOINT_DOUBLE) {
			this.#select ^= bit;
			if (control & ENDPOINT_PER_TWO && which === 1) {
				report = true;
			}
		}
		if (report) {
			this.#bufferStatus |= bit;
		}
		this.#status |= STATUS_COMPLETE;
		this.#update();
	}

	// ---- software ---------------------------------------------------------------------------------------------------

	readDpsram(offset: number, size: 1 | 2 | 4): number {
		return size === 4 ? this.#view.getUint32(offset, true) : size === 2 ? this.#view.getUint16(offset, true) : this.dpsram[offset];
	}

	writeDpsram(offset: number, size: 1 | 2 | 4, value: number): void {
		if (size === 4) {
			this.#view.setUint32(offset, value, true);
		} else if (size === 2) {
			this.#view.setUint16(offset, value, true);
		} else {
			this.dpsram[offset] = value;
		}
		if (offset >= 0x80 && offset < 0x100) {
			const endpoint = (offset - 0x80) >> 3;
			const isIn = !(offset & 4);
			const word = this.#view.getUint32(offset & ~3, true);
			const bit = 1 << (2 * endpoint + (isIn ? 0 : 1));
			if (word & BUFFER_RESET_SELECT) {
				this.#select &= ~bit;
				this.#view.setUint32(offset & ~3, word & ~BUFFER_RESET_SELECT, true);
			}
			if (word & (BUFFER_AVAILABLE | (BUFFER_AVAILABLE << 16))) {
				this.onArmed?.(endpoint, isIn);
			}
		}
	}

	get #raw(): number {
		const status = this.#status;
		return (
			(status & STATUS_COMPLETE ? INTERRUPT_COMPLETE : 0) | (this.#bufferStatus ? INTERRUPT_BUFFER : 0) |
			(status & STATUS_BUS_RESET ? INTERRUPT_BUS_RESET : 0) | (this.#connectionChanged ? INTERRUPT_CONNECTION : 0) |
			(status & STATUS_SUSPENDED ? INTERRUPT_SUSPEND : 0) | (status & STATUS_RESUME ? INTERRUPT_RESUME : 0) |
			(status & STATUS_SETUP ? INTERRUPT_SETUP : 0) | (this.#sof ? INTERRUPT_SOF : 0) |
			(this.#stallNak ? INTERRUPT_STALL_NAK : 0)
		);
	}

	#update(): void {
		this.#setInterrupt(IRQ_USBCTRL, ((this.#raw & this.#enable) | this.#force) !== 0);
	}

	protected read(offset: number): number | undefined {
		switch (offset) {
			case 0x00: return this.#address;
			case 0x40: return this.#main;
			case 0x44: return 0;
			case 0x48: this.#sof = false; this.#update(); return this.#frame;
			case 0x4c: return this.#sie;
			case 0x50: return this.#status | ((this.#power & 0x0c) === 0x0c ? STATUS_VBUS : 0) | (this.#lineState << STATUS_LINE_STATE_SHIFT);
			case 0x54: return 0;
			case 0x58: return this.#bufferStatus;
			case 0x5c: return 0;
			case 0x60: return this.#abort;
			case 0x64: return this.#abortDone;
			case 0x68: return this.#stallArm;
			case 0x6c: return 0x100010;
			case 0x70: return this.#stallNak;
			case 0x74: return this.#muxing;
			case 0x78: return this.#power;
			case 0x7c: case 0x80: case 0x84: return this.#phy[(offset - 0x7c) >> 2];
			case 0x8c: return this.#raw;
			case 0x90: return this.#enable;
			case 0x94: return this.#force;
			case 0x98: return (this.#raw & this.#enable) | this.#force;
		}
		return offset < 0x40 ? 0 : undefined;
	}

	protected write(offset: number, value: number): boolean {
		const connected = this.connected;
		switch (offset) {
			case 0x00: this.#address = value & 0x7f; break;
			case 0x40: this.#main = value & 0x80000003; break;
			case 0x44: case 0x48: break;
			case 0x4c: this.#sie = value; break;
			case 0x50:
				this.#status &= ~(this.rawValue & STATUS_CLEARABLE);
				if (this.rawValue & STATUS_CONNECTED) {
					this.#connectionChanged = false;
				}
				break;
			case 0x54: return value === 0;	// INT_EP_CTRL: polled by a host, which this is not
			case 0x5c: return true;	// read only
			case 0x58: this.#bufferStatus &= ~this.rawValue; break;
			case 0x60: this.#abort = value; this.#abortDone |= value; break;
			case 0x64: this.#abortDone &= ~this.rawValue; break;
			case 0x68: this.#stallArm = value & 3; break;
			case 0x6c: break;
			case 0x70: this.#stallNak &= ~this.rawValue; break;
			case 0x74: this.#muxing = value & 15; break;
			case 0x78: this.#power = value & 0x3f; break;
			case 0x7c: case 0x80: case 0x84: this.#phy[(offset - 0x7c) >> 2] = value; break;
			case 0x90: this.#enable = value & 0xfffff; break;
			case 0x94: this.#force = value & 0xfffff; break;
			default: return offset > 0 && offset < 0x40;
		}
		this.#update();
		if (this.connected !== connected) {
			this.onConnection?.();
		}
		return true;
	}
}
