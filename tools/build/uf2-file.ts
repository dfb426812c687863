// Packs flash contents into a .uf2, the file that the RPI-RP2 drive takes (github.com/microsoft/uf2).

import { blockSize, encodeBlock, UF2Flags } from "uf2";
import { UserError } from "../user-error.ts";
import { compileRootStore } from "../certificates/root-store.ts";
import { readElf } from "./elf.ts";

/** The board family of the RP2040. */
export const rp2040Family = 0xe48bff56;

export const flashStart = 0x10000000;
/** 2 MB, the Pico W's chip. What lies above (the code that makes the frozen heap) is never flashed. */
export const flashEnd = 0x10200000;
/** What a block brings: the boot loader takes no other size (RP2040 datasheet 2.8.4.2). */
export const payloadBytes = 256;
/** What the boot ROM erases at a time. A block of it that is not written is lost, so whole sectors are filled. */
const sectorBytes = 4096;

/**
 * The .uf2 of a firmware and its image.
 * @param options.elf the linked firmware, with the symbol `__image_start`
 * @param options.image what lies there, with its data records
 * @param options.rootStore the web's roots, which lie at `__roots_start`. Default: none of them
 * @throws UserError when the image does not fit
 */
export function assembleUf2({ elf, image, rootStore = compileRootStore([]) }: { elf: Uint8Array; image: Uint8Array; rootStore?: Uint8Array }): Uint8Array {
	const { segments, symbols } = readElf(elf);
	const start = symbols.get("__image_start")?.address;
	const end = symbols.get("__image_end")?.address;
	const roots = symbols.get("__roots_start")?.address;
	if (start === undefined || end === undefined || roots === undefined) {
		throw new Error("uf2: the ELF has no symbols __image_start, __image_end and __roots_start");
	}
	if (image.length > end - start) {
		throw new UserError(`the image has ${image.length} bytes, and ${end - start} are left for it behind the firmware: leave modules out, or make them smaller`);
	}
	const parts = segments
		.filter(({ loadAddress }) => loadAddress >= flashStart && loadAddress < flashEnd)
		.map(({ loadAddress, data }) => ({ address: loadAddress, bytes: data }));
	return encodeUf2([...parts, { address: start, bytes: image }, { address: roots, bytes: rootStore }]);
}

/**
 * The .uf2 that writes the given bytes, in blocks of 256. Sectors that are begun are filled with 0xff.
 * @throws Error when two parts overlap
 */
export function encodeUf2(parts: ReadonlyArray<{ address: number; bytes: Uint8Array }>): Uint8Array {
	const sectors = new Map<number, Uint8Array>();
	let previousEnd = 0;
	for (const { address, bytes } of [...parts].sort((one, other) => one.address - other.address)) {
		if (address < previousEnd) {
			throw new Error(`uf2: two parts overlap at 0x${address.toString(16)}`);
		}
		previousEnd = address + bytes.length;
		if (address < flashStart || previousEnd > flashEnd) {
			throw new Error(`uf2: 0x${address.toString(16)}..0x${previousEnd.toString(16)} is not in the flash`);
		}
		for (let offset = 0; offset < bytes.length;) {
			const sector = Math.floor((address + offset) / sectorBytes) * sectorBytes;
			const within = address + offset - sector;
			const chunk = bytes.subarray(offset, offset + sectorBytes - within);
			let content = sectors.get(sector);
			if (content === undefined) {
				content = new Uint8Array(sectorBytes).fill(0xff);
				sectors.set(sector, content);
			}
			content.set(chunk, within);
			offset += chunk.length;
		}
	}
	const blocksPerSector = sectorBytes / payloadBytes;
	const file = new Uint8Array(sectors.size * blocksPerSector * blockSize);
	let blockNumber = 0;
	for (const [sector, content] of sectors) {
		for (let offset = 0; offset < sectorBytes; offset += payloadBytes) {
			encodeBlock({
				flags: UF2Flags.familyIDPresent,
				flashAddress: sector + offset,
				payload: content.subarray(offset, offset + payloadBytes),
				blockNumber,
				totalBlocks: sectors.size * blocksPerSector,
				boardFamily: rp2040Family,
			}, file, blockNumber * blockSize);
			blockNumber++;
		}
	}
	return file;
}
