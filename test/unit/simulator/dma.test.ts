/** DMA (RP2040 datasheet 2.5): unpaced copies, chains, rings, abort, sniffer, pacing timers. */
import assert from "node:assert/strict";
import test from "node:test";
import { crc32 as ethernetCrc32 } from "node:zlib";
import { crc32 } from "../../../simulator/rom/crc32.ts";
import type { Chip } from "../../../simulator/core/chip.ts";
import { bareChip, pass } from "./bare-chip.ts";

const DMA = 0x50000000;
const UNPACED = 0x3f << 15;
const WORD = 2 << 2;
const INCREMENT_READ = 1 << 4;
const INCREMENT_WRITE = 1 << 5;
const BUSY = 1 << 24;

function channel(chip: Chip, index: number, read: number, write: number, count: number, control: number, trigger = true): void {
	const at = DMA + 0x40 * index;
	chip.poke(at, 4, read);
	chip.poke(at + 4, 4, write);
	chip.poke(at + 8, 4, count);
	chip.poke(at + (trigger ? 0xc : 0x10), 4, control);
}

function fill(chip: Chip, address: number, words: number): void {
	for (let index = 0; index < words; index++) {
		chip.poke(address + 4 * index, 4, Math.imul(index + 1, 0x9e3779b9));
	}
}

test("an unpaced copy takes a cycle a word, raises its interrupt, and clears busy", () => {
	const chip = bareChip();
	fill(chip, 0x20001000, 200);
	chip.poke(DMA + 0x404, 4, 1 << 3);
	channel(chip, 3, 0x20001000, 0x20002000, 200, 1 | WORD | INCREMENT_READ | INCREMENT_WRITE | (3 << 11) | UNPACED);
	pass(chip, 100);
	assert.equal(chip.peek(DMA + 0xcc, 4) & BUSY, BUSY);
	pass(chip, 110);
	assert.equal(chip.peek(DMA + 0xcc, 4) & BUSY, 0);
	assert.deepEqual(chip.core.sram.slice(0x2000, 0x2000 + 800), chip.core.sram.slice(0x1000, 0x1000 + 800));
	assert.equal((chip.core.irqLines >>> 11) & 1, 1);
	chip.poke(DMA + 0x40c, 4, 1 << 3);
	assert.equal((chip.core.irqLines >>> 11) & 1, 0);
	assert.equal(chip.peek(DMA + 0xc0, 4), 0x20001000 + 800, "the address stands behind the last word");
});

test("a channel chains to the next, which was set up without trigger", () => {
	const chip = bareChip();
	fill(chip, 0x20001000, 4);
	channel(chip, 1, 0x20001000, 0x20003000, 4, 1 | WORD | INCREMENT_READ | INCREMENT_WRITE | (1 << 11) | UNPACED, false);
	channel(chip, 0, 0x20001000, 0x20002000, 4, 1 | WORD | INCREMENT_READ | INCREMENT_WRITE | (1 << 11) | UNPACED);
	pass(chip, 20);
	assert.deepEqual(chip.core.sram.slice(0x3000, 0x3010), chip.core.sram.slice(0x1000, 0x1010));
});

test("a ring wraps the write address, and a byte copy leaves its neighbours", () => {
	const chip = bareChip();
	for (let index = 0; index < 10; index++) {
		chip.poke(0x20001000 + index, 1, 0x30 + index);
	}
	chip.poke(0x20002008, 1, 0xee);
	channel(chip, 0, 0x20001000, 0x20002000, 10, 1 | INCREMENT_READ | INCREMENT_WRITE | (3 << 6) | (1 << 10) | UNPACED);
	pass(chip, 20);
	assert.equal(Buffer.from(chip.core.sram.slice(0x2000, 0x2008)).toString(), "89234567");
	assert.equal(chip.core.sram[0x2008], 0xee);
});

test("an aborted channel stops and is not busy", () => {
	const chip = bareChip();
	channel(chip, 0, 0x20001000, 0x20002000, 100_000, 1 | WORD | UNPACED);
	pass(chip, 1000);
	chip.poke(DMA + 0x444, 4, 1);
	assert.equal(chip.peek(DMA + 0xc, 4) & BUSY, 0);
	const left = chip.peek(DMA + 8, 4);
	pass(chip, 1000);
	assert.equal(chip.peek(DMA + 8, 4), left);
});

test("the sniffer's CRC-32 is the boot ROM's", () => {
	const chip = bareChip();
	const bytes = Uint8Array.from({ length: 99 }, (_, index) => (index * 37) & 0xff);
	chip.core.sram.set(bytes, 0x1000);
	chip.poke(DMA + 0x438, 4, 0xffffffff);
	chip.poke(DMA + 0x434, 4, 1);
	channel(chip, 0, 0x20001000, 0x20002000, bytes.length, 1 | INCREMENT_READ | (1 << 23) | UNPACED);
	pass(chip, 200);
	assert.equal(chip.peek(DMA + 0x438, 4), crc32(bytes));
});

const SNIFF = 1 << 23;
const SWAP = 1 << 22;
const HALFWORD = 1 << 2;
const CALC_CRC32R = 1 << 5;
const SNIFF_SWAP = 1 << 9;
const OUT_REVERSED = 1 << 10;
const OUT_INVERTED = 1 << 11;

/** What the sniffer makes of `bytes`, from ones. */
function sniffed(bytes: Uint8Array, size: number, sniffControl: number, channelControl = 0): number {
	const chip = bareChip();
	chip.core.sram.set(bytes, 0x1000);
	chip.poke(DMA + 0x438, 4, 0xffffffff);
	chip.poke(DMA + 0x434, 4, 1 | sniffControl);
	channel(chip, 0, 0x20001000, 0x20002000, bytes.length >> (size >> 2), 1 | size | INCREMENT_READ | SNIFF | UNPACED | channelControl);
	pass(chip, 200);
	return chip.peek(DMA + 0x438, 4);
}

test("the sniffer takes a word's highest bit first, or reversed its lowest, behind the channel's byte swap", () => {
	const bytes = Uint8Array.from({ length: 96 }, (_, index) => (index * 37 + 11) & 0xff);
	const inWords = new Uint8Array(bytes.length).map((_, index) => bytes[index ^ 3]);
	const inHalfwords = new Uint8Array(bytes.length).map((_, index) => bytes[index ^ 1]);
	assert.equal(sniffed(bytes, WORD, 0), crc32(inWords));
	assert.equal(sniffed(bytes, HALFWORD, 0), crc32(inHalfwords));
	assert.equal(sniffed(bytes, WORD, SNIFF_SWAP), crc32(bytes));
	assert.equal(sniffed(bytes, HALFWORD, SNIFF_SWAP), crc32(bytes));
	assert.equal(sniffed(bytes, WORD, 0, SWAP), crc32(bytes), "the channel's swap is seen");
	assert.equal(sniffed(bytes, WORD, SNIFF_SWAP, SWAP), crc32(inWords), "and both undo each other");
	const ethernet = CALC_CRC32R | OUT_REVERSED | OUT_INVERTED;
	for (const size of [WORD, HALFWORD, 0]) {
		assert.equal(sniffed(bytes, size, ethernet), ethernetCrc32(bytes), "reversed: the CRC of Ethernet and zlib at any width");
	}
	assert.equal(sniffed(bytes, WORD, ethernet | SNIFF_SWAP, SWAP), ethernetCrc32(bytes));
});

test("a pacing timer moves X words in Y cycles", () => {
	const chip = bareChip();
	chip.poke(DMA + 0x420, 4, (1 << 16) | 50);
	channel(chip, 0, 0x20001000, 0x20002000, 100, 1 | WORD | (0x3b << 15));
	pass(chip, 1000);
	const moved = 100 - chip.peek(DMA + 8, 4);
	assert.ok(moved >= 19 && moved <= 20, `${moved}`);
});

test("DMA from where nothing is, is a violation of the DMA and no fault of the core", () => {
	const chip = bareChip();
	channel(chip, 0, 0x60000000, 0x20002000, 1, 1 | WORD | UNPACED);
	pass(chip, 10);
	assert.deepEqual(chip.violations.list.filter((entry) => entry.level === "error").map((entry) => entry.code), ["dma-unmapped-read"]);
	assert.equal(chip.core.ipsr, 0);
});

test("so is DMA to where nothing is, to flash by an address that is not cached, and from flash that takes commands", () => {
	const errors = (source: number, destination: number, prepare = (_: Chip): void => {}): string[] => {
		const chip = bareChip();
		prepare(chip);
		channel(chip, 0, source, destination, 1, 1 | WORD | UNPACED);
		pass(chip, 10);
		assert.equal(chip.core.ipsr, 0);
		return chip.violations.list.filter((entry) => entry.level === "error").map((entry) => entry.code);
	};
	assert.deepEqual(errors(0x20002000, 0x60000000), ["dma-unmapped-write"]);
	assert.deepEqual(errors(0x20002000, 0x13000000), ["dma-flash-bad-write"]);
	assert.deepEqual(errors(0x10000000, 0x20002000, (chip) => { chip.core.flashBytes = 0; }), ["dma-xip-off"]);
	assert.deepEqual(errors(0x10000000, 0x20002000), []);
});

const XIP_STREAM = 37 << 15;
const SSI_RECEIVE = 39 << 15;

test("the XIP stream asks for each of its words, and holds two that nobody takes", () => {
	const chip = bareChip();
	chip.core.flash.set(Uint8Array.from({ length: 80 }, (_, index) => index + 1), 0x1000);
	chip.poke(0x14000014, 4, 0x10001000);
	chip.poke(0x14000018, 4, 20);
	pass(chip, 500);
	assert.equal(chip.peek(0x14000018, 4), 18);
	assert.equal(chip.peek(0x14000008, 4) & 6, 4, "full");
	assert.equal(chip.peek(0x50400000, 4), 0x04030201, "also behind the auxiliary address");
	channel(chip, 0, 0x50400000, 0x20002000, 19, 1 | WORD | INCREMENT_WRITE | XIP_STREAM);
	pass(chip, 100);
	assert.equal(chip.peek(DMA + 0xc, 4) & BUSY, BUSY, "a word takes its time");
	pass(chip, 18 * 60);
	assert.equal(chip.peek(DMA + 0xc, 4) & BUSY, 0);
	assert.deepEqual(chip.core.sram.slice(0x2000, 0x2000 + 76), chip.core.flash.slice(0x1004, 0x1004 + 76));
	assert.equal(chip.peek(0x14000008, 4) & 6, 2, "empty");
});

test("the SSI reads many words in the XIP format, highest byte first, for DMA to take", () => {
	const chip = bareChip();
	const SSI = 0x18000000;
	chip.core.flash.set(Uint8Array.from({ length: 256 }, (_, index) => 255 - index), 0x2000);
	chip.poke(SSI + 0x08, 4, 0);
	chip.poke(SSI + 0x14, 4, 2);
	chip.poke(SSI, 4, (2 << 21) | (31 << 16) | (3 << 8)); // four wires, 32 bits, EEPROM read
	chip.poke(SSI + 0x04, 4, 63);
	chip.poke(SSI + 0x4c, 4, 3);
	chip.poke(SSI + 0x08, 4, 1);
	const SWAP = 1 << 22;
	channel(chip, 0, SSI + 0x60, 0x20002000, 64, 1 | WORD | INCREMENT_WRITE | SWAP | SSI_RECEIVE);
	chip.poke(SSI + 0x60, 4, (0x2000 << 8) | 0xa0);
	pass(chip, 600);
	assert.equal(chip.peek(DMA + 0xc, 4) & BUSY, BUSY);
	pass(chip, 64 * 16);
	assert.equal(chip.peek(DMA + 0xc, 4) & BUSY, 0);
	assert.deepEqual(chip.core.sram.slice(0x2000, 0x2100), chip.core.flash.slice(0x2000, 0x2100));
});
