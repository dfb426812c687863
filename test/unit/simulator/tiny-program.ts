/** Flash images of a few instructions: a second stage of our own with a right checksum, a vector table, a program. */
import { crc32 } from "../../../simulator/rom/crc32.ts";
import { FAMILY_RP2040 } from "../../../simulator/flash/uf2.ts";

const PROGRAM_AT = 0x140;

/** 256 bytes that take vector table, stack pointer and reset vector from 0x10000100. */
function secondStage(): Uint8Array {
	const bytes = new Uint8Array(256);
	const view = new DataView(bytes.buffer);
	// ldr r0, =0x10000100; ldr r2, =VTOR; str r0, [r2]; ldr r1, [r0]; mov sp, r1; ldr r1, [r0, #4]; bx r1
	[0x4803, 0x4a04, 0x6010, 0x6801, 0x468d, 0x6841, 0x4708, 0xbf00].forEach((halfword, index) => view.setUint16(2 * index, halfword, true));
	view.setUint32(16, 0x10000100, true);
	view.setUint32(20, 0xe000ed08, true);
	view.setUint32(252, crc32(bytes.subarray(0, 252)), true);
	return bytes;
}

/** Flash from 0x10000000: `halfwords` run from reset. HardFault has no handler. */
export function image(halfwords: number[]): Uint8Array {
	const padded = new Uint8Array(Math.ceil((PROGRAM_AT + 2 * halfwords.length) / 256) * 256);
	padded.set(secondStage());
	const view = new DataView(padded.buffer);
	view.setUint32(0x100, 0x20040000, true);
	view.setUint32(0x104, (0x10000000 + PROGRAM_AT) | 1, true);
	halfwords.forEach((halfword, index) => view.setUint16(PROGRAM_AT + 2 * index, halfword, true));
	return padded;
}

/** The image as a .uf2 for the RP2040. */
export function uf2(bytes: Uint8Array): Uint8Array {
	const count = bytes.length / 256;
	const file = new Uint8Array(512 * count);
	const view = new DataView(file.buffer);
	for (let block = 0; block < count; block++) {
		const at = 512 * block;
		[0x0a324655, 0x9e5d5157, 0x2000, 0x10000000 + 256 * block, 256, block, count, FAMILY_RP2040].forEach((word, index) =>
			view.setUint32(at + 4 * index, word, true),
		);
		file.set(bytes.subarray(256 * block, 256 * block + 256), at + 32);
		view.setUint32(at + 508, 0x0ab16f30, true);
	}
	return file;
}
