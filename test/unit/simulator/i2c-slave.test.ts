/** I2C0 as a slave (RP2040 datasheet 4.3.10.1), which I2C1 calls over two jumpers: SDA GPIO 4 to 6, SCL GPIO 5 to 7. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Chip } from "../../../simulator/core/chip.ts";
import { bareChip, pass } from "./bare-chip.ts";

const SLAVE = 0x40044000;
const MASTER = 0x40048000;
const CON = 0x00;
const TAR = 0x04;
const SAR = 0x08;
const DATA_CMD = 0x10;
const INTR_MASK = 0x30;
const RAW = 0x34;
const CLR_INTR = 0x40;
const CLR_RD_REQ = 0x50;
const CLR_TX_ABRT = 0x54;
const ENABLE = 0x6c;
const STATUS = 0x70;
const TXFLR = 0x74;
const RXFLR = 0x78;
const ABRT_SOURCE = 0x80;
const NACK_ONLY = 0x84;
const ACK_GENERAL_CALL = 0x98;
const ENABLE_STATUS = 0x9c;

const READ = 0x100;
const STOP = 0x200;
const RESTART = 0x400;
const FIRST = 0x800;

const RX_OVER = 0x2;
const RX_FULL = 0x4;
const RD_REQ = 0x20;
const TX_ABRT = 0x40;
const RX_DONE = 0x80;
const STOP_DET = 0x200;
const START_DET = 0x400;
const GEN_CALL = 0x800;
const RESTART_DET = 0x1000;

const ADDRESS = 0x17;
const SLVFLUSH_TXFIFO = 1 << 13;
const SLVRD_INTX = 1 << 15;
/** 65 cycles at 6.5 MHz: 100 kHz. */
const BIT = 65;
const HOLD_WHEN_FULL = 1 << 9;
const STOP_IF_ADDRESSED = 1 << 7;

function boards(options: { control?: number; jumpers?: boolean; pullUps?: number[] } = {}): Chip {
	const chip = bareChip();
	chip.poke(0x4000c000, 4, 0);
	for (const pin of [4, 5, 6, 7]) {
		chip.poke(0x40014004 + 8 * pin, 4, 3);
	}
	for (const pin of options.pullUps ?? [4, 5]) {
		chip.poke(0x4001c004 + 4 * pin, 4, 0x5a);
	}
	if (options.jumpers ?? true) {
		chip.pins.join(4, 6);
		chip.pins.join(5, 7);
	}
	chip.poke(SLAVE + CON, 4, 0x24 | (options.control ?? HOLD_WHEN_FULL));
	chip.poke(SLAVE + SAR, 4, ADDRESS);
	chip.poke(SLAVE + ENABLE, 4, 1);
	chip.poke(MASTER + 0x1c, 4, 25);
	chip.poke(MASTER + 0x20, 4, 25);
	chip.poke(MASTER + TAR, 4, ADDRESS);
	chip.poke(MASTER + ENABLE, 4, 1);
	return chip;
}

const command = (chip: Chip, ...words: number[]): void => words.forEach((word) => chip.poke(MASTER + DATA_CMD, 4, word));
const raw = (chip: Chip): number => chip.peek(SLAVE + RAW, 4);
const taken = (chip: Chip, block: number): number[] => {
	const bytes: number[] = [];
	while (chip.peek(block + RXFLR, 4)) {
		bytes.push(chip.peek(block + DATA_CMD, 4));
	}
	return bytes;
};
const aborts = (chip: Chip, block: number): number => chip.peek(block + ABRT_SOURCE, 4) & 0x1ffff;

test("bytes of the other block arrive, the first one marked, between START and STOP", () => {
	const chip = boards();
	command(chip, 1, 2, 3 | STOP);
	pass(chip, 15 * BIT);
	assert.equal(raw(chip) & (START_DET | STOP_DET), START_DET);
	assert.equal(chip.peek(SLAVE + STATUS, 4) & 0x60, 0x40, "the slave is busy, the master is not");
	pass(chip, 25 * BIT);
	assert.equal(raw(chip) & (START_DET | STOP_DET | RX_FULL | RESTART_DET), START_DET | STOP_DET | RX_FULL);
	assert.equal(chip.peek(SLAVE + STATUS, 4) & 0x60, 0);
	assert.deepEqual(taken(chip, SLAVE), [1 | FIRST, 2, 3]);
	assert.equal(aborts(chip, MASTER), 0);
});

test("a read interrupts, and the clock is held low until it is cleared and data is there", () => {
	const chip = boards();
	chip.poke(SLAVE + INTR_MASK, 4, RD_REQ);
	command(chip, READ, READ | STOP);
	pass(chip, 500 * BIT);
	assert.equal((chip.core.irqLines >>> 23) & 1, 1);
	assert.equal(raw(chip) & RD_REQ, RD_REQ);
	assert.equal(chip.peek(MASTER + RXFLR, 4), 0);
	chip.poke(SLAVE + DATA_CMD, 4, 0x5a);
	pass(chip, 20 * BIT);
	assert.equal(chip.peek(MASTER + RXFLR, 4), 0, "the request is not cleared");
	chip.peek(SLAVE + CLR_RD_REQ, 4);
	assert.equal((chip.core.irqLines >>> 23) & 1, 0);
	pass(chip, 20 * BIT);
	assert.equal(raw(chip) & RD_REQ, RD_REQ, "for the second byte");
	chip.peek(SLAVE + CLR_RD_REQ, 4);
	pass(chip, 20 * BIT);
	assert.equal(chip.peek(MASTER + RXFLR, 4), 1, "there is no data");
	chip.poke(SLAVE + DATA_CMD, 4, 0xa5);
	pass(chip, 20 * BIT);
	assert.deepEqual(taken(chip, MASTER), [0x5a | FIRST, 0xa5]);
	assert.equal(raw(chip) & (RX_DONE | TX_ABRT | STOP_DET | RD_REQ), RX_DONE | STOP_DET);
});

test("several bytes are given at one request; what the master does not want is dropped with an abort", () => {
	const chip = boards();
	command(chip, READ, READ | STOP);
	pass(chip, 20 * BIT);
	chip.peek(SLAVE + CLR_RD_REQ, 4);
	for (const byte of [1, 2, 3, 4]) {
		chip.poke(SLAVE + DATA_CMD, 4, byte);
	}
	pass(chip, 30 * BIT);
	assert.deepEqual(taken(chip, MASTER), [1 | FIRST, 2]);
	assert.equal(raw(chip) & (RX_DONE | TX_ABRT | RD_REQ), RX_DONE | TX_ABRT);
	assert.equal(aborts(chip, SLAVE), SLVFLUSH_TXFIFO);
	assert.equal(chip.peek(SLAVE + TXFLR, 4), 0);
});

test("a read while old data is in the FIFO drops it, and takes new when the abort is cleared", () => {
	const chip = boards();
	chip.poke(SLAVE + DATA_CMD, 4, 0x11);
	command(chip, READ | STOP);
	pass(chip, 20 * BIT);
	assert.equal(raw(chip) & (RD_REQ | TX_ABRT), RD_REQ | TX_ABRT);
	assert.equal(aborts(chip, SLAVE), SLVFLUSH_TXFIFO);
	chip.poke(SLAVE + DATA_CMD, 4, 0x22);
	assert.equal(chip.peek(SLAVE + TXFLR, 4), 0);
	chip.peek(SLAVE + CLR_TX_ABRT, 4);
	chip.peek(SLAVE + CLR_RD_REQ, 4);
	chip.poke(SLAVE + DATA_CMD, 4, 0x33);
	pass(chip, 20 * BIT);
	assert.deepEqual(taken(chip, MASTER), [0x33 | FIRST]);
});

test("a slave that answers a request with a read command aborts", () => {
	const chip = boards();
	command(chip, READ | STOP);
	pass(chip, 20 * BIT);
	chip.poke(SLAVE + DATA_CMD, 4, READ);
	assert.equal(aborts(chip, SLAVE), SLVRD_INTX);
	chip.peek(SLAVE + CLR_INTR, 4);
	chip.poke(SLAVE + DATA_CMD, 4, 7);
	pass(chip, 20 * BIT);
	assert.deepEqual(taken(chip, MASTER), [7 | FIRST]);
});

test("a repeated start turns the direction, and no byte is asked for too early", () => {
	const chip = boards();
	command(chip, 0x20, READ | RESTART);
	pass(chip, 40 * BIT);
	assert.equal(raw(chip) & (RESTART_DET | RD_REQ | STOP_DET), RESTART_DET | RD_REQ);
	chip.peek(SLAVE + CLR_RD_REQ, 4);
	chip.poke(SLAVE + DATA_CMD, 4, 1);
	pass(chip, 100 * BIT);
	assert.deepEqual(taken(chip, MASTER), [1 | FIRST]);
	assert.equal(raw(chip) & (RD_REQ | RX_DONE), 0, "the master has not said whether it wants more");
	command(chip, READ | RESTART | STOP);
	pass(chip, 20 * BIT);
	assert.equal(raw(chip) & (RD_REQ | RX_DONE | TX_ABRT), RD_REQ | RX_DONE);
	chip.peek(SLAVE + CLR_RD_REQ, 4);
	chip.poke(SLAVE + DATA_CMD, 4, 2);
	pass(chip, 20 * BIT);
	assert.deepEqual(taken(chip, MASTER), [2 | FIRST]);
	assert.equal(aborts(chip, SLAVE), 0);
});

test("a full FIFO holds the bus, or, without that, loses bytes that are acknowledged all the same", () => {
	const sixteen = [...Array(16).keys()];
	const holding = boards();
	command(holding, ...sixteen);
	pass(holding, 160 * BIT);
	command(holding, 16, 17 | STOP);
	pass(holding, 500 * BIT);
	assert.equal(holding.peek(SLAVE + RXFLR, 4), 16);
	assert.equal(raw(holding) & (STOP_DET | RX_OVER), 0);
	assert.equal(taken(holding, SLAVE).length, 16);
	pass(holding, 30 * BIT);
	assert.deepEqual(taken(holding, SLAVE), [16, 17]);

	const losing = boards({ control: 0 });
	command(losing, ...sixteen);
	pass(losing, 160 * BIT);
	command(losing, 16 | STOP);
	pass(losing, 20 * BIT);
	assert.equal(raw(losing) & (STOP_DET | RX_OVER), STOP_DET | RX_OVER);
	assert.deepEqual(taken(losing, SLAVE).map((word) => word & 0xff), sixteen);
	assert.equal(aborts(losing, MASTER), 0);
});

test("another address is heard and not answered; its STOP is told to whoever asked for all of them", () => {
	for (const [control, told] of [[0, STOP_DET], [STOP_IF_ADDRESSED, 0]]) {
		const chip = boards({ control });
		chip.poke(MASTER + ENABLE, 4, 0);
		chip.poke(MASTER + TAR, 4, 0x33);
		chip.poke(MASTER + ENABLE, 4, 1);
		command(chip, 1 | STOP);
		pass(chip, 20 * BIT);
		assert.equal(aborts(chip, MASTER), 1);
		assert.equal(raw(chip) & (START_DET | STOP_DET | RX_FULL), START_DET | told);
	}
});

test("a general call is taken where it may be", () => {
	for (const may of [1, 0]) {
		const chip = boards({ control: STOP_IF_ADDRESSED });
		chip.poke(SLAVE + ACK_GENERAL_CALL, 4, may);
		chip.poke(MASTER + ENABLE, 4, 0);
		chip.poke(MASTER + TAR, 4, 0x800 | 0x33);
		chip.poke(MASTER + ENABLE, 4, 1);
		command(chip, 6 | STOP);
		pass(chip, 30 * BIT);
		assert.equal(raw(chip) & (GEN_CALL | STOP_DET), may ? GEN_CALL : 0);
		assert.deepEqual(taken(chip, SLAVE), may ? [6 | FIRST] : []);
		assert.equal(aborts(chip, MASTER), may ? 0 : 1 << 4);
	}
});

test("a slave may refuse data, not its address", () => {
	const chip = boards();
	chip.poke(SLAVE + ENABLE, 4, 0);
	chip.poke(SLAVE + NACK_ONLY, 4, 1);
	chip.poke(SLAVE + ENABLE, 4, 1);
	command(chip, 1, 2 | STOP);
	pass(chip, 30 * BIT);
	assert.equal(aborts(chip, MASTER), 1 << 3);
	assert.equal(chip.peek(SLAVE + RXFLR, 4), 0);
});

test("a slave that is disabled in a transfer lets go of the clock, acknowledges nothing and says so", () => {
	const writing = boards();
	command(writing, 1);
	pass(writing, 20 * BIT);
	writing.poke(SLAVE + ENABLE, 4, 0);
	assert.equal(writing.peek(SLAVE + ENABLE_STATUS, 4), 6);
	command(writing, 2 | STOP);
	pass(writing, 20 * BIT);
	assert.equal(aborts(writing, MASTER), 1 << 3);

	const reading = boards();
	command(reading, READ | STOP);
	pass(reading, 20 * BIT);
	reading.poke(SLAVE + ENABLE, 4, 0);
	assert.equal(reading.peek(SLAVE + ENABLE_STATUS, 4), 2);
	pass(reading, 20 * BIT);
	assert.deepEqual(taken(reading, MASTER), [0xff | FIRST]);
	reading.poke(SLAVE + ENABLE, 4, 1);
	assert.equal(reading.peek(SLAVE + ENABLE_STATUS, 4), 1);
});

test("without jumpers nobody answers, and with one end pulled up both are", () => {
	const alone = boards({ jumpers: false, pullUps: [4, 5, 6, 7] });
	command(alone, 1 | STOP);
	pass(alone, 20 * BIT);
	assert.equal(aborts(alone, MASTER), 1);
	assert.equal(raw(alone) & START_DET, 0);

	const loose = boards({ pullUps: [4] });
	command(loose, 1 | STOP);
	pass(loose, 200 * BIT);
	assert.equal(raw(loose) & START_DET, 0, "the clock is low");
	loose.poke(0x4001c004 + 4 * 7, 4, 0x5a);
	pass(loose, 200 * BIT);
	assert.deepEqual(taken(loose, SLAVE), [1 | FIRST]);
});

test("a block that is neither master nor slave aborts a command", () => {
	const chip = boards({ control: 0x40 });
	chip.poke(SLAVE + DATA_CMD, 4, 1);
	assert.equal(aborts(chip, SLAVE), 1 << 11);
	assert.deepEqual(chip.violations.list.map(({ code }) => code), ["unmodelled-i2c0"]);
});
