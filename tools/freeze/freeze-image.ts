// Makes the image's frozen part: runs the firmware's own freeze (platform/xs/freeze.c) on the simulated chip.

import { crc32 } from "node:zlib";
import { PicoW } from "../../simulator/simulator.ts";
import { readElf, type Elf } from "../build/elf.ts";
import { imageRecord } from "../build/image-record.ts";
import { UserError } from "../user-error.ts";
import type { Pack } from "../xs-compiler/compile-modules.ts";
import { freezeInput, type Creation, type FailurePolicy } from "./freeze-input.ts";

const flashStart = 0x1000_0000;
const flashEnd = 0x1100_0000;
const mostCyclesToMain = 50_000_000;

// freeze_result of platform/xs/freeze.c.
const statusDone = 2;
const messageOffset = 28;
const messageBytes = 1024;

export interface FreezeOptions {
	/** The linked firmware, with its overlay. */
	readonly elf: Uint8Array;
	readonly packs: readonly Pack[];
	/** Specifiers of the modules that are preloaded, in order. */
	readonly preload: readonly string[];
	readonly creation: Creation;
	/** Default "stay". */
	readonly afterFailure?: FailurePolicy;
	/** Of the simulated processor, before it is thought to be in an endless loop. Default 4,000,000,000, which takes a minute. */
	readonly mostCycles?: number;
	/** Specifier of the module that runs at boot. Default "main". */
	readonly main?: string;
}

/** What was frozen, in figures. */
export interface FreezeFigures {
	readonly imageBytes: number;
	readonly slots: number;
	readonly chunkBytes: number;
	readonly aliases: number;
	readonly keys: number;
	readonly codeBytes: number;
	/** Of the chip that was simulated, from the entry of the freeze to its end. */
	readonly cycles: number;
}

/** The image record and the frozen heap behind it; data records are not there yet. */
export async function freezeImage(options: FreezeOptions): Promise<Uint8Array> {
	return (await freeze(options)).image;
}

/**
 * The image with figures.
 * @throws UserError when a module throws while it is preloaded, or leaves behind what cannot lie in flash
 */
export async function freeze({ elf, packs, preload, creation, afterFailure = "stay", mostCycles = 4e9, main = "main" }: FreezeOptions): Promise<{ image: Uint8Array; figures: FreezeFigures }> {
	const parsed = readElf(elf);
	const board = new PicoW({});
	for (const { loadAddress, data } of parsed.segments) {
		if (loadAddress >= flashStart && loadAddress < flashEnd) board.flash.set(data, loadAddress - flashStart);
	}
	board.powerOn();
	await board.runUntilProgramCounter(address(parsed, "main"), mostCyclesToMain);

	const [input, arena, , , result] = areas(board.read(address(parsed, "freeze_areas"), 40));
	if (input === undefined || arena === undefined || result === undefined) throw new Error("freeze: freeze_areas is not five areas");
	const bytes = freezeInput(packs, preload, main, creation, afterFailure);
	if (bytes.length > input.lengthBytes) throw new UserError(`the app's bytecode is ${bytes.length} bytes, more than the ${input.lengthBytes} that can be frozen`);
	board.flash.set(bytes, input.address - flashStart);
	board.allowFlashStores(arena.address - flashStart, result.address + result.lengthBytes - flashStart);
	const started = board.report().cycles;
	board.core.programCounter = address(parsed, "freeze_run");
	await board.runUntilProgramCounter(address(parsed, "freeze_done"), mostCycles);
	return outcome(board, parsed, result.address, board.report().cycles - started);
}

function outcome(board: PicoW, elf: Elf, resultAddress: number, cycles: number): { image: Uint8Array; figures: FreezeFigures } {
	const words = new DataView(board.read(resultAddress, messageOffset + messageBytes).slice().buffer);
	const word = (index: number): number => words.getUint32(index * 4, true);
	if (word(0) !== statusDone) throw new UserError(`the heap cannot be frozen: ${text(words, messageOffset)}`);
	const output = areas(board.read(address(elf, "freeze_areas"), 40))[3];
	if (output === undefined) throw new Error("freeze: freeze_areas is not five areas");
	const image = board.read(output.address, word(1)).slice();
	new DataView(image.buffer).setUint32(imageRecord.frozenCrc32, crc32(image.subarray(imageRecord.preparation)), true);
	return {
		image,
		figures: { imageBytes: word(1), slots: word(2), chunkBytes: word(3), aliases: word(4), keys: word(5), codeBytes: word(6), cycles },
	};
}

interface Area {
	readonly address: number;
	readonly lengthBytes: number;
}

function areas(bytes: Uint8Array): Area[] {
	const words = new Uint32Array(bytes.slice().buffer);
	return Array.from({ length: words.length / 2 }, (_, index) => ({ address: words[index * 2] ?? 0, lengthBytes: words[index * 2 + 1] ?? 0 }));
}

function address({ symbols }: Elf, name: string): number {
	const symbol = symbols.get(name);
	if (symbol === undefined) throw new Error(`freeze: the ELF has no symbol ${name}`);
	return symbol.address & ~1;
}

function text(view: DataView, offset: number): string {
	const bytes = Buffer.from(view.buffer, view.byteOffset + offset);
	const end = bytes.indexOf(0);
	return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}
