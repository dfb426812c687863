/**
 * A computer with a USB port: enumerates the device in virtual time (USB 2.0 chapter 9) and finds its serial ports, CDC-ACM
 * functions (CDC 1.2), of which it opens the first like a terminal program on Linux' cdc_acm does. Strict: what a real host
 * would refuse is a violation.
 */
import type { Clock, Log } from "../wires.ts";
import type { InAnswer, OutAnswer, UsbController } from "./controller.ts";
import { type CdcFunction, type PortWires, UsbSerialPort } from "./serial-port.ts";

export interface UsbHostOptions {
	/** Attached to a host from power-on. Default true. */
	attached?: boolean;
	/** A terminal opens the first port by itself so long after configuration, ms; "never": only by `open()`. Default 0. */
	openAfterMs?: number | "never";
	/** The terminal reads what the device sends. Default true. */
	reading?: boolean;
}

const LARGEST_CONTROL_PACKET_BYTES = 64;
const ENUMERATION_ATTEMPTS = 4;
/** USB 2.0 7.1.7.3: connect debounce (100 ms there; hosts vary, a short one shows more of the start). */
const DEBOUNCE_MICROS = 20_000;
const RESET_MICROS = 10_000;
const RESET_RECOVERY_MICROS = 10_000;
/** USB 2.0 9.2.6.3 gives the device 2 ms after SET_ADDRESS. */
const ADDRESS_RECOVERY_MICROS = 2_000;
const FRAME_MICROS = 1_000;
/** Between two tries of a transaction that was NAKed in a control transfer. */
const NAK_RETRY_MICROS = 40;
const CONTROL_TIMEOUT_MICROS = 500_000;
/** Bits of overhead of one transaction: token, sync, PID, CRC, handshake, turnarounds. */
const TRANSACTION_OVERHEAD_BITS = 140;
const BITS_PER_MICRO = 12;

type Step = Generator<number, boolean, void>;

export class UsbHost {
	readonly #controller: UsbController;
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #options: UsbHostOptions;
	#attached: boolean;
	#running: Step | undefined;
	#cancel: (() => void) | undefined;
	#queue: (() => Step)[] = [];
	#frame = 0;
	#cancelFrame: (() => void) | undefined;
	#busFreeAt = 0;

	#configured = false;
	readonly #ports: UsbSerialPort[] = [];

	/** SET_CONFIGURATION succeeded, or what it has made is gone. */
	onConfigured: ((configured: boolean) => void) | undefined;
	/** What was learnt at enumeration. */
	deviceDescriptor: Uint8Array | undefined;
	configurationDescriptor: Uint8Array | undefined;

	constructor(controller: UsbController, clock: Clock, log: Log, options: UsbHostOptions = {}) {
		this.#controller = controller;
		this.#clock = clock;
		this.#log = log;
		this.#options = options;
		this.#attached = options.attached ?? true;
		controller.onConnection = () => this.#connectionChanged();
		controller.onArmed = (endpoint, isIn) => this.#ports.forEach((port) => port.armed(endpoint, isIn));
		controller.onViolation = (code, text) => log.violation("error", code, text);
	}

	/** True once SET_CONFIGURATION succeeded. */
	get configured(): boolean {
		return this.#configured;
	}

	/** A serial port of the device, by its place among the CDC-ACM functions of the configuration; it may not be there (yet). */
	port(index: number): UsbSerialPort {
		while (this.#ports.length <= index) {
			this.#ports.push(new UsbSerialPort(this.#portWires(), this.#ports.length ? true : (this.#options.reading ?? true)));
		}
		return this.#ports[index];
	}

	/** Plugs the cable in. */
	attach(): void {
		this.#attached = true;
		this.#connectionChanged();
	}

	/** Pulls the cable. */
	detach(): void {
		this.#attached = false;
		this.#stop();
		this.#controller.disconnect();
	}

	/** Resets the bus while configured, as a host does after an error. */
	resetBus(): void {
		this.#stop();
		this.#connectionChanged();
	}

	// ---- connection -------------------------------------------------------------------------------------------------

	#stop(): void {
		this.#cancel?.();
		this.#cancel = undefined;
		this.#cancelFrame?.();
		this.#cancelFrame = undefined;
		this.#running = undefined;
		this.#queue = [];
		this.#controller.endBusReset();
		this.#setConfigured(false);
		for (const port of this.#ports) {
			port.configure(undefined);
		}
	}

	#setConfigured(configured: boolean): void {
		if (this.#configured !== configured) {
			this.#configured = configured;
			this.onConfigured?.(configured);
		}
	}

	#connectionChanged(): void {
		this.#stop();
		if (this.#attached && this.#controller.connected) {
			this.#enqueue(() => this.#enumerate());
		}
	}

	#enqueue(step: () => Step): void {
		this.#queue.push(step);
		this.#next();
	}

	#next(): void {
		if (!this.#running) {
			const step = this.#queue.shift();
			if (step) {
				this.#running = step();
				this.#wait(0);
			}
		}
	}

	#wait(micros: number): void {
		this.#cancel = this.#clock.schedule(micros, () => {
			this.#cancel = undefined;
			const running = this.#running as Step;
			const result = running.next();
			if (this.#running !== running) {
				return;
			}
			if (result.done) {
				this.#running = undefined;
				this.#next();
			} else {
				this.#wait(result.value);
			}
		});
	}

	#transactionMicros(bytes: number): number {
		return (TRANSACTION_OVERHEAD_BITS + 8 * bytes) / BITS_PER_MICRO;
	}

	/** bMaxPacketSize0, once it is known. */
	#controlPacketBytes = LARGEST_CONTROL_PACKET_BYTES;

	// ---- control transfers ------------------------------------------------------------------------------------------

	/** One control transfer. `data` goes out; else up to `length` bytes come in, into `received`. */
	*#controlTransfer(type: number, request: number, value: number, index: number, length: number, data: Uint8Array | undefined, received: number[]): Step {
		const packet = Uint8Array.of(type, request, value & 0xff, value >> 8, index & 0xff, index >> 8, length & 0xff, length >> 8);
		const name = `request 0x${type.toString(16)} 0x${request.toString(16)} value 0x${value.toString(16)}`;
		if (this.#controller.setup(packet) !== "ack") {
			return false;
		}
		yield this.#transactionMicros(8);
		const startedAt = this.#clock.micros;
		const late = (): boolean => {
			if (this.#clock.micros - startedAt <= CONTROL_TIMEOUT_MICROS) {
				return false;
			}
			this.#log.violation("warning", "usb-control-timeout", `${name}: the device answers NAK for ${CONTROL_TIMEOUT_MICROS / 1000} ms`);
			return true;
		};
		let toggle: 0 | 1 = 1;
		if (data) {
			for (let at = 0; at < data.length; at += this.#controlPacketBytes) {
				const chunk = data.subarray(at, at + this.#controlPacketBytes);
				let answer: OutAnswer;
				while ((answer = this.#controller.out(0, chunk, toggle)) === "nak") {
					if (late()) {
						return false;
					}
					yield NAK_RETRY_MICROS;
				}
				if (answer !== "ack") {
					return false;
				}
				toggle = toggle ? 0 : 1;
				yield this.#transactionMicros(chunk.length);
			}
		} else if (length) {
			for (;;) {
				let answer: InAnswer;
				while ((answer = this.#controller.in(0)).kind === "nak") {
					if (late()) {
						return false;
					}
					yield NAK_RETRY_MICROS;
				}
				if (answer.kind !== "data") {
					return false;
				}
				this.#checkToggle(0, answer.pid, toggle);
				toggle = toggle ? 0 : 1;
				received.push(...answer.data);
				yield this.#transactionMicros(answer.data.length);
				if (answer.data.length < this.#controlPacketBytes || received.length >= length) {
					break;
				}
			}
			if (received.length > length) {
				this.#log.violation("error", "usb-too-long", `${name}: ${received.length} bytes came for wLength ${length}`);
			}
		}
		// Status stage: the other way, DATA1, no bytes.
		if (data || !length) {
			let answer: InAnswer;
			while ((answer = this.#controller.in(0)).kind === "nak") {
				if (late()) {
					return false;
				}
				yield NAK_RETRY_MICROS;
			}
			if (answer.kind !== "data") {
				return false;
			}
			this.#checkToggle(0, answer.pid, 1);
		} else {
			let answer: OutAnswer;
			while ((answer = this.#controller.out(0, new Uint8Array(0), 1)) === "nak") {
				if (late()) {
					return false;
				}
				yield NAK_RETRY_MICROS;
			}
			if (answer !== "ack") {
				return false;
			}
		}
		yield this.#transactionMicros(0);
		return true;
	}

	#checkToggle(endpoint: number, seen: 0 | 1, expected: 0 | 1): void {
		if (seen !== expected) {
			this.#log.violation("error", "usb-data-toggle", `endpoint ${endpoint} IN: DATA${seen} came, DATA${expected} is due`);
		}
	}

	/** A device that does not answer is reset and asked again, as Linux does (hub.c, PORT_INIT_TRIES). */
	*#enumerate(): Step {
		yield DEBOUNCE_MICROS;
		this.#startFrames();
		for (let attempt = 1; attempt < ENUMERATION_ATTEMPTS; attempt++) {
			if (yield* this.#askWhatItIs((_, text) => this.#log.violation("warning", "usb-asked-again", text))) {
				return true;
			}
		}
		return yield* this.#askWhatItIs((code, text) => this.#log.violation("error", code, text));
	}

	*#reset(): Step {
		this.#controller.busReset();
		yield RESET_MICROS;
		this.#controller.endBusReset();
		yield RESET_RECOVERY_MICROS;
		return true;
	}

	*#askWhatItIs(failed: (code: string, text: string) => void): Step {
		yield* this.#reset();
		// Hosts ask for 64 bytes first, to learn the packet size of endpoint 0: a device of 8 sends 8 and is not asked for more.
		// What they want to know is in these, however the transfer ends (hub.c, get_bMaxPacketSize0).
		const start: number[] = [];
		this.#controlPacketBytes = LARGEST_CONTROL_PACKET_BYTES;
		yield* this.#controlTransfer(0x80, 6, 0x0100, 0, 64, undefined, start);
		if (start.length < 8) {
			failed("usb-no-device-descriptor", `the device answers GET_DESCRIPTOR(device) with ${start.length} bytes`);
			return false;
		}
		if (![8, 16, 32, 64].includes(start[7])) {
			failed("usb-packet-size", `bMaxPacketSize0 is ${start[7]}: 8, 16, 32 or 64 are allowed`);
			return false;
		}
		this.#controlPacketBytes = start[7];
		yield* this.#reset();
		if (!(yield* this.#controlTransfer(0x00, 5, 1, 0, 0, undefined, []))) {
			failed("usb-no-address", "the device refuses SET_ADDRESS");
			return false;
		}
		yield ADDRESS_RECOVERY_MICROS;
		if (this.#controller.address !== 1) {
			failed("usb-no-address", `2 ms after SET_ADDRESS(1) the device listens at ${this.#controller.address}`);
			return false;
		}
		const device: number[] = [];
		if (!(yield* this.#controlTransfer(0x80, 6, 0x0100, 0, 18, undefined, device)) || device.length !== 18) {
			failed("usb-no-device-descriptor", `the device answers GET_DESCRIPTOR(device, 18) with ${device.length} bytes`);
			return false;
		}
		this.deviceDescriptor = Uint8Array.from(device);
		const head: number[] = [];
		if (!(yield* this.#controlTransfer(0x80, 6, 0x0200, 0, 9, undefined, head)) || head.length !== 9) {
			failed("usb-no-configuration", `the device answers GET_DESCRIPTOR(configuration, 9) with ${head.length} bytes`);
			return false;
		}
		const total = head[2] | (head[3] << 8);
		const configuration: number[] = [];
		if (!(yield* this.#controlTransfer(0x80, 6, 0x0200, 0, total, undefined, configuration)) || configuration.length !== total) {
			failed("usb-no-configuration", `${configuration.length} bytes of a configuration of ${total} came`);
			return false;
		}
		this.configurationDescriptor = Uint8Array.from(configuration);
		for (const string of new Set([0, device[14], device[15], device[16]])) {
			const text: number[] = [];
			if (string || device[14]) {
				yield* this.#controlTransfer(0x80, 6, 0x0300 | string, string ? 0x0409 : 0, 255, undefined, text);
			}
		}
		if (!(yield* this.#controlTransfer(0x00, 9, configuration[5], 0, 0, undefined, []))) {
			failed("usb-no-configuration", "the device refuses SET_CONFIGURATION");
			return false;
		}
		this.#setConfigured(true);
		const functions = cdcFunctions(configuration);
		functions.forEach((found, index) => this.port(index).configure(found));
		const after = this.#options.openAfterMs ?? 0;
		if (after !== "never" && functions.length) {
			yield after * 1000;
			this.port(0).open();
		}
		return true;
	}

	#portWires(): PortWires {
		return {
			controller: this.#controller,
			clock: this.#clock,
			request: (request, value, interfaceNumber, data, done) => {
				const length = data?.length ?? 0;
				this.#enqueue(() => this.#classRequest(request, value, interfaceNumber, length, data, done));
			},
			reserve: (bytes) => this.#reserve(this.#transactionMicros(bytes)),
			checkToggle: (endpoint, seen, expected) => this.#checkToggle(endpoint, seen, expected),
		};
	}

	*#classRequest(request: number, value: number, index: number, length: number, data: Uint8Array | undefined, done: (taken: boolean) => void): Step {
		const taken = yield* this.#controlTransfer(0x21, request, value, index, length, data, []);
		done(taken);
		return taken;
	}

	// ---- frames and bulk data ---------------------------------------------------------------------------------------

	#startFrames(): void {
		this.#cancelFrame?.();
		const tick = (): void => {
			this.#controller.startOfFrame(++this.#frame);
			this.#cancelFrame = this.#clock.schedule(FRAME_MICROS, tick);
		};
		this.#cancelFrame = this.#clock.schedule(FRAME_MICROS, tick);
	}

	/** When the bus is free for a transaction that starts now and takes `micros`: after it. */
	#reserve(micros: number): number {
		const now = this.#clock.micros;
		this.#busFreeAt = Math.max(now, this.#busFreeAt) + micros;
		return this.#busFreeAt - now;
	}
}

/**
 * The CDC-ACM functions of a configuration, in its order: a communications interface (class 02, subclass 02), the data
 * interface (class 0A) that its union descriptor names (CDC 1.2, 5.2.3.2), and that one's two bulk endpoints.
 */
function cdcFunctions(configuration: readonly number[]): CdcFunction[] {
	const dataInterfaceOf = new Map<number, number>();
	const endpoints = new Map<number, { address: number; packetBytes: number }[]>();
	let current = -1;
	let isAcm = false;
	for (let at = 0; at < configuration.length; at += configuration[at] || configuration.length) {
		switch (configuration[at + 1]) {
			case 4:
				current = configuration[at + 2];
				isAcm = configuration[at + 5] === 2 && configuration[at + 6] === 2;
				break;
			case 0x24:
				if (isAcm && configuration[at + 2] === 6) {
					dataInterfaceOf.set(configuration[at + 3], configuration[at + 4]);
				}
				break;
			case 5:
				if ((configuration[at + 3] & 3) === 2) {
					const found = { address: configuration[at + 2], packetBytes: configuration[at + 4] | (configuration[at + 5] << 8) };
					endpoints.set(current, [...(endpoints.get(current) ?? []), found]);
				}
				break;
		}
	}
	return [...dataInterfaceOf].flatMap(([controlInterface, dataInterface]) => {
		const bulk = endpoints.get(dataInterface) ?? [];
		const dataIn = bulk.find(({ address }) => address & 0x80);
		const dataOut = bulk.find(({ address }) => !(address & 0x80));
		return dataIn && dataOut
			? [{ controlInterface, dataIn: dataIn.address & 15, dataOut: dataOut.address, packetBytes: dataIn.packetBytes }]
			: [];
	});
}
