// A .uf2 is looked through before a board is touched.

import assert from "node:assert/strict";
import test from "node:test";
import { encodeBlock, UF2Flags } from "uf2";
import { encodeUf2, rp2040Family } from "../../../tools/build/uf2-file.ts";
import { checkUf2 } from "../../../tools/flash/uf2-check.ts";
import { UserError } from "../../../tools/user-error.ts";

const block = (index: number, total: number, more: Partial<Parameters<typeof encodeBlock>[0]> = {}): Uint8Array =>
	encodeBlock({ flags: UF2Flags.familyIDPresent, flashAddress: 0x1000_0000 + index * 256, payload: new Uint8Array(256), blockNumber: index, totalBlocks: total, boardFamily: rp2040Family, ...more });

function fault(...blocks: Uint8Array[]): string {
	try {
		checkUf2(Buffer.concat(blocks), "a.uf2");
	} catch (error) {
		assert.ok(error instanceof UserError, String(error));
		return error.message;
	}
	return "";
}

test("what the build makes is taken, and what is whole, in whatever order of addresses", () => {
	assert.deepEqual(checkUf2(encodeUf2([{ address: 0x1000_0000, bytes: Uint8Array.of(1) }]), "a.uf2"), { blocks: 16 });
	assert.equal(fault(block(0, 2, { flashAddress: 0x101f_ff00 }), block(1, 2)), "");
});

const damaged: readonly (readonly [string, readonly Uint8Array[], RegExp])[] = [
	["nothing", [], /^a\.uf2: no \.uf2: its length, 0, is no multiple of 512$/],
	["a part of a block", [block(0, 1).subarray(0, 511)], /its length, 511/],
	["zeros", [new Uint8Array(512)], /no \.uf2: block 0 is none/],
	["a block for another chip", [block(0, 2), block(1, 2, { boardFamily: 0xada52840 })], /for another chip: block 1 is of family 0xada52840, the RP2040's is 0xe48bff56/],
	["a block for no chip, whose family field is a length then", [block(0, 1, { flags: 0 })], /block 0 does not say for which chip/],
	["a block that is not for the flash", [block(0, 1, { flags: UF2Flags.familyIDPresent | UF2Flags.notMainFlash })], /block 0 is marked as not for the flash/],
	["a block of a file", [block(0, 1, { flags: UF2Flags.familyIDPresent | UF2Flags.fileContainer })], /block 0 is marked as not for the flash/],
	["a file that was cut", [block(0, 2)], /not whole: block 0 of 1 says that it is 0 of 2/],
	["blocks out of order", [block(1, 2), block(0, 2)], /not whole: block 0 of 2 says that it is 1 of 2/],
	["a short block", [block(0, 1, { payload: new Uint8Array(128) })], /block 0 has 128 bytes for 0x10000000: the RP2040 takes 256/],
	["a block between the pages", [block(0, 1, { flashAddress: 0x1000_0080 })], /block 0 has 256 bytes for 0x10000080/],
	["a block for RAM", [block(0, 1, { flashAddress: 0x2000_0000 })], /block 0 is for 0x20000000, outside/],
	["a block behind the flash", [block(0, 1, { flashAddress: 0x1020_0000 })], /outside the 2 MB of flash/],
	["two blocks for one address", [block(0, 3), block(1, 3), block(2, 3, { flashAddress: 0x1000_0000 })], /blocks 0 and 2 are both for 0x10000000/],
];

for (const [name, blocks, sentence] of damaged) test(`${name} is refused`, () => assert.match(fault(...blocks), sentence));
