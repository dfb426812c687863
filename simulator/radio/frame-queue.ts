/**
 * Function 2: frames from and to the host, sequence numbers and credits.
 *
 * PROTOCOL.md, section 6.
 */
import { READ_UNDERFLOW, DATA_UNAVAILABLE, WRITE_OVERFLOW, type FrameSource } from "./bus-registers.ts";
import type { BusFunction } from "./gspi-words.ts";
import type { PowerCycle } from "./power-cycle.ts";
import { CHANNEL_DATA, CHANNEL_NAMES, SDPCM_HEADER_BYTES, emitSdpcm, parseSdpcm, type SdpcmFrame } from "./sdpcm.ts";

/** Frames that the host may be ahead; drivers take a jump of more than 20 for an error. */
const CREDITS = 8;
/** When so few are left in the host's hands and nothing else is on its way, a bare header brings more. */
const CREDITS_LOW = 3;
const CREDIT_DELAY_MICROS = 200;
/** More frames than these are not kept for a host that does not read. */
const LONGEST_QUEUE = 64;
const LARGEST_FRAME_BYTES = 1536;
/** What a host leaves for so long, it does not know of (fit). */
const PATIENCE_MICROS = 1_000_000;

export interface FrameQueueOwner {
	/** Latches bits of INTERRUPT. */
	raise(interrupts: number): void;
	/** The number of waiting frames changed: the interrupt line may have. */
	changed(): void;
	/** A valid frame from the host, in order and within its credit. `payload` is only valid during the call. */
	hostFrame(frame: SdpcmFrame): void;
	/** The bus sleeps: nothing may be transferred. */
	readonly asleep: boolean;
	/** The host asked for interrupts. */
	readonly interruptsEnabled: boolean;
	/** DATA_UNAVAILABLE waits to be cleared. */
	readonly dataUnavailable: boolean;
}

export class FrameQueue implements BusFunction, FrameSource {
	readonly #power: PowerCycle;
	readonly #owner: FrameQueueOwner;
	readonly #waiting: Uint8Array[] = [];
	#offset = 0;
	#readLength = 0;
	#partial = false;

	#sequence = 0;
	#expected = -1;
	/** The credit in the last frame that was queued, and in the last that the host read. */
	#creditGranted = 1;
	#creditRead = 1;
	#creditFrameDue = false;
	/** In the last frame that the host read. */
	#flowControlRead = 0;
	/** When the host first read a frame with DATA_UNAVAILABLE set. */
	#dataUnavailableAtMicros: number | undefined;

	receiveReady = false;
	/** While set, the firmware behind it stands still: nothing goes in or out. */
	hung = false;
	/** While set, the interrupt line does not tell of frames. */
	#unannounced = false;
	#pushes = 0;
	/** For every Nth frame the line is not raised. */
	lostInterruptEvery: number | undefined;
	/** While set, no credit is granted: a starving host must wait. */
	starved = false;
	/** Flow control byte of the next frames. */
	flowControl = 0;

	constructor(power: PowerCycle, owner: FrameQueueOwner) {
		this.#power = power;
		this.#owner = owner;
	}

	get nextLengthBytes(): number {
		return this.#waiting.length ? this.#waiting[0].length - this.#offset : 0;
	}

	/** The interrupt line tells of a frame. */
	get announced(): boolean {
		return this.#waiting.length > 0 && !this.#unannounced;
	}

	/** Frames waiting for the host. */
	get depth(): number {
		return this.#waiting.length;
	}

	/**
	 * Queues a frame for the host; its SDPCM header is filled in here.
	 *
	 * @returns false when the queue is full and the frame was dropped.
	 */
	push(frame: Uint8Array, channel: number, headerBytes: number): boolean {
		if (this.hung) {
			return false;
		}
		if (this.#waiting.length >= LONGEST_QUEUE) {
			this.#power.log.violation("warning", "radio-host-not-reading", `${LONGEST_QUEUE} frames wait; one more was dropped`);
			return false;
		}
		if (!this.starved) {
			this.#creditGranted = (Math.max(this.#expected, 0) + CREDITS) & 0xff;
		}
		emitSdpcm(frame, {
			sequence: this.#sequence++,
			channel,
			headerBytes,
			flowControl: this.flowControl,
			credit: this.#creditGranted,
		});
		this.#waiting.push(frame);
		if (!this.#owner.interruptsEnabled) {
			this.#expectRead(frame);
		}
		this.#unannounced = this.lostInterruptEvery !== undefined && ++this.#pushes % this.lostInterruptEvery === 0;
		this.#owner.changed();
		return true;
	}

	/** Queues a bare header that brings the present credit. */
	pushCredit(): void {
		this.push(new Uint8Array(SDPCM_HEADER_BYTES), CHANNEL_DATA, SDPCM_HEADER_BYTES);
	}

	/** FRAME_CONTROL: the host drops the frame it reads. */
	abort(): boolean {
		this.#partial = false;
		if (!this.#waiting.length) {
			return false;
		}
		this.#pop();
		return true;
	}

	name(_address: number, bytes: Uint8Array): string | undefined {
		const frame = parseSdpcm(bytes);
		return typeof frame === "string" ? undefined : `${CHANNEL_NAMES[frame.channel] ?? `channel ${frame.channel}`} frame ${frame.sequence}`;
	}

	read(_address: number, lengthBytes: number, _incrementing: boolean, into: Uint8Array): void {
		const { log } = this.#power;
		this.#readLength = 0;
		const announced = this.nextLengthBytes;
		if (this.#owner.asleep) {
			log.violation("warning", "radio-asleep", "function 2 read while the bus sleeps (KSO clear)");
			into.fill(0xff, 0, lengthBytes);
			return;
		}
		if (announced === 0) {
			log.violation("error", "radio-read-underflow", `${lengthBytes} bytes read from function 2, but no frame waits`);
			into.fill(0, 0, lengthBytes);
			this.#owner.raise(READ_UNDERFLOW | DATA_UNAVAILABLE);
			return;
		}
		if (this.#partial && lengthBytes !== announced) {
			log.violation("error", "radio-read-partial", `a frame was read in part; ${lengthBytes} bytes were asked for next, ${announced} remain and it was not aborted`);
		}
		if (lengthBytes > announced) {
			log.violation("error", "radio-read-underflow", `${lengthBytes} bytes read from function 2, but the frame has ${announced}`);
			this.#owner.raise(READ_UNDERFLOW);
			into.fill(0, announced, lengthBytes);
		}
		this.#readLength = Math.min(lengthBytes, announced);
		into.set(this.#waiting[0].subarray(this.#offset, this.#offset + this.#readLength));
	}

	readDone(takenBytes: number): void {
		const taken = Math.min(takenBytes, this.#readLength);
		this.#readLength = 0;
		if (taken === 0 || !this.#waiting.length) {
			return;
		}
		if (this.#offset + taken < this.#waiting[0].length) {
			this.#offset += taken;
			this.#partial = true;
			return;
		}
		this.#partial = false;
		[this.#flowControlRead, this.#creditRead] = this.#waiting[0].subarray(8, 10);
		this.#pop();
		this.#judgeDataUnavailable();
	}

	write(_address: number, bytes: Uint8Array): void {
		const { log } = this.#power;
		if (this.#owner.asleep) {
			log.violation("warning", "radio-asleep", "function 2 written while the bus sleeps (KSO clear)");
			return;
		}
		if (!this.receiveReady) {
			log.violation("error", "radio-write-overflow", "a frame was written before STATUS told F2_RX_READY");
			this.#owner.raise(WRITE_OVERFLOW);
			return;
		}
		if (bytes.length % 4 !== 0) {
			log.violation("warning", "radio-write-unrounded", `a write of ${bytes.length} bytes to function 2: not a multiple of 4`);
		}
		if (bytes.length > LARGEST_FRAME_BYTES + 32) {
			log.violation("error", "radio-frame-large", `a write of ${bytes.length} bytes to function 2; the firmware takes 1536 and headers`);
			return;
		}
		const frame = parseSdpcm(bytes);
		if (typeof frame === "string") {
			log.violation("error", "radio-frame", frame);
			return;
		}
		if (!this.#inOrder(frame.sequence)) {
			return;
		}
		this.#creditsMayBeLow();
		if (frame.channel === CHANNEL_DATA && this.#flowControlRead) {
			log.violation("warning", "radio-flow-control", `a data frame while the flow control byte is 0x${this.#flowControlRead.toString(16)}`);
		}
		if (!this.hung) {
			this.#owner.hostFrame(frame);
		}
	}

	#inOrder(sequence: number): boolean {
		const { log } = this.#power;
		// Drivers start at 0 or at 1.
		if (this.#expected < 0 ? sequence > 1 : sequence !== this.#expected) {
			log.violation("error", "radio-sequence", `SDPCM sequence ${sequence}, expected ${Math.max(this.#expected, 0)}`);
		}
		const left = (this.#creditRead - sequence) & 0xff;
		if (left === 0 || left > 0x7f) {
			log.violation("error", "radio-no-credit", `SDPCM sequence ${sequence} sent, but the host only read a credit of ${this.#creditRead}; the frame is dropped`);
			return false;
		}
		this.#expected = (sequence + 1) & 0xff;
		return true;
	}

	/** A host without interrupts has to look by itself. */
	#expectRead(frame: Uint8Array): void {
		this.#power.after(PATIENCE_MICROS, () => {
			if (this.#waiting[0] === frame && !this.#owner.interruptsEnabled) {
				this.#power.log.violation("warning", "radio-interrupts-disabled", "a frame has waited for a second; INTERRUPT_ENABLE is 0, the line does not tell of it");
			}
		});
	}

	#judgeDataUnavailable(): void {
		const { log, micros } = this.#power;
		if (!this.#owner.dataUnavailable) {
			this.#dataUnavailableAtMicros = undefined;
			return;
		}
		this.#dataUnavailableAtMicros ??= micros;
		if (micros - this.#dataUnavailableAtMicros > PATIENCE_MICROS) {
			log.violation("warning", "radio-data-unavailable", "frames are read, and DATA_UNAVAILABLE of INTERRUPT has not been cleared for a second");
		}
	}

	#creditsMayBeLow(): void {
		if (this.#creditFrameDue || ((this.#creditGranted - this.#expected) & 0xff) > CREDITS_LOW) {
			return;
		}
		this.#creditFrameDue = true;
		this.#power.after(CREDIT_DELAY_MICROS, () => {
			this.#creditFrameDue = false;
			if (!this.starved && ((this.#creditGranted - this.#expected) & 0xff) <= CREDITS_LOW) {
				this.pushCredit();
			}
		});
	}

	#pop(): void {
		this.#waiting.shift();
		this.#offset = 0;
		this.#owner.changed();
	}
}
