/**
 * What a simulated peripheral is handed: time, pins, chance, a log and a journal. Everything outside the RP2040 (the radio chip,
 * the network behind it) is written against these interfaces and never against the machine that has them.
 *
 * Implemented in `core/`; used by `radio/` and `network/`.
 */

/** Virtual time. It moves only when the processor executes or sleeps, and stands still while the host computes. */
export interface Clock {
	/** Virtual microseconds since power-on, with fractions (one cycle at 125 MHz is 0.008). */
	readonly micros: number;

	/** clk_sys cycles since power-on, sleep included. Counts on through watchdog resets. */
	readonly cycles: number;

	/** clk_sys in Hz, now. */
	readonly frequencyHz: number;

	/**
	 * Calls `callback` once, `delayMicros` (fractions allowed, 0 = as soon as the present instruction ended) later in
	 * virtual time. Events of the same instant run in the order in which they were scheduled.
	 *
	 * A callback that returns a promise stops virtual time until the promise settles: that is how host peers are waited
	 * for. A rejected promise, or an exception, ends `run()` with it.
	 *
	 * @returns cancels the event; harmless when it has already run.
	 */
	schedule(delayMicros: number, callback: () => void | Promise<void>): () => void;
}

/** One GPIO of the RP2040, seen from the board side. */
export interface Pin {
	/**
	 * The level on the wire now: what the RP2040 drives when its output is enabled, else what the board drives, else
	 * the RP2040's pull, else low.
	 */
	readonly level: boolean;

	/** True while the RP2040 drives the wire. Driving it from the board as well is contention: the driver's to report. */
	readonly outputEnabled: boolean;

	/**
	 * Calls `listener` after `level` or `outputEnabled` changed by an action of the RP2040 (never by `drive`). Changes of
	 * one cycle are told together at its end, in ascending pin order (data 24, chip select 25, clock 29), so at a clock
	 * edge the data pin already has its final level.
	 */
	onChange(listener: () => void): void;

	/**
	 * Drives the wire from the board; `undefined` lets go.
	 *
	 * @param afterCycles clk_sys cycles (whole, default 0) from now until the wire changes. Several may be on their way;
	 * they take effect in order. Much cheaper than `Clock.schedule` for a bit on the wire. A drive without delay drops
	 * those on their way.
	 */
	drive(level: boolean | undefined, afterCycles?: number): void;
}

/**
 * What listens to a clock and a data line and can be told of bits without their edges. The edges are the truth; where
 * nobody but this listener looks at the two pins, whole words come this way, at the same cycles.
 */
export interface BitListener {
	/** So many rising edges of the clock, from now on, give or take a bit and do nothing else. Falling edges do nothing then. */
	readonly quietEdges: number;
	/** One of these edges; the data pin already has its level. */
	clockRose(): void;
}

/** Something on an I2C bus, byte by byte. It answers when the RP2040 calls its address. */
export interface I2cDevice {
	/** Seven bits. */
	readonly address: number;
	/** Whether it is meant by an address that is called. Default: by `address` alone. */
	answers?(address: number, reads: boolean): boolean;
	/** START or repeated START with an address of its own. @returns false: it does not acknowledge. */
	start(reads: boolean, address: number): boolean;
	/** A byte of the RP2040. @returns false: it does not acknowledge. */
	write(byte: number): boolean;
	/** The byte that it puts out. */
	read(): number;
	/** What the RP2040 said to the byte that it read. No: it wants no more. */
	acknowledged?(yes: boolean): void;
	stop(): void;
	/** Before each byte: it holds the clock low until it calls `letGo`, which it may do at once. Default: it does not hold it. */
	hold?(letGo: () => void): void;
	/** Microseconds for which it holds the clock low after each byte; Infinity: for ever. Default 0. */
	stretchMicros?: number;
}

/** How a device hangs on an I2C bus. */
export interface I2cPlace {
	/** GPIO of SDA. */
	data: number;
	/** GPIO of SCL. */
	clock: number;
	/** Resistors on the board hold both lines high. Default true; without them the RP2040's own pull-ups must. */
	pullUps?: boolean;
}

/** Something on an SPI bus, word by word. */
export interface SpiDevice {
	/**
	 * A word in each direction.
	 *
	 * @param word of the RP2040, 4 to 16 bits, the first bit on the wire is the highest.
	 * @param mode 0-3: clock polarity and phase as the RP2040 has set them.
	 * @returns the device's word.
	 */
	exchange(word: number, bits: number, mode: number): number;
	/** Its select line changed. */
	selected?(active: boolean): void;
}

/** Which GPIOs an SPI device hangs on. A device without a select line always listens. */
export interface SpiPlace {
	clock: number;
	/** From the RP2040 to the device. */
	out?: number;
	/** From the device to the RP2040. */
	in?: number;
	select?: number;
	/** The level at which it is selected. Default false: low. */
	selectHigh?: boolean;
}

/** A seeded source of numbers. Each user gets a stream of its own, so that one more user does not change another's. */
export interface Random {
	/** The next number, 0 to 2^32 - 1. */
	next32(): number;
}

/** What a line of the log is about. */
export const LOG_TOPICS = [
	/** Resets, faults, USB, violations. */
	"board",
	/** The radio's power, start and GPIOs. */
	"radio",
	/** Each transfer on the radio's bus. */
	"bus",
	/** Ioctls and variables, with what came of them. */
	"ioctl",
	/** Events of the radio's firmware. */
	"event",
	/** Access point, leases, names, connections. */
	"network",
] as const;

export type LogTopic = (typeof LOG_TOPICS)[number];

/** Answers where lines of a topic go, or undefined when nobody wants them: then they need not be put together. */
export type Journal = (topic: LogTopic) => ((text: string) => void) | undefined;

/** What a board comes by on its way. */
export type Milestone =
	| "usbConfigured"
	| "consoleFirstLine"
	| "radioPowered"
	| "radioFirmwareReady"
	/** The link to the access point is up. */
	| "associated"
	/** WPA's handshake is done. */
	| "keyed"
	/** The DHCP server acknowledged one. */
	| "address"
	| "firstDnsAnswer"
	| "firstTcpConnection"
	| "firstTlsRecord";

/** Collects what is wrong, so that nothing unmodelled stays silent. */
export interface Log {
	/**
	 * Notes a violation. The report lists each code once, with level, count, and text, time and program counter of
	 * the first.
	 *
	 * @param level `error`: hardware would misbehave, the run ends with status 3; `warning`: doubtful; `info`: not
	 * modelled, harmless.
	 * @param code stable, in kebab-case, for instance `radio-contention`.
	 * @param text a sentence with the facts.
	 */
	violation(level: "error" | "warning" | "info", code: string, text: string): void;
}
