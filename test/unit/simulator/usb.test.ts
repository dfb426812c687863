/**
 * Controller and host against a small CDC device written here as a device driver would do it: registers, DPSRAM,
 * interrupts (RP2040 datasheet 4.1, USB 2.0 chapter 9, CDC 1.2). Its faults can be switched on.
 */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { UsbHost, type UsbHostOptions } from "../../../simulator/usb/host.ts";
import { bareChip } from "./bare-chip.ts";

const DPSRAM = 0x50100000;
const USB = 0x50110000;
const SIE_STATUS = USB + 0x50;
const BUFF_STATUS = USB + 0x58;
const INTS = USB + 0x98;
const AVAILABLE = 0x400;
const FULL = 0x8000;
const DATA1 = 0x2000;

const DEVICE = [18, 1, 0, 2, 0xef, 2, 1, 64, 0x8a, 0x2e, 0x0a, 0, 0, 1, 0, 0, 0, 1];
const CONFIGURATION = [
	9, 2, 75, 0, 2, 1, 0, 0x80, 0x7d, 8, 11, 0, 2, 2, 2, 0, 0, 9, 4, 0, 0, 1, 2, 2, 0, 0,
	5, 0x24, 0, 0x20, 1, 5, 0x24, 1, 0, 1, 4, 0x24, 2, 2, 5, 0x24, 6, 0, 1, 7, 5, 0x81, 3, 8, 0, 16,
	9, 4, 1, 0, 2, 0x0a, 0, 0, 0, 7, 5, 0x02, 2, 64, 0, 0, 7, 5, 0x82, 2, 64, 0, 0,
];

/** Two functions: the second on interfaces 2 and 3 and endpoint 4, its descriptors in another order. */
const TWO_PORTS = [
	9, 2, 141, 0, 4, 1, 0, 0x80, 0x7d, ...CONFIGURATION.slice(9), 8, 11, 2, 2, 2, 2, 0, 0,
	9, 4, 3, 0, 2, 0x0a, 0, 0, 0, 7, 5, 0x84, 2, 64, 0, 0, 7, 5, 0x04, 2, 64, 0, 0,
	9, 4, 2, 0, 1, 2, 2, 0, 0, 5, 0x24, 0, 0x20, 1, 5, 0x24, 1, 0, 3, 4, 0x24, 2, 2, 5, 0x24, 6, 2, 3, 7, 5, 0x83, 3, 8, 0, 16,
];

interface Faults {
	/** Answers GET_DESCRIPTOR(configuration, 9) with everything. */
	ignoresLength?: boolean;
	/** Takes its new address before the status stage. */
	addressNever?: boolean;
	/** Starts IN data with DATA0. */
	wrongToggle?: boolean;
	/** Has a second serial port. */
	twoPorts?: boolean;
	/** bMaxPacketSize0. Default 64. */
	packetBytes?: number;
	/** Answers so many of the first requests with NAK for ever. */
	silentRequests?: number;
	/** Has a device descriptor of so many bytes. */
	deviceBytes?: number;
}

/** A device that is driven by `poll`, called whenever its interrupt line is up. */
function device(chip: Chip, faults: Faults = {}) {
	const { packetBytes = 64 } = faults;
	let { silentRequests = 0 } = faults;
	let address = 0;
	let pid = { in: 0, out: 0 };
	let answer: number[] | undefined;
	let inToggle = faults.wrongToggle ? 1 : 0;
	const state = { dtr: false, secondDtr: false, baud: 0, received: [] as number[], receivedBySecond: [] as number[], configured: false };
	const buffer = (offset: number, value: number): void => {
		chip.poke(DPSRAM + offset, 4, value & ~AVAILABLE);
		chip.poke(DPSRAM + offset, 4, value);
	};
	const sendControl = (bytes: number[]): void => {
		const part = bytes.slice(0, packetBytes);
		part.forEach((byte, index) => chip.poke(DPSRAM + 0x100 + index, 1, byte));
		buffer(0x80, AVAILABLE | FULL | (pid.in ? DATA1 : 0) | part.length);
		pid.in ^= 1;
		answer = bytes.length >= packetBytes ? bytes.slice(packetBytes) : undefined;
	};
	const expectControl = (length: number): void => {
		buffer(0x84, AVAILABLE | (pid.out ? DATA1 : 0) | length);
		pid.out ^= 1;
	};
	const setup = (): void => {
		const packet = Array.from({ length: 8 }, (_, index) => chip.peek(DPSRAM + index, 1));
		const [type, request] = packet;
		const value = packet[2] | (packet[3] << 8);
		const length = packet[6] | (packet[7] << 8);
		pid = { in: 1, out: 1 };
		answer = undefined;
		if (silentRequests) {
			silentRequests--;
			return;
		}
		if (type & 0x80 && packetBytes < 64) {
			// A host that does not know the packet size yet goes on to the status stage behind the first packet.
			expectControl(0);
		}
		if (type === 0x80 && request === 6) {
			const bytes = value >> 8 === 1 ? [...DEVICE.slice(0, 7), packetBytes, ...DEVICE.slice(8)].slice(0, faults.deviceBytes) : faults.twoPorts ? TWO_PORTS : CONFIGURATION;
			sendControl(faults.ignoresLength && value >> 8 === 2 ? bytes.slice(0, 60) : bytes.slice(0, length));
		} else if (type === 0x00 && request === 5) {
			address = value;
			sendControl([]);
		} else if (type === 0x00 && request === 9) {
			state.configured = true;
			chip.poke(DPSRAM + 8 + 8, 4, 0xa8000000 | 0x180 | 0); // EP2 IN: enabled, interrupt, bulk
			chip.poke(DPSRAM + 8 + 12, 4, 0xa8000000 | 0x1c0);
			buffer(0x80 + 20, AVAILABLE | 64);
			if (faults.twoPorts) {
				chip.poke(DPSRAM + 8 + 24, 4, 0xa8000000 | 0x200); // EP4
				chip.poke(DPSRAM + 8 + 28, 4, 0xa8000000 | 0x240);
				buffer(0x80 + 36, AVAILABLE | 64);
			}
			sendControl([]);
		} else if (type === 0x21 && request === 0x20) {
			expectControl(7);
		} else if (type === 0x21 && request === 0x22) {
			state[packet[4] === 2 ? "secondDtr" : "dtr"] = (value & 1) !== 0;
			sendControl([]);
		} else {
			chip.poke(USB + 0x68, 4, 3);
			chip.poke(DPSRAM + 0x80, 4, 0x800);
			chip.poke(DPSRAM + 0x84, 4, 0x800);
		}
	};
	let outToggle = 0;
	const poll = (): void => {
		const status = chip.peek(INTS, 4);
		if (status & (1 << 4)) {
			const done = chip.peek(BUFF_STATUS, 4);
			chip.poke(BUFF_STATUS, 4, done);
			if (done & 1) {
				if (address && !faults.addressNever) {
					chip.poke(USB, 4, address);
				}
				if (answer) {
					sendControl(answer);
				} else if (chip.peek(DPSRAM, 1) & 0x80 && packetBytes === 64) {
					expectControl(0);
				}
			}
			if (done & 2 && !(chip.peek(DPSRAM, 1) & 0x80)) {
				state.baud = chip.peek(DPSRAM + 0x100, 1) | (chip.peek(DPSRAM + 0x101, 1) << 8) | (chip.peek(DPSRAM + 0x102, 1) << 16);
				sendControl([]);
			}
			if (done & (1 << 5)) {
				const length = chip.peek(DPSRAM + 0x80 + 20, 4) & 0x3ff;
				for (let index = 0; index < length; index++) {
					state.received.push(chip.peek(DPSRAM + 0x1c0 + index, 1));
				}
				outToggle ^= 1;
				buffer(0x80 + 20, AVAILABLE | (outToggle ? DATA1 : 0) | 64);
			}
			if (done & (1 << 9)) {
				const length = chip.peek(DPSRAM + 0x80 + 36, 4) & 0x3ff;
				for (let index = 0; index < length; index++) {
					state.receivedBySecond.push(chip.peek(DPSRAM + 0x240 + index, 1));
				}
				buffer(0x80 + 36, AVAILABLE | DATA1 | 64);
			}
		}
		if (status & (1 << 16)) {
			chip.poke(SIE_STATUS, 4, 1 << 17);
			setup();
		}
		if (status & (1 << 12)) {
			chip.poke(SIE_STATUS, 4, 1 << 19);
			chip.poke(USB, 4, 0);
			address = 0;
		}
	};
	chip.poke(0x4000c000, 4, 0);
	chip.poke(USB + 0x74, 4, 9);
	chip.poke(USB + 0x78, 4, 0xc);
	chip.poke(USB + 0x40, 4, 1);
	chip.poke(USB + 0x4c, 4, 1 << 29);
	chip.poke(USB + 0x90, 4, (1 << 4) | (1 << 12) | (1 << 16));
	chip.poke(USB + 0x4c, 4, (1 << 29) | (1 << 16));
	return {
		state,
		poll,
		send(text: string) {
			[...Buffer.from(text)].forEach((byte, index) => chip.poke(DPSRAM + 0x180 + index, 1, byte));
			buffer(0x80 + 16, AVAILABLE | FULL | (inToggle ? DATA1 : 0) | text.length);
			inToggle ^= 1;
		},
		sendBySecond(text: string) {
			[...Buffer.from(text)].forEach((byte, index) => chip.poke(DPSRAM + 0x200 + index, 1, byte));
			buffer(0x80 + 32, AVAILABLE | FULL | text.length);
		},
	};
}

function start(options: UsbHostOptions = {}, faults: Faults = {}) {
	const chip = bareChip();
	const host = new UsbHost(chip.usb, chip.clock, chip.violations, options);
	let text = "";
	host.port(0).onData = (bytes) => {
		text += Buffer.from(bytes).toString();
	};
	const unit = device(chip, faults);
	return {
		chip,
		host,
		unit,
		get text() {
			return text;
		},
		/** Lets milliseconds pass, the device's driver looking after its interrupt every 10 us. */
		pass(ms: number) {
			const end = chip.clock.micros + ms * 1000;
			while (chip.clock.micros < end) {
				if (chip.core.irqLines & (1 << 5)) {
					unit.poll();
				}
				chip.advance(chip.core.cycles + 65);
			}
		},
		errors: () => chip.violations.list.filter((entry) => entry.level === "error").map((entry) => entry.code),
	};
}

test("a device is enumerated, opened at 115200 baud, and talks both ways", () => {
	const bench = start();
	bench.pass(100);
	assert.equal(bench.host.configured, true);
	assert.deepEqual([...(bench.host.deviceDescriptor ?? [])], DEVICE);
	assert.deepEqual([...(bench.host.configurationDescriptor ?? [])], CONFIGURATION);
	assert.deepEqual([bench.unit.state.dtr, bench.unit.state.baud], [true, 115200]);
	bench.unit.send("hello ");
	bench.pass(1);
	bench.unit.send("world");
	bench.pass(1);
	assert.equal(bench.text, "hello world");
	bench.host.port(0).write(Buffer.from("x".repeat(100)));
	bench.pass(2);
	assert.equal(Buffer.from(bench.unit.state.received).toString(), "x".repeat(100));
	assert.deepEqual(bench.errors(), []);
});

for (const packetBytes of [8, 16, 32]) {
	test(`a device whose control packets have ${packetBytes} bytes is enumerated`, () => {
		const bench = start({}, { packetBytes });
		bench.pass(150);
		assert.equal(bench.host.configured, true);
		assert.deepEqual([bench.unit.state.dtr, bench.unit.state.baud], [true, 115200]);
		assert.equal(bench.host.deviceDescriptor?.length, 18);
		assert.deepEqual([...(bench.host.configurationDescriptor ?? [])], CONFIGURATION);
		assert.deepEqual(bench.chip.violations.list.filter(({ level }) => level !== "info"), []);
	});
}

test("a driver sees the lines low during a reset, and may leave the PHY behind it while the pull-up is held, as the work-around for RP2040-E5 does", () => {
	const bench = start();
	const { chip } = bench;
	const lineState = (): number => (chip.peek(SIE_STATUS, 4) >>> 2) & 3;
	assert.equal(lineState(), 1, "J: the pull-up on an idle bus");
	bench.pass(21);
	assert.equal(lineState(), 0, "SE0");
	bench.pass(10);
	assert.equal(lineState(), 1);
	const GPIO_15 = 0x40014000 + 8 * 15 + 4;
	chip.poke(GPIO_15, 4, (3 << 16) | 8);
	chip.poke(USB + 0x7c, 4, 1 << 1);
	chip.poke(USB + 0x80, 4, 1 << 2);
	chip.poke(USB + 0x74, 4, 4 | 8);
	assert.equal(lineState(), 1, "J by the pad's input override");
	assert.equal(chip.usb.in(0).kind, "timeout", "it is deaf meanwhile");
	bench.pass(1);
	chip.poke(USB + 0x74, 4, 1 | 8);
	chip.poke(USB + 0x80, 4, 0);
	chip.poke(GPIO_15, 4, 5);
	bench.pass(60);
	assert.equal(bench.host.configured, true, "the host has not begun anew");
	assert.ok(chip.peek(SIE_STATUS, 4) & (1 << 30), "its acknowledgements are noted");
	assert.deepEqual(chip.violations.list.filter(({ level }) => level !== "info"), []);
	chip.poke(USB + 0x74, 4, 4 | 8);
	bench.pass(1);
	assert.equal(bench.host.configured, false, "without the override the pull-up goes with the PHY");
});

test("a terminal that opens late gives DTR late, and takes no data before", () => {
	const bench = start({ openAfterMs: 500 });
	bench.pass(200);
	assert.equal(bench.host.configured, true);
	assert.equal(bench.unit.state.dtr, false);
	bench.unit.send("early");
	bench.pass(100);
	assert.equal(bench.text, "");
	bench.pass(500);
	assert.equal(bench.unit.state.dtr, true);
	assert.equal(bench.text, "early", "what waited in the endpoint comes now");
});

test("a host that stops reading leaves the buffer with the device until it reads again", () => {
	const bench = start();
	bench.pass(100);
	bench.host.port(0).reading = false;
	bench.unit.send("waiting");
	bench.pass(1000);
	assert.equal(bench.text, "");
	assert.equal(bench.chip.peek(DPSRAM + 0x90, 4) & AVAILABLE, AVAILABLE);
	bench.host.port(0).reading = true;
	bench.pass(1);
	assert.equal(bench.text, "waiting");
});

test("closing drops DTR, 1200 baud reaches the device", () => {
	const bench = start();
	bench.pass(100);
	bench.host.port(0).close();
	bench.host.port(0).setBaud(1200);
	bench.pass(10);
	assert.deepEqual([bench.unit.state.dtr, bench.unit.state.baud], [false, 1200]);
});

test("start of frame comes every millisecond", () => {
	const bench = start();
	bench.pass(100);
	const from = bench.chip.peek(USB + 0x48, 4);
	bench.pass(50);
	const passed = (bench.chip.peek(USB + 0x48, 4) - from) & 0x7ff;
	assert.ok(passed >= 49 && passed <= 51, `${passed}`);
});

test("a device that sends more than wLength, keeps its address, or toggles wrongly is a violation", () => {
	const long = start({}, { ignoresLength: true });
	long.pass(500);
	assert.deepEqual(long.errors(), ["usb-too-long", "usb-no-configuration"]);
	const deaf = start({}, { addressNever: true });
	deaf.pass(100);
	assert.deepEqual(deaf.errors(), [], "hosts try again");
	deaf.pass(400);
	assert.deepEqual(deaf.errors(), ["usb-no-address"]);
	const toggled = start({}, { wrongToggle: true });
	toggled.pass(100);
	toggled.unit.send("x");
	toggled.pass(1);
	assert.deepEqual(toggled.errors(), ["usb-data-toggle"]);
});

test("a device that does not answer for half a second is told of, reset and asked again; three times, then it is an error", () => {
	const told = (bench: ReturnType<typeof start>) => bench.chip.violations.list.filter(({ level }) => level !== "info").map(({ level, code, count }) => `${level} ${code} ${count}`);
	const slow = start({}, { silentRequests: 1 });
	slow.pass(700);
	assert.deepEqual(told(slow), ["warning usb-control-timeout 1", "warning usb-asked-again 1"]);
	assert.equal(slow.host.configured, true);
	const silent = start({}, { silentRequests: 4 });
	silent.pass(2300);
	assert.deepEqual(told(silent), ["warning usb-control-timeout 4", "warning usb-asked-again 3", "error usb-no-device-descriptor 1"]);
	assert.equal(silent.host.configured, false);
});

test("a device descriptor that is cut short, or names a packet size that there is not, is an error", () => {
	const short = start({}, { deviceBytes: 7 });
	short.pass(300);
	assert.deepEqual(short.errors(), ["usb-no-device-descriptor"]);
	const shorter = start({}, { deviceBytes: 17 });
	shorter.pass(500);
	assert.deepEqual(shorter.errors(), ["usb-no-device-descriptor"], "it has bMaxPacketSize0, and not all");
	const odd = start({}, { packetBytes: 24 });
	odd.pass(300);
	assert.deepEqual(odd.errors(), ["usb-packet-size"]);
});

test("a buffer that is handed over empty, and one that is too small for what comes, are errors", () => {
	const empty = start();
	empty.pass(100);
	empty.chip.poke(DPSRAM + 0x90, 4, 5);
	empty.chip.poke(DPSRAM + 0x90, 4, AVAILABLE | 5);
	empty.pass(2);
	assert.deepEqual(empty.errors(), ["usb-buffer-empty"]);
	const small = start();
	small.pass(100);
	small.chip.poke(DPSRAM + 0x94, 4, AVAILABLE | 8);
	small.host.port(0).write(Buffer.from("nine byte"));
	small.pass(2);
	assert.deepEqual(small.errors(), ["usb-overflow"]);
});

test("unplugging ends everything, plugging in enumerates again", () => {
	const bench = start();
	bench.pass(100);
	bench.host.detach();
	assert.equal(bench.host.configured, false);
	assert.equal(bench.host.port(0).isOpen, false);
	bench.pass(10);
	bench.host.attach();
	bench.pass(100);
	assert.equal(bench.host.port(0).isOpen, true);
});

test("double-buffered IN sends both buffers and reports once", () => {
	const bench = start();
	bench.pass(100);
	const { chip } = bench;
	chip.poke(DPSRAM + 16, 4, 0xd8000000 | 0x180); // enabled, double, interrupt per two, bulk
	for (let index = 0; index < 100; index++) {
		chip.poke(DPSRAM + 0x180 + index, 1, 0x41 + (index % 26));
	}
	const word = (FULL | 64) | ((FULL | 0x4000 | DATA1 | 36) << 16) | 0x1000;
	chip.poke(DPSRAM + 0x90, 4, word);
	chip.poke(DPSRAM + 0x90, 4, word | AVAILABLE | (AVAILABLE << 16));
	bench.pass(2);
	assert.equal(bench.text.length, 100);
	assert.equal(bench.text, Array.from({ length: 100 }, (_, index) => String.fromCharCode(0x41 + (index % 26))).join(""));
	assert.deepEqual(bench.errors(), []);
});

test("a second serial port opens when it is asked to, has bytes of its own, and is opened again after a replug", () => {
	const bench = start({}, { twoPorts: true });
	const second = bench.host.port(1);
	let text = "";
	second.onData = (bytes) => {
		text += Buffer.from(bytes).toString();
	};
	assert.equal(second.isPresent, false, "nothing is known before enumeration");
	bench.pass(100);
	assert.deepEqual([second.isPresent, second.isOpen, bench.unit.state.dtr, bench.unit.state.secondDtr], [true, false, true, false]);
	assert.equal(bench.host.port(2).isPresent, false);
	second.write(Buffer.from("early "));
	second.open();
	bench.pass(5);
	assert.deepEqual([second.isOpen, bench.unit.state.secondDtr], [true, true]);
	second.write(Buffer.from("bird"));
	bench.unit.send("first");
	bench.unit.sendBySecond("second");
	bench.pass(5);
	assert.deepEqual([bench.text, text], ["first", "second"]);
	assert.equal(Buffer.from(bench.unit.state.receivedBySecond).toString().slice(0, 6), "early ");
	bench.host.detach();
	assert.deepEqual([second.isPresent, second.isOpen], [false, false]);
	bench.pass(10);
	bench.host.attach();
	bench.pass(100);
	assert.equal(second.isOpen, true);
	second.close();
	bench.pass(5);
	assert.deepEqual([second.isOpen, bench.unit.state.secondDtr, bench.unit.state.dtr], [false, false, true]);
	assert.deepEqual(bench.errors(), []);
});

test("a reader that returns a promise stops virtual time until it settles", async () => {
	const bench = start();
	bench.pass(100);
	let settle = (): void => {};
	bench.host.port(0).onData = () => new Promise<void>((resolve) => {
		settle = resolve;
	});
	bench.unit.send("x");
	const before = bench.chip.clock.micros;
	let waiting: Promise<void> | undefined;
	while (!waiting && bench.chip.clock.micros < before + 1000) {
		waiting = bench.chip.advance(bench.chip.core.cycles + 65);
	}
	assert.ok(waiting instanceof Promise);
	settle();
	await waiting;
});
