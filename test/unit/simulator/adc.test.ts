/** The analogue to digital converter (RP2040 datasheet 4.9). */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { PicoW } from "../../../simulator/simulator.ts";
import { bareChip, pass } from "./bare-chip.ts";
import { image, uf2 } from "./tiny-program.ts";

const ADC = 0x4004c000;
const PAD = 0x4001c004;

function adcChip(): Chip {
	const chip = bareChip();
	chip.poke(0x4000c000, 4, 0);
	for (let pin = 26; pin < 30; pin++) {
		chip.poke(PAD + 4 * pin, 4, 0x80);
	}
	chip.poke(ADC, 4, 1);
	return chip;
}

function convert(chip: Chip, control: number): number {
	chip.poke(ADC, 4, control | 5);
	while (!(chip.peek(ADC, 4) & 0x100)) {
		pass(chip, 4);
	}
	return chip.peek(ADC + 4, 4);
}

test("a conversion takes two microseconds and gives 4096ths of 3.3 V", () => {
	const chip = adcChip();
	chip.adc.volts[0] = 1.1;
	chip.adc.volts[2] = 3.4;
	const from = chip.clock.micros;
	assert.equal(convert(chip, 0), Math.floor(4096 / 3));
	assert.ok(chip.clock.micros - from >= 2 && chip.clock.micros - from < 5);
	assert.equal(convert(chip, 1 << 12), 0);
	assert.equal(convert(chip, 2 << 12), 4095);
	assert.deepEqual(chip.violations.list, []);
});

test("the sensor of the temperature is read on channel 4, while it is on", () => {
	const chip = adcChip();
	chip.adc.celsius = 40;
	assert.equal(convert(chip, 4 << 12), 0);
	const volts = (convert(chip, (4 << 12) | 2) * 3.3) / 4096;
	assert.ok(Math.abs(27 - (volts - 0.706) / 0.001721 - 40) < 0.5);
});

test("a digital input or a pull on a sampled pin is noted", () => {
	const chip = adcChip();
	chip.poke(PAD + 4 * 26, 4, 0x44);
	convert(chip, 0);
	assert.deepEqual(chip.violations.list.map(({ code }) => code), ["adc-digital-input", "adc-pull"]);
});

test("free running conversions go round and fill the FIFO, which tells its overflow", () => {
	const chip = adcChip();
	chip.adc.volts[0] = 0.825;
	chip.adc.volts[1] = 1.65;
	chip.poke(ADC + 8, 4, 1 | (2 << 24));
	chip.poke(ADC + 0x18, 4, 1);
	chip.poke(ADC, 4, 1 | 8 | (3 << 16));
	pass(chip, 30); // 4.6 us: two conversions
	assert.equal((chip.core.irqLines >>> 22) & 1, 1);
	assert.deepEqual([chip.peek(ADC + 0xc, 4), chip.peek(ADC + 0xc, 4)], [1024, 2048]);
	assert.equal((chip.core.irqLines >>> 22) & 1, 0);
	pass(chip, 100);
	assert.equal(chip.peek(ADC + 8, 4) & 0xf0f00, (4 << 16) | 0x800 | 0x200);
	chip.poke(ADC + 8, 4, 1 | 0x800);
	assert.equal(chip.peek(ADC + 8, 4) & 0x800, 0);
});

/** Drives GPIO 25, converts channel 3, and stores the result at 0x20000000. */
async function sampleVsys(board: PicoW, select: boolean): Promise<number> {
	const stores = [
		[0x4000c000, 0], [PAD + 4 * 29, 0x80], [0x400140cc, 5], [0xd0000024, 1 << 25], [select ? 0xd0000014 : 0xd0000018, 1 << 25],
		[ADC, 1], [ADC, 5 | (3 << 12)], [0, 0],
	].flat();
	const code = [
		0x4808, // ldr r0, =stores
		0x6801, 0x6842, // loop: ldr r1, [r0]; ldr r2, [r0, #4]
		0x2900, 0xd002, // cmp r1, #0; beq done
		0x600a, 0x3008, 0xe7f8, // str r2, [r1]; adds r0, #8; b loop
		0x4905, // done: ldr r1, =ADC
		0x680a, 0x05d2, 0xd5fc, // wait: ldr r2, [r1]; lsls r2, #23 (READY); bpl wait
		0x684a, 0x4904, 0x600a, // ldr r2, [r1, #4]; ldr r1, =0x20000000; str r2, [r1]
		0xbf30, 0xe7fd, 0xbf00, // sleep
		0x0170, 0x1000, 0xc000, 0x4004, 0x0000, 0x2000,
		...stores.flatMap((word) => [word & 0xffff, word >>> 16]),
	];
	board.loadUf2(uf2(image(code)));
	await board.run({ timeoutMicros: 10_000 });
	return Buffer.from(board.read(0x20000000, 4)).readUInt32LE();
}

test("a third of VSYS is on GPIO 29 while the radio's chip select is high, or what was put there", async () => {
	assert.equal(await sampleVsys(new PicoW(), true), Math.floor((4.7 / 3 / 3.3) * 4096));
	assert.equal(await sampleVsys(new PicoW(), false), 0);
	const board = new PicoW();
	board.setVolts(29, 1.1);
	assert.equal(await sampleVsys(board, true), Math.floor(4096 / 3));
});
