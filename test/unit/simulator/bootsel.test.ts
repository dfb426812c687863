/** The flash's pins as a program sees them, and the BOOTSEL button behind the chip select. */
import assert from "node:assert/strict";
import test from "node:test";
import { PicoW } from "../../../simulator/simulator.ts";
import { bareChip } from "./bare-chip.ts";
import { image, uf2 } from "./tiny-program.ts";

const SS_STATUS = 0x40018008;
const SS_CONTROL = 0x4001800c;
const SS_PAD = 0x40020008;
const RESETS = 0x4000c000;
const GPIO_HI_IN = 0xd0000008;
const GPIO_HI_OUT_SET = 0xd0000034;
const GPIO_HI_OE = 0xd0000040;
const OUTPUT_DISABLED = 2 << 12;
const FROM_PAD = 1 << 17;
const TO_PERIPHERAL = 1 << 19;
const SS = 2;

function chipWithFlashPins(): ReturnType<typeof bareChip> {
	const chip = bareChip();
	chip.poke(RESETS, 4, 0);
	return chip;
}

test("with its output disabled the chip select shows the button: high, and low while it is held", () => {
	const chip = chipWithFlashPins();
	chip.poke(SS_CONTROL, 4, OUTPUT_DISABLED);
	assert.equal(chip.peek(SS_STATUS, 4) & (FROM_PAD | TO_PERIPHERAL), FROM_PAD | TO_PERIPHERAL);
	assert.equal(chip.peek(GPIO_HI_IN, 4) & SS, SS);
	chip.flashPins.bootselPressed = true;
	assert.equal(chip.peek(SS_STATUS, 4) & (FROM_PAD | TO_PERIPHERAL), 0);
	assert.equal(chip.peek(GPIO_HI_IN, 4) & SS, 0);
	chip.poke(SS_CONTROL, 4, OUTPUT_DISABLED | (1 << 16));
	assert.equal(chip.peek(SS_STATUS, 4) & (FROM_PAD | TO_PERIPHERAL), TO_PERIPHERAL, "INOVER inverts behind the pad");
	chip.poke(SS_CONTROL, 4, 0);
	assert.equal(chip.peek(GPIO_HI_IN, 4) & SS, SS, "the SSI drives, and is stronger than the button's resistor");
});

test("SIO drives a pin of the flash, and a pad without its input reads low", () => {
	const chip = chipWithFlashPins();
	chip.poke(SS_CONTROL, 4, 5);
	chip.poke(GPIO_HI_OE, 4, SS);
	assert.equal(chip.peek(GPIO_HI_IN, 4) & SS, 0);
	chip.poke(GPIO_HI_OUT_SET, 4, SS);
	assert.equal(chip.peek(GPIO_HI_IN, 4) & SS, SS);
	assert.equal(chip.peek(SS_STATUS, 4), (1 << 8) | (1 << 9) | (1 << 12) | (1 << 13) | FROM_PAD | TO_PERIPHERAL);
	chip.poke(SS_PAD, 4, chip.peek(SS_PAD, 4) & ~0x40);
	assert.equal(chip.peek(GPIO_HI_IN, 4) & SS, 0);
});

test("a reset while BOOTSEL is held leads to the USB boot loader, the next one to the program", async () => {
	const board = new PicoW();
	board.bootsel = true;
	board.loadUf2(uf2(image([0xbf30, 0xe7fd])));
	const held = await board.run({ timeoutMicros: 10_000 });
	assert.match(held.reason === "halted" ? held.text : "", /USB boot loader: BOOTSEL is held/);
	board.bootsel = false;
	board.pressRun();
	assert.equal((await board.run({ timeoutMicros: 10_000 })).reason, "timeout");
});
