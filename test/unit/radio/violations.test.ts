// The rules of the radio, each broken on purpose: the host that breaks it is told of it by its code, at its level. Those of a
// firmware's start stand in faults.test.ts, the coarser ones of bus and frames in start-up.test.ts.

import assert from "node:assert/strict";
import test from "node:test";
import type { Station } from "../../../simulator/radio/air.ts";
import { Cyw43439 } from "../../../simulator/radio/cyw43439.ts";
import { BACKPLANE, BUS, BitBangingHost, type Order, WLAN, words } from "./bit-banging-host.ts";
import { FIRMWARE, NVRAM, accessPoint, board, running } from "./running-radio.ts";

type Level = "error" | "warning" | "info";

/** What the host does, the code and level that it is told, and how it breaks the rule. */
type Rule = readonly [what: string, code: string, level: Level, act: (host: BitBangingHost) => void];

/** It is told of this one, and of no other above level info. */
function broken(host: BitBangingHost, [, code, level, act]: Rule): void {
	host.violations.length = 0;
	act(host);
	const told = host.violations.filter((entry) => entry.code === code || entry.level !== "info").map((entry) => `${entry.level} ${entry.code}`);
	assert.deepEqual([...new Set(told)], [`${level} ${code}`]);
}

test("a violation tells the transfer in which it was seen, or behind which", () => {
	const { host } = running("big");
	host.listen(5_000);
	host.violations.length = 0;
	host.writeNumber(BUS, 0x08, 0, 1);
	host.sendEthernet(new Uint8Array(60));
	host.sleepMicros(1_000);
	const [first, second] = host.violations.map(({ text }) => /^(behind )?transfer (\d+) \((.*?)\): /.exec(text)?.slice(1) ?? []);
	assert.equal(first[0], undefined);
	assert.equal(first[2], "write bus 0x00008 1 B");
	assert.deepEqual(second, ["behind ", `${Number(first[1]) + 1}`, "write wlan 0x00000 80 B"]);
});

// ---- pins -----------------------------------------------------------------------------------------------------------

/** Power with the other pins at these levels, and the first clock edges so long after it. */
function powerWith(host: BitBangingHost, { select = true, clock = false, afterMicros = 250_000 }): void {
	host.pins.chipSelect.set(select);
	host.pins.clock.set(clock);
	host.pins.data.set(false);
	host.pins.regOn.set(true);
	host.pins.chipSelect.set(true);
	host.pins.clock.set(false);
	host.sleepMicros(afterMicros);
	host.transfer([host.command(false, BUS, 0x14, 4)], 1);
}

const atPower: readonly Rule[] = [
	["powers it while it is selected", "radio-strap", "error", (host) => powerWith(host, { select: false })],
	["powers it while the clock is high", "radio-strap", "error", (host) => powerWith(host, { clock: true })],
	["talks to it 100 ms after its power", "radio-power-up-quick", "info", (host) => powerWith(host, { afterMicros: 100_000 })],
];
for (const rule of atPower) {
	test(`a host that ${rule[0]} is told of ${rule[1]}`, () => broken(board("big").host, rule));
}

// ---- bus ------------------------------------------------------------------------------------------------------------

const beforeTheMode: readonly Rule[] = [
	["asks the backplane in the mode of the start", "radio-command-before-mode", "error", (host) => host.read(BACKPLANE, 0x1000e, 4)],
	["asks for a bus register behind the last", "radio-command-address", "error", (host) => host.read(BUS, 0x100, 4)],
	["ends a command in its middle", "radio-short-command", "error", (host) => host.transfer([], 0, 20)],
	["clocks while it is not selected", "radio-clock-while-idle", "warning", ({ pins }) => {
		pins.clock.set(true);
		pins.clock.set(false);
	}],
];
for (const rule of beforeTheMode) {
	test(`a host that ${rule[0]} is told of ${rule[1]}`, () => {
		const { host } = board("big");
		host.powerUp();
		host.transfer([host.command(false, BUS, 0x14, 4)], 1);
		broken(host, rule);
	});
}

test("a host that selects it while the clock is high is told of radio-clock-high-at-select", () => {
	const { host } = board("big");
	host.powerUp();
	host.pins.clock.set(true);
	broken(host, ["", "radio-clock-high-at-select", "error", ({ pins }) => {
		pins.chipSelect.set(false);
		pins.clock.set(false);
		pins.chipSelect.set(true);
	}]);
});

test("a host that lets go of the data line late is told of radio-turnaround, and reads all the same", () => {
	const { host } = board("big");
	host.powerUp();
	host.lateReleaseCycles = 1;
	broken(host, ["", "radio-turnaround", "warning", () => host.startBus()]);
	assert.equal(host.readNumber(BUS, 0x14, 4), 0xfeedbead);
});

for (const [level, divider, highCycles] of [["high", 5, 1], ["low", 1, 5]] as const) {
	test(`a host whose clock is ${level} for a moment only is told of radio-clock-narrow`, () => {
		const host = new BitBangingHost("big", { frequencyHz: 250e6, divider, highCycles });
		new Cyw43439({ pins: host.pins, clock: host.clock, random: host.random, log: host.log, air: { accessPoints: [] } });
		host.powerUp();
		broken(host, ["", "radio-clock-narrow", "warning", () => host.transfer([host.command(false, BUS, 0x14, 4)], 1)]);
		assert.match(host.warnings()[0], new RegExp(`the clock was ${level} for 4\\.0 ns`));
	});
}

const onTheBus: readonly (readonly [Order, ...Rule])[] = [
	["big", "changes the byte order again", "radio-bus-mode-change", "error", (host) => host.writeNumber(BUS, 0x00, 0xb1, 1)],
	["big", "writes the reserved bit of BUS_CONTROL", "radio-bus-reserved", "error", (host) => host.writeNumber(BUS, 0x00, 0xf3, 1)],
	["big", "asks for another phase of the clock", "radio-unmodelled-clock-mode", "warning", (host) => host.writeNumber(BUS, 0x00, 0xb7, 1)],
	["big", "asks for a delay of all functions", "radio-unmodelled-delay-all", "warning", (host) => host.writeNumber(BUS, 0x02, 0x04, 1)],
	["big", "resets the backplane", "radio-unmodelled-reset", "warning", (host) => host.writeNumber(BUS, 0x03, 1, 1)],
	["big", "writes a word more than it said", "radio-write-long", "warning", (host) => host.transfer([host.command(true, BUS, 0x18, 4), 1, 2], 0)],
	["big", "clocks more than the answer has", "radio-read-long", "warning", (host) => host.transfer([host.command(false, BUS, 0x14, 4)], 3)],
	["little", "leaves the status behind a write", "radio-status-unread", "warning", (host) => host.transfer([host.command(true, BUS, 0x18, 4), 1], 0)],
	["little", "leaves the status behind a read", "radio-status-unread", "warning", (host) => host.transfer([host.command(false, BUS, 0x14, 4)], 1)],
	["big", "reads behind the last register of the gSPI core", "radio-register-unmapped", "error", (host) => host.read(BACKPLANE, 0x10020, 1)],
	["big", "writes behind the last register of the gSPI core", "radio-register-unmapped", "error", (host) => host.writeNumber(BACKPLANE, 0x10020, 0, 1)],
	["big", "drops a frame that is not there", "radio-abort-without-frame", "warning", (host) => host.writeNumber(BACKPLANE, 0x1000d, 1, 1)],
	["big", "writes registers of a core in a burst", "radio-core-burst", "warning", (host) => {
		host.writeBackplane(0x18004010, 0, 4);
		host.write(BACKPLANE, 0x4010, new Uint8Array(8));
	}],
	["big", "reads the backplane before it set the window", "radio-window-unset", "warning", (host) => host.read(BACKPLANE, 0x8000, 4)],
	["big", "reads a register of a core that is not modelled", "radio-unmodelled-core", "info", (host) => void host.readBackplane(0x18000100, 4)],
];
for (const [order, ...rule] of onTheBus) {
	test(`a host that ${rule[0]} is told of ${rule[1]}`, () => {
		const { host } = board(order);
		host.powerUp();
		host.startBus();
		broken(host, rule);
	});
}

// ---- frames and ioctls ----------------------------------------------------------------------------------------------

/** An ioctl whose answer nobody awaits. */
function sendIoctl(host: BitBangingHost, headerBytes: number, payloadBytes: number, bytesBehind = 0): void {
	const request = new Uint8Array(16 + payloadBytes + bytesBehind);
	request.set(words(127, payloadBytes, 0x00770000, 0));
	host.sendFrame(0, headerBytes, request);
}

const ofFrames: readonly Rule[] = [
	["goes on behind a part of a frame with another length", "radio-read-partial", "error", (host) => {
		sendIoctl(host, 12, 4);
		host.sleepMicros(2_000);
		host.read(WLAN, 0, 12);
		host.read(WLAN, 0, 16);
	}],
	["writes more than the firmware takes", "radio-frame-large", "error", (host) => host.write(WLAN, 0, new Uint8Array(1600))],
	["puts a header of another length in front of an ioctl", "radio-control-header", "warning", (host) => sendIoctl(host, 16, 4)],
	["sends an ioctl of more than 1500 bytes", "radio-ioctl-long", "error", (host) => sendIoctl(host, 12, 1500)],
	["sends an ioctl before the last one was answered", "radio-ioctl-overlap", "warning", (host) => {
		sendIoctl(host, 12, 4);
		sendIoctl(host, 12, 4);
	}],
	["sends more bytes than an ioctl's header tells", "radio-ioctl-length", "warning", (host) => sendIoctl(host, 12, 4, 4)],
	["sends an Ethernet frame without a header", "radio-data-length", "error", (host) => host.sendEthernet(new Uint8Array(13))],
	["sends an Ethernet frame of more than 1514 bytes", "radio-data-length", "error", (host) => host.sendEthernet(new Uint8Array(1515))],
	["sends a data frame while it is not joined", "radio-data-unconnected", "info", (host) => {
		host.sendEthernet(new Uint8Array(60));
		host.listen(1_000);
	}],
	["sends a variable's name without an end", "radio-variable-name", "error", (host) => void host.ioctl(true, 263, Uint8Array.from(Buffer.from("mpc")))],
	["sets apsta while the interface is up", "radio-apsta-up", "error", (host) => void host.setVariable("apsta", words(1))],
	["asks for a country that is none", "radio-country", "warning", (host) => void host.setVariable("country", country("ZZ"))],
	["opens a network without a name", "radio-network-incomplete", "warning", (host) => void host.setVariable("bss", words(1, 1))],
	["opens a network with a cipher and without keys", "radio-network-incomplete", "warning", (host) => {
		host.setVariable("bsscfg:ssid", Uint8Array.from([...words(1, 4), ...Buffer.from("mine"), ...new Uint8Array(28)]));
		host.setVariable("bsscfg:wsec", words(1, 4));
		host.setVariable("bsscfg:wpa_auth", words(1, 0x80));
		host.setVariable("bss", words(1, 1));
	}],
];
for (const rule of ofFrames) {
	test(`a host that ${rule[0]} is told of ${rule[1]}`, () => {
		const { host } = running("big", [accessPoint()]);
		host.listen(5_000);
		broken(host, rule);
	});
}

function country(code: string): Uint8Array {
	return Uint8Array.from([...Buffer.from(`${code}\0\0`), ...words(-1), ...Buffer.from(`${code}\0\0`)]);
}

const beforeUp: readonly Rule[] = [
	["joins before UP", "radio-join-down", "error", (host) => void host.ioctl(true, 26, new Uint8Array(36))],
	["scans before UP", "radio-scan-down", "warning", (host) => void host.setVariable("escan", new Uint8Array(64))],
	["opens a network before UP", "radio-network-down", "warning", (host) => void host.setVariable("bss", words(1, 1))],
	["chooses a country before the regulatory table is there", "radio-country-without-clm", "warning", (host) => void host.setVariable("country", country("DE"))],
	["goes up before the regulatory table is there", "radio-up-without-clm", "warning", (host) => void host.setWord(2, 1)],
];
for (const rule of beforeUp) {
	test(`a host that ${rule[0]} is told of ${rule[1]}`, () => {
		const { host } = board("big");
		host.powerUp();
		host.startBus();
		host.startFirmware(FIRMWARE, NVRAM);
		host.listen(5_000);
		broken(host, rule);
	});
}

test("a host that does not read its frames is told of radio-host-not-reading, and loses what comes then", () => {
	let station: Station | undefined;
	const { host } = running("big", [accessPoint({ security: "open", connect: (one) => void (station = one) })]);
	host.join("home");
	host.listen(500_000);
	broken(host, ["", "radio-host-not-reading", "warning", () => {
		for (let frame = 0; frame < 70; frame++) {
			station?.receive(new Uint8Array(60).fill(0xff));
		}
		host.sleepMicros(1_000);
	}]);
	host.listen(50_000);
	assert.equal(host.ethernet.length, 64);
});

test("a host that sends data while flow control forbids it is told of radio-flow-control, and may send again", () => {
	const { host } = running("big", [accessPoint()], { faults: { stopFlowAtMicros: 500_000 } });
	host.listen(400_000);
	assert.deepEqual(host.warnings(), []);
	broken(host, ["", "radio-flow-control", "warning", () => {
		host.listen(100_000);
		host.setWord(86, 0);
		host.sendEthernet(new Uint8Array(60));
	}]);
	host.listen(200_000);
	host.violations.length = 0;
	host.sendEthernet(new Uint8Array(60));
	assert.deepEqual(host.warnings(), []);
});

test("a host that leaves DATA_UNAVAILABLE set while it reads frames for a second is told of radio-data-unavailable", () => {
	const { host } = running("big");
	host.listen(5_000);
	host.read(WLAN, 0, 16);
	broken(host, ["", "radio-data-unavailable", "warning", () => {
		host.setWord(86, 0);
		host.sleepMicros(1_100_000);
		host.setWord(86, 0);
	}]);
	host.violations.length = 0;
	host.writeNumber(BUS, 0x04, 0x01, 2);
	host.setWord(86, 0);
	assert.deepEqual(host.warnings(), []);
});

test("a host that downloads what has no vectors is told of radio-firmware-vectors, and may go on", () => {
	const { host } = board("big");
	host.powerUp();
	host.startBus();
	broken(host, ["", "radio-firmware-vectors", "warning", () => host.startFirmware(FIRMWARE.map(() => 0), NVRAM)]);
});

test("a host that waits for interrupts it never enabled is told of radio-interrupts-disabled", () => {
	const { host } = board("big");
	host.powerUp();
	host.startBus();
	host.writeNumber(BUS, 0x06, 0, 2);
	host.startFirmware(FIRMWARE, NVRAM);
	broken(host, ["", "radio-interrupts-disabled", "warning", () => host.sleepMicros(1_100_000)]);
});

test("a host that keeps the four-way handshake for itself is told of radio-unmodelled-host-supplicant", () => {
	const { host } = running("big", [accessPoint()]);
	broken(host, ["", "radio-unmodelled-host-supplicant", "warning", () => {
		host.setVariable("bsscfg:sup_wpa", words(0, 0));
		host.setWord(134, 4);
		host.setWord(165, 0x80);
		host.ioctl(true, 26, Uint8Array.from([...words(4), ...Buffer.from("home"), ...new Uint8Array(28)]));
		host.listen(500_000);
	}]);
	assert.ok(!host.eventOrder().includes("46:6"));
});
