/** The board as its users see it: UF2, boot, reset, faults, reports. */
import assert from "node:assert/strict";
import test from "node:test";
import { parseUf2 } from "../../../simulator/flash/uf2.ts";
import { PicoW, type PicoWOptions } from "../../../simulator/simulator.ts";
import { image, uf2 } from "./tiny-program.ts";

const WFI_FOR_EVER = [0xbf30, 0xe7fd];

/** 32 bits of the ring oscillator into r2, stored at 0x20000000; then sleep. */
const ROSC_PROGRAM = [
	0x4805, // ldr r0, =ROSC
	0x4b06, // ldr r3, =0x20000000
	0x2420, // movs r4, #32
	0x69c1, // ldr r1, [r0, #0x1c]
	0x0052, // lsls r2, r2, #1
	0x430a, // orrs r2, r1
	0x3c01, // subs r4, #1
	0xd1fa, // bne
	0x601a, // str r2, [r3]
	...WFI_FOR_EVER,
	0xbf00,
	0x0000, 0x4006, // ROSC
	0x0000, 0x2000,
];

async function boot(halfwords: number[], options: PicoWOptions = {}, micros = 10_000): Promise<PicoW> {
	const board = new PicoW(options);
	board.loadUf2(uf2(image(halfwords)));
	await board.run({ timeoutMicros: micros });
	return board;
}

function word(board: PicoW, address: number): number {
	return Buffer.from(board.read(address, 4)).readUInt32LE();
}

test("a program boots from reset through the second stage", async () => {
	const board = await boot([0x2042, 0x4902, 0x6008, ...WFI_FOR_EVER, 0xbf00, 0x0000, 0x2000]);
	assert.equal(word(board, 0x20000000), 0x42);
	assert.deepEqual(board.violations, []);
});

test("a second stage with a wrong checksum is refused: USB boot loader", async () => {
	const bytes = image(WFI_FOR_EVER);
	bytes[10] ^= 1;
	const board = new PicoW();
	board.loadUf2(uf2(bytes));
	const result = await board.run({ timeoutMicros: 10_000 });
	assert.equal(result.reason, "halted");
	assert.match(result.reason === "halted" ? result.text : "", /USB boot loader: the second stage's CRC32/);
});

test("a program for the RP2350, as a .bin or ELF, is told by the block that its boot ROM looks for", async () => {
	const bytes = new Uint8Array(512);
	new DataView(bytes.buffer).setUint32(0x114, 0xffffded3, true);
	const board = new PicoW();
	board.load(bytes, "other.bin");
	const result = await board.run({ timeoutMicros: 10_000 });
	assert.match(result.reason === "halted" ? result.text : "", /CRC32 .*: the program is for the RP2350/);
});

test("an empty flash ends in the USB boot loader", async () => {
	const result = await new PicoW().run({ timeoutMicros: 10_000 });
	assert.match(result.reason === "halted" ? result.text : "", /the flash is empty/);
});

test("UF2 blocks of bad magic or outside flash are refused with their place, and files for other chips with the chip", () => {
	const good = uf2(image(WFI_FOR_EVER));
	assert.deepEqual(parseUf2(good).blocks.map(({ address, data }) => [address, data.length]), [[0x10000000, 256], [0x10000100, 256]]);
	const change = (at: number, value: number): Uint8Array => {
		const file = good.slice();
		new DataView(file.buffer).setUint32(at, value, true);
		return file;
	};
	assert.throws(() => parseUf2(good.subarray(0, 500)), /not a whole number/);
	assert.throws(() => parseUf2(change(512, 0)), /block 1: magic/);
	assert.throws(() => parseUf2(change(12, 0x30000000)), /block 0: target address 0x30000000 is not in SRAM/);
	assert.throws(() => parseUf2(change(512 + 12, 0x20000000)), /block 1: target address 0x20000000 is not in flash/);
	assert.throws(() => parseUf2(change(16, 477)), /block 0: a payload of 477 bytes/);
	assert.throws(() => parseUf2(otherFamily(good, 0xe48bff59)), /no block is for the RP2040 .*: they have family 0xe48bff59, the RP2350$/);
});

function otherFamily(file: Uint8Array, family: number): Uint8Array {
	const copy = file.slice();
	for (let at = 0; at < copy.length; at += 512) {
		new DataView(copy.buffer).setUint32(at + 28, family, true);
	}
	return copy;
}

test("of a UF2 for several chips the RP2040's blocks are taken", () => {
	const good = uf2(image(WFI_FOR_EVER));
	const both = new Uint8Array(Buffer.concat([otherFamily(good, 0xe48bff57).subarray(0, 512), good, otherFamily(good, 0xe48bff59)]));
	assert.deepEqual(parseUf2(both), parseUf2(good));
});

test("a UF2 that was cut off is refused: the boot loader would wait for its rest", () => {
	const good = uf2(image(WFI_FOR_EVER));
	assert.throws(() => parseUf2(good.subarray(0, 512)), /block 1 of 2 is missing: the boot loader waits for it/);
	assert.throws(() => parseUf2(good.subarray(512)), /block 0 of 2 is missing/);
});

test("a UF2 for SRAM alone begins at the start of SRAM", async () => {
	const program = new Uint8Array(256);
	// movs r0, #0x42; ldr r1, =0x20001000; str r0, [r1]; sleep
	[0x2042, 0x4902, 0x6008, ...WFI_FOR_EVER, 0xbf00, 0x1000, 0x2000].forEach((halfword, index) => new DataView(program.buffer).setUint16(2 * index, halfword, true));
	const file = uf2(program);
	new DataView(file.buffer).setUint32(12, 0x20000000, true);
	const board = new PicoW();
	board.loadUf2(file);
	assert.equal((await board.run({ timeoutMicros: 10_000 })).reason, "timeout");
	assert.equal(word(board, 0x20001000), 0x42);
});

test("the same file and seed give the same report twice; another seed gives other random bits", async () => {
	const [first, second, other] = await Promise.all([1, 1, 2].map((seed) => boot(ROSC_PROGRAM, { seed })));
	assert.deepEqual(first.report(), second.report());
	assert.equal(word(first, 0x20000000), word(second, 0x20000000));
	assert.notEqual(word(first, 0x20000000), word(other, 0x20000000));
});

test("a stuck ring oscillator gives ones for ever", async () => {
	const board = await boot(ROSC_PROGRAM, { stuckRosc: true });
	assert.equal(word(board, 0x20000000), 0xffffffff);
});

test("sleep costs time and no active cycles", async () => {
	const board = await boot(WFI_FOR_EVER, {}, 1_000_000);
	const report = board.report();
	assert.equal(report.virtualMs, 1000);
	assert.ok(report.activeCycles < 20_000, `${report.activeCycles}`);
	assert.ok(report.cycles > 6_000_000);
});

test("a store into flash is a violation and changes nothing, unless the window is open", async () => {
	// movs r0, #7; ldr r1, =0x10100000; str r0, [r1]; sleep
	const program = [0x2007, 0x4902, 0x6008, ...WFI_FOR_EVER, 0xbf00, 0x0000, 0x1010];
	const refused = await boot(program);
	assert.equal(refused.violations[0].code, "flash-store");
	assert.equal(refused.violations[0].level, "error");
	assert.equal(refused.violations[0].programCounter, 0x10000144, "of the store");
	assert.equal(word(refused, 0x10100000), 0xffffffff);
	assert.equal(refused.report().flash.refusedStores, 1);

	const allowed = new PicoW();
	allowed.allowFlashStores(0x100000, 0x100004);
	allowed.loadUf2(uf2(image(program)));
	await allowed.run({ timeoutMicros: 10_000 });
	assert.deepEqual(allowed.violations, []);
	assert.equal(word(allowed, 0x10100000), 7);
});

test("a violation of the radio tells when, and where the firmware was", async () => {
	const board = await boot([
		0x4808, // ldr r0, =RESETS, cleared by writing
		0x4909, // ldr r1, =IO_BANK0 and PADS_BANK0
		0x6001, // str r1, [r0]
		0x4809, // ldr r0, =GPIO23_CTRL
		0x2105, // movs r1, #SIO
		0x6001, 0x6101, 0x6301, // str r1, [r0]; str r1, [r0, #0x10]; str r1, [r0, #0x30]: GPIO 23, 25, 29
		0x4807, // ldr r0, =SIO
		0x4908, // ldr r1, =power and chip select
		0x6141, // str r1, [r0, #GPIO_OUT_SET]
		0x4a08, // ldr r2, =power, chip select and clock
		0x6242, // str r2, [r0, #GPIO_OE_SET]
		0x4908, // ldr r1, =clock
		0x6141, // str r1, [r0, #GPIO_OUT_SET]
		...WFI_FOR_EVER,
		0xbf00,
		0xf000, 0x4000, 0x0120, 0x0000, 0x40bc, 0x4001, 0x0000, 0xd000, 0x0000, 0x0280, 0x0000, 0x2280, 0x0000, 0x2000,
	], { network: {} });
	const [violation] = board.violations;
	assert.equal(violation.code, "radio-clock-while-idle");
	assert.equal(violation.programCounter, 0x1000015c, "of the last store");
	assert.ok(violation.atMicros > 0 && violation.atMicros < 10_000, `${violation.atMicros}`);
	assert.deepEqual(board.report().violations, board.violations);
});

test("a HardFault without a handler ends the run as a fault", async () => {
	const board = new PicoW();
	board.loadUf2(uf2(image([0xde01])));
	const result = await board.run({ timeoutMicros: 10_000 });
	assert.equal(result.reason, "fault");
	assert.deepEqual(board.violations.map((entry) => entry.code), ["undefined-instruction", "lock-up"]);
	assert.equal(board.violations[0].programCounter, 0x10000140);
});

test("the watchdog resets the chip, keeps its scratch registers and tells the reason", async () => {
	// If WATCHDOG.REASON is set: store it, sleep. Else scratch0 = 5, tick 12, load, enable, sleep.
	const board = await boot(
		[
			0x4808, // ldr r0, =WATCHDOG
			0x6881, // ldr r1, [r0, #8]
			0x2900, // cmp r1, #0
			0xd109, // bne seen
			0x2105, // movs r1, #5
			0x60c1, // str r1, [r0, #0xc]
			0x4906, // ldr r1, =0x20c
			0x62c1, // str r1, [r0, #0x2c]
			0x217d, // movs r1, #125
			0x0109, // lsls r1, r1, #4: 2000 half microseconds
			0x6041, // str r1, [r0, #4]
			0x4905, // ldr r1, =ENABLE
			0x6001, // str r1, [r0]
			0xe001, // b sleep
			0x4a04, // seen: ldr r2, =0x20000000
			0x6011, // str r1, [r2]
			...WFI_FOR_EVER,
			0x8000, 0x4005,
			0x020c, 0x0000,
			0x0000, 0x4000,
			0x0000, 0x2000,
		],
		{},
		50_000,
	);
	assert.equal(word(board, 0x20000000), 1);
	const { resets } = board.report();
	assert.equal(resets.length, 1);
	assert.equal(resets[0].reason, "watchdog timer");
});

test("runUntilProgramCounter calls a function directly and comes back, or says why not", async () => {
	const board = new PicoW();
	// adds r0, r0, r1; bx lr
	board.write(0x10800000, Uint8Array.of(0x40, 0x18, 0x70, 0x47));
	const { core } = board;
	core.registers[0] = 40;
	core.registers[1] = 2;
	core.registers[13] = 0x20040000;
	core.registers[14] = 0x20000001;
	core.programCounter = 0x10800000;
	await board.runUntilProgramCounter(0x20000000, 1000);
	assert.equal(core.registers[0], 42);
	core.programCounter = 0x60000000;
	await assert.rejects(board.runUntilProgramCounter(0x20000000, 1000), /0x20000000 was not reached/);
});

test("the profile counts where the processor is", async () => {
	const board = new PicoW();
	board.loadUf2(uf2(image([0xe7fe])));
	board.profile(101);
	await board.run({ timeoutMicros: 20_000 });
	const [hottest] = [...board.profileSamples].sort((a, b) => b[1] - a[1]);
	assert.equal(hottest[0], 0x10000140);
});

test("a jumper carries what either end drives, and nothing when none does", () => {
	const board = new PicoW();
	assert.throws(() => board.connect(2, 30), /GPIO 30: expected 0 to 29/);
	assert.throws(() => board.connect(2, 2), /connected with itself/);
	board.connect(2, 5);
	const set = (address: number, value: number): void => {
		board.debugPort.write(address, new Uint8Array(Uint32Array.of(value).buffer));
	};
	set(0x4000f000, (1 << 5) | (1 << 8)); // IO_BANK0 and PADS_BANK0 out of reset
	for (const pin of [2, 5]) {
		set(0x40014004 + 8 * pin, 5);
	}
	const input = (pin: number): boolean => ((Buffer.from(board.debugPort.read(0xd0000004, 4) as Uint8Array).readUInt32LE() >>> pin) & 1) !== 0;
	set(0xd0000014, 1 << 2);
	assert.equal(input(5), false);
	set(0xd0000024, 1 << 2);
	assert.deepEqual([input(2), input(5)], [true, true]);
	set(0xd0000018, 1 << 2);
	assert.equal(input(5), false);
	set(0xd0000014, 1 << 2);
	set(0xd0000028, 1 << 2);
	assert.equal(input(5), false, "let go");
	set(0xd0000014, 1 << 5);
	set(0xd0000024, 1 << 5);
	assert.equal(input(2), true, "the other way");
});
