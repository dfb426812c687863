/**
 * One serial port of a device as a program on the computer sees it: a CDC-ACM function (CDC 1.2, PSTN 1.2) with its control
 * interface and its two bulk endpoints. Made by the host model, which finds the functions in the device's descriptors.
 */
import type { Clock } from "../wires.ts";
import type { UsbController } from "./controller.ts";

/** A CDC-ACM function of a configuration. */
export interface CdcFunction {
	/** Number of the control interface. */
	controlInterface: number;
	/** Bulk endpoints, 1 to 15. */
	dataIn: number;
	dataOut: number;
	packetBytes: number;
}

/** What a port uses of its host. */
export interface PortWires {
	controller: UsbController;
	clock: Clock;
	/** Queues a class request to an interface; `done` hears whether the device took it. Nothing is queued when none is configured. */
	request(request: number, value: number, interfaceNumber: number, data: Uint8Array | undefined, done: (taken: boolean) => void): void;
	/** Microseconds until the bus has had time for a transaction of so many bytes. */
	reserve(bytes: number): number;
	/** Reports an IN packet whose data toggle is not the one that is due. */
	checkToggle(endpoint: number, seen: 0 | 1, expected: 0 | 1): void;
}

const SET_LINE_CODING = 0x20;
const SET_CONTROL_LINE_STATE = 0x22;
const DTR_AND_RTS = 3;

export class UsbSerialPort {
	readonly #wires: PortWires;
	#function: CdcFunction | undefined;
	#wanted = false;
	#baud = 115_200;
	#open = false;
	#reading: boolean;
	#inToggle: 0 | 1 = 0;
	#outToggle: 0 | 1 = 0;
	#inWaiting = false;
	#toSend: number[] = [];
	#sending = false;

	/** Bytes from the device, as they come. A promise stops virtual time until it settles. */
	onData: ((bytes: Uint8Array) => void | Promise<void>) | undefined;
	/** The port is open (or no longer). */
	onOpen: ((open: boolean) => void) | undefined;

	constructor(wires: PortWires, reading = true) {
		this.#wires = wires;
		this.#reading = reading;
	}

	/** True while the device is configured and has this port. */
	get isPresent(): boolean {
		return this.#function !== undefined;
	}

	/** True while a program has it open: the device sees DTR. */
	get isOpen(): boolean {
		return this.#open;
	}

	/** Opens the port: SET_LINE_CODING (8N1), then DTR and RTS. Before the device is there, and after it was gone: as soon as it is. */
	open(baud = 115_200): void {
		this.#wanted = true;
		this.#baud = baud;
		if (this.#function) {
			this.#openNow();
		}
	}

	/** Closes the port: DTR and RTS fall. What was not sent yet is dropped. */
	close(): void {
		this.#wanted = false;
		this.#toSend = [];
		this.#closed();
		if (this.#function) {
			this.#wires.request(SET_CONTROL_LINE_STATE, 0, this.#function.controlInterface, undefined, () => {});
		}
	}

	/** SET_LINE_CODING alone; 1200 baud asks many devices for their boot loader. */
	setBaud(baud: number): void {
		if (this.#function) {
			this.#wires.request(SET_LINE_CODING, 0, this.#function.controlInterface, lineCoding(baud), () => {});
		}
	}

	/** Stops or resumes reading; a device whose host does not read gets no IN tokens. */
	set reading(value: boolean) {
		this.#reading = value;
		if (value) {
			this.#pollIn();
		}
	}

	get reading(): boolean {
		return this.#reading;
	}

	/** Sends bytes to the device, now or as soon as the port is open. */
	write(bytes: Uint8Array): void {
		for (const byte of bytes) {
			this.#toSend.push(byte);
		}
		this.#pollOut();
	}

	// ---- the host ---------------------------------------------------------------------------------------------------

	/** The device was configured: it has this port, or (undefined) it is gone. Data toggles begin anew. */
	configure(found: CdcFunction | undefined): void {
		this.#function = found;
		this.#inToggle = this.#outToggle = 0;
		this.#inWaiting = this.#sending = false;
		this.#closed();
		if (found && this.#wanted) {
			this.#openNow();
		}
	}

	/** A buffer of one of the device's endpoints became available. */
	armed(endpoint: number, isIn: boolean): void {
		if (isIn && endpoint === this.#function?.dataIn) {
			this.#pollIn();
		} else if (!isIn && endpoint === this.#function?.dataOut) {
			this.#pollOut();
		}
	}

	#openNow(): void {
		const { controlInterface } = this.#function as CdcFunction;
		this.#wires.request(SET_LINE_CODING, 0, controlInterface, lineCoding(this.#baud), () => {});
		this.#wires.request(SET_CONTROL_LINE_STATE, DTR_AND_RTS, controlInterface, undefined, (taken) => {
			if (taken && this.#wanted && !this.#open) {
				this.#open = true;
				this.onOpen?.(true);
				this.#pollIn();
				this.#pollOut();
			}
		});
	}

	#closed(): void {
		if (this.#open) {
			this.#open = false;
			this.onOpen?.(false);
		}
	}

	#pollIn(): void {
		const found = this.#function;
		if (this.#inWaiting || !this.#open || !this.#reading || !found) {
			return;
		}
		this.#inWaiting = true;
		this.#wires.clock.schedule(this.#wires.reserve(found.packetBytes), () => {
			if (!this.#inWaiting) {
				return undefined;
			}
			this.#inWaiting = false;
			if (!this.#open || !this.#reading) {
				return undefined;
			}
			const answer = this.#wires.controller.in(found.dataIn);
			if (answer.kind !== "data") {
				return undefined;
			}
			this.#wires.checkToggle(found.dataIn, answer.pid, this.#inToggle);
			this.#inToggle = answer.pid ? 0 : 1;
			const waiting = answer.data.length ? this.onData?.(answer.data) : undefined;
			this.#pollIn();
			return waiting ?? undefined;
		});
	}

	#pollOut(): void {
		const found = this.#function;
		if (this.#sending || !this.#open || !found || !this.#toSend.length) {
			return;
		}
		this.#sending = true;
		const bytes = Math.min(found.packetBytes, this.#toSend.length);
		this.#wires.clock.schedule(this.#wires.reserve(bytes), () => {
			if (!this.#sending) {
				return;
			}
			this.#sending = false;
			if (!this.#open) {
				return;
			}
			const chunk = Uint8Array.from(this.#toSend.slice(0, bytes));
			if (this.#wires.controller.out(found.dataOut, chunk, this.#outToggle) === "ack") {
				this.#outToggle ^= 1;
				this.#toSend.splice(0, bytes);
				this.#pollOut();
			}
			// NAK: the device arms the endpoint again when it has room, and `armed` tries once more.
		});
	}
}

/** PSTN 1.2, 6.3.11: rate, one stop bit, no parity, eight data bits. */
function lineCoding(baud: number): Uint8Array {
	return Uint8Array.of(baud & 0xff, (baud >> 8) & 0xff, (baud >> 16) & 0xff, baud >>> 24, 0, 0, 8);
}
