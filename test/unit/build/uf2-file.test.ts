// .uf2 files, read back by the decoder that board emulators use.

import assert from "node:assert/strict";
import test from "node:test";
import { decodeBlock } from "uf2";
import { encodeUf2, rp2040Family } from "../../../tools/build/uf2-file.ts";

function flashOf(file: Uint8Array): Map<number, number> {
	const flash = new Map<number, number>();
	for (let offset = 0; offset < file.length; offset += 512) {
		const block = decodeBlock(file.subarray(offset, offset + 512));
		assert.equal(block.boardFamily, rp2040Family);
		assert.equal(block.blockNumber, offset / 512);
		assert.equal(block.totalBlocks, file.length / 512);
		assert.equal(block.payload.length, 256);
		block.payload.forEach((byte, index) => flash.set(block.flashAddress + index, byte));
	}
	return flash;
}

test("what goes into a .uf2 comes out of it at the same addresses", () => {
	const one = Uint8Array.from({ length: 5000 }, (_, index) => index * 7);
	const other = Uint8Array.from({ length: 10 }, (_, index) => 200 + index);
	const flash = flashOf(encodeUf2([{ address: 0x10100002, bytes: other }, { address: 0x10000000, bytes: one }]));
	one.forEach((byte, index) => assert.equal(flash.get(0x10000000 + index), byte));
	other.forEach((byte, index) => assert.equal(flash.get(0x10100002 + index), byte));
});

test("sectors that are begun are written whole, so that the boot ROM erases nothing it does not write", () => {
	const flash = flashOf(encodeUf2([{ address: 0x10001100, bytes: Uint8Array.of(1) }]));
	assert.equal(flash.size, 4096);
	assert.equal(flash.get(0x10001000), 0xff);
	assert.equal(flash.get(0x10001100), 1);
	assert.equal(flash.get(0x10001fff), 0xff);
});

test("two parts may share a sector", () => {
	const flash = flashOf(encodeUf2([{ address: 0x10000000, bytes: Uint8Array.of(1) }, { address: 0x10000100, bytes: Uint8Array.of(2) }]));
	assert.equal(flash.size, 4096);
	assert.deepEqual([flash.get(0x10000000), flash.get(0x10000100)], [1, 2]);
});

test("parts that overlap, or that lie outside the 2 MB, are refused", () => {
	const bytes = new Uint8Array(16);
	assert.throws(() => encodeUf2([{ address: 0x10000000, bytes }, { address: 0x1000000f, bytes }]), /overlap at 0x1000000f/);
	assert.throws(() => encodeUf2([{ address: 0x20000000, bytes }]), /not in the flash/);
	assert.throws(() => encodeUf2([{ address: 0x101ffff8, bytes }]), /not in the flash/);
});
