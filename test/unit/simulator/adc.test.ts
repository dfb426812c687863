/** The analogue to digital converter (RP2040 datasheet 4.9). */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { bareChip, pass } from "./bare-chip.ts";

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
