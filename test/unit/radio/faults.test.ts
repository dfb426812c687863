// The simulated radio when it misbehaves by order, and the rules of the chip broken on purpose: each is seen and named.

import assert from "node:assert/strict";
import test from "node:test";
import { Cyw43439, type Cyw43439Options } from "../../../simulator/radio/cyw43439.ts";
import type { RadioFaults } from "../../../simulator/radio/faults.ts";
import { BACKPLANE, BUS, BitBangingHost, words } from "./bit-banging-host.ts";
import { FIRMWARE, NVRAM } from "./running-radio.ts";

const CLM = new Uint8Array(984);

function board(faults: RadioFaults = {}, options: Partial<Cyw43439Options> = {}): BitBangingHost {
	const host = new BitBangingHost("big");
	new Cyw43439({ pins: host.pins, clock: host.clock, random: host.random, log: host.log, air: { accessPoints: [] }, faults, ...options });
	host.powerUp();
	return host;
}

function started(faults: RadioFaults = {}): BitBangingHost {
	const host = board(faults);
	host.startBus();
	host.startFirmware(FIRMWARE, NVRAM);
	return host;
}

function firstError(host: BitBangingHost): string | undefined {
	return host.violations.find((entry) => entry.level === "error")?.code;
}

test("rubbish in the first word is gone when the host asks again", () => {
	const host = board({ rubbishWords: 2 });
	assert.equal(host.readNumber(BUS, 0x14, 4), 0x03030303);
	assert.equal(host.readNumber(BUS, 0x14, 4), 0x03030303);
	assert.equal(host.readNumber(BUS, 0x14, 4), 0xfeedbead);
	assert.deepEqual(host.errors(), []);
});

test("a deaf chip reads all ones for some polls", () => {
	const host = board({ deafPolls: 3 });
	host.startBus();
	host.startFirmware(FIRMWARE, NVRAM);
	const polls = Array.from({ length: 4 }, () => host.readNumber(BUS, 0x08, 4));
	assert.ok(polls.slice(0, 2).every((status) => status === 0xffffffff));
	assert.notEqual(polls[3], 0xffffffff);
});

test("a late start is only late", () => {
	const host = board({ bootDelayMicros: 700_000 });
	host.startBus();
	const before = host.clock.micros;
	host.startFirmware(FIRMWARE, NVRAM);
	assert.ok(host.clock.micros - before > 800_000);
});

test("blank frames, and each event twice", () => {
	const host = started({ blankFrames: 3, duplicateEvents: true });
	host.configure(CLM);
	host.join("nowhere", "whatever it is");
	host.listen(2_000_000);
	assert.deepEqual(host.eventOrder(), ["0:3", "0:3"]);
});

test("every third ioctl is refused as busy", () => {
	const host = started({ busyEvery: 3 });
	host.listen(5_000);
	const statuses = Array.from({ length: 6 }, () => host.setWord(86, 0));
	assert.deepEqual(statuses, [0, 0, -16, 0, 0, -16]);
});

test("an ioctl that is never answered times out at the host; the next one works", () => {
	const host = started({ silentEvery: 2 });
	host.listen(5_000);
	assert.equal(host.setWord(86, 0), 0);
	assert.throws(() => host.setWord(86, 0), /not answered/);
	assert.equal(host.setWord(86, 0), 0);
});

test("a starving host gets its credits 200 ms later", () => {
	const host = started({ starveAtMicros: 10_000 });
	host.listen(20_000);
	const sendable = (): number => (host.credit - host.sequence) & 0xff;
	while (sendable() > 0 && sendable() < 0x80) {
		host.sendFrame(2, 14, Uint8Array.from([0x20, 0, 0, 0, ...new Uint8Array(60)]));
		host.listen(1_000);
	}
	host.listen(100_000);
	assert.equal(sendable(), 0, "no credit while it starves");
	host.listen(200_000);
	assert.equal(sendable(), 8);
	assert.deepEqual(host.errors(), []);
});

const boots: [name: string, code: string, spoil: (host: BitBangingHost) => void][] = [
	["the footer's complement is wrong", "radio-nvram-footer", (host) => host.writeBackplane(0x7fffc, 0x12345678, 4)],
	["the footer tells no length", "radio-nvram-length", (host) => host.writeBackplane(0x7fffc, 0xffff0000, 4)],
	["the text does not end before the footer", "radio-nvram-text", (host) => host.writeBackplane(0x7fffc, 0xffef0010, 4)],
];
for (const [name, code, spoil] of boots) {
	test(`firmware does not start when ${name}`, () => {
		const host = board();
		host.startBus();
		host.writeNumber(BACKPLANE, 0x1000e, 0x08, 1);
		host.sleepMicros(1_000);
		host.resetCore(0x18104000);
		host.writeBackplane(0x18004010, 3, 4);
		host.writeBackplane(0x18004044, 0, 4);
		host.writeRam(0, FIRMWARE);
		host.writeRam(0x7ff00, new Uint8Array(0xfc).fill(0x41));
		spoil(host);
		assert.deepEqual(host.errors(), []);
		host.resetCore(0x18103000);
		host.sleepMicros(200_000);
		assert.equal(firstError(host), code);
		assert.equal(host.readNumber(BACKPLANE, 0x1000e, 1) & 0x80, 0, "no HT");
	});
}

test("boot faults are violations: no clock, no ALP, bank remap, RAM of a running core, short firmware", () => {
	const host = board();
	host.startBus();
	host.writeBackplane(0x18103800, 0, 1);
	assert.equal(firstError(host), "radio-core-clock");
	host.writeBackplane(0x18103408, 1, 1);
	const codes = host.violations.map((entry) => entry.code);
	for (const code of ["radio-release-without-clock", "radio-bank-remap", "radio-firmware-short", "radio-nvram-footer"]) {
		assert.ok(codes.includes(code), code);
	}
	host.violations.length = 0;
	host.writeRam(0, new Uint8Array(4));
	assert.equal(firstError(host), "radio-ram-while-running");
});

test("regulatory table: faults, order, and an ioctl too soon after country", () => {
	const host = started();
	host.listen(5_000);
	const country = Uint8Array.from([...Buffer.from("DE\0\0"), ...words(-1), ...Buffer.from("DE\0\0")]);
	assert.equal(host.setVariable("country", country), -2);
	const chunk = (flags: number, type: number, length: number) => Uint8Array.from([flags, 0x10, type, 0, ...words(length, 0), 1, 2, 3, 4]);
	assert.equal(host.setVariable("clmload", chunk(4, 2, 4)), -2, "no begin");
	assert.equal(host.setVariable("clmload", chunk(6, 1, 4)), -2, "type");
	assert.equal(host.setVariable("clmload", chunk(6, 2, 400)), -2, "length");
	assert.equal(firstError(host), "radio-clm");
	assert.equal(host.setVariable("clmload", chunk(2, 2, 4)), 0);
	assert.equal(host.setVariable("clmload", chunk(4, 2, 4)), 0);
	assert.equal(host.getVariable("clmload_status", 4).payload[0], 0);
	const unknown = Uint8Array.from([...Buffer.from("QQ\0\0"), ...words(-1), ...Buffer.from("QQ\0\0")]);
	assert.equal(host.setVariable("country", unknown), -2);
	assert.equal(host.setVariable("country", country), 0);
	assert.equal(host.setWord(86, 0), -16);
	assert.ok(host.violations.some(({ code }) => code === "radio-ioctl-after-country"));
	host.sleepMicros(50_000);
	assert.equal(host.setWord(86, 0), 0);
});

test("a get whose answer does not fit is refused", () => {
	const host = started();
	host.listen(5_000);
	assert.equal(host.ioctl(false, 29, words(0)).status, -14);
	assert.equal(firstError(host), "radio-ioctl-buffer");
});

test("asleep, the backplane and function 2 answer rubbish", () => {
	const host = started();
	host.writeNumber(BACKPLANE, 0x1001f, 0, 1);
	host.writeNumber(BACKPLANE, 0x1001f, 0, 1);
	assert.equal(host.readNumber(BACKPLANE, 0x0000, 4), 0xffffffff);
	assert.deepEqual(host.warnings().map((line) => line.split(":")[0]), ["radio-asleep"]);
});

test("random words on the bus are violations, never exceptions", () => {
	const host = started();
	let seed = 7;
	const next = (): number => {
		seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
		return seed;
	};
	for (let transfer = 0; transfer < 500; transfer++) {
		const words = Array.from({ length: 1 + (next() >>> 28) }, next);
		host.transfer(words, next() >>> 29, next() >>> 27);
		host.clock.advance(1000);
	}
	assert.ok(host.violations.length > 100);
});
