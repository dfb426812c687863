// A .uf2 before it goes onto a board: the right chip, whole, inside the flash, and of blocks that the boot loader takes (RP2040
// datasheet 2.8.4.2): it passes over all others in silence, and then waits for ever.

import { blockSize, decodeBlock, UF2Flags } from "uf2";
import { flashEnd, flashStart, payloadBytes, rp2040Family } from "../build/uf2-file.ts";
import { UserError } from "../user-error.ts";

/** @throws UserError with what is wrong */
export function checkUf2(bytes: Uint8Array, name: string): { blocks: number } {
	if (bytes.length === 0 || bytes.length % blockSize !== 0) {
		throw new UserError(`${name}: no .uf2: its length, ${bytes.length}, is no multiple of ${blockSize}`);
	}
	const blocks = bytes.length / blockSize;
	const seen = new Map<number, number>();
	for (let index = 0; index < blocks; index++) {
		const block = decoded(bytes.subarray(index * blockSize, (index + 1) * blockSize), name, index);
		const fault = blockFault(block, index, blocks, seen.get(block.flashAddress));
		if (fault !== undefined) throw new UserError(`${name}: ${fault}`);
		seen.set(block.flashAddress, index);
	}
	return { blocks };
}

type Block = ReturnType<typeof decodeBlock>;

function blockFault({ flags, boardFamily, totalBlocks, blockNumber, flashAddress, payload }: Block, index: number, blocks: number, twin: number | undefined): string | undefined {
	if (!(flags & UF2Flags.familyIDPresent)) return `block ${index} does not say for which chip it is, and the RP2040 passes over such`;
	if (boardFamily !== rp2040Family) return `for another chip: block ${index} is of family ${hex(boardFamily)}, the RP2040's is ${hex(rp2040Family)}`;
	if (flags & (UF2Flags.notMainFlash | UF2Flags.fileContainer)) return `block ${index} is marked as not for the flash, and the RP2040 passes over such`;
	if (totalBlocks !== blocks || blockNumber !== index) return `not whole: block ${index} of ${blocks} says that it is ${blockNumber} of ${totalBlocks}`;
	if (payload.length !== payloadBytes || flashAddress % payloadBytes !== 0) return `block ${index} has ${payload.length} bytes for ${hex(flashAddress)}: the RP2040 takes ${payloadBytes} at multiples of ${payloadBytes}`;
	if (flashAddress < flashStart || flashAddress + payload.length > flashEnd) return `block ${index} is for ${hex(flashAddress)}, outside the 2 MB of flash`;
	if (twin !== undefined) return `blocks ${twin} and ${index} are both for ${hex(flashAddress)}`;
	return undefined;
}

function hex(value: number): string {
	return `0x${value.toString(16)}`;
}

function decoded(bytes: Uint8Array, name: string, index: number): Block {
	try {
		return decodeBlock(bytes);
	} catch (cause) {
		throw new UserError(`${name}: no .uf2: block ${index} is none (${(cause as Error).message})`, { cause });
	}
}
