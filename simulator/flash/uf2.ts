/**
 * Reads a .uf2 file as the RP2040's USB boot loader takes it (datasheet 2.8.4.2): blocks of other families are passed
 * over, so that one file can be for several chips; the address of the first block says whether the program lies in flash
 * or in SRAM alone; and nothing starts before every block of the file has come.
 */

const MAGIC_START_0 = 0x0a324655;
const MAGIC_START_1 = 0x9e5d5157;
const MAGIC_END = 0x0ab16f30;
const FLAG_NOT_MAIN_FLASH = 1;
const FLAG_FAMILY = 0x2000;
/** Microsoft UF2 specification; families: RP2040. */
export const FAMILY_RP2040 = 0xe48bff56;
const OTHER_FAMILIES: Readonly<Record<number, string>> = {
	0xe48bff57: "no chip in particular", 0xe48bff58: "the RP2350's data partition",
	0xe48bff59: "the RP2350", 0xe48bff5a: "the RP2350 (RISC-V)", 0xe48bff5b: "the RP2350 (non-secure)",
};
const PAYLOAD_BYTES = 256;
const FLASH = { name: "flash", start: 0x10000000, end: 0x11000000 };
const SRAM = { name: "SRAM", start: 0x20000000, end: 0x20042000 };

export interface Uf2Image {
	/** Payloads in file order, with addresses in flash, or all in SRAM. */
	blocks: { address: number; data: Uint8Array }[];
	/** Where the boot loader begins, with Thumb bit, when the program lies in SRAM alone. */
	entry?: number;
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
	const others = new Set<string>();
	/** For each number of blocks that was promised, those that came: files can stand behind one another. */
	const came = new Map<number, Set<number>>();
	let memory: typeof FLASH | undefined;
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
		if (!(flags & FLAG_FAMILY) || family !== FAMILY_RP2040) {
			others.add(flags & FLAG_FAMILY ? `family 0x${family.toString(16)}${OTHER_FAMILIES[family] ? `, ${OTHER_FAMILIES[family]}` : ""}` : "no family");
			continue;
		}
		if (length !== PAYLOAD_BYTES) {
			throw new Error(`${where}: a payload of ${length} bytes, expected ${PAYLOAD_BYTES}`);
		}
		memory ??= address >= SRAM.start ? SRAM : FLASH;
		if (address < memory.start || address + length > memory.end) {
			throw new Error(`${where}: target address 0x${address.toString(16)} is not in ${memory.name}`);
		}
		blocks.push({ address, data: file.subarray(at + 32, at + 32 + length) });
		const promised = view.getUint32(at + 24, true);
		came.set(promised, (came.get(promised) ?? new Set()).add(view.getUint32(at + 20, true)));
	}
	if (!blocks.length) {
		throw new Error(`UF2: no block is for the RP2040 (family 0x${FAMILY_RP2040.toString(16)}): they have ${[...others].join("; ") || "the flag that they are not for flash"}`);
	}
	for (const [promised, numbers] of came) {
		for (let number = 0; number < promised && numbers.size < promised; number++) {
			if (!numbers.has(number)) {
				throw new Error(`UF2: block ${number} of ${promised} is missing: the boot loader waits for it, and starts nothing`);
			}
		}
	}
	return memory === SRAM ? { blocks, entry: SRAM.start | 1 } : { blocks };
}
