/** Reads a .uf2 file into a flash image, as the RP2040's USB boot loader takes it. */

const MAGIC_START_0 = 0x0a324655;
const MAGIC_START_1 = 0x9e5d5157;
const MAGIC_END = 0x0ab16f30;
const FLAG_NOT_MAIN_FLASH = 1;
const FLAG_FAMILY = 0x2000;
/** Microsoft UF2 specification; families: RP2040. */
export const FAMILY_RP2040 = 0xe48bff56;
const FLASH_START = 0x10000000;

export interface Uf2Image {
	/** Payloads in file order, with addresses in flash. */
	blocks: { address: number; data: Uint8Array }[];
}

/**
 * @throws Error that names the block, what was found, and what was expected.
 */
export function parseUf2(file: Uint8Array): Uf2Image {
	if (file.length === 0 || file.length % 512) {
		throw new Error(`UF2: ${file.length} bytes are not a whole number of 512-byte blocks`);
	}
	const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
	const blocks: Uf2Image["blocks"] = [];
	for (let at = 0; at < file.length; at += 512) {
		const where = `UF2: block ${at / 512}`;
		const magic = [view.getUint32(at, true), view.getUint32(at + 4, true), view.getUint32(at + 508, true)];
		if (magic[0] !== MAGIC_START_0 || magic[1] !== MAGIC_START_1 || magic[2] !== MAGIC_END) {
			throw new Error(`${where}: magic numbers ${magic.map((value) => `0x${value.toString(16)}`).join(", ")} are not those of UF2`);
		}
		const flags = view.getUint32(at + 8, true);
		const address = view.getUint32(at + 12, true);
		const length = view.getUint32(at + 16, true);
		const family = view.getUint32(at + 28, true);
		if (flags & FLAG_NOT_MAIN_FLASH) {
			continue;
		}
		if (flags & FLAG_FAMILY && family !== FAMILY_RP2040) {
			throw new Error(`${where}: family 0x${family.toString(16)}, expected 0x${FAMILY_RP2040.toString(16)} (RP2040)`);
		}
		if (length > 476 || length % 256 || length === 0) {
			throw new Error(`${where}: a payload of ${length} bytes, expected 256`);
		}
		if (address < FLASH_START || address + length > FLASH_START + 0x1000000) {
			throw new Error(`${where}: target address 0x${address.toString(16)} is not in flash`);
		}
		blocks.push({ address, data: file.subarray(at + 32, at + 32 + length) });
	}
	if (!blocks.length) {
		throw new Error("UF2: no block for flash in the file");
	}
	return { blocks };
}
