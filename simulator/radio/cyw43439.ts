/**
 * The CYW43439 radio of a Pico W, as a board sees it: four pins. Built in layers: bits on pins (`gspi-bits`), words
 * (`gspi-words`), the functions bus, backplane and WLAN (`bus-registers`, `backplane`, `frame-queue`), and what the
 * firmware does (`firmware`, `association`). Learned from public documents and sources, listed in PROTOCOL.md; it knows
 * nothing of the driver that runs against it.
 */
import type { Clock, Journal, Log, Milestone, Random } from "../wires.ts";
import type { Air } from "./air.ts";
import { Backplane } from "./backplane.ts";
import { BusRegisters } from "./bus-registers.ts";
import type { RadioFaults } from "./faults.ts";
import { Firmware } from "./firmware.ts";
import { FrameQueue } from "./frame-queue.ts";
import { GspiBits, type RadioPins, type WordPort } from "./gspi-bits.ts";
import { GspiWords } from "./gspi-words.ts";
import type { PowerSaving } from "./plain-settings.ts";
import { PowerCycle } from "./power-cycle.ts";

/** Raspberry Pi's prefix, then a serial number. */
const DEFAULT_MAC = [0x28, 0xcd, 0xc1, 0x0a, 0x0b, 0x0c];

export interface Cyw43439Options {
	pins: RadioPins;
	clock: Clock;
	random: Random;
	log: Log;
	air: Air;
	/** 6 bytes of the one-time memory. Default 28:cd:c1:0a:0b:0c. */
	mac?: Uint8Array;
	faults?: RadioFaults;
	/** Clock edge to level change at the RP2040's pin. Default 16. */
	outputDelayNanos?: number;
	/** Topics `radio`, `bus`, `ioctl` and `event`. Default: nobody listens. */
	journal?: Journal;
	milestone?: (name: Milestone) => void;
	/** A pin of the radio moved; GPIO 0 is the LED of the board. */
	onGpio?: (index: number, level: boolean) => void;
}

export class Cyw43439 {
	readonly #options: Cyw43439Options;
	readonly #journal: Journal;
	readonly #tell: ((text: string) => void) | undefined;
	readonly #bits: GspiBits;
	/** Tells the transfer with each violation. */
	readonly #log: Log;
	#powerCycle: PowerCycle | undefined;
	#words: GspiWords | undefined;
	#firmware: Firmware | undefined;
	#led = false;
	/** Starts of the firmware that ended by a fault. */
	#failures = 0;

	constructor(options: Cyw43439Options) {
		this.#options = options;
		this.#journal = options.journal ?? (() => undefined);
		this.#tell = this.#journal("radio");
		this.#log = {
			violation: (level, code, text) => {
				const transfer = this.#words?.transfer;
				options.log.violation(level, code, transfer ? `${transfer}: ${text}` : text);
			},
		};
		this.#bits = new GspiBits(options.pins, options.clock, this.#log, (on, gspi) => this.#power(on, gspi), options.outputDelayNanos);
	}

	/** The LED on the board. */
	get led(): boolean {
		return this.#led;
	}

	/** How it was told to sleep; undefined while it is off. */
	get powerSaving(): PowerSaving | undefined {
		return this.#firmware?.powerSaving;
	}

	#power(on: boolean, gspi: boolean): WordPort | undefined {
		this.#powerCycle?.end();
		this.#powerCycle = undefined;
		this.#words = undefined;
		this.#firmware = undefined;
		this.#setGpio(0, false);
		this.#tell?.(on ? "power on" : "power off");
		if (on) {
			this.#options.milestone?.("radioPowered");
		}
		// With the SDIO strap nothing answers on gSPI.
		return on && gspi ? this.#assemble() : undefined;
	}

	/** A chip that was just powered: nothing of the last power cycle is left. */
	#assemble(): WordPort {
		const { clock, random, air, faults = {}, mac = Uint8Array.from(DEFAULT_MAC) } = this.#options;
		const log = this.#log;
		const power = new PowerCycle(clock, log);
		this.#powerCycle = power;
		const interrupt = () => {
			if (power === this.#powerCycle) {
				this.#bits.setInterrupt(registers.interruptLevel);
			}
		};
		const queue: FrameQueue = new FrameQueue(power, {
			raise: (interrupts) => registers.raise(interrupts),
			changed: () => interrupt(),
			hostFrame: (frame) => firmware.hostFrame(frame),
			get asleep() {
				return backplane.asleep;
			},
			get interruptsEnabled() {
				return registers.interruptsEnabled;
			},
			get dataUnavailable() {
				return registers.dataUnavailable;
			},
		});
		const registers = new BusRegisters(log, queue);
		const firmware = new Firmware({
			power, random, air, queue, mac, journal: this.#journal,
			faults: { ...faults },
			onGpio: (index, level) => this.#setGpio(index, level),
			milestone: (name) => this.#options.milestone?.(name),
		});
		this.#firmware = firmware;
		const backplane = new Backplane(power, {
			firmwareReady: () => {
				this.#tell?.("firmware ready");
				this.#options.milestone?.("radioFirmwareReady");
				registers.deafPolls = faults.deafPolls ?? 0;
				queue.receiveReady = true;
				firmware.start();
				if (this.#failures < (faults.failures ?? 1)) {
					this.#fail(power, queue, words);
				}
			},
			abortFrame: () => queue.abort(),
		}, faults.bootDelayMicros ?? 0);
		const words: GspiWords = new GspiWords(log, registers, [registers, backplane, queue], interrupt, this.#journal("bus"));
		this.#words = words;
		words.rubbishWords = faults.rubbishWords ?? 0;
		queue.lostInterruptEvery = faults.lostInterruptEvery;
		return words;
	}

	/** Sets out to stop working, where a fault asks for it. */
	#fail(power: PowerCycle, queue: FrameQueue, words: GspiWords): void {
		const { hangAfterMicros, offBusAfterMicros } = this.#options.faults ?? {};
		const after = offBusAfterMicros ?? hangAfterMicros;
		if (after === undefined) {
			return;
		}
		power.after(after, () => {
			this.#failures++;
			this.#tell?.(offBusAfterMicros === undefined ? "firmware hangs (fault)" : "off the bus (fault)");
			queue.hung = true;
			words.silent = offBusAfterMicros !== undefined;
		});
	}

	#setGpio(index: number, level: boolean): void {
		if (index === 0) {
			if (this.#led === level) {
				return;
			}
			this.#led = level;
		}
		this.#tell?.(`gpio ${index} ${level ? "high" : "low"}`);
		this.#options.onGpio?.(index, level);
	}
}
