// A .uf2 before it goes onto a board: the right family, whole, and inside the flash (github.com/microsoft/uf2).

import { decodeBlock } from "uf2";
import { UserError } from "../user-error.ts";

const blockBytes = 512;
const familyRp2040 = 0xe48bff56;
const flashStart = 0x1000_0000;
const flashEnd = 0x1020_0000;	// 2 MB, the Pico W's

/** @throws UserError with what is wrong */
export function checkUf2(bytes: Uint8Array, name: string): { blocks: number } {
	if (bytes.length === 0 || bytes.length % blockBytes !== 0) {
		throw new UserError(`${name}: no .uf2: its length is no multiple of ${blockBytes}`);
	}
	const blocks = bytes.length / blockBytes;
	for (let index = 0; index < blocks; index++) {
		const block = decoded(bytes.subarray(index * blockBytes, (index + 1) * blockBytes), name, index);
		if (block.boardFamily !== familyRp2040) {
			throw new UserError(`${name}: for another chip: block ${index} is of family 0x${block.boardFamily.toString(16)}, the RP2040's is 0x${familyRp2040.toString(16)}`);
		}
		if (block.totalBlocks !== blocks || block.blockNumber !== index) {
			throw new UserError(`${name}: not whole: block ${index} of ${blocks} says that it is ${block.blockNumber} of ${block.totalBlocks}`);
		}
		if (block.flashAddress < flashStart || block.flashAddress + block.payload.length > flashEnd) {
			throw new UserError(`${name}: block ${index} is for 0x${block.flashAddress.toString(16)}, outside the 2 MB of flash`);
		}
	}
	return { blocks };
}

function decoded(bytes: Uint8Array, name: string, index: number): ReturnType<typeof decodeBlock> {
	try {
		return decodeBlock(bytes);
	} catch (cause) {
		throw new UserError(`${name}: no .uf2: block ${index} is none (${(cause as Error).message})`, { cause });
	}
}
