/**
 * A Raspberry Pi Pico W in virtual time: what tests and tools use. Give it a program, run it until its console says
 * something, ask for the report. Same file, same seed, same report.
 */
import { createHash } from "node:crypto";
import { Chip, type Halt } from "./core/chip.ts";
import type { Fault, Processor } from "./core/processor.ts";
import { DebugPort } from "./debug/debug-port.ts";
import { SeededRandom } from "./core/random.ts";
import type { Violation } from "./core/violations.ts";
import { parseProgram, type ProgramFile } from "./flash/program-file.ts";
import { parseUf2 } from "./flash/uf2.ts";
import { attachRadio, type AttachedRadio } from "./network/attach.ts";
import type { NetworkOptions } from "./network/options.ts";
import type { Report, StackReport } from "./report.ts";
import { UsbHost, type UsbHostOptions } from "./usb/host.ts";
import type { UsbSerialPort } from "./usb/serial-port.ts";
import { ValueChangeDump, type ValueChangeDumpOptions } from "./value-change-dump.ts";
import { journal, type LogOptions } from "./journal.ts";
import type { BitListener, Clock, I2cDevice, I2cPlace, Journal, Log, Milestone, Pin, Random, SpiDevice, SpiPlace } from "./wires.ts";

export type { Violation } from "./core/violations.ts";
export type { Fault } from "./core/processor.ts";
export type { AccessPointSettings, AirFaults, ClientSettings, GroupPeer, HostOptions, NetworkFaults, NetworkOptions, Recording, TcpPeer, UdpPeer, UdpReply } from "./network/options.ts";
export type { AttachedClient, AttachedRadio, ClientReport, RadioReport } from "./network/attach.ts";
export { listenForGdb, type GdbServer } from "./debug/gdb-server.ts";
export { openBrowser } from "./page/open-browser.ts";
export { type ServedPage, servePage } from "./page/page-server.ts";
export { objectSymbols } from "./flash/elf.ts";
export { listenOn, parseForwardedPort, type ForwardedPort } from "./forwarded-ports.ts";
export { PacedRun, type PacedRunOptions } from "./paced-run.ts";
export { profileByFunction, type ProfileRow } from "./profile.ts";
export type { LogOptions } from "./journal.ts";
export type { LogTopic, Milestone } from "./wires.ts";
export type { Clock, I2cDevice, I2cPlace, Pin, SpiDevice, SpiPlace } from "./wires.ts";
export type { UsbHostOptions } from "./usb/host.ts";
export type { Report, RunReport, StackReport } from "./report.ts";
export type { UsbSerialPort } from "./usb/serial-port.ts";
export type { DumpedPin, ValueChangeDumpOptions } from "./value-change-dump.ts";

const FLASH_SIZE_BYTES = 2 * 1024 * 1024;
const FLASH_START = 0x10000000;
const SRAM_START = 0x20000000;
/** How many cycles pass before Node gets a turn. */
const CYCLES_PER_TURN = 500_000;
/** How far back `until` looks in the console's text. */
const MATCH_WINDOW = 65_536;

/** What the radio side is handed. */
export interface BoardWires {
	clock: Clock;
	log: Log;
	/** GPIO 0-29. */
	pin(index: number): Pin;
	/** Offers a listener for the bits on a data and a clock GPIO, so that it need not be told of their edges. */
	hearBits(data: number, clock: number, listener: BitListener): void;
	/** A stream of random numbers of its own for each name. */
	random(name: string): Random;
	journal: Journal;
	/** The board has come by one of the marks on its way. */
	milestone(name: Milestone): void;
	/** Unix milliseconds at power-on. */
	epochMs: number;
}

export interface PicoWOptions {
	/** Seeds every random stream. Default 1. */
	seed?: number;
	/** Unix milliseconds at power-on, for what the world outside knows. Default 2026-11-25T12:00:00Z. */
	epochMs?: number;
	/** The USB host: attached and open from the start by default. */
	usb?: UsbHostOptions;
	/** The line that the console sits on. Default `usb`. */
	serial?: SerialLine;
	/** Seeds the ring oscillator's random bits alone. Default: `seed`. */
	roscSeed?: number;
	/** Fault: the ring oscillator's random bit never changes. */
	stuckRosc?: boolean;
	/** Count what flash costs through the XIP cache; without, flash is as fast as SRAM. Default false. */
	xip?: boolean;
	/**
	 * Show the radio every edge of its bus, also where it is alone to look at them and learns the same from bits: the same to
	 * the cycle, and slower. Default false.
	 */
	bitExact?: boolean;
	/** The radio chip and the network around it; without, nothing answers on the radio's pins. */
	network?: Partial<NetworkOptions>;
	/** Tell what happens, line by line. */
	log?: LogOptions;
	/** Write a value change dump of the pins; whole when `close` was called. */
	vcd?: ValueChangeDumpOptions;
	/** Called once, to put something of the caller's onto the board's wires. */
	attach?: (wires: BoardWires) => void;
}

/** A UART as a terminal on GPIO of the program's choice sees it: always open, at the program's own baud rate. */
export type SerialLine = "usb" | "uart0" | "uart1";

export interface RunOptions {
	/** Ends when the console's text matches (looking at the last 64 KB). */
	until?: RegExp;
	/** Virtual microseconds from now; required, so that every run ends. Infinity is for runs that a debugger ends. */
	timeoutMicros: number;
}

/** How a run ended. */
export type RunResult =
	| { reason: "matched"; match: RegExpMatchArray; atMicros: number }
	| { reason: "timeout"; atMicros: number }
	/** By `end`, or by a debugger's order. */
	| { reason: "ended"; atMicros: number }
	/** The core is locked up and no watchdog runs. */
	| { reason: "fault"; fault: Fault; atMicros: number }
	/** USB boot loader, or asleep with nothing left that could wake it. */
	| { reason: "halted"; text: string; atMicros: number };

/** The terminal on the USB port, or on a UART. */
export interface Console {
	/** Everything the device sent while the port was open, as UTF-8. */
	readonly text: string;
	readonly bytes: number;
	/** Called with each piece of text as it comes. */
	onText(listener: (text: string) => void): void;
	/** Types into the terminal. */
	write(text: string | Uint8Array): void;
	/** Opens the USB port (DTR), closes it, stops or resumes reading. */
	open(baud?: number): void;
	close(): void;
	readonly isOpen: boolean;
	reading: boolean;
}

/** A third of VSYS is on GPIO 29 while GPIO 25, the radio's chip select, is high (Pico W datasheet 2.1); USB feeds it by a diode. */
const VSYS_PIN = 29;
const RADIO_SELECT_PIN = 25;
const VSYS_VOLTS = 4.7;

export class PicoW {
	readonly #chip: Chip;
	readonly #options: Required<Pick<PicoWOptions, "seed" | "epochMs">>;
	readonly #decoder = new TextDecoder();
	readonly #hash = createHash("sha256");
	readonly #listeners: ((text: string) => void)[] = [];
	#text = "";
	#bytes = 0;
	#until: RegExp | undefined;
	#match: RegExpMatchArray | undefined;
	#timedOut = false;
	#profile: Map<number, number> | undefined;
	#profileEvery = 0;
	#debugPort: DebugPort | undefined;
	readonly usbHost: UsbHost;
	readonly console: Console;
	/** What UART0 and UART1 have sent, as Latin-1 text. */
	readonly uartText: [string, string] = ["", ""];
	/** The radio on GPIO 23, 24, 25, 29, when there is a network. */
	readonly radio: AttachedRadio | undefined;
	readonly #dump: ValueChangeDump | undefined;
	readonly #milestones: Report["milestones"] = {};

	constructor(options: PicoWOptions = {}) {
		const seed = options.seed ?? 1;
		this.#options = { seed, epochMs: options.epochMs ?? Date.UTC(2026, 10, 25, 12) };
		const idRandom = new SeededRandom(seed, "flash unique id");
		const uniqueId = new Uint8Array(8).map(() => idRandom.next32() & 0xff);
		uniqueId[0] = 0xe6;
		this.#chip = new Chip({
			flashSizeBytes: FLASH_SIZE_BYTES,
			uniqueId,
			roscRandom: new SeededRandom(options.roscSeed ?? seed, "rosc"),
			stuckRosc: options.stuckRosc ?? false,
			xip: options.xip ?? false,
		});
		const chip = this.#chip;
		chip.adc.boardVolts = (pin) => pin === VSYS_PIN ? ((chip.pins.level >>> RADIO_SELECT_PIN) & 1 ? VSYS_VOLTS / 3 : 0) : undefined;
		this.usbHost = new UsbHost(chip.usb, chip.clock, chip.violations, options.usb);
		const serial = options.serial ?? "usb";
		if (serial === "usb") {
			this.usbHost.port(0).onData = (bytes) => this.#received(bytes);
		}
		chip.uarts.forEach((uart, index) => {
			uart.onByte = (byte) => {
				this.uartText[index] += String.fromCharCode(byte);
				if (serial === `uart${index}`) {
					this.#received(Uint8Array.of(byte));
				}
				for (const listener of this.#uartListeners[index]) {
					listener(byte);
				}
			};
		});
		const board = this;
		this.console = {
			get text() {
				return board.#text;
			},
			get bytes() {
				return board.#bytes;
			},
			onText: (listener) => {
				this.#listeners.push(listener);
			},
			write: (text) => {
				const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
				if (serial === "usb") {
					this.usbHost.port(0).write(bytes);
				} else {
					this.uartSend(serial === "uart0" ? 0 : 1, bytes);
				}
			},
			open: (baud) => this.usbHost.port(0).open(baud),
			close: () => this.usbHost.port(0).close(),
			get isOpen() {
				return board.usbHost.port(0).isOpen;
			},
			get reading() {
				return board.usbHost.port(0).reading;
			},
			set reading(value: boolean) {
				board.usbHost.port(0).reading = value;
			},
		};
		const wires: BoardWires = {
			clock: chip.clock,
			log: chip.violations,
			pin: (index) => chip.pins.pin(index),
			hearBits: (data, clock, by): void => {
				chip.pins.heard = { data, clock, by, edges: options.bitExact ?? false };
			},
			random: (name) => new SeededRandom(seed, name),
			journal: journal(options.log, chip.clock),
			milestone: (name) => this.#milestone(name),
			epochMs: this.#options.epochMs,
		};
		this.#lookAtBoard(wires.journal("board"));
		this.radio = options.network && attachRadio(wires, options.network);
		if (options.vcd) {
			const dump = new ValueChangeDump(options.vcd, chip.pins, () => chip.clock.nanos, this.#options.epochMs);
			this.radio?.onLed((on) => dump.led(on));
			this.#dump = dump;
		}
		options.attach?.(wires);
	}

	#lookAtBoard(tell: ((text: string) => void) | undefined): void {
		const chip = this.#chip;
		this.usbHost.onConfigured = (configured) => {
			tell?.(configured ? "USB configured" : "USB gone");
			if (configured) {
				this.#milestone("usbConfigured");
			}
		};
		if (tell) {
			chip.onReset = (reason) => tell(`reset: ${reason}`);
			chip.onHalt = (halt) => tell(haltText(halt));
			chip.onWake = () => tell("an oscillator runs again");
			chip.violations.onFirst = ({ level, code, text }) => tell(`${level} ${code}: ${text}`);
		}
	}

	#milestone(name: Milestone): void {
		this.#milestones[name] ??= Math.round(this.#chip.clock.micros * 1000) / 1000;
	}

	// ---- loading ----------------------------------------------------------------------------------------------------

	/** Puts a .uf2 into flash, as dragging it onto RPI-RP2 does. A board in its boot loader begins anew by itself; another is powered on. */
	loadUf2(file: Uint8Array): void {
		this.#load(parseUf2(file));
	}

	/**
	 * Puts a program into flash and powers on again; one that lies in SRAM alone is entered at once, as by a debugger.
	 *
	 * @param name of the file: `.bin` says that it has no form of its own.
	 * @throws Error that says what is wrong with the file.
	 */
	load(file: Uint8Array, name: string): void {
		this.#load(parseProgram(file, name));
	}

	#load({ blocks, entry }: ProgramFile): void {
		for (const { address, data } of blocks) {
			this.write(address, data);
		}
		if (this.#chip.halt?.kind === "bootsel" && entry === undefined) {
			this.#chip.watchdog.rebootFromRom();
			return;
		}
		this.#chip.powerOn();
		if (entry !== undefined) {
			this.core.setMainStack(SRAM_START + this.sram.length);
			this.core.programCounter = entry;
		}
	}

	/**
	 * A serial port of the board's USB, in the order of its descriptors. 0 is the one that `console` reads; the others stay
	 * closed until they are opened. A port that the program on the board does not have is never present.
	 */
	serialPort(index: number): UsbSerialPort {
		return this.usbHost.port(index);
	}

	/** 16 MB behind 0x10000000; the flash chip is the first 2 MB, beyond it lies what only a simulator has. */
	get flash(): Uint8Array {
		return this.#chip.core.flash;
	}

	/** 264 KB behind 0x20000000. */
	get sram(): Uint8Array {
		return this.#chip.core.sram;
	}

	/** The processor: `registers` (Int32Array, r0-r12, sp, lr), `programCounter`, flags, `activeCycles`. */
	get core(): Processor {
		return this.#chip.core;
	}

	/** Core 1, in the same form. */
	get secondCore(): Processor {
		return this.#chip.second;
	}

	get clock(): Clock {
		return this.#chip.clock;
	}

	/** Lets the processor store into flash, offsets `start` to `end` (exclusive), as into memory. */
	allowFlashStores(start: number, end: number): void {
		this.#chip.allowFlashStores(start, end);
	}

	/** Copies memory out: flash, SRAM or boot ROM. */
	read(address: number, lengthBytes: number): Uint8Array {
		return this.#memory(address, lengthBytes).slice();
	}

	/** Puts bytes into flash or SRAM, past all rules. */
	write(address: number, bytes: Uint8Array): void {
		this.#memory(address, bytes.length).set(bytes);
	}

	#memory(address: number, length: number): Uint8Array {
		const { core } = this.#chip;
		for (const [start, bytes] of [[SRAM_START, core.sram], [FLASH_START, core.flash], [0, core.rom]] as const) {
			if (address >= start && address + length <= start + bytes.length) {
				return bytes.subarray(address - start, address - start + length);
			}
		}
		throw new RangeError(`no memory of ${length} bytes at 0x${address.toString(16)}`);
	}

	// ---- what is wired to the board's pins --------------------------------------------------------------------------

	/** A GPIO, 0-29, seen from the board: to look at it, to be told of its changes, to drive it. */
	pin(index: number): Pin {
		if (!(Number.isInteger(index) && index >= 0 && index <= 29)) {
			throw new RangeError(`GPIO ${index}: expected 0 to 29`);
		}
		return this.#chip.pins.pin(index);
	}

	/** All GPIOs as words of 30 bits: the levels on the wires, and which of them the RP2040 drives. */
	get pins(): { readonly level: number; readonly driven: number } {
		const { level, outputEnabled } = this.#chip.pins;
		return { level, driven: outputEnabled };
	}

	/** Calls `listener` at each change of the level or driver of these pins, a mask; of others it may be called as well. */
	onPins(mask: number, listener: () => void): void {
		this.#chip.pins.observe(mask, listener);
	}

	/**
	 * A jumper wire between two GPIOs: each has the level that the other drives, also bit by bit what UART, SPI, I2C and
	 * clock outputs send, and a UART and an SPI block hear it. Two of them join the lines of both I2C blocks, one of which may
	 * then be the other's slave.
	 */
	connect(one: number, other: number): void {
		if (one === other) {
			throw new RangeError(`GPIO ${one} is connected with itself`);
		}
		for (const pin of [one, other]) {
			this.pin(pin);
		}
		this.#chip.pins.join(one, other);
	}

	/** Puts a device onto an I2C bus. Both GPIOs belong to one block, which bit 1 of their numbers names. */
	attachI2c(device: I2cDevice, place: I2cPlace): void {
		const index = (place.data >>> 1) & 1;
		if (place.data & 1 || !(place.clock & 1) || ((place.clock >>> 1) & 1) !== index) {
			throw new RangeError(`GPIO ${place.data} and ${place.clock} are not SDA and SCL of one I2C block`);
		}
		this.#chip.i2cs[index].attach(device, place);
	}

	/** Puts a device onto an SPI bus. The GPIO of the clock names the block. */
	attachSpi(device: SpiDevice, place: SpiPlace): void {
		if ((place.clock & 3) !== 2) {
			throw new RangeError(`GPIO ${place.clock} is the clock of no SPI block`);
		}
		this.#chip.spis[(place.clock >>> 3) & 1].attach(device, place);
		if (place.select !== undefined) {
			const select = this.pin(place.select);
			const active = (): boolean => select.outputEnabled && select.level === (place.selectHigh ?? false);
			let was = active();
			select.onChange(() => {
				if (active() !== was) {
					was = !was;
					device.selected?.(was);
				}
			});
		}
	}

	/**
	 * Puts a voltage onto GPIO 26 to 29; undefined takes it away. GPIO 29 then has a third of VSYS, which is USB's 5 V less a
	 * diode, while the radio's chip select is high.
	 */
	setVolts(pin: number, volts: number | undefined): void {
		if (!(pin >= 26 && pin <= 29)) {
			throw new RangeError(`GPIO ${pin} is no input of the ADC: expected 26 to 29`);
		}
		this.#chip.adc.volts[pin - 26] = volts;
	}

	/** Puts a clock from outside onto GPIO 20 (CLK_GPIN0) or 22 (CLK_GPIN1); 0 takes it away. It is no edges on the pin. */
	setClock(pin: number, hz: number): void {
		if (pin !== 20 && pin !== 22) {
			throw new RangeError(`GPIO ${pin} takes no clock: expected 20 or 22`);
		}
		this.#chip.setInputHz(pin === 20 ? 0 : 1, hz);
	}

	/** Temperature of the die, for the ADC's sensor. 27 at power-on. */
	setCelsius(celsius: number): void {
		this.#chip.adc.celsius = celsius;
	}

	/**
	 * Sends bytes into a UART, at its own baud rate; what it sends itself is in `uartText`.
	 *
	 * @param error what the receiver is to find wrong with each of them.
	 */
	uartSend(index: 0 | 1, bytes: Iterable<number>, error?: "framing" | "parity" | "break"): void {
		this.#chip.uarts[index].send(bytes, error);
	}

	/** Calls `listener` with each byte that a UART has sent. */
	onUartByte(index: 0 | 1, listener: (byte: number) => void): void {
		this.#uartListeners[index].push(listener);
	}

	readonly #uartListeners: [((byte: number) => void)[], ((byte: number) => void)[]] = [[], []];

	// ---- running ----------------------------------------------------------------------------------------------------

	/** Runs from where it stands. */
	async run({ until, timeoutMicros }: RunOptions): Promise<RunResult> {
		const chip = this.#chip;
		this.#until = until;
		this.#match = undefined;
		this.#timedOut = false;
		chip.stop = false;
		this.#check();
		const debug = this.#debugPort;
		const cancel = timeoutMicros === Infinity ? () => {} : chip.clock.schedule(timeoutMicros, () => {
			this.#timedOut = true;
			chip.stop = true;
			chip.core.attend();
		});
		try {
			while (!chip.stop && (debug?.attached || !chip.standing)) {
				if (debug?.halted) {
					await debug.resumed();
					continue;
				}
				const end = chip.core.cycles + CYCLES_PER_TURN;
				while (!chip.stop && chip.core.cycles < end && !chip.standing && !debug?.halted) {
					const waiting = chip.advance(this.#slice(end));
					if (waiting) {
						await waiting;
					}
					this.#sample();
					debug?.look();
					if (chip.halt?.kind === "dormant") {
						break;	// no cycle passes then
					}
				}
				debug?.look();
				await new Promise((resolve) => setImmediate(resolve));
			}
		} finally {
			cancel();
		}
		return this.#result();
	}

	#result(): RunResult {
		const atMicros = this.#chip.clock.micros;
		if (this.#match) {
			return { reason: "matched", match: this.#match, atMicros };
		}
		if (this.#debugPort?.ended) {
			return { reason: "ended", atMicros };
		}
		const halt: Halt | undefined = this.#chip.halt;
		if (halt?.kind === "locked-up") {
			return { reason: "fault", fault: halt.fault, atMicros };
		}
		if (halt && !(halt.kind === "dormant" && this.#timedOut)) {
			return { reason: "halted", text: haltText(halt), atMicros };
		}
		if (this.#timedOut) {
			return { reason: "timeout", atMicros };
		}
		return { reason: "halted", text: "asleep, and nothing is left that could wake the core", atMicros };
	}

	/**
	 * Executes until the program counter is `address` (before that instruction), with interrupts and events as usual.
	 *
	 * @throws Error when `maxCycles` pass first, the core stands still, or the chip is reset.
	 */
	async runUntilProgramCounter(address: number, maxCycles: number): Promise<void> {
		const chip = this.#chip;
		const { core } = chip;
		const end = core.cycles + maxCycles;
		const { length: resetsBefore } = chip.resets;
		const target = (address & ~1) >>> 0;
		core.breakpoint = target;
		chip.stop = false;
		try {
			while (core.programCounter !== target) {
				if (core.cycles >= end) {
					throw new Error(`0x${address.toString(16)} was not reached within ${maxCycles} cycles; pc is 0x${core.programCounter.toString(16)}`);
				}
				if (chip.standing) {
					const result = this.#result();
					throw new Error(`0x${address.toString(16)} was not reached: ${result.reason === "fault" ? result.fault.text : JSON.stringify(result)}`);
				}
				const reset = chip.resets[resetsBefore];
				if (reset) {
					const first = chip.violations.list.find(({ level }) => level === "error");
					throw new Error(`0x${address.toString(16)} was not reached: the chip was reset (${reset.reason})${first ? ` after ${first.text}` : ""}`);
				}
				const waiting = chip.advance(this.#slice(Math.min(end, core.cycles + CYCLES_PER_TURN)));
				if (waiting) {
					await waiting;
				}
				this.#sample();
			}
		} finally {
			core.breakpoint = 1;
		}
	}

	/** What a debug probe on SWD reaches. To be asked for before `run`. */
	get debugPort(): DebugPort {
		this.#debugPort ??= new DebugPort(this.#chip);
		return this.#debugPort;
	}

	/** Ends the present `run` soon: for whoever sits at the terminal. */
	end(): void {
		this.debugPort.end();
	}

	/** Ends what the board holds of the host: connections of its network; hands out recordings. No run after it. */
	close(): void {
		this.radio?.close();
		this.#dump?.close();
	}

	/** Power is back after a dip that SRAM outlived. */
	powerOn(): void {
		this.#chip.powerOn();
	}

	/** Pulls the RUN pin low and lets go: the whole chip begins anew, SRAM stays. */
	pressRun(): void {
		this.#chip.pressRun();
	}

	/** Holds the BOOTSEL button or lets it go: a reset meanwhile leads to the USB boot loader, and a program can ask for it. */
	set bootsel(pressed: boolean) {
		this.#chip.flashPins.bootselPressed = pressed;
	}

	// ---- profile ----------------------------------------------------------------------------------------------------

	/**
	 * Samples the program counter every `everyCycles` cycles from now on (0 stops). Choose a prime, so that loops do not
	 * beat against it. Costs nothing when off.
	 */
	profile(everyCycles: number): void {
		this.#profileEvery = everyCycles;
		this.#profile ??= new Map();
	}

	/** Samples by address of the instruction. */
	get profileSamples(): ReadonlyMap<number, number> {
		return this.#profile ?? new Map();
	}

	#slice(end: number): number {
		return this.#profileEvery ? Math.min(end, this.#chip.core.cycles + this.#profileEvery) : end;
	}

	#sample(): void {
		if (this.#profileEvery && !this.#chip.core.sleeping) {
			const samples = this.#profile as Map<number, number>;
			const pc = this.#chip.core.programCounter;
			samples.set(pc, (samples.get(pc) ?? 0) + 1);
		}
	}

	// ---- console and report -----------------------------------------------------------------------------------------

	#received(bytes: Uint8Array): void {
		this.#bytes += bytes.length;
		this.#hash.update(bytes);
		const text = this.#decoder.decode(bytes, { stream: true });
		this.#text += text;
		if (text.includes("\n")) {
			this.#milestone("consoleFirstLine");
		}
		for (const listener of this.#listeners) {
			listener(text);
		}
		this.#check();
	}

	#check(): void {
		const match = this.#until && this.#text.slice(-MATCH_WINDOW).match(this.#until);
		if (match) {
			this.#match ??= match;
			this.#chip.stop = true;
			this.#chip.core.attend();
		}
	}

	/** Of each kind the first, in their order, with its virtual microseconds. */
	get milestones(): Report["milestones"] {
		return { ...this.#milestones };
	}

	/** Resets since power-on. */
	get resets(): Report["resets"] {
		return [...this.#chip.resets];
	}

	/** How deep the main stacks went: of core 0, and of core 1 when it was launched. */
	get stack(): StackReport[] {
		const { core, second, rom } = this.#chip;
		return (rom.launches ? [core, second] : [core]).map(({ stackStart, lowestStack }) => ({
			startAddress: stackStart >>> 0, lowestAddress: lowestStack >>> 0, bytes: stackStart - lowestStack,
		}));
	}

	get violations(): Violation[] {
		return this.#chip.violations.list;
	}

	/** What happened so far. The same .uf2, options and seed give the same report. */
	report(): Report {
		const chip = this.#chip;
		const { counts } = chip.serialFlash;
		return {
			seed: this.#options.seed,
			epochMs: this.#options.epochMs,
			virtualMs: Math.round(chip.clock.micros) / 1000,
			flashModel: chip.core.xipCache ? "XIP cache" : "no wait states",
			cycles: chip.core.cycles,
			activeCycles: chip.core.activeCycles,
			...(chip.rom.launches && { secondCore: { activeCycles: chip.second.activeCycles } }),
			clkSysHz: chip.clock.frequencyHz,
			...(chip.core.xipCache && { xip: { accesses: chip.core.xipCache.accesses, hits: chip.core.xipCache.hits } }),
			milestones: this.milestones,
			stack: this.stack,
			violations: this.violations,
			flash: {
				refusedStores: chip.refusedFlashStores,
				allowedStores: chip.allowedFlashStores,
				erases: counts.erases,
				programs: counts.programs,
				programmedBytes: counts.bytes,
			},
			resets: this.resets,
			halt: chip.halt ? haltText(chip.halt) : null,
			console: { bytes: this.#bytes, sha256: this.#hash.copy().digest("hex") },
			romCalls: Object.fromEntries([...chip.rom.calls].sort(([a], [b]) => (a < b ? -1 : 1))),
			...(this.radio && { radio: this.radio.report(), connections: structuredClone([...this.radio.traffic.connections]) }),
			...(this.radio?.traffic.connectionsNotListed && { connectionsNotListed: this.radio.traffic.connectionsNotListed }),
		};
	}
}

function haltText(halt: Halt): string {
	switch (halt.kind) {
		case "bootsel": return `USB boot loader: ${halt.reason}`;
		case "dormant": return "dormant, until a pin or the RTC wakes an oscillator";
		case "clock-stopped": return "clk_sys stands, and nothing brings it back";
		case "locked-up": return `locked up: ${halt.fault.text}`;
	}
}
