/**
 * The RP2040: both processors, memory map, blocks, and the loop that moves all of them in one virtual time.
 *
 * Of rp2040js come SYSCFG, TBMAN and the interpolators;
 * the rest is ours, where the model must be stricter or faster. RP2040 datasheet 2.2 (address map).
 */
import { RP2040 } from "rp2040js";
import type { Random } from "../wires.ts";
import { SerialFlash } from "../flash/serial-flash.ts";
import { IoQspi, PadsQspi, QspiPins } from "../flash/qspi-pins.ts";
import { Ssi } from "../flash/ssi.ts";
import { Adc } from "../peripherals/adc.ts";
import { I2c } from "../peripherals/i2c.ts";
import { IoBank, Pads } from "../peripherals/io-bank.ts";
import { Pwm } from "../peripherals/pwm.ts";
import { Spi } from "../peripherals/spi.ts";
import { type Interpolator, Sio } from "../peripherals/sio.ts";
import { ClockOutputs } from "../peripherals/clock-outputs.ts";
import { Clocks, Pll } from "../peripherals/clocks.ts";
import { CrystalOscillator, RingOscillator } from "../peripherals/oscillators.ts";
import { Rtc } from "../peripherals/rtc.ts";
import { BusControl, ChipReset, type PowerCause, PowerOnStateMachine, RESET_BLOCKS, type ResetBlock, Resets, SystemInfo, XipControl } from "../peripherals/system.ts";
import { Timer, Watchdog, type WatchdogReason } from "../peripherals/timer.ts";
import { Uart } from "../peripherals/uart.ts";
import { BootRom } from "../rom/boot-rom.ts";
import { UsbController } from "../usb/controller.ts";
import { Dma, type DmaBus } from "./dma.ts";
import { RIGHT_READ, RIGHT_WRITE } from "./memory-protection.ts";
import { DORMANT_WAKE, Pins } from "./pins.ts";
import { PioBlocks } from "./pio.ts";
import { PrivateBus } from "./private-bus.ts";
import { type Bus, FLASH_BYTES, FLASH_START, type Fault, hex, Processor, ROM_BYTES, SRAM_BYTES } from "./processor.ts";
import type { Registers } from "./registers.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { Violations } from "./violations.ts";
import { XipCache } from "./xip-cache.ts";
import { warmUp } from "./warm-up.ts";

/** The ring oscillator's frequency, from which everything runs after reset (datasheet 2.17.1: 1.8 to 12 MHz). */
const ROSC_HZ = 6_500_000;
const CRYSTAL_HZ = 12_000_000;
/**
 * How far the core may be ahead of the PIO while it touches SRAM and flash only. An interrupt of PIO, DMA or pins comes
 * late by at most so much.
 */
const LEAD_CYCLES = 16;
/** The same for core 0 before core 1 while both are awake. */
const PAIR_LEAD_CYCLES = 32;
const IRQ_IO_BANK0 = 13;
const IRQ_SIO_PROC0 = 15;
const IRQ_CLOCKS = 17;
const FUNCTION_UART = 2;
const FUNCTION_CLOCK = 8;
/** F8 of GPIO 15 and 16: D+ and D- of a USB controller that is muxed to the pads. */
const FUNCTION_USB_DEBUG = 8;
const USB_DEBUG_PIN = 15;
/** GPIOs of CLK_GPIN0 and 1. */
const CLOCK_INPUT_PINS = [20, 22] as const;
/** The GPIOs that can be a UART's signals, as masks (datasheet 1.4.3, table 2). */
const UART_PINS = [
	{ transmit: 0x10011001, receive: 0x20022002 },
	{ transmit: 0x01100110, receive: 0x02200220 },
] as const;
const SRAM_MIRROR = 0x21000000;
const DPSRAM_START = 0x50100000;
const DPSRAM_BYTES = 0x1000;
const DMA_START = 0x50000000;
const TIMER_START = 0x40054000;
const PIO_START = 0x50200000;
const XIP_AUX = 0x50400000;

/** Why a chip stands still: for good, or dormant until something outside wakes it. */
export type Halt = { kind: "locked-up"; fault: Fault } | { kind: "clock-stopped" | "dormant" } | { kind: "bootsel"; reason: string; activityMask: number; disableMask: number };

export interface ChipOptions {
	flashSizeBytes: number;
	uniqueId: Uint8Array;
	/** The ring oscillator's random bits. */
	roscRandom: Random;
	stuckRosc: boolean;
	/** Count what flash costs through the XIP cache. */
	xip: boolean;
}

interface Page {
	registers: Registers;
	/** Bit of RESETS, 0 when the block has none. */
	resetBit: number;
	name: string;
}

export class Chip implements Bus, DmaBus {
	/** Core 0, which carries the time. */
	readonly core: Processor;
	/** Core 1. */
	readonly second: Processor;
	/** The one of the two that executes, or would. */
	#active: Processor;
	readonly clock: VirtualClock;
	readonly violations: Violations;
	readonly pins: Pins;
	readonly usb: UsbController;
	readonly serialFlash: SerialFlash;
	readonly rom: BootRom;
	readonly dma: Dma;
	readonly flashPins = new QspiPins();
	readonly pio: PioBlocks;
	readonly watchdog: Watchdog;
	readonly uarts: [Uart, Uart];
	readonly spis: [Spi, Spi];
	readonly i2cs: [I2c, I2c];
	readonly adc: Adc;
	readonly #base: RP2040;
	readonly #pages = new Map<number, Page>();
	readonly #sio: Sio;
	readonly #privateBuses: readonly [PrivateBus, PrivateBus];
	readonly #resets: Resets;
	readonly #ssi: Ssi;
	readonly #ioQspi: IoQspi;
	readonly #xip: XipControl;
	readonly #timer: Timer;
	readonly #xosc: CrystalOscillator;
	readonly #rosc: RingOscillator;
	readonly #rtc: Rtc;
	readonly #clocks: Clocks;
	readonly #clockOutputs: ClockOutputs | undefined;
	readonly #plls: readonly [Pll, Pll];
	readonly #chipReset: ChipReset;
	readonly #psm: PowerOnStateMachine;
	readonly #flashView: DataView;
	readonly #sramView: DataView;

	/** The processor is inside a ROM function that takes long, until this cycle. */
	#busyUntil = 0;
	#flashWindows: { start: number; end: number }[] = [];
	/** Stores that reached flash from the processor, by `allowFlashStores`. */
	allowedFlashStores = 0;
	/** Stores into flash or ROM that the hardware would not take. */
	refusedFlashStores = 0;
	halt: Halt | undefined;
	/** Resets since power-on, by cause. */
	readonly resets: { atMicros: number; reason: string }[] = [];
	/** Asked by the outside: leave `advance` at the next look around. */
	stop = false;
	onHalt: ((halt: Halt) => void) | undefined;
	/** A dormant chip goes on. */
	onWake: (() => void) | undefined;
	onFault: ((fault: Fault, core: Processor) => void) | undefined;
	onReset: ((reason: string) => void) | undefined;

	constructor(options: ChipOptions) {
		warmUp();
		// The cycles are the core's, which needs the memories that rp2040js makes, which needs the clock.
		const chip = this;
		this.clock = new VirtualClock(
			{
				get cycles() {
					// Inside a step of the PIO, the cycle of that step.
					return chip.core ? chip.pins.now || chip.#active.cycles : 0;
				},
				attend() {
					chip.core?.attend();
				},
			},
			ROSC_HZ,
		);
		this.violations = new Violations(this.clock, () => this.#active.instructionAddress);
		const base = new RP2040(this.clock);
		this.#base = base;
		this.core = new Processor(base.sram, base.flash, this);
		this.second = new Processor(base.sram, base.flash, this, this.core);
		this.#active = this.core;
		this.#flashView = new DataView(base.flash.buffer);
		this.#sramView = new DataView(base.sram.buffer);
		const unknown = (text: string): void => this.#unmodelled(text.split(":")[0], text);
		const setInterrupt = (irq: number, high: boolean): void => this.#setInterrupt(irq, high);
		const cores = [this.core, this.second] as const;

		this.pins = new Pins({
			get cycles() {
				return chip.#active.cycles;
			},
			setInterrupt: (whose, high) => {
				if (whose !== DORMANT_WAKE) {
					cores[whose].setInterrupt(IRQ_IO_BANK0, high);
				} else if (high) {
					this.#wakeOscillators();
				}
			},
			pendingDrive: () => this.core.attend(),
			reads: (mask) => this.pio.reads(mask),
			watchChanged: () => this.#clockOutputs?.refresh(),
		});
		this.dma = new Dma(this, this.clock, setInterrupt, unknown);
		this.pio = new PioBlocks(this.pins, this.core, () => this.#active.cycles, this.dma, setInterrupt, unknown);
		this.usb = new UsbController(setInterrupt, () => ((this.pins.input & this.pins.selected(FUNCTION_USB_DEBUG)) >>> USB_DEBUG_PIN) & 3, unknown);
		this.serialFlash = new SerialFlash(base.flash, options.flashSizeBytes, options.uniqueId, () => this.clock.micros, (code, text) =>
			this.violations.violation("error", code, text),
		);
		this.#ssi = new Ssi(this.serialFlash, () => this.#active.cycles, { clock: this.clock, dma: this.dma, memory: base.flash }, unknown);
		this.#ssi.onMode = (xip) => this.#setXip(xip);
		this.#ioQspi = new IoQspi(this.flashPins, this.#ssi, unknown);
		const padsQspi = new PadsQspi(this.flashPins, unknown);
		this.#xip = new XipControl(base.flash, this.clock, this.dma, (cycles) => this.#active.stall(cycles), unknown);
		if (options.xip) {
			const cache = new XipCache();
			cache.onStale = (offset) => this.violations.violation(
				"error",
				"xip-stale",
				`read of flash at ${hex(FLASH_START + offset)} from a cache line of before its erase or program; XIP_CTRL.FLUSH, flash_flush_cache() or a store to the line forgets it (datasheet 2.6.3.2)`,
			);
			this.core.xipCache = this.second.xipCache = cache;
			this.#xip.cache = cache;
			this.serialFlash.onChange = (offset, lengthBytes) => cache.flashChanged(offset, lengthBytes);
		}
		this.#timer = new Timer(this.clock, setInterrupt, unknown);
		this.watchdog = new Watchdog(
			this.clock,
			(reason) => this.#watchdogBites(reason),
			() => this.#clocks.refHz,
			(micros) => {
				this.#timer.tickMicros = micros;
			},
			unknown,
		);
		this.#xosc = new CrystalOscillator(CRYSTAL_HZ, () => this.#oscillatorChanged(), unknown);
		this.#rosc = new RingOscillator(ROSC_HZ, options.roscRandom, options.stuckRosc, () => this.#oscillatorChanged(), unknown);
		const pll = (name: string): Pll => new Pll(name, () => this.#xosc.hz, () => this.#clocksChanged(), unknown);
		this.#plls = [pll("PLL_SYS"), pll("PLL_USB")];
		const [pllSys, pllUsb] = this.#plls;
		this.#clocks = new Clocks({
			pllSys, pllUsb,
			get ringOscillatorHz() {
				return chip.#rosc.hz;
			},
			get crystalHz() {
				return chip.#xosc.hz;
			},
			inputHz: (index) => (this.pins.control[CLOCK_INPUT_PINS[index]] & 0x1f) === FUNCTION_CLOCK ? this.#inputHz[index] : 0,
		}, {
			changed: () => this.#clocksChanged(),
			setInterrupt: (high) => setInterrupt(IRQ_CLOCKS, high),
		}, unknown);
		this.#clockOutputs = new ClockOutputs(this.clock, this.pins, (index) => this.#clocks.outputHz(index));
		this.pio.onEnabled = () => this.#clockOutputs?.refresh();
		this.#chipReset = new ChipReset(unknown);
		this.#psm = new PowerOnStateMachine((held) => this.#holdSecond(held), () => this.#sio.reset(), unknown);
		const uart = (index: 0 | 1): Uart =>
			new Uart(index, this.clock, this.pins, this.dma, {
				irq: 20 + index,
				dreqTransmit: 20 + 2 * index,
				dreqReceive: 21 + 2 * index,
				peripheralHz: () => this.#clocks.periHz,
				hasPin: (signal) => (this.pins.selected(FUNCTION_UART) & UART_PINS[index][signal]) !== 0,
			}, setInterrupt, unknown);
		this.uarts = [uart(0), uart(1)];
		const spi = (index: 0 | 1): Spi =>
			new Spi(this.clock, this.pins, this.dma, {
				index, irq: 18 + index, dreqTransmit: 16 + 2 * index, dreqReceive: 17 + 2 * index, peripheralHz: () => this.#clocks.periHz,
			}, setInterrupt, unknown);
		this.spis = [spi(0), spi(1)];
		const i2c = (index: 0 | 1): I2c =>
			new I2c(this.clock, this.pins, this.dma, {
				index, irq: 23 + index, dreqTransmit: 32 + 2 * index, dreqReceive: 33 + 2 * index, otherSlave: () => this.i2cs[index ? 0 : 1].slave,
			}, setInterrupt, unknown);
		this.i2cs = [i2c(0), i2c(1)];
		this.pins.onReceived = (pin) => this.uarts[(((pin + 4) >>> 3) & 1) as 0 | 1].lineChanged();
		this.adc = new Adc(this.clock, this.dma, {
			pad: (pin) => this.pins.pad[pin],
			warn: (code, text) => this.violations.violation("warning", code, text),
		}, setInterrupt, unknown);
		const rtc = new Rtc(this.clock, () => this.#clocks.rtcHz, (irq, high) => {
			setInterrupt(irq, high);
			if (high) {
				this.#wakeOscillators();
			}
		}, unknown);
		this.#rtc = rtc;
		const pwm = new Pwm(this.clock, this.pins, this.dma, setInterrupt, unknown);
		const lanes = [base.sio.interp0, base.sio.interp1] as unknown as Interpolator[];
		const more = lanes.map((lane, index) => new (lane.constructor as new (index: number) => Interpolator)(index));
		this.#sio = new Sio(this.pins, this.flashPins, [lanes, more], (core, high) => cores[core].setInterrupt(IRQ_SIO_PROC0 + core, high), unknown);
		const privateBus = (core: Processor): PrivateBus => new PrivateBus(core, this.clock, () => this.reset("system reset request"), unknown);
		this.#privateBuses = [privateBus(this.core), privateBus(this.second)];
		this.#resets = new Resets((block) => this.#resetBlock(block), unknown);

		this.#adopt(base);
		for (const [key, registers] of Object.entries(base.peripherals)) {
			this.#place(Number(key) * 0x1000, registers as Registers, (registers as { name?: string }).name ?? key);
		}
		const ioBank = new IoBank(this.pins, unknown);
		const busControl = new BusControl(unknown);
		const pads = new Pads(this.pins, unknown);
		this.#place(0x18000000, this.#ssi, "SSI");
		this.#place(0x14000000, this.#xip, "XIP_CTRL");
		this.#place(0x40000000, new SystemInfo(unknown), "SYSINFO", "sysinfo");
		this.#place(0x40008000, this.#clocks, "CLOCKS");
		this.#place(0x4000c000, this.#resets, "RESETS");
		this.#place(0x40010000, this.#psm, "PSM");
		this.#place(0x40014000, ioBank, "IO_BANK0", "io_bank0");
		this.#place(0x40018000, this.#ioQspi, "IO_QSPI", "io_qspi");
		this.#place(0x4001c000, pads, "PADS_BANK0", "pads_bank0");
		this.#place(0x40020000, padsQspi, "PADS_QSPI", "pads_qspi");
		this.#place(0x40028000, pllSys, "PLL_SYS", "pll_sys");
		this.#place(0x4002c000, pllUsb, "PLL_USB", "pll_usb");
		this.#place(0x40034000, this.uarts[0], "UART0", "uart0");
		this.#place(0x40038000, this.uarts[1], "UART1", "uart1");
		this.#place(0x4003c000, this.spis[0], "SPI0", "spi0");
		this.#place(0x40040000, this.spis[1], "SPI1", "spi1");
		this.#place(0x40044000, this.i2cs[0], "I2C0", "i2c0");
		this.#place(0x40048000, this.i2cs[1], "I2C1", "i2c1");
		this.#place(0x4004c000, this.adc, "ADC", "adc");
		this.#place(0x40050000, pwm, "PWM", "pwm");
		this.#place(0x40054000, this.#timer, "TIMER", "timer");
		this.#place(0x40058000, this.watchdog, "WATCHDOG");
		this.#place(0x4005c000, rtc, "RTC", "rtc");
		this.#place(0x40024000, this.#xosc, "XOSC");
		this.#place(0x40030000, busControl, "BUSCTRL", "busctrl");
		this.#place(0x40060000, this.#rosc, "ROSC");
		this.#place(0x40064000, this.#chipReset, "VREG_AND_CHIP_RESET");
		this.#place(0x50000000, this.dma, "DMA", "dma");
		this.#place(0x50110000, this.usb, "USBCTRL", "usbctrl");
		this.#place(0x50200000, this.pio.blocks[0], "PIO0", "pio0");
		this.#place(0x50300000, this.pio.blocks[1], "PIO1", "pio1");
		const resettable: [number, ResetBlock][] = [
			[0x40004000, "syscfg"], [0x4006c000, "tbman"],
		];
		for (const [address, block] of resettable) {
			(this.#pages.get(address >>> 14) as Page).resetBit = 1 << RESET_BLOCKS.indexOf(block);
		}
		this.#ownBlocks = {
			busctrl: busControl, io_bank0: ioBank, pads_bank0: pads, io_qspi: this.#ioQspi, pads_qspi: padsQspi, pll_sys: pllSys, pll_usb: pllUsb, timer: this.#timer, dma: this.dma,
			uart0: this.uarts[0], uart1: this.uarts[1], spi0: this.spis[0], spi1: this.spis[1],
			i2c0: this.i2cs[0], i2c1: this.i2cs[1], adc: this.adc, pwm, rtc, usbctrl: this.usb, pio0: this.pio.blocks[0], pio1: this.pio.blocks[1],
		};

		this.core.onFault = (fault) => this.#faulted(fault, this.core);
		this.second.onFault = (fault) => this.#faulted({ ...fault, text: `core 1: ${fault.text}` }, this.second);
		this.core.onSendEvent = () => this.#signalSecond();
		this.second.onSendEvent = () => this.core.sendEvent();
		this.second.onWake = () => this.second.passUntil(Math.max(this.second.cycles, this.pins.now || this.core.cycles), false);
		const sio = this.#sio;
		this.rom = new BootRom({
			get core() {
				return chip.#active;
			},
			get coreIndex() {
				return sio.core;
			},
			fifo: {
				get valid() {
					return sio.waiting(sio.core) > 0;
				},
				get ready() {
					return (sio.readUint32(0x50) & 2) !== 0;
				},
				read: () => sio.readUint32(0x58),
				write: (value) => sio.writeUint32(0x54, value),
			},
			flash: this.serialFlash,
			ssi: this.#ssi,
			scratch: this.watchdog.scratch,
			readByte: (address) => (this.#active.isRefused(address, RIGHT_READ) ? 0 : this.peek(address, 1)),
			readWord: (address) => (this.#active.isRefused(address, RIGHT_READ) ? 0 : this.peek(address, 4)),
			writeByte: (address, value) => this.#active.isRefused(address, RIGHT_WRITE) || this.poke(address, 1, value),
			writeWord: (address, value) => this.#active.isRefused(address, RIGHT_WRITE) || this.poke(address, 4, value),
			busyMicros: (micros) => {
				const cycles = Math.ceil((micros * this.clock.frequencyHz) / 1e6);
				if (this.#active === this.core) {
					this.#busyUntil = this.core.cycles + cycles;
					this.core.attend();
				} else {
					this.#active.stall(cycles);
				}
			},
			setXip: (on) => this.#setXip(on),
			flushCache: () => this.#xip.flushAndEnable(),
			releaseFlashBlocks: () => {
				this.#resets.held &= ~((1 << RESET_BLOCKS.indexOf("io_qspi")) | (1 << RESET_BLOCKS.indexOf("pads_qspi")));
				this.flashPins.selectXip();
			},
			bootselPressed: () => this.flashPins.bootselPressed,
			bootsel: (reason, activityMask, disableMask) => this.#stand({ kind: "bootsel", reason, activityMask, disableMask }),
			violation: (level, code, text) => this.violations.violation(level, code, text),
		});
		this.second.onRomTrap = this.core.onRomTrap;
		this.powerOn();
	}

	#ownBlocks: Partial<Record<ResetBlock, { reset(): void }>> = {};

	/** Gives rp2040js' machine our core, DMA and log, which its peripherals call. */
	#adopt(base: RP2040): void {
		const core = this.core;
		const log = (component: string, message: string): void => this.#unmodelled(component, `${component}: ${message}`);
		Object.assign(base, {
			core,
			dma: this.dma,
			setInterrupt: (irq: number, high: boolean) => this.#setInterrupt(irq, high),
			readUint32: (address: number) => this.peek(address, 4),
			logger: { debug() {}, info() {}, warn: log, error: log },
			roscFreq: ROSC_HZ,
		});
	}

	#place(address: number, registers: Registers, name: string, block?: ResetBlock): void {
		this.#pages.set(address >>> 14, { registers, resetBit: block ? 1 << RESET_BLOCKS.indexOf(block) : 0, name });
	}

	/** A line goes to both cores; each has its own NVIC. */
	#setInterrupt(irq: number, high: boolean): void {
		this.core.setInterrupt(irq, high);
		this.second.setInterrupt(irq, high);
	}

	#unmodelled(block: string, text: string): void {
		this.violations.violation("info", `unmodelled-${block.toLowerCase().replaceAll("_", "-")}`, text);
	}

	// ---- power and resets -------------------------------------------------------------------------------------------

	powerOn(cause: PowerCause = "power"): void {
		this.#resetReason = undefined;
		this.watchdog.powerOn();
		this.#chipReset.powerOn(cause);
		this.#reset();
	}

	/**
	 * Resets everything but the watchdog's scratch registers and reason, and memory: when the present instruction has
	 * ended, because its last part still writes registers.
	 */
	reset(reason: string): void {
		this.#resetReason ??= reason;
		this.core.attend();
	}

	#resetReason: string | undefined;

	#resetNow(reason: string): void {
		this.#resetReason = undefined;
		this.#noteReset(reason);
		this.#reset();
	}

	/** The RUN pin went low and high again. */
	pressRun(): void {
		this.#noteReset("RUN pin");
		this.powerOn("run-pin");
	}

	#noteReset(reason: string): void {
		this.resets.push({ atMicros: Math.round(this.clock.micros * 1000) / 1000, reason });
		this.onReset?.(reason);
	}

	#reset(): void {
		this.halt = undefined;
		this.#busyUntil = 0;
		this.#setXip(true);
		this.watchdog.reset();
		// The ring first, from which clk_sys comes now, and the PLLs behind it, from which it may have come.
		this.#rosc.reset();
		this.#xosc.reset();
		this.#clocks.reset();
		this.#resets.reset();
		this.#sio.reset();
		this.#xip.reset();
		this.#ssi.reset();
		for (const block of RESET_BLOCKS) {
			this.#resetBlock(block);
		}
		this.#psm.reset();
		this.#privateBuses[0].reset();
		this.core.reset();
		this.#holdSecond(false);
	}

	// ---- core 1 -----------------------------------------------------------------------------------------------------

	/** Resets core 1; it waits for its launch in the boot ROM, or `held`, for the end of the reset. */
	#holdSecond(held: boolean): void {
		const { second } = this;
		this.#privateBuses[1].reset();
		second.passUntil(this.#active.cycles, false);
		second.reset();
		this.rom.resetLaunch();
		// Asleep with all interrupts off and waiting for no event: nothing wakes it.
		second.sleeping = held;
	}

	get #secondRuns(): boolean {
		return !this.second.sleeping && !this.second.lockedUp && this.halt?.kind !== "clock-stopped" && this.halt?.kind !== "dormant";
	}

	/** SEV of core 0. In the boot ROM, only a word in the FIFO makes a difference. */
	#signalSecond(): void {
		if (!(this.rom.listening && this.second.sleeping && !this.#sio.waiting(1))) {
			this.second.sendEvent();
		}
	}

	#activate(core: Processor): void {
		this.#active = core;
		this.#sio.core = core === this.core ? 0 : 1;
	}

	/** Core 1 executes what begins before `until`; `alone`, until there is something to look after. */
	#follow(until: number, alone = false): void {
		const { core, second } = this;
		this.#activate(second);
		while (second.cycles < until && this.#secondRuns && !this.#resetReason && !this.stoppedCore && !(alone && core.attention)) {
			if (second.exceptionsChanged) {
				second.handleExceptions();
			} else if (second.atBreakpoint) {
				this.#stopBy(second);
			} else {
				second.run(this.#watches.length ? 1 : until - second.cycles);
				this.#lookAtWatches(second);
			}
		}
		this.#activate(core);
	}

	/** Core 0 lets time pass until `limit`, asleep or (`active`) inside a long ROM function, and core 1 goes ahead. */
	#followAlone(limit: number, active: boolean): void {
		const { core, second, pio } = this;
		do {
			this.#follow(pio.moving ? Math.min(limit, core.cycles + LEAD_CYCLES) : limit, true);
			const reached = this.#secondRuns ? Math.min(second.cycles, limit) : core.cycles;
			core.passUntil(Math.max(core.cycles, reached), active);
			pio.advanceTo(core.cycles);
		} while (!core.attention && this.#secondRuns && core.cycles < limit);
	}

	#resetBlock(block: ResetBlock): void {
		const own = this.#ownBlocks[block];
		if (own) {
			own.reset();
			return;
		}
		switch (block) {
			case "syscfg": this.#renew(0x40004000); break;
		}
	}

	/** clk_sys takes over what CLOCKS says, or stands. */
	#clocksChanged(): void {
		this.#followClocks();
		this.watchdog.followTick();
		this.#rtc?.sourceChanged();
		this.#clockOutputs?.refresh();
	}

	#followClocks(): void {
		const hz = this.#clocks.sysHz;
		if (hz) {
			this.clock.frequencyHz = hz;
			this.#setDormant(false);
			return;
		}
		if (this.#xosc.dormant || this.#rosc.dormant) {
			this.#setDormant(true);
			return;
		}
		const stoodMicros = this.#clocks.resuscitate();
		if (stoodMicros === undefined) {
			this.violations.violation("error", "clock-stopped", `clk_sys stands: its source gives nothing, and CLK_SYS_RESUS_CTRL does not bring it back`);
			this.#stand({ kind: "clock-stopped" });
			return;
		}
		this.clock.standStill(stoodMicros);
		this.clock.frequencyHz = this.#clocks.sysHz;
	}

	/** An oscillator was switched on or off, went to sleep or woke up. */
	#oscillatorChanged(): void {
		// One that is to sleep while something asks it to wake does not.
		if ((this.#xosc.dormant || this.#rosc.dormant) && this.#isAskedToWake) {
			this.#wakeOscillators();
			return;
		}
		this.#clocksChanged();
	}

	/** GPIOs by DORMANT_WAKE_INTE, or the RTC on a clock from outside (datasheet 2.11.5.2). */
	get #isAskedToWake(): boolean {
		return this.#rtc.interrupting || this.pins.wakes;
	}

	#wakeOscillators(): void {
		this.#xosc?.wake();
		this.#rosc?.wake();
	}

	/** All that runs by clk_sys and clk_ref stands, while time passes by what happens outside, or it goes on where it was. */
	#setDormant(dormant: boolean): void {
		if (dormant === (this.halt?.kind === "dormant")) {
			return;
		}
		this.watchdog.held = dormant;
		if (dormant) {
			this.#stand({ kind: "dormant" });
		} else {
			this.halt = undefined;
			this.core.attend();
			this.onWake?.();
		}
	}

	/** What the board puts onto GPIO 20 and 22, where CLK_GPIN0 and 1 are. */
	readonly #inputHz: [number, number] = [0, 0];

	/** A clock from outside. @param hz 0: there is none. */
	setInputHz(index: 0 | 1, hz: number): void {
		this.#inputHz[index] = hz;
		this.#clocksChanged();
	}

	/** rp2040js has no reset: a new object of the same class takes the place of the old one. */
	#renew(address: number): void {
		const page = this.#pages.get(address >>> 14) as Page;
		const old = page.registers as unknown as { constructor: new (...parts: unknown[]) => Registers; name: string };
		page.registers = new old.constructor(this.#base, old.name);
	}

	#watchdogBites(reason: WatchdogReason): void {
		this.reset(`watchdog ${reason}`);
	}

	#stand(halt: Halt): void {
		this.halt = halt;
		this.core.attend();
		this.onHalt?.(halt);
	}

	#faulted(fault: Fault, core: Processor): void {
		this.violations.violation("error", fault.code, fault.text);
		this.onFault?.(fault, core);
		if (this.#debugging) {
			this.#stopBy(core);
		}
		if (this.core.lockedUp) {
			this.#stand({ kind: "locked-up", fault });
		}
	}

	// ---- time -------------------------------------------------------------------------------------------------------

	/**
	 * Moves everything on until `untilCycle`, a halt, `stop`, or a breakpoint (then `stoppedCore` is set).
	 *
	 * @returns a promise when an event waits for the host: to be awaited before the next call.
	 */
	advance(untilCycle: number): Promise<void> | undefined {
		const { core, second, clock, pio } = this;
		this.stoppedCore = undefined;
		for (;;) {
			if (this.stoppedCore) {
				return undefined;
			}
			if (this.#resetReason) {
				this.#resetNow(this.#resetReason);
			}
			core.attention = false;
			const now = core.cycles;
			let limit = clock.nextCycle;
			if (limit <= now) {
				const waiting = clock.runDue();
				if (waiting) {
					return waiting;
				}
				continue;
			}
			if (this.stop || now >= untilCycle) {
				return undefined;
			}
			limit = Math.min(limit, untilCycle);
			if (second.exceptionsChanged && second.sleeping) {
				this.#activate(second);
				second.handleExceptions();
				this.#activate(core);
			}
			if (this.halt) {
				if (this.#standsForGood) {
					return undefined;
				}
				if (this.halt.kind === "dormant") {
					return clock.standUntilNext();
				}
				this.#passAsleep(limit);
				continue;
			}
			if (now < this.#busyUntil) {
				limit = Math.min(limit, this.#busyUntil);
				if (this.#secondRuns) {
					this.#followAlone(limit, true);
				} else {
					core.passUntil(pio.advanceTo(limit), true);
				}
				continue;
			}
			if (core.exceptionsChanged) {
				core.handleExceptions();
				if (core.cycles !== now) {
					continue;
				}
			}
			if (core.sleeping) {
				if (limit === Infinity && !this.#secondRuns && !pio.moving) {
					return undefined;
				}
				this.#passAsleep(limit);
				continue;
			}
			if (core.atBreakpoint) {
				this.stoppedCore = core;
				return undefined;
			}
			if (this.#secondRuns || pio.moving || this.#watches.length) {
				pio.quietUntil = 0;
				do {
					// The core runs ahead a little; its accesses to registers let core 1 and the PIO catch up first.
					core.run(Math.min(limit - core.cycles, this.#lead));
					this.#lookAtWatches(core);
					if (this.#secondRuns) {
						this.#follow(core.cycles);
					}
					// Where nobody could see it, the PIO stays behind until there is something to see.
					if (core.cycles >= pio.quietUntil) {
						pio.advanceTo(core.cycles);
					}
				} while (!core.attention && (pio.moving || this.#secondRuns) && core.cycles < limit && !core.atBreakpoint);
				if (core.cycles < pio.quietUntil) {
					pio.advanceTo(core.cycles);
				}
			} else {
				core.run(limit - now);
			}
		}
	}

	// ---- what a debugger does ---------------------------------------------------------------------------------------

	/** The core that stands at a breakpoint, at BKPT or behind a watched store; until `advance` is called again. */
	stoppedCore: Processor | undefined;
	/** The watched memory that it has changed. */
	stoppedByWatch: number | undefined;
	#watches: { address: number; before: Uint8Array }[] = [];

	/** Memory whose change stops the core that made it. Costs most of the speed. */
	setWatches(watches: { address: number; length: number }[]): void {
		this.#watches = watches.map(({ address, length }) => ({ address, before: this.debugRead(address, length) ?? new Uint8Array(length) }));
		this.core.attend();
	}

	#lookAtWatches(core: Processor): void {
		for (const watch of this.#watches) {
			const now = this.debugRead(watch.address, watch.before.length);
			if (now && now.some((byte, index) => byte !== watch.before[index])) {
				watch.before = now;
				this.#stopBy(core);
				this.stoppedByWatch = watch.address;
			}
		}
	}

	/** How far core 0 may go ahead. */
	get #lead(): number {
		if (this.#watches.length) {
			return 1;
		}
		if (!this.pio.moving) {
			return PAIR_LEAD_CYCLES;
		}
		return this.#secondRuns ? LEAD_CYCLES : Math.max(LEAD_CYCLES, this.pio.quietUntil - this.core.cycles);
	}

	#stopBy(core: Processor): void {
		this.stoppedCore = core;
		this.stoppedByWatch = undefined;
		this.core.attend();
	}

	#debugging = false;

	/** BKPT stops for a debugger instead of being a fault, and faults stop behind HardFault's entry. */
	set debugging(on: boolean) {
		this.#debugging = on;
		for (const core of [this.core, this.second]) {
			core.onBreakpoint = on
				? () => {
					this.#stopBy(core);
					return true;
				}
				: undefined;
		}
	}

	/**
	 * One instruction of a core, breakpoint or not, with interrupts held off as debug probes do it. A sleeping core goes
	 * on behind its WFI or WFE. The other core goes along, as far as time moves.
	 *
	 * @returns a promise as `advance` does.
	 */
	step(core: Processor): Promise<void> | undefined {
		this.stoppedCore = undefined;
		if (core.lockedUp || (core === this.core && this.halt)) {
			return undefined;
		}
		if (core === this.core && core.cycles < this.#busyUntil) {
			return this.advance(this.#busyUntil);
		}
		core.sleeping = false;
		this.#activate(core);
		core.runPastBreakpoint();
		this.#activate(this.core);
		if (core === this.core) {
			if (this.#secondRuns) {
				this.#follow(core.cycles);
			}
			this.pio.advanceTo(core.cycles);
		}
		return this.stoppedCore ? undefined : this.advance(Math.max(this.core.cycles, core.cycles));
	}

	/** A read by a debugger, as `core` would see it; undefined where the bus answers with an error. */
	debugRead(address: number, length: number, core = this.core): Uint8Array | undefined {
		const bytes = new Uint8Array(length);
		const whole = this.#asDebugger(core, () => {
			for (let at = 0; at < length && !this.#debugError; ) {
				const size = accessSize(address + at, length - at);
				const value = this.peek((address + at) >>> 0, size);
				for (let index = 0; index < size; index++) {
					bytes[at++] = value >>> (8 * index);
				}
			}
		});
		return whole ? bytes : undefined;
	}

	/** A store by a debugger, also into flash and ROM. @returns false where the bus answers with an error. */
	debugWrite(address: number, bytes: Uint8Array, core = this.core): boolean {
		const memory = address >>> 24 === 0x10 ? core.flash : address >>> 24 === 0 ? core.rom : undefined;
		const offset = address & 0xffffff;
		if (memory) {
			if (offset + bytes.length > memory.length) {
				return false;
			}
			memory.set(bytes, offset);
			return true;
		}
		return this.#asDebugger(core, () => {
			for (let at = 0; at < bytes.length && !this.#debugError; ) {
				const size = accessSize(address + at, bytes.length - at);
				let value = 0;
				for (let index = 0; index < size; index++) {
					value |= bytes[at++] << (8 * index);
				}
				this.poke((address + at - size) >>> 0, size, value >>> 0);
			}
		});
	}

	#forDebugger = false;
	#debugError = false;

	#asDebugger(core: Processor, access: () => void): boolean {
		const active = this.#active;
		this.#activate(core);
		this.#forDebugger = true;
		this.#debugError = false;
		access();
		this.#forDebugger = false;
		this.#activate(active);
		return !this.#debugError;
	}

	/** Core 0 does nothing until `limit`. */
	#passAsleep(limit: number): void {
		const { core, pio } = this;
		if (this.#secondRuns) {
			this.#followAlone(limit, false);
		} else if (this.halt?.kind === "clock-stopped") {
			core.passUntil(limit, false);
		} else {
			core.passUntil(pio.moving ? pio.advanceTo(limit) : limit, false);
		}
	}

	/** Core 0 stands still, and neither a watchdog nor core 1 will change anything. */
	get #standsForGood(): boolean {
		return (
			this.halt !== undefined && this.halt.kind !== "dormant" && !this.watchdog.running && !this.uarts.some((uart) => uart.sending) &&
			(this.halt.kind !== "locked-up" || !this.rom.launched || this.second.lockedUp)
		);
	}

	/** Nothing more will happen: it stands still, or it sleeps and no event is left. */
	get standing(): boolean {
		if (this.halt?.kind === "dormant") {
			return this.clock.nextCycle === Infinity;
		}
		return (
			this.#standsForGood ||
			((this.core.sleeping || this.halt !== undefined) && !this.#secondRuns && !this.pio.moving && this.clock.nextCycle === Infinity)
		);
	}

	// ---- memory map -------------------------------------------------------------------------------------------------

	/** Lets the processor store into flash, offsets `start` to `end` (exclusive): for programs that build what goes there. */
	allowFlashStores(start: number, end: number): void {
		this.#flashWindows.push({ start, end });
	}

	#setXip(on: boolean): void {
		if ((this.core.flashBytes !== 0) !== on) {
			for (const core of [this.core, this.second]) {
				core.flashBytes = on ? FLASH_BYTES : 0;
				core.refetch();
			}
		}
	}

	/** A read as the bus does it, for DMA and for the ROM's functions. */
	peek(address: number, size: 1 | 2 | 4): number {
		const offset = address & 0xffffff;
		if (address >>> 24 === 0x20 && offset < SRAM_BYTES) {
			return size === 4 ? this.#sramView.getUint32(offset, true) : size === 2 ? this.#sramView.getUint16(offset, true) : this.core.sram[offset];
		}
		return this.read(address >>> 0, size);
	}

	poke(address: number, size: 1 | 2 | 4, value: number): void {
		const offset = address & 0xffffff;
		if (address >>> 24 === 0x20 && offset < SRAM_BYTES) {
			if (size === 4) {
				this.#sramView.setUint32(offset, value, true);
			} else if (size === 2) {
				this.#sramView.setUint16(offset, value, true);
			} else {
				this.core.sram[offset] = value;
			}
			return;
		}
		this.write(address >>> 0, size, value >>> 0);
	}

	dmaRead(address: number, size: 1 | 2 | 4): number {
		this.#forDma = true;
		const value = this.peek(address, size);
		this.#forDma = false;
		return value;
	}

	dmaWrite(address: number, size: 1 | 2 | 4, value: number): void {
		this.#forDma = true;
		this.poke(address, size, value);
		this.#forDma = false;
	}

	#forDma = false;

	/**
	 * Before a processor reads or writes a register, core 1 (if core 0 does it) and the state machines reach its cycle. DMA
	 * is part of theirs.
	 *
	 * @param blind nothing is done but a read whose value a quiet state machine leaves as it is.
	 */
	#catchUp(blind = false): void {
		if (this.#forDma || this.#forDebugger || this.pins.now) {
			return;
		}
		if (this.#active === this.core && this.#secondRuns) {
			this.#follow(this.core.cycles);
		}
		if (this.pio.movers && !(blind && this.#active.cycles < this.pio.quietUntil)) {
			this.pio.advanceTo(this.#active.cycles);
			this.pio.quietUntil = 0;
		}
	}

	#busError(code: string, text: string): void {
		if (this.#forDebugger) {
			this.#debugError = true;
		} else if (this.#forDma) {
			this.violations.violation("error", `dma-${code}`, `DMA: ${text}`);
		} else {
			this.#active.busFault(code, text);
		}
	}

	read(address: number, size: 1 | 2 | 4): number {
		switch (address >>> 28) {
			case 0x0:
				if (address < ROM_BYTES) {
					return readBytes(this.core.rom, address, size);
				}
				break;
			case 0x1:
				return this.#readXip(address, size);
			case 0x2:
				if (address >= SRAM_MIRROR && address < SRAM_MIRROR + 0x40000) {
					return readBytes(this.core.sram, striped(address - SRAM_MIRROR), size);
				}
				if (address < 0x20042000 && address >= 0x20000000) {
					return readBytes(this.core.sram, address - 0x20000000, size);
				}
				break;
			case 0x4:
			case 0x5: {
				this.#catchUp(isBlind(address));
				if (address - DPSRAM_START < DPSRAM_BYTES && address >= DPSRAM_START) {
					return this.usb.readDpsram(address & 0xfff, size);
				}
				if (address >>> 16 === XIP_AUX >>> 16) {
					return this.#xip.readStream();
				}
				const page = this.#pages.get(address >>> 14);
				if (page) {
					this.#checkReset(page, address);
					return part(page.registers.readUint32(address & 0xffc) >>> 0, address, size);
				}
				break;
			}
			case 0xd:
				if (address < 0xd0000200 && !this.#forDma) {
					this.#catchUp();
					return part(this.#sio.readUint32(address & 0x1fc), address, size);
				}
				break;
			case 0xe:
				if (address >>> 12 === 0xe000e && !this.#forDma) {
					return part(this.#privateBuses[this.#sio.core].readUint32(address & 0xffc), address, size);
				}
				break;
		}
		this.#busError("unmapped-read", `read of ${hex(address)}, where nothing is`);
		return 0;
	}

	#readXip(address: number, size: 1 | 2 | 4): number {
		const region = address >>> 24;
		if (region <= 0x13) {
			const offset = address & 0xffffff;
			if (!this.core.flashBytes) {
				this.#busError("xip-off", `read of flash at ${hex(address)} while it answers to commands only`);
				return 0;
			}
			const cache = this.core.xipCache;
			if (cache && !this.#forDebugger) {
				const wait = cache.access(address, this.#active.cycles);
				// DMA has its own time, which flash does not lengthen.
				if (!this.#forDma) {
					this.#active.stall(wait);
				}
			}
			return size === 4 ? this.#flashView.getUint32(offset, true) : size === 2 ? this.#flashView.getUint16(offset, true) : this.core.flash[offset];
		}
		if (region === 0x15 && address < 0x15004000 && this.#xip.lendsMemory) {
			return readBytes(this.core.xipSram, address & 0x3fff, size);
		}
		const page = this.#pages.get(address >>> 14);
		if (page) {
			return part(page.registers.readUint32(address & 0xffc) >>> 0, address, size);
		}
		this.#busError("unmapped-read", `read of ${hex(address)}, where nothing is`);
		return 0;
	}

	write(address: number, size: 1 | 2 | 4, value: number): void {
		switch (address >>> 28) {
			case 0x0:
				if (address < ROM_BYTES) {
					// The ROM takes no store and gives no bus error. TinyUSB's RP2040 driver relies on it at each transfer of
					// endpoint 0, which has no control register: it stores what it has read at address 0 back there. Other
					// firmware has DMA write there what nobody wants.
					if (!this.#forDma && readBytes(this.core.rom, address, size) !== value) {
						this.violations.violation(
							"warning",
							"rom-store",
							`store of ${hex(value)} to ${hex(address)} in the boot ROM (null pointer?)`,
						);
					}
					return;
				}
				break;
			case 0x1:
				this.#writeXip(address, size, value);
				return;
			case 0x2:
				if (address >= SRAM_MIRROR && address < SRAM_MIRROR + 0x40000) {
					writeBytes(this.core.sram, striped(address - SRAM_MIRROR), size, value);
					return;
				}
				if (address < 0x20042000 && address >= 0x20000000) {
					writeBytes(this.core.sram, address - 0x20000000, size, value);
					return;
				}
				break;
			case 0x4:
			case 0x5: {
				this.#catchUp();
				if (address - DPSRAM_START < DPSRAM_BYTES && address >= DPSRAM_START) {
					this.usb.writeDpsram(address & 0xfff, size, value);
					return;
				}
				const page = this.#pages.get(address >>> 14);
				if (page) {
					this.#checkReset(page, address);
					page.registers.writeUint32Atomic(address & 0xffc, replicate(size, value), (address >>> 12) & 3);
					return;
				}
				break;
			}
			case 0xd:
				if (address < 0xd0000200 && !this.#forDma) {
					this.#catchUp();
					this.#sio.writeUint32Atomic(address & 0x1fc, replicate(size, value), 0);
					return;
				}
				break;
			case 0xe:
				if (address >>> 12 === 0xe000e && !this.#forDma) {
					this.#privateBuses[this.#sio.core].writeUint32Atomic(address & 0xffc, replicate(size, value), 0);
					return;
				}
				break;
		}
		this.#busError("unmapped-write", `store of ${hex(value)} to ${hex(address)}, where nothing is`);
	}

	#writeXip(address: number, size: 1 | 2 | 4, value: number): void {
		const region = address >>> 24;
		if (region <= 0x13) {
			const offset = address & 0xffffff;
			// A store to the cached, allocating address deletes the line (datasheet 2.6.3.2).
			if (region === FLASH_START >>> 24) {
				this.core.xipCache?.invalidate(offset);
			}
			for (const window of this.#flashWindows) {
				if (offset >= window.start && offset + size <= window.end) {
					this.allowedFlashStores++;
					writeBytes(this.core.flash, offset, size, value);
					return;
				}
			}
			if (region !== FLASH_START >>> 24 && this.#xip.refusesWrites) {
				this.#busError("flash-bad-write", `store of ${hex(value)} to ${hex(address)}: XIP_CTRL.ERR_BADWRITE makes it a bus error`);
				return;
			}
			// It changes nothing else: zeros in words are how software asks for that (the SDK's xip_cache_invalidate_range).
			if (size === 4 && value === 0) {
				return;
			}
			this.refusedFlashStores++;
			this.violations.violation(
				"error",
				"flash-store",
				`store of ${hex(value)} to flash at ${hex(address)}: flash is written by commands only`,
			);
			return;
		}
		if (region === 0x15 && address < 0x15004000 && this.#xip.lendsMemory) {
			writeBytes(this.core.xipSram, address & 0x3fff, size, value);
			return;
		}
		const page = this.#pages.get(address >>> 14);
		if (page) {
			page.registers.writeUint32Atomic(address & 0xffc, replicate(size, value), region === 0x18 ? 0 : (address >>> 12) & 3);
			return;
		}
		this.#busError("unmapped-write", `store of ${hex(value)} to ${hex(address)}, where nothing is`);
	}

	#checkReset(page: Page, address: number): void {
		if (page.resetBit & this.#resets.held && !this.#forDebugger) {
			this.violations.violation("info", "block-in-reset", `access to ${hex(address)}: ${page.name} is held in reset`);
		}
	}
}

/** A read of DMA, TIMER, or of what PIO tells of FIFOs, stalls and flags: what software polls while a state machine works. */
function isBlind(address: number): boolean {
	const page = address >>> 14;
	if (page === DMA_START >>> 14 || page === TIMER_START >>> 14) {
		return true;
	}
	if (page !== PIO_START >>> 14 && page !== (PIO_START + 0x100000) >>> 14) {
		return false;
	}
	const offset = address & 0xffc;
	return offset <= 0x00c || offset === 0x030 || offset >= 0x128;
}

/** SRAM0-3 are interleaved by words at 0x20000000 and one after the other at 0x21000000 (datasheet 2.6.2). */
function striped(offset: number): number {
	const bank = offset >>> 16;
	const within = offset & 0xffff;
	return ((within >>> 2) << 4) | (bank << 2) | (within & 3);
}

function readBytes(memory: Uint8Array, offset: number, size: 1 | 2 | 4): number {
	let value = memory[offset];
	if (size > 1) {
		value |= memory[offset + 1] << 8;
	}
	if (size > 2) {
		value |= (memory[offset + 2] << 16) | (memory[offset + 3] << 24);
	}
	return value >>> 0;
}

function writeBytes(memory: Uint8Array, offset: number, size: 1 | 2 | 4, value: number): void {
	for (let index = 0; index < size; index++) {
		memory[offset + index] = value >>> (8 * index);
	}
}

/** The widest aligned access. */
function accessSize(address: number, length: number): 1 | 2 | 4 {
	return !(address & 3) && length >= 4 ? 4 : !(address & 1) && length >= 2 ? 2 : 1;
}

/** A narrow read takes its lane of the 32-bit register. */
function part(word: number, address: number, size: 1 | 2 | 4): number {
	return size === 4 ? word : size === 2 ? (word >>> (8 * (address & 2))) & 0xffff : (word >>> (8 * (address & 3))) & 0xff;
}

/** A narrow write to a register arrives on all lanes (datasheet 2.1.4). */
function replicate(size: 1 | 2 | 4, value: number): number {
	return size === 4 ? value >>> 0 : size === 2 ? ((value & 0xffff) * 0x10001) >>> 0 : ((value & 0xff) * 0x1010101) >>> 0;
}
