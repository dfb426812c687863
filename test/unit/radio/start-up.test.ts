// The simulated radio from power to a joined network, driven bit by bit from its four pins.

import assert from "node:assert/strict";
import test from "node:test";
import { attachRadio } from "../../../simulator/network/attach.ts";
import { Cyw43439 } from "../../../simulator/radio/cyw43439.ts";
import type { Pin } from "../../../simulator/wires.ts";
import { BACKPLANE, BitBangingHost, BUS, words, WLAN } from "./bit-banging-host.ts";
import { FIRMWARE, NVRAM, accessPoint, board, running, start } from "./running-radio.ts";

for (const order of ["big", "little"] as const) {
	test(`${order}-endian host: the test word is read in both modes`, () => {
		const { host } = board(order);
		host.powerUp();
		host.startBus();
		assert.equal(host.readNumber(BUS, 0x14, 4), 0xfeedbead);
		assert.equal(host.readNumber(BUS, 0x00, 1), order === "big" ? 0xb3 : 0xb1);
		assert.equal(host.readNumber(BUS, 0x18, 4), order === "big" ? 0 : 0x12345678);
		assert.deepEqual(host.errors(), []);
		assert.deepEqual(host.warnings(), []);
	});

	test(`${order}-endian host: firmware is downloaded, reads back and starts`, () => {
		const { host } = board(order);
		host.powerUp();
		host.startBus();
		assert.equal(host.readBackplane(0x18000000, 2), 0xa9af);
		const before = host.clock.micros;
		host.startFirmware(FIRMWARE, NVRAM);
		assert.ok(host.clock.micros - before > 105_000, "HT after 21 ms, function 2 after 84 ms more");
		assert.equal(host.readBackplane(0x4000, 4), new DataView(FIRMWARE.buffer).getUint32(0x4000, true));
		assert.equal(host.interrupt, true, "the first credit waits");
		assert.deepEqual(host.errors(), []);
		assert.deepEqual(host.warnings(), []);
	});

	test(`${order}-endian host: the firmware's console is found from its pointer below the last 64 KB of RAM`, () => {
		const { host } = running(order);
		const table = host.readBackplane(512 * 1024 - 64 * 1024 - 4, 4);
		const log = host.readBackplane(table + 20, 4) + 8;
		const [ring, length, written] = [0, 4, 8].map((offset) => host.readBackplane(log + offset, 4));
		assert.equal(length, 1024);
		const text = Uint8Array.from({ length: written }, (_, index) => host.readBackplane(ring + index, 1));
		assert.match(Buffer.from(text).toString(), /^[\x20-\x7e]+\r\n$/);
		assert.deepEqual(host.errors(), []);
	});

	test(`${order}-endian host: ioctls, variables and the LED`, () => {
		const { host, radio } = running(order);
		assert.equal(Buffer.from(host.getVariable("cur_etheraddr", 6).payload.subarray(0, 6)).toString("hex"), "28cdc10a0b0c");
		assert.equal(host.getVariable("clmload_status", 4).status, 0);
		assert.equal(host.setVariable("gpioout", words(1, 1)), 0);
		assert.equal(radio.led, true);
		assert.equal(host.ioctl(false, 127, words(0)).status, -17);
		assert.deepEqual(host.errors(), []);
		assert.deepEqual(host.warnings(), []);
	});

	test(`${order}-endian host: a WPA2 join tells auth, assoc, link, join, set ssid, keys`, () => {
		const home = accessPoint();
		const { host } = running(order, [home]);
		host.join("home", "correct horse");
		host.listen(500_000);
		assert.deepEqual(host.eventOrder(), ["3:0", "87:0", "88:0", "7:0", "16:0 up", "1:0", "0:0", "46:6"]);
		assert.equal(home.stations, 1);
		host.sendEthernet(new Uint8Array(60).fill(7));
		host.listen(2_000);
		assert.equal(home.sent.length, 1);
		assert.equal(home.sent[0].length, 60);
		assert.equal(new DataView(host.ioctl(false, 127, words(0)).payload.slice().buffer).getInt32(0, true), -50);
		host.events.length = 0;
		assert.equal(host.ioctl(true, 52, new Uint8Array()).status, 0);
		host.listen(5_000);
		assert.deepEqual(host.eventOrder(), ["11:0", "16:0/2"]);
		assert.equal(home.stations, 0);
		assert.deepEqual(host.errors(), []);
		assert.deepEqual(host.warnings(), []);
	});
}

test("a wrong passphrase is associated, and fails after the supplicant's time; the next join works", () => {
	const home = accessPoint();
	const { host } = running("big", [home]);
	host.join("home", "battery staple");
	host.listen(3_000_000);
	assert.deepEqual(host.eventOrder(), ["3:0", "87:0", "88:0", "7:0", "16:0 up", "1:0", "0:0", "46:8/15", "16:0/2"]);
	host.events.length = 0;
	host.join("home", "correct horse");
	host.listen(500_000);
	assert.equal(host.eventOrder().at(-1), "46:6");
	assert.deepEqual(host.errors(), []);
});

test("an absent network is told by set ssid, status 3", () => {
	const { host } = running("big", [accessPoint()]);
	host.join("elsewhere", "correct horse");
	host.listen(2_000_000);
	assert.deepEqual(host.eventOrder(), ["0:3"]);
});

test("WPA2 or WPA3, as a host offers both, joins a WPA2 network; WPA3 alone does not", () => {
	const home = accessPoint();
	const { host } = running("little", [home]);
	const join = (managementFrameProtection: number) => {
		host.events.length = 0;
		host.join("home", "correct horse");
		host.leave();
		host.setVariable("mfp", words(managementFrameProtection));
		host.setWord(165, 0x40000);
		const name = new Uint8Array(36);
		name[0] = 4;
		name.set(Buffer.from("home"), 4);
		host.ioctl(true, 26, name);
		host.listen(500_000);
		return host.eventOrder().at(-1);
	};
	assert.equal(join(1), "46:6");
	assert.equal(join(2), "0:3");
});

test("the status word behind the last frame tells that none is left", () => {
	const { host } = running("little");
	host.listen(5_000);
	host.sendFrame(0, 12, Uint8Array.from([...words(127, 4, 0x00560000, 0), ...words(0)]));
	host.sleepMicros(2_000);
	const waiting = (host.readNumber(BUS, 0x08, 4) >>> 9) & 0x7ff;
	assert.equal(waiting, 256);
	host.read(WLAN, 0, waiting);
	assert.equal(host.lastStatus & 0x100, 0);
	assert.deepEqual(host.errors(), []);
});

test("an open network is joined without keys", () => {
	const cafe = accessPoint({ ssid: "cafe", security: "open" });
	const { host } = running("little", [cafe]);
	host.join("cafe");
	host.listen(500_000);
	assert.deepEqual(host.eventOrder(), ["3:0", "87:0", "88:0", "7:0", "16:0 up", "1:0", "0:0"]);
	assert.deepEqual(host.errors(), []);
});

test("an access point that sends the station away is told by keys, deauthentication, link", () => {
	const home = accessPoint();
	let away: ((reason: number) => void) | undefined;
	home.connect = (station) => {
		away = (reason) => station.deauthenticate(reason);
	};
	const { host } = running("big", [home]);
	host.join("home", "correct horse");
	host.listen(500_000);
	host.events.length = 0;
	away?.(8);
	host.listen(5_000);
	assert.deepEqual(host.eventOrder(), ["46:6/14", "6:0/8", "16:0/2"]);
	host.sendEthernet(new Uint8Array(60));
	host.listen(5_000);
	assert.equal(home.sent.length, 0);
});

test("an access point that is gone is missed after its beacons, without another word", () => {
	const home = accessPoint();
	const onAir = [home];
	const { host } = running("big", onAir);
	host.join("home", "correct horse");
	host.listen(500_000);
	host.events.length = 0;
	onAir.length = 0;
	host.listen(3_000_000);
	assert.deepEqual(host.eventOrder(), []);
	host.listen(7_000_000);
	assert.deepEqual(host.eventOrder(), ["16:0/1"]);
});

test("a network of another security is pruned", () => {
	const { host } = running("big", [accessPoint(), accessPoint({ ssid: "cafe", security: "open" })]);
	host.join("home");
	host.listen(500_000);
	host.join("cafe", "correct horse");
	host.listen(500_000);
	assert.deepEqual(host.eventOrder(), ["23:0/8", "0:3", "23:0/8", "0:3"]);
});

test("a second join and a leave end what the first began", () => {
	const { host } = running("big", [accessPoint()]);
	host.join("home", "battery staple");
	host.listen(300_000);
	host.leave();
	host.join("home", "correct horse");
	host.listen(3_000_000);
	assert.equal(host.eventOrder().filter((line) => line.startsWith("46")).join(), "46:6");
});

test("the locale decides which channels are heard", () => {
	const far = accessPoint({ channel: 13 });
	const { host } = running("big", [far]);
	const country = (code: string) => {
		host.setVariable("country", Uint8Array.from([...Buffer.from(`${code}\0\0`), ...words(-1), ...Buffer.from(`${code}\0\0`)]));
		host.sleepMicros(50_000);
	};
	country("US");
	host.join("home", "correct horse");
	host.listen(2_000_000);
	assert.equal(host.eventOrder().at(-1), "0:3");
	country("DE");
	host.join("home", "correct horse");
	host.listen(2_000_000);
	assert.equal(host.eventOrder().at(-1), "46:6");
});

test("multicast frames pass when their address is in the list", () => {
	const home = accessPoint();
	let receive: ((frame: Uint8Array) => void) | undefined;
	home.connect = (station) => {
		receive = (frame) => station.receive(frame);
	};
	const { host } = running("big", [home]);
	host.join("home", "correct horse");
	host.listen(500_000);
	const group = [1, 0, 0x5e, 0, 0, 0xfb];
	const frame = Uint8Array.from([...group, ...new Uint8Array(60)]);
	receive?.(frame);
	receive?.(Uint8Array.from([2, 2, 2, 2, 2, 2, ...new Uint8Array(60)]));
	host.listen(2_000);
	assert.equal(host.ethernet.length, 0);
	assert.equal(host.setVariable("mcast_list", Uint8Array.from([...words(1), ...group])), 0);
	receive?.(frame);
	receive?.(Uint8Array.from([255, 255, 255, 255, 255, 255, ...new Uint8Array(60)]));
	host.listen(2_000);
	assert.equal(host.ethernet.length, 2);
});

test("a scan while one runs is busy, and can be ended", () => {
	const { host } = running("big", [accessPoint()]);
	const request = (action: number) => Uint8Array.from([...words(1), action, 0, 7, 0, ...new Uint8Array(60)]);
	assert.equal(host.setVariable("escan", request(1)), 0);
	assert.equal(host.setVariable("escan", request(1)), -16);
	assert.equal(host.setVariable("escan", request(3)), 0);
	host.listen(2_000_000);
	assert.deepEqual(host.eventOrder(), ["69:4"]);
});

test("a scan tells each network, then its end", () => {
	const { host } = running("big", [accessPoint(), accessPoint({ ssid: "cafe", security: "open", channel: 1 })]);
	const request = new Uint8Array(72);
	request.set(words(1));
	request[4] = 1;
	host.setVariable("escan", request);
	host.listen(2_000_000);
	const results = host.events.filter((event) => event.type === 69);
	assert.deepEqual(results.map((event) => event.status), [8, 8, 0]);
	assert.equal(Buffer.from(results[0].data.subarray(12 + 19, 12 + 23)).toString(), "cafe");
	assert.equal(results[1].data[84], 6, "the channel stands in the low byte of the chanspec");
	assert.equal(results[1].data[12 + 88], 6);
	assert.deepEqual(host.errors(), []);
});

test("frames from the air come with the interrupt line high until they are read", () => {
	const home = accessPoint();
	let receive: ((frame: Uint8Array) => void) | undefined;
	home.connect = (station) => {
		receive = (frame) => station.receive(frame);
	};
	const { host } = running("big", [home]);
	host.join("home", "correct horse");
	host.listen(500_000);
	assert.equal(host.interrupt, false);
	const frame = new Uint8Array(100).fill(9);
	frame.set([0x28, 0xcd, 0xc1, 0x0a, 0x0b, 0x0c]);
	receive?.(frame);
	host.sleepMicros(500);
	assert.equal(host.interrupt, true);
	host.listen(1_000);
	assert.equal(host.interrupt, false);
	assert.deepEqual(host.ethernet, [frame]);
});

test("the bus sleeps and wakes by two writes and a poll", () => {
	const { host } = running("big");
	host.writeNumber(BACKPLANE, 0x1001f, 0, 1);
	host.writeNumber(BACKPLANE, 0x1001f, 0, 1);
	assert.equal(host.readNumber(BACKPLANE, 0x1001f, 1) & 1, 0);
	host.writeNumber(BACKPLANE, 0x1001f, 1, 1);
	host.writeNumber(BACKPLANE, 0x1001f, 1, 1);
	assert.notEqual(host.readNumber(BACKPLANE, 0x1001f, 1) & 3, 3);
	host.sleepMicros(1000);
	assert.equal(host.readNumber(BACKPLANE, 0x1001f, 1) & 3, 3);
	assert.deepEqual(host.warnings(), []);
});

test("power off forgets everything", () => {
	const { host } = running("big");
	host.pins.regOn.set(false);
	host.sleepMicros(20_000);
	host.words32 = false;
	host.delayBytes = 4;
	host.powerUp();
	host.startBus();
	assert.equal(host.readNumber(BUS, 0x08, 4) & 0x20, 0);
});

test("power-up faults are violations: strap, haste", () => {
	const { host } = board("big");
	host.pins.chipSelect.set(true);
	host.pins.clock.set(false);
	host.pins.data.set(true);
	host.pins.regOn.set(true);
	host.sleepMicros(10_000);
	assert.throws(() => host.startBus(), /test word 0x0/);
	assert.deepEqual(host.violations.filter((entry) => entry.level === "error").map((entry) => entry.code), ["radio-strap", "radio-power-up-short"]);
});

test("bus faults are violations: early command, function 3, short transfer, loose bits, read-only register", () => {
	const { host } = board("big");
	host.powerUp();
	host.writeNumber(BUS, 0x00, 0x000204b3, 4);
	assert.equal(host.violations.pop()?.code, "radio-command-before-test");
	host.startBus();
	const faults: [string, () => void][] = [
		["radio-command-function", () => host.write(3, 0, new Uint8Array(4))],
		["radio-write-short", () => host.transfer([host.command(true, BUS, 0x18, 4)], 0)],
		["radio-loose-bits", () => host.transfer([host.command(true, BUS, 0x18, 4), 0], 0, 5)],
		["radio-read-short", () => host.transfer([host.command(false, BUS, 0x08, 8)], 1)],
		["radio-bus-read-only", () => host.writeNumber(BUS, 0x08, 0, 4)],
		["radio-command-length", () => host.write(BACKPLANE, 0, new Uint8Array(128))],
		["radio-command-aligned", () => host.read(BACKPLANE, 1, 2)],
		["radio-read-underflow", () => host.read(WLAN, 0, 16)],
		["radio-write-overflow", () => host.write(WLAN, 0, new Uint8Array(16))],
		["radio-ram-in-reset", () => host.writeRam(0, new Uint8Array(4))],
		["radio-window-crossed", () => host.write(BACKPLANE, 0x7ffc, new Uint8Array(8))],
	];
	for (const [code, act] of faults) {
		host.violations.length = 0;
		act();
		assert.equal(host.violations.find((entry) => entry.level === "error")?.code, code);
	}
});

test("what proven drivers do and the chip forgives is a warning: a word too many behind a write, an odd frame, a write to nothing", () => {
	const { host } = running("little");
	const warned = (code: string, act: () => void): void => {
		host.violations.length = 0;
		act();
		assert.deepEqual(host.errors(), []);
		assert.ok(host.violations.some((entry) => entry.level === "warning" && entry.code === code), code);
	};
	warned("radio-write-unrounded", () => {
		const frame = new Uint8Array(19);
		frame.set([19, 0, 0xec, 0xff, 0, 0, 0, 12]);
		host.write(WLAN, 0, frame);
		host.violations.splice(0, host.violations.length, ...host.violations.filter(({ code }) => code === "radio-write-unrounded"));
	});
	warned("radio-unmapped", () => host.writeBackplane(0x30004024, 0, 4));
	assert.ok(host.statusAppended);
	warned("radio-contention", () => host.transfer([host.command(true, BUS, 0x18, 4), 0, 0], 0));
	host.violations.length = 0;
	host.transfer([host.command(false, BUS, 0x14, 4), 0], 0);
	assert.ok(host.errors().some((text) => text.startsWith("radio-contention")), "over an answer that is read it is an error");
});

test("variables of the vendor's driver are kept; those that the model does not act on are named", () => {
	const { host } = running("big");
	const get = (name: string): number => new DataView(host.getVariable(name, 4).payload.slice().buffer).getInt32(0, true);
	assert.equal(get("qtxpower"), 124, "31 dBm");
	assert.equal(host.setVariable("qtxpower", words(40)), 0);
	assert.equal(get("qtxpower"), 40);
	assert.equal(get("mpc"), 0);
	assert.equal(host.setVariable("mpc", words(1)), 0);
	assert.equal(get("mpc"), 1);
	assert.equal(host.setVariable("mpc", new Uint8Array(2)), -24);
	assert.deepEqual(host.errors(), []);
	assert.ok(host.violations.some(({ level, code, text }) => level === "info" && code === "radio-variable-unmodelled" && text.includes("mpc")));
});

test("frame faults are violations: header, sequence, credit, ioctl length, unknown variable", () => {
	const { host } = running("big");
	host.listen(5_000);
	const fault = (code: string, act: () => void) => {
		host.violations.length = 0;
		act();
		assert.equal(host.violations.find((entry) => entry.level === "error")?.code, code);
	};
	fault("radio-frame", () => host.write(WLAN, 0, new Uint8Array(16)));
	fault("radio-ioctl-unknown", () => assert.equal(host.setVariable("no_such", words(1)), -23));
	fault("radio-ioctl", () => host.sendFrame(0, 12, Uint8Array.from([...words(2, 400, 2, 0)])));
	fault("radio-data-padding", () => host.sendFrame(2, 12, Uint8Array.from([0x20, 0, 0, 0, ...new Uint8Array(60)])));
	fault("radio-data-frame", () => host.sendFrame(2, 14, Uint8Array.from([0x10, 0, 0, 0, ...new Uint8Array(60)])));
	fault("radio-channel", () => host.sendFrame(3, 12, new Uint8Array(4)));
	host.listen(5_000);
	fault("radio-sequence", () => {
		host.sequence++;
		host.sendEthernet(new Uint8Array(60));
	});
	fault("radio-no-credit", () => {
		for (let frame = 0; frame < 12; frame++) {
			host.sendEthernet(new Uint8Array(60));
		}
	});
});

test("short control replies are padded as real chips pad them", () => {
	const { host } = running("big");
	host.listen(5_000);
	const lengths: number[] = [];
	for (const payload of [10, 15, 36]) {
		const request = new Uint8Array(payload);
		request.set(Buffer.from("ver\0"));
		host.sendFrame(0, 12, Uint8Array.from([...words(262, payload, 0x00550000, 0), ...request]));
		host.sleepMicros(2_000);
		lengths.push((host.readNumber(BUS, 0x08, 4) >>> 9) & 0x7ff);
		host.receiveFrame();
	}
	assert.deepEqual(lengths, [258, 259, 256]);
});

test("a frame that is read in part and aborted is gone", () => {
	const { host } = running("big");
	host.listen(5_000);
	host.sendFrame(0, 12, Uint8Array.from([...words(127, 4, 0x00560000, 0), ...words(0)]));
	host.sleepMicros(2_000);
	host.read(WLAN, 0, 12);
	host.writeNumber(BACKPLANE, 0x1000d, 1, 1);
	assert.equal(host.readNumber(BUS, 0x08, 4) & 0x100, 0);
	assert.deepEqual(host.errors(), []);
});

// What owners of boards tell: pico-sdk issue 1392 and pull request 1521, cyw43-driver issue 51, pico-feedback issue 444.
for (const [megahertz, divider, reads] of [
	[12, 1, true], [18, 1, true], [48, 1, true], [48, 2, false], [60, 2, false], [64, 2, true], [96, 2, true], [125, 2, true], [133, 2, true], [266, 4, true],
] as const) {
	test(`at ${megahertz} MHz with divider ${divider} the usual PIO program ${reads ? "reads" : "cannot read"} the test word`, () => {
		const host = new BitBangingHost("big", { frequencyHz: megahertz * 1e6, divider });
		new Cyw43439({ pins: host.pins, clock: host.clock, random: host.random, log: host.log, air: { accessPoints: [] } });
		host.powerUp();
		if (reads) {
			host.startBus();
			assert.equal(host.readNumber(BUS, 0x14, 4), 0xfeedbead);
			assert.deepEqual(host.errors(), []);
		} else {
			assert.throws(() => host.startBus(), /test word/);
		}
	});
}

test("a clock beyond 50 MHz is a violation", () => {
	const host = new BitBangingHost("big", { frequencyHz: 125e6, divider: 1 });
	new Cyw43439({ pins: host.pins, clock: host.clock, random: host.random, log: host.log, air: { accessPoints: [] } });
	host.powerUp();
	host.transfer([0], 0);
	assert.match(host.errors().join(), /radio-clock-fast: transfer 1: a clock period of 16.0 ns/);
});

test("the log names registers, places, frames, ioctls, variables and events", () => {
	const lines: string[] = [];
	const { host } = running("big", [accessPoint()], { journal: (topic) => (text) => lines.push(`${topic} ${text}`) });
	host.join("home", "correct horse");
	host.listen(500_000);
	for (const line of [
		/^radio power on$/, /^radio firmware ready$/,
		/^bus read bus 0x00014 4 B : adbeedfe \(TEST_RO\)$/, /^bus write bus 0x00000 4 B = b3040200 \(BUS_CONTROL\)$/,
		/^bus write backplane 0x1000e 1 B = .. \(CLOCK_CSR\)$/, /^bus write backplane 0x\w+ 64 B = \w+\.\.\. \(RAM 0x\w{8}\)$/,
		/^bus write wlan 0x00000 \d+ B = \w+\.\.\. \(control frame \d+\)$/, /^bus read wlan .* \(event frame \d+\)$/,
		/^ioctl set up\b.* = done$/, /^ioctl set clmload \w+ = done$/, /^event setSsid status 0 \(success\) reason 0 flags 0$/,
		/^event pskSupplicant status 6 \(keyed\) reason 0 flags 0$/,
	]) {
		assert.ok(lines.some((told) => line.test(told)), String(line));
	}
	const passphrase = lines.filter((line) => line.includes("setPassphrase"));
	assert.deepEqual(passphrase, ["ioctl set setPassphrase ... = done"]);
	assert.ok(!lines.some((line) => line.includes(Buffer.from("correct horse").toString("hex"))));
	const refused = lines.length;
	host.ioctl(false, 127, new Uint8Array(1));
	assert.match(lines.slice(refused).find((line) => line.startsWith("ioctl")) ?? "", /^ioctl get getRssi = -14 \(bufferShort\)$/);
});

test("a radio on a board tells of its LED's changes, and of its milestones once it comes by them", () => {
	const host = new BitBangingHost("big");
	const { regOn, data, chipSelect, clock } = host.pins;
	const wires = new Map([[23, regOn], [24, data], [25, chipSelect], [29, clock]]);
	const told: unknown[] = [];
	const radio = attachRadio({
		clock: host.clock, log: host.log, epochMs: 0,
		pin: (index) => wires.get(index) as Pin,
		random: () => host.random,
		journal: () => undefined,
		milestone: (name) => told.push(name),
	});
	radio.onLed((on) => told.push(on));
	start(host);
	host.setVariable("gpioout", words(1, 1));
	host.setVariable("gpioout", words(1, 1));
	host.setVariable("gpioout", words(1, 0));
	host.join("picofetch", "simulated network");
	host.listen(500_000);
	assert.deepEqual(told, ["radioPowered", "radioFirmwareReady", true, false, "associated", "keyed"]);
});

test("two runs with the same seed tell the same, to the microsecond", () => {
	const runs = [0, 1].map(() => {
		const lines: string[] = [];
		const { host } = board("big", [accessPoint()], {
			journal: (topic) => (text) => lines.push(`${host.clock.micros} ${topic} ${text}`),
		});
		start(host);
		host.join("home", "correct horse");
		host.listen(500_000);
		return lines;
	});
	assert.deepEqual(runs[0], runs[1]);
	assert.ok(runs[0].length > 20);
});
